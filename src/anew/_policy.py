"""Options, checked at the door and kept in one normal form.

Law: a wrong option fails here, where it was written, with its name, its value and what is allowed; past this file
nothing is checked again. An option has one row in CHECKS; what is left at its default costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from math import isfinite
from typing import Any, TypeAlias

from . import _backoff
from ._budget import RetryBudget
from ._checks import seconds
from ._errors import RetryError, TryAgain
from ._callables import accepts, kind_of
from ._checks import option_error

_Fields: TypeAlias = dict[str, Any]


class Policy:
    """The options of `retry` in normal form, and below `name` what follows from them. Never changed once made."""

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
    budget: RetryBudget | None
    name: str | None
    hook: Callable[[Exception], object] | None
    heeds_marks: bool  # the hook is not for what another retry gave up on: as types, and unlike those of users
    types: tuple[type[Exception], ...]
    retry_errors: tuple[type[Exception], ...]
    catch: type[Exception] | tuple[type[Exception], ...]
    growth: Any  # a Strategy; None where `backoff` is the user's own
    bounds: Any  # a jitter's range
    at_once: bool
    cap: float
    longest: float  # what callers may ask to wait
    wants_start: bool  # the state is born with the call, as a success must be told, or the time is limited
    tells: bool  # failures have to be awaited: an `on_retry`, or a `reraise` that tells `on_failure` before
    is_async: bool

    def __init__(self, fields: _Fields) -> None:
        self.__dict__ = fields


def checked(options: Iterable[tuple[str, Any]], base: Policy | None = None) -> Policy:
    """Give the policy that these options make of `base`.

    Raises:
        TypeError: an option is of a wrong type.
        ValueError: an option has a wrong value, or two of them contradict each other.
    """
    fields: _Fields = {"is_async": False, "longest": _backoff.NO_CAP} if base is None else vars(base).copy()
    given = dict(options)
    for option, value in given.items():
        fields.update(CHECKS[option](value))
    if fields["delay"] > fields["cap"]:
        delay, limit = (given.get(option, fields[option]) for option in ("delay", "max_delay"))
        raise ValueError(f"delay={delay!r} is above max_delay={limit!r}; allowed: a delay up to max_delay")
    if fields["jitter"] == "decorrelated" and fields["backoff"] != "exponential":
        raise ValueError(
            f"backoff={fields['backoff']!r} has no effect with jitter='decorrelated', which has its own growth; "
            "allowed: no backoff"
        )
    fields["wants_start"] = any(fields[option] is not None for option in ("timeout", "on_success", "budget"))
    fields["tells"] = fields["on_retry"] is not None or fields["reraise"]
    fields["at_once"] = (
        fields["delay"] == 0 and fields["growth"] is not None and isinstance(fields["jitter"], bool | str)
    )
    return Policy(fields)


def _times(times: Any) -> _Fields:
    allowed = "an integer >= 1 (total calls, the first included), or None (no limit)"
    if times is not None:
        if not isinstance(times, int) or isinstance(times, bool):
            raise option_error(TypeError, "times", times, allowed)
        if times < 1:
            raise option_error(ValueError, "times", times, allowed)
    return {"times": times}


def _duration(option: str, value: object, allowed: str) -> float:
    duration = seconds(value)
    if duration is None:
        raise option_error(TypeError, option, value, allowed)
    if not isfinite(duration) or duration < 0:
        raise option_error(ValueError, option, value, allowed)
    return duration


def _delay(delay: Any) -> _Fields:
    wait = _duration("delay", delay, "a finite duration >= 0, in seconds or as timedelta")
    return {"delay": min(wait, _backoff.NO_CAP)}


def _max_delay(limit: Any) -> _Fields:
    allowed = "a finite duration >= 0, in seconds or as timedelta, or None (no cap)"
    if limit is None:
        return {"max_delay": None, "cap": _backoff.NO_CAP}
    cap = _duration("max_delay", limit, allowed)
    return {"max_delay": cap, "cap": cap}


def _timeout(timeout: Any) -> _Fields:
    allowed = "a finite duration > 0, in seconds or as timedelta, or None (no limit)"
    if timeout is None:
        return {"timeout": None}
    if seconds(timeout) == 0:
        raise option_error(ValueError, "timeout", timeout, allowed)
    return {"timeout": _duration("timeout", timeout, allowed)}


def _growth(backoff: Any) -> _Fields:
    if isinstance(backoff, str) and backoff in _backoff.STRATEGIES:
        return {"backoff": backoff, "growth": _backoff.STRATEGIES[backoff]}
    allowed = f"one of {', '.join(map(repr, _backoff.STRATEGIES))}, or a function n -> factor"
    if isinstance(backoff, str):
        raise option_error(ValueError, "backoff", backoff, allowed)
    if isinstance(backoff, type) or not callable(backoff) or not _is_plain(backoff, 1):
        raise option_error(TypeError, "backoff", backoff, allowed)
    return {"backoff": backoff, "growth": None}


def _bounds(jitter: Any) -> _Fields:
    allowed = "True, False, 'full', 'decorrelated', or a timedelta >= 0"
    if isinstance(jitter, bool | str):
        if jitter not in _backoff.JITTERS:
            raise option_error(ValueError, "jitter", jitter, allowed)
        return {"jitter": jitter, "bounds": _backoff.JITTERS[jitter]}
    if isinstance(jitter, int | float):
        raise option_error(TypeError, "jitter", jitter, allowed)
    return {"jitter": jitter, "bounds": partial(_backoff.additive, _duration("jitter", jitter, allowed))}


def _on(on: Any) -> _Fields:
    if not isinstance(on, type) and callable(on):
        if not _is_plain(on, 1):
            raise option_error(
                TypeError, "on", on, "a plain function of one argument, exc -> bool, seconds or timedelta"
            )
        return {
            "on": on,
            "hook": on,
            "types": (),
            "retry_errors": _named(on),
            "catch": Exception,
            "heeds_marks": _is_ours(on),
        }
    types = _types(on)
    return {
        "on": types,
        "hook": None,
        "heeds_marks": True,
        "types": types,
        "retry_errors": tuple(typ for typ in types if issubclass(typ, RetryError)),
        "catch": Exception if Exception in types else (*types, TryAgain),
    }


def _named(hook: Any) -> tuple[type[Exception], ...]:
    types: tuple[type[Exception], ...] = getattr(hook, "types", ()) if _is_ours(hook) else ()
    return tuple(typ for typ in types if issubclass(typ, RetryError))


def _is_ours(hook: object) -> bool:
    return getattr(type(hook), "skips_exhausted", False) is True


def _types(on: Any) -> tuple[type[Exception], ...]:
    allowed = (
        "an exception type, a non-empty iterable of exception types, or a function exc -> bool, seconds or timedelta"
    )
    if isinstance(on, type):
        on = (on,)
    try:
        types: tuple[Any, ...] = tuple(on)
    except TypeError:
        raise option_error(TypeError, "on", on, allowed) from None
    if isinstance(on, str | bytes):
        raise option_error(TypeError, "on", on, allowed)
    if not types:
        raise option_error(ValueError, "on", on, allowed)
    for typ in types:
        if not _is_subclass(typ, BaseException):
            raise option_error(TypeError, "on", typ, allowed)
        if not _is_subclass(typ, Exception):
            raise option_error(
                TypeError, "on", typ, "subclasses of Exception: cancellation and exit always get through"
            )
    return types


def _is_subclass(typ: object, parent: type) -> bool:
    return isinstance(typ, type) and issubclass(typ, parent)


def _is_plain(fn: Any, count: int) -> bool:
    # What typing makes of types (Union[...], list[...]) can be called as well.
    return kind_of(fn) == "function" and accepts(fn, count) and not hasattr(fn, "__origin__")


def _callback(option: str, count: int, callback: Any) -> _Fields:
    if callback is None:
        return {option: None}
    is_function = callable(callback) and not isinstance(callback, type) and not hasattr(callback, "__origin__")
    kind = kind_of(callback) if is_function and accepts(callback, count) else None
    if kind == "function":
        return {option: callback}
    if kind == "coroutine function":
        return {option: callback, "is_async": True}
    raise option_error(TypeError, option, callback, f"a function or coroutine function of {count} argument(s), or None")


def _reraise(reraise: Any) -> _Fields:
    if not isinstance(reraise, bool):
        raise option_error(TypeError, "reraise", reraise, "True or False")
    return {"reraise": reraise}


def _replay(replay: Any) -> _Fields:
    allowed = "True, False, or 'skip'"
    if not isinstance(replay, bool | str):
        raise option_error(TypeError, "replay", replay, allowed)
    if replay not in (True, False, "skip"):
        raise option_error(ValueError, "replay", replay, allowed)
    return {"replay": replay}


def _budget(budget: Any) -> _Fields:
    if budget is not None and not isinstance(budget, RetryBudget):
        raise option_error(TypeError, "budget", budget, "a RetryBudget, or None")
    return {"budget": budget}


def _name(name: Any) -> _Fields:
    allowed = "a string that is not empty, or None (the function's own name)"
    if name is not None and not isinstance(name, str):
        raise option_error(TypeError, "name", name, allowed)
    if name == "":
        raise option_error(ValueError, "name", name, allowed)
    return {"name": name}


CHECKS: dict[str, Callable[[Any], _Fields]] = {
    "times": _times,
    "delay": _delay,
    "backoff": _growth,
    "jitter": _bounds,
    "max_delay": _max_delay,
    "timeout": _timeout,
    "on": _on,
    "on_retry": partial(_callback, "on_retry", 2),
    "on_success": partial(_callback, "on_success", 1),
    "on_failure": partial(_callback, "on_failure", 1),
    "reraise": _reraise,
    "replay": _replay,
    "budget": _budget,
    "name": _name,
}
