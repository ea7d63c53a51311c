"""The options that carry no types of their own, for wrappers.

Law: as in `_types`, written for type checkers, with the plain form of `typing` for the interpreter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    import typing_extensions

    from ._types import Backoff, Budget, Jitter, Replay, Seconds, Stop
    from .instrumentation._registry import Hooks

    class Options(typing_extensions.TypedDict, total=False, closed=True):
        """Options of `retry` that carry no types of their own, for `**options: Unpack[Options]` in wrappers."""

        times: int | None
        delay: Seconds
        backoff: Backoff
        jitter: Jitter
        max_delay: Seconds | None
        timeout: Seconds | None
        reraise: bool
        replay: Replay
        budget: Budget | None
        hooks: Hooks | None
        stop: Stop | None
        name: str | None
else:
    _WAITS = ("times", "delay", "backoff", "jitter", "max_delay", "timeout")
    _NAMES = (*_WAITS, "reraise", "replay", "budget", "hooks", "stop", "name")
    Options = TypedDict("Options", dict.fromkeys(_NAMES, Any), total=False)
    Options.__doc__ = "Options of `retry` that carry no types of their own, for `**options: Unpack[Options]`."
