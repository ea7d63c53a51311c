"""`policy.call` of what returns an awaitable is a coroutine of its result, and of what returns a value is the value."""

import asyncio
import concurrent.futures
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine, Generator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, NoReturn, Protocol, Self, TypeVar, assert_type

from typing_extensions import override

from anew import Retry, retry

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
R_contra = TypeVar("R_contra", contravariant=True)


async def tell(num: int, exc: Exception) -> None:
    print(num, exc)


policy = retry(times=3)
async_policy = retry(on_retry=tell)


async def fetch(url: str) -> bytes:
    return url.encode()


def fetch_later(url: str) -> Awaitable[bytes]:
    return fetch(url)


def fetch_future(url: str) -> asyncio.Future[bytes]:
    return asyncio.ensure_future(fetch(url))


def fetch_task(url: str) -> asyncio.Task[bytes]:
    return asyncio.create_task(fetch(url))


def fetch_coroutine(url: str) -> Coroutine[Any, Any, bytes]:
    return fetch(url)


def submit(url: str) -> concurrent.futures.Future[bytes]:
    return concurrent.futures.ThreadPoolExecutor().submit(url.encode)


def anything(url: str) -> Any:
    return url


async def anything_async(url: str) -> Any:
    return url


def never(url: str) -> NoReturn:
    raise OSError(url)


async def never_async(url: str) -> NoReturn:
    raise OSError(url)


async def first_async(items: list[T]) -> T:
    return items[0]


def first_later(items: list[T]) -> Awaitable[T]:
    return first_async(items)


def perhaps(url: str) -> Awaitable[bytes] | None:
    return fetch(url) if url else None


def table(url: str) -> dict[str, Any]:
    return {url: url}


async def rows(url: str) -> AsyncIterator[int]:
    yield len(url)


@asynccontextmanager
async def connected(url: str) -> AsyncGenerator[bytes]:
    yield url.encode()


class Response:
    async def read(self) -> bytes:
        return bytes(id(self))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        print(exc_info)


# Awaitable, and an async context manager: as requests of aiohttp and connections of SQLAlchemy.
class Request(Awaitable[T_co]):
    def __init__(self, result: T_co) -> None:
        self._result = result

    @override
    def __await__(self) -> Generator[Any, None, T_co]:
        yield
        return self._result

    async def __aenter__(self) -> T_co:
        return self._result

    async def __aexit__(self, *exc_info: object) -> None:
        print(exc_info)


# As pools of asyncpg, by their looks alone.
class Pool:
    def __await__(self) -> Generator[Any, None, "Pool"]:
        yield
        return self

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        print(exc_info)

    def size(self) -> int:
        return id(self)


def create_pool(dsn: str, *, size: int = 1, **connect: Any) -> Pool:
    return Pool()


class Session:
    def get(self, url: str, *, size: int = 1) -> Request[Response]:
        return Request(Response())

    # As aiohttp declares it.
    def post(self, url: str, *, data: Any = None, **kwargs: Any) -> Request[Response]:
        return Request(Response())


# As grpc.aio declares it.
class UnaryUnaryCall(Awaitable[T_co], Protocol[T_co]):
    async def code(self) -> int: ...


class UnaryUnaryMultiCallable(Protocol[R_contra, T_co]):
    def __call__(self, request: R_contra, *, timeout: float | None = None) -> UnaryUnaryCall[T_co]: ...


class Stub(Protocol):
    @property
    def greet(self) -> UnaryUnaryMultiCallable[str, bytes]: ...


async def awaited(session: Session, stub: Stub) -> None:
    assert_type(await policy.call(fetch, "x"), bytes)
    assert_type(await policy.call(fetch_later, "x"), bytes)
    assert_type(await policy.call(fetch_future, "x"), bytes)
    assert_type(await policy.call(fetch_task, "x"), bytes)
    assert_type(await policy.call(fetch_coroutine, "x"), bytes)
    assert_type(await policy.call(partial(fetch_later, "x")), bytes)
    assert_type(await policy.call(lambda: fetch_later("x")), bytes)
    assert_type(await policy.call(lambda: fetch_future("x")), bytes)
    assert_type(await policy.call(anything_async, "x"), Any)
    assert_type(await policy.call(session.get, "x"), Response)
    assert_type(await policy.call(session.get, "x", size=2), Response)
    assert_type(await policy.call(stub.greet, "x"), bytes)
    assert_type(await policy.call(stub.greet, "x", timeout=5), bytes)
    assert_type(await policy.call(Pool), Pool)
    async with await policy.call(lambda: create_pool("x", size=2)) as pool:
        assert_type(pool, Pool)
    await policy.call(fetch_later, 1)  # E
    await policy.call(fetch_future)  # E
    await policy.call(session.get, 1)  # E
    await policy.call(session.get, "x", siz=2)  # E
    await policy.call(stub.greet, 1)  # E

    # What it gives is a coroutine, whatever the function gives: not a task, not a call, not yet a context manager.
    policy.call(fetch_later, "x").send(None)
    policy.call(fetch_task, "x").cancel()  # E
    policy.call(stub.greet, "x").code()  # E
    policy.call(fetch_later, "x").decode()  # E
    async with await policy.call(session.get, "x") as response:
        assert_type(await response.read(), bytes)
    async with policy.call(session.get, "x"):  # E
        pass


async def forgotten(session: Session) -> None:
    # zuban only notices a call of the function itself.
    policy.call(fetch_later, "x")  # E: !zuban
    policy.call(fetch_future, "x")  # E: !zuban
    policy.call(session.get, "x")  # E: !zuban


async def together(session: Session) -> None:
    assert_type(await asyncio.gather(policy.call(fetch, "x"), policy.call(fetch, "y")), tuple[bytes, bytes])
    assert_type(
        await asyncio.gather(policy.call(session.get, "x"), async_policy.call(fetch_future, "y")),
        tuple[Response, bytes],
    )
    assert_type(await asyncio.wait_for(policy.call(fetch_later, "x"), 1), bytes)
    assert_type(await asyncio.create_task(policy.call(fetch_future, "x")), bytes)
    async with asyncio.TaskGroup() as group:
        assert_type(group.create_task(policy.call(fetch, "x")), asyncio.Task[bytes])


# A decorated function passes on what is no coroutine.
def passed_on() -> None:
    assert_type(policy(fetch_future)("x"), asyncio.Future[bytes])
    assert_type(policy(fetch_later)("x"), Awaitable[bytes])
    assert_type(policy(Session().get)("x"), Request[Response])


# Values stay what they are, awaitable or not.
assert_type(policy.call(submit, "x"), concurrent.futures.Future[bytes])
assert_type(policy.call(table, "x"), dict[str, Any])
assert_type(policy.call(anything, "x"), Any)
assert_type(policy.call(perhaps, "x"), Awaitable[bytes] | None)
assert_type(policy.call(rows, "x"), AsyncIterator[int])
policy.call(anything)  # E
policy.call(table, 1)  # E


async def entered() -> None:
    async with policy.call(connected, "x") as body:
        assert_type(body, bytes)
    await policy.call(table, "x")  # E
    await policy.call(submit, "x")  # E


async def generic() -> None:
    # ty loses generics through `call`.
    assert_type(await policy.call(first_async, [1]), int)  # E: ty
    assert_type(await policy.call(first_later, [1]), int)  # E: ty
    await policy.call(first_async, 1)  # E


# A policy with async callbacks takes every one that is awaited, and no other.
async def told(session: Session, stub: Stub) -> None:
    assert_type(await async_policy.call(fetch, "x"), bytes)
    assert_type(await async_policy.call(fetch_later, "x"), bytes)
    assert_type(await async_policy.call(fetch_future, "x"), bytes)
    assert_type(await async_policy.call(anything_async, "x"), Any)
    assert_type(await async_policy.call(session.get, "x"), Response)
    assert_type(await async_policy.call(stub.greet, "x"), bytes)
    assert_type(async_policy.call(rows, "x"), AsyncIterator[int])
    assert_type(async_policy.call(anything, "x"), Any)
    async_policy.call(table, "x")  # E
    async_policy.call(submit, "x")  # E
    async_policy.call(perhaps, "x")  # E
    async_policy.call(connected, "x")  # E


def dynamic(chosen: Retry[Any]) -> None:
    assert_type(chosen.call(table, "x"), dict[str, Any])
    chosen.call(table, 1)  # E


# Functions whose parameters are unknown.
async def declared(
    coroutine: Callable[..., Coroutine[Any, Any, T]],
    plain: Callable[..., int],
    later: Callable[..., Awaitable[int]],
    future: Callable[..., asyncio.Future[int]],
    unknown: Callable[..., Any],
    exact: Callable[[], asyncio.Future[int]],
) -> T:
    assert_type(policy.call(plain, 1), int)
    assert_type(policy.call(unknown, 1), Any)
    assert_type(await policy.call(later, 1), int)
    assert_type(await policy.call(exact), int)
    # mypy and pyrefly do not find the result of such a future; they do in a lambda.
    assert_type(await policy.call(future, 1), int)  # E: mypy, pyrefly
    assert_type(await policy.call(lambda: future(1)), int)
    return await policy.call(coroutine, 1)


# mypy asks all overloads where there is an Any in the signature, and gives up if they do not agree; pyrefly sometimes
# does. Neither does in a lambda.
async def any_in_the_signature(session: Session) -> None:
    assert_type(await policy.call(session.post, "x", data=1), Response)  # E: mypy, pyrefly
    assert_type(await policy.call(lambda: session.post("x", data=1)), Response)
    assert_type(await policy.call(create_pool, "x", size=2), Pool)  # E: mypy
    await policy.call(session.post, 1)  # E
    await policy.call(lambda: session.post(1))  # E


# Where it never returns, pyright and basedpyright look at what is declared only.
def ends() -> int:  # E: pyright, basedpyright, zuban
    policy.call(never, "x")


async def ends_async() -> int:  # E: pyright, basedpyright
    await policy.call(never_async, "x")
