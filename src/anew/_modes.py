"""Switches for the whole process: no retries, or no waits.

Theory of operation. Each call of `set_testing` adds a switch, and the last one is in force. A `with` moves its switch
to the end of the list. When it ends, it removes the switch, and the switches of plain calls that follow it. A switch
that another `with` has put behind it stays, with all that follows. The lock is re-entrant, as the garbage collector may
end the `with` of an abandoned generator in the thread that holds the lock; so the list is never written anew.

Law: a mode turns a policy into another policy, and nobody else asks whether one is on.
"""

from __future__ import annotations

from _thread import RLock
from contextlib import suppress
from itertools import dropwhile, takewhile
from typing import TYPE_CHECKING, final

from ._checks import flag, integer
from ._options import Policy

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

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
    limits = integer("attempts", attempts, "an integer >= 1", 1), flag("cap", cap)
    switch = _Switch(limits if flag("testing", testing) else None)
    with _lock:
        _switches.append(switch)
        # Of plain calls in a row a hundred are kept, as the context of one may be entered later.
        if [one.retries for one in _switches[-100:]] == [None] * 100:
            del _switches[-100]
    return switch


def is_testing() -> bool:
    """Whether waits are off."""
    return _switches[-1].limits is not None


def effective(policy: Policy) -> Policy:
    """Return the policy as it is meant right now."""
    limits = _switches[-1].limits if _active else (1, False)
    if limits is None:
        return policy
    attempts, cap = limits
    times = min(policy.times or attempts, attempts) if cap else attempts
    return Policy({**vars(policy), "times": times, "waits": False, "budget": None})


def record(details: RetryDetails) -> None:
    """Note a retry for the tests that are running."""
    for switch in tuple(_switches):
        if switch.retries is not None:
            switch.retries.append(details)


@final
class _Switch:
    """One call of `set_testing`: how many attempts, and whether they are an upper limit only; `None`: not testing."""

    retries: list[RetryDetails] | None = None  # of a `with` that has begun

    def __init__(self, limits: tuple[int, bool] | None) -> None:
        self.limits = limits

    def __enter__(self) -> list[RetryDetails]:
        if self.retries is not None:
            raise RuntimeError("a context of set_testing(...) is entered once; call it again for another")
        self.retries = []
        with _lock:
            with suppress(ValueError):  # the end of another `with` has removed it
                _switches.remove(self)
            _switches.append(self)
        return self.retries

    def __exit__(self, *_: object) -> None:
        with _lock:
            rest = dropwhile(lambda one: one is not self, tuple(_switches))
            for over in (next(rest), *takewhile(lambda one: one.retries is None, rest)):
                _switches.remove(over)


_active = True
_switches = [_Switch(None)]
_lock = RLock()
