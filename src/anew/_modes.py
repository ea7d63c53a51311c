"""Switches for the whole process: no retries, or no waits.

Law: a mode turns a policy into another policy, and nobody else asks whether one is on.
"""

from __future__ import annotations

import os
from _thread import RLock
from typing import TYPE_CHECKING, Any

from ._checks import option_error
from ._policy import Policy

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
    _check("active", active)
    _active = active


def is_active() -> bool:
    """Whether retries are on."""
    return _active


def set_testing(testing: bool, *, attempts: int = 1, cap: bool = False) -> AbstractContextManager[None]:
    """Switch all waits off, for tests, in all of the process and for what is decorated already; or on again.

    Works at once, as a plain call; and as a context manager, which restores what was before. `set_active(False)` wins
    over it. No budget is paid or taxed.

    Parameters:
        testing: whether to test.
        attempts: total calls that are made instead of `times`; at least 1.
        cap: make `attempts` an upper limit: no policy makes more calls than its own `times`.

    Raises:
        TypeError, ValueError: an argument is of a wrong type or value.
    """
    _check("testing", testing)
    _check("cap", cap)
    _check_count("attempts", attempts)
    return _put(_Setting((attempts, cap) if testing else None))


def is_testing() -> bool:
    """Whether waits are off."""
    return _settings[-1].testing is not None


def applied(policy: Policy) -> Policy:
    """The policy as it is meant right now."""
    testing = _settings[-1].testing
    if not _active:
        times = 1
    elif testing is None:
        return policy
    else:
        attempts, cap = testing
        times = min(policy.times, attempts) if cap and policy.times is not None else attempts
    return Policy({**vars(policy), "times": times, "at_once": True, "longest": 0.0, "budget": None})


class _Setting:
    """One call of `set_testing`, in force while it is the last of `_settings`."""

    __slots__ = ("entered", "testing")

    def __init__(self, testing: tuple[int, bool] | None) -> None:
        self.testing = testing  # attempts, and whether they are a cap
        self.entered = False

    def __enter__(self) -> None:
        with _lock:
            if self.entered:
                raise RuntimeError("a context of set_testing(...) is entered once; call it again for another")
            self.entered = True
            # Other calls may have come in between; or a context of another thread has ended, and taken this along.
            _settings[:] = [*(setting for setting in _settings if setting is not self), self]

    def __exit__(self, typ: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        with _lock:
            at = _settings.index(self)
            # Plain calls since then go with it; contexts of other threads that are still open stay.
            end = next((later for later in range(at + 1, len(_settings)) if _settings[later].entered), None)
            del _settings[at:end]


def _put(setting: _Setting) -> _Setting:
    with _lock:
        _settings.append(setting)
        # Of plain calls in a row only the last two matter: what is in force, and what the context that the last may
        # still become has to restore.
        if len(_settings[1:]) > _PLAIN and not any(old.entered for old in _settings[-1 - _PLAIN :]):
            del _settings[-1 - _PLAIN]
    return setting


def _check(option: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise option_error(TypeError, option, value, "True or False")


def _check_count(option: str, value: Any) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise option_error(TypeError, option, value, "an integer >= 1")
    if value < 1:
        raise option_error(ValueError, option, value, "an integer >= 1")


def _after_fork() -> None:
    global _lock
    _lock = RLock()  # the old one's holder may have stayed behind, in the parent


_PLAIN = 2
_active = True
_settings = [_Setting(None)]
_lock = RLock()
_register: Any = getattr(os, "register_at_fork", dict)  # a system without it has no forks
_register(after_in_child=_after_fork)
