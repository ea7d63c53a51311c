"""`anew.transient`: a hook for what HTTP clients raise, and the wait that a server asked for."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, assert_type

from anew import Retry, retry
from anew.transient import retry_after, transient


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
