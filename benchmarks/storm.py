"""
Retry storms, simulated: what jitter and budgets are worth. docs/storm.md shows the tables and says what they mean.

    python benchmarks/storm.py [--quick] [--plot] [--only WORDS]
"""

import argparse
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from pathlib import Path

import storm_contention
import storm_failures
import storm_herd
from storm_budgets import BUDGETS, FLEETS, Anew, Budget, NoRetries
from storm_outage import Outage, slowest

from anew import retry

DOCS = Path(__file__).parent.parent / "docs"

LOADS = (0.7, 0.8, 0.9)
PROCESSES = (1, 50, 400)
PROBABILITIES = (0.01, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)


@dataclass(frozen=True)
class Effort:
    sizes: tuple[int, ...]  # of the crowds that contend for a row
    rounds: int  # over which these are averaged
    seeds: int  # of which the slowest counts
    after: int  # for how many seconds an outage is watched
    calls: int  # that fail at random


FULL = Effort(sizes=(10, 25, 50, 100, 200), rounds=20, seeds=3, after=120, calls=20_000)
QUICK = Effort(sizes=(10, 50), rounds=5, seeds=1, after=30, calls=4_000)

Table = list[list[str]]


def render(table: Table) -> str:
    """
    A Markdown table, its columns flush.
    """
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in table]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def contention(effort: Effort) -> Table:
    figures = storm_contention.figures(effort.sizes, effort.rounds)
    table = [["clients", *figures]]
    for column, size in enumerate(effort.sizes):
        outcomes = [outcomes[column] for outcomes in figures.values()]
        table.append([str(size), *(f"{outcome.calls:,.0f} in {outcome.seconds:.2f} s" for outcome in outcomes)])
    return table


def herd(effort: Effort) -> Table:
    policies = {**storm_herd.POLICIES, "anew, `times=3`": retry()}
    table = [["jitter", "served", "half of them after", "all of them after", "calls"]]
    for name, policy in policies.items():
        outcomes = [storm_herd.herd(policy, seed) for seed in range(1, effort.seeds + 1)]
        slowest = max(outcomes, key=lambda outcome: outcome.last)
        served, median, last = len(slowest.served), slowest.median, slowest.last
        table.append([name, f"{served:,}", f"{median:.1f} s", f"{last:.1f} s", f"{slowest.calls:,}"])
    return table


QUEUES = (0.1, 0.25, 0.5, 1.0)


def herd_by_queue(effort: Effort) -> Table:
    table = [["all served after, with room for", *(f"{queue:g} s" for queue in QUEUES)]]
    for name, policy in storm_herd.POLICIES.items():
        cells = []
        for queue in QUEUES:
            seeds = range(1, effort.seeds + 1)
            cells.append(f"{max(storm_herd.herd(policy, seed, queue=queue).last for seed in seeds):,.1f} s")
        table.append([name, *cells])
    return table


def recoveries(outage: Outage, budget: Callable[[], Budget], effort: Effort) -> str:
    """
    Seconds to recover for each number of processes.
    """
    seconds = [slowest(replace(outage, processes=count), budget, effort.seeds) for count in PROCESSES]
    return " / ".join("never" if each is None else str(each) for each in seconds)


def outage(effort: Effort) -> Table:
    table = [["seconds to recover, at a load of", *(f"{load:.0%}" for load in LOADS)]]
    for name, budget in BUDGETS.items():
        outages = [Outage(load, 1, after=effort.after) for load in LOADS]
        table.append([name, *(recoveries(outage, budget, effort) for outage in outages)])
    return table


def sensitivity(effort: Effort) -> Table:
    base = Outage(0.9, 1, after=effort.after * 3 // 4)
    outages: Mapping[str, Outage] = {
        "as above": base,
        "after five minutes of health": replace(base, warm_up=300),
        "an outage of 1 s": replace(base, lasts=1),
        "an outage of 60 s": replace(base, lasts=60),
        "the server refuses while it is down": replace(base, crashes=True),
        "its queue holds 0.5 s of work": replace(base, queue=0.5),
        "its queue holds 5 s of work": replace(base, queue=5),
        "`times=10`": replace(base, times=10),
        "capacity 100 calls/s": replace(base, capacity=100),
        "capacity 50 calls/s": replace(base, capacity=50),
        "capacity 20 calls/s": replace(base, capacity=20),
    }
    budgets: Mapping[str, Callable[[], Budget]] = {
        "no budget": Budget,
        "no retries": NoRetries,
        "`RetryBudget()`": Anew,
        "`floor=1`": partial(Anew, floor=1),
        "`floor=0`": partial(Anew, floor=0),
        "`ratio=1`": partial(Anew, ratio=1),
        "`window=300`": partial(Anew, window=300),
    }
    once = replace(effort, seeds=1)
    table = [["seconds to recover at 90%", *budgets]]
    for what, varied in outages.items():
        table.append([what, *(recoveries(varied, budget, once) for budget in budgets.values())])
    return table


FLEET = ((400, 200), (400, 100), (400, 50), (400, 20), (2000, 50))  # processes, capacity


def fleet(effort: Effort) -> Table:
    sizes = (f"{processes:,} at {capacity}/s" for processes, capacity in FLEET)
    table = [["a budget for each, or one for all", *sizes, "succeed at 10%"]]
    for name, budget in FLEETS.items():
        outages = [Outage(0.9, processes, capacity, after=effort.after * 3 // 4) for processes, capacity in FLEET]
        seconds = [slowest(outage, budget, effort.seeds) for outage in outages]
        served = storm_failures.endure(0.1, budget, calls=effort.calls, processes=400).served
        table.append([name, *("never" if each is None else f"{each} s" for each in seconds), f"{served:.1%}"])
    return table


def failures(effort: Effort, what: str, field: str, show: str) -> Table:
    table = [[f"{what}, if so many attempts fail", *(f"{probability:.0%}" for probability in PROBABILITIES)]]
    for name, budget in BUDGETS.items():
        outcomes = [storm_failures.endure(p, budget, calls=effort.calls) for p in PROBABILITIES]
        table.append([name, *(show.format(getattr(outcome, field)) for outcome in outcomes)])
    return table


@dataclass(frozen=True)
class Section:
    title: str
    table: Callable[[Effort], Table]


SECTIONS = (
    Section("contention: calls, and the time until all have written", contention),
    Section("herd: 2,000 clients, 200 calls/s", herd),
    Section("herd, queues", herd_by_queue),
    Section("outage: 10 s, then 1 / 50 / 400 processes", outage),
    Section("outage, varied: 1 / 50 / 400 processes", sensitivity),
    Section("fleet: seconds to recover at 90%, and calls that succeed where one attempt in ten fails", fleet),
    Section("failures: calls", partial(failures, what="calls that succeed", field="served", show="{:.1%}")),
    Section("failures: attempts", partial(failures, what="attempts for a call", field="sent", show="{:.2f}")),
)


def tables(effort: Effort, only: str) -> Iterator[str]:
    chosen = [section for section in SECTIONS if only in section.title]
    with ProcessPoolExecutor() as pool:
        for section, rendered in zip(chosen, pool.map(partial(printed, effort), chosen), strict=True):
            yield f"{section.title}\n\n{rendered}\n"


def printed(effort: Effort, section: Section) -> str:
    return render(section.table(effort))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer seeds and shorter runs; the figures differ")
    parser.add_argument("--plot", action="store_true", help="draw docs/storm-*.svg as well; needs matplotlib")
    parser.add_argument("--only", default="", metavar="WORDS", help="only sections whose title holds these words")
    arguments = parser.parse_args()

    for table in tables(QUICK if arguments.quick else FULL, arguments.only):
        print(table, flush=True)
    if arguments.plot:
        # Only here, as it needs matplotlib.
        for path in import_module("storm_plots").draw(DOCS, arguments.only):
            print(path)


if __name__ == "__main__":
    main()
