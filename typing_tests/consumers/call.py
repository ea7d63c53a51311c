"""`policy.call(fn, *args, **kwargs)` takes what `fn` takes and gives what it gives."""

from collections.abc import AsyncIterator, Iterator, Sequence
from functools import partial
from typing import TypeVar, assert_type

from anew import retry

T = TypeVar("T")
policy = retry(times=3, on=OSError)


def fetch(url: str, size: int = 1, *, strict: bool = False) -> bytes:
    return url.encode()[:size] if strict else b""


async def fetch_async(url: str, *, size: int = 1) -> bytes:
    return url.encode()[:size]


def rows(table: str) -> Iterator[int]:
    yield len(table)


async def rows_async(table: str) -> AsyncIterator[int]:
    yield len(table)


def first(items: Sequence[T]) -> T:
    return items[0]


class Client:
    def __init__(self, url: str, *, port: int = 80) -> None:
        self.url = url, port

    def get(self, key: str) -> bytes:
        return key.encode()

    async def get_async(self, key: str) -> bytes:
        return key.encode()

    def __call__(self, key: str) -> bytes:
        return key.encode()


assert_type(policy.call(fetch, "x"), bytes)
assert_type(policy.call(fetch, "x", 2, strict=True), bytes)
assert_type(policy.call(fetch, url="x"), bytes)
policy.call(fetch)  # E
policy.call(fetch, 1)  # E
policy.call(fetch, "x", "2")  # E
policy.call(fetch, "x", 2, True)  # E
policy.call(fetch, "x", siz=2)  # E
policy.call(fetch, "x").encode()  # E
policy.call(fetch("x"))  # E
policy.call()  # E
policy.call("fetch", "x")  # E
policy.call(fn=fetch)  # E

client = policy.call(Client, "u", port=1)
assert_type(client, Client)
assert_type(policy.call(client.get, "k"), bytes)
assert_type(policy.call(client, "k"), bytes)
policy.call(Client)  # E
policy.call(Client, 1)  # E
policy.call(Client, "u", prt=1)  # E
policy.call(client.get, 1)  # E
policy.call(client, 1)  # E

assert_type(policy.call(partial(fetch, "x")), bytes)
assert_type(policy.call(lambda: fetch("x")), bytes)
assert_type(policy.call(len, [1]), int)
assert_type(policy.call(rows, "t"), Iterator[int])
assert_type(policy.call(rows_async, "t"), AsyncIterator[int])
policy.call(lambda: fetch("x"), 1)  # E: !pyrefly
policy.call(len, 1)  # E
policy.call(rows, 1)  # E

# ty loses generics through `call`.
assert_type(policy.call(first, [1]), int)  # E: ty


async def consumer() -> None:
    assert_type(await policy.call(fetch_async, "x"), bytes)
    assert_type(await policy.call(fetch_async, "x", size=1), bytes)
    assert_type(await policy.call(client.get_async, "k"), bytes)
    assert_type(await policy.call(partial(fetch_async, "x")), bytes)
    assert_type(await policy.call(lambda: fetch_async("x")), bytes)
    async for row in policy.call(rows_async, "t"):
        assert_type(row, int)
    await policy.call(fetch_async)  # E
    await policy.call(fetch_async, 1)  # E
    await policy.call(fetch_async, "x", siz=1)  # E
    policy.call(fetch_async, "x").decode()  # E
    await policy.call(fetch, "x")  # E


async def forgotten() -> None:
    policy.call(fetch_async, "x")  # E: !zuban
