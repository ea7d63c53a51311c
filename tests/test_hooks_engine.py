"""Hooks hear of the retries of everything that can be retried."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import pytest
import trio

import anew
from anew import RetryError, _clock, retry, set_active, set_testing
from anew.instrumentation import (
    GiveUpDetails,
    LoggingHook,
    RetryDetails,
    RetryHookFactory,
    set_on_give_up_hooks,
    set_on_retry_hooks,
)


@pytest.fixture(autouse=True)
def seen() -> Iterator[list[RetryDetails]]:
    """What the only hook has seen."""
    seen: list[RetryDetails] = []
    set_on_retry_hooks([seen.append])
    yield seen
    set_on_retry_hooks(None)


@pytest.fixture
def log() -> Iterator[list[str]]:
    """What has happened, with the opening and closing of a context for each wait."""
    log: list[str] = []

    @contextmanager
    def door(details: RetryDetails) -> Iterator[None]:
        log.append(f"open {details.attempt}")
        try:
            yield
        except BaseException as exc:
            log.append(type(exc).__name__)
            raise
        finally:
            log.append(f"close {details.attempt}")

    set_on_retry_hooks([door])
    yield log
    set_on_retry_hooks(None)


class TestWhatHooksHear:
    def test_all_facts(self, every_way: Any, failing: Any, clock: Any, seen: list[RetryDetails]) -> None:
        """
        Each retry is told, with its number, its wait, the waits and the time before it, and the failure.
        """
        failures = [OSError("a"), OSError("b"), OSError("c")]
        result = every_way.run(retry(times=5, jitter=False, name="orders"), failing(*failures))

        assert "done" == result
        assert [1, 2, 3] == [one.attempt for one in seen]
        assert [1, 2, 4] == [one.wait for one in seen] == clock.waits
        assert [0, 1, 3] == [one.waited_so_far for one in seen] == [one.elapsed for one in seen]
        assert failures == [one.exception for one in seen]
        assert [("orders", 5)] * 3 == [(one.name, one.times) for one in seen]

    def test_before_the_wait(self, way: Any, failing: Any, clock: Any) -> None:
        """
        Hooks are told before the wait.
        """
        waited: list[int] = []
        set_on_retry_hooks([lambda _: waited.append(len(clock.waits))])
        way.run(retry(times=None), failing(OSError, OSError))

        assert [0, 1] == waited

    def test_only_of_retries(self, way: Any, hopeless: Any, failing: Any, seen: list[RetryDetails]) -> None:
        """
        Hooks hear of retries only: not of successes, of giving up, or of what is not ours.
        """
        way.run(retry(), failing())
        with pytest.raises(RetryError):
            way.run(retry(times=1), hopeless())
        with pytest.raises(ConnectionError):
            way.run(retry(on=KeyError), hopeless())

        assert [] == seen

    def test_a_name(self, every_way: Any, failing: Any, seen: list[RetryDetails]) -> None:
        """
        Without a name of its own, a call is known by the function's, never by a repr.
        """
        every_way.run(retry(), failing(OSError))

        assert seen[0].name
        assert "0x" not in seen[0].name

    def test_names(self, failing: Any, seen: list[RetryDetails]) -> None:
        """
        A partial has the name of its function, an object that of its class.
        """

        class Client:
            def __call__(self, work: Any) -> None:
                work()

        def fetch(work: Any) -> None:
            work()

        policy = retry()
        policy(partial(fetch, failing(OSError)))()
        policy(Client())(failing(OSError))
        policy.call(Client(), failing(OSError))

        place = TestWhatHooksHear.test_names.__qualname__
        assert [f"{place}.<locals>.{name}" for name in ("fetch", "Client", "Client")] == [one.name for one in seen]

    def test_arguments(self, seen: list[RetryDetails], run: Any) -> None:
        """
        Hooks that want the arguments of the call get them; a block has none.
        """
        policy = retry(times=2)

        @policy
        def function(*args: int, **kwargs: int) -> None:
            raise OSError

        @policy
        def generator(*args: int, **kwargs: int) -> Any:
            raise OSError
            yield

        @policy
        async def coroutine(*args: int, **kwargs: int) -> None:
            raise OSError

        @policy
        async def async_generator(*args: int, **kwargs: int) -> Any:
            raise OSError
            yield

        async def whole() -> None:
            with pytest.raises(RetryError):
                await coroutine(1, b=2)
            with pytest.raises(RetryError):
                await anext(async_generator(1, b=2))

        with pytest.raises(RetryError):
            function(1, b=2)
        with pytest.raises(RetryError):
            policy.call(function.__wrapped__, 1, b=2)
        with pytest.raises(RetryError):
            next(generator(1, b=2))
        run(whole())
        with pytest.raises(RetryError):
            for attempt in policy:
                with attempt:
                    raise OSError

        assert [*[((1,), {"b": 2})] * 5, ((), {})] == [(one.args, one.kwargs) for one in seen]

    def test_each_call_its_own(self, way: Any, failing: Any, seen: list[RetryDetails]) -> None:
        """
        The next call starts afresh.
        """
        policy = retry(jitter=False)
        way.run(policy, failing(OSError, OSError))
        way.run(policy, failing(OSError))

        assert [(1, 0), (2, 1), (1, 0)] == [(one.attempt, one.waited_so_far) for one in seen]

    def test_testing(self, way: Any, failing: Any, seen: list[RetryDetails]) -> None:
        """
        While testing, hooks hear what is true then.
        """
        with set_testing(True, attempts=2):
            way.run(retry(times=9), failing(OSError))

        assert [(1, 0, 2)] == [(one.attempt, one.wait, one.times) for one in seen]

    def test_inactive(self, way: Any, hopeless: Any, seen: list[RetryDetails]) -> None:
        """
        Where nothing is retried, there is nothing to tell.
        """
        set_active(False)
        try:
            with pytest.raises(RetryError):
                way.run(retry(), hopeless())
        finally:
            set_active(True)

        assert [] == seen

    def test_success_is_free(self, every_way: Any, failing: Any, monkeypatch: Any) -> None:
        """
        Without a failure, nobody even asks who is to be told.
        """
        monkeypatch.setattr(anew.instrumentation._registry, "current", lambda: pytest.fail("asked"))

        assert "done" == every_way.run(retry(), failing())

    @pytest.mark.needs("threads")
    def test_threads(self, seen: list[RetryDetails]) -> None:
        """
        Threads that retry at the same time are told of apart.
        """
        together = threading.Barrier(8, timeout=10)

        @retry(times=4, jitter=False)
        def fetch(number: int) -> None:
            together.wait()
            raise OSError(number)

        def work(number: int) -> None:
            with pytest.raises(RetryError):
                fetch(number)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert 24 == len(seen)
        assert all(one.args == one.exception.args for one in seen)
        for number in range(8):
            mine = [one for one in seen if one.args == (number,)]
            assert [(1, 0), (2, 1), (3, 3)] == [(one.attempt, one.waited_so_far) for one in mine]

    def test_tasks(self, seen: list[RetryDetails]) -> None:
        """
        Tasks that take turns are told of apart.
        """

        @retry(times=4, jitter=False)
        async def fetch(number: int) -> None:
            await asyncio.sleep(0)
            raise OSError(number)

        async def whole() -> None:
            await asyncio.gather(*map(fetch, range(8)), return_exceptions=True)

        asyncio.run(whole())

        assert 24 == len(seen)
        assert list(range(8)) == [one.args[0] for one in seen[:8]]
        for number in range(8):
            mine = [one for one in seen if one.args == (number,)]
            assert [(1, 0), (2, 1), (3, 3)] == [(one.attempt, one.waited_so_far) for one in mine]


class TestContexts:
    def test_open_during_the_wait(self, every_way: Any, failing: Any, log: list[str], monkeypatch: Any) -> None:
        """
        What a hook opens is open during the wait, and closed before the next attempt.
        """
        work = failing(OSError, OSError)

        def noted() -> Any:
            log.append("work")
            return work()

        in_wait(monkeypatch, lambda: log.append("wait"))
        every_way.run(retry(), noted)

        assert ["work", "open 1", "wait", "close 1", "work", "open 2", "wait", "close 2", "work"] == log

    def test_interrupted(self, every_way: Any, hopeless: Any, log: list[str], monkeypatch: Any) -> None:
        """
        Ctrl-C in the wait closes what is open, once, and gets through.
        """

        def interrupt() -> None:
            log.append("wait")
            raise KeyboardInterrupt

        in_wait(monkeypatch, interrupt)
        with pytest.raises(KeyboardInterrupt):
            every_way.run(retry(), hopeless())

        assert ["open 1", "wait", "KeyboardInterrupt", "close 1"] == log

    def test_nothing_is_swallowed(self, way: Any, hopeless: Any, monkeypatch: Any) -> None:
        """
        A context that would swallow what ends the wait cannot.
        """

        class Greedy:
            def __enter__(self) -> None: ...

            def __exit__(self, *_: object) -> bool:
                return True

        def interrupt() -> None:
            raise KeyboardInterrupt

        set_on_retry_hooks([lambda _: Greedy()])
        in_wait(monkeypatch, interrupt)
        with pytest.raises(KeyboardInterrupt):
            way.run(retry(), hopeless())

    def test_cancelled_on_asyncio(self, log: list[str], hopeless: Any) -> None:
        """
        A task that is cancelled in the wait closes what is open, once, and is cancelled.
        """

        async def whole() -> None:
            @retry
            async def fetch() -> None:
                hopeless()()

            task = asyncio.create_task(fetch())
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        asyncio.run(whole())

        assert ["open 1", "CancelledError", "close 1"] == log

    @pytest.mark.real_time
    def test_cancelled_on_trio(self, log: list[str], hopeless: Any) -> None:
        """
        A scope that is cancelled in the wait closes what is open, once.
        """

        @retry
        async def fetch() -> None:
            hopeless()()

        async def whole() -> None:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(fetch)
                while not log:
                    await trio.lowlevel.checkpoint()
                nursery.cancel_scope.cancel()

        trio.run(whole)

        assert ["open 1", "Cancelled", "close 1"] == log

    def test_coroutines_that_are_dropped(self, log: list[str], hopeless: Any) -> None:
        """
        A coroutine that never finishes its wait closes what is open when it goes.
        """

        @retry
        async def fetch() -> None:
            hopeless()()

        coroutine = fetch()
        coroutine.send(None)
        assert ["open 1"] == log

        coroutine.close()

        assert ["open 1", "GeneratorExit", "close 1"] == log

    @pytest.mark.needs("reference counts")
    def test_blocks_that_are_left(self, log: list[str], hopeless: Any) -> None:
        """
        A loop that is left after a failure closes what is open when it goes.
        """
        attempts = iter(retry())
        for attempt in attempts:
            with attempt:
                hopeless()()
            break
        assert ["open 1"] == log

        del attempts

        assert ["open 1", "close 1"] == log

    @pytest.mark.needs("reference counts")
    @pytest.mark.parametrize("hopeful", [True, False])
    def test_no_cycles(self, every_sync_way: Any, log: list[str], hopeful: bool) -> None:
        """
        What a hook opens with the details in its frame keeps nothing of the failed attempts alive afterwards.
        """

        class Local:
            """A large thing in a frame of the failed attempt."""

        refs: list[weakref.ref[Local]] = []

        def work() -> None:
            local = Local()
            refs.append(weakref.ref(local))
            if not hopeful or len(refs) < 3:
                raise ConnectionError

        gc.disable()
        try:
            with suppress(RetryError):
                every_sync_way.run(retry(), work)

            assert [None] * 3 == [ref() for ref in refs]
        finally:
            gc.enable()

    def test_waits_of_no_time(self, way: Any, failing: Any, log: list[str]) -> None:
        """
        A wait of no time is a wait.
        """
        way.run(retry(delay=0), failing(OSError))

        assert ["open 1", "close 1"] == log


class TestNoHarm:
    def test_broken_hooks(self, way: Any, failing: Any, caplog: Any) -> None:
        """
        Hooks that raise, in all that they do, change nothing for the call; each is logged once.
        """

        @contextmanager
        def closes_badly(_: Any) -> Iterator[None]:
            yield
            raise ZeroDivisionError("on leaving")

        def raises(_: Any) -> None:
            raise ZeroDivisionError("on being told")

        set_on_retry_hooks([raises, closes_badly])
        result = way.run(retry(), failing(OSError, OSError))

        assert "done" == result
        assert ["ERROR"] * 2 == [record.levelname for record in caplog.records]

    def test_hooks_that_raise_the_failure(self, way: Any, hopeless: Any) -> None:
        """
        A hook that raises the failure again changes nothing for the call.
        """

        def again(details: RetryDetails) -> None:
            raise details.exception

        set_on_retry_hooks([again])
        with pytest.raises(RetryError) as error:
            way.run(retry(), hopeless())

        assert 3 == error.value.attempts

    def test_hooks_that_retry(self, way: Any, failing: Any) -> None:
        """
        A hook that retries something itself does not hear of that.
        """
        seen: list[str] = []

        def hook(details: RetryDetails) -> None:
            seen.append(details.name)
            retry(name="inner").call(failing(OSError))

        set_on_retry_hooks([hook])
        way.run(retry(name="outer"), failing(OSError, OSError))

        assert ["outer", "outer"] == seen

    def test_a_log_is_all_that_fails(self, way: Any, failing: Any, monkeypatch: Any) -> None:
        """
        Logging that is broken changes nothing for the call.
        """
        set_on_retry_hooks([LoggingHook()])
        monkeypatch.setitem(sys.modules, "logging", None)

        assert "done" == way.run(retry(), failing(OSError))

    def test_the_place_of_records(self, every_way: Any, failing: Any, caplog: Any) -> None:
        """
        A record shows a place outside of anew.
        """
        set_on_retry_hooks([LoggingHook()])
        every_way.run(retry(), failing(OSError))

        (record,) = caplog.records
        assert logging.WARNING == record.levelno
        assert record.pathname.endswith("conftest.py")


class TestOfOnePolicy:
    def test_instead_of_the_others(self, way: Any, failing: Any, seen: list[RetryDetails]) -> None:
        """
        A policy with hooks of its own is told of to these, and not to those of the process.
        """
        own: list[RetryDetails] = []
        way.run(retry(hooks=[own.append, RetryHookFactory(lambda: own.append)], name="orders"), failing(OSError))

        assert ["orders", "orders"] == [one.name for one in own]
        assert [] == seen

    def test_silence(self, way: Any, failing: Any, seen: list[RetryDetails]) -> None:
        """
        A policy without any hooks is told of to nobody.
        """
        assert "done" == way.run(retry(hooks=[]), failing(OSError))
        assert [] == seen

    def test_none(self, way: Any, failing: Any, seen: list[RetryDetails]) -> None:
        """
        None means those of the process, of the moment.
        """
        policy = retry(hooks=[]).replace(hooks=None)
        set_on_retry_hooks([lambda details: seen.append(details)])
        way.run(policy, failing(OSError))

        assert 1 == len(seen)

    def test_a_logger_of_its_own(self, way: Any, failing: Any, caplog: Any) -> None:
        """
        A policy can have a logger and a level of its own.
        """
        caplog.set_level(logging.INFO)
        way.run(retry(hooks=[LoggingHook(logger="orders", level=logging.INFO)]), failing(OSError))

        assert [("orders", logging.INFO)] == [(record.name, record.levelno) for record in caplog.records]

    def test_the_same_promises(self, way: Any, failing: Any, caplog: Any) -> None:
        """
        What they raise is logged, and what they open closes before the next attempt.
        """
        log: list[str] = []

        @contextmanager
        def door(details: RetryDetails) -> Iterator[None]:
            log.append("open")
            yield
            log.append("close")

        def broken(details: RetryDetails) -> None:
            raise ZeroDivisionError

        work = failing(OSError, OSError)

        def noted() -> Any:
            log.append("work")
            return work()

        assert "done" == way.run(retry(hooks=[door, broken]), noted)
        assert ["work", *["open", "close", "work"] * 2] == log
        assert 1 == len(caplog.records)


@pytest.fixture
def ends() -> Iterator[list[GiveUpDetails]]:
    """What the only hook of giving up has seen."""
    ends: list[GiveUpDetails] = []
    with set_on_give_up_hooks([ends.append]):
        yield ends


class TestGivingUp:
    @pytest.mark.parametrize("reraise", [False, True])
    def test_all_facts(self, way: Any, hopeless: Any, ends: list[GiveUpDetails], reraise: bool) -> None:
        """
        A call that is given up is told once, with all its facts, also where the exception leaves as itself.
        """
        with pytest.raises((RetryError, ConnectionError)):
            way.run(retry(times=3, jitter=False, name="orders", reraise=reraise), hopeless())

        (end,) = ends
        assert ("orders", "attempts", 3, 3.0) == (end.name, end.reason, end.attempts, end.elapsed)
        assert isinstance(end.exception, ConnectionError)

    def test_reasons(self, way: Any, hopeless: Any, ends: list[GiveUpDetails]) -> None:
        """
        They hear why.
        """
        for options in ({"times": 1}, {"delay": 9, "timeout": 1}, {"budget": anew.RetryBudget(floor=0)}):
            with pytest.raises(RetryError):
                way.run(retry(**options), hopeless())

        assert ["attempts", "timeout", "budget"] == [end.reason for end in ends]

    def test_only_of_giving_up(self, way: Any, failing: Any, hopeless: Any, ends: list[GiveUpDetails]) -> None:
        """
        They do not hear of successes, of retries, or of what is not ours.
        """
        way.run(retry(), failing(OSError))
        with pytest.raises(ConnectionError):
            way.run(retry(on=KeyError), hopeless())

        assert [] == ends

    def test_try_again(self, way: Any, ends: list[GiveUpDetails]) -> None:
        """
        They hear what a TryAgain was raised from.
        """

        def poll() -> None:
            raise anew.TryAgain from ConnectionError("reset")

        with pytest.raises(RetryError):
            way.run(retry(), poll)

        assert [ConnectionError] == [type(end.exception) for end in ends]

    def test_broken_hooks(self, way: Any, hopeless: Any, caplog: Any) -> None:
        """
        What they raise is logged, and the call ends as without them.
        """

        def broken(details: GiveUpDetails) -> None:
            raise details.exception

        with set_on_give_up_hooks([broken]), pytest.raises(RetryError) as error:
            way.run(retry(), hopeless())

        assert 3 == error.value.attempts
        assert 1 == len(caplog.records)

    def test_arguments(self, ends: list[GiveUpDetails]) -> None:
        """
        They get the arguments of the call.
        """

        @retry(times=2)
        def function(*args: int, **kwargs: int) -> None:
            raise OSError

        with pytest.raises(RetryError):
            function(1, b=2)

        assert [((1,), {"b": 2})] == [(end.args, end.kwargs) for end in ends]

    @pytest.mark.needs("reference counts")
    def test_no_cycles(self, sync_way: Any, ends: list[GiveUpDetails]) -> None:
        """
        What they are told of is not kept alive.
        """

        class Local:
            """A large thing in a frame of the failed attempt."""

        refs: list[weakref.ref[Local]] = []

        def work() -> None:
            local = Local()
            refs.append(weakref.ref(local))
            raise ConnectionError

        set_on_retry_hooks([])
        set_on_give_up_hooks([lambda _: None])
        gc.collect()
        gc.disable()
        try:
            with suppress(RetryError):
                sync_way.run(retry(), work)

            assert [None] * 3 == [ref() for ref in refs]
        finally:
            gc.enable()


def in_wait(monkeypatch: Any, do: Callable[[], object]) -> None:
    """Have this done whenever anew sleeps."""

    def wrapped(seconds: float) -> None:
        do()

    async def awrapped(seconds: float) -> None:
        do()

    monkeypatch.setattr(_clock.time, "sleep", wrapped)
    monkeypatch.setattr(asyncio, "sleep", awrapped)
    monkeypatch.setattr(trio, "sleep", awrapped)


def test_the_place_is_the_callers_also_around_a_context_manager(
    failing: Any, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """
    A log record's place is a user's line, not one of contextlib's.
    """
    work = failing(OSError)

    @contextmanager
    @retry(times=2)
    def session() -> Iterator[Any]:
        yield work()

    set_on_retry_hooks([LoggingHook()])
    with session():
        pass

    assert [__file__] == [record.pathname for record in caplog.records]


def test_ctrl_c_in_a_hook_does_not_silence_others(failing: Any, clock: Any, seen: list[RetryDetails]) -> None:
    """
    When a hook is interrupted, the thread's next retries are told as ever.
    """

    def interrupted(details: RetryDetails) -> None:
        raise KeyboardInterrupt

    set_on_retry_hooks([interrupted])
    with pytest.raises(KeyboardInterrupt):
        retry().call(failing(OSError))
    set_on_retry_hooks([seen.append])
    retry().call(failing(OSError))

    assert 1 == len(seen)
