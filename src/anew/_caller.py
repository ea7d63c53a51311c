"""Whose line it was: the place of a warning, and of a log record.

Law: nothing but the warning itself leaves, and that only where it has been turned into an error.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType

# Whose lines are not the caller's: what stands below a `@contextmanager` is called by a `with`.
_NOT_THE_CALLERS = (f"{__package__}.", "contextlib.", "functools.")
_SHELLS, _LOOPS = ("IPython", "ipykernel"), ("asyncio", "trio", "uvloop")

current_frame: Callable[[int], FrameType] = getattr(sys, "_getframe")  # noqa: B009 - the plain attribute is private to pyright
"""Return the frame so many levels up; the public way, `inspect.currentframe`, is slow to import."""


def caller() -> tuple[FrameType, int]:
    """Return the innermost frame that is the caller's, and its level, where that of the function that asks is 1."""
    frame, level = current_frame(1), 1
    while frame.f_back is not None and f"{_module(frame)}.".startswith(_NOT_THE_CALLERS):
        frame, level = frame.f_back, level + 1
    return frame, level


def warn_at_caller(message: str, exc: Exception | None = None, category: type[Warning] = RuntimeWarning) -> None:
    """Warn at the line of the caller, once for each place, as filters for warnings say.

    Raises:
        Warning: warnings of this category have been turned into errors; from `exc`.
    """
    try:
        import warnings

        warnings.warn(message, category, stacklevel=caller()[1])
    except category as warning:  # turned into an error
        raise warning from exc
    except Exception:  # no place to warn at, or no stream to write to
        return


def in_notebook_cell() -> bool:
    """Whether the running event loop runs a cell of IPython or Jupyter: the user waits for the cell, and not the loop.

    A task that the cell has started is no part of the cell: between the task and the loop is no frame of a shell.
    """
    return innermost(*_SHELLS, *_LOOPS) in _SHELLS


def innermost(*packages: str) -> str | None:
    """Return which of these packages has the innermost frame that one of them has."""
    frame: FrameType | None = current_frame(1)
    while frame is not None and _module(frame).partition(".")[0] not in packages:
        frame = frame.f_back
    return None if frame is None else _module(frame).partition(".")[0]


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "<string>"))  # as `warnings` calls code that has no module
