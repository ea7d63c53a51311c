"""What users write, checked: durations, whole numbers, flags; and the errors that say what is wrong with them.

Law: `datetime` is not imported here. If nobody else has imported it, no value can be a `timedelta`.
"""

from __future__ import annotations

import sys
from typing import Any, cast

inf = float("inf")  # without `math`, which is a library to load


def option_error(error: type[Exception], option: str, value: object, expected: str) -> Exception:
    """Return the error for a wrong option: `times must be an integer >= 1, got 0`."""
    return error(f"{option} must be {expected}, got {safe_repr(value)}")


def safe_repr(value: object) -> str:
    """Return the `repr` of a value, or the name of its class where `repr` fails."""
    try:
        return repr(value)
    except Exception:
        return f"<{type(value).__qualname__}>"


def seconds(value: Any) -> float | None:
    """Return a number or a `datetime.timedelta` as float seconds, and `None` for anything else, booleans too.

    The result can be negative, NaN or infinite; an integer beyond the range of floats counts as infinite.
    """
    typ: Any = cast("Any", type(value))  # isinstance() would ask a value, which may be somebody's exception's
    if issubclass(typ, int | float) and typ is not bool:
        try:
            return float(value)
        except OverflowError:
            return inf
    datetime: Any = sys.modules.get("datetime")
    return value.total_seconds() if datetime is not None and issubclass(typ, datetime.timedelta) else None


def duration(option: str, value: object, more: str = "", *, positive: bool = False) -> float:
    """Return a finite duration in seconds, at least 0 (`positive`: more than 0); `more`: what else the option takes."""
    expected = f"a finite duration {'>' if positive else '>='} 0 in seconds or as timedelta{more}"
    return finite(option, value, expected, 5e-324 if positive else 0.0)  # the least float above 0


def finite(option: str, value: object, expected: str, least: float = -sys.float_info.max) -> float:
    """Return a finite duration in seconds, `least` at least."""
    length = seconds(value)
    if length is None or not least <= length < inf:
        raise option_error(TypeError if length is None else ValueError, option, value, expected)
    return length


def integer(option: str, value: object, expected: str, least: int, most: float = inf) -> int:
    """Return an integer from `least` to `most`."""
    number = value if isinstance(value, int) and not isinstance(value, bool) else None
    if number is None or not least <= number <= most:
        raise option_error(TypeError if number is None else ValueError, option, value, expected)
    return number


def flag(option: str, value: Any) -> bool:
    """Return True or False."""
    if not isinstance(value, bool):
        raise option_error(TypeError, option, value, "True or False")
    return value


def text(option: str, value: object, expected: str) -> str:
    """Return a string that is not empty."""
    if not isinstance(value, str) or not value:
        raise option_error(ValueError if value == "" else TypeError, option, value, expected)
    return value
