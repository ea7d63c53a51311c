"""Switches for the whole process: no retries, or no waits.

Law: a mode turns a policy into another policy, and nobody else asks whether one is on.
"""

from __future__ import annotations

from _thread import allocate_lock
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from typing import TYPE_CHECKING

from ._checks import flag, integer
from ._options import Policy

if TYPE_CHECKING:
    from collections.abc import Generator

    from .instrumentation import RetryDetails

    Limits = tuple[int, bool]  # attempts, and whether they are an upper limit only


def set_active(active: bool) -> None:
    """Switch retries on or off, for all of the process and for what is decorated already.

    While they are off, a call has one attempt, and what fails leaves as it does when attempts are used up: as a
    `RetryError`, or itself with `reraise=True`. Callbacks hear of it as usual; no budget is paid or taxed. A call that
    is waiting for its next attempt makes it, as the last.

    Raises:
        TypeError: `active` is not a bool.
    """
    global _active
    _active = flag("active", active)


def is_active() -> bool:
    """Whether retries are on."""
    return _active


def set_testing(testing: bool, *, attempts: int = 1, cap: bool = False) -> AbstractContextManager[list[RetryDetails]]:
    """Switch all waits off, for tests, in all of the process and for what is decorated already; or on again.

    Works at once, as a plain call; and as a context manager, which restores what was before. Where contexts of several
    threads overlap, the last one to leave restores what was before the first. `set_active(False)` wins over testing.
    Waits are worked out, but not waited; no budget is paid or taxed. The context manager gives a list, which fills with
    the details of each retry inside, their `wait` as production would have drawn it, and the exception a copy without
    its traceback.

    Parameters:
        testing: whether to test.
        attempts: total calls that are made instead of `times`; at least 1.
        cap: make `attempts` an upper limit: no policy makes more calls than its own `times`.

    Raises:
        TypeError, ValueError: an argument is of a wrong type or value.
    """
    global _testing
    limits = integer("attempts", attempts, "an integer >= 1", 1), flag("cap", cap)
    before, _testing = _testing, limits if flag("testing", testing) else None
    return _in_force(next(_calls), _testing, before)


def is_testing() -> bool:
    """Whether waits are off."""
    return _testing is not None


def effective(policy: Policy) -> Policy:
    """Return the policy as it is meant right now."""
    if _active and _testing is None:
        return policy
    attempts, cap = _testing if _active and _testing is not None else (1, False)
    times = min(policy.times or attempts, attempts) if cap else attempts
    return Policy({**vars(policy), "times": times, "waits": False, "budget": None})


def record(details: RetryDetails) -> None:
    """Note a retry for the tests that are running."""
    for retries in tuple(_retries.values()):
        retries.append(details)


@contextmanager
def _in_force(call: int, testing: Limits | None, before: Limits | None) -> Generator[list[RetryDetails]]:
    """Put this call of `set_testing` in force until the `with` ends."""
    global _testing
    retries: list[RetryDetails] = []
    with _lock:
        _testing, _before[call], _retries[call] = testing, before, retries
    try:
        yield retries
    finally:
        with _lock:
            del _retries[call]
            later = [other for other in _before if other > call]
            if later:  # another thread's context goes on, and restores what was before both
                _before[min(later)] = _before.pop(call)
            else:
                _testing = _before.pop(call)


_active = True
_testing: Limits | None = None
_calls = count()
# Of the contexts that are entered, by the number of their call: what to restore, and the retries inside.
_before: dict[int, Limits | None] = {}
_retries: dict[int, list[RetryDetails]] = {}
_lock = allocate_lock()
