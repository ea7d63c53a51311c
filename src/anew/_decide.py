"""The one judgement: what becomes of a failure, and why.

Law: plain values in, a verdict out; no clock, sleep or randomness of its own, and no callback but the user's `on` and
`backoff`. If you want to know here whether the call is sync or async, the change is in the wrong file.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isfinite
from typing import TYPE_CHECKING

from ._callables import discard_awaitable
from ._checks import option_error, seconds
from ._errors import RetryError, TryAgain
from ._marks import exhausted, members
from ._types import override
from ._waits import NO_CAP

if TYPE_CHECKING:
    from ._options import Policy
    from ._types import Reason


class _Verdict:
    """Equal to another that says the same."""

    # Not a named tuple: the first one would cost the process a millisecond.
    __slots__ = ()

    @override
    def __eq__(self, other: object) -> bool:
        return repr(self) == repr(other)

    @override
    def __hash__(self) -> int:
        return hash(repr(self))

    @override
    def __repr__(self) -> str:
        return f"{type(self).__name__}({getattr(self, self.__slots__[0])!r})"


class RetryIn(_Verdict):
    """Another attempt, after this many seconds; `asked`: the call or the hook named them."""

    __slots__ = ("seconds", "asked")  # noqa: RUF023 - the first is what a verdict says

    def __init__(self, seconds: float, *, asked: bool = False) -> None:
        self.seconds = seconds
        self.asked = asked


class GiveUp(_Verdict):
    """No further attempt, and why."""

    __slots__ = ("reason",)

    def __init__(self, reason: Reason) -> None:
        self.reason: Reason = reason


class LetOut(_Verdict):
    """The failure leaves as it is, and why: `"not ours"`, `"exit"`, `"exhausted"` or `"cancelled"`."""

    __slots__ = ("why",)

    def __init__(self, why: str) -> None:
        self.why = why


_NOT_OURS = LetOut("not ours")

# An exception that is also one of these is an order to leave.
_EXITS = (KeyboardInterrupt, SystemExit, GeneratorExit)
# What needs a second look; one check for all that do not.
_SPECIAL = (*_EXITS, RetryError, TryAgain, BaseExceptionGroup)


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
        return GiveUp("attempts")
    time = inf if policy.timeout is None else left()
    if claim is not True:
        return in_time(RetryIn(min(claim, NO_CAP), asked=True), time)
    lowest, highest = wait_range(policy, num, previous, exc)
    if lowest > time:
        return GiveUp("timeout")
    # Drawn inside of what is left, where any of the range fits: else a long wait would give up time that there is.
    highest = min(highest, time)
    return RetryIn(lowest if lowest == highest else min(highest, lowest + (highest - lowest) * draw()))


def in_time(wait: RetryIn, left: float) -> RetryIn | GiveUp:
    """Judge a wait by the seconds that are left."""
    return wait if wait.seconds <= left else GiveUp("timeout")


def wait_range(policy: Policy, num: int, previous: float, exc: Exception | None = None) -> tuple[float, float]:
    """Return the lowest and the highest wait after failure number `num`; capped first, then spread."""
    growth = policy.growth
    factor = _factor(policy.backoff, num, exc) if growth is None else growth(num)
    return policy.bounds(min(policy.delay * factor, policy.cap), previous, policy.delay, policy.cap)


def covers(policy: Policy, exc: Exception) -> bool:
    """Whether `on` may have meant `exc`: `on_retry` is typed by `on`, and a `TryAgain` need not be of these types."""
    return policy.hook is not None or isinstance(exc, policy.types)


def _claim(policy: Policy, exc: Exception, since: int) -> float | bool | LetOut:
    """Whether this failure is ours (True), or how many seconds the call or the hook asks us to wait, if it is."""
    typ = type(exc)  # isinstance() would ask the exception, which may lie
    if issubclass(typ, _SPECIAL):
        group = members(exc)
        if any(isinstance(one, _EXITS) for one in group):
            return LetOut("exit")
        if isinstance(exc, TryAgain):
            after: object = exc.after  # a subclass may have another
            return True if after is None else _asked("TryAgain.after", after, exc)
        if policy.skips_exhausted and any(_is_foreign(one, policy.retry_errors) for one in group):
            return LetOut("exhausted")
    if policy.skips_exhausted and exhausted(exc, since):
        return LetOut("exhausted")
    if policy.hook is None:
        return issubclass(typ, policy.types) or _NOT_OURS
    answer = policy.hook(exc)
    if answer is False:
        return _NOT_OURS
    return True if answer is True else _asked("the answer of on", answer, exc)


def _is_foreign(exc: BaseException, named: tuple[type[RetryError], ...]) -> bool:
    """Whether another retry has given up with this error, which `on` does not name."""
    return isinstance(exc, RetryError) and not isinstance(exc, named)


def _asked(what: str, answer: object, exc: Exception) -> float:
    """Return the wait that was asked for, in seconds."""
    wait, expected = seconds(answer), "True, False or a finite duration in seconds or as timedelta"
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
