"""
What is decorated: functions that do next to nothing, so that the time is the decorator's.
"""

import logging
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from typing import Any

# Whoever logs, in any library, pays for making the record and for nothing else.
logging.getLogger().addHandler(logging.NullHandler())
LOG = logging.getLogger("work")


class ServiceError(Exception):
    pass


def none() -> int:
    return 1


def some(a: int, b: int, c: int, *, d: int, e: int) -> int:
    return a


def method(self: object, number: int) -> int:
    return number


async def none_async() -> int:
    return 1


async def some_async(a: int, b: int, c: int, *, d: int, e: int) -> int:
    return a


async def method_async(self: object, number: int) -> int:
    return number


def hundred() -> Generator[int, None, None]:
    number = 0
    while number < 100:
        yield number
        number += 1


async def hundred_async() -> AsyncGenerator[int, None]:
    number = 0
    while number < 100:
        yield number
        number += 1


def never() -> int:
    raise ServiceError("down")


async def never_async() -> int:
    raise ServiceError("down")


def by_turns() -> Callable[[], int]:
    """
    A function that fails and works by turns; each contestant gets its own.
    """
    works = True

    def work() -> int:
        nonlocal works
        works = not works
        if works:
            return 1
        raise ServiceError("down")

    return work


def by_turns_async() -> Callable[[], Coroutine[Any, Any, int]]:
    works = True

    async def work() -> int:
        nonlocal works
        works = not works
        if works:
            return 1
        raise ServiceError("down")

    return work


def ignore(_: object) -> None:
    """
    A callback.
    """
