"""What a policy would wait, as plain data.

Law: nothing is drawn or slept, and nothing is called but the user's `backoff`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ._checks import integer
from ._waits import wait_range

if TYPE_CHECKING:
    from ._options import Policy


class Wait(NamedTuple):
    """One wait, in seconds. The mean is `None` with decorrelated jitter, where it depends on the waits before."""

    lowest: float
    mean: float | None
    highest: float


class Schedule(tuple[Wait, ...]):
    """The waits after the first, second, third ... failure. Its `repr` is a table."""

    __slots__ = ()

    def __repr__(self) -> str:
        """The table, in seconds."""
        rows = [["wait", "lowest", "mean", "highest"]]
        rows += [[str(num), *map(_figure, wait)] for num, wait in enumerate(self, 1)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join("  ".join(map(str.rjust, row, widths)) for row in rows)


def schedule(policy: Policy, count: Any) -> Schedule:
    """Return the first `count` waits, however many attempts `times` allows, and without a `timeout`.

    Raises:
        TypeError, ValueError: `count` is not an integer of at least 0; or a `backoff` function answers what it must
            not.
    """
    integer("n", count, "an integer >= 0", 0)
    waits = list[Wait]()
    highest = policy.delay
    for num in range(1, count + 1):
        # The highest wait before allows the highest wait; only decorrelated jitter asks for it.
        lowest, highest = wait_range(policy, num, highest)
        mean = None if policy.jitter == "decorrelated" else lowest + (highest - lowest) / 2
        waits.append(Wait(lowest, mean, highest))
    return Schedule(waits)


_TINY, _HUGE = 0.001, 1e9


def _figure(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return f"{seconds:.3f}" if seconds == 0 or _TINY <= seconds < _HUGE else f"{seconds:.2e}"
