"""`stop=`: events of threads and processes, and whatever has their two methods."""

import asyncio
import multiprocessing
import threading
from multiprocessing.managers import SyncManager
from typing import Any, assert_type

from anew import Options, Retry, retry

stop = threading.Event()


class Signal:
    def is_set(self) -> bool:
        return False

    def wait(self, timeout: float) -> bool:
        return timeout > 0


class Named:
    def is_set(self, /) -> bool:
        return bool(self)

    def wait(self, seconds: float | None = None, *, often: bool = False) -> bool:
        return often and seconds is None


class OnlySet:
    def is_set(self) -> bool:
        return False


class WaitsForEver:
    def is_set(self) -> bool:
        return False

    def wait(self) -> bool:
        return True


class AnswersNothing:
    def is_set(self) -> bool:
        return False

    def wait(self, timeout: float) -> None:
        print(timeout)


class WholeSeconds:
    def is_set(self) -> bool:
        return False

    def wait(self, timeout: int) -> bool:
        return timeout > 0


class AnswersWhen:
    def is_set(self) -> float | None:
        return None

    def wait(self, timeout: float) -> bool:
        return timeout > 0


class Attribute:
    is_set = False

    def wait(self, timeout: float) -> bool:
        return timeout > 0


class ByName:
    def is_set(self) -> bool:
        return False

    def wait(self, *, timeout: float) -> bool:
        return timeout > 0


assert_type(retry(stop=stop), Retry[None])
assert_type(retry(on=OSError, stop=stop), Retry[None])
assert_type(retry(on=lambda exc: bool(exc.args), stop=None), Retry[None])
assert_type(retry(times=3).replace(stop=stop), Retry[None])
retry(stop=multiprocessing.Event())
retry(stop=multiprocessing.get_context("spawn").Event())
retry(stop=Signal())
retry(stop=Named())
options: Options = {"stop": stop}
assert_type(retry(**options), Retry[None])
Options(stop=None)


def managed(manager: SyncManager, anything: Any) -> None:
    retry(stop=manager.Event())
    retry(stop=anything)


@retry(stop=stop)
def fetch(url: str) -> bytes:
    return url.encode()


assert_type(fetch("x"), bytes)
for attempt in retry(stop=stop):
    with attempt:
        fetch("y")

retry(stop=asyncio.Event())  # E
retry(stop=threading.Event)  # E
retry(stop=threading.Condition())  # E
retry(stop=True)  # E
retry(stop=5.0)  # E
retry(stop=stop.is_set)  # E
retry(stop=lambda: True)  # E
retry(stop=OnlySet())  # E
retry(stop=WaitsForEver())  # E
retry(stop=AnswersNothing())  # E
retry(stop=WholeSeconds())  # E
retry(stop=AnswersWhen())  # E
retry(stop=Attribute())  # E
retry(stop=ByName())  # E
retry(on=OSError, stop=asyncio.Event())  # E
retry(times=3).replace(stop=asyncio.Event())  # E
Options(stop=asyncio.Event())  # E
wrong: Options = {"stop": True}  # E
