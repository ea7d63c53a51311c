"""Hooks: what they are told, what may be one, and what is refused."""

from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any, Literal, assert_type

from anew.instrumentation import (
    GiveUpDetails,
    GiveUpHook,
    LoggingHook,
    OpenTelemetryHook,
    PrometheusHook,
    RetryDetails,
    RetryHook,
    RetryHookFactory,
    StructlogHook,
    get_on_give_up_hooks,
    get_on_retry_hooks,
    get_prometheus_counter,
    set_on_give_up_hooks,
    set_on_retry_hooks,
)


def plain(details: RetryDetails) -> None:
    assert_type(details.name, str)
    assert_type(details.attempt, int)
    assert_type(details.times, int | None)
    assert_type(details.wait, float)
    assert_type(details.waited_so_far, float)
    assert_type(details.elapsed, float)
    assert_type(details.exception, Exception)
    assert_type(details.args, tuple[Any, ...])
    assert_type(details.kwargs, dict[str, Any])
    assert_type(details.facts(), dict[str, Any])
    print(details.exc)  # E
    print(details.exception.errno)  # E
    print(details.times + 1)  # E
    details.name = 5  # E
    details.attempt = "1"  # E
    details.times = "3"  # E
    details.wait = None  # E
    details.exception = KeyboardInterrupt()  # E
    details.more = 1  # E


def the_end(details: GiveUpDetails) -> None:
    assert_type(details.name, str)
    assert_type(details.reason, Literal["attempts", "timeout", "budget", "stopped"])
    assert_type(details.attempts, int)
    assert_type(details.elapsed, float)
    assert_type(details.exception, Exception)
    assert_type(details.args, tuple[Any, ...])
    assert_type(details.kwargs, dict[str, Any])
    assert_type(details.facts(), dict[str, Any])
    print(details.attempt)  # E
    print(details.wait)  # E
    print(details.exception.errno)  # E
    details.attempts = "1"  # E


@contextmanager
def around(details: RetryDetails) -> Generator[None]:
    print("waiting", details.wait)
    yield
    print("waited")


@contextmanager
def giving(details: RetryDetails) -> Generator[float]:
    yield details.wait


def sometimes(details: RetryDetails) -> AbstractContextManager[object] | None:
    return nullcontext(5) if details.attempt > 1 else None


def anything(details: object) -> None:
    print(details)


def configured(prefix: str, details: RetryDetails, *, loud: bool = False) -> None:
    print(prefix, details, loud)


class Metrics:
    def count(self, details: RetryDetails) -> None:
        print(self, details.name)

    @contextmanager
    def timed(self, details: RetryDetails) -> Generator[None]:
        print(self, details.name)
        yield

    @staticmethod
    def static(details: RetryDetails) -> None:
        print(details.name)

    def __call__(self, details: RetryDetails) -> None:
        print(self, details.name)


class Wait:
    def __init__(self, details: RetryDetails) -> None:
        self.details = details

    def __enter__(self) -> None:
        print(self.details)

    def __exit__(self, *exc_info: object) -> None:
        print(exc_info)


def opens(details: RetryDetails) -> Wait:
    return Wait(details)


metrics = Metrics()

# What may be a hook.
set_on_retry_hooks([plain])
set_on_retry_hooks([around])
set_on_retry_hooks([giving, sometimes])
set_on_retry_hooks([anything])
set_on_retry_hooks([opens])
set_on_retry_hooks([metrics])
set_on_retry_hooks([metrics.count, metrics.timed, Metrics.static])
set_on_retry_hooks([partial(configured, "x")])
set_on_retry_hooks([partial(configured, "x", loud=True), plain])
set_on_retry_hooks([lambda details: None])
set_on_retry_hooks([lambda details: print(details.wait)])
set_on_retry_hooks([lambda details: nullcontext(details.wait)])
set_on_retry_hooks([print])

# How they are handed over.
set_on_retry_hooks(None)
set_on_retry_hooks([])
set_on_retry_hooks(())
set_on_retry_hooks((plain, around, metrics))
set_on_retry_hooks({plain, metrics.count})
set_on_retry_hooks(hook for hook in [plain])
set_on_retry_hooks(iter([around]))
set_on_retry_hooks(hooks=[plain])
set_on_retry_hooks([*get_on_retry_hooks(), plain])
set_on_retry_hooks(get_on_retry_hooks())
set_on_retry_hooks([LoggingHook(), StructlogHook(), PrometheusHook(), OpenTelemetryHook()])
set_on_retry_hooks([RetryHookFactory(LoggingHook), plain])

# For a while.
assert_type(set_on_retry_hooks([plain]), AbstractContextManager[None])
with set_on_retry_hooks([plain]):
    pass
with set_on_retry_hooks(None) as for_a_while:
    assert_type(for_a_while, None)
with set_on_retry_hooks():  # E
    pass

mine: list[RetryHook] = [plain, around, metrics.count]
mixed: list[RetryHook | RetryHookFactory] = [plain, RetryHookFactory(lambda: plain)]
set_on_retry_hooks(mine)
set_on_retry_hooks(mixed)
one: RetryHook = around
named: Callable[[RetryDetails], None] = plain
set_on_retry_hooks([one, named])


# What is none.
async def asynchronous(details: RetryDetails) -> None:
    print(details)


def nothing() -> None:
    pass


def two(details: RetryDetails, more: str) -> None:
    print(details, more)


def named_only(*, details: RetryDetails) -> None:
    print(details)


def numbers(details: int) -> None:
    print(details)


def answers_text(details: RetryDetails) -> str:
    return details.name


def answers_bool(details: RetryDetails) -> bool:
    return details.attempt > 1


def generates(details: RetryDetails) -> Generator[None]:
    print(details)
    yield


def maker() -> RetryHook:
    return plain


def maker_of(prefix: str) -> RetryHook:
    return partial(configured, prefix)


set_on_retry_hooks()  # E
set_on_retry_hooks(plain)  # E
set_on_retry_hooks(plain, around)  # E
set_on_retry_hooks("plain")  # E
set_on_retry_hooks(["plain"])  # E
set_on_retry_hooks([None])  # E
set_on_retry_hooks({"plain": plain})  # E
set_on_retry_hooks([asynchronous])  # E
set_on_retry_hooks([plain, asynchronous])  # E
set_on_retry_hooks([nothing])  # E
set_on_retry_hooks([two])  # E
set_on_retry_hooks([named_only])  # E
set_on_retry_hooks([numbers])  # E
set_on_retry_hooks([answers_text])  # E
set_on_retry_hooks([answers_bool])  # E
set_on_retry_hooks([generates])  # E
set_on_retry_hooks([maker])  # E
set_on_retry_hooks([Metrics])  # E
set_on_retry_hooks([LoggingHook])  # E
set_on_retry_hooks([StructlogHook])  # E
set_on_retry_hooks([PrometheusHook])  # E
set_on_retry_hooks([OpenTelemetryHook])  # E
set_on_retry_hooks([PrometheusHook().gave_up])  # E
set_on_retry_hooks([the_end])  # E
set_on_retry_hooks([Metrics.count])  # E
set_on_retry_hooks([RetryHookFactory])  # E
set_on_retry_hooks([partial(configured, 1)])  # E: !zuban
set_on_retry_hooks([partial(configured)])  # E: !mypy, !zuban
set_on_retry_hooks([lambda: None])  # E
set_on_retry_hooks([lambda details: details.name])  # E: !zuban
set_on_retry_hooks([lambda details: print(details.missing)])  # E: !zuban
wrong: RetryHook = asynchronous  # E

# The hooks that there are.
assert_type(get_on_retry_hooks(), tuple[RetryHook, ...])
assert_type(get_prometheus_counter(), Any | None)
get_on_retry_hooks(1)  # E


def tell_all(details: RetryDetails) -> None:
    for hook in get_on_retry_hooks():
        assert_type(hook(details), AbstractContextManager[object] | None)
        hook(details=details)  # E
        hook()  # E
        hook("details")  # E


# Hooks of giving up.
class Sentry:
    def gave_up(self, details: GiveUpDetails) -> None:
        print(self, details.name)

    def __call__(self, details: GiveUpDetails) -> None:
        print(self, details.name)


async def ends_later(details: GiveUpDetails) -> None:
    print(details)


@contextmanager
def around_the_end(details: GiveUpDetails) -> Generator[None]:
    print(details)
    yield


def end_answers(details: GiveUpDetails) -> bool:
    return details.attempts > 1


ends: list[GiveUpDetails] = []
set_on_give_up_hooks(None)
set_on_give_up_hooks([])
set_on_give_up_hooks([the_end, ends.append, Sentry(), Sentry().gave_up, anything, print])
set_on_give_up_hooks([PrometheusHook().gave_up, OpenTelemetryHook().gave_up])
set_on_give_up_hooks([lambda details: print(details.reason)])
set_on_give_up_hooks(hooks=iter([the_end]))
set_on_give_up_hooks(get_on_give_up_hooks())
set_on_give_up_hooks([*get_on_give_up_hooks(), the_end])
assert_type(set_on_give_up_hooks([the_end]), AbstractContextManager[None])
with set_on_give_up_hooks([the_end]):
    pass
set_on_give_up_hooks()  # E
set_on_give_up_hooks(the_end)  # E
set_on_give_up_hooks([None])  # E
set_on_give_up_hooks(["the_end"])  # E
set_on_give_up_hooks([plain])  # E
set_on_give_up_hooks([LoggingHook()])  # E
set_on_give_up_hooks([PrometheusHook()])  # E
set_on_give_up_hooks([Sentry])  # E
set_on_give_up_hooks([RetryHookFactory(maker)])  # E
set_on_give_up_hooks([ends_later])  # E
set_on_give_up_hooks([around_the_end])  # E
set_on_give_up_hooks([end_answers])  # E
set_on_give_up_hooks([nothing])  # E
set_on_give_up_hooks([lambda details: print(details.wait)])  # E
end: GiveUpHook = the_end
no_end: GiveUpHook = plain  # E
assert_type(get_on_give_up_hooks(), tuple[GiveUpHook, ...])
get_on_give_up_hooks(1)  # E


def tell_of_the_end(details: GiveUpDetails) -> None:
    for hook in get_on_give_up_hooks():
        assert_type(hook(details), None)
        hook(details=details)  # E
        hook()  # E
        hook("details")  # E


# Factories.
assert_type(RetryHookFactory(maker), RetryHookFactory)
RetryHookFactory(LoggingHook)
RetryHookFactory(Metrics)
RetryHookFactory(lambda: around)
RetryHookFactory(partial(LoggingHook, logger="app"))
RetryHookFactory(partial(maker_of, "x"))
RetryHookFactory(partial(partial, configured, "x"))
RetryHookFactory()  # E
RetryHookFactory(plain)  # E
RetryHookFactory(nothing)  # E
RetryHookFactory(maker_of)  # E
RetryHookFactory(Wait)  # E
RetryHookFactory(LoggingHook())  # E
RetryHookFactory("maker")  # E
RetryHookFactory(lambda: "hook")  # E
RetryHookFactory(build=maker)  # E


class MyFactory(RetryHookFactory):  # E
    pass


# The ready hooks, which are hooks like any other.
LoggingHook(logger="app", level=20)
LoggingHook("app")  # E
LoggingHook(logger=1)  # E
LoggingHook(level="INFO")  # E
StructlogHook(1)  # E
PrometheusHook(registry=object())
PrometheusHook(object())  # E
OpenTelemetryHook(1)  # E


def uses(details: RetryDetails) -> None:
    assert_type(LoggingHook()(details), None)
    assert_type(StructlogHook()(details), None)
    assert_type(PrometheusHook()(details), None)
    assert_type(PrometheusHook().counter, Any)
    assert_type(OpenTelemetryHook()(details), None)
    PrometheusHook().gave_up(details)  # E
    OpenTelemetryHook().gave_up(details)  # E


def counts(details: GiveUpDetails) -> None:
    assert_type(PrometheusHook().gave_up(details), None)
    assert_type(OpenTelemetryHook().gave_up(details), None)
    PrometheusHook()(details)  # E


# Details for the tests of one's own hooks.
def details(arguments: Mapping[str, int]) -> RetryDetails:
    plain(
        RetryDetails(
            name="fetch",
            attempt=1,
            wait=1,
            waited_so_far=0.0,
            elapsed=0.5,
            exception=OSError(),
            args=("x", 1),
            kwargs=arguments,
        )
    )
    return RetryDetails(
        name="fetch",
        attempt=1,
        times=3,
        wait=1.0,
        waited_so_far=0.0,
        elapsed=0.5,
        exception=OSError(),
        args=(),
        kwargs={},
    )


RetryDetails()  # E
RetryDetails("fetch", 1, 1.0, 0.0, 0.0, OSError(), (), {}, 3)  # E


class MyDetails(RetryDetails):  # E
    pass


the_end(
    GiveUpDetails(
        name="fetch", reason="timeout", attempts=3, elapsed=1, exception=OSError(), args=("x", 1), kwargs={"y": 1}
    )
)
GiveUpDetails()  # E
GiveUpDetails("fetch", "timeout", 3, 1.0, OSError(), (), {})  # E
bad = OSError()
GiveUpDetails(name="f", reason="patience", attempts=3, elapsed=1, exception=bad, args=(), kwargs={})  # E
GiveUpDetails(reason="timeout", attempts=3, elapsed=1, exception=bad, args=(), kwargs={})  # E
GiveUpDetails("timeout", attempts=3, name="f", elapsed=1, exception=bad, args=(), kwargs={})  # E
RetryDetails(1, wait=1, waited_so_far=0, name="f", elapsed=1, exception=bad, args=(), kwargs={})  # E
GiveUpDetails(name="f", reason="timeout", attempts=3, elapsed=1, exception=bad, args=(), kwargs={}, wait=1)  # E: !ty


class MyEnd(GiveUpDetails):  # E
    pass
