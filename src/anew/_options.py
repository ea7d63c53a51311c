"""Options: each has one row, and is kept in one normal form.

Law: a wrong option fails here, where it was written, with its name, what it must be and what it is; past this file
nothing is checked again. The signature in `_retry` and `Options` repeat the rows for readers and type checkers, and a
test holds them equal. What is left at its default costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict

from . import _waits
from ._callables import accepts, kind_of
from ._checks import duration, flag, integer, option_error, seconds
from ._errors import RetryError, TryAgain
from .instrumentation._registry import checked_hooks

if TYPE_CHECKING:
    import typing_extensions

    from ._types import Backoff, Budget, Jitter, Replay, Seconds, Stop
    from .instrumentation._registry import Hooks

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
    budget: Budget | None
    hooks: tuple[Any, ...] | None
    stop: Stop | None
    name: str | None
    hook: Callable[[Exception], object] | None
    types: tuple[type[Exception], ...]
    skips_exhausted: bool  # what another retry gave up on is not ours, as for types; a function of the user is asked
    named: tuple[type[Exception], ...]  # by `on`, or by the parts of a hook of ours
    retry_errors: tuple[type[RetryError], ...]  # among these
    catch: type[Exception] | tuple[type[Exception], ...]
    growth: _waits.Strategy | None  # None: `backoff` is the user's own function
    bounds: _waits.Bounds
    cap: float
    is_async: bool  # one of the callbacks is a coroutine function
    is_heard: bool  # a success has to be told to somebody
    is_simple: bool  # a success is all there is to it, for a callable of any kind
    waits: bool  # False while testing: the wait is worked out, and not waited

    def __init__(self, fields: _Fields) -> None:
        self.__dict__ = fields


def make_policy(given: dict[str, Any], base: Policy | None = None) -> Policy:
    """Return the policy that these options make of `base`.

    Raises:
        TypeError: an option is of a wrong type.
        ValueError: an option has a wrong value, or two of them contradict each other.
    """
    fields: _Fields = {"is_async": False, "waits": True} if base is None else vars(base).copy()
    for option, value in given.items():
        fields.update(OPTIONS[option][1](value))
    if fields["delay"] > fields["cap"]:
        delay, limit = (given.get(option, fields[option]) for option in ("delay", "max_delay"))
        raise ValueError(f"delay must be at most max_delay, which is {limit!r}, got {delay!r}")
    if fields["jitter"] == "decorrelated" and fields["backoff"] != "exponential":
        raise ValueError(
            f"backoff must be left out with jitter='decorrelated', which has its own growth, got {fields['backoff']!r}"
        )
    fields["is_heard"] = fields["on_success"] is not None or fields["budget"] is not None
    fields["is_simple"] = not (
        fields["is_heard"] or fields["is_async"] or fields["replay"] or fields["timeout"] is not None
    )
    return Policy(fields)


def _times(times: Any) -> _Fields:
    expected = "an integer >= 1 (total calls, the first included) or None (no limit)"
    return {"times": None if times is None else integer("times", times, expected, 1)}


def _delay(delay: Any) -> _Fields:
    return {"delay": min(duration("delay", delay), _waits.NO_CAP)}


def _max_delay(limit: Any) -> _Fields:
    cap = None if limit is None else duration("max_delay", limit, " or None (no cap)")
    return {"max_delay": cap, "cap": _waits.NO_CAP if cap is None else cap}


def _timeout(timeout: Any) -> _Fields:
    if timeout is not None:
        timeout = duration("timeout", timeout, " or None (no limit)", positive=True)
    return {"timeout": timeout}


def _backoff(backoff: Any) -> _Fields:
    if isinstance(backoff, str) and backoff in _waits.STRATEGIES:
        return {"backoff": backoff, "growth": _waits.STRATEGIES[backoff]}
    expected = f"one of {', '.join(map(repr, _waits.STRATEGIES))} or a function n -> factor"
    if isinstance(backoff, str):
        raise option_error(ValueError, "backoff", backoff, expected)
    if isinstance(backoff, type) or not callable(backoff) or not _is_plain(backoff, 1):
        raise option_error(TypeError, "backoff", backoff, expected)
    return {"backoff": backoff, "growth": None}


def _jitter(jitter: Any) -> _Fields:
    expected = "True, False, 'full', 'decorrelated' or a timedelta >= 0"
    if isinstance(jitter, bool | str):
        if jitter not in _waits.JITTERS:
            raise option_error(ValueError, "jitter", jitter, expected)
        return {"jitter": jitter, "bounds": _waits.JITTERS[jitter]}
    spread = None if isinstance(jitter, int | float) else seconds(jitter)
    if spread is None:
        raise option_error(TypeError, "jitter", jitter, expected)
    if spread < 0:
        raise option_error(ValueError, "jitter", jitter, expected)
    return {"jitter": jitter, "bounds": partial(_waits.additive, spread)}


def _on(on: Any) -> _Fields:
    if not isinstance(on, type) and callable(on):
        if not _is_plain(on, 1):
            raise option_error(
                TypeError, "on", on, "a plain function of one argument: exc -> bool, seconds or timedelta"
            )
        ours = getattr(type(on), "skips_exhausted", False) is True
        fields = {"on": on, "hook": on, "types": (), "catch": Exception, "skips_exhausted": ours}
        named: tuple[type[Exception], ...] = on.types if ours else ()
    else:
        named = types = _types(on)
        catch = Exception if Exception in types else (*types, TryAgain)
        fields = {"on": types, "hook": None, "types": types, "catch": catch, "skips_exhausted": True}
    return {**fields, "named": named, "retry_errors": tuple(typ for typ in named if issubclass(typ, RetryError))}


def _types(on: Any) -> tuple[type[Exception], ...]:
    expected = (
        "an exception type, a non-empty iterable of exception types or a function exc -> bool, seconds or timedelta"
    )
    try:
        types: tuple[Any, ...] = (on,) if isinstance(on, type) else tuple(on)
    except TypeError:
        types = (None,)
    if isinstance(on, str | bytes) or types == (None,):
        raise option_error(TypeError, "on", on, expected)
    if not types:
        raise option_error(ValueError, "on", on, expected)
    for typ in types:
        if not _is_subclass(typ, BaseException):
            raise option_error(TypeError, "on", typ, expected)
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
    raise option_error(TypeError, option, callback, f"a function or coroutine function of {count} argument(s) or None")


def _reraise(reraise: Any) -> _Fields:
    return {"reraise": flag("reraise", reraise)}


def _replay(replay: Any) -> _Fields:
    expected = "True, False or 'skip'"
    if not isinstance(replay, bool | str):
        raise option_error(TypeError, "replay", replay, expected)
    if replay not in (True, False, "skip"):
        raise option_error(ValueError, "replay", replay, expected)
    return {"replay": replay}


def _budget(budget: Any) -> _Fields:
    return _methods("budget", budget, ("take", "pay"), "a RetryBudget, or an object with take() and pay(), or None")


def _hooks(hooks: Any) -> _Fields:
    return {"hooks": checked_hooks("hooks", hooks)}


def _stop(stop: Any) -> _Fields:
    expected = (
        "a threading.Event, or an object with is_set() and wait(timeout), or None; `times` and `timeout` end calls"
    )
    return _methods("stop", stop, ("is_set", "wait"), expected)


def _methods(option: str, value: Any, names: tuple[str, str], expected: str) -> _Fields:
    """Check an object that is taken by what it can do."""
    methods = [] if isinstance(value, type) else [getattr(value, name, None) for name in names]
    if value is not None and not (methods and all(map(callable, methods)) and kind_of(methods[-1]) == "function"):
        raise option_error(TypeError, option, value, expected)
    return {option: value}


def _name(name: Any) -> _Fields:
    expected = "a string that is not empty or None (the function's own name)"
    if name is not None and not isinstance(name, str):
        raise option_error(TypeError, "name", name, expected)
    if name == "":
        raise option_error(ValueError, "name", name, expected)
    return {"name": name}


# Option: its default, and what checks it and gives its fields in a Policy. In the order in which they are shown.
OPTIONS: dict[str, tuple[Any, Callable[[Any], _Fields]]] = {
    "times": (3, _times),
    "delay": (1.0, _delay),
    "backoff": ("exponential", _backoff),
    "jitter": (True, _jitter),
    "max_delay": (60.0, _max_delay),
    "timeout": (None, _timeout),
    "on": (Exception, _on),
    "on_retry": (None, partial(_callback, "on_retry", 2)),
    "on_success": (None, partial(_callback, "on_success", 1)),
    "on_failure": (None, partial(_callback, "on_failure", 1)),
    "reraise": (False, _reraise),
    "replay": (False, _replay),
    "budget": (None, _budget),
    "hooks": (None, _hooks),
    "stop": (None, _stop),
    "name": (None, _name),
}
DEFAULTS = {option: default for option, (default, _) in OPTIONS.items()}
BASE = make_policy(DEFAULTS)
TYPED = {"on", "on_retry", "on_success", "on_failure"}
"""Options that carry types of their own: `replace` cannot change them, and `Options` has none of them."""

if TYPE_CHECKING:

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
    Options = TypedDict("Options", dict.fromkeys([name for name in OPTIONS if name not in TYPED], Any), total=False)
    Options.__doc__ = "Options of `retry` that carry no types of their own, for `**options: Unpack[Options]`."
