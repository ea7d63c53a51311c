"""The ways to run a function or a coroutine function: call, catch, wait.

Law: a driver decides nothing. It is the same paragraph each time, differing in `await` and the kind of sleep. A failure
is judged inside `except` and slept off outside it, so that nothing chains and the failed attempt's frames are freed
before the wait; no exception is kept in a local that outlives its `except`.

Theory of operation. A success costs what a pass-through costs, so the first attempt of a function is written out twice:
with nothing around it, and with a reading of the clock for `timeout` and all that a success must be told to.
Retries then go through `again`. A result is looked at by its type alone: the type of the last plain value is
remembered, and only another type is looked at closely.
"""

from __future__ import annotations

from collections.abc import Callable
from types import NoneType
from typing import TYPE_CHECKING, Any, cast

from . import _clock
from ._call import Call, pay, refuse_awaitable, run
from ._callables import discard_awaitable, kind_of, name_of, result_kind
from ._caller import warn_at_caller
from ._checks import safe_repr
from ._generators import async_generator, async_replayed, generator, replayed
from ._marks import marks

if TYPE_CHECKING:
    from ._options import Policy
    from ._types import Args, Kwargs


def drive(fn: Callable[..., Any], policy: Policy, *, by_call: bool = False) -> Callable[..., Any]:
    """Return a function of the same kind that calls `fn` as often as `policy` wants.

    `by_call`: any awaitable that a function returns in a running event loop is to be retried, as `Retry.call` does.

    Raises:
        TypeError: `fn` cannot be called, or the policy has async callbacks or `replay` and `fn` is not of a kind that
            could use them.
    """
    if not callable(fn):
        raise TypeError(f"what is retried or decorated must be callable, got {safe_repr(fn)}")
    kind = kind_of(fn)
    if policy.is_async and not kind.startswith(("coroutine", "async")):
        raise TypeError(f"async callbacks are for async functions; {name_of(fn)} is a {kind}")
    if policy.replay and not kind.endswith("generator function"):
        raise TypeError(f"replay={policy.replay!r} is for generator functions; {name_of(fn)} is a {kind}")
    if policy.stop is not None and kind.startswith(("coroutine", "async")):
        raise TypeError(f"stop is for sync functions; {name_of(fn)} is a {kind}: cancel its task instead")
    if kind == "function":
        return _function(fn, policy, by_call=by_call)
    if kind == "coroutine function":
        return _coroutine(fn, policy)
    if kind == "generator function":
        return (replayed if policy.replay else generator)(fn, policy)
    return (async_replayed if policy.replay else async_generator)(fn, policy)


def finish(result: Any, fn: Callable[..., Any], policy: Policy, args: Args, kwargs: Kwargs) -> Any:
    """Return what `Retry.call` returns where the first attempt has returned something else than a value."""
    kind = result_kind(result)
    if kind == "generator" and kind_of(fn) != "function":
        return drive(fn, policy)(*args, **kwargs)  # nothing of the first one has run
    if _is_awaited(kind, fn, by_call=True):
        return _awaiting(result, Call(policy, fn, args, kwargs), fn, policy, args, kwargs)
    return result


def _function(fn: Callable[..., Any], policy: Policy, *, by_call: bool) -> Callable[..., Any]:
    catch, on_success, timed = policy.catch, policy.on_success, policy.timeout is not None
    pays = policy.budget is not None
    value: Any = cast("Any", NoneType)  # of the last result that was a plain value

    def is_value(result: Any) -> bool:
        nonlocal value
        kind = result_kind(result)
        if kind == "value":
            value = type(result)
        return kind == "value" or not _is_awaited(kind, fn, by_call=by_call)

    def plain(*args: Any, **kwargs: Any) -> Any:
        since = marks.newest
        try:
            if kwargs:
                if type(result := fn(*args, **kwargs)) is value:
                    return result
            elif type(result := fn(*args)) is value:
                return result
        except catch as exc:
            state = Call(policy, fn, args, kwargs)
            if not run(state.failed(exc, since)):
                raise
        else:
            if is_value(result):
                return result
            return _awaiting(result, Call(policy, fn, args, kwargs), fn, policy, args, kwargs)
        return again(state, fn, policy, args, kwargs, by_call=by_call)

    def heard(*args: Any, **kwargs: Any) -> Any:
        start, since = _clock.monotonic() if timed else 0.0, marks.newest
        try:
            result = fn(*args, **kwargs) if kwargs else fn(*args)
        except catch as exc:
            state = Call(policy, fn, args, kwargs, start)
            if not run(state.failed(exc, since)):
                raise
        else:
            if not (type(result) is value or is_value(result)):
                return _awaiting(result, Call(policy, fn, args, kwargs, start), fn, policy, args, kwargs)
            if pays:
                pay(policy)
            if on_success is not None and (answer := on_success(1)) is not None:
                refuse_awaitable("on_success", answer, policy, fn)
            return result
        return again(state, fn, policy, args, kwargs, by_call=by_call)

    return heard if policy.is_heard or timed else plain


def again(state: Call, fn: Callable[..., Any], policy: Policy, args: Args, kwargs: Kwargs, *, by_call: bool) -> Any:
    """Go on after the first failure."""
    while True:
        with state as wait:
            _clock.sleep(wait)
        since = marks.newest
        try:
            result = fn(*args, **kwargs)
        except policy.catch as exc:
            if not run(state.failed(exc, since)):
                raise
        else:
            kind = result_kind(result)
            if kind != "value" and _is_awaited(kind, fn, by_call=by_call):
                return _awaiting(result, state, fn, policy, args, kwargs)
            if policy.is_heard:
                run(state.succeeded())
            return result


def _is_awaited(kind: str, fn: Callable[..., Any], *, by_call: bool) -> bool:
    """Whether what a plain function returned is awaited with retries; a warning for what looks as if it were."""
    if kind == "coroutine":
        return True
    if kind == "generator":
        warn_at_caller(f"{name_of(fn)} returned a generator, which is not retried; decorate the generator function")
    elif _clock.in_event_loop():
        if by_call:
            return True
        if kind == "awaitable":
            warn_at_caller(
                f"{name_of(fn)} returned an awaitable, which is not retried; decorate an `async def` function"
            )
    return False


class _First:
    """The awaitable that a plain function has returned already, for the first attempt."""

    __slots__ = ("_awaitable",)

    def __init__(self, awaitable: Any) -> None:
        self._awaitable = awaitable

    def take(self) -> Any:
        awaitable, self._awaitable = self._awaitable, None
        return awaitable

    def __del__(self) -> None:
        # Its task was cancelled before it began: Python must not warn of a coroutine that users have never seen.
        discard_awaitable(self._awaitable)


def _awaiting(awaitable: Any, state: Call, fn: Callable[..., Any], policy: Policy, args: Args, kwargs: Kwargs) -> Any:
    """Return a coroutine that goes on where `fn`, a plain function, returned an awaitable."""
    first = _First(awaitable)
    if policy.stop is not None:
        raise TypeError(f"stop is for sync functions; {name_of(fn)} returned an awaitable: cancel its task instead")

    async def attempt() -> Any:
        result = first.take()
        if result is None:
            result = fn(*args, **kwargs)
        return await result if result_kind(result) in {"coroutine", "future", "awaitable"} else result

    state.in_task = True
    whole = _coroutine(attempt, policy, state)()
    # What asyncio and "was never awaited" show.
    for attribute in ("__name__", "__qualname__"):
        setattr(whole, attribute, getattr(awaitable, attribute, name_of(fn)))
    return whole


def _coroutine(fn: Callable[..., Any], policy: Policy, begun: Call | None = None) -> Callable[..., Any]:
    catch, is_heard, timed = policy.catch, policy.is_heard, policy.timeout is not None and begun is None

    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        state, start = begun, _clock.monotonic() if timed else 0.0
        while True:
            since = marks.newest
            try:
                result = await (fn(*args, **kwargs) if kwargs else fn(*args))
            except catch as exc:
                state = state or Call(policy, fn, args, kwargs, start, in_task=True)
                if not await state.failed(exc, since):
                    raise
            else:
                if is_heard:
                    await (state or Call(policy, fn, in_task=True)).succeeded()
                return result
            with state as wait:
                await _clock.async_sleep(wait)

    return wrapper
