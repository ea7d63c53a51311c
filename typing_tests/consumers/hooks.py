"""`hooks=`: what may tell of one policy's retries, as for `set_on_retry_hooks`."""

import logging
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any, assert_type

from anew import Options, Retry, retry
from anew.instrumentation import (
    LoggingHook,
    PrometheusHook,
    RetryDetails,
    RetryHook,
    RetryHookFactory,
    StructlogHook,
    get_on_retry_hooks,
)


def plain(details: RetryDetails) -> None:
    print(details.wait)


@contextmanager
def around(details: RetryDetails) -> Generator[None]:
    print(details.wait)
    yield


def anything(details: object) -> None:
    print(details)


def configured(prefix: str, details: RetryDetails) -> None:
    print(prefix, details)


async def asynchronous(details: RetryDetails) -> None:
    print(details)


def nothing() -> None:
    pass


def answers_text(details: RetryDetails) -> str:
    return details.name


def numbers(details: int) -> None:
    print(details)


def maker() -> RetryHook:
    return plain


class Metrics:
    def count(self, details: RetryDetails) -> None:
        print(self, details.name)

    def __call__(self, details: RetryDetails) -> None:
        print(self, details.name)


metrics = Metrics()
orders = LoggingHook(logger="orders", level=logging.INFO)

assert_type(retry(hooks=[]), Retry[None])
assert_type(retry(hooks=None), Retry[None])
assert_type(retry(hooks=[orders]), Retry[None])
assert_type(retry(on=OSError, hooks=[orders, plain]), Retry[None])
assert_type(retry(on=lambda exc: bool(exc.args), hooks=(around, metrics)), Retry[None])
assert_type(retry(times=3).replace(hooks=[plain, metrics.count]), Retry[None])
retry(hooks=[LoggingHook(), StructlogHook(), PrometheusHook()])
retry(hooks=[RetryHookFactory(maker), plain])
retry(hooks=[RetryHookFactory(lambda: plain)])
retry(hooks=[partial(configured, "x")])
retry(hooks=[anything, print])
retry(hooks=[lambda details: None])
retry(hooks=[lambda details: print(details.wait, details.kwargs)])
retry(hooks=[lambda details: nullcontext(details.wait)])
retry(on=OSError, hooks=[lambda details: print(details.wait), orders])
retry(hooks={plain, metrics.count})
retry(hooks=(hook for hook in [plain]))
retry(hooks=[*get_on_retry_hooks(), plain])
retry(hooks=get_on_retry_hooks())

mine: list[RetryHook] = [plain, around, metrics.count]
mixed: list[RetryHook | RetryHookFactory] = [plain, RetryHookFactory(maker)]
retry(hooks=mine)
retry(hooks=mixed)
options: Options = {"hooks": [orders, plain]}
assert_type(retry(**options), Retry[None])
Options(hooks=mine)
Options(hooks=[])


@retry(hooks=[orders, around])
def fetch(url: str) -> bytes:
    return url.encode()


@retry(on=OSError, hooks=[orders])
async def fetch_async(url: str) -> bytes:
    return url.encode()


assert_type(fetch("x"), bytes)

retry(hooks=plain)  # E
retry(hooks=orders)  # E
retry(hooks="orders")  # E
retry(hooks=True)  # E
retry(hooks=[None])  # E
retry(hooks=["orders"])  # E
retry(hooks=[asynchronous])  # E
retry(hooks=[plain, asynchronous])  # E
retry(hooks=[nothing])  # E
retry(hooks=[numbers])  # E
retry(hooks=[answers_text])  # E
retry(hooks=[maker])  # E
retry(hooks=[Metrics])  # E
retry(hooks=[RetryHookFactory])  # E
retry(hooks=[lambda: None])  # E
retry(hooks=[lambda details: details.name])  # E: !zuban
retry(hooks=[lambda details: print(details.missing)])  # E: !zuban
retry(on=OSError, hooks=plain)  # E
retry(on=OSError, hooks=[asynchronous])  # E
retry(times=3).replace(hooks=[nothing])  # E
Options(hooks=plain)  # E
wrong: Options = {"hooks": [asynchronous]}  # E


def dynamic(unknown: Any) -> None:
    retry(hooks=unknown)
    retry(hooks=[unknown])
