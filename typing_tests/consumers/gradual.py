"""`Any` in a signature does not cost the rest of it."""

from collections.abc import Callable
from typing import Any, Self, TypeGuard, TypeVar, assert_type, overload

from typing_extensions import deprecated

from anew import retry

T = TypeVar("T")


@retry(times=3)
def fetch(url: str, *args: Any, **kwargs: Any) -> bytes:
    return url.encode()


@retry(times=3)
async def fetch_async(url: str, body: Any = None, **kwargs: Any) -> dict[str, Any]:
    return {url: body}


@retry(times=3)
def parse(text: str) -> Any:
    return text


class Client:
    @retry(times=3)
    def using(self, anything: Any) -> Self:
        return self


class Special(Client):
    pass


@retry(times=3)
@deprecated("use fetch()")
def get(url: str, body: Any = None) -> bytes:
    return url.encode()


assert_type(fetch("x", 1, more=2), bytes)
assert_type(parse("x"), Any)
assert_type(Special().using(1), Special)
fetch(1)  # E
fetch()  # E
parse(1)  # E
Client().using()  # E
get("x")  # E


async def consumer() -> None:
    assert_type(await fetch_async("x", 1, more=2), dict[str, Any])
    await fetch_async(1)  # E


def declared(fn: Callable[..., int], other: Callable[[Any], int]) -> None:
    assert_type(retry(times=3)(fn)(1), int)
    assert_type(retry(times=3)(other)(1), int)
    retry(times=3)(other)()  # E


# mypy asks all overloads of a policy if there is an Any, and gives up when they do not agree. They do above; they
# do not for functions that are generic, overloaded or narrowing as well.
@overload
def read(name: str, options: Any) -> int: ...
@overload
def read(name: bytes, options: Any) -> float: ...
def read(name: str | bytes, options: Any) -> int | float:
    return len(name)


@retry(times=3)
def load(anything: Any, default: T) -> T:
    print(anything)
    return default


assert_type(load(1, [2]), list[int])  # E: mypy
load(1)  # E

retried_read = retry(times=3)(read)
assert_type(retried_read("x", 1), int)  # E: mypy
assert_type(retried_read(b"x", 1), float)  # E: mypy
retried_read(1, 1)  # E: !mypy


@retry(times=3)
def are_texts(values: list[Any]) -> TypeGuard[list[str]]:
    return all(isinstance(value, str) for value in values)


def narrowed(values: list[Any]) -> None:
    if are_texts(values):  # E: mypy
        assert_type(values, list[str])  # E: mypy


# Bare, there is one overload only.
bare_read = retry(read)
assert_type(bare_read("x", 1), int)
assert_type(bare_read(b"x", 1), float)
bare_read(1, 1)  # E
