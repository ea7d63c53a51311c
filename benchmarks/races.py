"""
What is timed within this process: in each race libraries and hand-written code start beside each other.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias
from unittest.mock import patch

import byhand
import work
from contestants import HOOKS, Library, Watch, silence_structlog
from measure import Bench, EventLoop, Run, by_hand, timed, timed_async
from spellings import SPELLINGS

Things: TypeAlias = dict[str, Any]  # contestant -> what it decorated, or itself

SWALLOW = "try:\n    {}\nexcept Exception:\n    pass"

# What anew may cost, beside the contestant that is 1.00.
Limits: TypeAlias = Mapping[str, float | None]
SUCCESS: Limits = {"pass-through": 1.10}
TIMEOUT: Limits = {"pass-through": 1.8}
HEARD: Limits = {"pass-through": 2.5}
BUDGET: Limits = {"pass-through": 5.5, "nopanic": 1.0}
ITEMS: dict[str, float | None] = {"pass-through": 1.15}
FAILURE: Limits = {"loop": 6.0}  # before a wait, simple code is worth more than a microsecond
DECORATION: Limits = {"pass-through": 4.0}
# What they cost before the core was rewritten.
OLDER = sys.version_info < (3, 12)
CALL: Limits = {"pass-through": 8.5 if OLDER else 10, "nopanic": 1.0}
BLOCK: Limits = {"loop": 14 if OLDER else 18}
ASYNC_BLOCK: Limits = {"loop": 11 if OLDER else 13}


@dataclass(frozen=True)
class Race:
    title: str
    against: Limits
    enter: Callable[[], dict[str, Bench]]  # called again for a second try: everything is made anew


@dataclass(frozen=True)
class Field:
    """
    Who takes part.
    """

    libraries: Sequence[Library]
    loop: EventLoop

    def races(self) -> Iterator[Race]:
        """
        All of them, in the order of the table.
        """
        yield from self._success()
        yield from self._extras()
        yield from self._blocks()
        yield from self._failures()
        yield from self._watched()
        yield from self._generators()
        yield from self._decorating()

    def _each(self, make: Callable[[Library], Any]) -> Things:
        made = {library.name: make(library) for library in self.libraries}
        return {name: thing for name, thing in made.items() if thing is not None}

    def _decorated(self, fn: Any) -> Things:
        return self._each(lambda library: library.policy()(fn))

    def _success(self) -> Iterator[Race]:
        shapes: tuple[tuple[str, str, Any, Any], ...] = (
            ("0 arguments", "f()", work.none, work.none_async),
            ("3 + 2 arguments", "f(1, 2, 3, d=4, e=5)", work.some, work.some_async),
            ("method", "f.method(1)", work.method, work.method_async),
        )

        def things(shape: str, hand: Things, fn: Any) -> Things:
            found = hand | self._decorated(fn)
            if shape != "method":
                return found
            return {name: type("Service", (), {"method": thing})() for name, thing in found.items()}

        def entries(shape: str, call: str, hand: Things, fn: Any) -> dict[str, Bench]:
            return _sync(call, things(shape, hand, fn))

        def async_entries(shape: str, call: str, hand: Things, fn: Any) -> dict[str, Bench]:
            return _async(f"await {call}", by_hand, things(shape, hand, fn))

        for shape, call, fn, _ in shapes:
            hand = {"pass-through": byhand.passing(fn), "loop": byhand.looping(fn)}
            yield Race(f"success, {shape}", SUCCESS, partial(entries, shape, call, hand, fn))
        for shape, call, _, fn in shapes:
            hand = {"pass-through": byhand.passing_async(fn), "loop": byhand.looping_async(fn)}
            yield Race(f"async success, {shape}", SUCCESS, partial(async_entries, shape, call, hand, fn))

    def _extras(self) -> Iterator[Race]:
        passing = {"pass-through": byhand.passing(work.none)}

        def called() -> dict[str, Bench]:
            hand = {"pass-through": byhand.forwarding, "loop": byhand.looping_call}
            return _sync("f(fn)", hand | self._each(lambda library: library.caller()), fn=work.none)

        def bounded() -> dict[str, Bench]:
            made = self._each(lambda library: _applied(library.bounded(), work.none))
            return _sync("f()", passing | {"loop": byhand.bounded(work.none)} | made)

        def hearing() -> dict[str, Bench]:
            made = self._each(lambda library: _applied(library.hearing(work.ignore), work.none))
            return _sync("f()", passing | {"loop": byhand.hearing(work.none, work.ignore)} | made)

        def budgeted() -> dict[str, Bench]:
            made = self._each(lambda library: _applied(library.budgeted(), work.none))
            return _sync("f()", passing | made)

        yield Race("success with timeout=30", TIMEOUT, bounded)
        yield Race("success with on_success", HEARD, hearing)
        yield Race("success with a budget", BUDGET, budgeted)
        yield Race("success by policy.call(f)", CALL, called)

    def _failures(self) -> Iterator[Race]:
        def once() -> dict[str, Bench]:
            made = self._each(lambda library: library.policy()(work.by_turns()))
            return _sync("f()", {"loop": byhand.looping(work.by_turns())} | made)

        def once_async(run: Run) -> dict[str, Bench]:
            made = self._each(lambda library: library.policy()(work.by_turns_async()))
            return _async("await f()", run, {"loop": byhand.looping_async(work.by_turns_async())} | made)

        def spread() -> dict[str, Bench]:
            made = self._each(lambda library: _applied(library.jittered(1.0), work.by_turns()))
            benches = _sync("f()", {"loop": byhand.looping(work.by_turns(), delay=1.0)} | made)
            return {name: _sleepless(bench) for name, bench in benches.items()}

        def exhausted() -> dict[str, Bench]:
            made = {"loop": byhand.looping(work.never)} | self._decorated(work.never)
            return _sync(SWALLOW.format("f()"), made)

        def exhausted_async() -> dict[str, Bench]:
            made = {"loop": byhand.looping_async(work.never_async)} | self._decorated(work.never_async)
            return _async(SWALLOW.format("await f()"), self.loop.standing, made)

        yield Race("one failure", FAILURE, once)
        yield Race("async one failure", FAILURE, partial(once_async, self.loop.turning))
        yield Race("async one failure, loop standing still", FAILURE, partial(once_async, self.loop.standing))
        yield Race("one failure, jitter, nobody sleeps", {"loop": None}, spread)
        yield Race("giving up after 3", FAILURE, exhausted)
        yield Race("async giving up after 3, loop standing still", FAILURE, exhausted_async)

    def _blocks(self) -> Iterator[Race]:
        statement = "for attempt in f():\n    with attempt:\n        fn()"

        def sync() -> dict[str, Bench]:
            made = _sync(statement, self._each(lambda library: library.blocks()), fn=work.none)
            return {"loop": timed(byhand.BLOCK, fn=work.none)} | made

        def asynchronous() -> dict[str, Bench]:
            blocks = self._each(lambda library: library.async_blocks())
            made = _async("async " + statement.replace("fn()", "await fn()"), by_hand, blocks, fn=work.none_async)
            hand = timed_async(byhand.BLOCK.replace("fn()", "await fn()"), by_hand, fn=work.none_async)
            return {"loop": hand} | made

        yield Race("block that succeeds", BLOCK, sync)
        yield Race("async block that succeeds", ASYNC_BLOCK, asynchronous)

    def _watched(self) -> Iterator[Race]:
        def watched(hook: str) -> dict[str, Bench]:
            hooks = self._each(lambda library: library.watching(hook))
            made = {library.name: library.policy()(work.by_turns()) for library in self.libraries}
            benches = _sync("f()", {"loop": byhand.looping(work.by_turns(), log=work.LOG.warning)})
            return benches | {
                name: _watched(bench, hooks[name]) for name, bench in _sync("f()", made).items() if name in hooks
            }

        silence_structlog()
        for hook in HOOKS:
            yield Race(f"one failure, told to {hook}", {"loop": None}, partial(watched, hook))

    def _generators(self) -> Iterator[Race]:
        def decorated(fn: Any) -> Things:
            return self._each(lambda library: library.policy()(fn) if library.generators else None)

        def sync() -> dict[str, Bench]:
            made = {"pass-through": byhand.passing_generator(work.hundred)} | decorated(work.hundred)
            return _sync("for _ in f():\n    pass", made)

        def asynchronous() -> dict[str, Bench]:
            made = {
                "pass-through": byhand.passing_async_generator(work.hundred_async),
                "async for": byhand.unfaithful_async_generator(work.hundred_async),
            }
            return _async("async for _ in f():\n    pass", by_hand, made | decorated(work.hundred_async))

        yield Race("generator, 100 items", ITEMS, sync)
        yield Race("async generator, 100 items", ITEMS | {"async for": None}, asynchronous)

    def _decorating(self) -> Iterator[Race]:
        def decorating(passing: Any, fn: Any) -> dict[str, Bench]:
            return _sync("f(fn)", {"pass-through": passing} | self._each(lambda library: library.policy()), fn=fn)

        def making() -> dict[str, Bench]:
            made = {
                library.name: timed(f"{SPELLINGS[library.name]}(fn)", library=library.module, fn=work.some)
                for library in self.libraries
            }
            return {"pass-through": timed("f(fn)", f=byhand.passing, fn=work.some)} | made

        yield Race("decorating", DECORATION, partial(decorating, byhand.passing, work.some))
        yield Race(
            "decorating an async function", DECORATION, partial(decorating, byhand.passing_async, work.some_async)
        )
        yield Race("making a policy and decorating", DECORATION, making)


def _sync(statement: str, things: Things, **names: object) -> dict[str, Bench]:
    return {name: timed(statement, f=thing, **names) for name, thing in things.items()}


def _async(statement: str, run: Run, things: Things, **names: object) -> dict[str, Bench]:
    return {name: timed_async(statement, run, f=thing, **names) for name, thing in things.items()}


def _watched(bench: Bench, watch: Watch) -> Bench:
    def run(count: int) -> int:
        watch(True)
        try:
            return bench(count)
        finally:
            watch(False)

    return run


def _sleepless(bench: Bench) -> Bench:
    def run(count: int) -> int:
        with patch("time.sleep", work.ignore):
            return bench(count)

    return run


def _applied(decorator: Callable[[Any], Any] | None, fn: Any) -> Any:
    return None if decorator is None else decorator(fn)
