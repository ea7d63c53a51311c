"""Nothing is kept that should go, and nothing grows."""

from __future__ import annotations

import asyncio
import gc
import sys
import weakref
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from anew import RetryError, retry

pytestmark = [pytest.mark.one_python, pytest.mark.needs("reference counts")]
tracemalloc: Any = pytest.importorskip("tracemalloc")


@pytest.fixture
def no_gc() -> Iterator[None]:
    gc.disable()
    # What was there before, the test run itself, is not gone through again and again.
    gc.freeze()
    yield
    gc.set_debug(0)
    gc.garbage.clear()
    gc.unfreeze()
    gc.enable()


class Local:
    """A large thing in a frame of the failed attempt."""


OPTIONS = {
    "error": {"times": 3},
    "reraise": {"times": 3, "reraise": True},
    "not ours": {"on": KeyError},
    "callbacks": {"on_retry": lambda *_: None, "on_failure": lambda _: None, "timeout": 99},
    "success": {"times": 5},
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
def test_no_cycles(every_sync_way: Any, no_gc: None, options: Any, clock: Any) -> None:
    """
    After a failing call, everything is freed by reference counting alone.
    """
    refs: list[weakref.ref[Local]] = []

    def work() -> None:
        local = Local()
        refs.append(weakref.ref(local))
        if options.get("times") == 5 and len(refs) == 4:
            return
        raise ConnectionError

    try:
        every_sync_way.run(retry(**options), work)
    except Exception:
        pass

    assert all(ref() is None for ref in refs)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
@pytest.mark.parametrize("kind", ["function", "coroutine", "generator", "async generator"])
def test_no_frame_of_ours_in_a_cycle(no_gc: None, kind: str, options: Any) -> None:
    """
    The garbage collector finds no frame and no object of ours after failing calls.
    """

    def fail() -> None:
        raise ConnectionError

    policy = retry(delay=0, **options)

    @policy
    def function() -> Any:
        fail()

    @policy
    async def coroutine() -> None:
        fail()

    @policy
    def generator() -> Any:
        yield fail()

    @policy
    async def async_generator() -> Any:
        yield fail()

    def call() -> None:
        if kind == "function":
            function()
        elif kind == "generator":
            next(generator())
        else:
            driven = coroutine() if kind == "coroutine" else anext(async_generator())
            awaited = driven.__await__()
            while True:
                next(awaited)

    gc.collect()
    gc.set_debug(gc.DEBUG_SAVEALL)
    for _ in range(3):
        try:
            call()
        except Exception:
            pass
    gc.collect()

    found = [thing for thing in gc.garbage if "anew" in repr(thing) or "frame" in type(thing).__name__]
    assert [] == found


def test_the_failed_attempt_is_freed_before_the_wait(every_way: Any, no_gc: None, clock: Any) -> None:
    """
    What the failed attempt held is freed when the wait begins.
    """
    refs: list[weakref.ref[Local]] = []
    alive: list[bool] = []
    sleep = clock.sleep

    def look(seconds: float) -> None:
        alive.append(refs[-1]() is not None)
        sleep(seconds)

    clock.sleep = look
    import anew._clock

    anew._clock.time.sleep = look

    def work() -> None:
        local = Local()
        refs.append(weakref.ref(local))
        raise ConnectionError

    with pytest.raises(RetryError):
        every_way.run(retry(times=3), work)

    assert [False, False] == alive


@pytest.mark.parametrize("kind", ["fresh", "same"])
def test_nothing_grows_over_many_retries(kind: str, no_hooks: None, clock: Any) -> None:
    """
    Ten thousand retries leave the last exception with a short traceback and no chain.
    """
    same = ConnectionError("same")

    def work() -> None:
        raise same if kind == "same" else ConnectionError("fresh")

    with pytest.raises(RetryError) as caught:
        retry(times=10_000, delay=0).call(work)

    exc = caught.value.last_exception
    length, tb = 0, exc.__traceback__
    while tb is not None:
        length, tb = length + 1, tb.tb_next
    assert length < 10
    assert exc.__context__ is exc.__cause__ is None


@pytest.mark.needs("a deep stack")  # to free what was raised
@pytest.mark.parametrize("options", [{"times": 10}, {"times": 3, "reraise": True}], ids=["ten times", "nested"])
def test_an_instance_that_was_raised_thousands_of_times(no_hooks: None, clock: Any, options: Any) -> None:
    """
    The work for a stored exception does not grow with the traceback that earlier calls have left on it.
    """
    stored = ConnectionError()
    policy = retry(**options)

    @policy
    @policy
    def work() -> None:
        raise stored

    def steps(raised: int) -> int:
        for _ in range(raised):
            with suppress(ConnectionError):
                raise stored
        events: list[str] = []
        sys.setprofile(lambda frame, event, arg: events.append(event))
        try:
            work()
        except (ConnectionError, RetryError):
            pass
        finally:
            sys.setprofile(None)
        return len(events)

    steps(5_000)  # the first call imports
    assert steps(1) == steps(20_000)


def test_memory_is_flat(no_hooks: None, clock: Any) -> None:
    """
    The memory after many retries is the memory after a few.
    """
    peaks = []
    for times in (100, 20_000):
        calls = 0

        def work() -> None:
            nonlocal calls
            calls += 1
            if calls < times:  # noqa: B023 - called within the same turn
                raise ConnectionError

        tracemalloc.start()
        retry(times=None, delay=0).call(work)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] < 2 * peaks[0] + 10_000


@pytest.mark.real_time  # the clock of the tests keeps a list of the waits
def test_async_memory_is_flat(no_hooks: None) -> None:
    """
    The same holds for coroutines.
    """
    peaks = []
    for times in (100, 2_000):
        calls = 0

        async def work() -> None:
            nonlocal calls
            calls += 1
            if calls < times:  # noqa: B023 - called within the same turn
                raise ConnectionError

        async def main() -> None:
            tracemalloc.start()
            await retry(times=None, delay=0).call(work)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()

        asyncio.run(main())

    assert peaks[1] < 2 * peaks[0] + 10_000
