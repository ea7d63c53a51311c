"""The table of docs/transient.md, from the matrix: `python tests_clients/table.py` writes it into the page."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "transient.md"
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests_clients")]

from constructed import CASES  # noqa: E402 - the path comes first
from live import CLIENTS  # noqa: E402
from turns import WHAT  # noqa: E402

BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"


def written() -> str:
    """Give the table, between its marks."""
    lines = [BEGIN, "", "| client | " + " | ".join(what.name for what in WHAT) + " |"]
    lines.append("|---" * (len(WHAT) + 1) + "|")
    for client in CLIENTS:
        marks = [
            "" if not client.without.isdisjoint({what.name, what.kind}) else _mark(what.retried and not client.retries)
            for what in WHAT
        ]
        lines.append(f"| {client.name} | {' | '.join(marks)} |")
    lines += ["", "| client | retried | not retried |", "|---|---|---|"]
    for client in dict.fromkeys(case.client for case in CASES):
        own = [case for case in CASES if case.client == client]
        lines.append(f"| {client} | {_list(own, retried=True)} | {_list(own, retried=False)} |")
    return "\n".join([*lines, "", END])


def _mark(retried: bool) -> str:
    return "yes" if retried else "no"


def _list(cases: list[object], *, retried: bool) -> str:
    return ", ".join(case.what for case in cases if case.retried is retried) or "-"


def main() -> None:
    page = PAGE.read_text()
    before, _, rest = page.partition(BEGIN)
    PAGE.write_text(before + written() + rest.partition(END)[2])


if __name__ == "__main__":
    main()
