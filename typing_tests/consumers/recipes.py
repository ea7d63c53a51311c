"""The recipes of the docs that are made of types: `polled`, and a `retry` of the house."""

from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar, Unpack, assert_type

import anew
from anew import Options, Retry, TryAgain

P = ParamSpec("P")
T = TypeVar("T")
until_done = anew.retry(times=None, timeout=600, delay=2, backoff="fixed")


def polled(fn: Callable[P, T], *, until: Callable[[T], object]) -> Callable[P, T]:
    @wraps(fn)
    def ask(*args: P.args, **kwargs: P.kwargs) -> T:
        result = fn(*args, **kwargs)
        if not until(result):
            raise TryAgain(f"got {result!r:.50}")
        return result

    return until_done(ask)


def polled_async(fn: Callable[P, Awaitable[T]], *, until: Callable[[T], object]) -> Callable[P, Coroutine[Any, Any, T]]:
    @wraps(fn)
    async def ask(*args: P.args, **kwargs: P.kwargs) -> T:
        result = await fn(*args, **kwargs)
        if not until(result):
            raise TryAgain(f"got {result!r:.50}")
        return result

    return until_done(ask)


@dataclass
class Report:
    done: bool
    pages: int = 0


class Jobs:
    def report(self, number: int, *, fresh: bool = False) -> Report:
        return Report(done=fresh, pages=number)

    async def report_async(self, number: int, *, fresh: bool = False) -> Report:
        return Report(done=fresh, pages=number)


def fetch(number: int, *, fresh: bool = False) -> Report:
    return Report(done=fresh, pages=number)


async def fetch_async(number: int, *, fresh: bool = False) -> Report:
    return Report(done=fresh, pages=number)


def is_done(report: Report) -> bool:
    return report.done


def is_text(text: str) -> bool:
    return bool(text)


assert_type(polled(fetch, until=lambda report: report.done)(7), Report)
assert_type(polled(fetch, until=is_done)(7, fresh=True), Report)
assert_type(polled(Jobs().report, until=lambda report: report.pages > 3)(7, fresh=True), Report)
polled(fetch, until=lambda report: report.dun)  # E
polled(fetch, until=is_text)  # E
polled(fetch, until=None)  # E
polled(fetch, until=is_done)("7")  # E
polled(fetch, until=is_done)(7, frsh=True)  # E
polled(fetch, until=is_done)()  # E
polled(fetch)  # E


async def waiting() -> None:
    assert_type(await polled_async(fetch_async, until=lambda report: report.done)(7), Report)
    assert_type(await polled_async(Jobs().report_async, until=is_done)(7, fresh=True), Report)
    polled_async(fetch_async, until=lambda report: report.dun)  # E
    polled_async(fetch_async, until=is_text)  # E
    polled_async(fetch, until=is_done)  # E
    await polled_async(fetch_async, until=is_done)("7")  # E


# A `retry` of the house.
def retry(on: type[Exception] | Iterable[type[Exception]] | None = None, **options: Unpack[Options]) -> Retry:
    house: Options = {"times": 5, "timeout": 30, "reraise": True, **options}
    return anew.retry(on=lambda exc: bool(exc.args), **house) if on is None else anew.retry(on=on, **house)


@retry()
def plain(number: int) -> str:
    return str(number)


@retry(ConnectionError, times=2)
async def in_task(number: int) -> str:
    return str(number)


async def calling() -> None:
    assert_type(await in_task(1), str)


assert_type(plain(1), str)
assert_type(retry((OSError, ValueError), delay=0.1), Retry[None])
plain("1")  # E
retry(tims=5)  # E
retry(delay="1")  # E
retry(5)  # E
retry(on=KeyboardInterrupt)  # E


# The time that is left, of a block and of a request.
def in_time(policy: Retry, left: float | None) -> Retry:
    return policy if left is None else policy.replace(timeout=max(0.001, left))


def nested(inner: Retry) -> str:
    attempts = iter(retry(timeout=10))
    while True:
        with attempts as attempt:
            return in_time(inner, attempt.remaining).call(plain, 1)
