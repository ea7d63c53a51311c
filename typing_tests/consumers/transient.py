"""`anew.transient`: a hook for what may pass, and the wait that a server asked for; `any_of`: one hook of several."""

from collections.abc import Callable
from datetime import timedelta
from http.client import HTTPResponse
from typing import Any, assert_type

from anew import Retry, RetryError, any_of, retry
from anew.transient import STATUSES, retry_after, transient


class StatusError(Exception):
    status_code: int = 503


def failed(num: int, exc: Exception) -> None:
    print(num, retry_after(exc))


def narrow(num: int, exc: StatusError) -> None:
    print(num, exc.status_code)


@retry(times=5, on=transient(), on_retry=failed)
def fetch(url: str) -> bytes:
    return url.encode()


@retry(on=transient(limit=timedelta(minutes=5)))
async def fetch_async(url: str) -> bytes:
    return url.encode()


assert_type(fetch("x"), bytes)
assert_type(retry(on=transient()), Retry[None])
assert_type(retry_after(StatusError()), float | None)
assert_type(retry_after(KeyboardInterrupt()), float | None)
retry(on=transient(), on_retry=lambda num, exc: print(num.bit_length(), exc.args))
retry(on=transient(limit=120), timeout=300)
retry(on=transient(limit=0.5))

retry(on=transient(statuses={*STATUSES, 404}))
retry(on=transient(statuses=[404]), times=2)
retry(on=transient(statuses=None))

# The exception is any, as with every hook.
retry(on=transient(), on_retry=narrow)  # E
retry(on=transient(), on_retry=lambda num, exc: print(exc.status_code))  # E: !zuban

# It is a function of the exception, to be asked by one's own hook.
hook: Callable[[Exception], bool | float] = transient()


def mine(exc: Exception) -> bool | float:
    assert_type(hook(exc), bool | float)
    return isinstance(exc, StatusError) and transient()(exc)


retry(on=mine)
transient()("503")  # E
transient()()  # E
transient()(exc=StatusError())  # E

# Forgotten parentheses.
retry(on=transient)  # E
transient(120)  # E
transient(StatusError)  # E
transient(limt=120)  # E
transient(limit="120")  # E
transient(limit=None)  # E
transient(limit=StatusError)  # E
transient(statuses=404)  # E
transient(statuses=["404"])  # E
transient(statuses="404")  # E
retry_after()  # E
retry_after("120")  # E
retry_after(StatusError)  # E
retry_after(StatusError(), 1)  # E
round(retry_after(StatusError()))  # E


async def consumer() -> None:
    assert_type(await fetch_async("x"), bytes)
    try:
        await fetch_async("x")
    except StatusError as exc:
        wait = retry_after(exc)
        if wait is not None:
            assert_type(wait, float)


def dynamic(anything: Any) -> None:
    transient(limit=anything)
    assert_type(retry_after(anything), float | None)


# A response will do, for what is polled.
def poll(response: HTTPResponse) -> float | None:
    assert_type(retry_after(response), float | None)
    return retry_after(response)


class Plain:
    """A response of no known client."""

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": "5"}


retry_after(Plain())
retry_after(object())  # E


# One hook of types and hooks.
def is_locked(exc: Exception) -> bool | float | timedelta:
    return timedelta(seconds=1) if isinstance(exc, BlockingIOError) else 0.5


def is_never(exc: Exception) -> bool:
    return False


async def is_late(exc: Exception) -> bool:
    return True


both = any_of(transient(), StatusError)
assert_type(both, Callable[[Exception], bool | float | timedelta])
assert_type(retry(on=both), Retry[None])
retry(on=any_of(transient(), StatusError, is_locked))
retry(on=any_of(transient(statuses={*STATUSES, 404}), is_locked, is_never, lambda exc: len(exc.args) > 1))
retry(on=any_of((ConnectionError, TimeoutError), [StatusError], RetryError))
retry(on=any_of(any_of(transient()), both))


@retry(on=any_of(transient(), StatusError), on_retry=failed)
def fetch_both(url: str) -> bytes:
    return url.encode()


assert_type(fetch_both("x"), bytes)
retry(on=any_of(transient(), StatusError), on_retry=narrow)  # E
any_of(KeyboardInterrupt)  # E
any_of("StatusError")  # E
any_of(3)  # E
any_of(int)  # E
any_of(transient)  # E
any_of(is_late)  # E
any_of([transient(), StatusError])  # E
any_of(parts=StatusError)  # E
both("503")  # E
both()  # E
