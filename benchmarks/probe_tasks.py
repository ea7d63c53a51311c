"""
In a fresh interpreter: many asyncio tasks whose call failed once and that now wait, all at the same time.

The loop's clock is set forward as soon as all of them wait, so nobody really waits. Prints the nanoseconds of CPU time
that a task took from its creation to its end, or, asked for memory, the bytes it held while it waited (as `tracemalloc`
counts them).
"""

import asyncio
import gc
import random
import sys
import time
import tracemalloc
from collections.abc import Callable, Coroutine
from typing import Any

import byhand
from contestants import load
from work import ServiceError

DELAY = 1000.0  # long enough for all tasks to be made; also what jitter spreads is


async def plain() -> None:
    await asyncio.sleep(DELAY)


async def plain_jittered() -> None:
    await asyncio.sleep(random.uniform(DELAY / 2, DELAY * 3 / 2))


class Loop(asyncio.SelectorEventLoop):
    """
    A loop whose clock can be set forward.
    """

    ahead = 0.0

    def time(self) -> float:
        return super().time() + self.ahead

    def timers(self) -> int:
        return len(vars(self)["_scheduled"])


class Down:
    """
    A service that fails its next `left` calls, which come from as many tasks, and works from then on.
    """

    left = 0

    async def call(self) -> None:
        if self.left:
            self.left -= 1
            raise ServiceError("down")


def contestant(name: str, down: Down, *, jitter: bool) -> Callable[[], Coroutine[Any, Any, None]] | None:
    if name == "plain":
        return plain_jittered if jitter else plain
    if name == "loop":
        return None if jitter else byhand.looping_async(down.call, delay=DELAY)
    library = load(name)
    decorator = library.jittered(DELAY) if jitter else library.policy(DELAY)
    return None if decorator is None else decorator(down.call)


async def run(call: Callable[[], Coroutine[Any, Any, None]], down: Down, count: int, *, memory: bool) -> float:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, Loop)

    async def waiting(many: int) -> list[asyncio.Task[None]]:
        down.left = many
        tasks = [loop.create_task(call()) for _ in range(many)]
        await asyncio.sleep(0)
        assert loop.timers() == many, "everyone waits"
        return tasks

    async def end(tasks: list[asyncio.Task[None]]) -> None:
        loop.ahead += DELAY * 10
        for task in tasks:
            await task

    await end(await waiting(10))  # what is imported or made at the first wait is none of a task's cost
    gc.collect()
    gc.freeze()
    gc.disable()
    if memory:
        held = tracemalloc.get_traced_memory()[0]
        tasks = await waiting(count)
        gc.collect()
        held = tracemalloc.get_traced_memory()[0] - held
        await end(tasks)
        return held / count
    start = time.process_time_ns()
    await end(await waiting(count))
    return (time.process_time_ns() - start) / count


def main(name: str, count: int, what: str, spread: str) -> None:
    down = Down()
    call = contestant(name, down, jitter=spread == "jitter")
    if call is None:
        print("-")
        return
    if what == "memory":
        tracemalloc.start()
    with asyncio.Runner(loop_factory=Loop) as runner:
        print(runner.run(run(call, down, count, memory=what == "memory")))


main(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4])
