"""Cancellation gets through: in the call, in the wait, in the callbacks. On the real clock."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
import trio

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


def test_trio_expired_deadline(heard: list[Any]) -> None:
    """
    On Trio a deadline that has passed counts before its cancellation is delivered.
    """

    @retry(delay=0)
    async def fetch() -> None:
        heard.append("called")
        raise OSError

    async def main() -> None:
        with trio.CancelScope(deadline=-1), pytest.raises(OSError):  # noqa: PT011 - it has no text
            await fetch()

    trio.run(main)

    assert ["called"] == heard


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
