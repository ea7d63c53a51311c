"""What the README says is so."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

from anew import retry

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"

document = Sybil(parsers=[PythonCodeBlockParser()], path=str(ROOT)).parse(README)
TEXT = README.read_text()


@pytest.fixture(scope="module", autouse=True)
def url() -> Iterator[None]:
    """The blocks share their names; among them is the address of a real server, which breaks off every other answer."""
    sys.path.insert(0, str(ROOT / "examples"))
    from flaky_server import FlakyServer

    with FlakyServer() as server:
        document.namespace["url"] = f"{server.url}/export"
        yield
    sys.path.remove(str(ROOT / "examples"))


def test_blocks() -> None:
    """
    Every Python block runs, in the order of the text.
    """
    for example in document.examples():
        example.evaluate()


def table(header: str) -> list[list[str]]:
    """The rows of the table with this first column."""
    rows = re.search(rf"^\| {re.escape(header)} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", TEXT, re.MULTILINE)
    assert rows
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows[1].splitlines()]


def test_the_table_of_options_is_the_signature() -> None:
    """
    All options are in the table, with their defaults.
    """
    defaults = {name: getattr(value, "__name__", repr(value)) for name, value in (retry.__kwdefaults__ or {}).items()}

    shown = {name.strip("`| "): default.strip("`").replace('"', "'") for name, default, _ in table("option")}
    assert defaults == shown


def test_the_table_of_waits_is_what_is_waited(failing: Any, clock: Any) -> None:
    """
    The first eight waits of each strategy are those of the table.
    """
    for name, *waits in table("`backoff`"):
        clock.waits.clear()
        retry(times=9, jitter=False, backoff=eval(name.strip("`| "))).call(failing(*[OSError] * 8))
        assert [float(wait.strip(" |")) for wait in waits] == clock.waits


def test_the_table_of_jitter_names_all() -> None:
    """
    Each jitter has its row.
    """
    rows = [row[0].strip("`| ") for row in table("`jitter`")]

    assert ["True", '"full"', '"decorrelated"', "timedelta` j", "False"] == rows


def test_the_limits_of_jitter_are_true(draws: Any, clock: Any) -> None:
    """
    The ranges of the table are those that are drawn from.
    """
    options = {True: (0.5, 1.5), "full": (0, 1), "decorrelated": (1, 3), timedelta(seconds=4): (1, 5), False: (1, 1)}
    for jitter, limits in options.items():
        for drawn, limit in zip((0, 1 - 2**-53), limits, strict=True):
            clock.waits.clear()
            draws(drawn)
            with pytest.raises(ZeroDivisionError):
                retry(times=2, jitter=jitter, on_failure=lambda _: 1 / 0).call(lambda: 1 / 0)
            assert pytest.approx(limit) == sum(clock.waits)


def test_links_lead_somewhere() -> None:
    """
    The documents that are linked exist.
    """
    for target in re.findall(r"\]\(([^)#:]+)\)", TEXT):
        assert (ROOT / target).exists(), target
