"""
A herd: all clients call at the same instant, and again after what their policy lets them wait.

The server takes 200 calls a second, one after the other. At most half a second's work waits in its queue; whatever
comes beyond is refused at once. Nobody gives up.
"""

from dataclasses import dataclass

from storm_budgets import Budget
from storm_server import Server
from storm_world import Call, Process, World

from anew import Retry, retry

POLICIES: dict[str, Retry] = {
    "no jitter": retry(times=None, jitter=False),
    "full": retry(times=None, jitter="full"),
    "decorrelated": retry(times=None, jitter="decorrelated"),
    "anew": retry(times=None),
}


@dataclass(frozen=True)
class Outcome:
    served: list[float]  # when, in order
    gave_up: int
    calls: int

    @property
    def last(self) -> float:
        return self.served[-1]

    @property
    def median(self) -> float:
        return self.served[len(self.served) // 2]


def herd(policy: Retry, seed: int, clients: int = 2000, capacity: float = 200, queue: float = 0.5) -> Outcome:
    served: list[float] = []
    gave_up: list[float] = []
    with World(seed) as world:
        server = Server(world, capacity=capacity, queue=queue)

        def ended(call: Call, success: bool) -> None:
            (served if success else gave_up).append(world.now)

        for _ in range(clients):
            Process(world, server.send, policy, Budget(), ended).call()
        world.run()
        return Outcome(served, len(gave_up), server.calls)
