"""Time: `timeout` on clocks that stand still, jump or are not ours, and waits that are drawn inside what is left."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import time_machine
import trio
import trio.testing
from freezegun import freeze_time
from hypothesis import given, settings
from hypothesis import strategies as st

from anew import RetryBudget, RetryError, TryAgain, retry, set_testing
from anew._decide import GiveUp, RetryIn, decide

# An event loop under a frozen clock would never wake up. There is nothing like it for Trio, which has its own clock.
REAL: Any = {"real_asyncio": True}
NOON = dt.datetime(2024, 2, 29, 12, tzinfo=dt.UTC)


def frozen() -> Any:
    return freeze_time(NOON, **REAL)


def frozen_with_ticks() -> Any:
    return freeze_time(NOON, **REAL, tick=True)


def frozen_with_hiccups() -> Any:
    return freeze_time(NOON, **REAL, auto_tick_seconds=0.001)


def travelled() -> Any:
    return time_machine.travel(NOON, tick=False)


def travelled_with_ticks() -> Any:
    return time_machine.travel(NOON, tick=True)


CLOCKS = [
    frozen,
    pytest.param(frozen_with_ticks, marks=pytest.mark.needs("CPython")),
    frozen_with_hiccups,
    travelled,
    travelled_with_ticks,
]


@pytest.fixture(params=CLOCKS, ids=lambda make: make.__name__)
def odd_clock(request: pytest.FixtureRequest) -> Callable[[], Any]:
    """A clock of a test, that does not go as clocks do."""
    return request.param


@pytest.fixture(autouse=True)
def _no_hooks(no_hooks: None) -> None: ...


@pytest.mark.real_time
class TestOddClocks:
    @pytest.fixture(autouse=True)
    def _not_on_trio(self, request: pytest.FixtureRequest) -> None:
        if "way" in request.fixturenames and "trio" in str(request.getfixturevalue("way")):
            pytest.skip("Trio's clock stands still as well")

    def test_it_ends(self, way: Any, odd_clock: Any, hopeless: Any) -> None:
        """
        Time that was waited counts, though the clock did not move: `timeout` ends what `times` would not.
        """
        work = hopeless()

        with odd_clock(), pytest.raises(RetryError) as caught:
            way.run(retry(times=None, timeout=0.05, delay=0.01, backoff="fixed", jitter=False), work)

        assert "timeout" == caught.value.reason
        assert work.calls <= 6  # less, on a clock that moves, where the machine is slow

    @pytest.mark.parametrize("replay", [True, "skip"])
    def test_streams(self, odd_clock: Any, replay: Any, hopeless: Any) -> None:
        """
        So it is in a generator that is replayed, after its last new item.
        """
        work = hopeless()

        @retry(times=None, timeout=0.05, delay=0.01, backoff="fixed", jitter=False, replay=replay)
        def items() -> Iterator[int]:
            yield 1
            yield work()

        with odd_clock(), pytest.raises(RetryError) as caught:
            list(items())

        assert "timeout" == caught.value.reason
        assert work.calls <= 6  # less, on a clock that moves, where the machine is slow

    def test_waits_that_are_asked_for(self, way: Any, odd_clock: Any, hopeless: Any) -> None:
        """
        Whoever asks for the waits.
        """
        for make, on in ((lambda: TryAgain(after=0.01), OSError), (OSError, lambda exc: 0.01)):
            work = hopeless(make)

            with odd_clock(), pytest.raises(RetryError) as caught:
                way.run(retry(times=None, timeout=0.05, on=on), work)

            assert "timeout" == caught.value.reason
            assert work.calls <= 6  # less, on a clock that moves, where the machine is slow

    def test_what_is_left(self) -> None:
        """
        A block can see it.
        """
        left: list[float] = []

        with frozen(), pytest.raises(RetryError):
            for attempt in retry(times=3, timeout=60, delay=0.01, backoff="fixed", jitter=False):
                with attempt:
                    assert attempt.remaining is not None
                    left.append(attempt.remaining)
                    raise OSError

        assert pytest.approx([60, 59.99, 59.98]) == left

    def test_a_clock_that_jumps_ahead(self, way: Any) -> None:
        """
        Time that the work took counts as well, if the clock says so.
        """
        calls: list[int] = []

        with freeze_time(NOON, **REAL) as clock, pytest.raises(RetryError) as caught:

            def work() -> None:
                calls.append(1)
                clock.tick(40)
                raise OSError

            way.run(retry(times=None, timeout=60, delay=0.001), work)

        assert (2, "timeout") == (caught.value.attempts, caught.value.reason)

    def test_a_clock_that_goes_back(self, way: Any) -> None:
        """
        A clock that is set back gives no more than the time that it took away.
        """
        calls: list[int] = []

        with freeze_time(NOON, **REAL) as clock, pytest.raises(RetryError) as caught:

            def work() -> None:
                calls.append(1)
                if len(calls) == 2:
                    clock.move_to(NOON - dt.timedelta(seconds=0.02))
                raise OSError

            way.run(retry(times=None, timeout=0.05, delay=0.01, backoff="fixed", jitter=False), work)

        assert "timeout" == caught.value.reason
        assert 5 <= len(calls) <= 9

    def test_a_clock_that_is_thawed(self) -> None:
        """
        A budget whose successes lie in the future, as of a clock that was thawed, forgets them.
        """
        budget = RetryBudget(floor=2, ratio=1.0, window=10)

        with freeze_time(NOON + dt.timedelta(days=900), **REAL):
            for _ in range(50):
                budget.pay()
            assert 52 == budget.available
        assert 2 == budget.available
        for _ in range(3):
            budget.pay()
        assert 5 == budget.available


class TestTriosClock:
    @pytest.mark.real_time
    @pytest.mark.parametrize("options", [{}, {"jitter": False}, {"jitter": "full"}, {"backoff": "fixed"}], ids=str)
    def test_it_ends(self, options: Any, hopeless: Any) -> None:
        """
        On Trio's clock that jumps, sixty seconds are sixty seconds of that clock, and none of ours.
        """
        work = hopeless()
        ended: list[float] = []
        began = time.monotonic()

        @retry(times=None, timeout=60, **options)
        async def fetch() -> None:
            work()

        async def main() -> None:
            try:
                await fetch()
            finally:
                ended.append(trio.current_time())

        clock = trio.testing.MockClock(autojump_threshold=0)
        with pytest.raises(RetryError) as caught:
            trio.run(main, clock=clock)

        assert "timeout" == caught.value.reason
        assert ended[0] <= 60.001
        assert time.monotonic() - began < 30

    @pytest.mark.real_time
    @pytest.mark.parametrize("kind", ["block", "generator", "replay", "call"])
    def test_every_kind(self, kind: str, hopeless: Any) -> None:
        """
        In blocks and generators, too.
        """
        work = hopeless()
        policy = retry(times=None, timeout=60)

        async def fetch() -> None:
            work()

        async def items() -> Any:
            yield 1 if kind == "replay" else work()
            yield work()

        async def main() -> None:
            if kind == "block":
                async for attempt in policy:
                    async with attempt:
                        work()
            elif kind == "call":
                await policy.call(fetch)
            else:
                _ = [item async for item in policy.replace(replay=kind == "replay")(items)()]

        with pytest.raises(RetryError) as caught:
            trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))
        assert "timeout" == caught.value.reason
        assert 3 <= work.calls <= 200

    @pytest.mark.real_time
    def test_scopes_of_that_clock(self, hopeless: Any) -> None:
        """
        A cancel scope of that clock ends a retry that has no end of its own.
        """
        work = hopeless()

        async def main() -> bool:
            with trio.move_on_after(3600) as scope:
                await retry(times=None, delay=60, jitter=False, backoff="fixed").call(fetch)
            return scope.cancelled_caught

        async def fetch() -> None:
            work()

        assert trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))
        assert 60 == work.calls


POLICIES = st.fixed_dictionaries(
    {
        "delay": st.floats(0, 50),
        "backoff": st.sampled_from(["exponential", "linear", "fixed", "fibonacci"]),
        "jitter": st.one_of(
            st.sampled_from([True, False, "full"]),
            st.floats(0, 50).map(lambda seconds: dt.timedelta(seconds=seconds)),
        ),
        "max_delay": st.sampled_from([None, 50, 60.0, 1000]),
    }
)


class TestDrawnInsideOfWhatIsLeft:
    @given(POLICIES, st.integers(1, 40), st.floats(0, 500), st.floats(0, 1, exclude_max=True))
    def test_the_rule(self, options: Any, num: int, left: float, drawn: float) -> None:
        """
        Where the lowest draw fits, the wait is between it and the highest one, or what is left; else we give up.
        """
        policy = retry(times=None, timeout=1000, **options)
        (lowest, _, highest) = policy.schedule(num)[-1]

        verdict = decide(policy._policy, OSError(), num, 1.0, lambda _: left, lambda: drawn)

        if lowest > left:
            assert GiveUp(reason="timeout") == verdict
        else:
            assert isinstance(verdict, RetryIn)
            assert lowest <= verdict.seconds <= min(highest, left)

    @given(st.floats(0.001, 50), st.floats(0, 500), st.floats(0, 200), st.floats(0, 1, exclude_max=True))
    def test_decorrelated(self, delay: float, left: float, previous: float, drawn: float) -> None:
        """
        So it is with the jitter that depends on the wait before.
        """
        policy = retry(times=None, timeout=1000, delay=delay, jitter="decorrelated")._policy

        verdict = decide(policy, OSError(), 3, previous, lambda _: left, lambda: drawn)

        if delay > left:
            assert GiveUp(reason="timeout") == verdict
        else:
            assert isinstance(verdict, RetryIn)
            assert delay <= verdict.seconds <= min(max(delay, min(previous * 3, 60)), left)

    @given(st.floats(0, 100), st.floats(0, 100), st.booleans())
    def test_what_is_asked_for_is_never_shortened(self, asked: float, left: float, by_hook: bool) -> None:
        """
        What a server or a TryAgain asks for is waited in full, or not at all.
        """
        policy = retry(times=None, timeout=100, on=(lambda exc: asked) if by_hook else OSError)._policy
        exc = OSError() if by_hook else TryAgain(after=asked)

        verdict = decide(policy, exc, 1, 1.0, lambda _: left, lambda: 0.5)

        assert (RetryIn(seconds=asked, asked=True) if asked <= left else GiveUp(reason="timeout")) == verdict

    @settings(max_examples=40)
    @given(POLICIES, st.floats(0.5, 300), st.randoms(use_true_random=False))
    def test_no_attempt_starts_too_late(self, options: Any, timeout: float, chance: Any) -> None:
        """
        Whatever is drawn, no attempt starts after the timeout, and what was left was less than the lowest draw.
        """
        policy = retry(times=None, timeout=timeout, **{**options, "delay": max(options["delay"], 0.1)})
        now, num, previous = 0.0, 0, policy._policy.delay
        while num < 5000:
            num += 1
            verdict = decide(policy._policy, OSError(), num, previous, lambda _, now=now: timeout - now, chance.random)
            if isinstance(verdict, GiveUp):
                break
            previous = verdict.seconds
            now += verdict.seconds
            assert now <= timeout * (1 + 1e-9)
        else:
            return  # full jitter may draw next to nothing
        assert policy.schedule(num)[-1].lowest > timeout - now

    def test_the_defaults_use_the_time(self, every_way: Any, hopeless: Any, clock: Any, draws: Any) -> None:
        """
        With the longest draws, the defaults use more than two thirds of a minute; they gave up after 20 s before.
        """
        draws(0.99999)

        with pytest.raises(RetryError) as caught:
            every_way.run(retry(times=None, timeout=60), hopeless())

        assert "timeout" == caught.value.reason
        assert 40 < clock.now - 1000 <= 60

    @pytest.mark.parametrize("drawn", [0.0, 0.3, 0.6, 0.999])
    def test_the_last_wait_ends_in_time(self, way: Any, hopeless: Any, clock: Any, draws: Any, drawn: float) -> None:
        """
        Every wait ends in time, whatever is drawn.
        """
        draws(drawn)

        with pytest.raises(RetryError):
            way.run(retry(times=None, timeout=10, delay=3), hopeless())

        assert sum(clock.waits) <= 10
        assert 2 <= len([wait for wait in clock.waits if wait])

    def test_time_that_on_retry_takes(self, way: Any, hopeless: Any, clock: Any) -> None:
        """
        A callback that takes long shortens a wait that was drawn, and ends one that was asked for.
        """
        policy = retry(times=None, timeout=10, delay=4, jitter=False, on_retry=lambda num, exc: clock.advance(8))

        with pytest.raises(RetryError):
            way.run(policy, hopeless())
        assert [2.0] == [wait for wait in clock.waits if wait]

        clock.waits.clear()
        with pytest.raises(RetryError):
            way.run(
                retry(times=None, timeout=10, on=lambda exc: 4, on_retry=lambda num, exc: clock.advance(8)),
                hopeless(),
            )
        assert [] == [wait for wait in clock.waits if wait]


@contextmanager
def any_mode(mode: str) -> Iterator[None]:
    if mode == "testing":
        with set_testing(True, attempts=3):
            yield
    else:
        yield


@pytest.mark.parametrize("mode", ["production", "testing"])
class TestBrokenBackoff:
    @pytest.mark.parametrize(
        ("backoff", "error"),
        [
            (lambda num: None, TypeError),
            (lambda num: "2", TypeError),
            (lambda num: float("nan"), ValueError),
            (lambda num: float("inf"), ValueError),
            (lambda num: True, TypeError),
            (lambda num: 1 / 0, ZeroDivisionError),
            (lambda num: [][num], IndexError),
        ],
    )
    def test_is_seen(self, way: Any, mode: str, backoff: Any, error: Any, failing: Any, clock: Any) -> None:
        """
        A broken backoff function fails in tests as it would in production.
        """
        with any_mode(mode), pytest.raises(error):
            way.run(retry(backoff=backoff), failing(OSError))

    def test_of_later_waits(self, way: Any, mode: str, hopeless: Any, clock: Any) -> None:
        """
        Also where only a later wait is wrong.
        """
        work = hopeless()

        with any_mode(mode), pytest.raises(TypeError, match="the answer of backoff for failure 2"):
            way.run(retry(times=3, backoff=lambda num: {1: 1.0}.get(num)), work)

        assert 2 == work.calls

    @pytest.mark.parametrize("answer", [None, "1", float("nan")])
    def test_of_on(self, way: Any, mode: str, answer: Any, failing: Any, clock: Any) -> None:
        """
        So does a broken `on`.
        """
        with any_mode(mode), pytest.raises((TypeError, ValueError), match="the answer of on"):
            way.run(retry(on=lambda exc: answer), failing(OSError))

    def test_no_wait_in_tests(self, way: Any, mode: str, failing: Any, clock: Any) -> None:
        """
        A backoff that is right is asked, and its wait is not waited in tests.
        """
        asked: list[int] = []

        with any_mode(mode):
            way.run(retry(backoff=lambda num: float(len(asked.append(num) or asked))), failing(OSError, OSError))

        assert [1, 2] == asked
        assert (mode == "testing") == (sum(clock.waits) == 0)
