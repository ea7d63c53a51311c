"""Durations as users write them, in seconds.

Law: `datetime` is not imported here. If nobody else has imported it, no value can be a `timedelta`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from datetime import timedelta


def seconds(value: object) -> float | None:
    """Give a number or `datetime.timedelta` as float seconds, and `None` for anything else, booleans too.

    The result can be negative, NaN or infinite; an integer beyond the range of floats counts as infinite.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return float("inf") if value > 0 else float("-inf")
    datetime: Any = sys.modules.get("datetime")
    if datetime is not None and isinstance(value, datetime.timedelta):
        return cast("timedelta", value).total_seconds()
    return None
