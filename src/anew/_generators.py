"""The drivers of generators: call, catch, wait, and be transparent to the consumer.

Law: as in `_drivers`, the same paragraph and no decision. What a consumer sends or throws in reaches the generator, and
what the generator answers reaches the consumer, as if nothing stood between; what was delivered is not kept.

Theory of operation. By default an attempt succeeds with its first item. Only the first step is retried, and after it
the driver passes everything through: `yield from` does that, once the first item has been answered by a plain `next()`.
With `replay` the driver stays in the middle for good and counts positions. An item is new if its position is beyond the
farthest that this call has delivered. Each new item is progress: attempts, waits and `timeout` count from there anew.

A failure is the consumer's, and passes, while something is being thrown in. With `replay="skip"` it also passes after
something was sent or thrown in, because a new run could not repeat that. A generator that yields in answer to a throw
goes on as before. Before each wait, and at each exit, the inner generator is closed; an async one is awaited there.

What is thrown in is handed on outside of its `except`, or else it would be the context of all later failures.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from typing import TYPE_CHECKING, Any

from . import _clock
from ._call import Call, run
from ._callables import refuse_iterators
from ._errors import TryAgain
from ._marks import marks, thrown_in

if TYPE_CHECKING:
    from ._options import Policy


def generator(fn: Callable[..., Generator[Any, Any, Any]], policy: Policy) -> Callable[..., Any]:
    """Return a generator function that retries the first step of `fn`."""
    catch, timed, is_heard = policy.catch, policy.timeout is not None, policy.is_heard

    def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        state, start = None, _clock.monotonic() if timed else 0.0
        while True:
            since, gen = marks.newest, fn(*args, **kwargs)
            try:
                item = next(gen)
                break
            except StopIteration as stop:
                result = stop.value
                if is_heard:
                    run((state or Call(policy, fn)).succeeded())
                return result
            except catch as exc:
                if state is None:
                    state = Call(policy, fn, args, kwargs, start)
                if not run(state.failed(exc, since)):
                    raise
            with state as wait:
                _clock.sleep(wait)
        try:
            if is_heard:
                run((state or Call(policy, fn)).succeeded())
            while True:
                thrown = None
                try:
                    sent = yield item
                except BaseException as exc:
                    thrown = exc
                item = None
                if thrown is None and sent is None:
                    return (yield from gen)
                try:
                    item = gen.send(sent) if thrown is None else gen.throw(thrown)
                except StopIteration as stop:
                    return stop.value
                finally:
                    thrown = None
        except TryAgain as exc:
            if not thrown_in(exc, depth=1):
                run((state or Call(policy, fn, args, kwargs)).failed(exc, since, last=True))
            raise
        finally:
            gen.close()

    return wrapper


def replayed(fn: Callable[..., Generator[Any, Any, Any]], policy: Policy) -> Callable[..., Any]:
    """Return a generator function that starts `fn` over, also after items were delivered."""
    catch, timed, skips = policy.catch, policy.timeout is not None, policy.replay == "skip"

    def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        refuse_iterators(fn, args, kwargs)
        state, start, farthest = None, _clock.monotonic() if timed else 0.0, 0
        while True:
            since, gen = marks.newest, fn(*args, **kwargs)
            position, whose, is_left, is_over, thrown = 0, _OURS, False, True, None
            try:
                while skips and position < farthest:
                    next(gen)
                    position += 1
                item = next(gen)
                while True:
                    position += 1
                    if position > farthest:
                        farthest = position
                        if state is not None:
                            state.progressed()
                        elif timed:
                            start = _clock.monotonic()
                    try:
                        sent = yield item
                    except BaseException as exc:
                        thrown = exc
                    item = None
                    if thrown is None and sent is None:
                        item = next(gen)
                        continue
                    whose, is_left = _UNREPEATABLE if thrown is None else _THROWN, isinstance(thrown, GeneratorExit)
                    try:
                        item = gen.send(sent) if thrown is None else gen.throw(thrown)
                    finally:
                        thrown = sent = None
                    whose = _UNREPEATABLE
            except StopIteration as stop:
                result = stop.value
            except catch as exc:
                last = _is_last(exc, whose, skips)
                if last is None:
                    raise
                if state is None:
                    state = Call(policy, fn, args, kwargs, start)
                if not run(state.failed(exc, since, last=last)):
                    raise
                is_over = False
            finally:
                gen.close()
            if is_over or state is None:
                if policy.is_heard and not is_left:
                    run((state or Call(policy, fn)).succeeded())
                return result
            with state as wait:
                _clock.sleep(wait)

    return wrapper


def async_generator(fn: Callable[..., AsyncGenerator[Any, Any]], policy: Policy) -> Callable[..., Any]:
    """Return an async generator function that retries the first step of `fn`."""
    catch, timed, is_heard = policy.catch, policy.timeout is not None, policy.is_heard

    async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        state, start = None, _clock.monotonic() if timed else 0.0
        while True:
            since, agen = marks.newest, fn(*args, **kwargs)
            try:
                item = await _first_step(agen)
                break
            except StopAsyncIteration:
                if is_heard:
                    await (state or Call(policy, fn, in_task=True)).succeeded()
                return
            except catch as exc:
                if state is None:
                    state = Call(policy, fn, args, kwargs, start, in_task=True)
                if not await state.failed(exc, since):
                    raise
            with state as wait:
                await _clock.async_sleep(wait)
        try:
            if is_heard:
                await (state or Call(policy, fn, in_task=True)).succeeded()
            while True:
                thrown = None
                try:
                    sent = yield item
                except BaseException as exc:
                    thrown = exc
                item = None
                try:
                    item = await (agen.asend(sent) if thrown is None else agen.athrow(thrown))
                except StopAsyncIteration:
                    return
                finally:
                    thrown = None
        except TryAgain as exc:
            if not thrown_in(exc, depth=1):
                await (state or Call(policy, fn, args, kwargs, in_task=True)).failed(exc, since, last=True)
            raise
        finally:
            await agen.aclose()

    return wrapper


def async_replayed(fn: Callable[..., AsyncGenerator[Any, Any]], policy: Policy) -> Callable[..., Any]:
    """Return a generator function that starts `fn` over, also after items were delivered."""
    catch, timed, skips = policy.catch, policy.timeout is not None, policy.replay == "skip"

    async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        refuse_iterators(fn, args, kwargs)
        state, start, farthest = None, _clock.monotonic() if timed else 0.0, 0
        while True:
            since, agen = marks.newest, fn(*args, **kwargs)
            position, whose, is_left, is_over, thrown = 0, _OURS, False, True, None
            try:
                item = await _first_step(agen)
                while skips and position < farthest:
                    item = None
                    item = await anext(agen)
                    position += 1
                while True:
                    position += 1
                    if position > farthest:
                        farthest = position
                        if state is not None:
                            state.progressed()
                        elif timed:
                            start = _clock.monotonic()
                    try:
                        sent = yield item
                    except BaseException as exc:
                        thrown = exc
                    item = None
                    if thrown is None and sent is None:
                        item = await anext(agen)
                        continue
                    whose, is_left = _UNREPEATABLE if thrown is None else _THROWN, isinstance(thrown, GeneratorExit)
                    try:
                        item = await (agen.asend(sent) if thrown is None else agen.athrow(thrown))
                    finally:
                        thrown = sent = None
                    whose = _UNREPEATABLE
            except StopAsyncIteration:
                pass
            except catch as exc:
                last = _is_last(exc, whose, skips)
                if last is None:
                    raise
                if state is None:
                    state = Call(policy, fn, args, kwargs, start, in_task=True)
                if not await state.failed(exc, since, last=last):
                    raise
                is_over = False
            finally:
                await agen.aclose()
            if is_over or state is None:
                if policy.is_heard and not is_left:
                    await (state or Call(policy, fn, in_task=True)).succeeded()
                return
            with state as wait:
                await _clock.async_sleep(wait)

    return wrapper


# Whose a failure would be.
_OURS, _UNREPEATABLE, _THROWN = "ours", "after something was sent or thrown in", "the consumer's"


def _is_last(exc: Exception, whose: str, skips: bool) -> bool | None:
    """Whether no attempt can follow this failure; `None`: it passes. A `TryAgain` must not get out of a generator."""
    if whose is _OURS or (whose is _UNREPEATABLE and not skips):
        return False
    is_late = isinstance(exc, TryAgain) and not (whose is _THROWN and thrown_in(exc, depth=1))
    return True if is_late else None


def _first_step(agen: AsyncGenerator[Any, Any]) -> Awaitable[Any]:
    """Return the first step of an async generator, and keep the event loop from adopting the generator.

    A loop that shuts down, or that hears of garbage, closes the wrapper, which closes what it wraps. Both at once would
    be an error in its log.
    """
    hooks = sys.get_asyncgen_hooks()
    if hooks.finalizer is None:
        return anext(agen)
    sys.set_asyncgen_hooks(None, _leave_alone)
    try:
        return anext(agen)
    finally:
        sys.set_asyncgen_hooks(*hooks)


def _leave_alone(agen: AsyncGenerator[Any, Any]) -> None: ...
