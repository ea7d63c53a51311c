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
    attempts, cap = _testing if _active and _testing is not None else (1, False)
    times: int = min(policy.times, attempts) if cap and policy.times is not None else attempts
    return Policy({**vars(policy), "times": times, "waits": False, "budget": None})


def record(details: RetryDetails) -> None:
    """Note a retry for the tests that are running."""
    for context in tuple(_entered):
        context.retries.append(details)


@final
class _Context:
    """One call of `set_testing`, which its `with` puts in force until the `with` ends."""

    def __init__(self, testing: tuple[int, bool] | None, before: tuple[int, bool] | None) -> None:
        self.testing, self.before, self._is_used = testing, before, False
        self.retries: list[RetryDetails] = []

    def __enter__(self) -> list[RetryDetails]:
        global _testing, _base
        with _lock:
            if self._is_used:
                raise RuntimeError("a context of set_testing(...) is entered once; call it again for another")
            self._is_used, _testing = True, self.testing
            _base = _base if _entered else self.before
            _entered.append(self)
            # Threads may enter in another order than that of their calls: the base is none of theirs.
            while made := [one for one in _entered if one.testing is _base is not None]:
                _base = made[0].before
        return self.retries

    def __exit__(self, typ: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        global _testing
        with _lock:
            at = _entered.index(self)
            del _entered[at]
            if not _entered:
                _testing = _base
            elif at == len(_entered):  # else another thread has entered its context since, which goes on
                _testing = self.before or _entered[-1].testing


_active = True
_testing: tuple[int, bool] | None = None
"""Attempts, and whether they are an upper limit only."""
_base: tuple[int, bool] | None = None
"""What was in force before the first of the contexts that are entered."""
_entered: list[_Context] = []
_lock = allocate_lock()
