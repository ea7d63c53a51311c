"""What is retried still fits the protocols and `Callable` types that it fitted before."""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from typing import Any, Protocol

from anew import retry


class Fetch(Protocol):
    def __call__(self, url: str, *, size: int = 1) -> bytes: ...


class FetchAsync(Protocol):
    async def __call__(self, url: str, *, size: int = 1) -> bytes: ...


class Named(Protocol):
    __name__: str

    def __call__(self, url: str) -> bytes: ...


@retry(times=3)
def fetch(url: str, *, size: int = 1) -> bytes:
    return url.encode()[:size]


@retry(times=3)
async def fetch_async(url: str, *, size: int = 1) -> bytes:
    return url.encode()[:size]


@retry(times=3)
def rows(table: str) -> Iterator[int]:
    yield len(table)


@retry(times=3)
async def rows_async(table: str) -> AsyncIterator[int]:
    yield len(table)


a: Fetch = fetch
b: Callable[[str], bytes] = fetch
c: FetchAsync = fetch_async
d: Callable[[str], Awaitable[bytes]] = fetch_async
e: Callable[[str], Coroutine[Any, Any, bytes]] = fetch_async
f: Callable[[str], Iterator[int]] = rows
g: Callable[[str], AsyncIterator[int]] = rows_async
h: Callable[..., object] = fetch
i: Named = fetch

j: FetchAsync = fetch  # E
k: Fetch = fetch_async  # E
l1: Callable[[int], bytes] = fetch  # E
m: Callable[[str], str] = fetch  # E
n: Callable[[str], bytes] = fetch_async  # E
o: Callable[[], bytes] = fetch  # E
p: Callable[[str], Iterator[str]] = rows  # E
q: Callable[[str], Awaitable[int]] = rows_async  # E


class Store(Protocol):
    def get(self, key: str) -> bytes: ...
    async def fetch(self, key: str) -> bytes: ...
    @property
    def size(self) -> int: ...


class Fine:
    @retry(times=3)
    def get(self, key: str) -> bytes:
        return key.encode()

    @retry(times=3)
    async def fetch(self, key: str) -> bytes:
        return key.encode()

    @property
    @retry(times=3)
    def size(self) -> int:
        return 1


class Wrong:
    @retry(times=3)
    def get(self, key: int) -> bytes:
        return b"x" * key

    @retry(times=3)
    def fetch(self, key: str) -> bytes:
        return key.encode()

    @property
    @retry(times=3)
    def size(self) -> int:
        return 1


store: Store = Fine()
not_a_store: Store = Wrong()  # E
