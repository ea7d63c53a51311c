"""One policy for all: threads, tasks, processes."""

from __future__ import annotations

import asyncio
import copy
import inspect
import pickle
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from typing import Any

import pytest
import workers
from conftest import cloudpickle

from anew import Options, Retry, RetryError, is_active, is_testing, retry


@pytest.mark.needs("threads")
def test_threads(clock: Any) -> None:
    """
    Calls in many threads, through one decorated function, do not disturb each other.
    """
    seen: list[tuple[int, int]] = []

    @retry(times=5, delay=0)
    def fetch(number: int, failures: list[int]) -> int:
        if failures:
            failures.pop()
            raise OSError
        return number

    def run(number: int) -> None:
        for _ in range(50):
            seen.append((number, fetch(number, [1] * (number % 5))))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 8 * 50 == len(seen)
    assert all(number == result for number, result in seen)


def test_tasks() -> None:
    """
    So do interleaved tasks.
    """

    @retry(times=4, delay=0)
    async def fetch(number: int, failures: list[int]) -> int:
        await asyncio.sleep(0)
        if failures:
            failures.pop()
            raise OSError
        return number

    async def main() -> list[Any]:
        return await asyncio.gather(*(fetch(n, [1] * (n % 5)) for n in range(50)), return_exceptions=True)

    for number, result in enumerate(asyncio.run(main())):
        if number % 5 == 4:
            assert isinstance(result, RetryError)
        else:
            assert number == result


POLICIES = {
    "default": retry(),
    "all": retry(
        times=None,
        delay=timedelta(seconds=0),
        backoff="fibonacci",
        jitter=timedelta(seconds=1),
        max_delay=None,
        timeout=9,
        on=[ConnectionError, OSError],
        on_retry=print,
        reraise=True,
        replay=True,
        name="all",
    ),
    "decorrelated": retry(jitter="decorrelated"),
}


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES.keys())
@pytest.mark.parametrize("carry", [pickle, cloudpickle, copy], ids=lambda module: module.__name__)
def test_policies_travel(policy: Any, carry: Any) -> None:
    """
    A policy pickles and copies to one that does the same.
    """
    twin = copy.deepcopy(policy) if carry is copy else carry.loads(carry.dumps(policy))

    assert isinstance(twin, Retry)
    assert repr(policy) == repr(twin)


def test_policies_with_lambdas_travel_with_cloudpickle(failing: Any) -> None:
    """
    What pickle cannot carry, cloudpickle can.
    """
    policy = retry(on=lambda exc: 0 if isinstance(exc, OSError) else False, backoff=lambda n: n)

    twin = cloudpickle.loads(cloudpickle.dumps(policy))

    assert "done" == twin.call(failing(OSError))


def test_decorated_functions_travel(failing: Any) -> None:
    """
    A decorated function pickles by name, and with cloudpickle by value.
    """
    decorated = retry(delay=0)(lambda: 7)

    assert workers.fail is pickle.loads(pickle.dumps(workers.fail))
    assert 7 == cloudpickle.loads(cloudpickle.dumps(decorated))()


@pytest.mark.needs("processes")
@pytest.mark.real_time
def test_calls_in_processes() -> None:
    """
    `policy.call` works in a process pool.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert 3 == pool.submit(retry(times=2, on=OSError).call, int, "3").result()


@pytest.mark.needs("interpreters")
@pytest.mark.skipif(sys.version_info < (3, 14), reason="interpreter pools came with Python 3.14")
@pytest.mark.real_time
def test_calls_in_interpreters() -> None:
    """
    `policy.call` works in other interpreters of the process, and its error comes back whole.
    """
    from concurrent.futures import InterpreterPoolExecutor

    policy = retry(times=2, delay=0, hooks=[])
    with InterpreterPoolExecutor(2) as pool:
        error = pool.submit(policy.call, int, "three").exception()

        assert [3, 4] == [pool.submit(policy.call, int, text).result() for text in "34"]
    assert isinstance(error, RetryError)
    assert (2, "attempts", "int", ValueError) == (
        error.attempts,
        error.reason,
        error.name,
        type(error.last_exception),
    )


@pytest.mark.needs("interpreters")
@pytest.mark.skipif(sys.version_info < (3, 14), reason="concurrent.interpreters came with Python 3.14")
@pytest.mark.real_time
def test_interpreters_share_no_switch() -> None:
    """
    Each interpreter has switches of its own, as each process has.
    """
    from concurrent import interpreters

    other = interpreters.create()
    try:
        other.exec("import anew; anew.set_testing(True); anew.set_active(False)")

        assert not is_testing()
        assert is_active()
        assert 3 == other.call(retry(times=2, hooks=[]).call, int, "3")
        with pytest.raises(interpreters.ExecutionFailed, match=r"RetryError: int failed after 1 attempt"):
            other.call(retry(times=2, hooks=[]).call, int, "three")
    finally:
        other.close()


def test_options() -> None:
    """
    Options can be kept in a dict, and are those of `retry` that carry no types.
    """
    options: Options = {"times": 5, "delay": 0.5}

    assert "retry(times=5, delay=0.5)" == repr(retry(**options))
    options = {*inspect.signature(retry).parameters} - {"fn"}

    assert options - {"on", "on_retry", "on_success", "on_failure"} == set(Options.__optional_keys__)
