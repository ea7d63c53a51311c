"""
Contention: N clients write one row at the same time, with optimistic concurrency control.

The model of the AWS Architecture Blog, "Exponential Backoff And Jitter" (2015): a client reads the row's version, and
then writes; if somebody else has written meanwhile, the write fails and the client starts over after its wait. Each
message takes 10 ms, normally distributed with a deviation of 2 ms. There is no end to the attempts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from storm_budgets import Budget
from storm_world import Call, Process, World

from anew import Retry, retry

CONFLICT = ConnectionError("somebody else has written")

# The blog's waits start from 5 ms, doubled before the first one, and are capped at 2 s.
POLICIES: dict[str, Retry] = {
    "no wait": retry(times=None, delay=0),
    "no jitter": retry(times=None, delay=0.010, max_delay=2, jitter=False),
    "full": retry(times=None, delay=0.010, max_delay=2, jitter="full"),
    "decorrelated": retry(times=None, delay=0.005, max_delay=2, jitter="decorrelated"),
    "anew": retry(times=None, delay=timedelta(milliseconds=10), max_delay=2),
}


@dataclass(frozen=True)
class Outcome:
    calls: float
    seconds: float


class Row:
    """
    The row, and the network between it and the clients.
    """

    def __init__(self, world: World) -> None:
        self.calls = 0
        self._world = world
        self._version = 0

    def update(self, call: Call) -> None:
        self._later(self._read, call)

    def _later(self, act: Callable[..., object], *args: object) -> None:
        world = self._world
        world.at(world.now + abs(world.chance.gauss(0.010, 0.002)), act, *args)

    def _read(self, call: Call) -> None:
        self._later(self._answered, call, self._version)

    def _answered(self, call: Call, version: int) -> None:
        self._later(self._write, call, version)

    def _write(self, call: Call, version: int) -> None:
        self.calls += 1
        if version == self._version:
            self._version += 1
            self._later(call.process.succeeded, call)
        else:
            self._later(call.process.failed, call, CONFLICT)


def contend(policy: Retry, clients: int, seed: int) -> Outcome:
    with World(seed) as world:
        row = Row(world)
        for _ in range(clients):
            Process(world, row.update, policy, Budget(), lambda call, success: None).call()
        world.run()
        return Outcome(row.calls, world.now)


def mean(policy: Retry, clients: int, seeds: int) -> Outcome:
    outcomes = [contend(policy, clients, seed) for seed in range(1, seeds + 1)]
    return Outcome(
        sum(outcome.calls for outcome in outcomes) / seeds, sum(outcome.seconds for outcome in outcomes) / seeds
    )


def figures(sizes: tuple[int, ...], seeds: int) -> dict[str, list[Outcome]]:
    return {name: [mean(policy, clients, seeds) for clients in sizes] for name, policy in POLICIES.items()}
