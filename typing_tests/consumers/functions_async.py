"""Coroutine functions stay coroutine functions, and a forgotten `await` is noticed."""

from typing import assert_type

from anew import retry


@retry(times=3)
async def fetch(url: str, *, size: int = 1) -> bytes:
    return url.encode()[:size]


async def awaited() -> None:
    assert_type(await fetch("x"), bytes)
    assert_type(await fetch("x", size=2), bytes)
    await fetch()  # E
    await fetch(1)  # E
    await fetch("x", siz=2)  # E
    text: str = await fetch("x")  # E
    print(text)


async def forgotten() -> None:
    # zuban only notices a call of the undecorated function.
    fetch("x")  # E: !zuban
    fetch("x").decode()  # E
    body: bytes = fetch("x")  # E
    print(body)
    async for _ in fetch("x"):  # E
        pass
    for _ in fetch("x"):  # E
        pass
    async with fetch("x"):  # E
        pass


def synchronous() -> None:
    fetch("x").decode()  # E
