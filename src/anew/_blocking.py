"""Whose line it was: the warning that a sync wait blocks a running event loop.

Law: nothing but the warning itself leaves, and that only where it has been turned into an error.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

# Whose lines are not the caller's: what stands below a `@contextmanager` is called by a `with`.
_NOBODYS = (__package__, "contextlib", "functools")


def is_callers(frame: FrameType) -> bool:
    """Whether a frame is neither ours nor of what stands between us and the caller."""
    return _module(frame).partition(".")[0] not in _NOBODYS


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "<string>"))  # as `warnings` calls code that has no module


def warn_of_blocking(name: str, exc: Exception) -> None:
    """Warn, at the line of the caller, that the wait after `exc` blocks the event loop that this thread runs.

    Raises:
        RuntimeWarning: warnings have been turned into errors; from `exc`.
    """
    frame: FrameType = vars(sys)["_getframe"]()
    while frame.f_back is not None and not is_callers(frame):
        frame = frame.f_back
    try:
        warnings: Any = sys.modules.get("warnings") or __import__("warnings")  # it came with the event loop
        warnings.warn_explicit(
            f"{name} waits for its next attempt in a running event loop, and blocks it; "
            "retry an async function, or call this one in a thread",
            RuntimeWarning,
            frame.f_code.co_filename,
            frame.f_lineno,
            _module(frame),
            frame.f_globals.setdefault("__warningregistry__", {}),
        )
    except RuntimeWarning as warning:  # turned into an error
        raise warning from exc
    except Exception:  # no place to warn at, or nobody to hear it
        return
