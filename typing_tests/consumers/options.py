"""Every option takes what it is documented to take, and nothing else."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from anew import retry

# What is allowed.
retry(times=1)
retry(times=None)
retry(delay=1)
retry(delay=0.5)
retry(delay=timedelta(seconds=1))
retry(backoff="fixed")
retry(backoff="linear")
retry(backoff="exponential")
retry(backoff="fibonacci")
retry(backoff=lambda num: num * 1.5)
retry(backoff=lambda num: num.bit_length())
retry(backoff=float)
retry(jitter=True)
retry(jitter=False)
retry(jitter="full")
retry(jitter="decorrelated")
retry(jitter=timedelta(seconds=1))
retry(max_delay=1)
retry(max_delay=1.5)
retry(max_delay=timedelta(minutes=1))
retry(max_delay=None)
retry(timeout=10)
retry(timeout=10.5)
retry(timeout=timedelta(minutes=1))
retry(timeout=None)
retry(reraise=True)
retry(replay=True)
retry(replay=False)
retry(replay="skip")
retry(name="fetch")
retry(name=None)
retry()


def hook_bool(exc: Exception) -> bool:
    return bool(exc.args)


def hook_float(exc: Exception) -> float:
    return len(exc.args)


def hook_all(exc: Exception) -> bool | float | timedelta:
    return timedelta(seconds=1) if exc.args else False


def hook_base(exc: BaseException) -> int:
    return len(exc.args)


def hook_narrow(exc: ValueError) -> bool:
    return bool(exc.args)


def hook_text(exc: Exception) -> str:
    return str(exc)


def hook_none(exc: Exception) -> float | None:
    return None if exc.args else 1.0


async def hook_async(exc: Exception) -> bool:
    return bool(exc.args)


def hook_nothing() -> bool:
    return True


class Hook:
    def __call__(self, exc: Exception) -> bool:
        return bool(exc.args)

    def decide(self, exc: Exception) -> float:
        return len(exc.args)


retry(on=ValueError)
retry(on=(ValueError, OSError))
retry(on=[ValueError, OSError])
retry(on={ValueError, OSError})
retry(on=ExceptionGroup)
retry(on=hook_bool)
retry(on=hook_float)
retry(on=hook_all)
retry(on=hook_base)
retry(on=Hook())
retry(on=Hook().decide)
retry(on=lambda exc: isinstance(exc, ValueError))
retry(on=lambda exc: 1.0 if exc.args else False)
retry(on=lambda exc: timedelta(seconds=len(exc.args)))

# Misspelt, old or foreign options.
retry(tims=3)  # E
retry(attempts=3)  # E
retry(max_delya=3)  # E
retry(on_error=print)  # E
retry(on=ValueError, tims=3)  # E
retry(on=hook_bool, tims=3)  # E

# Everything is keyword-only.
retry(3)  # E
retry("fetch")  # E
retry(ValueError)  # E
retry((ValueError, OSError))  # E

retry(times="3")  # E
retry(times=3.5)  # E
retry(times=timedelta(seconds=3))  # E
retry(delay="1")  # E
retry(delay=None)  # E
retry(backoff="expo")  # E
retry(backoff="Exponential")  # E
retry(backoff=2)  # E
retry(backoff=None)  # E
retry(backoff=True)  # E
retry(backoff=lambda num: str(num))  # E
retry(backoff=lambda: 1.0)  # E
retry(backoff=len)  # E
retry(jitter="ful")  # E
retry(jitter=0.5)  # E
retry(jitter=1)  # E
retry(jitter=None)  # E
retry(max_delay="60")  # E
retry(timeout="60")  # E
retry(timeout=(1, 2))  # E
retry(reraise="yes")  # E
retry(reraise=None)  # E
retry(reraise=1)  # E
retry(replay="skp")  # E
retry(replay="true")  # E
retry(replay=None)  # E
retry(name=1)  # E
retry(name=b"fetch")  # E
retry(on=None)  # E
retry(on="ValueError")  # E
retry(on=ValueError())  # E
retry(on=KeyboardInterrupt)  # E
retry(on=BaseException)  # E
retry(on=(ValueError, KeyboardInterrupt))  # E
retry(on=[ValueError, "OSError"])  # E
retry(on=[ValueError()])  # E
retry(on=int)  # E
retry(on=(int, ValueError))  # E
retry(on=ValueError | OSError)  # E: mypy, ty, zuban
retry(on=(ValueError | OSError, KeyError))  # E: !pyrefly
retry(on=True)  # E
retry(on=hook_narrow)  # E
retry(on=hook_text)  # E
retry(on=hook_none)  # E
retry(on=hook_async)  # E
retry(on=hook_nothing)  # E
retry(on=[hook_bool])  # E
retry(on=lambda exc: str(exc))  # E
retry(on=lambda exc: exc.missing)  # E
retry(on=lambda: True)  # E

# The same beside `on`, that is in the other overload.
retry(on=ValueError, times="3")  # E
retry(on=ValueError, delay="1")  # E
retry(on=ValueError, backoff="expo")  # E
retry(on=ValueError, jitter="ful")  # E
retry(on=ValueError, max_delay="60")  # E
retry(on=ValueError, timeout="60")  # E
retry(on=ValueError, reraise="yes")  # E
retry(on=ValueError, replay="skp")  # E
retry(on=ValueError, name=1)  # E


def dynamic(anything: Any, growth: Callable[[int], int], strategy: str) -> None:
    retry(times=anything, on=anything, delay=anything, backoff=anything)
    retry(backoff=growth)
    retry(backoff=strategy)  # E


# Wrong options are refused where a function is decorated, too.
@retry(tims=3)  # E
def fetch(url: str) -> bytes:
    return url.encode()


@retry(backoff="expo")  # E
async def fetch_async(url: str) -> bytes:
    return url.encode()
