"""
An outage: a server under load does nothing for ten seconds. Does it come back?

Calls arrive at random (Poisson), each at one of the client processes, at a rate that the server can bear. Its queue
holds two seconds of work; clients wait one second for an answer, and then call again, if their policy and budget let
them. So once the queue is full, all that is worked off comes too late: the server is busy, and no use to anyone. It
stays so as long as more than its capacity arrives; and where everything fails, three attempts for each call are three
times the load.
"""

from collections.abc import Callable
from dataclasses import dataclass

from storm_budgets import Budget
from storm_server import Server
from storm_world import Call, Process, World

from anew import retry

RECOVERED = 0.99  # of the calls that begin in a second succeed
GRACE = 15  # seconds that the last calls have to do so


@dataclass(frozen=True)
class Outage:
    """
    All durations in seconds.
    """

    load: float  # of the capacity, without retries
    processes: int
    capacity: float = 200
    queue: float = 2.0
    patience: float = 1.0
    times: int = 3
    warm_up: int = 20
    lasts: int = 10
    after: int = 120
    crashes: bool = False


@dataclass(frozen=True)
class Outcome:
    served: list[float]  # the share of calls that succeed, of those that begin in each second
    arrived: list[float]  # attempts in each second, as multiples of the capacity
    recovered: int | None  # seconds from the end of the outage until all is well, and stays so


def suffer(outage: Outage, budget: Callable[[], Budget], seed: int) -> Outcome:
    back = outage.warm_up + outage.lasts
    end = back + outage.after
    begun, succeeded, sent = ([0] * (end + GRACE) for _ in range(3))

    with World(seed) as world:
        server = Server(
            world,
            capacity=outage.capacity,
            queue=outage.queue,
            patience=outage.patience,
            down=(outage.warm_up, back),
            crashes=outage.crashes,
        )

        def send(call: Call) -> None:
            sent[int(world.now)] += 1
            server.send(call)

        def ended(call: Call, success: bool) -> None:
            succeeded[int(call.begun)] += success

        policy = retry(times=outage.times)
        processes = [Process(world, send, policy, budget(), ended) for _ in range(outage.processes)]
        chance = world.chance
        rate = outage.load * outage.capacity

        def arrive() -> None:
            begun[int(world.now)] += 1
            processes[int(chance.random() * outage.processes)].call()
            world.at(world.now + chance.expovariate(rate), arrive)

        arrive()
        world.run(end + GRACE - 1)

    served = [good / all_ if all_ else 1.0 for good, all_ in zip(succeeded[:end], begun[:end], strict=True)]
    arrived = [attempts / outage.capacity for attempts in sent[:end]]
    bad = [second for second in range(back, end) if served[second] < RECOVERED]
    if bad and bad[-1] == end - 1:
        return Outcome(served, arrived, None)
    return Outcome(served, arrived, bad[-1] + 1 - back if bad else 0)


def slowest(outage: Outage, budget: Callable[[], Budget], seeds: int) -> int | None:
    """
    The slowest recovery; `None` if there is one that does not come.
    """
    slowest = 0
    for seed in range(1, seeds + 1):
        recovered = suffer(outage, budget, seed).recovered
        if recovered is None:
            return None
        slowest = max(slowest, recovered)
    return slowest
