"""The house: imports go downward, time has one door, files stay small."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import anew

PACKAGE = Path(anew.__file__).parent

# A file imports from floors below its own only.
FLOORS = [
    ["_types", "_durations", "_kinds", "_clock"],
    ["_backoff", "_errors", "_marks"],
    ["_policy"],
    ["_decision"],
    ["_state"],
    ["_generators"],
    ["_drivers"],
    ["_retry"],
    ["__init__"],
]
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}
MODULES = sorted(path.stem for path in PACKAGE.glob("*.py"))


def imports(name: str) -> list[str]:
    """What a module imports at run time or for types, ours without the dot."""
    found = []
    for node in ast.walk(ast.parse((PACKAGE / f"{name}.py").read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [node.module] if node.module else [alias.name for alias in node.names]
    return found


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_downward(name: str) -> None:
    """
    A file imports from floors below it only.
    """
    ours = [module for module in imports(name) if module in FLOOR]

    assert [] == [module for module in ours if FLOOR[module] >= FLOOR[name]]


@pytest.mark.parametrize("name", [name for name in MODULES if name != "_clock"])
def test_time_has_one_door(name: str) -> None:
    """
    Only `_clock` imports time, random, asyncio or trio.
    """
    assert not {"time", "random", "asyncio", "trio"} & set(imports(name))


@pytest.mark.parametrize("name", MODULES)
def test_files_are_small(name: str) -> None:
    """
    No file is longer than 300 lines.
    """
    assert len((PACKAGE / f"{name}.py").read_text().splitlines()) <= 300


def test_what_is_public_is_documented() -> None:
    """
    What is exported exists and has a docstring.
    """
    for name in anew.__all__:
        assert getattr(anew, name).__doc__


def test_public_names() -> None:
    """
    Nothing else is public.
    """
    public = {name for name in vars(anew) if not name.startswith("_")}

    assert set(anew.__all__) == public - {"annotations"}


def test_no_dependencies() -> None:
    """
    The package needs nothing at run time but Python.
    """
    from importlib.metadata import requires

    assert not requires("anew")


def test_it_says_that_it_is_typed() -> None:
    """
    `py.typed` is shipped.
    """
    assert (PACKAGE / "py.typed").exists()
