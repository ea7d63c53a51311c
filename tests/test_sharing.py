"""One policy for all: threads, tasks, processes."""

from __future__ import annotations

import asyncio
import copy
import inspect
import pickle
import threading
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from typing import Any

import cloudpickle
import pytest
import workers

from anew import Options, Retry, RetryError, retry


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


@pytest.mark.real_time
def test_calls_in_processes() -> None:
    """
    `policy.call` works in a process pool.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert 3 == pool.submit(retry(times=2, on=OSError).call, int, "3").result()


def test_options() -> None:
    """
    Options can be kept in a dict, and are those of `retry` that carry no types.
    """
    options: Options = {"times": 5, "delay": 0.5}

    assert "retry(times=5, delay=0.5)" == repr(retry(**options))
    options = {*inspect.signature(retry).parameters} - {"fn"}

    assert options - {"on", "on_retry", "on_success", "on_failure"} == set(Options.__optional_keys__)
