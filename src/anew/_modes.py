"""Switches for the whole process: no retries, or no waits.

Law: a mode turns a policy into another policy, and nobody else asks whether one is on.
"""

from __future__ import annotations

from _thread import allocate_lock
from typing import TYPE_CHECKING, final

from ._checks import flag, integer
from ._options import Policy

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from types import TracebackType


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


def set_testing(testing: bool, *, attempts: int = 1, cap: bool = False) -> AbstractContextManager[None]:
    """Switch all waits off, for tests, in all of the process and for what is decorated already; or on again.

    Works at once, as a plain call; and as a context manager, which restores what was before. Where contexts of several
    threads overlap, the last one to leave restores what was before the first. `set_active(False)` wins over testing.
    Waits are worked out, but not waited; no budget is paid or taxed.

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
    return Policy(**{**vars(policy), "times": times, "waits": False, "budget": None})


@final
class _Context:
    """One call of `set_testing`, and what it restores."""

    def __init__(self, testing: tuple[int, bool] | None, before: tuple[int, bool] | None) -> None:
        self._testing = testing
        self._before = before
        self._is_used = False

    def __enter__(self) -> None:
        global _testing
        with _lock:
            if self._is_used:
                raise RuntimeError("a context of set_testing(...) is entered once; call it again for another")
            self._is_used, _testing = True, self._testing
            _entered.append(self)

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
