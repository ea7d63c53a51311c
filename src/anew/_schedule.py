"""What a policy would wait, as plain data.

Law: nothing is called, drawn or slept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ._backoff import JITTERS
from ._decision import wait_range

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
        rows = [[str(num), *(f"{figure:.3f}" for figure in wait)] for num, wait in enumerate(self, 1)]
        rows.insert(0, ["wait", "lowest", "mean", "highest"])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join("  ".join(map(str.rjust, row, widths)) for row in rows)


def schedule(policy: Policy, count: Any) -> Schedule:
    """Give the first `count` waits, however many attempts `times` allows.

    Raises:
        TypeError, ValueError: `count` is not an integer of at least 0; or a `backoff` function answers what it must
            not.
    """
    if not isinstance(count, int) or isinstance(count, bool):
        raise TypeError(f"n={count!r} is not allowed; allowed: an integer >= 0")
    if count < 0:
        raise ValueError(f"n={count!r} is not allowed; allowed: an integer >= 0")
    if policy.bounds is JITTERS["decorrelated"]:
        return Schedule(_decorrelated(policy, count))
    ranges = [wait_range(policy, num, policy.delay) for num in range(1, count + 1)]
    return Schedule(Wait(lowest, (lowest + highest) / 2, highest) for lowest, highest in ranges)


# The wait before is random here, and stands for itself as this many values of equal chance, each drawn from this often.
_VALUES, _DRAWS = 256, 16


def _decorrelated(policy: Policy, count: int) -> list[Wait]:
    waits = list[Wait]()
    before = [policy.delay]
    top = policy.delay
    for num in range(1, count + 1):
        ranges = [wait_range(policy, num, previous) for previous in before]
        lowest, top = wait_range(policy, num, top)
        waits.append(Wait(lowest, sum(low + high for low, high in ranges) / 2 / len(ranges), top))
        draws = sorted(low + (high - low) * (draw + 0.5) / _DRAWS for low, high in ranges for draw in range(_DRAWS))
        size = max(1, len(draws) // _VALUES)
        before = [sum(draws[at : at + size]) / size for at in range(0, len(draws), size)]
    return waits
