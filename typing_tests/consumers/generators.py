"""Generators keep what they yield, take and return."""

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterable, Iterator
from typing import assert_type

from anew import retry


@retry(times=3, replay="skip")
def rows(table: str) -> Iterator[int]:
    yield len(table)


assert_type(rows("t"), Iterator[int])
assert_type(next(rows("t")), int)
assert_type([row for row in rows("t")], list[int])

rows(1)  # E
rows()  # E
rows("t").send(1)  # E
wrong: Iterator[str] = rows("t")  # E


@retry(times=3)
def dialogue(start: int) -> Generator[int, str, bool]:
    answer = yield start
    return answer == "yes"


assert_type(dialogue(1), Generator[int, str, bool])
assert_type(dialogue(1).send("x"), int)

dialogue(1).send(2)  # E


def delegating() -> Generator[int, str, None]:
    assert_type((yield from dialogue(1)), bool)


@retry(times=3)
def pages() -> Iterable[list[str]]:
    yield []


assert_type(pages(), Iterable[list[str]])


@retry(times=3, replay=True)
async def rows_async(table: str) -> AsyncIterator[int]:
    yield len(table)


assert_type(rows_async("t"), AsyncIterator[int])


@retry(times=3)
async def dialogue_async(start: int) -> AsyncGenerator[int, str]:
    answer = yield start
    print(answer)


assert_type(dialogue_async(1), AsyncGenerator[int, str])


async def consumer() -> None:
    async for row in rows_async("t"):
        assert_type(row, int)
    assert_type([row async for row in rows_async("t")], list[int])
    assert_type(await dialogue_async(1).asend("x"), int)
    await dialogue_async(1).aclose()
    rows_async(1)  # E
    await dialogue_async(1).asend(2)  # E
    await rows_async("t")  # E
    for _ in rows_async("t"):  # E
        pass
