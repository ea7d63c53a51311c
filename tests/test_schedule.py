"""Schedules: what a policy would wait, without waiting."""

from __future__ import annotations

import copy
import pickle
import random
from collections.abc import Callable
from datetime import timedelta
from math import inf
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anew import RetryBudget, RetryError, _clock, retry

POLICIES = {
    "default": retry(),
    "exact": retry(jitter=False),
    "fixed": retry(backoff="fixed", delay=0.3),
    "linear, full": retry(backoff="linear", jitter="full", delay=2, max_delay=5),
    "fibonacci, additive": retry(backoff="fibonacci", jitter=timedelta(seconds=2.5), max_delay=6),
    "a small addition": retry(delay=0.5, jitter=timedelta(milliseconds=1)),
    "own": retry(backoff=lambda num: 1 + num % 3, jitter="full"),
    "low cap": retry(delay=1, max_delay=1.2),
    "no cap": retry(max_delay=None),
    "no delay": retry(delay=0, jitter=timedelta(seconds=1)),
    "nothing": retry(delay=0),
    "decorrelated": retry(jitter="decorrelated", max_delay=10),
    "decorrelated, low cap": retry(jitter="decorrelated", max_delay=2),
    "decorrelated, no range": retry(jitter="decorrelated", delay=7, max_delay=7),
    "decorrelated, no cap": retry(jitter="decorrelated", max_delay=None),
    "decorrelated, no delay": retry(jitter="decorrelated", delay=0),
}


@pytest.fixture(params=POLICIES.values(), ids=POLICIES.keys())
def policy(request: pytest.FixtureRequest) -> Any:
    """All strategies and jitters, near the cap and far from it."""
    return request.param


class TestWhatItSays:
    def test_the_defaults(self) -> None:
        """
        For each wait it gives the lowest, the mean and the highest seconds.
        """
        first, second, *_, seventh = retry().schedule(7)

        assert (0.5, 1.0, 1.5) == first == (first.lowest, first.mean, first.highest)
        assert (1.0, 2.0, 3.0) == second
        assert (30.0, 45.0, 60.0) == seventh

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
    def test_without_jitter(self, backoff: Any, waits: list[float]) -> None:
        """
        Without jitter the three are one.
        """
        assert [(wait, wait, wait) for wait in waits] == [*retry(backoff=backoff, jitter=False).schedule(8)]

    @pytest.mark.parametrize("times", [1, 3, None])
    def test_times(self, times: Any) -> None:
        """
        It does not matter how many attempts there are.
        """
        assert retry().schedule(9) == retry(times=times).schedule(9)

    def test_other_options(self) -> None:
        """
        Nor what is retried, until when, or whether the budget allows it.
        """
        policy = retry(on=lambda exc: 5.0, timeout=1, budget=RetryBudget(floor=0), reraise=True)

        assert retry().schedule(9) == policy.schedule(9)

    @given(st.sampled_from([*POLICIES.values()]), st.integers(0, 12), st.integers(0, 12))
    def test_a_longer_one_goes_on(self, policy: Any, count: int, more: int) -> None:
        """
        A longer schedule begins with the shorter one.
        """
        assert policy.schedule(count) == policy.schedule(count + more)[:count]

    def test_nothing_is_called(self, monkeypatch: pytest.MonkeyPatch, clock: Any) -> None:
        """
        No hook, no callback, no randomness and no clock is asked, and no budget changes.
        """

        def fail(*_: object) -> Any:
            pytest.fail("called")

        for name in ("draw", "sleep", "monotonic", "wall"):
            monkeypatch.setattr(_clock, name, fail)
        budget = RetryBudget(floor=3)
        policy = retry(on=fail, on_retry=fail, on_success=fail, on_failure=fail, budget=budget)

        assert 5 == len(policy.schedule(5))
        assert 5 == len(policy.replace(jitter="decorrelated").schedule(5))
        assert [] == clock.waits
        monkeypatch.undo()
        assert 3 == budget.available

    def test_backoffs_are_asked(self) -> None:
        """
        Only a `backoff` function is asked, once for each failure, in order.
        """
        asked: list[int] = []

        def backoff(num: int) -> int:
            asked.append(num)
            return num

        retry(backoff=backoff).schedule(4)

        assert [1, 2, 3, 4] == asked

    @pytest.mark.parametrize(("answer", "error"), [("1", TypeError), (None, TypeError), (inf, ValueError)])
    def test_wrong_backoffs(self, answer: Any, error: type[Exception]) -> None:
        """
        What a `backoff` function must not answer is an error here, too.
        """
        policy = retry(backoff=lambda num: 1 if num < 3 else answer)

        assert 2 == len(policy.schedule(2))
        with pytest.raises(error, match=r"the answer of backoff for failure 3 must be a finite number, got .*"):
            policy.schedule(3)

    def test_broken_backoffs(self) -> None:
        """
        What a `backoff` function raises is raised.
        """
        with pytest.raises(ZeroDivisionError):
            retry(backoff=lambda num: 1 / 0).schedule(1)


class TestCounts:
    @pytest.mark.parametrize("count", [0, 1, 30])
    def test_as_many_as_wanted(self, policy: Any, count: int) -> None:
        """
        There are as many waits as were wanted.
        """
        assert count == len(policy.schedule(count))

    @pytest.mark.parametrize(
        ("count", "error"),
        [(-1, ValueError), (True, TypeError), (3.0, TypeError), ("3", TypeError), (None, TypeError)],
    )
    def test_wrong_counts(self, count: Any, error: type[Exception]) -> None:
        """
        Other counts are errors that say what is allowed.
        """
        with pytest.raises(error, match=r"^n must be an integer >= 0, got .*$"):
            retry().schedule(count)

    @pytest.mark.parametrize("delay", [5e-324, 1e-300, 1e-9, 1.0, 1e300])
    @pytest.mark.parametrize("max_delay", [None, 60.0, 1.7e308])
    @pytest.mark.parametrize("jitter", [True, False, "full", "decorrelated", timedelta(days=9**9)], ids=str)
    def test_three_thousand(self, delay: float, max_delay: Any, jitter: Any) -> None:
        """
        The three thousandth wait is a finite number, whatever the limits are, and so are all before.
        """
        delay = delay if max_delay is None else min(delay, max_delay)
        waits = retry(delay=delay, max_delay=max_delay, jitter=jitter).schedule(
            400 if jitter == "decorrelated" else 3000
        )

        assert all(
            0 <= lowest <= (lowest if mean is None else mean) <= highest < inf for lowest, mean, highest in waits
        )

    @pytest.mark.parametrize("backoff", ["fixed", "linear", "exponential", "fibonacci", lambda num: 10**num])
    def test_all_strategies(self, backoff: Any) -> None:
        """
        So they are for all strategies.
        """
        waits = retry(backoff=backoff, max_delay=None).schedule(3000)

        assert all(0 <= lowest <= mean <= highest < inf for lowest, mean, highest in waits)


class TestPlainData:
    def test_a_table(self) -> None:
        """
        It shows as a table.
        """
        expected = """
wait  lowest    mean  highest
   1   0.500   1.000    1.500
   2   1.000   2.000    3.000
   3   2.000   4.000    6.000
   4   4.000   8.000   12.000
   5   8.000  16.000   24.000
   6  16.000  32.000   48.000
   7  30.000  45.000   60.000
"""

        assert expected.strip("\n") == repr(retry().schedule(7)) == str(retry().schedule(7))

    def test_long_tables(self) -> None:
        """
        Numbers of waits stand below each other.
        """
        lines = repr(retry().schedule(120)).splitlines()

        assert 121 == len(lines)
        assert {len(lines[0])} == {*map(len, lines)}

    def test_all_sizes(self) -> None:
        """
        The largest and the smallest waits fit in.
        """
        expected = """
wait  lowest      mean   highest
   1   0.000  1.00e-04  2.00e-04
   2   0.000     5.000    10.000
   3   0.000  5.00e+29  1.00e+30
"""
        policy = retry(delay=1e-4, jitter="full", max_delay=None, backoff=lambda num: [2, 1e5, 1e34][num - 1])

        assert expected.strip("\n") == repr(policy.schedule(3))

    def test_nothing(self) -> None:
        """
        No waits have a table, too.
        """
        assert "wait  lowest  mean  highest" == repr(retry().schedule(0))

    def test_a_tuple(self) -> None:
        """
        It is a tuple of tuples: it compares, hashes and slices.
        """
        waits = retry().schedule(3)

        assert isinstance(waits, tuple)
        assert ((0.5, 1, 1.5), (1, 2, 3), (2, 4, 6)) == waits
        assert hash(waits) == hash(retry(times=9).schedule(3))
        assert ((1, 2, 3),) == waits[1:2]
        assert 7 == sum(mean for _, mean, _ in waits)
        assert "Wait(lowest=0.5, mean=1.0, highest=1.5)" == repr(waits[0])

    @pytest.mark.parametrize("carry", [lambda one: pickle.loads(pickle.dumps(one)), copy.copy, copy.deepcopy])
    def test_it_travels(self, carry: Callable[[Any], Any]) -> None:
        """
        It pickles and copies.
        """
        waits = retry(jitter="decorrelated").schedule(5)
        twin = carry(waits)

        assert waits == twin
        assert repr(waits) == repr(twin)

    def test_it_cannot_be_changed(self) -> None:
        """
        It is frozen.
        """
        waits: Any = retry().schedule(2)

        with pytest.raises(AttributeError):
            waits.name = "mine"
        with pytest.raises(AttributeError):
            waits[0].mean = 3


class TestWhatIsWaited:
    """The engine waits what was scheduled."""

    @pytest.mark.parametrize("drawn", [0.0, 0.5, 1 - 2**-53])
    def test_within_the_range(self, way: Any, policy: Any, hopeless: Any, clock: Any, draws: Any, drawn: float) -> None:
        """
        The lowest draws wait the lowest, the highest the highest, and those of the middle the mean.
        """
        draws(drawn)
        with pytest.raises(RetryError):
            way.run(policy.replace(times=13), hopeless())

        waits = policy.schedule(12)
        column = {0.0: 0, 0.5: 1}.get(drawn, 2)
        if "decorrelated" in repr(policy) and drawn == 0.5:  # their mean is that of many, not the middle
            assert all(wait.lowest <= one <= wait.highest for one, wait in zip(slept(clock, 12), waits, strict=True))
        else:
            assert pytest.approx([wait[column] for wait in waits], rel=1e-12) == slept(clock, 12)

    @pytest.mark.one_python
    def test_in_the_mean(self, policy: Any, hopeless: Any, clock: Any, no_hooks: None, monkeypatch: Any) -> None:
        """
        Over many calls, waits stay between the lowest and the highest, and come to the mean.
        """
        monkeypatch.setattr(_clock, "draw", random.Random(7).random)
        count, calls = 8, 1500
        samples: list[list[float]] = [[] for _ in range(count)]
        fetch = policy.replace(times=count + 1)(hopeless())
        for _ in range(calls):
            clock.waits.clear()
            with pytest.raises(RetryError):
                fetch()
            for sample, one in zip(samples, slept(clock, count), strict=True):
                sample.append(one)

        for wait, sample in zip(policy.schedule(count), samples, strict=True):
            assert wait.lowest <= min(sample) <= max(sample) <= wait.highest
            if wait.mean is not None:
                assert wait.mean == pytest.approx(sum(sample) / calls, abs=5 * error_of_mean(sample), rel=1e-12)

    def test_first_waits_of_blocks(self, policy: Any) -> None:
        """
        The next wait that an attempt tells of is the lowest of the schedule.
        """
        nums = []
        for attempt in policy.replace(times=6):
            with attempt:
                nums.append(attempt.num)
                if attempt.num <= 5:
                    assert policy.schedule(5)[attempt.num - 1].lowest == attempt.next_wait
                    raise OSError

        assert [1, 2, 3, 4, 5, 6] == nums


@pytest.mark.one_python
class TestDecorrelated:
    """Each wait depends on the one before, so there is no mean."""

    def test_no_mean(self) -> None:
        """
        The lowest and the highest wait are told, and the mean is `None`.
        """
        waits = retry(jitter="decorrelated", max_delay=20).schedule(4)

        assert ((1.0, None, 3.0), (1.0, None, 9.0), (1.0, None, 20.0), (1.0, None, 20.0)) == waits
        assert "   3   1.000     -   20.000" == repr(waits).splitlines()[3]


def slept(clock: Any, count: int) -> list[float]:
    """The waits, those that take no system call included."""
    waits = list(clock.waits)
    return waits + [0.0] * (count - len(waits)) if not any(waits) else waits


def error_of_mean(sample: list[float]) -> float:
    mean = sum(sample) / len(sample)
    return (sum((one - mean) ** 2 for one in sample) / len(sample) ** 2) ** 0.5
