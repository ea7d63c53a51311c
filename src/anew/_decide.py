"""The one judgement: what becomes of a failure, and why.

Law: plain values in, a verdict out; no clock, sleep or randomness of its own, and no callback but the user's `on` and
`backoff`. If you want to know here whether the call is sync or async, the change is in the wrong file.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isfinite
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from ._callables import discard_awaitable
from ._checks import option_error, seconds
from ._errors import RetryError, TryAgain
from ._marks import exhausted, members
from ._orders import names, order_kind
from ._waits import NO_CAP

if TYPE_CHECKING:
    from ._options import Policy
    from ._types import Reason


# Not named tuples: the first of these would cost the process a millisecond.


class RetryIn(SimpleNamespace):
    """Another attempt, after this many seconds; `asked`: the call or the hook named them."""

    seconds: float
    asked: bool


class GiveUp(SimpleNamespace):
    """No further attempt, and why."""

    reason: Reason


class LetOut(SimpleNamespace):
    """The failure leaves as it is, and why: `"not ours"`, `"exit"`, `"order"`, `"exhausted"` or `"cancelled"`."""

    why: str


# What needs a second look; one check for all that do not.
_SPECIAL = (RetryError, TryAgain, BaseExceptionGroup)


def decide(
    policy: Policy,
    exc: Exception,
    num: int,
    *,
    left: Callable[[], float],
    previous: float,
    draw: Callable[[], float],
    since: int = 0,
    last: bool = False,
) -> RetryIn | GiveUp | LetOut:
    """Judge failure number `num`.

    Parameters:
        left: returns the seconds that are left until `timeout`.
        previous: the last wait that was drawn; at first, `delay`.
        draw: returns a random number in [0, 1).
        since: the newest mark when the attempt began.
        last: no attempt can follow here, whatever the policy says.

    Raises:
        TypeError, ValueError: `on` or `backoff` answered what it must not; from `exc`.
    """
    claim = _claim(policy, exc, since)
    if isinstance(claim, LetOut):
        return claim
    if last or (policy.times is not None and num >= policy.times):
        return GiveUp(reason="attempts")
    time = inf if policy.timeout is None else left()
    if claim is not True:
        return in_time(RetryIn(seconds=min(claim, NO_CAP), asked=True), time)
    lowest, highest = wait_range(policy, num, previous, exc)
    if lowest > time:
        return GiveUp(reason="timeout")
    # Drawn inside of what is left, where any of the range fits: else a long wait would give up time that there is.
    highest = min(highest, time)
    drawn = lowest if lowest == highest else min(highest, lowest + (highest - lowest) * draw())
    return RetryIn(seconds=drawn, asked=False)


def in_time(wait: RetryIn, left: float) -> RetryIn | GiveUp:
    """Judge a wait by the seconds that are left; one that was drawn, and no other, may be shortened."""
    if wait.seconds <= left:
        return wait
    return GiveUp(reason="timeout") if wait.asked or left < 0 else RetryIn(seconds=left, asked=False)


def wait_range(policy: Policy, num: int, previous: float, exc: Exception | None = None) -> tuple[float, float]:
    """Return the lowest and the highest wait after failure number `num`; capped first, then spread."""
    growth = policy.growth
    factor = _factor(policy.backoff, num, exc) if growth is None else growth(num)
    return policy.bounds(min(policy.delay * factor, policy.cap), previous, policy.delay, policy.cap)


def covers(policy: Policy, exc: Exception) -> bool:
    """Whether `on` may have meant `exc`: `on_retry` is typed by `on`, and a `TryAgain` need not be of these types."""
    return policy.hook is not None or isinstance(exc, policy.types)


def seen_through(policy: Policy, exc: Exception) -> Exception:
    """Return what is judged in place of `exc`: one attempt is no retry, so what the attempt raised counts.

    Not where we have one attempt as well, as when retries are switched off.
    """
    while issubclass(type(exc), RetryError) and policy.times != 1 and not isinstance(exc, policy.retry_errors):
        error: RetryError = cast("RetryError", exc)
        if not _is_single(error):
            break
        exc = error.last_exception
    return exc


def _claim(policy: Policy, exc: Exception, since: int) -> float | bool | LetOut:
    """Whether this failure is ours (True), or how many seconds the call or the hook asks us to wait, if it is."""
    typ = type(exc)  # isinstance() would ask the exception, which may lie
    group = members(exc) if issubclass(typ, BaseExceptionGroup) else (exc,)
    for kind, one in [(kind, one) for one in group if (kind := order_kind(type(one)))]:
        if kind == "exit" or not names(type(one), policy.named):
            return LetOut(why=kind)
    if issubclass(typ, _SPECIAL):
        if isinstance(exc, TryAgain):
            after: object = exc.after  # a subclass may have another
            return True if after is None else _asked("TryAgain.after", after, exc)
        if policy.skips_exhausted and any(_is_foreign(one, policy.retry_errors) for one in group):
            return LetOut(why="exhausted")
    if policy.skips_exhausted and exhausted(exc, since):
        return LetOut(why="exhausted")
    if policy.hook is None:
        return issubclass(typ, policy.types) or LetOut(why="not ours")
    answer = policy.hook(exc)
    if answer is False:
        return LetOut(why="not ours")
    return True if answer is True else _asked("the answer of on", answer, exc)


def _is_single(error: RetryError) -> bool:
    return error.attempts == 1 and error.reason == "attempts"


def _is_foreign(exc: BaseException, named: tuple[type[RetryError], ...]) -> bool:
    """Whether another retry has given up with this error, which `on` does not name."""
    return isinstance(exc, RetryError) and not (isinstance(exc, named) or _is_single(exc))


def _asked(what: str, answer: object, exc: Exception) -> float:
    """Return the wait that was asked for, in seconds."""
    wait, expected = seconds(answer), "a finite duration in seconds or as timedelta, True or False"
    if wait is None:
        discard_awaitable(answer)
        raise option_error(TypeError, what, answer, expected) from exc
    if not isfinite(wait):
        raise option_error(ValueError, what, answer, expected) from exc
    return max(0.0, wait)


def _factor(backoff: Callable[[int], object], num: int, exc: Exception | None) -> float:
    what, expected = f"the answer of backoff for failure {num}", "a finite number"
    try:
        answer = backoff(num)
        factor = float(max(0, answer)) if isinstance(answer, int) and not isinstance(answer, bool) else answer
    except OverflowError:  # grown beyond floats: the cap is what is meant
        return NO_CAP
    if not isinstance(factor, float):
        discard_awaitable(answer)
        raise option_error(TypeError, what, answer, expected) from exc
    if not isfinite(factor):
        raise option_error(ValueError, what, answer, expected) from exc
    return max(0.0, factor)
