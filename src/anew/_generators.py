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

from . import _clock, _marks
from ._call import Call, run
from ._callables import refuse_iterators
from ._errors import TryAgain
from ._marks import thrown_in

if TYPE_CHECKING:
    from ._options import Policy


def generator(fn: Callable[..., Generator[Any, Any, Any]], policy: Policy) -> Callable[..., Any]:
    """Return a generator function that retries the first step of `fn`."""
    catch, is_heard = policy.catch, policy.is_heard

    def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        state, start = None, _clock.monotonic()
        while True:
            since, gen = _marks.newest, fn(*args, **kwargs)
            try:
                item = next(gen)
                break
            except StopIteration as stop:
                if is_heard:
                    run((state or Call(policy, fn)).succeeded())
                return stop.value
            except catch as exc:
                state = state or Call(policy, fn, args, kwargs, start)
                if not run(state.failed(exc, since)):
                    raise
            with state as wait:
                _clock.sleep(wait)
        try:
            if is_heard:
                run((state or Call(policy, fn)).succeeded())
            while True:
                sent = thrown = None
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


class _Stream(Call):
    """A call of a replayed generator, which knows whose a failure is: the generator's own, or the consumer's."""

    __slots__ = ("_farthest", "_is_thrown", "_is_unlike", "_position", "is_left")

    def begin(self) -> int:
        """Begin a run, and return how many items it repeats."""
        self._farthest: int = getattr(self, "_farthest", 0)
        self._is_unlike = self._is_thrown = self.is_left = False
        self._position = self._farthest if self.policy.replay == "skip" else 0
        return self._position

    def deliver(self) -> None:
        """Count an item, when the consumer comes back: the time that the item took the consumer is not ours."""
        self._is_thrown = False
        self._position += 1
        if self._position > self._farthest:
            self._farthest = self._position
            # Attempts, waits and time count from each new item.
            self._earlier += self._num
            self._num, self._waited, self._previous, self.start = 0, 0.0, self.policy.delay, _clock.monotonic()

    def interrupt(self, thrown: BaseException | None) -> None:
        """Hear that the consumer sends something, or throws it in."""
        self._is_unlike, self._is_thrown, self.is_left = True, thrown is not None, isinstance(thrown, GeneratorExit)

    async def failed(self, caught: Exception, since: int, *, last: bool = False, owner: object = None) -> bool:
        """Judge a failure. The consumer's passes; a `TryAgain` of the generator's own never gets out."""
        last = self._is_thrown or (self._is_unlike and self.policy.replay == "skip")
        is_own = issubclass(type(caught), TryAgain) and not (self._is_thrown and thrown_in(caught, depth=1))
        return (is_own or not last) and await super().failed(caught, since, last=last, owner=owner)


def replayed(fn: Callable[..., Generator[Any, Any, Any]], policy: Policy) -> Callable[..., Any]:
    """Return a generator function that starts `fn` over, also after items were delivered."""

    def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        refuse_iterators(fn, args, kwargs)
        state = _Stream(policy, fn, args, kwargs, _clock.monotonic())
        sent = thrown = None
        while True:
            since, gen = _marks.newest, fn(*args, **kwargs)
            try:
                for _ in range(state.begin()):
                    next(gen)
                item = next(gen)
                while True:
                    try:
                        sent = yield item
                    except BaseException as exc:
                        thrown = exc
                    item = None
                    state.deliver()
                    if thrown is not None or sent is not None:
                        state.interrupt(thrown)
                    try:
                        item = gen.send(sent) if thrown is None else gen.throw(thrown)
                    finally:
                        thrown = sent = None
            except StopIteration as stop:
                if policy.is_heard and not state.is_left:
                    run(state.succeeded())
                return stop.value
            except policy.catch as exc:
                if not run(state.failed(exc, since)):
                    raise
            finally:
                gen.close()
            with state as wait:
                _clock.sleep(wait)

    return wrapper


def async_generator(fn: Callable[..., AsyncGenerator[Any, Any]], policy: Policy) -> Callable[..., Any]:
    """Return an async generator function that retries the first step of `fn`."""
    catch, is_heard = policy.catch, policy.is_heard

    async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        state, start = None, _clock.monotonic()
        while True:
            since, agen = _marks.newest, fn(*args, **kwargs)
            try:
                item = await _first_step(agen)
                break
            except StopAsyncIteration:
                if is_heard:
                    await (state or Call(policy, fn, in_task=True)).succeeded()
                return
            except catch as exc:
                state = state or Call(policy, fn, args, kwargs, start, in_task=True)
                if not await state.failed(exc, since):
                    raise
            with state as wait:
                await _clock.async_sleep(wait)
        try:
            if is_heard:
                await (state or Call(policy, fn, in_task=True)).succeeded()
            while True:
                sent = thrown = None
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
    """Return an async generator function that starts `fn` over, also after items were delivered."""

    async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        refuse_iterators(fn, args, kwargs)
        state = _Stream(policy, fn, args, kwargs, _clock.monotonic(), in_task=True)
        sent = thrown = None
        while True:
            since, agen = _marks.newest, fn(*args, **kwargs)
            try:
                skip = state.begin()
                item = await _first_step(agen)
                for _ in range(skip):
                    item = None
                    item = await anext(agen)
                while True:
                    try:
                        sent = yield item
                    except BaseException as exc:
                        thrown = exc
                    item = None
                    state.deliver()
                    if thrown is not None or sent is not None:
                        state.interrupt(thrown)
                    try:
                        item = await (agen.asend(sent) if thrown is None else agen.athrow(thrown))
                    finally:
                        thrown = sent = None
            except StopAsyncIteration:
                if policy.is_heard and not state.is_left:
                    await state.succeeded()
                return
            except policy.catch as exc:
                if not await state.failed(exc, since):
                    raise
            finally:
                await agen.aclose()
            with state as wait:
                await _clock.async_sleep(wait)

    return wrapper


def _first_step(agen: AsyncGenerator[Any, Any]) -> Awaitable[Any]:
    """Return the first step of an async generator, and keep the event loop from adopting the generator.

    A loop that shuts down, or that hears of garbage, closes the wrapper, which closes what it wraps. Both at once would
    be an error in its log.
    """
    hooks = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(None, hooks.finalizer and (lambda _: None))
    try:
        return anext(agen)
    finally:
        sys.set_asyncgen_hooks(*hooks)
