"""The playground does what it says, in a browser, with the package as it is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, cast
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect

from anew import retry

ROOT = Path(__file__).parent.parent


def run(page: Page) -> list[str]:
    """Run the code to its end; the lines without their times."""
    page.click("[data-part=run]")
    page.wait_for_selector("[data-run=over]", timeout=30_000)
    return [re.sub(r"^ *[\d.]+ s  ", "", line) for line in page.locator("[data-part=lines] li").all_inner_texts()]


def test_it_opens(page: Page) -> None:
    """
    The page says which Python runs in it.
    """
    expect(page.locator("[data-part=state]")).to_have_text(re.compile(r"^Python 3\.13\.\d+ runs in this page\.$"))


def test_the_schedule(page: Page) -> None:
    """
    The table and the plot show what `schedule()` gives.
    """
    page.fill("[name=times]", "6")
    page.fill("[name=backoff]", '"fibonacci"')
    page.fill("[name=jitter]", '"full"')
    policy = retry(times=6, delay=0.5, backoff="fibonacci", jitter="full", on=ConnectionError)
    expect(page.locator("[data-part=policy]")).to_have_text(repr(policy))

    rows = [row.split("\t") for row in page.locator("[data-part=waits] tr").all_inner_texts()]
    waits = policy.schedule(5)
    assert [[str(num), *(f"{seconds:.3f}" for seconds in wait)] for num, wait in enumerate(waits, 1)] == rows
    assert 5 == page.locator("[data-part=schedule] rect").count()


@pytest.mark.parametrize(
    ("option", "text", "value"),
    [
        ("times", "0", 0),
        ("times", '"3"', "3"),
        ("delay", "-1", -1),
        ("backoff", '"exponental"', "exponental"),
        ("jitter", "0.5", 0.5),
        ("on", "KeyboardInterrupt", KeyboardInterrupt),
    ],
)
def test_wrong_options(page: Page, option: str, text: str, value: object) -> None:
    """
    What is wrong with an option is said in the package's own words, and nothing can be run with it.
    """
    options = {"on": ConnectionError, option: value}
    with pytest.raises((TypeError, ValueError)) as caught:
        retry(**cast("Any", options))
    page.fill(f"[name={option}]", text)

    expect(page.locator("[data-part=policy]")).to_have_text(f"{type(caught.value).__name__}: {caught.value}")
    expect(page.locator("[data-part=run]")).to_be_disabled()


def test_what_is_no_python(page: Page) -> None:
    """
    A field that is no expression is named.
    """
    page.fill("[name=delay]", "1 +")

    expect(page.locator("[data-part=policy]")).to_contain_text("delay: ")


def test_a_flaky_function(page: Page) -> None:
    """
    Attempts, lines of the log and the result come in their order, and are drawn.
    """
    lines = run(page)

    assert ["attempt 1 begins", "attempt 2 begins", "attempt 3 begins", "returned 'page'"] == [
        line for line in lines if not line.startswith("WARNING")
    ]
    assert re.fullmatch(
        r"WARNING  fetch failed with ConnectionError: reset, attempt 1 of 5; next attempt in 0\.\d s", lines[1]
    )
    assert 5 == len(page.locator("[data-part=timeline] circle, [data-part=timeline] rect").all())
    assert 1 == page.locator("[data-part=timeline] circle.good").count()


def test_it_is_shown_as_it_happens(page: Page) -> None:
    """
    The first wait is on the page while it lasts, and a call can be stopped in it.
    """
    page.fill("[name=delay]", "50")
    page.click("[data-part=run]")
    expect(page.locator("[data-part=lines] li")).to_have_text(
        [
            re.compile("attempt 1 begins"),
            re.compile("WARNING  fetch failed with ConnectionError: reset"),
        ]
    )
    page.click("[data-part=stop]")
    page.wait_for_selector("[data-run=over]")

    expect(page.locator("[data-part=lines] li.bad")).to_contain_text("stopped")
    page.wait_for_selector("[data-state=ready]", timeout=60_000)


@pytest.mark.parametrize(
    ("example", "last", "attempts"),
    [
        ("down", "raised anew.RetryError: fetch failed after 4 attempt(s). Last error: ConnectionError: refused", 4),
        ("bug", "raised KeyError: 'sum'", 1),
        ("poll", "returned 'done'", 4),
        ("server", "returned 'page'", 2),
        ("block", "returned 'done by attempt 3'", 3),
        ("async", "returned 'page'", 3),
    ],
)
def test_examples(page: Page, example: str, last: str, attempts: int) -> None:
    """
    Each example ends as its name says.
    """
    page.select_option("[data-part=examples]", example)
    expect(page.locator("[data-part=run]")).to_be_enabled()
    lines = run(page)

    assert last == lines[-1]
    assert attempts == sum(line.startswith("attempt") for line in lines)


def test_code_of_ones_own(page: Page) -> None:
    """
    What is wrong with the code is shown.
    """
    page.fill("[data-part=code]", "policy.call(")

    assert ["attempt 1 begins", "raised File"] == [line.partition(' "')[0] for line in run(page)]


def test_a_storm(page: Page) -> None:
    """
    The service comes back with a budget, and not without.
    """
    page.click("[data-part=blow]")
    page.wait_for_selector("[data-storm=over]", timeout=60_000)

    expect(page.locator("[data-part=weather]")).to_have_text(
        re.compile(r"^Without a budget the service does not recover within a minute; with one it is well again \d+ s")
    )
    for figure in ("served", "load"):
        assert 2 == page.locator(f"[data-part={figure}] path").count()


def test_on_a_phone(page: Page) -> None:
    """
    In a narrow window nothing stands beside the page, and what is written in the plots can be read.
    """
    run(page)
    size = page.viewport_size
    assert size is not None
    page.set_viewport_size({"width": 390, "height": 844})
    heights = page.locator("[data-part] svg text").evaluate_all(
        "texts => texts.filter(text => text.textContent).map(text => text.getBoundingClientRect().height)"
    )
    assert 390 == page.evaluate("document.documentElement.scrollWidth")
    assert 10 < min(heights)
    page.set_viewport_size(size)


def test_only_the_address_differs(site: str) -> None:
    """
    The published page loads Pyodide from its own CDN; that is a setting of one line.
    """
    settings = json.loads(urlopen(f"{site}/_static/playground/settings.json").read())  # noqa: S310 - our own server
    written = re.findall(
        r'"(https://cdn\.jsdelivr\.net/pyodide/v[\d.]+/full/)"', (ROOT / "docs" / "conf.py").read_text()
    )

    assert {"pyodide": "/pyodide/"} == settings
    assert 1 == len(written)


def test_nothing_from_elsewhere(folder: Path) -> None:
    """
    No page loads a script, a style, a font or a picture from another host; and none is missing from llms.txt.
    """
    pages = {page.relative_to(folder).as_posix(): page.read_text() for page in folder.rglob("*.html")}
    loads = re.compile(r"""<(?:script|link|img|iframe|source)\b[^>]*?\b(?:src|href)=["'](?:https?:)?//[^"']*""")
    assert {name: [] for name in pages} == {name: loads.findall(page) for name, page in pages.items()}

    styles = [style.read_text() for style in folder.rglob("*.css")]
    assert not [style for style in styles if re.search(r"@import|url\([\"']?(?:https?:)?//", style)]

    listed = set(re.findall(r"_sources/([\w/-]+)\.md\.txt", (folder / "llms.txt").read_text()))
    assert {page.relative_to(ROOT / "docs").with_suffix("").as_posix() for page in (ROOT / "docs").rglob("*.md")} == (
        listed | {"index"}
    )
    assert all((folder / "_sources" / f"{page}.md.txt").exists() for page in listed)
