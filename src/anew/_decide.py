"""The one judgement: what becomes of a failure, and why.

Law: plain values in, a verdict out; no clock, sleep or randomness of its own, and no callback but the user's `on` and
`backoff`. If you want to know here whether the call is sync or async, the change is in the wrong file.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, TypeGuard

from . import _marks
from ._callables import discard_awaitable
from ._checks import finite, inf
from ._errors import RetryError, TryAgain
from ._marks import exhausted, members
from ._orders import names, order_kind
from ._waits import NO_CAP, wait_range

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
    """The failure leaves as it is, and why: `"not ours"`, `"exit"`, `"order"` or `"exhausted"`."""

    why: str


# What needs a second look; one check for all that do not.
_SPECIAL = (RetryError, TryAgain, BaseExceptionGroup)


def decide(
    policy: Policy,
    exc: Exception,
    num: int,
    previous: float,
    left: Callable[[Policy], float],
    draw: Callable[[], float],
    since: int = 0,
    *,
    last: bool = False,
) -> RetryIn | GiveUp | LetOut:
    """Judge failure number `num`.

    Parameters:
        previous: the last wait that was drawn; at first, `delay`.
        left: returns the seconds that are left until `timeout`.
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
    time = inf if policy.timeout is None else left(policy)
    if claim is not True:
        return in_time(RetryIn(seconds=min(claim, NO_CAP), asked=True), time)
    lowest, highest = wait_range(policy, num, previous, exc)
    if lowest > time:
        return GiveUp(reason="timeout")
    # Drawn inside of what is left, where any of the range fits: else a long wait would give up time that there is.
    highest = min(highest, time)
    wait = lowest if lowest == highest else min(highest, lowest + (highest - lowest) * draw())
    return RetryIn(seconds=wait, asked=False)


def in_time(wait: RetryIn, left: float) -> RetryIn | GiveUp:
    """Judge a wait by the seconds that are left; one that was drawn, and no other, may be shortened."""
    if wait.seconds <= left:
        return wait
    return GiveUp(reason="timeout") if wait.asked or left < 0 else RetryIn(seconds=left, asked=False)


def covers(policy: Policy, exc: Exception) -> bool:
    """Whether `on` may have meant `exc`: `on_retry` is typed by `on`, and a `TryAgain` need not be of these types."""
    return policy.hook is not None or issubclass(type(exc), policy.types)


def seen_through(policy: Policy, exc: RetryError) -> Exception:
    """Return what is judged in place of `exc`: one attempt is no retry, so what the attempt raised counts.

    Not where we have one attempt as well, as when retries are switched off.
    """
    inner: Exception = exc
    while policy.times != 1 and _is_single(inner) and not isinstance(inner, policy.retry_errors):
        inner = inner.last_exception
    return inner


def _claim(policy: Policy, exc: Exception, since: int) -> float | bool | LetOut:
    """Whether this failure is ours (True), or how many seconds the call or the hook asks us to wait, if it is."""
    typ = type(exc)  # isinstance() would ask the exception, which may lie
    if issubclass(typ, _SPECIAL) or order_kind(typ) is not None:
        claim = _second_look(policy, exc)
        if claim is not None:
            return claim
    if policy.skips_exhausted and _marks.newest and exhausted(exc, since):
        return LetOut(why="exhausted")
    if policy.hook is None:
        return issubclass(typ, policy.types) or LetOut(why="not ours")
    answer = policy.hook(exc)
    if answer is False:
        return LetOut(why="not ours")
    return True if answer is True else asked_wait("the answer of on", answer, exc)


def _second_look(policy: Policy, exc: Exception) -> float | bool | LetOut | None:
    """Judge exits, orders, groups, and what retries raise; `None`: it is a failure like any other."""
    group = members(exc)
    for one in group:
        kind, typ = order_kind(type(one)), type(one)
        if kind == "exit" or (kind == "order" and not names(typ, policy.named)):
            return LetOut(why=kind)
    if isinstance(exc, TryAgain):
        after: object = exc.after  # a subclass may have another
        return True if after is None else asked_wait("TryAgain.after", after, exc)
    retries = [one for one in group if isinstance(one, RetryError) and (policy.times == 1 or not _is_single(one))]
    if policy.skips_exhausted and not all(isinstance(one, policy.retry_errors) for one in retries):
        return LetOut(why="exhausted")
    return None


def _is_single(exc: BaseException) -> TypeGuard[RetryError]:
    return isinstance(exc, RetryError) and exc.attempts == 1 and exc.reason == "attempts"


def asked_wait(what: str, answer: object, exc: Exception) -> float:
    """Return the wait that was asked for, in seconds."""
    discard_awaitable(answer)
    try:
        return max(0.0, finite(what, answer, "a finite duration in seconds or as timedelta, True or False"))
    except (TypeError, ValueError) as error:
        raise error from exc
