"""How many retries a dependency gets: what its successes have paid for.

Law: a budget hears of successes and retries and of nothing else; no failure, wait or passing of time fills it. Its
state is one tuple that is replaced whole, so that a signal handler, a finaliser or a forked child finds it as it was
before or as it is after. Whole numbers only: a token is `_token` shares, a success pays `_pays` of them.
"""

from __future__ import annotations

import os
from _thread import RLock
from collections.abc import Callable
from functools import partial
from math import inf, isfinite
from typing import TYPE_CHECKING, Any, TypeAlias, final

from . import _clock
from ._checks import seconds
from ._checks import option_error
from ._types import override

if TYPE_CHECKING:
    from ._types import Seconds

# The balance in shares, uncapped; when the newest slice began and its successes; older slices alike, oldest first.
_Slice: TypeAlias = tuple[float, int]
_State: TypeAlias = tuple[int, float, int, tuple[_Slice, ...]]

_SLICES = 10
_MOST = 10**15  # beyond all use, and all of it within floats


@final
class RetryBudget:
    """Paid for by successes, spent by retries: one for each dependency, shared by everything that calls it.

    A budget starts with `floor` tokens. A retry takes one, a success pays `ratio` of one, and no more than `floor +
    ratio x successes within the window` are kept. Where there is no whole token, a call gives up at once, with reason
    `"budget"`. Time refills nothing: while a dependency fails, the budget stays empty, and what it spends later is a
    fixed share of what succeeds. The first attempt of a call is never blocked.

    Threads, tasks and signal handlers may share it. A forked child goes on with what there was; a copy, pickled or
    not, is another budget, and starts with `floor`.

    Parameters:
        floor: tokens to start with, and to keep when nothing has succeeded for a window; 0 to 1e15.
        ratio: tokens that a success pays, 0 to 1e15; 0.2 allows one retry for five successes.
        window: for how long successes raise the cap, in seconds or as timedelta; more than 0. It is kept in ten
            slices, each of which lapses at once: a success counts for nine tenths of the window at least, and never
            beyond it.

    Raises:
        TypeError: a parameter is of a wrong type.
        ValueError: a parameter has a wrong value.
    """

    __slots__ = ("__weakref__", "_floor", "_pays", "_ratio", "_slice", "_state", "_token", "_window")

    def __init__(self, *, floor: int = 5, ratio: float = 0.2, window: Seconds = 10.0) -> None:
        self._floor = _checked_floor(floor)
        self._ratio = _checked_ratio(ratio)
        self._window = _checked_window(window)
        self._slice = self._window / _SLICES
        self._pays, self._token = _simplest_fraction(self._ratio)
        self._state: _State = (self._floor * self._token, -inf, 0, ())

    @property
    def available(self) -> float:
        """The tokens that there are, parts of one included. A retry needs a whole one."""
        return self._capped(self._state)[0] / self._token

    @override
    def __repr__(self) -> str:
        balance, cap = (f"{shares / self._token:.10g}" for shares in self._capped(self._state))
        options = f"floor={self._floor}, ratio={self._ratio}, window={self._window}"
        return f"<RetryBudget {balance} of {cap} tokens ({options})>"

    @override
    def __reduce__(self) -> tuple[Any, ...]:
        return partial(RetryBudget, floor=self._floor, ratio=self._ratio, window=self._window), ()

    def take(self) -> bool:
        """Take a token for a retry that will happen; `False`: there is none, and nothing is taken."""
        return self._take()

    def pay(self) -> None:
        """Hear of a call that succeeded."""
        self._pay()

    def _capped(self, state: _State) -> tuple[int, int]:
        """Give the balance and its cap, in shares, as they are now.

        It does not matter when, and how often, they are looked at: a success raises both alike, so what a lapsed slice
        took from the cap is gone from the balance, then or later.
        """
        balance, began, successes, past = state
        recent = _within(self._window, _clock.monotonic(), (*past, (began, successes)))
        cap = self._floor * self._token + self._pays * sum(count for _, count in recent)
        return min(balance, cap), cap

    def _take(self) -> bool:
        """Take a token for a retry that will happen; `False`: there is none, and nothing is taken."""
        with _lock:
            while True:
                state = self._state
                balance = self._capped(state)[0] - self._token
                if balance < 0:
                    return False
                taken: _State = (balance, *state[1:])
                if self._state is state:  # else whoever interrupted us came first
                    self._state = taken
                    return True

    def _pay(self) -> None:
        """Hear of a success."""
        with _lock:
            while True:
                state = balance, began, successes, past = self._state
                now = _clock.monotonic()
                if now - began <= self._slice:
                    paid: _State = (balance + self._pays, began, successes + 1, past)
                else:
                    older = _within(self._window, now, (*past, (began, successes)))
                    paid = (balance + self._pays, now, 1, older)
                if self._state is state:
                    self._state = paid
                    return

    # What the engine calls, and users do not see.
    _engine = _take, _pay


take: Callable[[RetryBudget], bool]
pay: Callable[[RetryBudget], None]
take, pay = vars(RetryBudget)["_engine"]

# One for all budgets: it is held for a microsecond or two, and a forked child has but one to replace. Re-entrant, as a
# signal handler or a finaliser may interrupt its holder and call something that is retried.
_lock = RLock()


def _after_fork() -> None:
    globals()["_lock"] = RLock()  # the old one's holder may have stayed behind, in the parent


_register: Any = getattr(os, "register_at_fork", dict)  # a system without it has no forks
_register(after_in_child=_after_fork)


def _within(window: float, now: float, slices: tuple[_Slice, ...]) -> tuple[_Slice, ...]:
    return tuple(one for one in slices if now - one[0] < window)


def _simplest_fraction(number: float) -> tuple[int, int]:
    """Numerator and denominator of what its author meant by a float: of 0.2, 1 and 5.

    It is the first convergent of the continued fraction that no float tells from the number.
    """
    (above, below), (last_above, last_below) = (1, 0), (0, 1)
    dividend, divisor = number.as_integer_ratio()
    while True:
        whole, remainder = divmod(dividend, divisor)
        above, last_above = whole * above + last_above, above
        below, last_below = whole * below + last_below, below
        if above / below == number:
            return above, below
        dividend, divisor = divisor, remainder


def _checked_floor(floor: Any) -> int:
    allowed = "an integer from 0 to 1e15 (tokens to start with)"
    if not isinstance(floor, int) or isinstance(floor, bool):
        raise option_error(TypeError, "floor", floor, allowed)
    if not 0 <= floor <= _MOST:
        raise option_error(ValueError, "floor", floor, allowed)
    return floor


def _checked_ratio(ratio: Any) -> float:
    allowed = "a number from 0 to 1e15 (tokens that a success pays)"
    number = seconds(ratio) if isinstance(ratio, int | float) else None
    if number is None:
        raise option_error(TypeError, "ratio", ratio, allowed)
    if not 0 <= number <= _MOST:
        raise option_error(ValueError, "ratio", ratio, allowed)
    return number


def _checked_window(window: Any) -> float:
    allowed = "a finite duration > 0, in seconds or as timedelta"
    duration = seconds(window)
    if duration is None:
        raise option_error(TypeError, "window", window, allowed)
    if not isfinite(duration) or duration <= 0:
        raise option_error(ValueError, "window", window, allowed)
    return duration
