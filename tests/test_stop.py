"""`stop`: an event that ends waits, so that a worker which waits can be told to leave."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from anew import RetryBudget, RetryError, TryAgain, retry, set_active, set_testing


class Event:
    """An event that is set at its so manieth look, and keeps the waits."""

    def __init__(self, *, looks: int | None = None, waits: int | None = None) -> None:
        self.looks, self.waits = looks, waits
        self.waited: list[float] = []

    def is_set(self) -> bool:
        if self.looks is None:
            return False
        self.looks -= 1
        return self.looks < 0

    def wait(self, timeout: float) -> bool:
        self.waited.append(timeout)
        return self.waits is not None and len(self.waited) > self.waits


@pytest.fixture(autouse=True)
def _no_hooks(no_hooks: None) -> None: ...


class TestWhen:
    def test_set_before(self, every_sync_way: Any, hopeless: Any, clock: Any) -> None:
        """
        Set before the call, it allows the first attempt and nothing else.
        """
        stop, work = threading.Event(), hopeless()
        stop.set()

        with pytest.raises(RetryError) as caught:
            every_sync_way.run(retry(times=None, stop=stop), work)

        assert 1 == work.calls == caught.value.attempts
        assert "stopped" == caught.value.reason
        assert isinstance(caught.value.last_exception, ConnectionError)
        assert [] == clock.waits

    def test_no_wait(self, sync_way: Any, failing: Any) -> None:
        """
        Where there is nothing to wait, the event is looked at and not waited for.
        """
        stop = Event()

        assert "done" == sync_way.run(retry(delay=0, stop=stop), failing(OSError))
        assert [] == stop.waited

    def test_success_is_a_success(self, every_sync_way: Any, failing: Any) -> None:
        """
        A first attempt that succeeds is nobody's concern.
        """
        stop = threading.Event()
        stop.set()

        assert "done" == every_sync_way.run(retry(stop=stop), failing())

    @pytest.mark.parametrize("attempts", [1, 2, 5])
    def test_set_during_an_attempt(self, every_sync_way: Any, attempts: int, clock: Any) -> None:
        """
        Set while an attempt runs, it lets that one end.
        """
        stop, calls = threading.Event(), list[int]()

        def work() -> None:
            calls.append(1)
            if len(calls) == attempts:
                stop.set()
            raise OSError

        with pytest.raises(RetryError) as caught:
            every_sync_way.run(retry(times=None, stop=stop, delay=0), work)

        assert attempts == len(calls) == caught.value.attempts
        assert "stopped" == caught.value.reason

    @pytest.mark.parametrize("waits", [0, 1, 3])
    def test_set_during_a_wait(self, every_sync_way: Any, waits: int, hopeless: Any, clock: Any) -> None:
        """
        Set during a wait, it ends the wait, and no attempt follows.
        """
        stop, work = Event(waits=waits), hopeless()

        with pytest.raises(RetryError) as caught:
            every_sync_way.run(retry(times=None, stop=stop, delay=60, jitter=False, backoff="fixed"), work)

        assert waits + 1 == work.calls == caught.value.attempts
        assert "stopped" == caught.value.reason
        assert [60.0] * (waits + 1) == stop.waited
        assert [] == [wait for wait in clock.waits if wait]  # it is the event that waits

    @pytest.mark.needs("threads")
    @pytest.mark.real_time
    def test_by_another_thread(self, sync_way: Any, hopeless: Any) -> None:
        """
        A thread that waits for an hour leaves as soon as another one sets the event.
        """
        stop, work = threading.Event(), hopeless()
        threading.Timer(0.05, stop.set).start()

        with pytest.raises(RetryError) as caught:
            sync_way.run(retry(times=None, stop=stop, delay=3600, max_delay=None), work)

        assert 1 == work.calls
        assert "stopped" == caught.value.reason

    @pytest.mark.real_time
    def test_never_set(self, sync_way: Any, failing: Any) -> None:
        """
        An event that is never set changes nothing but who waits.
        """
        work = failing(OSError, OSError)

        assert "done" == sync_way.run(retry(stop=threading.Event(), delay=0.001), work)
        assert 3 == work.calls

    def test_cleared_again(self, sync_way: Any, failing: Any, hopeless: Any) -> None:
        """
        An event that is cleared lets calls retry again.
        """
        stop = threading.Event()
        policy = retry(stop=stop, delay=0)
        stop.set()
        with pytest.raises(RetryError):
            sync_way.run(policy, hopeless())
        stop.clear()

        assert "done" == sync_way.run(policy, failing(OSError))

    def test_other_reasons_come_first(self, sync_way: Any, hopeless: Any, clock: Any) -> None:
        """
        Where there would be no other attempt anyway, that is the reason.
        """
        stop = threading.Event()
        stop.set()

        for options, reason in (({"times": 1}, "attempts"), ({"timeout": 0.1}, "timeout")):
            with pytest.raises(RetryError) as caught:
                sync_way.run(retry(stop=stop, **options), hopeless())
            assert reason == caught.value.reason

    @pytest.mark.parametrize("on", [KeyError, lambda exc: False])
    def test_not_ours(self, sync_way: Any, on: Any, hopeless: Any) -> None:
        """
        What is not ours leaves as it is.
        """
        stop = threading.Event()
        stop.set()

        with pytest.raises(ConnectionError):
            sync_way.run(retry(stop=stop, on=on), hopeless())

    def test_after_items(self, clock: Any) -> None:
        """
        A stream that is replayed ends as well.
        """
        stop = threading.Event()

        for replay in (True, "skip"):
            stop.clear()
            items: list[int] = []

            @retry(times=None, stop=stop, replay=replay, delay=0)
            def stream() -> Iterator[int]:
                yield 1
                yield 2
                raise OSError

            with pytest.raises(RetryError) as caught:
                for item in stream():
                    items.append(item)
                    if item == 2:
                        stop.set()
            assert "stopped" == caught.value.reason
            assert [1, 2] == items


class TestWhatIsTold:
    def test_callbacks_and_hooks(self, sync_way: Any, hopeless: Any, clock: Any) -> None:
        """
        `on_failure` hears of the end; a retry that was scheduled and then stopped was told of before its wait.
        """
        told: list[Any] = []
        policy = retry(
            times=None,
            delay=1,
            stop=Event(waits=1),
            on_retry=lambda num, exc: told.append(num),
            on_failure=lambda err: told.append(err.reason),
            hooks=[lambda details: told.append(f"hook {details.attempt}")],
        )

        with pytest.raises(RetryError):
            sync_way.run(policy, hopeless())

        assert [1, "hook 1", 2, "hook 2", "stopped"] == told

    def test_what_hooks_opened_is_left(self, sync_way: Any, hopeless: Any, clock: Any) -> None:
        """
        What a hook opened for the wait is closed when the wait ends early.
        """
        log: list[str] = []

        @contextmanager
        def hook(details: Any) -> Iterator[None]:
            log.append("in")
            yield
            log.append("out")

        with pytest.raises(RetryError):
            sync_way.run(retry(stop=Event(waits=0), hooks=[hook]), hopeless())

        assert ["in", "out"] == log

    def test_reraise(self, sync_way: Any, hopeless: Any, clock: Any) -> None:
        """
        With `reraise` the failure itself leaves, with a note that says why.
        """
        with pytest.raises(ConnectionError) as caught:
            sync_way.run(retry(stop=Event(looks=0), reraise=True), hopeless())

        (note,) = caught.value.__notes__
        assert note.endswith("gave up after 1 attempt(s), reason: stopped (told to stop)")

    def test_the_text(self, hopeless: Any) -> None:
        """
        The error says so.
        """
        with pytest.raises(RetryError, match=r"fetch failed after 1 attempt\(s\).*\(reason: stopped\)"):
            retry(stop=Event(looks=0), name="fetch")(hopeless())()

    def test_try_again(self, sync_way: Any, hopeless: Any, clock: Any) -> None:
        """
        A call that asks for another attempt is stopped as well.
        """
        with pytest.raises(RetryError) as caught:
            sync_way.run(
                retry(times=None, stop=Event(waits=2), reraise=True), hopeless(lambda: TryAgain("wait", after=5))
            )

        assert (3, "stopped") == (caught.value.attempts, caught.value.reason)

    def test_no_token_is_taken(self, sync_way: Any, hopeless: Any, clock: Any) -> None:
        """
        An event that is set already takes no token.
        """
        budget = RetryBudget(floor=3)

        with pytest.raises(RetryError):
            sync_way.run(retry(stop=Event(looks=0), budget=budget), hopeless())

        assert 3 == budget.available

    def test_nested(self, sync_way: Any, hopeless: Any, clock: Any) -> None:
        """
        A retry around one that was stopped does not go on.
        """
        for reraise in (True, False):
            work = hopeless()
            inner = retry(times=None, stop=Event(looks=1), reraise=reraise, delay=0)

            with pytest.raises((ConnectionError, RetryError)):
                sync_way.run(retry(times=5), inner(work))

            assert 1 <= work.calls <= 2


class TestModes:
    def test_testing(self, sync_way: Any, hopeless: Any, clock: Any) -> None:
        """
        In tests nothing waits, the event neither; but it is looked at.
        """
        stop = Event()
        with set_testing(True, attempts=3), pytest.raises(RetryError) as caught:
            sync_way.run(retry(stop=stop, delay=60), hopeless())
        assert (3, "attempts") == (caught.value.attempts, caught.value.reason)
        assert [] == [wait for wait in stop.waited if wait]

        with set_testing(True, attempts=3), pytest.raises(RetryError) as caught:
            sync_way.run(retry(stop=Event(looks=0)), hopeless())
        assert (1, "stopped") == (caught.value.attempts, caught.value.reason)

    def test_deactivated(self, sync_way: Any, hopeless: Any) -> None:
        """
        With retries off, there is one attempt, and attempts are the reason.
        """
        set_active(False)
        try:
            with pytest.raises(RetryError) as caught:
                sync_way.run(retry(stop=Event(looks=0)), hopeless())
        finally:
            set_active(True)
        assert "attempts" == caught.value.reason

    def test_timeout(self, sync_way: Any, hopeless: Any, clock: Any) -> None:
        """
        What an event waited counts, though our clock did not see it.
        """
        stop = Event()

        with pytest.raises(RetryError) as caught:
            sync_way.run(retry(times=None, stop=stop, timeout=10, delay=3, backoff="fixed", jitter=False), hopeless())

        assert (4, "timeout") == (caught.value.attempts, caught.value.reason)
        assert [3.0, 3.0, 3.0] == stop.waited

    def test_long_waits(self, sync_way: Any, hopeless: Any, clock: Any) -> None:
        """
        No wait is longer than an event can wait.
        """
        stop = Event(waits=0)

        with pytest.raises(RetryError):
            sync_way.run(retry(stop=stop, delay=1e200, max_delay=None), hopeless())

        assert stop.waited[0] <= threading.TIMEOUT_MAX


@pytest.mark.needs("threads", "processes")
class TestOtherEvents:
    @pytest.mark.real_time
    @pytest.mark.parametrize("make", ["threading", "multiprocessing", "manager"])
    def test_real_ones(self, make: str, hopeless: Any) -> None:
        """
        Events of threads, of processes, and of a manager.
        """
        manager = multiprocessing.get_context("spawn").Manager() if make == "manager" else None
        try:
            stop: Any = (
                {
                    "threading": threading.Event,
                    "multiprocessing": multiprocessing.get_context("spawn").Event,
                }[make]()
                if manager is None
                else manager.Event()
            )
            work = hopeless()
            threading.Timer(0.1, stop.set).start()

            with pytest.raises(RetryError) as caught:
                retry(times=None, stop=stop, delay=3600, max_delay=None)(work)()

            assert (1, "stopped") == (caught.value.attempts, caught.value.reason)
        finally:
            if manager is not None:
                manager.shutdown()

    @pytest.mark.real_time
    @pytest.mark.skipif(not hasattr(signal, "SIGTERM") or os.name == "nt", reason="no SIGTERM")
    def test_a_signal(self) -> None:
        """
        A worker that waits for an hour leaves on SIGTERM: its handler lets another thread set the event.
        """
        program = """
import signal, threading, sys
from anew import RetryError, retry
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=stop.set).start())

@retry(times=None, delay=3600, max_delay=None, jitter=False, stop=stop, hooks=[lambda _: print("waits", flush=True)])
def fetch():
    raise ConnectionError("refused")

try:
    fetch()
except RetryError as err:
    print(err.reason)
"""
        with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as worker:
            assert worker.stdout is not None
            assert "waits\n" == worker.stdout.readline()
            time.sleep(0.05)
            worker.send_signal(signal.SIGTERM)
            rest, _ = worker.communicate(timeout=30)

        assert "stopped\n" == rest
        assert 0 == worker.returncode


class Fields:
    is_set = True
    wait = 5


class AsyncWait:
    def is_set(self) -> bool:
        return False

    async def wait(self, timeout: float) -> bool:  # noqa: ASYNC109 - of an event like others
        return False


class NoWait:
    def is_set(self) -> bool:
        return False


class TestRefused:
    @pytest.mark.parametrize(
        "wrong", [3, 2.5, True, "stop", lambda: True, threading.Event, Fields(), AsyncWait(), NoWait(), asyncio, []]
    )
    def test_no_event(self, wrong: Any) -> None:
        """
        What is no event is refused where it is written, with what ends calls otherwise.
        """
        with pytest.raises(TypeError, match=r"^stop must be a threading\.Event, or .*`times` and `timeout`.*, got "):
            retry(stop=wrong)

    def test_asyncio_event(self) -> None:
        """
        So is an event of asyncio.
        """
        with pytest.raises(TypeError, match=r"^stop must be a threading\.Event"):
            retry(stop=asyncio.Event())

    def test_async(self, every_async_way: Any, failing: Any) -> None:
        """
        Async callables are refused, with what to do instead.
        """
        with pytest.raises(TypeError, match=r"stop is for sync .*cancel (its|the) task instead"):
            every_async_way.run(retry(stop=threading.Event()), failing())

    def test_async_where_it_is_decorated(self) -> None:
        """
        Where they are decorated, not where they are called.
        """

        async def fetch() -> None: ...

        async def items() -> Any:
            yield 1

        for fn in (fetch, items):
            with pytest.raises(TypeError, match=r"stop is for sync functions.*cancel its task instead"):
                retry(stop=threading.Event())(fn)

    def test_a_broken_event(self, sync_way: Any, hopeless: Any, clock: Any) -> None:
        """
        What a broken event raises leaves the call.
        """

        class Broken(Event):
            def is_set(self) -> bool:
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            sync_way.run(retry(stop=Broken()), hopeless())

    def test_replaced(self) -> None:
        """
        It can be replaced, and is shown.
        """
        stop = threading.Event()

        assert "stop=" in repr(retry(stop=stop))
        assert "retry()" == repr(retry(stop=stop).replace(stop=None))
