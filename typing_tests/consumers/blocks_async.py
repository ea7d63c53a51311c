"""The same in coroutines: `async for attempt in retry(...)`; and blocks with async callbacks, which take it."""

from collections.abc import AsyncIterable, AsyncIterator, Awaitable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import assert_type

from anew import Attempt, Retry, RetryError, retry


async def fetch(url: str) -> bytes:
    return url.encode()


async def work(attempt: Attempt) -> bytes:
    return await fetch(f"x?{attempt.num}")


async def failed_async(num: int, exc: Exception) -> None:
    print(num, exc)


async def succeeded_async(attempts: int) -> None:
    print(attempts)


async def gave_up_async(error: RetryError) -> None:
    print(error)


policy = retry(times=3, on=OSError, timeout=10)
policy_async = retry(times=3, on_retry=failed_async)
other_async = retry(on=OSError, on_success=succeeded_async, on_failure=gave_up_async)


async def consumer() -> None:
    async for attempt in retry(times=3, on=OSError):
        assert_type(attempt, Attempt)
        with attempt as same:
            assert_type(same, Attempt)
            assert_type(await work(attempt), bytes)
    async for attempt in policy:
        async with attempt as same:
            assert_type(same, Attempt)
            assert_type(attempt.num, int)
            assert_type(attempt.next_wait, float)
            assert_type(attempt.remaining, float | None)
            attempt.num = 1  # E
            print(attempt.number)  # E
    assert_type([attempt.num async for attempt in policy], list[int])
    assert_type(await anext(aiter(policy)), Attempt)
    iterator: AsyncIterator[Attempt] = aiter(policy)
    iterable: AsyncIterable[Attempt] = policy
    context: AbstractAsyncContextManager[Attempt, bool] = aiter(policy)
    also_context: AbstractAsyncContextManager[Attempt, bool] = await anext(aiter(policy))
    print(iterator, iterable, context, also_context)


# This form returns, to all checkers.
async def returned() -> bytes:
    attempts = aiter(policy)
    while True:
        async with attempts:
            return await fetch("x")


async def returned_by_attempt() -> bytes:
    attempts = aiter(retry(times=3))
    while True:
        async with attempts as attempt:
            assert_type(attempt, Attempt)
            if attempt.num > 1:
                print("again")
            return await work(attempt)


async def after_break() -> bytes:
    attempts = aiter(policy)
    while True:
        async with attempts:
            body = await fetch("x")
            break
    return body


async def between_attempts() -> None:
    attempts = aiter(policy)
    while True:
        async with attempts:
            print(await fetch("x"))
            return
        # Live code: whatever follows a failure.
        print("failed")


async def returned_from_for() -> bytes:  # E
    async for attempt in policy:
        with attempt:
            return await fetch("x")


async def returned_from_async_with() -> bytes:  # E
    async for attempt in policy:
        async with attempt:
            return await fetch("x")


async def returned_or_raised() -> bytes:
    async for attempt in policy:
        with attempt:
            return await fetch("x")
    raise AssertionError


async def set_only_inside() -> bytes:
    async for attempt in policy:
        with attempt:
            body = await fetch("x")
    return body  # E: pyright, basedpyright, pyrefly, ty


async def rows() -> AsyncIterator[int]:
    async for attempt in policy:
        with attempt:
            yield attempt.num


async def stacked() -> None:
    async for attempt in policy:
        async with AsyncExitStack() as stack:
            assert_type(await stack.enter_async_context(attempt), Attempt)
            print(await fetch("x"))


# Async callbacks are awaited here. (That they take `async with attempt` as well, no checker can see.)
async def with_async_callbacks() -> None:
    async for attempt in policy_async:
        assert_type(attempt, Attempt)
        async with attempt:
            print(await fetch("x"))
    async for attempt in retry(on=OSError, on_retry=failed_async):
        async with attempt:
            print(await fetch("x"))
    async for attempt in policy_async.replace(times=5):
        async with attempt:
            print(await fetch("x"))


async def returned_with_async_callbacks() -> bytes:
    attempts = aiter(policy_async)
    while True:
        async with attempts:
            return await fetch("x")


async def takes_both(policy: Retry[Awaitable[None] | None]) -> bytes:
    attempts = aiter(policy)
    while True:
        async with attempts as attempt:
            return await work(attempt)


async def both() -> None:
    assert_type(await takes_both(policy), bytes)
    assert_type(await takes_both(policy_async), bytes)
    assert_type(await takes_both(retry(times=3)), bytes)


# And nowhere else. pyrefly does not look at the type of `self` here; mypy does not in what calls `__iter__` itself.
def refused() -> None:
    for attempt in policy_async:  # E[for]: !pyrefly
        print(attempt)  # E[for]: !pyrefly
    for attempt in other_async:  # E[other]: !pyrefly
        print(attempt)  # E[other]: !pyrefly
    for attempt in retry(on_retry=failed_async):  # E[call]: !pyrefly
        print(attempt)  # E[call]: !pyrefly
    for attempt in policy_async.replace(times=5):  # E[replaced]: !pyrefly
        print(attempt)  # E[replaced]: !pyrefly
    print([attempt.num for attempt in policy_async])  # E: !pyrefly
    print(iter(policy_async))  # E: !pyrefly, !mypy
    print(list(policy_async))  # E: !pyrefly, !mypy


def takes_sync(policy: Retry) -> bytes:
    attempts = iter(policy)
    while True:
        with attempts:
            return b""


takes_sync(policy)
takes_sync(policy_async)  # E


# Each kind of block has its own kind of `with`.
async def mistaken() -> None:
    with aiter(policy):  # E
        pass
    async with iter(policy):  # E
        pass
    async with policy:  # E
        pass
    for attempt in aiter(policy):  # E[for-aiter]
        print(attempt)  # E[for-aiter]
    async for attempt in iter(policy):  # E[async-for-iter]
        print(attempt)  # E[async-for-iter]
    async for attempt in retry:  # E[bare]
        print(attempt)  # E[bare]
    next(aiter(policy))  # E
    await anext(iter(policy))  # E


async def forgotten() -> None:
    anext(aiter(policy))  # E: mypy, pyright, basedpyright, pyrefly, ty
