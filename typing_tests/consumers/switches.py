"""The switches for tests: what they take, and that `set_testing(...)` is a context manager as well."""

from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, assert_type

from anew import is_active, is_testing, retry, set_active, set_testing
from anew.instrumentation import RetryDetails


@retry(times=3)
def fetch(url: str) -> bytes:
    return url.encode()


assert_type(is_active(), bool)
assert_type(is_testing(), bool)
set_active(True)
set_active(False)
set_active(active=not is_active())
set_testing(True)
set_testing(False)
set_testing(testing=True, attempts=2, cap=True)

# Nothing comes back: mypy and zuban forbid to look at it.
print(set_active(True))  # E: mypy, zuban
is_testing(True)  # E
set_active()  # E
set_active("yes")  # E
set_active(1)  # E
set_active(None)  # E
set_active(True, False)  # E
set_active(is_active)  # E
set_testing()  # E
set_testing("yes")  # E
set_testing(1)  # E
set_testing(None)  # E
set_testing(True, 2)  # E
set_testing(attempts=2)  # E
set_testing(True, attempts="2")  # E
set_testing(True, attempts=2.5)  # E
set_testing(True, attempts=None)  # E
set_testing(True, cap=1)  # E
set_testing(True, cap=None)  # E
set_testing(True, attempt=2)  # E

with set_testing(True):
    assert_type(fetch("x"), bytes)

with set_testing(True, attempts=2, cap=True) as retries:
    assert_type(retries, list[RetryDetails])

with set_active(False):  # E
    pass


# What a `with` around it swallows: nothing.
def tested() -> bytes:
    with set_testing(True):
        return fetch("x")


def stacked() -> None:
    with ExitStack() as stack:
        stack.enter_context(set_testing(True, attempts=2))
        print(fetch("x"))


async def asynchronous() -> None:
    with set_testing(True):
        print(fetch("x"))
    async with set_testing(True):  # E
        pass


# As fixtures of pytest do.
def fixture() -> Iterator[None]:
    with set_testing(True):
        yield


def other_fixture() -> Generator[list[RetryDetails]]:
    with set_testing(True, attempts=3) as retries:
        yield retries


@contextmanager
def wrapped(attempts: int) -> Generator[None]:
    set_active(False)
    with set_testing(True, attempts=attempts):
        yield
    set_active(True)


def held(switched: AbstractContextManager[object], anything: Any) -> None:
    set_active(anything)
    set_testing(anything, attempts=anything, cap=anything)
    with switched:
        pass


held(set_testing(True), 1)
held(wrapped(2), 1)
held(set_testing, 1)  # E
