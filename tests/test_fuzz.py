"""Random calls in a world that changes in their midst, against a model of thirty lines.

A minute in CI; an hour by hand: `nox -s fuzz`, or `pytest tests/test_fuzz.py --hypothesis-profile=hour`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import inf
from typing import Any, NamedTuple, NoReturn

import conftest
import hypothesis
import pytest
import trio
from conftest import Clock
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from anew import RetryBudget, RetryError, TryAgain, is_active, is_testing, retry, set_active, set_testing
from anew.instrumentation import set_on_give_up_hooks, set_on_retry_hooks

pytestmark = [pytest.mark.one_python, pytest.mark.needs("trio")]


class Ours(Exception):
    """Is retried."""


class Theirs(Exception):
    """Is not."""


class Step(NamedTuple):
    """What happens in one attempt, and in the wait after it."""

    end: str = "done"
    takes: float = 0.0
    asks: float | None = None
    flips: str | None = None
    cut: bool = False  # whether the wait is cancelled, or interrupted


class Options(NamedTuple):
    """What a policy is made of."""

    times: int | None
    delay: float
    timeout: float | None
    reraise: bool
    pays: bool


@dataclass
class World:
    """What is switched how, as the model has it."""

    active: bool = True
    testing: tuple[int, bool] | None = None
    hooks: int = 0
    tokens: float = 3.0
    now: float = 0.0
    told: int = 0
    waits: list[float] = field(default_factory=list)

    def flip(self, flips: str | None) -> None:
        self.active = {"off": False, "on": True}.get(flips or "", self.active)
        self.testing = {"test": (2, False), "cap": (3, True), "work": None}.get(flips or "", self.testing)

    def times(self, times: int | None) -> int | None:
        attempts, cap = (1, False) if not self.active else self.testing or (None, False)
        return times if attempts is None else min(times, attempts) if cap and times is not None else attempts

    def call(self, options: Options, steps: list[Step], is_async: bool) -> tuple[str, int]:
        """Say how a call ends and how many attempts it makes: the model."""
        start = self.now
        for num, step in enumerate([*steps, Step()], 1):
            self.flip(step.flips)
            self.now += step.takes
            waits = self.active and self.testing is None
            times = self.times(options.times)
            if step.end == "done":
                self.tokens += 0.5 if options.pays and waits else 0
                return "done", num
            if step.end in ("theirs", "exit", "cancelled") or (step.end == "cancelling" and is_async):
                return step.end, num
            if times is not None and num >= times:
                return "attempts", num
            left = inf if options.timeout is None else start + options.timeout - self.now
            wait = (
                step.asks if step.end == "again" and step.asks is not None else min(options.delay * 2 ** (num - 1), 8)
            )
            if (wait if waits or left < 0 else 0) > left:
                return "timeout", num
            if options.pays and waits:
                if self.tokens < 1:
                    return "budget", num
                self.tokens -= 1
            self.told += self.hooks
            if not waits:
                wait = 0.0
            if step.cut and (wait or is_async):
                return "cancelled" if is_async else "exit", num
            self.now += wait
            self.waits += [wait] if wait else []
        raise AssertionError


class Cut(BaseException):
    """Interrupts, as Ctrl-C does."""


def flip(flips: str | None) -> None:
    match flips:
        case "off" | "on":
            set_active(flips == "on")
        case "test":
            set_testing(True, attempts=2)
        case "cap":
            set_testing(True, attempts=3, cap=True)
        case "work":
            set_testing(False)


# How to run some work, and what cancels it.
Run = Callable[[Any, Callable[[], Any]], Any]
running: list[Callable[[], object]] = []


def cancel() -> None:
    running[-1]()


def on_asyncio(run: Any) -> Run:
    async def main(policy: Any, work: Any) -> Any:
        task = asyncio.current_task()
        assert task
        running[:] = [task.cancel]
        return await run(policy, work)

    return lambda policy, work: asyncio.run(main(policy, work))


def on_trio(run: Any) -> Run:
    async def main(policy: Any, work: Any) -> Any:
        with trio.CancelScope() as scope:
            running[:] = [scope.cancel]
            return await run(policy, work)
        raise asyncio.CancelledError

    return lambda policy, work: trio.run(main, policy, work)


SYNC: list[Run] = [way.run for way in conftest.SYNC]
ASYNC: list[Run] = [
    loop(run)
    for run in (
        conftest.a_function,
        conftest.a_call,
        conftest.a_block,
        conftest.a_block_entered_again,
        conftest.a_block_of_plain_withs,
        conftest.a_generator,
        conftest.a_generator_replayed,
        conftest.a_generator_skipping,
    )
    for loop in (on_asyncio, on_trio)
]

flips = st.none() | st.sampled_from(["off", "on", "on", "test", "cap", "work", "work"])
steps = st.builds(
    Step,
    end=st.sampled_from(["ours"] * 6 + ["again"] * 2 + ["theirs", "exit", "cancelled", "cancelling"]),
    takes=st.sampled_from([0.0, 0.0, 0.0, 1.0]),
    asks=st.none() | st.sampled_from([0.0, 2.0, 50.0]),
    flips=flips,
    cut=st.sampled_from([False] * 9 + [True]),
)
policies = st.builds(
    Options,
    times=st.none() | st.integers(1, 6),
    delay=st.sampled_from([0.0, 1.0, 3.0]),
    timeout=st.none() | st.sampled_from([0.5, 5.0, 20.0]),
    reraise=st.booleans(),
    pays=st.booleans(),
)


class Calls(RuleBasedStateMachine):
    """Calls of all kinds, one after the other, in one world."""

    clock: Clock

    @initialize()
    def begin(self) -> None:
        self.world = World()
        self.budget = RetryBudget(floor=3, ratio=0.5, window=1e9)
        self.told: list[str] = []
        self.open = 0
        self.cut = False
        self.clock.waits.clear()
        self.clock.now = 0.0
        set_on_give_up_hooks([self.raises])

    def teardown(self) -> None:
        set_active(True)
        set_testing(False)
        set_on_retry_hooks(None)
        set_on_give_up_hooks(None)

    def listens(self, details: Any) -> None:
        self.told.append("listens")

    def raises(self, details: Any) -> NoReturn:
        if hasattr(details, "wait"):
            self.told.append("raises")
        raise Ours("a hook")

    @contextlib.contextmanager
    def opened(self) -> Iterator[None]:
        self.told.append("opens")
        self.open += 1
        try:
            yield
        finally:
            self.open -= 1

    def opens(self, details: Any) -> Any:
        return self.opened()

    @contextlib.contextmanager
    def breaking(self) -> Iterator[None]:
        with self.opened():
            yield
        raise Theirs("leaving a hook")

    def breaks(self, details: Any) -> Any:
        return self.breaking()

    @rule(names=st.lists(st.sampled_from(["listens", "raises", "opens", "breaks"]), max_size=3))
    def listen(self, names: list[str]) -> None:
        set_on_retry_hooks([getattr(self, name) for name in names])
        self.world.hooks = len(names)

    @rule(switch=flips)
    def switch(self, switch: str | None) -> None:
        flip(switch)
        self.world.flip(switch)

    @rule(options=policies, script=st.lists(steps, max_size=7), number=st.integers(0, len(SYNC) + len(ASYNC) - 1))
    def call(self, options: Options, script: list[Step], number: int) -> None:
        is_async = number >= len(SYNC)
        run = [*SYNC, *ASYNC][number]
        attempts: list[int] = []
        expected = self.world.call(options, script, is_async)

        def work() -> str:
            attempts.append(1)
            step = [*script, Step()][len(attempts) - 1]
            flip(step.flips)
            self.clock.advance(step.takes)
            self.cut = step.cut
            match step.end:
                case "ours":
                    raise Ours
                case "again":
                    raise TryAgain(after=step.asks)
                case "theirs":
                    raise Theirs
                case "exit":
                    raise Cut
                case "cancelled":
                    raise asyncio.CancelledError
                case "cancelling":
                    if is_async:
                        cancel()
                    raise Ours
            return "done"

        heard: list[Any] = []
        policy = retry(
            times=options.times,
            delay=options.delay,
            max_delay=8,
            timeout=options.timeout,
            reraise=options.reraise,
            budget=self.budget if options.pays else None,
            on=Ours,
            jitter=False,
            on_success=lambda num: heard.append(("done", num)),
            on_failure=lambda error: heard.append((error.reason, error.attempts)),
        )

        assert expected == (self.outcome(run, policy, work, heard, options), len(attempts))
        assert ([expected] if expected[0] in ("done", "attempts", "timeout", "budget") else []) == heard

    def outcome(self, run: Run, policy: Any, work: Any, heard: list[Any], options: Options) -> str:
        try:
            return run(policy, work)
        except Theirs:
            return "theirs"
        except Cut:
            return "exit"
        except asyncio.CancelledError:
            return "cancelled"
        except RetryError as error:
            return error.reason
        except Ours:
            assert options.reraise or not heard
            return heard[-1][0] if heard else "cancelling"

    def sleep(self, seconds: float) -> bool:
        """Wait: the clock goes on, unless the wait is cut."""
        if not self.cut:
            self.clock.waits += [seconds] if seconds else []
            self.clock.now += seconds
        return self.cut

    @invariant()
    def nothing_else_has_changed(self) -> None:
        if hasattr(self, "world"):
            world = self.world
            assert (world.active, world.testing is not None) == (is_active(), is_testing())
            assert (world.now, world.waits) == (self.clock.now, self.clock.waits)
            assert (world.told, 0) == (len(self.told), self.open)
            assert world.tokens == self.budget.available


def test_calls(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Whatever happens in calls, in waits and in hooks, and whatever is switched meanwhile, is as the model says.
    """
    machine: list[Calls] = []

    class Here(Calls):
        def __init__(self) -> None:
            super().__init__()
            self.clock = clock
            machine[:] = [self]

    def sleep(seconds: float) -> None:
        if machine[0].sleep(seconds):
            raise Cut

    async def checkpoint(seconds: float, wait: Any) -> None:
        if machine[0].sleep(seconds):
            cancel()
        await wait(0)

    asyncio_sleep, trio_sleep = (module.sleep.args[1] for module in (asyncio, trio))
    monkeypatch.setattr(clock, "sleep", sleep)
    monkeypatch.setattr("anew._clock.time.sleep", sleep)
    monkeypatch.setattr(asyncio, "sleep", lambda seconds: checkpoint(seconds, asyncio_sleep))
    monkeypatch.setattr(trio, "sleep", lambda seconds: checkpoint(seconds, trio_sleep))

    # An example is fifty steps; six hundred are a minute or less.
    run_state_machine_as_test(Here, settings=hypothesis.settings(max_examples=6 * hypothesis.settings().max_examples))
