"""Eight threads at once: what would go wrong without a lock, or without a GIL. See docs/threads.md."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from anew import RetryBudget, RetryError, is_active, is_testing, retry, set_active, set_testing
from anew.instrumentation import set_on_retry_hooks

pytestmark = pytest.mark.needs("threads")

THREADS = 8
Hammer = Callable[[Callable[[int], Any], int], list[Any]]


@pytest.fixture
def hammer() -> Iterator[Hammer]:
    """Calls a function so many times in each of eight threads, which begin together, and returns all that it gave."""

    def run(work: Callable[[int], Any], rounds: int) -> list[Any]:
        begin, results = threading.Barrier(THREADS), list[Any]()

        def loop(number: int) -> None:
            begin.wait()
            for _ in range(rounds):
                try:
                    results.append(work(number))
                except Exception as exc:
                    results.append(exc)

        threads = [threading.Thread(target=loop, args=(number,)) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield run
    sys.setswitchinterval(interval)


@pytest.fixture(autouse=True)
def switched_back() -> Iterator[None]:
    """What a test switches is switched back."""
    yield
    set_active(True)
    set_testing(False)


def test_nested_retries_do_not_multiply(hammer: Hammer, no_hooks: None) -> None:
    """
    What the inner retry has given up on is not retried around it, however many threads give up at once.
    """

    def work(_: int) -> int:
        calls = 0

        @retry(times=3, delay=0, reraise=True)
        @retry(times=2, delay=0, reraise=True)
        def fail() -> None:
            nonlocal calls
            calls += 1
            raise ConnectionError

        with pytest.raises(ConnectionError):
            fail()
        return calls

    assert {2} == set(hammer(work, 4000))


def test_one_stored_exception(hammer: Hammer, no_hooks: None) -> None:
    """
    Where threads raise one and the same instance, whose traceback Python mixes, no call makes more than its attempts.
    """
    same = ConnectionError("same")

    def work(_: int) -> int:
        calls = 0

        def fail() -> None:
            nonlocal calls
            calls += 1
            raise same

        with pytest.raises(ConnectionError):
            retry(times=3, delay=0, reraise=True).call(fail)
        return calls

    assert {1, 2, 3} >= set(hammer(work, 30))
    assert 1 == len(same.__notes__)


def test_a_budget_counts_right(hammer: Hammer) -> None:
    """
    No token is taken twice, and no success is lost.
    """
    budget = RetryBudget(floor=5, ratio=0.25, window=60)

    def work(_: int) -> bool:
        for _ in range(3):
            budget.pay()
        return budget.take()

    taken = hammer(work, 2000)

    paid = 3 * len(taken)
    assert 5 + paid / 4 - sum(taken) == budget.available


def test_a_budget_bounds_retries(hammer: Hammer, no_hooks: None) -> None:
    """
    Calls that share a budget make no more retries than it has tokens for.
    """
    budget = RetryBudget(floor=100, ratio=0)
    calls: list[int] = []

    def work(number: int) -> str:
        with pytest.raises(RetryError) as caught:
            retry(times=3, delay=0, budget=budget).call(lambda: calls.append(number) or 1 / 0)
        return caught.value.reason

    reasons = hammer(work, 200)

    assert THREADS * 200 + 100 == len(calls)
    assert {"attempts", "budget"} == set(reasons)


def test_budgets_are_found_by_name(hammer: Hammer) -> None:
    """
    One name is one budget, whoever comes first.
    """
    names = iter(range(10**9))

    def work(_: int) -> tuple[str, RetryBudget]:
        name = f"threads-{next(names) // THREADS}"
        return name, RetryBudget(name=name)

    found = hammer(work, 200)

    assert len({name for name, _ in found}) == len({id(budget) for _, budget in found})


def test_testing_contexts_overlap(hammer: Hammer) -> None:
    """
    Inside of a context of `set_testing` there is testing, and after the last has been left there is none.
    """

    def work(_: int) -> bool:
        with set_testing(True, attempts=2):
            return is_testing()

    inside = hammer(work, 2000)

    assert {True} == set(inside)
    assert not is_testing()


def test_switches_are_flipped_under_running_calls(hammer: Hammer, no_hooks: None) -> None:
    """
    Each call sees retries switched on or off at each failure, and nothing in between.
    """

    def work(number: int) -> Any:
        if number == 0:
            set_active(not is_active())
            return None
        with pytest.raises(RetryError) as caught:
            retry(times=3, delay=0).call(lambda: 1 / 0)
        return caught.value.attempts

    assert set(hammer(work, 500)) <= {None, 1, 2, 3}


def test_hooks_are_exchanged_under_running_calls(hammer: Hammer, no_hooks: None) -> None:
    """
    Each retry is told to the hooks of one moment, and what they open is closed once.
    """
    told: list[str] = []
    opened: list[str] = []
    closed: list[str] = []

    def hook(name: str) -> Callable[[Any], Any]:
        @contextmanager
        def wait() -> Iterator[None]:
            opened.append(name)
            yield
            closed.append(name)

        return lambda details: told.append(name) or wait()

    sets = [[hook("a"), hook("a")], [hook("b"), hook("b")]]
    set_on_retry_hooks(sets[0])
    turns = iter(range(10**9))

    def work(number: int) -> None:
        if number == 0:
            set_on_retry_hooks(sets[next(turns) % 2])
        else:
            with pytest.raises(RetryError):
                retry(times=2, delay=0).call(lambda: 1 / 0)

    assert {None} == set(hammer(work, 300))
    assert (THREADS - 1) * 300 * 2 == len(told) == len(opened) == len(closed)
    assert 0 == told.count("a") % 2 == told.count("b") % 2


def test_a_broken_hook_breaks_no_call(hammer: Hammer, no_hooks: None, caplog: Any) -> None:
    """
    Hooks that fail in all threads at once are logged, and no call hears of it.
    """
    set_on_retry_hooks([lambda details: 1 / 0])
    caplog.set_level("ERROR", logger="anew")

    def work(_: int) -> str:
        with pytest.raises(RetryError) as caught:
            retry(times=2, delay=0).call(lambda: 1 / 0)
        return caught.value.reason

    assert {"attempts"} == set(hammer(work, 200))
    assert caplog.records
