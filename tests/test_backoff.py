"""Strategies and jitter: pure functions, whatever the numbers."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anew import RetryError, _clock, _waits, retry
from anew._decide import RetryIn, decide, wait_range

delays = st.floats(0, 1e300)
caps = st.none() | st.floats(0, 1e300)  # no cap is a cap that no clock reaches, 1e300
nums = st.integers(1, 1_000_000)
counts = st.integers(1, 30)
draw_values = st.floats(0, 1, exclude_max=True)
strategies = st.sampled_from(["fixed", "linear", "exponential", "fibonacci"])
jitters = st.sampled_from([True, False, "full", "decorrelated"]) | st.timedeltas(timedelta(0), timedelta(days=10**5))


@pytest.mark.parametrize(
    ("backoff", "waits"),
    [
        ("fixed", [1, 1, 1, 1, 1, 1, 1, 1]),
        ("linear", [1, 2, 3, 4, 5, 6, 7, 8]),
        ("exponential", [1, 2, 4, 8, 16, 32, 60, 60]),
        ("fibonacci", [1, 1, 2, 3, 5, 8, 13, 21]),
        (lambda n: n * n, [1, 4, 9, 16, 25, 36, 49, 60]),
    ],
)
def test_first_waits(way: Any, hopeless: Any, clock: Any, backoff: Any, waits: list[float]) -> None:
    """
    The waits of each strategy are those of the documentation, capped.
    """
    with pytest.raises(RetryError):
        way.run(retry(times=9, backoff=backoff, jitter=False), hopeless())

    assert waits == clock.waits


@given(delays, strategies, st.integers(1, 40))
def test_the_delay_scales(delay: float, backoff: Any, count: int) -> None:
    """
    The delay is the first wait, and the unit of the others.
    """
    one, scaled = (retry(delay=d, backoff=backoff, jitter=False, max_delay=None).schedule(count) for d in (1, delay))

    assert delay == scaled[0].mean
    assert [min(wait.mean * delay, 1e300) for wait in one] == [wait.mean for wait in scaled]


def test_fibonacci_numbers() -> None:
    """
    They are the numbers, exactly as far as floats go.
    """
    a, b = 1, 1
    for num in range(1, 1477):
        assert float(a) == _waits.fibonacci(num)
        a, b = b, a + b
    assert _waits.fibonacci(1476) == _waits.fibonacci(10**6)


def policy_of(delay: float, backoff: Any, jitter: Any, cap: float | None) -> Any:
    """The policy, with what would contradict itself put right."""
    return retry(
        times=None,
        delay=delay if cap is None else min(delay, cap),
        backoff="exponential" if jitter == "decorrelated" else backoff,
        jitter=jitter,
        max_delay=cap,
    )


@given(delays, strategies, jitters, caps, counts)
def test_waits_stay_in_their_bounds(delay: float, backoff: Any, jitter: Any, cap: float | None, count: int) -> None:
    """
    Waits are finite numbers of seconds, never negative, never above the cap, and never shrink in the mean.
    """
    waits = policy_of(delay, backoff, jitter, cap).schedule(count)

    assert count == len(waits)
    for wait in waits:
        assert 0 <= wait.lowest <= wait.highest <= (1e300 if cap is None else cap)
        assert (jitter == "decorrelated") == (wait.mean is None)
        assert wait.mean is None or wait.lowest <= wait.mean <= wait.highest
    if not isinstance(jitter, timedelta):
        for (lowest, mean, highest), after in pairwise(waits):
            assert (lowest, highest) <= (after.lowest, after.highest)
            assert mean is None or after.mean is None or mean <= after.mean * (1 + 1e-9)


@given(delays, strategies, jitters, caps, nums, st.floats(0, 1e300), draw_values)
def test_draws_stay_in_their_range(
    delay: float, backoff: Any, jitter: Any, cap: float | None, num: int, previous: float, drawn: float
) -> None:
    """
    The millionth wait, too, is within the range from which it is drawn, whatever was waited before.
    """
    policy = policy_of(delay, backoff, jitter, cap)._policy
    lowest, highest = wait_range(policy, num, previous)

    verdict = decide(policy, OSError(), num, previous, lambda policy: 0.0, lambda: drawn)

    assert isinstance(verdict, RetryIn)
    assert 0 <= lowest <= verdict.seconds <= highest < float("inf")
    if cap is not None:
        assert highest <= cap


def with_and_without(jitter: Any, delay: float, backoff: Any, cap: float | None, count: int) -> Any:
    """Each wait, and what this jitter makes of it."""
    exact, jittered = (policy_of(delay, backoff, one, cap).schedule(count) for one in (False, jitter))
    return [(wait.mean, spread) for wait, spread in zip(exact, jittered, strict=True)]


@given(delays, strategies, caps, counts)
def test_proportional_jitter(delay: float, backoff: Any, cap: float | None, count: int) -> None:
    """
    `jitter=True` draws from half the wait to one and a half; the mean is the wait until the cap is near.
    """
    limit = 1e300 if cap is None else cap
    for wait, spread in with_and_without(True, delay, backoff, cap, count):
        assert wait / 2 == spread.lowest
        assert min(wait * 1.5, limit) == spread.highest
        if wait * 1.5 <= limit:
            assert pytest.approx(wait) == spread.mean


@given(delays, strategies, caps, counts)
def test_full_jitter(delay: float, backoff: Any, cap: float | None, count: int) -> None:
    """
    `jitter="full"` draws from zero to the wait, whose half is the mean.
    """
    for wait, spread in with_and_without("full", delay, backoff, cap, count):
        assert (0.0, wait / 2, wait) == spread


@given(st.floats(0, 1e6), strategies, st.floats(0, 1e6), counts)
def test_timedelta_jitter(delay: float, backoff: Any, spread: float, count: int) -> None:
    """
    A timedelta is added; near the cap the whole range moves below it.
    """
    cap = 2e6
    added = timedelta(seconds=spread)
    j = added.total_seconds()
    for wait, (lowest, mean, highest) in with_and_without(added, delay, backoff, cap, count):
        assert min(wait + j, cap) == highest
        assert max(0.0, highest - j) == lowest
        assert pytest.approx((lowest + highest) / 2) == mean


@given(st.floats(0, 1e6), st.floats(0, 1e7), nums)
def test_decorrelated_jitter(delay: float, previous: float, num: int) -> None:
    """
    `jitter="decorrelated"` draws from the delay to three times the wait before, whatever the number.
    """
    lowest, highest = wait_range(policy_of(delay, "exponential", "decorrelated", 1e6)._policy, num, previous)

    assert delay == lowest
    assert max(delay, min(3 * previous, 1e6)) == highest


@given(st.floats(0, 1e6), counts)
def test_decorrelated_jitter_spreads(delay: float, count: int) -> None:
    """
    Where each wait is the highest, the next may be three times as long; the delay is always among them.
    """
    highest = delay
    for wait in policy_of(delay, "exponential", "decorrelated", 1e6).schedule(count):
        highest = min(3 * highest, 1e6)
        assert (delay, highest) == (wait.lowest, wait.highest)


def test_decorrelated_jitter_remembers(way: Any, hopeless: Any, clock: Any, draws: Any) -> None:
    """
    The wait before counts for the next; the first wait before is the delay.
    """
    draws(0.5)

    with pytest.raises(RetryError):
        way.run(retry(times=4, delay=1, jitter="decorrelated"), hopeless())

    assert [2.0, 3.5, 5.75] == clock.waits


def test_decorrelated_jitter_forgets_what_hooks_asked(way: Any, hopeless: Any, clock: Any, draws: Any) -> None:
    """
    A wait that the hook set does not count as the wait before.
    """
    draws(0.5)
    answers: list[Any] = [True, 50, True, False]

    with pytest.raises(ConnectionError):
        way.run(retry(times=9, delay=1, jitter="decorrelated", on=lambda exc: answers.pop(0)), hopeless())

    assert [2.0, 50.0, 3.5] == clock.waits


@given(strategies, st.sampled_from([True, False, "full", "decorrelated"]), counts, nums, draw_values)
def test_no_delay_stays_no_delay(backoff: Any, jitter: Any, count: int, num: int, drawn: float) -> None:
    """
    `delay=0` is zero for ever.
    """
    policy = policy_of(0, backoff, jitter, None)

    assert {(0.0, 0.0)} == {(lowest, highest) for lowest, _, highest in policy.schedule(count)}
    assert RetryIn(seconds=0.0, asked=False) == decide(
        policy._policy, OSError(), num, 0.0, lambda policy: 0.0, lambda: drawn
    )


@pytest.mark.parametrize("num", [10, 1_000_000])
@pytest.mark.parametrize("jitter", [True, "full", timedelta(seconds=5)])
def test_alive_at_the_cap(jitter: Any, num: int) -> None:
    """
    At the cap the wait is still random, and never above it; attempt 1,000,000 is like attempt 10.
    """
    policy = retry(times=None, jitter=jitter)._policy
    waits = {decide(policy, OSError(), num, 0.0, lambda policy: 0.0, _clock.draw).seconds for _ in range(100)}

    assert len(waits) > 90
    assert all(wait <= 60 for wait in waits)


@pytest.mark.parametrize("seconds", [1e9, 1e300])
def test_waits_beyond_the_clock_are_clamped(way: Any, failing: Any, clock: Any, seconds: float) -> None:
    """
    A wait longer than the clock can sleep becomes the longest it can.
    """
    way.run(retry(delay=seconds, max_delay=None, jitter=False), failing(OSError))

    assert [_clock.LONGEST] == clock.waits


@pytest.mark.needs("timers")
@pytest.mark.real_time
def test_the_longest_wait_can_be_slept(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    The longest wait is one that the platform's sleep takes.
    """

    class Woken(BaseException):
        pass

    def wake(*_: object) -> None:
        raise Woken

    import signal

    monkeypatch.setattr(_clock, "LONGEST", _clock.LONGEST)
    signal.signal(signal.SIGALRM, wake)
    with pytest.raises(Woken):
        signal.setitimer(signal.ITIMER_REAL, 0.005)
        _clock.sleep(float("inf"))
