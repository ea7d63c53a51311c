"""
A server with one queue, first come, first served.

It takes every call that finds room, and works it off, also after the client has stopped waiting for the answer: it
cannot know. Since nothing overtakes, the end of a call is known when it arrives.
"""

from storm_world import Call, World

REFUSED = ConnectionRefusedError("the queue is full")
LATE = TimeoutError("no answer in time")


class Server:
    """
    Parameters:
        capacity: calls that it completes in a second.
        queue: how much work may wait, in seconds; what comes beyond is refused at once.
        patience: how long clients wait for an answer, in seconds.
        down: from when to when it does nothing.
        crashes: whether it refuses every call while it is down, instead of letting them wait.
    """

    def __init__(
        self,
        world: World,
        *,
        capacity: float,
        queue: float,
        patience: float = float("inf"),
        down: tuple[float, float] = (float("inf"), float("inf")),
        crashes: bool = False,
    ) -> None:
        self.calls = 0
        self._world = world
        self._service = 1 / capacity
        self._queue = queue
        self._patience = patience
        self._down, self._up = down
        self._crashes = crashes
        self._free = 0.0  # when all that it has taken is done

    def send(self, call: Call) -> None:
        self.calls += 1
        world = self._world
        now = world.now
        start = max(self._free, now)
        waiting = start - now
        if now < self._up and start > self._down:
            waiting -= min(start, self._up) - max(now, self._down)
        if waiting > self._queue or (self._crashes and self._down <= now < self._up):
            world.at(now, call.process.failed, call, REFUSED)
            return
        if self._down <= start < self._up:
            start = self._up
        end = start + self._service
        if start < self._down < end:
            end += self._up - self._down
        self._free = end
        if end - now <= self._patience:
            world.at(end, call.process.succeeded, call)
        else:
            world.at(now + self._patience, call.process.failed, call, LATE)
