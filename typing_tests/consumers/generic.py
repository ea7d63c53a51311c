"""Type variables, overloads, `Self`, narrowing and deprecation pass through."""

from collections.abc import Callable, Sequence
from typing import Concatenate, Generic, ParamSpec, TypeGuard, TypeVar, assert_type, overload

from typing_extensions import TypeIs, deprecated

from anew import retry

T = TypeVar("T")
N = TypeVar("N", int, str)
P = ParamSpec("P")


@retry(times=3)
def first(items: Sequence[T], default: T) -> T:
    return items[0] if items else default


assert_type(first([1], 2), int)
assert_type(first(["a"], "b"), str)

first(1, 2)  # E


@retry(times=3)
async def first_async(items: Sequence[T]) -> T:
    return items[0]


@retry(times=3)
def doubled(value: N) -> N:
    return value + value


assert_type(doubled(1), int)
assert_type(doubled("a"), str)

doubled(1.0)  # E


@overload
def parse(value: str) -> int: ...
@overload
def parse(value: bytes) -> float: ...
@retry(times=3)
def parse(value: str | bytes) -> int | float:
    return len(value)


assert_type(parse("x"), int)
assert_type(parse(b"x"), float)

parse(1)  # E


@overload
def load(value: str) -> int: ...
@overload
def load(value: bytes) -> float: ...
def load(value: str | bytes) -> int | float:
    return len(value)


retried_load = retry(times=3)(load)
assert_type(retried_load("x"), int)
assert_type(retried_load(b"x"), float)

retried_load(1)  # E


@retry(times=3)
def apply(fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    return fn(*args, **kwargs)


def half(number: int) -> float:
    return number / 2


assert_type(apply(half, 1), float)

apply(half, "1")  # E
apply(half)  # E


@retry(times=3)
def with_session(fn: Callable[Concatenate[str, P], T]) -> Callable[P, T]:
    def inner(*args: P.args, **kwargs: P.kwargs) -> T:
        return fn("session", *args, **kwargs)

    return inner


def query(session: str, table: int) -> bytes:
    return session.encode()[:table]


assert_type(with_session(query)(1), bytes)

with_session(query)("x")  # E
with_session(half)  # E


@retry(times=3)
def is_text(value: object) -> TypeIs[str]:
    return isinstance(value, str)


@retry(times=3)
def are_texts(values: list[object]) -> TypeGuard[list[str]]:
    return all(isinstance(value, str) for value in values)


def narrowed(value: int | str, values: list[object]) -> None:
    if is_text(value):
        assert_type(value, str)
    else:
        assert_type(value, int)
    if are_texts(values):
        assert_type(values, list[str])


@retry(times=3)
@deprecated("use fetch()")
def get(url: str) -> bytes:
    return url.encode()


@deprecated("use fetch()")
@retry(times=3)
def got(url: str) -> bytes:
    return url.encode()


get("x")  # E
got("x")  # E


class Cache(Generic[T]):
    def __init__(self, value: T) -> None:
        self.value = value

    @retry(times=3)
    def get(self, default: T) -> T:
        return self.value or default

    @retry(times=3)
    def pair(self, other: N) -> tuple[T, N]:
        return self.value, other


assert_type(Cache(1).get(2), int)
assert_type(Cache(1).pair("a"), tuple[int, str])

Cache(1).get("a")  # E


async def consumer() -> None:
    assert_type(await first_async([1]), int)
    await first_async(1)  # E
