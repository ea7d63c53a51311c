"""
What one would write without a library: the pass-through decorator and the retry loop, for each kind of function.
"""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Generator
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S")
R = TypeVar("R")


def passing(fn: Callable[P, T]) -> Callable[P, T]:
    """
    The least that a decorator can do.
    """

    @wraps(fn)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        return fn(*args, **kwargs)

    return wrapper


def passing_async(fn: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    @wraps(fn)
    async def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        return await fn(*args, **kwargs)

    return wrapper


def passing_generator(fn: Callable[P, Generator[T, S, R]]) -> Callable[P, Generator[T, S, R]]:
    @wraps(fn)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> Generator[T, S, R]:
        return (yield from fn(*args, **kwargs))

    return wrapper


def passing_async_generator(fn: Callable[P, AsyncGenerator[T, S | None]]) -> Callable[P, AsyncGenerator[T, S | None]]:
    """
    There is no `yield from` here: being faithful takes stepping by hand.
    """

    @wraps(fn)
    async def wrapper(*args: P.args, **kwargs: P.kwargs) -> AsyncGenerator[T, S | None]:
        inner = fn(*args, **kwargs)
        try:
            try:
                item = await inner.__anext__()
                while True:
                    try:
                        sent = yield item
                    except GeneratorExit:
                        raise
                    except BaseException as thrown:
                        item = await inner.athrow(thrown)
                    else:
                        item = await inner.asend(sent)
            except StopAsyncIteration:
                return
        finally:
            await inner.aclose()

    return wrapper


def unfaithful_async_generator(fn: Callable[P, AsyncIterator[T]]) -> Callable[P, AsyncIterator[T]]:
    """
    What is usually written instead; it loses `asend` and `athrow`.
    """

    @wraps(fn)
    async def wrapper(*args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
        async for item in fn(*args, **kwargs):
            yield item

    return wrapper


# The loop where it is needed, around the work.
BLOCK = """
for attempt in range(3):
    try:
        fn()
        break
    except Exception:
        if attempt == 2:
            raise
"""


def looping(
    fn: Callable[P, T], times: int = 3, delay: float = 0.0, log: Callable[..., None] | None = None
) -> Callable[P, T]:
    """
    A retry loop; without the `if`, `time.sleep(0)` would be a system call and hide what is measured.
    """

    @wraps(fn)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        attempt = 1
        while True:
            try:
                return fn(*args, **kwargs)
            except Exception as exc:
                if attempt == times:
                    raise
                if log is not None:
                    log("attempt %d failed: %r", attempt, exc)
            if delay:
                time.sleep(delay * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))
            attempt += 1

    return wrapper


def looping_async(
    fn: Callable[P, Coroutine[Any, Any, T]], times: int = 3, delay: float = 0.0
) -> Callable[P, Coroutine[Any, Any, T]]:
    @wraps(fn)
    async def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        attempt = 1
        while True:
            try:
                return await fn(*args, **kwargs)
            except Exception:
                if attempt == times:
                    raise
            await asyncio.sleep(delay * 2 ** (attempt - 1))
            attempt += 1

    return wrapper


def forwarding(fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """
    The pass-through without a decorator.
    """
    return fn(*args, **kwargs)


def looping_call(fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """
    The loop without a decorator.
    """
    attempt = 1
    while True:
        try:
            return fn(*args, **kwargs)
        except Exception:
            if attempt == 3:
                raise
        attempt += 1


def bounded(fn: Callable[P, T], timeout: float = 30.0) -> Callable[P, T]:
    """
    A retry loop with an end in time: it must ask for the time before the first call.
    """

    @wraps(fn)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        start = time.monotonic()
        attempt = 1
        while True:
            try:
                return fn(*args, **kwargs)
            except Exception:
                if attempt == 3 or time.monotonic() - start > timeout:
                    raise
            attempt += 1

    return wrapper


def hearing(fn: Callable[P, T], on_success: Callable[[int], Any]) -> Callable[P, T]:
    """
    A retry loop that tells of success.
    """

    @wraps(fn)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        attempt = 1
        while True:
            try:
                result = fn(*args, **kwargs)
            except Exception:
                if attempt == 3:
                    raise
            else:
                on_success(attempt)
                return result
            attempt += 1

    return wrapper
