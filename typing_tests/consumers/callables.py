"""Callables that are not functions come back as `Callable` with their own signature."""

from collections.abc import Callable, Coroutine
from functools import partial
from operator import itemgetter
from typing import Any, assert_type

from anew import retry

policy = retry(times=3)


def fetch(url: str, size: int) -> bytes:
    return url.encode()[:size]


async def fetch_async(url: str, size: int) -> bytes:
    return url.encode()[:size]


class Fetcher:
    def __call__(self, url: str, *, size: int = 1) -> bytes:
        return url.encode()[:size]


class AsyncFetcher:
    async def __call__(self, url: str, *, size: int = 1) -> bytes:
        return url.encode()[:size]


fetcher = policy(Fetcher())
assert_type(fetcher("x"), bytes)
assert_type(fetcher("x", size=1), bytes)
fetcher(1)  # E
fetcher("x", siz=1)  # E
fetcher()  # E

fetcher_async = policy(AsyncFetcher())
fetcher_async(1)  # E

part = policy(partial(fetch, "x"))
assert_type(part(1), bytes)

# pyright tells protocols that partials with the same return type are the same: it must not come to a protocol.
part_other = policy(partial(fetch, "x", 1))
assert_type(part_other(), bytes)

part_async = policy(partial(fetch_async, "x"))
part_other_async = policy(partial(fetch_async, "x", 1))

# Annotated, because mypy calls a lambda untyped where it is called.
short: Callable[[], bytes] = policy(lambda: fetch("x", 1))
wrong: Callable[[int], bytes] = policy(lambda: fetch("x", 1))  # E

size = policy(len)
assert_type(size([1]), int)
size(1)  # E

assert_type(policy(bool)(1), bool)


def declared(fn: Callable[[int], str], coroutine_fn: Callable[[int], Coroutine[Any, Any, str]]) -> None:
    assert_type(policy(fn), Callable[[int], str])
    assert_type(policy(coroutine_fn), Callable[[int], Coroutine[Any, Any, str]])
    policy(fn)("x")  # E
    policy(coroutine_fn)("x")  # E
    other: Callable[[str], str] = policy(fn)  # E
    print(other)


def anything(fn: Callable[..., int]) -> None:
    assert_type(policy(fn)("whatever", you=1), int)


async def consumer() -> None:
    assert_type(await fetcher_async("x"), bytes)
    assert_type(await part_async(1), bytes)
    assert_type(await part_other_async(), bytes)
    assert_type(await policy(AsyncFetcher())("x", size=1), bytes)
    fetcher_async("x").decode()  # E
    fetcher_async("x")  # E: !zuban


policy(itemgetter(1))
