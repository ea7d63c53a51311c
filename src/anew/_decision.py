"""The one judgement: what becomes of a failure.

Law: plain values in, plain values out; no clock, sleep or dice, and no callback but the user's `on` and `backoff`.
If you want to know here whether the call is sync or async, the change is in the wrong file.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import TYPE_CHECKING

from ._backoff import NO_CAP
from ._checks import seconds
from ._errors import RetryError, TryAgain
from ._callables import closed_awaitable, unwrap
from ._checks import safe_repr
from ._marks import exhausted, has_notes, members
from ._types import override

if TYPE_CHECKING:
    from ._backoff import Bounds
    from ._policy import Policy
    from ._types import Reason


# Not named tuples: the first of these would cost the process a millisecond.


class RetryIn:
    """Another attempt, after this many seconds; `asked`: the call or the hook named them."""

    __slots__ = ("asked", "seconds")

    def __init__(self, seconds: float, *, asked: bool = False) -> None:
        self.seconds = seconds
        self.asked = asked

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, RetryIn) and self.seconds == other.seconds

    @override
    def __hash__(self) -> int:
        return hash(self.seconds)

    @override
    def __repr__(self) -> str:
        return f"RetryIn({self.seconds!r})"


class GiveUp:
    """No further attempt, and why."""

    __slots__ = ("reason",)

    def __init__(self, reason: Reason) -> None:
        self.reason: Reason = reason

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, GiveUp) and self.reason == other.reason

    @override
    def __hash__(self) -> int:
        return hash(self.reason)

    @override
    def __repr__(self) -> str:
        return f"GiveUp({self.reason!r})"


def decide(
    policy: Policy,
    exc: Exception,
    num: int,
    elapsed: float,
    previous: float,
    draw: Callable[[], float],
    fn: object = None,
    since: int | None = None,
) -> RetryIn | GiveUp | None:
    """Judge failure number `num`, `elapsed` seconds after the start; `None`: it is not ours.

    `previous` is the last wait that was drawn (at first: the delay), `draw` gives a number in [0, 1);
    `fn` is what is retried, `since` what `_marks.now()` gave when an attempt of a block began.

    Raises:
        TypeError, ValueError: `on` or `backoff` answered what it must not; from `exc`.
    """
    asked = _claim(policy, exc, fn, since)
    if asked is False:
        return None
    if policy.times is not None and num >= policy.times:
        return GiveUp("attempts")
    if asked is not True:
        wait = RetryIn(min(asked, policy.longest), asked=True)
    elif policy.at_once:
        wait = _AT_ONCE
    else:
        lowest, highest = wait_range(policy, num, previous, exc)
        wait = RetryIn(lowest if lowest == highest else min(highest, lowest + (highest - lowest) * draw()))
    if policy.timeout is not None and elapsed + wait.seconds > policy.timeout:
        return GiveUp("timeout")
    return wait


def wait_range(policy: Policy, num: int, previous: float, exc: Exception | None = None) -> tuple[float, float]:
    """The lowest and the highest wait after failure number `num`; capped first, then spread."""
    growth = policy.growth
    bounds: Bounds = policy.bounds
    factor = _factor(policy.backoff, num, exc) if growth is None else growth(num)
    return bounds(min(policy.delay * factor, policy.cap), previous, policy.delay, policy.cap)


_AT_ONCE = RetryIn(0.0)

# An exception that is also one of these is an order to leave.
_NEVER = (KeyboardInterrupt, SystemExit, GeneratorExit)
# What needs a second look; one check for all that do not.
_SPECIAL = (*_NEVER, RetryError, TryAgain, BaseExceptionGroup)


def _claim(policy: Policy, exc: Exception, fn: object, since: int | None) -> float | bool:
    """Whether this failure is ours; or how many seconds exactly the call or the hook asks us to wait, if it is."""
    typ = type(exc)  # isinstance() would ask the exception, which may lie
    special = issubclass(typ, _SPECIAL)
    if special and any(isinstance(one, _NEVER) for one in members(exc)):
        return False
    if special and isinstance(exc, TryAgain):
        after: object = exc.after  # a subclass may have another
        return True if after is None else _asked("TryAgain.after is", after, exc)
    if policy.hook is not None:
        answer = policy.hook(exc)
        if policy.heeds_marks and has_notes(exc) and not _covers(policy, exc, fn, since):
            return False
        return answer if isinstance(answer, bool) else _asked("on answered", answer, exc)
    return issubclass(typ, policy.types) and (not (special or has_notes(exc)) or _covers(policy, exc, fn, since))


def _covers(policy: Policy, exc: Exception, fn: object, since: int | None) -> bool:
    """Whether types may mean this exception: no retry further down has given up on it, or on a member, already."""
    if not all(isinstance(one, policy.retry_errors) for one in members(exc) if isinstance(one, RetryError)):
        return False
    return not exhausted(exc, unwrap(fn), since)


def _asked(what: str, answer: object, exc: Exception) -> float:
    wait = seconds(answer)
    if wait is None:
        closed_awaitable(answer)
        raise TypeError(f"{what} {safe_repr(answer)}; allowed: True, False, seconds or timedelta") from exc
    if not isfinite(wait):
        raise ValueError(f"{what} {safe_repr(answer)}; allowed: True, False, seconds or timedelta, finite") from exc
    return max(0.0, wait)


def _factor(backoff: Callable[[int], object], num: int, exc: Exception | None) -> float:
    try:
        answer = backoff(num)
        factor = float(max(0, answer)) if isinstance(answer, int) and not isinstance(answer, bool) else answer
    except OverflowError:  # grown beyond floats: the cap is what is meant
        return NO_CAP
    closed_awaitable(answer)
    if not isinstance(factor, float):
        raise TypeError(f"backoff answered {safe_repr(answer)} for failure {num}; allowed: a finite number") from exc
    if not isfinite(factor):
        raise ValueError(f"backoff answered {safe_repr(answer)} for failure {num}; allowed: a finite number") from exc
    return max(0.0, factor)
