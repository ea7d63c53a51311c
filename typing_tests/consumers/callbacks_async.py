"""Async callbacks are for async callables; sync callbacks are for everything."""

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Coroutine, Iterator
from functools import partial
from typing import Any, assert_type

from anew import Retry, RetryError, retry


async def failed_async(num: int, exc: Exception) -> None:
    print(num, exc)


async def succeeded_async(attempts: int) -> None:
    print(attempts)


async def gave_up_async(error: RetryError) -> None:
    print(error)


async def value_error_async(num: int, exc: ValueError) -> None:
    print(num, exc)


async def counting_async(num: int, exc: Exception) -> int:
    return num


async def one_async(num: int) -> None:
    print(num)


def failed(num: int, exc: Exception) -> None:
    print(num, exc)


def succeeded(attempts: int) -> None:
    print(attempts)


def plain(url: str) -> bytes:
    return url.encode()


async def coroutine(url: str) -> bytes:
    return url.encode()


def rows(table: str) -> Iterator[int]:
    yield len(table)


async def rows_async(table: str) -> AsyncIterator[int]:
    yield len(table)


async def pages_async(table: str) -> AsyncIterable[int]:
    yield len(table)


class Client:
    def __call__(self, url: str) -> bytes:
        return url.encode()


class AsyncClient:
    async def __call__(self, url: str) -> bytes:
        return url.encode()


class AsyncPages:
    async def __call__(self, table: str) -> AsyncIterable[int]:
        yield len(table)


# Accepted on what is async, which keeps its type.
@retry(on_retry=failed_async, on_success=succeeded_async, on_failure=gave_up_async)
async def decorated(url: str) -> bytes:
    return url.encode()


@retry(on=ValueError, on_retry=value_error_async)
async def decorated_rows(table: str) -> AsyncIterator[int]:
    yield len(table)


@retry(on_retry=failed_async)
async def decorated_pages(table: str) -> AsyncIterable[int]:
    yield len(table)


class Store:
    @retry(on_failure=gave_up_async)
    async def get(self, key: str) -> bytes:
        return key.encode()


policy = retry(on_retry=failed_async)
assert_type(decorated_rows("t"), AsyncIterator[int])
assert_type(policy(rows_async)("t"), AsyncIterator[int])
assert_type(decorated_pages("t"), AsyncIterable[int])
assert_type(policy(pages_async)("t"), AsyncIterable[int])
assert_type(policy(AsyncPages())("t"), AsyncIterable[int])
policy(rows_async)(1)  # E
policy(pages_async)(1)  # E
policy(AsyncPages())(1)  # E
decorated(1)  # E
Store().get(1)  # E


async def consumer() -> None:
    assert_type(await decorated("x"), bytes)
    assert_type(await Store().get("k"), bytes)
    assert_type(await policy(coroutine)("x"), bytes)
    assert_type(await policy(AsyncClient())("x"), bytes)
    assert_type(await policy(partial(coroutine, "x"))(), bytes)
    assert_type(await policy.call(coroutine, "x"), bytes)
    assert_type(await policy.call(AsyncClient(), "x"), bytes)


# Refused on what is not.
retry(on_retry=failed_async)(plain)  # E
retry(on_success=succeeded_async)(plain)  # E
retry(on_failure=gave_up_async)(plain)  # E
retry(on=ValueError, on_retry=value_error_async)(plain)  # E
retry(on=ValueError, on_success=succeeded_async)(plain)  # E
retry(on=ValueError, on_failure=gave_up_async)(plain)  # E
retry(on_retry=counting_async)(plain)  # E
policy(plain)  # E
policy(rows)  # E
policy(Client())  # E
policy(partial(plain, "x"))  # E
policy(len)  # E
policy(lambda: 5)  # E
policy.call(plain, "x")  # E
policy.call(Client(), "x")  # E
policy.call(lambda: 5)  # E
policy.call(Client)  # E


@retry(on_retry=failed_async)  # E
def wrong(url: str) -> bytes:
    return url.encode()


class Wrong:
    @retry(on_retry=failed_async)  # E
    def get(self, key: str) -> bytes:
        return key.encode()


# An async callback must fit like a sync one.
retry(on=OSError, on_retry=value_error_async)  # E
retry(on_retry=one_async)  # E
retry(on_failure=succeeded_async)  # E

# Both kinds together: as strict as the async one.
mixed = retry(on_retry=failed_async, on_success=succeeded)
mixed(plain)  # E
mixed_too = retry(on_retry=failed, on_success=succeeded_async)
mixed_too(plain)  # E


async def mixed_consumer() -> None:
    assert_type(await mixed(coroutine)("x"), bytes)
    assert_type(await mixed_too(coroutine)("x"), bytes)


# Sync callbacks are for everything.
@retry(on_retry=failed)
def sync_on_sync(url: str) -> bytes:
    return url.encode()


@retry(on_retry=failed)
async def sync_on_async(url: str) -> bytes:
    return url.encode()


@retry(on_retry=failed)
def sync_on_rows(table: str) -> Iterator[int]:
    yield len(table)


@retry(on_retry=failed)
async def sync_on_rows_async(table: str) -> AsyncIterator[int]:
    yield len(table)


assert_type(sync_on_sync("x"), bytes)
assert_type(sync_on_rows("t"), Iterator[int])
assert_type(sync_on_rows_async("t"), AsyncIterator[int])


# How a policy is annotated.
def takes_any(policy: Retry) -> None:
    assert_type(policy(plain)("x"), bytes)


def takes_async(policy: Retry[Awaitable[None]]) -> None:
    policy(coroutine)
    policy(plain)  # E


takes_any(retry(on_retry=failed))
takes_any(retry(times=3))
takes_any(policy)  # E
takes_async(policy)
takes_async(retry(on_retry=failed_async))

assert_type(retry(times=3), Retry)
assert_type(retry(times=3), Retry[None])
assert_type(retry(on_retry=failed), Retry[None])
assert_type(retry(on=ValueError, on_success=succeeded), Retry[None])
explicit: Retry[Coroutine[Any, Any, None]] = retry(on_retry=failed_async)
