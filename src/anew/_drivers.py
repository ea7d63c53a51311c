"""The ways to run a function or a coroutine function: call, catch, wait.

Law: a driver decides nothing. It is the same paragraph each time, differing in `await` and the kind of sleep. A failure
is judged inside `except` and slept off outside it, so that nothing chains and the failed attempt's frames are freed
before the wait; no exception is kept in a local that outlives its `except`.

Theory of operation. A success costs what a pass-through costs, so the first attempt of a function is written out twice:
once bare, and once with what `timeout`, `on_success` and a budget need of a success. Retries then go through `again`. A
result is looked at by its type alone: the type of the last plain value is remembered, and only another type is looked
at closely.
"""

from __future__ import annotations

from collections.abc import Callable
from types import CoroutineType, NoneType
from typing import TYPE_CHECKING, Any

from . import _clock, _marks
from ._call import NO, Call, pay, refuse_awaitable, run
from ._callables import discard_awaitable, kind_of, name_of, result_kind, warn_at_caller
from ._checks import safe_repr
from ._generators import async_generator, async_replayed, generator, replayed

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
    may_be_awaited = by_call and kind == "function" and _clock.in_event_loop()
    if policy.is_async and not (may_be_awaited or kind.startswith(("coroutine", "async"))):
        raise TypeError(f"async callbacks are for async functions; {name_of(fn)} is a {kind}")
    if policy.replay and not kind.endswith("generator function"):
        raise TypeError(f"replay={policy.replay!r} is for generator functions; {name_of(fn)} is a {kind}")
    if policy.stop is not None and kind.startswith(("coroutine", "async")):
        raise TypeError(f"stop is for sync functions; {name_of(fn)} is a {kind}: cancel its task instead")
    if kind == "function":
        return _function(fn, policy, Retried(fn, policy, by_call=by_call))
    if kind == "coroutine function":
        return _coroutine(fn, policy)
    if kind == "generator function":
        return (replayed if policy.replay else generator)(fn, policy)
    return (async_replayed if policy.replay else async_generator)(fn, policy)


def _function(fn: Callable[..., Any], policy: Policy, own: Retried) -> Callable[..., Any]:
    on_success, pays, timed = policy.on_success, policy.budget is not None, policy.timeout is not None

    # Each variable of these two closures costs a hundredth of a call, so the rest is in `own`.
    def plain(*args: Any, **kwargs: Any) -> Any:
        since = _marks.newest
        try:
            if kwargs:
                if type(result := fn(*args, **kwargs)) is own.value:
                    return result
            elif type(result := fn(*args)) is own.value:
                return result
        except own.policy.catch as exc:
            state = Call(own.policy, fn, args, kwargs)
            if not run(state.failed(exc, since)):
                raise
        else:
            return own.finished(result, None, args, kwargs)
        return own.again(state)

    def heard(*args: Any, **kwargs: Any) -> Any:
        start, since = _clock.monotonic() if timed else 0.0, _marks.newest
        try:
            result = fn(*args, **kwargs) if kwargs else fn(*args)
        except own.policy.catch as exc:
            state = Call(own.policy, fn, args, kwargs, start)
            if not run(state.failed(exc, since)):
                raise
        else:
            if type(result) is not own.value and result is not (
                whole := own.finished(result, None, args, kwargs, start)
            ):
                return whole
            if pays:
                pay(policy)
            if on_success is not None and (answer := on_success(1)) is not None:
                refuse_awaitable("on_success", answer, policy, fn)
            return result
        return own.again(state)

    return heard if policy.is_heard or timed else plain


class Retried:
    """A function that is retried, and what to do when it gives something else than a plain value.

    `by_call`: any awaitable that it returns in a running event loop is to be retried.
    """

    __slots__ = ("_by_call", "_fn", "policy", "value")

    def __init__(self, fn: Callable[..., Any], policy: Policy, *, by_call: bool) -> None:
        self._fn, self.policy, self._by_call = fn, policy, by_call
        self.value: type[object] = NoneType  # of the last result that was a plain value

    def again(self, state: Call) -> Any:
        """Go on after the first failure."""
        while True:
            with state as wait:
                _clock.sleep(wait)
            since = _marks.newest
            try:
                result = self._fn(*state.args, **state.kwargs)
            except self.policy.catch as exc:
                if not run(state.failed(exc, since)):
                    raise
            else:
                if type(result) is not self.value and result is not (whole := self.finished(result, state)):
                    return whole
                if self.policy.is_heard:
                    run(state.succeeded())
                return result

    def finished(self, result: Any, state: Call | None, args: Args = (), kwargs: Kwargs = NO, start: float = 0) -> Any:
        """Return the result, or a coroutine that awaits it with retries; warn of what only looks as if it were."""
        kind = result_kind(result)
        if kind == "value":
            self.value = type(result)
        elif kind == "coroutine" or (self._by_call and kind != "generator" and _clock.in_event_loop()):
            return self._awaiting(result, state or Call(self.policy, self._fn, args, kwargs, start))
        elif kind == "generator" or (kind == "awaitable" and _clock.in_event_loop()):
            what = "a generator, which is not retried; decorate the generator function"
            if kind == "awaitable":
                what = "an awaitable, which is not retried; decorate an `async def` function"
            warn_at_caller(f"{name_of(self._fn)} returned {what}")
        return result

    def _awaiting(self, awaitable: Any, state: Call) -> Any:
        name = name_of(self._fn)
        if self.policy.stop is not None:
            discard_awaitable(awaitable)
            raise TypeError(f"stop is for sync functions; {name} returned an awaitable: cancel its task instead")

        state.first, state.in_task = awaitable, True

        async def attempt() -> Any:
            result, state.first = state.first, None
            if result is None:
                result = self._fn(*state.args, **state.kwargs)
            try:
                return await result if result_kind(result) in {"coroutine", "future", "awaitable"} else result
            finally:
                del result  # a task holds its exception, whose traceback holds this frame

        whole = _coroutine(attempt, self.policy, state)()
        # What asyncio and "was never awaited" show. Others than coroutines may answer whatever they are asked for.
        whole.__qualname__ = awaitable.__qualname__ if type(awaitable) is CoroutineType else name
        whole.__name__ = whole.__qualname__.rpartition(".")[2]
        return whole


def _coroutine(fn: Callable[..., Any], policy: Policy, begun: Call | None = None) -> Callable[..., Any]:
    catch, is_heard, timed = policy.catch, policy.is_heard, policy.timeout is not None

    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        state, start = begun, _clock.monotonic() if timed else 0.0
        while True:
            since = _marks.newest
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
