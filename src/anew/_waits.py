"""How waits grow, and how they are spread.

Law: nothing is drawn, slept or remembered, and nothing is called but the user's `backoff`. A strategy knows the number
of the failure, a jitter the capped wait, the wait before it and the policy's limits. To add a strategy, write the
function and its row in STRATEGIES.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from ._callables import discard_awaitable
from ._checks import inf, option_error

if TYPE_CHECKING:
    Strategy: TypeAlias = Callable[[int], float]
    Bounds: TypeAlias = Callable[[float, float, float, float], tuple[float, float]]

# Beyond every clock, yet small enough that three times as much is still a finite float.
NO_CAP = 1e300

_LAST_POWER, _LAST_FIBONACCI = 1023, 1476  # 2.0 ** 1024 and the 1477th number overflow


def fixed(num: int) -> float:
    """1, 1, 1, ..."""
    return 1.0


def linear(num: int) -> float:
    """1, 2, 3, ..."""
    return float(num)


def exponential(num: int) -> float:
    """1, 2, 4, ..., doubling until floats end."""
    return 2.0 ** min(num - 1, _LAST_POWER)


def fibonacci(num: int) -> float:
    """1, 1, 2, 3, 5, ..., the Fibonacci numbers until floats end."""
    a, b = 0, 1
    for _ in range(min(num, _LAST_FIBONACCI)):
        a, b = b, a + b
    return float(a)


STRATEGIES: dict[str, Strategy] = {"exponential": exponential, "linear": linear, "fixed": fixed, "fibonacci": fibonacci}

# Jitters: the range (lowest, highest) from which the wait is drawn uniformly. `wait` is capped already.


def exact(wait: float, previous: float, delay: float, cap: float) -> tuple[float, float]:
    """The wait itself."""
    return wait, wait


def proportional(wait: float, previous: float, delay: float, cap: float) -> tuple[float, float]:
    """Half the wait to one and a half, never above the cap."""
    return wait / 2, min(wait * 1.5, cap)


def full(wait: float, previous: float, delay: float, cap: float) -> tuple[float, float]:
    """Zero to the wait: "full jitter" of the AWS Architecture Blog, "Exponential Backoff And Jitter" (2015)."""
    return 0.0, wait


def decorrelated(wait: float, previous: float, delay: float, cap: float) -> tuple[float, float]:
    """The delay to three times the wait before: "decorrelated jitter" of the same article."""
    return delay, max(delay, min(previous * 3, cap))


def additive(spread: float, wait: float, previous: float, delay: float, cap: float) -> tuple[float, float]:
    """The wait to `spread` seconds more; at the cap the whole range moves below it."""
    highest = min(wait + spread, cap)
    return max(0.0, highest - spread), highest


JITTERS: dict[bool | str, Bounds] = {True: proportional, False: exact, "full": full, "decorrelated": decorrelated}


def bounds(jitter: object, spread: float | None) -> Bounds:
    """Return the jitter of this name, or the one that adds up to `spread` seconds."""
    return JITTERS[jitter] if isinstance(jitter, bool | str) else partial(additive, spread or 0.0)


def wait_range(policy: Any, num: int, previous: float, exc: Exception | None = None) -> tuple[float, float]:
    """Return the lowest and the highest wait after failure number `num`; capped first, then spread.

    `policy` is a `Policy`, whose file imports this one.
    """
    factor = _factor(policy.backoff, num, exc) if policy.growth is None else policy.growth(num)
    jitter: Bounds = policy.bounds
    return jitter(min(policy.delay * factor, policy.cap), previous, policy.delay, policy.cap)


def _factor(backoff: Callable[[int], object], num: int, exc: Exception | None) -> float:
    try:
        answer = backoff(num)
        factor = float(max(0, answer)) if isinstance(answer, int) and not isinstance(answer, bool) else answer
    except OverflowError:  # grown beyond floats: the cap is what is meant
        return NO_CAP
    if isinstance(factor, float) and abs(factor) < inf:
        return max(0.0, factor)
    discard_awaitable(answer)
    error = ValueError if isinstance(factor, float) else TypeError
    raise option_error(error, f"the answer of backoff for failure {num}", answer, "a finite number") from exc
