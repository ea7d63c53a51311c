"""
Failures that have nothing to do with load: what a budget costs where a retry would have helped.

So many processes make so many calls a second, at random times where they are more than one. Each attempt fails with
the same probability, independent of all others, after 50 ms.
"""

from collections.abc import Callable
from dataclasses import dataclass

from storm_budgets import Budget
from storm_world import Call, Process, World

from anew import retry

BROKEN = ConnectionResetError("bad luck")


@dataclass(frozen=True)
class Outcome:
    served: float  # the share of calls that succeed
    sent: float  # attempts for each call


def endure(
    probability: float,
    budget: Callable[[], Budget],
    seed: int = 1,
    calls: int = 20_000,
    *,
    processes: int = 1,
    rate: float = 20,
) -> Outcome:
    served: list[Call] = []
    sent = 0
    with World(seed) as world:
        chance = world.chance

        def send(call: Call) -> None:
            nonlocal sent
            sent += 1
            if chance.random() < probability:
                world.at(world.now + 0.05, call.process.failed, call, BROKEN)
            else:
                world.at(world.now + 0.05, call.process.succeeded, call)

        def ended(call: Call, success: bool) -> None:
            if success:
                served.append(call)

        fleet = [Process(world, send, retry(), budget(), ended) for _ in range(processes)]
        for number in range(calls):
            caller = fleet[int(chance.random() * processes)] if processes > 1 else fleet[0]
            world.at(number / rate, caller.call)
        world.run()
    return Outcome(len(served) / calls, sent / calls)
