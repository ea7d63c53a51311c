"""What docs/storm.md claims, at fixed seeds and mostly at a smaller size; and that the simulation does as anew does."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

from anew import RetryBudget, RetryError, _clock, retry

pytestmark = pytest.mark.one_python

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "storm.md"

sys.path.insert(0, str(ROOT / "benchmarks"))
storm: Any = import_module("storm")
contention: Any = import_module("storm_contention")
herds: Any = import_module("storm_herd")
outages: Any = import_module("storm_outage")
failures: Any = import_module("storm_failures")
budgets: Any = import_module("storm_budgets")
server: Any = import_module("storm_server")
world: Any = import_module("storm_world")
sys.path.remove(str(ROOT / "benchmarks"))

CELLS = [(load, processes) for load in (0.7, 0.8, 0.9) for processes in (1, 50, 400)]


def small(load: float, processes: int, **options: Any) -> Any:
    """A quarter of the server and of the client processes: what holds here depends on how many there are for each."""
    return outages.Outage(load, max(1, processes // 4), capacity=50, **options)


def recovered(budget: Any, load: float, processes: int, **options: Any) -> float:
    """Seconds until all is well; infinite if that does not happen."""
    outcome = outages.suffer(small(load, processes, **options), budget, 1)
    return float("inf") if outcome.recovered is None else outcome.recovered


# (a) contention


def test_contention() -> None:
    """
    Fifty clients write one row with the fewest calls if they wait as anew does, and soon.
    """
    calls = {}
    seconds = {}
    for name, policy in contention.POLICIES.items():
        outcome = contention.mean(policy, 50, 4)
        calls[name], seconds[name] = outcome.calls, outcome.seconds

    assert "anew" == min(calls, key=lambda name: calls[name])
    assert calls["anew"] < calls["no jitter"] / 1.8
    assert seconds["anew"] < seconds["no jitter"] / 8
    assert seconds["no wait"] < seconds["decorrelated"] < seconds["anew"] < 1.6 * seconds["full"]


# (b) a herd


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_herd_is_served(seed: int) -> None:
    """
    Two thousand clients that call at once are all served within 30 s, by a server that needs ten.
    """
    outcome = herds.herd(retry(times=None), seed)

    assert 2000 == len(outcome.served)
    assert outcome.last < 30
    assert outcome.calls < 3.5 * 2000


def test_a_herd_without_jitter_stays_one() -> None:
    """
    Without jitter, it takes minutes, and with a fixed number of attempts many go without.
    """
    assert herds.herd(herds.POLICIES["no jitter"], 1, clients=500, capacity=50).last > 600
    assert herds.herd(retry(), 1, clients=500, capacity=50).gave_up > 200


# (c) an outage


@pytest.mark.parametrize(("load", "processes"), CELLS)
def test_without_a_budget_it_never_recovers(load: float, processes: int) -> None:
    """
    Ten seconds of outage are enough: three attempts for each call keep the server busy with what nobody waits for.
    """
    assert float("inf") == recovered(budgets.Budget, load, processes, after=40)


def test_never_is_a_long_time() -> None:
    """
    Nor does it within twenty minutes, at the lightest load.
    """
    outage = outages.Outage(0.7, 1, capacity=20, after=1200)

    assert 0 == sum(outages.suffer(outage, budgets.Budget, 1).served[40:])


@pytest.mark.parametrize(("load", "processes"), CELLS)
def test_with_a_budget_it_recovers(load: float, processes: int) -> None:
    """
    With `RetryBudget()` in each process, all is well within 30 s, and stays so.
    """
    assert recovered(budgets.Anew, load, processes, after=60) <= 30


def test_it_would_recover_without_retries() -> None:
    """
    The outage itself is over at once: it is the retries that keep it going.
    """
    assert recovered(budgets.NoRetries, 0.9, 1, after=40) <= 15


def test_a_queue_shorter_than_patience() -> None:
    """
    A server that keeps its queue shorter than its clients' patience needs no budgets.
    """
    assert recovered(budgets.Budget, 0.9, 1, queue=0.5, after=40) <= 10


def test_floors_add_up() -> None:
    """
    Four hundred floors of 5 are too much for 20 calls a second; no floors are not.
    """
    outage = outages.Outage(0.9, 400, capacity=20, after=60)

    assert outages.suffer(outage, budgets.Anew, 1).recovered is None
    assert outages.suffer(outage, lambda: budgets.Anew(floor=0), 1).recovered <= 30


def test_one_budget_for_a_fleet() -> None:
    """
    One budget for all processes lets the server recover where a floor for each is too much, and a limiter as well.
    """
    for processes, capacity in ((400, 20), (2000, 50)):
        outage = outages.Outage(0.9, processes, capacity=capacity, after=60)

        assert outages.suffer(outage, budgets.Shared, 1).recovered <= 30
        assert outages.suffer(outage, budgets.Anew, 1).recovered is None
        assert capacity == 50 or outages.suffer(outage, budgets.Limiter, 1).recovered is None


def test_one_budget_for_a_fleet_costs_nothing() -> None:
    """
    Where one attempt in ten fails, it refuses nothing, which small floors in each process do.
    """
    served = {
        name: failures.endure(0.1, budget, calls=4000, processes=400).served for name, budget in budgets.FLEETS.items()
    }

    assert served["one `RetryBudget()` for all"] == served["`RetryBudget()` in each"] > 0.998
    assert served["no retries"] == served["`floor=0` in each"] < 0.92 < served["`floor=1` in each"] < 0.98


def test_what_is_shared_ends_with_its_world() -> None:
    """
    Processes of one world share their budget, and another world begins with a new one.
    """
    for _ in range(2):
        with world.World(1):
            first, second = budgets.Shared(floor=1), budgets.Shared(floor=1)
            assert [0, None] == [first.take(OSError()), second.take(OSError())]
            for _ in range(5):
                first.paid(0)
            assert [None, 0] == [second.take(OSError()), first.take(OSError())]


def test_others_in_an_outage() -> None:
    """
    The AWS SDKs' quota holds for minutes where there are many processes, Finagle's and Envoy's budgets for ever.
    """
    assert 30 < recovered(budgets.botocore, 0.8, 400, after=120) < 100 < recovered(budgets.Aws, 0.8, 400, after=130)
    assert (
        float("inf") == recovered(budgets.Finagle, 0.8, 400, after=60) == recovered(budgets.Envoy, 0.8, 400, after=60)
    )
    assert recovered(budgets.Grpc, 0.8, 400, after=60) <= 30


# (d) failures


@pytest.mark.parametrize("probability", [0.01, 0.05, 0.1, 0.15])
def test_few_failures_cost_nothing(probability: float) -> None:
    """
    As long as fewer than one attempt in six fails, a budget refuses nothing.
    """
    free, bounded = (failures.endure(probability, budget, calls=3000) for budget in (budgets.Budget, budgets.Anew))

    assert free == bounded


@pytest.mark.parametrize("probability", [0.2, 0.3, 0.5])
def test_many_failures_cost_calls(probability: float) -> None:
    """
    Beyond that, fewer calls succeed than could, and a success still brings no more than its share of retries.
    """
    free, bounded, none = (
        failures.endure(probability, budget, calls=3000) for budget in (budgets.Budget, budgets.Anew, budgets.NoRetries)
    )

    assert none.served < bounded.served < free.served
    assert bounded.sent <= 1 + 0.2 * bounded.served + 5 / 3000


def test_others_with_failures() -> None:
    """
    At one failure in ten, gRPC's throttle and Envoy's budget refuse retries that would have helped.
    """
    served = {name: failures.endure(0.1, budget, calls=3000).served for name, budget in budgets.BUDGETS.items()}

    assert served["no budget"] == served["`RetryBudget()`"] == served["AWS SDKs"] == served["Finagle"] > 0.998
    assert served["no retries"] < served["gRPC"] < served["Envoy"] < 0.98


# The simulation


class Line:
    """A dependency that fails as it is told, attempt by attempt."""

    def __init__(self, pattern: list[bool]) -> None:
        self.pattern = iter(pattern)
        self.times: list[float] = []


@pytest.mark.parametrize("jitter", [True, "full", "decorrelated", False])
def test_it_does_as_the_engine_does(jitter: Any, monkeypatch: pytest.MonkeyPatch, clock: Any) -> None:
    """
    With the same randomness and the same failures, a simulated process calls when a real one does, and ends as it does.
    """
    pattern = [Random(7).random() < 0.6 for _ in range(400)]
    real, simulated = Line(pattern), Line(pattern)
    ends: dict[str, list[tuple[float, bool]]] = {"real": [], "simulated": []}

    monkeypatch.setattr(_clock, "draw", Random(5).random)
    policy = retry(times=4, jitter=jitter, timeout=30, budget=RetryBudget())

    def work() -> None:
        real.times.append(clock.now - 1000)
        if next(real.pattern):
            raise OSError

    for _ in range(50):
        try:
            policy.call(work)
            ends["real"].append((clock.now - 1000, True))
        except RetryError:
            ends["real"].append((clock.now - 1000, False))
        clock.advance(0.25)

    with world.World(5) as here:

        def send(call: Any) -> None:
            simulated.times.append(here.now)
            if next(simulated.pattern):
                here.at(here.now, call.process.failed, call, OSError())
            else:
                here.at(here.now, call.process.succeeded, call)

        def ended(call: Any, success: bool) -> None:
            ends["simulated"].append((here.now, success))
            if len(ends["simulated"]) < 50:
                here.at(here.now + 0.25, process.call)

        process = world.Process(here, send, retry(times=4, jitter=jitter, timeout=30), budgets.Anew(), ended)
        process.call()
        here.run()

    assert pytest.approx(real.times) == simulated.times
    assert [success for _, success in ends["real"]] == [success for _, success in ends["simulated"]]
    assert pytest.approx([when for when, _ in ends["real"]]) == [when for when, _ in ends["simulated"]]


def test_the_server() -> None:
    """
    It serves one after the other, refuses what finds no room, stands still when down, and never skips a call.
    """
    seen: list[tuple[float, str]] = []

    class Client:
        def succeeded(self, call: Any) -> None:
            seen.append((round(here.now, 3), "served"))

        def failed(self, call: Any, exc: Exception) -> None:
            seen.append((round(here.now, 3), type(exc).__name__))

    class Call:
        process = Client()

    with world.World(1) as here:
        one = server.Server(here, capacity=8, queue=0.25, patience=1.0, down=(0.1875, 2.0))
        for when in (0, 0, 0, 0, 0.5, 1.5, 5):
            here.at(when, one.send, Call())
        here.run()

    # The second call is half done when the server goes down, and has a sixteenth of a second left when it comes back.
    assert [
        (0, "ConnectionRefusedError"),
        (0.125, "served"),
        (1.0, "TimeoutError"),
        (1.0, "TimeoutError"),
        (1.5, "ConnectionRefusedError"),
        (1.5, "TimeoutError"),
        (5.125, "served"),
    ] == sorted(seen)


def test_seeds() -> None:
    """
    The same seed gives the same figures, another seed gives others; afterwards, time is what it was.
    """
    before = _clock.monotonic
    first, again, other = (
        outages.suffer(small(0.9, 4, warm_up=5, lasts=2, after=5), budgets.Anew, seed) for seed in (1, 1, 2)
    )

    assert first == again != other
    assert before is _clock.monotonic


# The page

TABLES = {
    rows[0][0]: rows
    for rows in (
        [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if "---" not in line]
        for table in re.findall(r"(?:^\|.*\|\n)+", PAGE.read_text(), re.MULTILINE)
    )
}


def numbers(text: str) -> list[float]:
    return [float(number.replace(",", "")) for number in re.findall(r"\d[\d,.]*", text)]


def near(texts: list[str]) -> Any:
    """What a table says; the last digits are the platform's mathematics library's."""
    return pytest.approx(numbers(" ".join(texts)), rel=0.1, abs=2)


def test_the_page_shows_what_is_printed() -> None:
    """
    The tables on the page have the rows and columns that are printed today, and, where that is cheap, the figures.
    """
    tiny = storm.Effort(sizes=(10, 25), rounds=20, seeds=1, after=30, calls=500)
    rows = {
        section.title.partition(":")[2]: section.table(tiny)
        for section in storm.SECTIONS
        if section.title.startswith(("contention", "failures"))
    }

    assert 3 == len(rows)
    for table in rows.values():
        page = TABLES[table[0][0]]
        assert table[0] == page[0]
        assert [row[0] for row in table] == [row[0] for row in page[: len(table)]]
        if table[0][0] == "clients":
            for row, printed in zip(table, page, strict=False):
                assert near(printed[1:]) == numbers(" ".join(row[1:]))
    assert list(budgets.BUDGETS) == [row[0] for row in TABLES["seconds to recover, at a load of"][1:]]
    assert list(herds.POLICIES) == [row[0] for row in TABLES["jitter"][1:-1]]
    assert len(storm.SECTIONS) == len(TABLES) - 1  # the last is about what the others are


def test_the_herd_on_the_page() -> None:
    """
    The herd takes as long as it says there.
    """
    row = dict(zip(*(TABLES["jitter"][number] for number in (0, 4)), strict=True))
    slowest = max((herds.herd(retry(times=None), seed) for seed in (1, 2, 3)), key=lambda outcome: outcome.last)

    assert "anew" == row["jitter"]
    assert near([row["all of them after"], row["calls"]]) == [slowest.last, slowest.calls]


def test_the_outage_on_the_page() -> None:
    """
    At a load of 90 %, `RetryBudget()` recovers as fast as it says there, and in all cells within 30 s.
    """
    rows = {row[0]: row[1:] for row in TABLES["seconds to recover, at a load of"]}

    assert all(seconds <= 30 for seconds in numbers(" ".join(rows["`RetryBudget()`"])))
    assert ["never / never / never"] * 3 == rows["no budget"]
    assert near(rows["`RetryBudget()`"][2:]) == [
        outages.slowest(outages.Outage(0.9, processes, after=30), budgets.Anew, 3) for processes in (1, 50, 400)
    ]


def test_the_fleet_on_the_page() -> None:
    """
    The fleets recover as fast as it says there, and a floor in each process has the price that it says.
    """
    _, *rows = TABLES["a budget for each, or one for all"]
    page = {row[0]: row[1:] for row in rows}
    price = [failures.endure(0.1, budgets.FLEETS[f"`floor={floor}` in each"], processes=400).served for floor in (1, 0)]

    assert list(budgets.FLEETS) == list(page)
    assert near(page["one `RetryBudget()` for all"][3:4]) == [
        outages.slowest(outages.Outage(0.9, 400, 20, after=90), budgets.Shared, 3)
    ]
    assert ["never", "never"] == page["`RetryBudget()` in each"][3:5]
    assert [page[f"`floor={floor}` in each"][-1] for floor in (1, 0)] == [f"{served:.1%}" for served in price]
    assert f"{price[0]:.1%} of".replace("%", " %") in PAGE.read_text()


def test_pictures() -> None:
    """
    The page shows all pictures, which are small.
    """
    shown = re.findall(r"\]\((storm-\w+\.svg)\)", PAGE.read_text())

    names = ("contention", "failures", "fleet", "herd", "outage")
    assert [f"storm-{name}.svg" for name in names] == sorted(shown)
    for name in shown:
        picture = PAGE.parent / name
        assert picture.stat().st_size < 100_000
        assert "<svg" in picture.read_text()


def test_the_example_runs() -> None:
    """
    What the page tells to write can be written.
    """
    page = Sybil(parsers=[PythonCodeBlockParser()], path=str(PAGE.parent)).parse(PAGE)
    for example in page.examples():
        example.evaluate()

    assert "load" == page.namespace["load"].__name__
    assert 5.0 == page.namespace["orders_db"].available
