"""Every way to run a callable under a policy, behind one face: a behaviour is written once and tried on all.

A new driver gets one adapter here; all tests that ask for `every_way` then run on it. Those of `way` have one adapter
of each kind: what they are about does not depend on the driver.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from inspect import iscoroutine
from types import ModuleType, SimpleNamespace
from typing import Any, NoReturn

import hypothesis
import pytest

from anew import Retry, _clock
from anew.instrumentation import set_on_retry_hooks

hypothesis.settings.register_profile("anew", deadline=None, derandomize=True)
# For all Pythons but one: the properties themselves do not depend on the version.
hypothesis.settings.register_profile("few", hypothesis.settings.get_profile("anew"), max_examples=15)
# By hand, for tests/test_fuzz.py: never the same examples twice, for about an hour.
hypothesis.settings.register_profile("hour", deadline=None, derandomize=False, max_examples=10_000)
hypothesis.settings.load_profile("anew")

Work = Callable[[], Any]

# What some Pythons do not have, of which tests say that they need it; and what this one does not have.
ON_CPYTHON = {"CPython", "cloudpickle", "reference counts"}
OUTSIDE_OF_WEBASSEMBLY = {"threads", "processes", "sockets", "interpreters", "timers", "a deep stack", "trio"}
LACKS: set[str] = set()
# Libraries that cannot be had here.
MISSING: set[str] = set()


def skip(*args: Any, **_: Any) -> NoReturn:
    """Skip the test that comes here."""
    for coroutine in filter(iscoroutine, args):
        coroutine.close()
    pytest.skip("this Python lacks what the test needs", allow_module_level=True)


class Missing(ModuleType):
    """Stands in for a library: whatever test comes to it is skipped."""

    def __getattr__(self, name: str) -> Any:
        # What anew asks of Trio is whether it runs.
        if name.startswith("__") or name == "lowlevel":
            raise AttributeError(name)
        return Missing(name)

    __call__ = staticmethod(skip)


class Loop(asyncio.BaseEventLoop):
    """Runs tasks and timers, without sockets."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = SimpleNamespace(select=self._select)

    def _select(self, seconds: float | None) -> list[Any]:
        time.sleep(seconds or 0)
        return []

    def _process_events(self, events: list[Any]) -> None: ...

    def _write_to_self(self) -> None: ...


if sys.implementation.name != "cpython":
    LACKS |= ON_CPYTHON
    MISSING |= {"time_machine"}
if sys.platform == "emscripten":
    LACKS |= OUTSIDE_OF_WEBASSEMBLY
    MISSING |= {"aiohttp", "multidict", "time_machine", "trio", "trio.testing", "yarl"}
    # The tests do not run in the one event loop that the page has, but in loops of their own.
    asyncio._set_running_loop(None)
    asyncio.new_event_loop = asyncio.events.new_event_loop = Loop
for library in MISSING:
    # Not in place of another: tests import this file once more.
    sys.modules.setdefault(library, Missing(library))

try:
    import cloudpickle
except Exception:  # it is missing, or does not know the pickle of PyPy
    cloudpickle: Any = Missing("cloudpickle")
trio: Any = import_module("trio")


NO_PARAMETERS = SimpleNamespace(params={})


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test that needs what is not here."""
    needed = {what for marker in item.iter_markers("needs") for what in marker.args}
    assert needed <= ON_CPYTHON | OUTSIDE_OF_WEBASSEMBLY, f"tests need what is not known: {needed}"
    if missing := needed & LACKS:
        pytest.skip(f"missing here: {', '.join(sorted(missing))}")
    if any(isinstance(value, Missing) for value in getattr(item, "callspec", NO_PARAMETERS).params.values()):
        skip()


@dataclass
class Clock:
    """A clock that only sleeping and `advance` move; it remembers the waits."""

    now: float = 1000.0
    waits: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return 1_600_000_000 + self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@pytest.fixture(autouse=True)
def clock(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """No test waits for real, unless it is marked `real_time`."""
    clock = Clock()
    if request.node.get_closest_marker("real_time") is None:
        faked = SimpleNamespace(monotonic=clock.monotonic, sleep=clock.sleep, time=clock.time)
        monkeypatch.setattr(_clock, "time", faked)
        monkeypatch.setattr(_clock, "monotonic", clock.monotonic)
        for module, checkpoint in ((asyncio, asyncio.sleep), (trio, trio.sleep)):
            monkeypatch.setattr(module, "sleep", partial(_noted, clock, checkpoint))
    return clock


async def _noted(clock: Clock, checkpoint: Callable[[float], Awaitable[None]], seconds: float) -> None:
    clock.sleep(seconds)
    await checkpoint(0)


@pytest.fixture
def draws(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Fixes what the operating system draws, in [0, 1)."""

    def fix(value: float) -> None:
        number = int(value * 2**56)
        monkeypatch.setattr(_clock, "os", SimpleNamespace(urandom=lambda count: number.to_bytes(count, "big")))

    return fix


@dataclass(frozen=True)
class Way:
    """How to run some work under a policy."""

    name: str
    run: Callable[[Retry[Any], Work], Any]

    def __str__(self) -> str:
        return self.name


def by_function(policy: Retry[Any], work: Work) -> Any:
    @policy
    def fetch() -> Any:
        return work()

    return fetch()


def by_method(policy: Retry[Any], work: Work) -> Any:
    class Client:
        @policy
        def fetch(self) -> Any:
            return work()

    return Client().fetch()


def by_call(policy: Retry[Any], work: Work) -> Any:
    return policy.call(lambda *_, **__: work(), 1, key=2)


def by_partial_with_keyword(policy: Retry[Any], work: Work) -> Any:
    def fetch(*, key: int) -> Any:
        return work()

    return policy(partial(fetch))(key=1)


def by_block(policy: Retry[Any], work: Work) -> Any:
    for attempt in policy:
        with attempt:
            return work()
    raise AssertionError("the loop has ended, and the work has not")


def by_block_entered_again(policy: Retry[Any], work: Work) -> Any:
    attempts = iter(policy)
    while True:
        with attempts:
            return work()


def by_generator(policy: Retry[Any], work: Work) -> Any:
    @policy
    def fetch() -> Iterator[Any]:
        yield work()

    # Not unpacked at once: on PyPy, that makes an error of its own of a TypeError.
    (result,) = list(fetch())
    return result


def by_generator_replayed(policy: Retry[Any], work: Work) -> Any:
    return by_generator(policy.replace(replay=True), work)


def by_generator_skipping(policy: Retry[Any], work: Work) -> Any:
    return by_generator(policy.replace(replay="skip"), work)


async def a_function(policy: Retry[Any], work: Work) -> Any:
    @policy
    async def fetch() -> Any:
        return work()

    return await fetch()


async def a_call(policy: Retry[Any], work: Work) -> Any:
    async def fetch(*_: Any, **__: Any) -> Any:
        return work()

    return await policy.call(fetch, 1, key=2)


async def a_block(policy: Retry[Any], work: Work) -> Any:
    async for attempt in policy:
        async with attempt:
            return work()
    raise AssertionError("the loop has ended, and the work has not")


async def a_block_entered_again(policy: Retry[Any], work: Work) -> Any:
    attempts = aiter(policy)
    while True:
        async with attempts:
            return work()


async def a_block_of_plain_withs(policy: Retry[Any], work: Work) -> Any:
    async for attempt in policy:
        with attempt:
            return work()
    raise AssertionError("the loop has ended, and the work has not")


async def a_coroutine_object(policy: Retry[Any], work: Work) -> Any:
    async def fetch() -> Any:
        return work()

    return await policy(lambda: fetch())()


async def a_generator(policy: Retry[Any], work: Work) -> Any:
    @policy
    async def fetch() -> Any:
        yield work()

    (result,) = [item async for item in fetch()]
    return result


async def a_generator_replayed(policy: Retry[Any], work: Work) -> Any:
    return await a_generator(policy.replace(replay=True), work)


async def a_generator_skipping(policy: Retry[Any], work: Work) -> Any:
    return await a_generator(policy.replace(replay="skip"), work)


def on_asyncio(run: Callable[..., Any]) -> Callable[..., Any]:
    return lambda policy, work: asyncio.run(run(policy, work))


def on_trio(run: Callable[..., Any]) -> Callable[..., Any]:
    return lambda policy, work: trio.run(run, policy, work)


SYNC = [
    Way(run.__name__, run)
    for run in (
        by_function,
        by_method,
        by_call,
        by_partial_with_keyword,
        by_block,
        by_block_entered_again,
        by_generator,
        by_generator_replayed,
        by_generator_skipping,
    )
]
ASYNC = [
    Way(f"{run.__name__}-{loop.__name__}", loop(run))
    for run in (
        a_function,
        a_call,
        a_block,
        a_block_entered_again,
        a_generator,
        a_generator_replayed,
        a_generator_skipping,
    )
    for loop in (on_asyncio, on_trio)
]
# They may not have async callbacks.
MIXED = [
    Way("a_coroutine_object", on_asyncio(a_coroutine_object)),
    Way("a_block_of_plain_withs-on_asyncio", on_asyncio(a_block_of_plain_withs)),
    Way("a_block_of_plain_withs-on_trio", on_trio(a_block_of_plain_withs)),
]


# One of each kind: what is no matter of the drivers themselves is tried on these.
FEW = {
    "by_function",
    "by_block",
    "by_generator",
    "a_function-on_asyncio",
    "a_block-on_trio",
    "a_generator-on_asyncio",
    "a_coroutine_object",
}


def fixture_of(ways: list[Way], doc: str) -> Any:
    """A fixture that is each of these ways in turn."""

    def choose(request: pytest.FixtureRequest) -> Way:
        return request.param

    choose.__doc__ = doc
    on_trio = pytest.mark.needs("trio")
    params = [pytest.param(way, id=way.name, marks=[on_trio] if "trio" in way.name else []) for way in ways]
    return pytest.fixture(params=params)(choose)


def few(ways: list[Way]) -> list[Way]:
    return [way for way in ways if way.name in FEW]


every_way = fixture_of([*SYNC, *ASYNC, *MIXED], "Every way to run a callable, for tests of the drivers themselves.")
every_sync_way = fixture_of(SYNC, "Every sync way.")
every_async_way = fixture_of(ASYNC, "Every async way, on asyncio and on Trio.")
way = fixture_of(few([*SYNC, *ASYNC, *MIXED]), "Each kind of callable once; for all other tests.")
sync_way = fixture_of(few(SYNC), "Each kind of sync callable once.")
async_way = fixture_of(few(ASYNC), "Each kind of async callable once, on asyncio or on Trio.")


def run_on_trio(coroutine: Any) -> Any:
    return trio.run(lambda: coroutine)


@pytest.fixture(
    params=[
        pytest.param(asyncio.run, id="asyncio"),
        pytest.param(run_on_trio, id="trio", marks=pytest.mark.needs("trio")),
    ]
)
def run(request: pytest.FixtureRequest) -> Callable[[Any], Any]:
    """Runs a coroutine to its end, on asyncio and on Trio."""
    return request.param


@pytest.fixture
def no_hooks() -> Iterator[None]:
    """Nobody is told of retries: no logger of the test run keeps what it hears."""
    set_on_retry_hooks([])
    yield
    set_on_retry_hooks(None)


class Failing:
    """Work that fails with each of `failures` in turn and then gives `result`; it counts its calls."""

    def __init__(self, *failures: BaseException | type[BaseException], result: Any = "done") -> None:
        self.failures = list(failures)
        self.result = result
        self.calls = 0

    def __call__(self) -> Any:
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)
        return self.result


@pytest.fixture
def failing() -> type[Failing]:
    """Work that fails as often as it is told."""
    return Failing


@pytest.fixture
def hopeless() -> Callable[[], Any]:
    """Makes work that fails each time, with a fresh exception."""

    def make(make_exc: Callable[[], BaseException] = lambda: ConnectionError("service down")) -> Any:
        def work() -> Any:
            work.calls += 1
            raise make_exc()

        work.calls = 0
        return work

    return make
