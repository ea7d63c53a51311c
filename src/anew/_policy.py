"""Options, checked at the door and kept in one normal form.

Law: a wrong option fails here, where it was written, with its name, its value and what is allowed; past this file
nothing is checked again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from . import _backoff
from ._durations import seconds
from ._errors import RetryError
from ._kinds import accepts, kind_of

if TYPE_CHECKING:
    from ._backoff import Bounds, Strategy

_Error = TypeVar("_Error", TypeError, ValueError)


class Policy(NamedTuple):
    """The options of `retry` in normal form, and below `name` what follows from them."""

    times: int | None
    delay: float
    backoff: Any
    jitter: Any
    max_delay: float | None
    timeout: float | None
    on: Any
    on_retry: Callable[[int, Any], object] | None
    on_success: Callable[[int], object] | None
    on_failure: Callable[[RetryError], object] | None
    reraise: bool
    replay: bool | str
    name: str | None
    hook: Callable[[Exception], object] | None
    types: tuple[type[Exception], ...]
    retry_errors: tuple[type[Exception], ...]
    catch: type[Exception] | tuple[type[Exception], ...]
    growth: Strategy
    bounds: Bounds
    cap: float
    wants_start: bool
    is_async: bool


def checked(
    *,
    times: Any,
    delay: Any,
    backoff: Any,
    jitter: Any,
    max_delay: Any,
    timeout: Any,
    on: Any,
    on_retry: Any,
    on_success: Any,
    on_failure: Any,
    reraise: Any,
    replay: Any,
    name: Any,
) -> Policy:
    """Give the policy that these options make.

    Raises:
        TypeError: an option is of a wrong type.
        ValueError: an option has a wrong value, or two of them contradict each other.
    """
    hook, types = (on, ()) if _is_hook(on) else (None, _types(on))
    base = _duration("delay", delay, "a finite duration >= 0, in seconds or as timedelta")
    limit = max_delay
    if limit is not None:
        limit = _duration("max_delay", limit, "a finite duration >= 0, in seconds or as timedelta, or None (no cap)")
        if base > limit:
            raise ValueError(f"delay={delay!r} is above max_delay={max_delay!r}; allowed: a delay up to max_delay")
    if timeout is not None:
        allowed = "a finite duration > 0, in seconds or as timedelta, or None (no limit)"
        if seconds(timeout) == 0:
            raise _wrong(ValueError, "timeout", timeout, allowed)
        timeout = _duration("timeout", timeout, allowed)
    growth, bounds = _growth(backoff), _bounds(jitter)
    if jitter == "decorrelated" and backoff != "exponential":
        raise ValueError(
            f"backoff={backoff!r} has no effect with jitter='decorrelated', which has its own growth; "
            "allowed: no backoff"
        )
    if not isinstance(reraise, bool):
        raise _wrong(TypeError, "reraise", reraise, "True or False")
    callbacks = (("on_retry", on_retry, 2), ("on_success", on_success, 1), ("on_failure", on_failure, 1))
    return Policy(
        times=_times(times),
        delay=base,
        backoff=backoff,
        jitter=jitter,
        max_delay=limit,
        timeout=timeout,
        on=types if hook is None else hook,
        on_retry=on_retry,
        on_success=on_success,
        on_failure=on_failure,
        reraise=reraise,
        replay=_replay(replay),
        name=_name(name),
        hook=hook,
        types=types,
        retry_errors=tuple(typ for typ in types if issubclass(typ, RetryError)),
        catch=Exception if hook is not None else types[0] if len(types) == 1 else types,
        growth=growth,
        bounds=bounds,
        cap=_backoff.NO_CAP if limit is None else limit,
        wants_start=timeout is not None or on_success is not None,
        is_async=any([_is_async(*callback) for callback in callbacks]),
    )


def _wrong(error: type[_Error], option: str, value: object, allowed: str) -> _Error:
    return error(f"{option}={value!r} is not allowed; allowed: {allowed}")


def _times(times: Any) -> int | None:
    allowed = "an integer >= 1 (total calls, the first included), or None (no limit)"
    if times is None:
        return None
    if not isinstance(times, int) or isinstance(times, bool):
        raise _wrong(TypeError, "times", times, allowed)
    if times < 1:
        raise _wrong(ValueError, "times", times, allowed)
    return times


def _duration(option: str, value: object, allowed: str) -> float:
    duration = seconds(value)
    if duration is None:
        raise _wrong(TypeError, option, value, allowed)
    if not isfinite(duration) or duration < 0:
        raise _wrong(ValueError, option, value, allowed)
    return duration


def _growth(backoff: Any) -> Strategy:
    allowed = f"one of {', '.join(map(repr, _backoff.STRATEGIES))}, or a function n -> factor"
    if isinstance(backoff, str):
        if backoff not in _backoff.STRATEGIES:
            raise _wrong(ValueError, "backoff", backoff, allowed)
        return _backoff.STRATEGIES[backoff]
    if isinstance(backoff, type) or not callable(backoff) or not _is_plain(backoff, 1):
        raise _wrong(TypeError, "backoff", backoff, allowed)
    return cast("Strategy", backoff)


def _bounds(jitter: Any) -> Bounds:
    allowed = "True, False, 'full', 'decorrelated', or a timedelta >= 0"
    if isinstance(jitter, bool | str):
        if jitter not in _backoff.JITTERS:
            raise _wrong(ValueError, "jitter", jitter, allowed)
        return _backoff.JITTERS[jitter]
    if isinstance(jitter, int | float):
        raise _wrong(TypeError, "jitter", jitter, allowed)
    return partial(_backoff.additive, _duration("jitter", jitter, allowed))


def _types(on: Any) -> tuple[type[Exception], ...]:
    allowed = (
        "an exception type, a non-empty iterable of exception types, or a function exc -> bool, seconds or timedelta"
    )
    if isinstance(on, type):
        on = (on,)
    if isinstance(on, str | bytes) or not hasattr(type(cast("object", on)), "__iter__"):
        raise _wrong(TypeError, "on", on, allowed)
    types: tuple[Any, ...] = tuple(on)
    if not types:
        raise _wrong(ValueError, "on", on, allowed)
    for typ in types:
        if not _is_subclass(typ, BaseException):
            raise _wrong(TypeError, "on", typ, allowed)
        if not _is_subclass(typ, Exception):
            raise _wrong(TypeError, "on", typ, "subclasses of Exception: cancellation and exit always get through")
    return types


def _is_subclass(typ: object, parent: type) -> bool:
    return isinstance(typ, type) and issubclass(typ, parent)


def _is_hook(on: Any) -> bool:
    if isinstance(on, type) or not callable(on):
        return False
    if not _is_plain(on, 1):
        raise _wrong(TypeError, "on", on, "a plain function of one argument, exc -> bool, seconds or timedelta")
    return True


def _is_plain(fn: Any, count: int) -> bool:
    return kind_of(fn) == "function" and accepts(fn, count)


def _is_async(option: str, callback: Any, count: int) -> bool:
    if callback is None:
        return False
    allowed = f"a function or coroutine function of {count} argument(s), or None"
    if not callable(callback) or not accepts(callback, count):
        raise _wrong(TypeError, option, callback, allowed)
    kind = kind_of(callback)
    if kind in ("generator function", "async generator function"):
        raise _wrong(TypeError, option, callback, allowed)
    return kind == "coroutine function"


def _replay(replay: Any) -> bool | str:
    allowed = "True, False, or 'skip'"
    if not isinstance(replay, bool | str):
        raise _wrong(TypeError, "replay", replay, allowed)
    if replay not in (True, False, "skip"):
        raise _wrong(ValueError, "replay", replay, allowed)
    return replay


def _name(name: Any) -> str | None:
    allowed = "a string that is not empty, or None (the function's own name)"
    if name is not None and not isinstance(name, str):
        raise _wrong(TypeError, "name", name, allowed)
    if name == "":
        raise _wrong(ValueError, "name", name, allowed)
    return name
