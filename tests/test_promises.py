"""The promises have tests, and the README makes the same ones."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SECTIONS = re.split(r"^## ", (ROOT / "docs" / "promises.md").read_text(), flags=re.MULTILINE)[1:]


@cache
def names_of_tests(file: Path) -> set[str]:
    """The tests of a file, as pytest names them after the file."""
    top = ast.parse(file.read_text()).body
    classes = [node for node in top if isinstance(node, ast.ClassDef)]
    named = [("", top), *((f"::{cls.name}", cls.body) for cls in classes)]
    return {
        f"{prefix}::{node.name}"
        for prefix, body in named
        for node in body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.partition(".")[0])
def test_promises_are_tested(section: str) -> None:
    """
    Each promise names tests, and there are such tests.
    """
    tests = re.findall(r"^- `([^`:]+)(::[^`]+)?`$", section, re.MULTILINE)

    assert len(tests) >= 3
    for file, test in tests:
        assert (ROOT / file).is_file()
        assert not test or test in names_of_tests(ROOT / file)


def test_there_are_twelve() -> None:
    """
    The README has all promises, in the same words.
    """
    titles = [section.partition("\n")[0] for section in SECTIONS]
    short = re.search(
        r"^## Retries without regrets\n(.*?)^## ", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL
    )

    assert short
    assert [f"{title}." for title in titles] == re.findall(r"^\d+\. .*$", short[1], re.MULTILINE)
    assert [str(number) for number in range(1, 13)] == [title.partition(".")[0] for title in titles]
