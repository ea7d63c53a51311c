"""
Compare anew with its peers and with code written by hand. See README.md beside this file.

    python benchmarks/run.py [--quick] [--check] [--only WORDS]
"""

import argparse
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError

import fresh
import hops
from contestants import NAMES, Library, load
from measure import EventLoop, compare
from races import Field, Race
from table import Line, render, summary


@dataclass(frozen=True)
class Effort:
    rounds: int
    imports: int
    tasks: int
    task_rounds: int


FULL = Effort(rounds=600, imports=40, tasks=100_000, task_rounds=3)
QUICK = Effort(rounds=200, imports=15, tasks=10_000, task_rounds=4)


@dataclass(frozen=True)
class Section:
    """
    Lines that are measured together.
    """

    title: str
    measure: Callable[[], list[Line]]


def race_lines(race: Race, effort: Effort) -> list[Line]:
    times = compare(race.enter(), rounds=effort.rounds)
    return [
        Line(race.title, against, {name: time / times[against] for name, time in times.items()}, target)
        for against, target in race.against.items()
        if against in times  # a peer may be missing
    ]


def import_lines(names: Sequence[str], effort: Effort) -> list[Line]:
    costs = fresh.imports(names, rounds=effort.imports)
    return [
        Line(
            "import, decorating 4 functions", "typing, functools", {n: t / costs.typing for n, t in costs.times.items()}
        ),
        Line("the same, in milliseconds", "", costs.times, 4.0, "{:.1f}".format),
        Line("modules beyond typing, functools", "", costs.modules, 28, "{:.0f}".format),
        Line("of these asyncio, inspect, ...", "", costs.heavy, 0, "{:.0f}".format),
    ]


def hop_lines() -> list[Line]:
    return [
        Line(f"2 failures, success: {what}", "", {"anew": count}, target, "{:.0f}".format)
        for (what, target), count in zip(hops.TARGETS.items(), fresh.hops(), strict=True)
    ]


def task_lines(names: Sequence[str], effort: Effort) -> list[Line]:
    everyone = ("plain", "loop", *names)
    tasks = partial(fresh.tasks, everyone, effort.tasks)
    times = tasks("time", "even", rounds=effort.task_rounds)
    jittered = tasks("time", "jitter", rounds=effort.task_rounds)
    memory = tasks("memory", "even", rounds=1)
    count = f"{effort.tasks:,} waiting tasks"
    extra = {name: held - memory["plain"] for name, held in memory.items()}
    return [
        Line(count, "asyncio.sleep", {n: t / times["plain"] for n, t in times.items()}, 1.5),
        Line(f"{count}, jitter", "asyncio.sleep", {n: t / jittered["plain"] for n, t in jittered.items()}),
        Line("the same, bytes more a task", "", extra, 800, "{:,.0f}".format),
    ]


def sections(libraries: Sequence[Library], loop: EventLoop, effort: Effort) -> Iterator[Section]:
    names = [library.name for library in libraries]
    for race in Field(libraries, loop).races():
        yield Section(race.title, partial(race_lines, race, effort))
    yield Section("import", partial(import_lines, names, effort))
    yield Section("waiting tasks", partial(task_lines, names, effort))
    yield Section("hops", hop_lines)


def better(first: Line, second: Line) -> Line:
    """
    The line of the two in which anew came off better: noise only makes it look worse.
    """
    return min(first, second, key=lambda line: line.anew)


def installed() -> Iterator[Library]:
    for name in NAMES:
        try:
            library = load(name)
        except ImportError:
            print(f"{name} is not installed: left out.")
        else:
            yield library


def known(library: Library) -> str:
    try:
        return f"{library.name} {library.version}"
    except PackageNotFoundError:
        return f"{library.name} from a source tree"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds and tasks")
    parser.add_argument("--check", action="store_true", help="measure misses again; fail if they stay")
    parser.add_argument("--only", default="", metavar="WORDS", help="only sections whose title holds these words")
    arguments = parser.parse_args()
    effort = QUICK if arguments.quick else FULL

    libraries = list(installed())
    loop = EventLoop()
    lines: list[Line] = []
    for section in sections(libraries, loop, effort):
        if arguments.only not in section.title:
            continue
        print(f"... {section.title}", file=sys.stderr, flush=True)
        measured = section.measure()
        if arguments.check and any(line.missed() for line in measured):
            measured = list(map(better, measured, section.measure()))
        lines += measured
    loop.close()

    peers = [library.name for library in libraries if library.name != "anew"]
    print(f"Python {platform.python_version()}, {', '.join(map(known, libraries))}\n")
    print(render(lines, peers))
    print(f"\n{summary(lines)}")
    return int(arguments.check and any(line.missed() for line in lines))


if __name__ == "__main__":
    sys.exit(main())
