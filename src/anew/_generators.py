"""The drivers of generators: call, catch, wait, and be transparent to the consumer.

Law: as in `_drivers`, the same paragraph and no decision. What a consumer sends or throws in reaches the generator, and
what the generator answers reaches the consumer, as if nothing stood between; what was delivered is not kept.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from typing import TYPE_CHECKING, Any

from ._clock import async_sleep, sleep
from ._decision import GiveUp
from ._errors import TryAgain
from ._marks import thrown_in
from ._state import CallState

if TYPE_CHECKING:
    from ._policy import Policy


def generator(fn: Callable[..., Generator[Any, Any, Any]], policy: Policy) -> Callable[..., Any]:
    catch, wants_start, replay = policy.catch, policy.wants_start, policy.replay

    def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        state = CallState(policy, fn, args, kwargs) if wants_start else None
        delivered = 0
        while True:
            ours, item, sent, thrown, returned, pause = True, None, None, None, None, None
            gen = fn(*args, **kwargs)
            try:
                for _ in range(delivered if replay == "skip" else 0):
                    next(gen)
                item = next(gen)
                if not replay:
                    ours = False
                    if state is not None:
                        state.succeeded()
                while True:
                    delivered += 1
                    try:
                        sent = yield item
                    except BaseException as exc:
                        thrown = exc
                    item = None  # nothing delivered is kept
                    if thrown is not None:
                        if isinstance(thrown, GeneratorExit):
                            state = None  # a consumer that leaves is neither success nor failure
                        ours = False  # what leaves now is the consumer's
                        try:
                            item = gen.throw(thrown)
                        finally:
                            thrown = None
                        ours = replay is True
                    elif sent is not None:
                        ours = replay is True
                        item = gen.send(sent)
                    elif replay:
                        item = next(gen)
                    else:
                        return (yield from gen)
            except StopIteration as stop:
                if not (ours or delivered):
                    raise  # by on_success: it must not pass for the end
                returned = stop.value
            except catch as exc:
                if not ours:
                    if _is_late(exc):
                        raise (state or CallState(policy, fn)).too_late(exc)
                    raise
                if state is None:
                    state = CallState(policy, fn, args, kwargs)
                verdict = state.failed(exc)
                if verdict is None:
                    raise
                if isinstance(verdict, GiveUp):
                    raise state.error(exc, verdict)
                pause = verdict
            finally:
                gen.close()
            if pause is None:
                if state is not None and (replay or not delivered):
                    state.succeeded()
                return returned
            sent = None
            with pause:
                sleep(pause.seconds)

    return wrapper


def async_generator(fn: Callable[..., AsyncGenerator[Any, Any]], policy: Policy) -> Callable[..., Any]:
    catch, wants_start, tells, replay = policy.catch, policy.wants_start, policy.tells, policy.replay

    async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        state = CallState(policy, fn, args, kwargs) if wants_start else None
        delivered = 0
        while True:
            ours, item, sent, thrown, pause = True, None, None, None, None
            agen = fn(*args, **kwargs)
            starting, skip = True, delivered if replay == "skip" else 0
            try:
                for source in (_FirstItem(agen), agen):
                    async for item in source:
                        if starting:
                            if skip:
                                skip -= 1
                                item = None
                                continue
                            starting = False
                            if not replay:
                                ours = False
                                if state is not None:
                                    await state.asucceeded()
                        while True:
                            delivered += 1
                            try:
                                sent = yield item
                            except BaseException as exc:
                                thrown = exc
                            else:
                                if sent is None:
                                    item = None
                                    break
                            item = None  # nothing delivered is kept
                            if thrown is not None:
                                if isinstance(thrown, GeneratorExit):
                                    state = None  # a consumer that leaves is neither success nor failure
                                ours = False  # what leaves now is the consumer's
                                try:
                                    item = await agen.athrow(thrown)
                                finally:
                                    thrown = None
                                ours = replay is True
                            else:
                                ours = replay is True
                                item = await agen.asend(sent)
            except StopAsyncIteration:
                if not (ours or delivered):
                    raise  # by on_success: it must not pass for the end
            except catch as exc:
                if not ours:
                    if _is_late(exc):
                        raise await (state or CallState(policy, fn)).atoo_late(exc)
                    raise
                if state is None:
                    state = CallState(policy, fn, args, kwargs)
                verdict = await state.afailed(exc) if tells else state.ajudged(exc)
                if verdict is None:
                    raise
                if isinstance(verdict, GiveUp):
                    raise await state.aerror(exc, verdict)
                pause = verdict
            finally:
                await agen.aclose()
            if pause is None:
                if state is not None and (replay or not delivered):
                    await state.asucceeded()
                return
            sent = None
            with pause:
                await async_sleep(pause.seconds)

    return wrapper


def _is_late(exc: Exception) -> bool:
    """Whether this is a `TryAgain` that no attempt can follow, and that must not get out; the consumer's own may."""
    return isinstance(exc, TryAgain) and not thrown_in(exc)


class _FirstItem:
    """Iterates over the first item of an async generator, and keeps the event loop from adopting the generator.

    A loop that shuts down, or that hears of garbage, closes the wrapper, which closes what it wraps. Both at once would
    be an error in its log.
    """

    def __init__(self, agen: AsyncGenerator[Any, Any]) -> None:
        self._agen: AsyncGenerator[Any, Any] | None = agen

    def __aiter__(self) -> _FirstItem:
        return self

    def __anext__(self) -> Awaitable[Any]:
        agen, self._agen = self._agen, None
        if agen is None:
            raise StopAsyncIteration
        hooks = sys.get_asyncgen_hooks()
        if hooks.finalizer is None:
            return agen.__anext__()
        sys.set_asyncgen_hooks(None, _leave_alone)
        try:
            return agen.__anext__()
        finally:
            sys.set_asyncgen_hooks(*hooks)


def _leave_alone(agen: AsyncGenerator[Any, Any]) -> None: ...
