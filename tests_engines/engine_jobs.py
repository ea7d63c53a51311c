"""What worker processes run: importable by name in a fresh interpreter."""

from __future__ import annotations

import os
import sys
import threading

from anew import Retry, RetryBudget, RetryError, retry
from anew.instrumentation import set_on_retry_hooks

CALLS = 100
budget = RetryBudget()
named = RetryBudget(name="orders-db")


def down() -> None:
    """Fail, and say in which process."""
    raise ConnectionError(os.getpid())


@retry(times=5, delay=0, budget=budget)
def decorated() -> None:
    """Fail within the budget of this module."""
    down()


def attempts_of(call: object) -> tuple[int, int]:
    """Return the process that gave up, and its attempts."""
    try:
        call()
    except RetryError as error:
        return int(error.last_exception.args[0]), error.attempts
    raise AssertionError("it has not failed")


def by_name(_: object = None) -> tuple[int, int]:
    """Call a function of this module."""
    return attempts_of(decorated)


def by_value(policy: Retry[None]) -> tuple[int, int]:
    """Call through a policy that has come with the job."""
    return attempts_of(lambda: policy.call(down))


def facts_of(error: RetryError) -> tuple[object, ...]:
    """Return what a caller may want to know."""
    return error.attempts, error.reason, error.elapsed >= 0, type(error.last_exception), error.last_exception.args


@retry(times=3, delay=0)
def failing(number: int) -> int:
    """Fail with facts."""
    raise ConnectionError("down", number)


heard: list[str] = []


def listen() -> None:
    """Set up a worker: hooks are of the process, and do not come with the job."""
    set_on_retry_hooks([lambda details: heard.append(f"{details.name} {details.attempt}")])


def hear(number: int) -> list[str]:
    """Return what the hooks of this worker have heard."""
    try:
        failing(number)
    except RetryError:
        pass
    return heard


def retry_here() -> str:
    """Return where a retried call ran, when it has succeeded at its third attempt."""
    left = [ConnectionError(), ConnectionError()]

    @retry(delay=0, on=ConnectionError)
    def fetch() -> str:
        if left:
            raise left.pop()
        return f"{threading.current_thread().name} {'anew' in sys.modules}"

    return fetch()
