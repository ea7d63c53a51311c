"""Cancellation gets through: in the call, in the wait, in the callbacks. On the real clock."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
import trio
import trio.testing

from anew import RetryError, retry

pytestmark = pytest.mark.real_time

FOR_EVER = 3600


class Converted(Exception):
    """What a library makes of a cancellation."""


@pytest.fixture
def heard() -> list[Any]:
    return []


def test_asyncio_cancel_in_the_wait(heard: list[Any]) -> None:
    """
    A task that is cancelled in its wait ends cancelled, with nothing more called.
    """

    @retry(delay=FOR_EVER, max_delay=None, on_failure=heard.append)
    async def fetch() -> None:
        heard.append("called")
        raise OSError

    async def main() -> None:
        task = asyncio.create_task(fetch())
        await asyncio.sleep(0.001)
        task.cancel("enough")
        with pytest.raises(asyncio.CancelledError, match="enough"):
            await task
        assert task.cancelled()

    asyncio.run(main())

    assert ["called"] == heard


def test_asyncio_timeout_in_the_wait(heard: list[Any]) -> None:
    """
    `asyncio.timeout` ends a wait.
    """

    @retry(delay=FOR_EVER, max_delay=None)
    async def fetch() -> None:
        heard.append("called")
        raise OSError

    async def main() -> None:
        async with asyncio.timeout(0.001):
            await fetch()

    with pytest.raises(TimeoutError):
        asyncio.run(main())

    assert ["called"] == heard


def test_trio_timeout_in_the_wait(heard: list[Any]) -> None:
    """
    A Trio cancel scope ends a wait.
    """

    @retry(delay=FOR_EVER, max_delay=None)
    async def fetch() -> None:
        heard.append("called")
        raise OSError

    async def main() -> None:
        with trio.move_on_after(0.1) as scope:
            await fetch()
        assert scope.cancelled_caught

    trio.run(main)

    assert ["called"] == heard


@pytest.mark.parametrize("on", [Exception, lambda exc: True])
def test_cancellation_in_the_attempt_is_not_a_failure(heard: list[Any], on: Any) -> None:
    """
    A cancelled attempt is not retried, and no hook hears of it.
    """

    @retry(delay=0, on=on, on_retry=lambda attempt, exc: heard.append(exc))
    async def fetch() -> None:
        heard.append("called")
        await asyncio.sleep(FOR_EVER)

    async def main() -> None:
        task = asyncio.create_task(fetch())
        await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())

    assert ["called"] == heard


@pytest.mark.parametrize("reraise", [True, False])
def test_asyncio_failure_while_being_cancelled(heard: list[Any], reraise: bool) -> None:
    """
    In a task that is being cancelled a failure leaves as it is: no retry, no callback, no hook.
    """
    callbacks: dict[str, Any] = dict.fromkeys(("on_failure", "on_success"), heard.append)

    @retry(delay=0, reraise=reraise, on=lambda exc: heard.append("asked") or True, **callbacks)
    async def fetch() -> None:
        try:
            await asyncio.sleep(FOR_EVER)
        except asyncio.CancelledError as exc:
            raise Converted from exc

    async def main() -> None:
        task = asyncio.create_task(fetch())
        await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(Converted) as caught:
            await task
        assert not hasattr(caught.value, "__notes__")

    asyncio.run(main())

    assert [] == heard


def test_trio_failure_while_being_cancelled(heard: list[Any]) -> None:
    """
    The same holds on Trio.
    """

    @retry(delay=0, on=lambda exc: heard.append("asked") or True)
    async def fetch() -> None:
        try:
            await trio.sleep(FOR_EVER)
        except trio.Cancelled as exc:
            raise Converted from exc

    async def main() -> None:
        with trio.move_on_after(0.001):
            with pytest.raises(Converted):
                await fetch()
            heard.append("converted")

    trio.run(main)

    assert ["converted"] == heard


@pytest.mark.parametrize("deadline", [-1, 1])
def test_trio_expired_deadline(deadline: int, heard: list[Any]) -> None:
    """
    On Trio a deadline that has come counts before its cancellation is delivered.
    """

    @retry(delay=0)
    async def fetch() -> None:
        heard.append("called")
        raise OSError

    async def main() -> None:
        with trio.CancelScope(deadline=deadline):
            standing.jump(1)
            with pytest.raises(OSError):  # noqa: PT011 - it has no text
                await fetch()
            heard.append("failed")

    standing = trio.testing.MockClock()
    trio.run(main, clock=standing)

    assert ["called", "failed"] == heard


def test_shielded_clean_up_is_retried(heard: list[Any]) -> None:
    """
    On Trio a shielded scope is not being cancelled, so retries work in it.
    """

    @retry(delay=0, times=2)
    async def close() -> None:
        heard.append("called")
        raise OSError

    async def main() -> None:
        with trio.CancelScope(deadline=-1), trio.CancelScope(shield=True), pytest.raises(RetryError):
            await close()

    trio.run(main)

    assert ["called", "called"] == heard


def test_zero_waits_are_checkpoints(run: Any) -> None:
    """
    A coroutine that retries without delay lets others run.
    """
    turns = []

    @retry(times=3, delay=0)
    async def fetch() -> None:
        turns.append("fetch")
        raise OSError

    async def other() -> None:
        for _ in range(3):
            turns.append("other")
            await (asyncio if "asyncio" in library else trio).sleep(0)

    async def on_asyncio() -> None:
        await asyncio.gather(fetch(), other(), return_exceptions=True)

    async def on_trio() -> None:
        with pytest.raises(BaseExceptionGroup):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(fetch)
                nursery.start_soon(other)

    library = "asyncio" if run is asyncio.run else "trio"
    run(on_asyncio() if library == "asyncio" else on_trio())

    assert "other" in turns[: turns.index("fetch") + 3]
    assert 3 == turns.count("fetch")


@pytest.mark.parametrize("replay", [False, True, "skip"])
def test_cancelling_a_stream(heard: list[Any], replay: Any) -> None:
    """
    A task cancelled while it waits for an item ends cancelled; the generator's clean-up has run.
    """

    @retry(delay=0, replay=replay)
    async def stream() -> AsyncIterator[int]:
        try:
            yield 1
            await asyncio.sleep(FOR_EVER)
        finally:
            await asyncio.sleep(0)
            heard.append("closed")

    async def main() -> None:
        async def consume() -> None:
            async for item in stream():
                heard.append(item)

        task = asyncio.create_task(consume())
        await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())

    assert [1, "closed"] == heard


async def unsteady(steps: list[str]) -> None:
    steps.append("attempt")
    await asyncio.sleep(0)
    raise OSError


async def telling(*args: object) -> None:
    await asyncio.sleep(0)


@pytest.mark.parametrize("reraise", [True, False])
def test_cancellation_at_every_step(reraise: bool) -> None:
    """
    Wherever a coroutine is suspended, in an attempt, a callback or a wait: a cancellation leaves as itself.
    """
    suspensions = 0
    while True:
        steps: list[str] = []
        coroutine = retry(times=3, delay=0, reraise=reraise, on_retry=telling, on_failure=telling, on_success=telling)(
            unsteady
        )(steps)
        try:
            for _ in range(suspensions):
                coroutine.send(None)
        except (OSError, RetryError):
            break
        with pytest.raises(asyncio.CancelledError) as caught:
            coroutine.throw(asyncio.CancelledError("now"))
        assert "now" == str(caught.value)
        suspensions += 1

    assert 3 * 1 + 2 * 2 + 1 + 1 == suspensions  # three attempts, two callbacks and waits, on_failure, not begun


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12")
def test_eager_tasks(heard: list[Any]) -> None:
    """
    An eager task waits like any other.
    """

    @retry(times=2, delay=0)
    async def fetch() -> None:
        heard.append("called")
        raise OSError

    async def main() -> None:
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        with pytest.raises(RetryError):
            await asyncio.create_task(fetch())

    asyncio.run(main())

    assert ["called", "called"] == heard


def test_a_failed_task_group_is_no_cancellation(heard: list[Any]) -> None:
    """
    A task group that failed inside an attempt is a failure, and retries go on working in its task.
    """

    async def fail() -> None:
        heard.append("called")
        raise OSError

    @retry(times=3, delay=0)
    async def fetch() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(fail())

    async def main() -> None:
        for _ in range(2):
            with pytest.raises(RetryError):
                await fetch()

    asyncio.run(main())

    assert 6 == len(heard)


def test_a_request_to_cancel_that_is_still_to_come(heard: list[Any]) -> None:
    """
    A task that was asked to stop, and has not noticed yet, is being cancelled.
    """

    @retry(times=3, delay=0, on_retry=lambda attempt, exc: heard.append(attempt))
    async def fetch() -> None:
        task = asyncio.current_task()
        assert task
        task.cancel()
        raise OSError

    async def main() -> None:
        with pytest.raises(OSError):  # noqa: PT011 - it has no text
            await fetch()

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())

    assert [] == heard


def test_exceptions_in_a_circle(heard: list[Any]) -> None:
    """
    A failure whose context leads back to itself is looked through once.
    """

    @retry(times=3, delay=0)
    async def fetch() -> None:
        heard.append("called")
        first, second = OSError(), OSError()
        first.__context__, second.__context__ = second, first
        raise first

    async def main() -> None:
        with contextlib.suppress(ExceptionGroup):
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(asyncio.sleep(-1, "x")).add_done_callback(lambda _: None)
                tasks.create_task(fail())
        with pytest.raises(RetryError):
            await fetch()

    async def fail() -> None:
        raise OSError

    asyncio.run(main())

    assert 3 == len(heard)


# There, `asyncio.timeout()` takes the count that the task group has left for a cancellation of its own task.
@pytest.mark.skipif(sys.version_info < (3, 11, 3), reason="asyncio.timeout() raises CancelledError (CPython gh-102780)")
def test_timeouts_after_a_failed_task_group(heard: list[Any]) -> None:
    """
    A timeout inside an attempt is a failure, also in a task in which a task group has failed before.
    """

    @retry(times=3, delay=0)
    async def fetch() -> None:
        heard.append("called")
        async with asyncio.timeout(0.001):
            await asyncio.sleep(FOR_EVER)

    async def fail() -> None:
        raise ValueError

    async def main() -> None:
        with contextlib.suppress(ExceptionGroup):
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(fail())
        with pytest.raises(RetryError):
            await fetch()

    asyncio.run(main())

    assert 3 == len(heard)


async def fetch_twice() -> int:
    calls = 0

    @retry(delay=0)
    async def fetch() -> int:
        nonlocal calls
        calls += 1
        if calls < 2:
            raise OSError
        return calls

    return await fetch()


def test_trio_inside_asyncio() -> None:
    """
    Where Trio runs inside a task of asyncio, a retry in it waits on Trio.
    """

    async def main() -> int:
        return trio.run(fetch_twice)

    assert 2 == asyncio.run(main())


def test_asyncio_inside_trio() -> None:
    """
    Where asyncio runs inside a task of Trio, a retry in it waits on asyncio.
    """

    async def main() -> int:
        return asyncio.run(fetch_twice())

    assert 2 == trio.run(main)


def stale() -> None:
    """Leave the count of the running task's cancellation requests up, as libraries do that never call `uncancel()`."""
    task = asyncio.current_task()
    assert task is not None
    task.cancel()


async def swallowed() -> None:
    stale()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.sleep(0)


def converting(calls: list[int]) -> Any:
    """Work that fails as a client does that turns a cancellation into its own error."""

    def work() -> None:
        calls.append(1)
        try:
            raise asyncio.CancelledError
        except asyncio.CancelledError as exc:
            raise Converted from exc

    return work


def failing_plainly(calls: list[int]) -> Any:
    """Work that fails, and not by a cancellation."""

    def work() -> None:
        calls.append(1)
        raise Converted

    return work


# Before, failures that come from no cancellation are retried, whatever the count says.
COUNT_ALONE = pytest.mark.skipif(sys.version_info < (3, 13), reason="before, the count says nothing by itself")


def warned(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if "uncancel()" in record.getMessage()]


class TestStale:
    @pytest.fixture(autouse=True)
    def _no_hooks(self, no_hooks: None) -> None: ...

    def test_the_first_failure_is_silent(self, caplog: pytest.LogCaptureFixture) -> None:
        """
        A task that is being cancelled ends with its first failure, and nobody is warned.
        """
        calls: list[int] = []

        async def main() -> None:
            await swallowed()
            await retry(delay=0)(worked)(converting(calls))

        with pytest.raises(Converted):
            asyncio.run(main())
        assert [1] == calls
        assert [] == warned(caplog)

    @COUNT_ALONE
    @pytest.mark.parametrize("failures", [2, 3, 50])
    def test_the_second_is_warned_of(self, failures: int, caplog: pytest.LogCaptureFixture) -> None:
        """
        A task that goes on and meets another failure is told of, once: nothing in it is retried any more.
        """
        calls: list[int] = []

        async def main() -> None:
            await swallowed()
            for _ in range(failures):
                with contextlib.suppress(Converted):
                    await retry(delay=0)(worked)(failing_plainly(calls))

        asyncio.run(main())

        assert [1] * failures == calls
        (record,) = [record for record in caplog.records if "uncancel()" in record.getMessage()]
        assert ("anew", "WARNING") == (record.name, record.levelname)
        assert record.getMessage().startswith("no call is retried in task 'Task-")

    @pytest.mark.skipif(sys.version_info < (3, 13), reason="before, the count says nothing by itself")
    def test_plain_failures(self, caplog: pytest.LogCaptureFixture) -> None:
        """
        From Python 3.13 on, the count alone is enough.
        """
        calls: list[int] = []

        def work() -> None:
            calls.append(1)
            raise OSError

        async def main() -> None:
            await swallowed()
            for _ in range(3):
                with contextlib.suppress(OSError):
                    await retry(delay=0)(worked)(work)

        asyncio.run(main())

        assert [1, 1, 1] == calls
        assert 1 == len(warned(caplog))

    @pytest.mark.skipif(sys.version_info >= (3, 13), reason="from 3.13 on, the count is enough")
    def test_plain_failures_before(self, caplog: pytest.LogCaptureFixture) -> None:
        """
        Before, failures that come from no cancellation are retried.
        """
        calls: list[int] = []

        def work() -> None:
            calls.append(1)
            raise OSError

        async def main() -> None:
            await swallowed()
            await retry(delay=0)(worked)(work)

        with pytest.raises(RetryError):
            asyncio.run(main())
        assert [1, 1, 1] == calls
        assert [] == warned(caplog)

    def test_after_uncancel(self, caplog: pytest.LogCaptureFixture) -> None:
        """
        `uncancel()` is the cure.
        """
        calls: list[int] = []

        async def main() -> None:
            await swallowed()
            task = asyncio.current_task()
            assert task is not None
            task.uncancel()
            for _ in range(2):
                with contextlib.suppress(RetryError):
                    await retry(delay=0)(worked)(converting(calls))

        asyncio.run(main())

        assert [1] * 6 == calls
        assert [] == warned(caplog)

    @pytest.mark.parametrize("reraise", [True, False])
    @pytest.mark.parametrize("deep", [2, 3, 6])
    def test_nested(self, deep: int, reraise: bool, caplog: pytest.LogCaptureFixture) -> None:
        """
        Retries in retries meet the same failure, which is one.
        """
        calls: list[int] = []

        async def main() -> None:
            await swallowed()
            fn: Any = worked
            for _ in range(deep):
                fn = retry(delay=0, reraise=reraise)(fn)
            await fn(converting(calls))

        with pytest.raises(Converted):
            asyncio.run(main())
        assert [1] == calls
        assert [] == warned(caplog)

    def test_nested_blocks_and_generators(self, caplog: pytest.LogCaptureFixture) -> None:
        """
        Also in blocks and generators.
        """
        calls: list[int] = []

        @retry(delay=0)
        async def items() -> AsyncIterator[int]:
            async for attempt in retry(delay=0):
                async with attempt:
                    converting(calls)()
            yield 1

        @retry(delay=0)
        async def main() -> None:
            await swallowed()
            async for attempt in retry(delay=0):
                with attempt:
                    async for _ in items():
                        pass

        with pytest.raises(Converted):
            asyncio.run(main())
        assert [1] == calls
        assert [] == warned(caplog)

    @pytest.mark.parametrize("chained", [True, False])
    def test_converted_on_its_way(self, chained: bool, caplog: pytest.LogCaptureFixture) -> None:
        """
        Where a layer in between makes another exception of it, it is still one failure.
        """
        calls: list[int] = []

        @retry(delay=0)
        async def service() -> None:
            try:
                await retry(delay=0)(worked)(converting(calls))
            except Converted as exc:
                raise ValueError("the service") from (exc if chained else None)

        async def main() -> None:
            await swallowed()
            await service()

        with pytest.raises(ValueError, match="the service"):
            asyncio.run(main())
        assert [1] == calls
        assert [] == warned(caplog)

    @COUNT_ALONE
    def test_each_task_for_itself(self, caplog: pytest.LogCaptureFixture) -> None:
        """
        Each task is told of by its name, and others are retried as ever.
        """
        calls: list[int] = []

        async def bad() -> None:
            await swallowed()
            for _ in range(3):
                with contextlib.suppress(Converted):
                    await retry(delay=0)(worked)(failing_plainly(calls))

        async def good() -> None:
            with contextlib.suppress(RetryError):
                await retry(delay=0)(worked)(failing_plainly(calls))

        async def main() -> None:
            tasks = [asyncio.create_task(bad(), name=f"bad {number}") for number in range(3)]
            await asyncio.gather(*tasks, good())

        asyncio.run(main())

        assert 9 + 3 == len(calls)
        told = sorted(warned(caplog))
        assert 3 == len(told)
        assert all(f"'bad {number}'" in text for number, text in enumerate(told))

    def test_cancellations_that_were_answered(self, caplog: pytest.LogCaptureFixture) -> None:
        """
        Failures of cancellations that were answered each by itself say nothing of the count.
        """
        calls: list[int] = []

        async def main() -> None:
            task: Any = asyncio.current_task()
            for _ in range(3):
                await swallowed()
                with contextlib.suppress(Converted):
                    await retry(delay=0)(worked)(converting(calls))
                task.uncancel()

        asyncio.run(main())

        assert [1, 1, 1] == calls
        assert [] == warned(caplog)

    def test_children_do_not_inherit(self, caplog: pytest.LogCaptureFixture) -> None:
        """
        A child task has a count of its own, though it inherits the context.
        """
        calls: list[int] = []

        async def child() -> None:
            with pytest.raises(RetryError):
                await retry(delay=0)(worked)(converting(calls))

        async def main() -> None:
            await swallowed()
            with contextlib.suppress(Converted):
                await retry(delay=0)(worked)(converting(calls))
            await asyncio.create_task(child())

        asyncio.run(main())

        assert 1 + 3 == len(calls)
        assert [] == warned(caplog)

    def test_sync_calls_in_the_task(self, caplog: pytest.LogCaptureFixture) -> None:
        """
        Sync calls are retried all the same: they cannot be cancelled.
        """
        calls: list[int] = []

        async def main() -> None:
            await swallowed()
            for _ in range(2):
                with contextlib.suppress(RetryError):
                    retry(delay=0)(converting(calls))()

        asyncio.run(main())

        assert [1] * 6 == calls
        assert [] == warned(caplog)

    @pytest.mark.parametrize("kind", ["TaskGroup", "timeout", "wait_for"])
    def test_what_asyncio_itself_cancels(self, kind: str, caplog: pytest.LogCaptureFixture) -> None:
        """
        What asyncio cancels by itself is over afterwards: calls are retried again.
        """
        calls: list[int] = []

        async def fails() -> None:
            raise OSError

        async def cancelled() -> None:
            if kind == "TaskGroup":
                async with asyncio.TaskGroup() as group:
                    group.create_task(fails())
                    await asyncio.sleep(FOR_EVER)
            elif kind == "timeout":
                async with asyncio.timeout(0.001):
                    await asyncio.sleep(FOR_EVER)
            else:
                await asyncio.wait_for(asyncio.sleep(FOR_EVER), 0.001)

        def work() -> None:
            calls.append(1)
            raise OSError

        async def main() -> None:
            for _ in range(2):
                with contextlib.suppress(ExceptionGroup, TimeoutError):
                    await cancelled()
                with pytest.raises(RetryError):
                    await retry(delay=0)(worked)(work)

        asyncio.run(main())

        assert [1] * 6 == calls
        assert [] == warned(caplog)


async def worked(work: Any) -> Any:
    await asyncio.sleep(0)
    return work()
