"""Other decorators above and below, and `retry` twice."""

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from functools import cache, lru_cache, partial, wraps
from typing import ParamSpec, TypeVar, assert_type

from anew import retry

P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
@retry(times=3)
def session(url: str) -> Generator[int]:
    yield len(url)


@asynccontextmanager
@retry(times=3)
async def session_async(url: str) -> AsyncGenerator[int]:
    yield len(url)


with session("u") as opened:
    assert_type(opened, int)

session(1)  # E
with session_async("u"):  # E
    pass


async def consumer() -> None:
    async with session_async("u") as opened:
        assert_type(opened, int)
    session_async(1)  # E
    with session_async("u"):  # E
        pass


# Below: a retried context manager is created again, and remains one.
@retry(times=3)
@contextmanager
def below(url: str) -> Generator[int]:
    yield len(url)


with below("u") as value:
    assert_type(value, int)

below(1)  # E


@cache
@retry(times=3)
def cached(url: str) -> bytes:
    return url.encode()


@lru_cache(maxsize=10)
@retry
def cached_too(url: str) -> bytes:
    return url.encode()


@retry(times=3)
@cache
def cached_below(url: str) -> bytes:
    return url.encode()


assert_type(cached("x"), bytes)
assert_type(cached_too("x"), bytes)
assert_type(cached_below("x"), bytes)
cached.cache_clear()


@retry(times=3, on=ConnectionError)
@retry(times=2, on=TimeoutError)
def twice(url: str) -> bytes:
    return url.encode()


@retry(times=3, on=ConnectionError)
@retry
async def twice_async(url: str) -> bytes:
    return url.encode()


assert_type(twice("x"), bytes)
twice(1)  # E


def logged(fn: Callable[P, T]) -> Callable[P, T]:
    @wraps(fn)
    def inner(*args: P.args, **kwargs: P.kwargs) -> T:
        return fn(*args, **kwargs)

    return inner


@logged
@retry(times=3)
def logged_above(url: str) -> bytes:
    return url.encode()


@retry(times=3)
@logged
def logged_below(url: str) -> bytes:
    return url.encode()


assert_type(logged_above("x"), bytes)
assert_type(logged_below("x"), bytes)
assert_type(partial(twice, "x")(), bytes)
assert_type(list(map(twice, ["x"])), list[bytes])
logged_above(1)  # E
logged_below(1)  # E
map(twice, [1])  # E


async def consumer_twice() -> None:
    assert_type(await twice_async("x"), bytes)
    await twice_async(1)  # E
