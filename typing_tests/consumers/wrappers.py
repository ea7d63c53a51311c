"""Wrappers of the user's own: `**options: Unpack[Options]`, decorators with `ParamSpec`, policies as values."""

from collections.abc import Awaitable, Callable, Coroutine
from functools import partial, wraps
from typing import Any, ParamSpec, TypedDict, TypeVar, Unpack, assert_type

from anew import Options, Retry, RetryBudget, retry

P = ParamSpec("P")
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., object])


def resilient(**options: Unpack[Options]) -> Retry:
    return retry(on=ConnectionError, **options)


def with_default(**options: Unpack[Options]) -> Retry:
    options.setdefault("times", 5)
    return retry(**options)


@resilient(times=5, backoff="fixed", timeout=None, replay="skip", name="fetch")
def fetch(url: str) -> bytes:
    return url.encode()


assert_type(fetch("x"), bytes)
assert_type(resilient(), Retry[None])
assert_type(with_default(delay=1.5), Retry[None])
assert_type(resilient(budget=RetryBudget()), Retry[None])
assert_type(resilient(budget=None), Retry[None])
fetch(1)  # E

resilient(tims=5)  # E
resilient(times="5")  # E
resilient(backoff="expo")  # E
resilient(jitter="ful")  # E
resilient(delay="1")  # E
resilient(max_delay="1")  # E
resilient(timeout="1")  # E
resilient(reraise="yes")  # E
resilient(replay="skp")  # E
resilient(budget=5)  # E
resilient(name=1)  # E
resilient(5)  # E
# The types of `on` and the callbacks depend on each other, so they are not in Options.
resilient(on=ValueError)  # E
resilient(on_retry=print)  # E
resilient(on_success=print)  # E
resilient(on_failure=print)  # E


@resilient(tims=5)  # E
def decorated(url: str) -> bytes:
    return url.encode()


fine: Options = {"times": 5, "delay": 0.5}
empty: Options = {}
typo: Options = {"times": 5, "dely": 0.5}  # E
wrong_type: Options = {"times": "5"}  # E
wrong_literal: Options = {"backoff": "expo"}  # E
also_fine = Options(times=5)
also_typo = Options(tims=5)  # E
assert_type(retry(**fine), Retry[None])
assert_type(retry(on=ValueError, **fine), Retry[None])
assert_type(resilient(**fine), Retry[None])
assert_type(fine.get("times"), int | None)
fine["dely"] = 1.0  # E
fine["times"] = "5"  # E
fine["times"] = None
merged: Options = {**fine, "times": 6}


# Closed: nothing can be in an Options that `retry` would not know.
class WithTypo(TypedDict, total=False):
    times: int | None
    dely: float


class Subset(TypedDict, total=False):
    times: int | None


def dictionaries(foreign: WithTypo, subset: Subset) -> None:
    retry(**foreign)  # E
    resilient(**foreign)  # E: !pyright, !basedpyright
    # pyrefly alone thinks of the keys that a subset may have besides.
    retry(**subset)  # E: pyrefly
    converted: Options = foreign  # E
    print(converted)


class More(Options, total=False):  # E[more]
    colour: str  # E[more]


# Decorators around a policy keep signatures through ParamSpec.
def retried(fn: Callable[P, T]) -> Callable[P, T]:
    return retry(times=3)(fn)


def retried_async(fn: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    return retry(times=3)(fn)


def retried_awaitable(fn: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    return retry(times=3)(fn)


def calling(fn: Callable[P, T]) -> Callable[P, T]:
    @wraps(fn)
    def inner(*args: P.args, **kwargs: P.kwargs) -> T:
        return retry(times=3).call(fn, *args, **kwargs)

    return inner


def calling_async(fn: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    @wraps(fn)
    async def inner(*args: P.args, **kwargs: P.kwargs) -> T:
        return await retry(times=3).call(fn, *args, **kwargs)

    return inner


def calling_awaitable(fn: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    @wraps(fn)
    async def inner(*args: P.args, **kwargs: P.kwargs) -> T:
        return await retry(times=3).call(fn, *args, **kwargs)

    return inner


async def awaiting(fn: Callable[..., Coroutine[Any, Any, T]]) -> T:
    return await retry(times=3).call(fn)


def decorating(fn: Callable[P, T]) -> Callable[P, T]:
    @retry(times=3)
    def inner(*args: P.args, **kwargs: P.kwargs) -> T:
        return fn(*args, **kwargs)

    return inner


def same(fn: F) -> F:
    # To mypy and ty `Callable[..., object]` could be anything.
    return retry(times=3)(fn)  # E: mypy, ty


# With `partial`, mypy and zuban know that a policy comes out, but neither the callbacks that it has nor wrong options.
house = partial(retry, on=ConnectionError, times=5)
assert_type(house(), Retry[None])  # E: mypy, zuban
assert_type(house(delay=0.5), Retry[None])  # E: mypy, zuban
print(house().missing)  # E
house(dely=0.5)  # E: !mypy, !zuban
partial(retry, dely=0.5)  # E: !mypy, !pyrefly, !zuban
partial(retry, delay="0.5")  # E: !mypy, !pyrefly, !zuban


def decorator() -> Callable[[F], F]:
    return retry(times=3)


def with_options(**options: Unpack[Options]) -> Callable[[F], F]:
    return retry(on=ConnectionError, **options)


@decorator()
def pung(host: str) -> int:
    return len(host)


@with_options(times=5)
async def pung_async(host: str) -> int:
    return len(host)


@retried
def ping(host: str) -> int:
    return len(host)


@retried_async
async def ping_async(host: str) -> int:
    return len(host)


@calling
def pong(host: str) -> int:
    return len(host)


@decorating
def pang(host: str) -> int:
    return len(host)


assert_type(ping("x"), int)
assert_type(pong("x"), int)
assert_type(pang("x"), int)
assert_type(pung("x"), int)
ping(1)  # E
pung(1)  # E
pong(1)  # E
pang(1)  # E


async def consumer() -> None:
    assert_type(await ping_async("x"), int)
    assert_type(await pung_async("x"), int)
    await ping_async(1)  # E
    await pung_async(1)  # E


# Policies are values.
POLICIES = {"read": retry(times=5), "write": retry(on=ConnectionError)}
assert_type(POLICIES["read"].call(fetch, "x"), bytes)


class Service:
    def __init__(self, policy: Retry, sleepy: Retry | None = None) -> None:
        self.policy = policy
        self.sleepy = sleepy

    def get(self, url: str) -> bytes:
        return self.policy.call(fetch, url)


Service(retry(times=3), sleepy=retry(delay=10)).get("x")
Service(retry)  # E
Service(fetch)  # E
Retry()  # E
Retry(times=3)  # E


class Mine(Retry):  # E
    pass
