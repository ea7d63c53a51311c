"""
The plots of docs/storm.md. Needs matplotlib; the same figures give the same bytes.
"""

import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
import storm_contention
import storm_herd
from matplotlib import pyplot as plt
from storm_budgets import BUDGETS, FLEETS
from storm_failures import endure
from storm_outage import Outage, suffer

# Okabe and Ito's colours, which most who are colour-blind can tell apart; anew's line is the thick one.
STYLES: dict[str, dict[str, Any]] = {
    "anew": {"color": "#0072B2", "linewidth": 2.6, "zorder": 5},
    "no budget": {"color": "#D55E00", "linewidth": 1.6},
    "no jitter": {"color": "#D55E00", "linewidth": 1.6},
    "no wait": {"color": "#999999", "linewidth": 1.2},
    "no retries": {"color": "#999999", "linewidth": 1.2},
    "full": {"color": "#009E73", "linewidth": 1.4, "linestyle": "--"},
    "decorrelated": {"color": "#E69F00", "linewidth": 1.4, "linestyle": "-."},
    "AWS SDKs": {"color": "#E69F00", "linewidth": 1.4, "linestyle": "-."},
    "gRPC": {"color": "#009E73", "linewidth": 1.4, "linestyle": "--"},
    "Finagle": {"color": "#CC79A7", "linewidth": 1.4, "linestyle": (0, (5, 1))},
    "Envoy": {"color": "#56B4E9", "linewidth": 1.4, "linestyle": (0, (1, 1))},
    "`RetryBudget()` in each": {"color": "#D55E00", "linewidth": 1.6},
    "`floor=1` in each": {"color": "#E69F00", "linewidth": 1.4, "linestyle": "-."},
    "one `RetryBudget()` for all": {"color": "#0072B2", "linewidth": 2.6, "zorder": 5},
    "five retries a second for all": {"color": "#CC79A7", "linewidth": 1.4, "linestyle": (0, (5, 1))},
}
SETTINGS = {
    "svg.hashsalt": "anew",
    "svg.fonttype": "path",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#E5E5E5",
    "axes.axisbelow": True,
    "legend.frameon": False,
}
# Coordinates with more digits than anyone can see; scales are below 1.
LONG = re.compile(r"\b[1-9]\d*\.\d{3,}")
LOAD = 0.8
PROCESSES = (1, 50, 400)
SHOWN = ["no budget", "AWS SDKs", "gRPC", "Finagle", "Envoy", "`RetryBudget()`"]


def draw(folder: Path, only: str) -> Iterator[Path]:
    for figure in (contention, herd, outage, fleet, failures):
        if only.partition(":")[0] in figure.__name__:
            with mpl.rc_context(SETTINGS):
                drawn = figure()
                path = folder / f"storm-{figure.__name__}.svg"
                written = StringIO()
                drawn.savefig(written, format="svg", metadata={"Date": None, "Creator": None}, bbox_inches="tight")
                plt.close(drawn)
                path.write_text(LONG.sub(lambda number: f"{float(number[0]):.2f}", written.getvalue()))
                yield path


def _name(budget: str) -> str:
    return "anew" if "RetryBudget" in budget else budget


def _legend(figure: Any, axes: Any) -> None:
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=6)


def contention() -> Any:
    sizes = (10, 25, 50, 75, 100, 150, 200)
    figure, (calls, seconds) = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained")
    for name, outcomes in storm_contention.figures(sizes, 10).items():
        calls.plot(sizes, [outcome.calls for outcome in outcomes], label=name, **STYLES[name])
        seconds.plot(sizes, [outcome.seconds for outcome in outcomes], **STYLES[name])
    calls.set(title="Calls until all have written", xlabel="clients", ylim=(0, 5000))
    seconds.set(title="Seconds until all have written", xlabel="clients", ylim=(0, 20))
    _legend(figure, calls)
    return figure


def herd() -> Any:
    figure, axes = plt.subplots(figsize=(8, 3.2), layout="constrained")
    axes.plot([0, 10], [0, 2000], color="#777777", linewidth=1, linestyle=":", label="at full capacity")
    for name, policy in storm_herd.POLICIES.items():
        served = storm_herd.herd(policy, 1).served
        shown = [(when, number) for number, when in enumerate(served, 1) if number % 20 == 0 and when < 40]
        shown.append((40, shown[-1][1]))
        axes.plot(*zip(*shown, strict=True), label=name, **STYLES[name])
    axes.set(title="2,000 clients call at once, 200 calls/s: clients served", xlabel="seconds", xlim=(0, 40))
    _legend(figure, axes)
    return figure


def outage() -> Any:
    figure, rows = plt.subplots(2, 3, figsize=(8, 4.6), layout="constrained", sharex=True, sharey="row")
    for served, arrived, processes in zip(*rows, PROCESSES, strict=True):
        for budget in SHOWN:
            outcome = suffer(Outage(LOAD, processes), BUDGETS[budget], 1)
            seconds = range(-30, len(outcome.served) - 30)
            served.plot(seconds, outcome.served, label=_name(budget), **STYLES[_name(budget)])
            means = [sum(outcome.arrived[start : start + 3]) / 3 for start in range(0, len(seconds), 3)]
            arrived.plot([second + 1 for second in seconds[::3]], means, **STYLES[_name(budget)])
        for axes in (served, arrived):
            axes.axvspan(-10, 0, color="#EEEEEE", linewidth=0)
        served.set(title=f"{processes} process{'es' * (processes > 1)}", xlim=(-20, 119))
        served.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25 %", "50 %", "75 %", "100 %"])
        arrived.set(xlabel="seconds since the outage", ylim=(0, 2.6))
    rows[0][0].set_ylabel("calls that succeed")
    rows[1][0].set_ylabel("attempts / capacity")
    _legend(figure, rows[0][0])
    return figure


def fleet() -> Any:
    figure, rows = plt.subplots(1, 3, figsize=(8, 2.9), layout="constrained", sharey=True)
    for axes, (processes, capacity) in zip(rows, ((400, 100), (400, 20), (2000, 50)), strict=True):
        for name, budget in FLEETS.items():
            if name in STYLES:
                outcome = suffer(Outage(0.9, processes, capacity, after=90), budget, 1)
                means = [sum(outcome.served[start : start + 3]) / 3 for start in range(0, len(outcome.served), 3)]
                seconds = [3 * third + 1 - 30 for third in range(len(means))]
                axes.plot(seconds, means, label=name.replace("`", ""), **STYLES[name])
        axes.axvspan(-10, 0, color="#EEEEEE", linewidth=0)
        axes.set(
            title=f"{processes:,} processes, {capacity} calls/s", xlabel="seconds since the outage", xlim=(-20, 89)
        )
    rows[0].set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25 %", "50 %", "75 %", "100 %"])
    rows[0].set_ylabel("calls that succeed")
    figure.legend(*rows[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def failures() -> Any:
    percent = (0, 2, 5, 8, 10, 12, 15, 17, 20, 25, 30, 35, 40, 45, 50)
    figure, (served, sent) = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained")
    for budget in SHOWN:
        outcomes = [endure(each / 100, BUDGETS[budget], calls=10_000) for each in percent]
        style = STYLES[_name(budget)]
        served.plot(percent, [100 * outcome.served for outcome in outcomes], label=_name(budget), **style)
        sent.plot(percent, [outcome.sent for outcome in outcomes], **style)
    served.set(title="Calls that succeed, %", xlabel="attempts that fail, %", ylim=(45, 101))
    sent.set(title="Attempts for each call", xlabel="attempts that fail, %")
    _legend(figure, served)
    return figure
