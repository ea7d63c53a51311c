"""Options: each has one row, and is kept in one normal form.

Law: a wrong option fails here, where it was written, with its name, what it must be and what it is; past this file
nothing is checked again. The signature in `_retry` and `Options` repeat the rows for readers and type checkers, and a
test holds them equal. What is left at its default costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypedDict, cast

from . import _waits
from ._callables import is_function, kind_of
from ._checks import duration, flag, integer, option_error, seconds, text
from ._errors import RetryError, TryAgain
from .instrumentation._registry import checked_hooks

if TYPE_CHECKING:
    import typing_extensions

    from ._budget import Budget
    from ._types import Backoff, Jitter, Replay, Seconds, Stop
    from .instrumentation._registry import Hooks


class Policy:
    """The options of `retry` in normal form, and what follows from them. Never changed once made.

    `cap`: `max_delay`, or the longest wait there can be. `growth`: the strategy, or `None` for a function of the user;
    `bounds`: the jitter. `types` or `hook`: the two forms of `on`. `named`: the types that `on`, or a part of a hook of
    ours, names, and `retry_errors`, those of them that are `RetryError`s. `skips_exhausted`: what another retry gave up
    on is not ours, as for types; a function of the user is asked about everything. `catch`: for `except`. `is_async`: a
    callback is a coroutine function. `is_heard`: a success must be told to somebody. `is_simple`: any callable will do,
    and its success is all there is to it. `waits`: `False` while testing, when waits are worked out and not waited.
    """

    def __init__(self, fields: dict[str, Any]) -> None:
        self.__dict__ = fields

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...


def make_policy(given: dict[str, Any], base: Policy | None = None) -> Policy:
    """Return the policy that these options make of `base`.

    Raises:
        TypeError: an option is of a wrong type.
        ValueError: an option has a wrong value, or two of them contradict each other.
    """
    fields: dict[str, Any] = {"waits": True} if base is None else vars(base).copy()
    for option, value in given.items():
        if option not in OPTIONS:
            raise TypeError(f"options must be of {', '.join(OPTIONS)}, got {option}")
        fields[option] = OPTIONS[option][1](value)
        if option in _FOLLOWS:
            fields.update(_FOLLOWS[option](fields[option]))
    if fields["delay"] > fields["cap"]:
        delay, limit = (given.get(option, fields[option]) for option in ("delay", "max_delay"))
        raise ValueError(f"delay must be at most max_delay, which is {limit!r}, got {delay!r}")
    if fields["jitter"] == "decorrelated" and fields["backoff"] != "exponential":
        problem = "must be left out with jitter='decorrelated', which has its own growth"
        raise ValueError(f"backoff {problem}, got {fields['backoff']!r}")
    if not _TOLD.isdisjoint(given):
        callbacks = filter(callable, map(fields.get, _CALLBACKS))
        fields["is_async"] = is_async = "coroutine function" in map(kind_of, callbacks)
        fields["is_heard"] = is_heard = fields["on_success"] is not None or fields["budget"] is not None
        fields["is_simple"] = not (is_heard or is_async or fields["replay"] or fields["timeout"] is not None)
    return Policy(fields)


def _optional(check: Callable[..., Any], option: str, *args: Any, **kwargs: Any) -> Callable[[Any], Any]:
    return lambda value: None if value is None else check(option, value, *args, **kwargs)


def _backoff(backoff: Any) -> Any:
    is_name = isinstance(backoff, str)
    if backoff not in _waits.STRATEGIES if is_name else isinstance(backoff, type) or not is_function(backoff, 1):
        expected = f"one of {', '.join(map(repr, _waits.STRATEGIES))} or a function n -> factor"
        raise option_error(ValueError if is_name else TypeError, "backoff", backoff, expected)
    return backoff


def _jitter(jitter: Any) -> Any:
    is_name = isinstance(jitter, bool | str)
    spread = None if isinstance(jitter, int | float) else seconds(jitter)
    if jitter not in _waits.JITTERS if is_name else spread is None or spread < 0:
        error = TypeError if spread is None and not is_name else ValueError
        raise option_error(error, "jitter", jitter, "True, False, 'full', 'decorrelated' or a timedelta >= 0")
    return jitter


_SINGLE: Any = (type, str, bytes)  # although some have `__iter__`


def checked_on(on: Any, option: str = "on") -> Any:
    """Return exception types as a tuple, and a hook as it is."""
    if isinstance(on, type) or not callable(on):
        return _types(on, option)
    if not is_function(on, 1):
        raise option_error(TypeError, option, on, "a plain function of one argument: exc -> bool, seconds or timedelta")
    return on


def _types(on: Any, option: str) -> tuple[type[Exception], ...]:
    expected = "an exception type, a non-empty iterable of them or a function exc -> bool, seconds or timedelta"
    types: tuple[Any, ...] = tuple(on) if getattr(on, "__iter__", None) and not isinstance(on, _SINGLE) else (on,)
    if not types:
        raise option_error(ValueError, option, on, expected)
    for typ in types:
        bases: tuple[type, ...] = typ.__mro__ if isinstance(typ, type) else ()
        if Exception not in bases:
            if BaseException in bases:
                expected = "subclasses of Exception: cancellation and exit always get through"
            elif callable(typ):
                expected += ", or any_of(...) of types and functions"
            raise option_error(TypeError, option, typ, expected)
    return types


def is_ours(on: Any) -> bool:
    """Whether this hook is one of anew's own. A mock has every attribute, but not its class."""
    return getattr(cast("Any", type(on)), "skips_exhausted", False) is True


def _judged(on: Any) -> dict[str, Any]:
    types: tuple[type[Exception], ...] = on if issubclass(type(on), tuple) else ()
    ours = types != () or is_ours(on)
    named: tuple[type[Exception], ...] = types or (getattr(on, "types", ()) if ours else ())
    return {
        "hook": None if types else on,
        "types": types,
        # A RetryError may stand for what one attempt has raised: see `seen_through`.
        "catch": Exception if not types or Exception in types else (*types, TryAgain, RetryError),
        "skips_exhausted": ours,
        "named": named,
        "retry_errors": tuple(typ for typ in named if issubclass(typ, RetryError)),
    }


def _callback(option: str, callback: Any, count: int) -> Any:
    if isinstance(callback, type) or not is_function(callback, count, ("function", "coroutine function")):
        expected = f"a function or coroutine function of {count} argument(s) or None"
        raise option_error(TypeError, option, callback, expected)
    return callback


def _replay(replay: Any) -> Any:
    if not isinstance(replay, bool | str) or replay not in (True, False, "skip"):
        error = ValueError if isinstance(replay, str) else TypeError
        raise option_error(error, "replay", replay, "True, False or 'skip'")
    return replay


def _methods(option: str, value: Any, names: tuple[str, str], expected: str) -> Any:
    """Check an object that is taken by what it can do."""
    methods: list[Any] = [getattr(value, name, None) for name in names]
    if isinstance(value, type) or not all(callable(method) and kind_of(method) == "function" for method in methods):
        raise option_error(TypeError, option, value, expected)
    return value


_TIMES = "an integer >= 1 (total calls, the first included) or None (no limit)"
_BUDGET = "a RetryBudget, or an object with take() and pay(), or None"
_STOP = "a threading.Event, or an object with is_set() and wait(timeout), or None; `times` and `timeout` end calls, too"

# Option: its default, and what gives its normal form, or says what is wrong. In the order in which they are shown.
OPTIONS: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    "times": (3, _optional(integer, "times", _TIMES, 1)),
    "delay": (1.0, lambda delay: min(duration("delay", delay), _waits.NO_CAP)),
    "backoff": ("exponential", _backoff),
    "jitter": (True, _jitter),
    "max_delay": (60.0, _optional(duration, "max_delay", " or None (no cap)")),
    "timeout": (None, _optional(duration, "timeout", " or None (no limit)", positive=True)),
    "on": (Exception, checked_on),
    "on_retry": (None, _optional(_callback, "on_retry", 2)),
    "on_success": (None, _optional(_callback, "on_success", 1)),
    "on_failure": (None, _optional(_callback, "on_failure", 1)),
    "reraise": (False, partial(flag, "reraise")),
    "replay": (False, _replay),
    "budget": (None, _optional(_methods, "budget", ("take", "pay"), _BUDGET)),
    "hooks": (None, partial(checked_hooks, "hooks")),
    "stop": (None, _optional(_methods, "stop", ("is_set", "wait"), _STOP)),
    "name": (None, _optional(text, "name", "a string that is not empty or None (the function's own name)")),
}
DEFAULTS = {option: default for option, (default, _) in OPTIONS.items()}
_CALLBACKS = ("on_retry", "on_success", "on_failure")
# What `is_async`, `is_heard` and `is_simple` follow from.
_TOLD = {*_CALLBACKS, "budget", "replay", "timeout"}
TYPED = {"on", *_CALLBACKS}
"""Options that carry types of their own: `replace` cannot change them, and `Options` has none of them."""

# What follows from one option.
_FOLLOWS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "backoff": lambda backoff: {"growth": _waits.STRATEGIES[backoff] if isinstance(backoff, str) else None},
    "jitter": lambda jitter: {"bounds": _waits.bounds(jitter, seconds(jitter))},
    "max_delay": lambda limit: {"cap": _waits.NO_CAP if limit is None else limit},
    "on": _judged,
}
BASE = make_policy(DEFAULTS)

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
