"""
Simulated time, and clients that retry in it.

Law: what becomes of a failure is not decided here. `decide()` judges it, with the policy that `retry()` makes and with
randomness that is seeded; the budget is asked last, as in `anew._call`; and the budget reads the simulated time through
anew's own door.
"""

import heapq
from collections.abc import Callable
from operator import attrgetter
from random import Random
from types import TracebackType
from typing import Any, Self

from storm_budgets import STORE, Budget

from anew import Retry, _clock
from anew._decide import RetryIn, decide

# What is sent where, and what hears of the end of a call, with whether it succeeded.
Send = Callable[["Call"], None]
Ended = Callable[["Call", bool], None]

_policy_of: Callable[[Retry[Any]], Any] = attrgetter("_policy")


class World:
    """
    A queue of what will happen. While it is entered, anew lives in its time.
    """

    def __init__(self, seed: int) -> None:
        self.now = 0.0
        self.chance = Random(seed)
        self._events: list[tuple[float, int, Callable[..., object], tuple[Any, ...]]] = []
        self._count = 0
        self._real = _clock.monotonic

    def __enter__(self) -> Self:
        STORE.clear()
        vars(_clock)["monotonic"] = lambda: self.now
        return self

    def __exit__(self, typ: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        vars(_clock)["monotonic"] = self._real

    def at(self, when: float, act: Callable[..., object], *args: object) -> None:
        self._count += 1
        heapq.heappush(self._events, (when, self._count, act, args))

    def run(self, until: float = float("inf")) -> None:
        events = self._events
        while events and events[0][0] <= until:
            self.now, _, act, args = heapq.heappop(events)
            act(*args)


class Call:
    """
    One call of a process, with all its attempts.
    """

    __slots__ = ("begun", "cost", "num", "previous", "process")

    def __init__(self, process: "Process") -> None:
        self.process = process
        self.begun = process.world.now
        self.num = 0  # attempts that failed
        self.previous = process.policy.delay
        self.cost = 0  # what the last retry took, for a budget that gives it back


class Process:
    """
    A client process: its policy, and its budget for the one dependency it calls.
    """

    def __init__(self, world: World, send: Send, retry: Retry[Any], budget: Budget, ended: Ended) -> None:
        self.world = world
        self.policy = _policy_of(retry)
        self.budget = budget
        self._send = send
        self._ended = ended

    def call(self) -> None:
        self._attempt(Call(self))

    def _attempt(self, call: Call) -> None:
        self.budget.sent(call.num)
        self._send(call)

    def succeeded(self, call: Call) -> None:
        self.budget.ended(call.num, None)
        self.budget.paid(call.cost)
        self._ended(call, True)

    def failed(self, call: Call, exc: Exception) -> None:
        world = self.world
        self.budget.ended(call.num, exc)
        call.num += 1
        timeout = self.policy.timeout
        left = float("inf") if timeout is None else call.begun + timeout - world.now
        verdict = decide(self.policy, exc, call.num, call.previous, left=lambda _: left, draw=world.chance.random)
        if not isinstance(verdict, RetryIn):
            self._ended(call, False)
            return
        cost = self.budget.take(exc)
        if cost is None:
            self._ended(call, False)
            return
        call.cost = cost
        call.previous = verdict.seconds
        world.at(world.now + verdict.seconds, self._attempt, call)
