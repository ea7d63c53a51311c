"""Switches for the whole process: no retries, or no waits.

Law: a mode turns a policy into another policy, and nobody else asks whether one is on.
"""

from __future__ import annotations

from _thread import allocate_lock
from typing import TYPE_CHECKING, Any, final

from ._checks import flag, integer
from ._options import Policy

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from types import TracebackType

    from .instrumentation import RetryDetails


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
    return _Context(_testing, before)


def is_testing() -> bool:
    """Whether waits are off."""
    return _testing is not None


def effective(policy: Policy) -> Policy:
    """Return the policy as it is meant right now."""
    if _active and _testing is None:
        return policy
    times: int | None = 1
    if _active and _testing is not None:
        attempts, cap = _testing
        times = min(policy.times, attempts) if cap and policy.times is not None else attempts
    return Policy({**vars(policy), "times": times, "waits": False, "budget": None})


def record(details: RetryDetails) -> None:
    """Note a retry for the tests that are running."""
    for context in _entered:
        if context.retries is not None:
            context.retries.append(details)


@final
class _Context:
    """One call of `set_testing`, and what it restores."""

    def __init__(self, testing: tuple[int, bool] | None, before: tuple[int, bool] | None) -> None:
        self._testing = testing
        self._before = before
        self.retries: list[RetryDetails] | None = None

    def __enter__(self) -> list[RetryDetails]:
        global _testing
        with _lock:
            if self.retries is not None:
                raise RuntimeError("a context of set_testing(...) is entered once; call it again for another")
            self.retries, _testing = list[Any](), self._testing
            _entered.append(self)
            return self.retries

    def __exit__(self, typ: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        global _testing
        with _lock:
            at = _entered.index(self)
            del _entered[at]
            if at < len(_entered):  # another thread has entered a context since, and leaves it later
                _entered[at]._before = self._before
            else:
                _testing = self._before


_active = True
_testing: tuple[int, bool] | None = None
"""Attempts, and whether they are an upper limit only."""
_entered: list[_Context] = []
_lock = allocate_lock()
