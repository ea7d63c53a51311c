"""The four ways to run a callable: call, catch, wait.

Law: a driver decides nothing. It is the same paragraph each time, differing in `await`, `yield from` and the kind of
sleep. A failure is judged inside `except` and slept off outside it, so that nothing chains and the failed attempt's
frames are freed before the wait; no exception is kept in a local that outlives its `except`.
"""

from __future__ import annotations

from collections.abc import Callable
from types import CoroutineType
from typing import TYPE_CHECKING, Any

from ._clock import async_sleep, sleep
from ._decision import GiveUp
from ._generators import async_generator, generator
from ._callables import Kind, kind_of, name_of
from ._state import CallState

if TYPE_CHECKING:
    from ._policy import Policy

_COROUTINE: Any = CoroutineType  # as Any, it narrows nothing that is checked below


def drive(fn: Callable[..., Any], policy: Policy) -> Callable[..., Any]:
    """Give a function of the same kind that calls `fn` as often as `policy` wants.

    Raises:
        TypeError: `fn` cannot be called, or the policy has async callbacks or `replay` and `fn` is not of a kind that
            could use them.
    """
    if not callable(fn):
        raise TypeError(f"only what can be called can be retried or decorated, not {fn!r}")
    kind = kind_of(fn)
    if policy.is_async and not kind.startswith(("coroutine", "async")):
        raise TypeError(f"async callbacks are for async functions; {name_of(fn)} is a {kind}")
    if policy.replay and not kind.endswith("generator function"):
        raise TypeError(f"replay={policy.replay!r} is for generator functions; {name_of(fn)} is a {kind}")
    return _DRIVERS[kind](fn, policy)


def _function(fn: Callable[..., Any], policy: Policy) -> Callable[..., Any]:
    catch, wants_start = policy.catch, policy.wants_start

    def again(state: CallState, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        while True:
            try:
                result = fn(*args, **kwargs)
            except catch as exc:
                pause = state.failed(exc)
                if pause is None:
                    raise
                if isinstance(pause, GiveUp):
                    raise state.error(exc, pause)
            else:
                if type(result) is _COROUTINE:
                    return _awaiting(result, state, fn, policy, args, kwargs)
                state.succeeded()
                return result
            with pause:
                sleep(pause.seconds)

    def heard(*args: Any, **kwargs: Any) -> Any:
        return again(CallState(policy, fn, args, kwargs), args, kwargs)

    # The first attempt is written out, and the branches repeat the check, because each step here is a tenth of a call.
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            if kwargs:
                if type(result := fn(*args, **kwargs)) is not _COROUTINE:
                    return result
            elif type(result := fn(*args)) is not _COROUTINE:
                return result
        except catch as exc:
            state = CallState(policy, fn, args, kwargs)
            pause = state.failed(exc)
            if pause is None:
                raise
            if isinstance(pause, GiveUp):
                raise state.error(exc, pause)
        else:
            return _awaiting(result, CallState(policy, fn, args, kwargs), fn, policy, args, kwargs)
        with pause:
            sleep(pause.seconds)
        return again(state, args, kwargs)

    return heard if wants_start else wrapper


def _awaiting(
    coroutine: Any,
    state: CallState,
    fn: Callable[..., Any],
    policy: Policy,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Any:
    """A coroutine that goes on where `fn`, a plain function, gave a coroutine."""
    first = coroutine

    async def attempt() -> Any:
        nonlocal first
        result, first = first, None
        if result is None:
            result = fn(*args, **kwargs)
        return await result if type(result) is _COROUTINE else result

    whole = _coroutine(attempt, policy, state)()
    # What asyncio and "was never awaited" show.
    whole.__name__, whole.__qualname__ = coroutine.__name__, coroutine.__qualname__
    return whole


def _coroutine(fn: Callable[..., Any], policy: Policy, begun: CallState | None = None) -> Callable[..., Any]:
    catch, wants_start, tells = policy.catch, policy.wants_start, policy.tells

    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        state = begun
        if wants_start and state is None:
            state = CallState(policy, fn, args, kwargs)
        while True:
            try:
                result = await (fn(*args, **kwargs) if kwargs else fn(*args))
            except catch as exc:
                if state is None:
                    state = CallState(policy, fn, args, kwargs)
                pause = await state.afailed(exc) if tells else state.ajudged(exc)
                if pause is None:
                    raise
                if isinstance(pause, GiveUp):
                    raise await state.aerror(exc, pause)
            else:
                if state is not None:
                    await state.asucceeded()
                return result
            with pause:
                await async_sleep(pause.seconds)

    return wrapper


_DRIVERS: dict[Kind, Callable[[Callable[..., Any], Policy], Callable[..., Any]]] = {
    "function": _function,
    "coroutine function": _coroutine,
    "generator function": generator,
    "async generator function": async_generator,
}
