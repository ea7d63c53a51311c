"""Process pools: one budget for each process, however the work gets there, and errors that come back whole."""

from __future__ import annotations

import multiprocessing
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any

import cloudpickle
import engine_jobs as jobs
import joblib
import pytest

from anew import Retry, RetryBudget, RetryError, retry

METHODS = [method for method in ("fork", "spawn", "forkserver") if method in multiprocessing.get_all_start_methods()]

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")


def assert_bounded(made: Iterable[tuple[int, int]]) -> None:
    """Each process has made its calls, and the five retries of one budget: 110 attempts of two, not 500."""
    pairs = list(made)
    calls = Counter(process for process, _ in pairs)
    assert jobs.CALLS == calls.total()
    assert 1 <= len(calls) <= 2
    for process, number in calls.items():
        # One call alone has four retries at most.
        assert number + min(5, number * 4) == sum(attempts for one, attempts in pairs if one == process)


def results(futures: list[Future[Any]]) -> list[tuple[int, int]]:
    """What each call ended with, where the error itself comes back."""
    return [jobs.attempts_of(future.result) for future in futures]


@pytest.mark.parametrize("method", METHODS)
def test_process_pool(method: str) -> None:
    """
    A policy that goes to a pool with each call has one budget in each process.
    """
    policy = retry(times=5, delay=0, budget=RetryBudget())
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
        assert_bounded(results([pool.submit(policy.call, jobs.down) for _ in range(jobs.CALLS)]))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", [None, "orders-db"])
def test_multiprocessing(method: str, name: str | None) -> None:
    """
    So has a policy in `multiprocessing`, named or not; with a name, it is the budget of the module that has it.
    """
    policy = retry(times=5, delay=0, budget=RetryBudget(name=name))
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert_bounded(pool.map(jobs.by_value, [policy] * jobs.CALLS, chunksize=5))


@pytest.mark.parametrize("method", METHODS)
def test_a_function_of_a_module(method: str) -> None:
    """
    A decorated function goes by its name, and finds the budget of its module there.
    """
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
        assert_bounded(pool.map(jobs.by_name, range(jobs.CALLS)))


@pytest.mark.parametrize("method", METHODS)
def test_errors_come_back_whole(method: str) -> None:
    """
    A RetryError of a worker arrives with its facts.
    """
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(method)) as pool:
        error = pool.submit(jobs.failing, 7).exception()

    assert isinstance(error, RetryError)
    assert (3, "attempts", True, ConnectionError, ("down", 7)) == jobs.facts_of(error)


@pytest.mark.parametrize("method", METHODS)
def test_hooks_are_of_the_process(method: str) -> None:
    """
    `initializer=` gives each worker its hooks.
    """
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(method), initializer=jobs.listen) as pool:
        assert ["failing 1", "failing 2"] == pool.submit(jobs.hear, 1).result()


def a_closure(policy: Retry[None]) -> Callable[[], tuple[int, int]]:
    """A function that only travels by value, as those of notebooks do."""
    import engine_jobs  # by its name in the worker

    @policy
    def work() -> None:
        engine_jobs.down()

    return lambda: engine_jobs.attempts_of(work)


def test_loky() -> None:
    """
    A function that travels by value, with its policy and its budget, is bounded by that one budget in each process.
    """
    work = cloudpickle.loads(cloudpickle.dumps(a_closure(retry(times=5, delay=0, budget=RetryBudget()))))
    with joblib.parallel_config("loky", n_jobs=2):
        assert_bounded(joblib.Parallel()(joblib.delayed(work)() for _ in range(jobs.CALLS)))


def test_loky_errors() -> None:
    """
    An error comes back whole from loky as well.
    """
    with pytest.raises(RetryError) as error:
        joblib.Parallel(n_jobs=2)(joblib.delayed(jobs.failing)(number) for number in [7, 7])

    assert (3, "attempts", True, ConnectionError, ("down", 7)) == jobs.facts_of(error.value)


if sys.version_info >= (3, 14):
    from concurrent.futures import InterpreterPoolExecutor

    def test_interpreters() -> None:
        """
        Each interpreter of an InterpreterPoolExecutor has budgets of its own.
        """
        # A new interpreter has its own path, without what pytest has put on ours.
        finds_jobs = f"import sys; sys.path[:] = {sys.path!r}"
        with InterpreterPoolExecutor(1, initializer=exec, initargs=(finds_jobs,)) as pool:
            made = [pool.submit(jobs.by_name).result() for _ in range(10)]

        assert 10 + 5 == sum(attempts for _, attempts in made)
