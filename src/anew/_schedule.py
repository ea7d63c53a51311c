"""What a policy would wait, as plain data.

Law: nothing is drawn or slept, and nothing is called but the user's `backoff`.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from ._backoff import JITTERS, NO_CAP
from ._decision import wait_range
from ._checks import option_error

if TYPE_CHECKING:
    from ._policy import Policy


class Wait(NamedTuple):
    """One wait, in seconds."""

    lowest: float
    mean: float
    highest: float


class Schedule(tuple[Wait, ...]):
    """The waits after the first, second, third ... failure. Its `repr` is a table."""

    __slots__ = ()

    def __repr__(self) -> str:
        """The table, in seconds."""
        rows = [[str(num), *map(_written, wait)] for num, wait in enumerate(self, 1)]
        rows.insert(0, ["wait", "lowest", "mean", "highest"])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join("  ".join(map(str.rjust, row, widths)) for row in rows)


def schedule(policy: Policy, count: Any) -> Schedule:
    """Give the first `count` waits, however many attempts `times` allows.

    The means of decorrelated jitter are right to a thousandth if `max_delay` is at most a million times `delay`.

    Raises:
        TypeError, ValueError: `count` is not an integer of at least 0; or a `backoff` function answers what it must
            not.
    """
    if not isinstance(count, int) or isinstance(count, bool):
        raise option_error(TypeError, "n", count, "an integer >= 0")
    if count < 0:
        raise option_error(ValueError, "n", count, "an integer >= 0")
    waits = list[Wait]()
    highest = policy.delay
    for num in range(1, count + 1):
        # The highest wait before allows the highest wait; only decorrelated jitter asks for it.
        lowest, highest = wait_range(policy, num, highest)
        waits.append(Wait(lowest, lowest + (highest - lowest) / 2, highest))
    if policy.bounds is JITTERS["decorrelated"] and 0 < policy.delay < policy.cap / 3:
        means = _decorrelated_means(min(policy.cap / policy.delay, NO_CAP), count)
        waits = [
            wait._replace(mean=min(policy.delay * mean, wait.highest)) for wait, mean in zip(waits, means, strict=True)
        ]
    return Schedule(waits)


_TINY, _HUGE = 0.001, 1e9


def _written(seconds: float) -> str:
    return f"{seconds:.3f}" if seconds == 0 or _TINY <= seconds < _HUGE else f"{seconds:.2e}"


# The error falls with the square of their number; it is none before the cap is reached.
_CELLS = 256


def _decorrelated_means(cap: float, count: int) -> list[float]:
    """The mean waits of decorrelated jitter for a delay of 1; `cap` is above 3.

    A wait is drawn from 1 to three times the wait before, which is random itself. That is followed as a handful of
    values with their chances: in each cell of a logarithmic scale, all that may be drawn stands at its mean.
    """
    # The highest wait, as a function of the wait before, has its bend between two cells, and is linear in each.
    edges = sorted({*(cap ** (cell / _CELLS) for cell in range(_CELLS)), cap / 3, cap})
    cells = [*pairwise(edges)][::-1]
    means, before = list[float](), [(1.0, 1.0)]
    for _ in range(count):
        tops = [(min(3 * value, cap), chance) for value, chance in before]
        means.append(sum(chance * (1 + top) / 2 for top, chance in tops))
        before, density = list[tuple[float, float]](), 0.0
        for low, high in cells:  # from the highest down; where a top is passed, there is more to be drawn
            chance = density * (high - low)
            moment = chance * (high + low) / 2
            while tops and tops[-1][0] > low:
                top, weight = tops.pop()
                share = weight / (top - 1)
                density += share
                chance += share * (top - low)
                moment += share * (top - low) * (top + low) / 2
            if chance:
                before.append((moment / chance, chance))
        before.reverse()
    return means
