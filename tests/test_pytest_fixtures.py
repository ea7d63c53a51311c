"""Fixtures for pytest, as documented: copied into a project and run there, in one process and under pytest-xdist."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.one_python, pytest.mark.needs("processes")]

ROOT = Path(__file__).parent.parent

# The page about testing may bring its own.
MORE_FOR_SOME = """
import pytest

from anew import set_testing


def pytest_configure(config):
    config.addinivalue_line("markers", "attempts(n): make n attempts of each call, instead of one")


@pytest.fixture(autouse=True)
def no_waits(request):
    marker = request.node.get_closest_marker("attempts")
    with set_testing(True, attempts=marker.args[0] if marker else 1):
        yield
"""

ALL_OFF = """
import pytest

from anew import set_active


@pytest.fixture(autouse=True, scope="session")
def no_retries():
    set_active(False)
    yield
    set_active(True)
"""

# It fails forever, and a test that really waited for it would never end.
PROJECT = """
import pytest

import anew

calls = []


@anew.retry(times=20, delay=9e6, max_delay=None, on=lambda exc: True if len(calls) % 2 else 9e6)
def fetch():
    calls.append(1)
    raise ConnectionError("reset")


def count():
    calls.clear()
    with pytest.raises(anew.RetryError):
        fetch()
    return len(calls)
"""

# Each process leaves a note of how it found the switches after its last test.
PROBE = """
import os
from pathlib import Path

import anew


def pytest_unconfigure():
    Path(__file__).with_name(f"{os.getpid()}.left").write_text(f"{anew.is_active()} {anew.is_testing()}")
"""


def blocks(page: str, heading: str = "") -> list[str]:
    """The Python blocks with fixtures, of a page or of what is below a heading."""
    text = (ROOT / page).read_text()
    section = text.partition(f"\n{heading}\n")[2].partition("\n## ")[0] if heading else text
    found = re.findall(r"^```python\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    return [block for block in found if "@pytest.fixture" in block]


PAGE = blocks("docs/testing.md")
EXAMPLES = [block for block in PAGE if "\ndef test_" in block]


@pytest.fixture(params=["one process", "xdist"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """Runs pytest on a project of these files."""

    def run(passed: int, **files: str) -> None:
        for name, text in {"probe": PROBE, **files}.items():
            (tmp_path / f"{name}.py").write_text(text)
        (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\nfilterwarnings = error\n")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        workers = ["-p", "xdist.plugin", "-n", "2"] if request.param == "xdist" else []
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "probe", *workers],
            cwd=tmp_path,
            env={**environment, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

        assert 0 == done.returncode, done.stdout + done.stderr
        assert re.search(rf"\b{passed} passed\b", done.stdout), done.stdout
        assert ["True False"] * (3 if workers else 1) == [note.read_text() for note in tmp_path.glob("*.left")]

    return run


def test_the_fixture_of_the_readme(run: Any) -> None:
    """
    With the fixture of the README, no test waits, and a test may ask for other attempts.
    """
    (conftest,) = blocks("README.md", "## Testing")

    run(
        3,
        conftest=conftest,
        test_project=PROJECT
        + """
def test_it_does_not_wait():
    assert anew.is_testing()
    assert 1 <= count() < 20


def test_other_attempts():
    with anew.set_testing(True, attempts=7):
        assert 7 == count()
    assert anew.is_testing()


async def coroutine():
    return fetch()


def test_in_a_loop():
    import asyncio

    with pytest.raises(anew.RetryError):
        asyncio.run(coroutine())
""",
    )


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_the_page(run: Any, example: str) -> None:
    """
    The examples on the page about testing are test files that pass.
    """
    run(example.count("\ndef test_"), test_example=example)


def test_more_for_some(run: Any) -> None:
    """
    A marker says which tests want how many attempts.
    """
    run(
        7,
        conftest=next((block for block in PAGE if "pytest_configure" in block), MORE_FOR_SOME),
        test_project=PROJECT
        + """
def test_one():
    assert 1 == count()


@pytest.mark.attempts(3)
def test_three():
    assert 3 == count()


def test_one_again():
    assert 1 == count()


@pytest.mark.attempts(2)
class TestMarked:
    def test_two(self):
        assert 2 == count()

    @pytest.mark.attempts(5)
    def test_five(self):
        assert 5 == count()

    @pytest.mark.parametrize("attempts", [4, 30])
    def test_in_a_context(self, attempts):
        with anew.set_testing(True, attempts=attempts):
            assert attempts == count()
        assert 2 == count()
""",
    )


def test_for_a_whole_session(run: Any) -> None:
    """
    A fixture for the session switches retries off for all tests, also for those that test with waits switched off.
    """
    run(
        4,
        conftest=ALL_OFF,
        test_project=PROJECT
        + """
@pytest.mark.parametrize("again", range(3))
def test_one(again):
    assert not anew.is_active()
    assert 1 == count()


def test_off_wins():
    with anew.set_testing(True, attempts=3):
        assert 1 == count()
""",
    )


def test_a_test_that_fails(run: Any) -> None:
    """
    A test that fails leaves nothing behind for the next.
    """
    run(
        2,
        conftest=next((block for block in PAGE if "pytest_configure" in block), MORE_FOR_SOME),
        test_project=PROJECT
        + """
@pytest.mark.attempts(3)
@pytest.mark.xfail(strict=True)
def test_that_fails():
    anew.set_testing(True, attempts=9)
    fetch()


@pytest.mark.parametrize("again", range(2))
def test_the_next(again):
    assert 1 == count()
""",
    )
