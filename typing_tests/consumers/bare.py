"""Bare `@retry`, without brackets, is for functions."""

from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import assert_type

from anew import retry


@retry
def fetch(url: str, size: int = 1) -> bytes:
    return url.encode()[:size]


@retry
async def fetch_async(url: str) -> bytes:
    return url.encode()


@retry
def rows(table: str) -> Iterator[int]:
    yield len(table)


@retry
async def rows_async(table: str) -> AsyncIterator[int]:
    yield len(table)


class Client:
    @retry
    def get(self, key: str) -> bytes:
        return key.encode()

    @classmethod
    @retry
    def connect(cls, url: str) -> "Client":
        print(url)
        return cls()

    @staticmethod
    @retry
    def parse(body: bytes) -> str:
        return body.decode()

    def __call__(self) -> int:
        return 1


assert_type(fetch("x"), bytes)
assert_type(fetch("x", size=2), bytes)
assert_type(rows("t"), Iterator[int])
assert_type(rows_async("t"), AsyncIterator[int])
assert_type(Client().get("k"), bytes)
assert_type(Client.connect("u"), Client)
assert_type(Client.parse(b""), str)
short: Callable[[], bytes] = retry(lambda: fetch("x"))
assert_type(retry(Client().get)("k"), bytes)

fetch(1)  # E
fetch("x", siz=2)  # E
rows(1)  # E
rows_async(1)  # E
Client().get(1)  # E
Client.connect(1)  # E
Client.parse("")  # E
retry(Client().get)(1)  # E


async def consumer() -> None:
    assert_type(await fetch_async("x"), bytes)
    await fetch_async(1)  # E
    fetch_async("x")  # E: !zuban


# A class is most likely meant as `on`, and the rest cannot be told from a mistake as surely as a function can.
retry(ValueError)  # E
retry(Client)  # E
retry(Client())  # E
retry(partial(fetch, "x"))  # E
retry(fetch, times=3)  # E
retry(fetch, fetch)  # E
retry(fn=fetch)  # E
retry(5)  # E


@retry  # E[class]: !pyrefly
class Decorated:  # E[class]: !pyrefly
    pass
