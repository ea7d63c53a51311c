"""
How contestants are timed: side by side, in short turns, many rounds, the least of each counts.

The machine is shared and its speed drifts, so a time alone says little. What is printed are quotients of times that
were taken a fraction of a millisecond apart. Noise only ever adds, so the least of many short turns is nearest to the
truth. Nothing here knows what is measured.
"""

import asyncio
import gc
import random
from collections.abc import Callable, Coroutine, Mapping
from itertools import repeat
from textwrap import indent
from time import perf_counter_ns
from typing import Any, TypeAlias

# Runs something `count` times; returns the nanoseconds it took.
Bench: TypeAlias = Callable[[int], int]
Run: TypeAlias = Callable[[Coroutine[Any, Any, int]], int]

TURN = 250_000  # nanoseconds: long beside reading the clock, short beside a time slice

_LOOP = """
{kind} bench(count, clock, repeat, {names}):
    start = clock()
    for _ in repeat(None, count):
{body}
    return clock() - start
"""


def timed(statement: str, **names: object) -> Bench:
    """
    Time a statement that uses *names*.

    Each gets a loop with code of its own: a shared one would be specialised for whoever came first.
    """
    bench = _compiled("def", statement, names)
    return lambda count: bench(count, perf_counter_ns, repeat, **names)


def timed_async(statement: str, run: Run, **names: object) -> Bench:
    """
    Time a statement with `await` or `async for` in it; *run* drives the loop around it.
    """
    bench = _compiled("async def", statement, names)
    return lambda count: run(bench(count, perf_counter_ns, repeat, **names))


def _compiled(kind: str, statement: str, names: Mapping[str, object]) -> Callable[..., Any]:
    scope: dict[str, Any] = {}
    exec(_LOOP.format(kind=kind, names=", ".join(names), body=indent(statement, " " * 8)), scope)
    bench: Callable[..., Any] = scope["bench"]
    return bench


def by_hand(coroutine: Coroutine[Any, Any, int]) -> int:
    """
    Step a coroutine to its end without an event loop.
    """
    while True:
        try:
            coroutine.send(None)
        except StopIteration as stop:
            result: int = stop.value
            return result


class EventLoop:
    """
    Two ways to run a coroutine in a task of one asyncio loop.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()

    def turning(self, coroutine: Coroutine[Any, Any, int]) -> int:
        """
        As always: each `asyncio.sleep(0)` is a turn of the loop, with its system call.
        """
        return self._loop.run_until_complete(coroutine)

    def standing(self, coroutine: Coroutine[Any, Any, int]) -> int:
        """
        Within a task, but `asyncio.sleep(0)` comes back at once: what remains is the cost of the code itself.
        """

        async def stepped() -> int:
            return by_hand(coroutine)

        return self._loop.run_until_complete(stepped())

    def close(self) -> None:
        self._loop.close()


def compare(benches: Mapping[str, Bench], *, rounds: int) -> dict[str, float]:
    """
    Nanoseconds per run for each, the least of all rounds.

    The collector is off within a turn; what a contestant leaves behind for it is swept up before the next turn.
    """
    least = dict.fromkeys(benches, float("inf"))
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        counts = {name: _enough(bench) for name, bench in benches.items()}
        order = list(benches)
        for _ in range(rounds):
            random.shuffle(order)
            for name in order:
                least[name] = min(least[name], benches[name](counts[name]) / counts[name])
                gc.collect(0)
    finally:
        gc.enable()
        gc.unfreeze()
    return least


def _enough(bench: Bench) -> int:
    """
    How many runs fill a turn; of several tries, as one that another process interrupts looks long enough too early.
    """
    count = 1
    while (took := min(bench(count) for _ in range(5))) < TURN:
        count = max(count * 2, min(count * 100, count * TURN // max(took, 1)))
    return count
