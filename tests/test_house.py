"""The house: imports go downward, time has one door, files stay small."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import anew

PACKAGE = Path(anew.__file__).parent

# A file imports from floors below its own only.
FLOORS = [
    ["_types", "_checks", "_callables", "_clock", "_blocking"],
    ["_backoff", "_errors", "_marks", "_budget", "instrumentation"],
    ["_policy", "_options", "_any_of", "transient"],
    ["_decision", "_modes"],
    ["_state", "_schedule"],
    ["_generators", "_blocks"],
    ["_drivers"],
    ["_retry"],
    ["__init__"],
]
# A package is one file to the others; inside it has floors of its own.
PACKAGES = {
    "instrumentation": [
        ["_details"],
        ["_hooks"],
        ["_logging", "_structlog", "_prometheus", "_opentelemetry"],
        ["_registry"],
        ["__init__"],
    ],
    "transient": [
        ["_looks"],
        ["_answers", "_sockets"],
        ["_http", "_sdks", "_databases", "_calls"],
        ["_judgement"],
        ["__init__"],
    ],
}
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}
FLOOR |= {
    f"{package}.{name}": number
    for package, floors in PACKAGES.items()
    for number, names in enumerate(floors)
    for name in names
}
MODULES = sorted(".".join(path.relative_to(PACKAGE).with_suffix("").parts) for path in PACKAGE.rglob("*.py"))


def source(name: str) -> str:
    return PACKAGE.joinpath(*name.split(".")).with_suffix(".py").read_text()


def imports(name: str) -> set[str]:
    """What a module imports at run time or for types, ours as they are named in MODULES."""
    found = set()
    for node in ast.walk(ast.parse(source(name))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = ["anew", *name.split(".")][: -node.level] if node.level else []
            module = [*above, *(node.module or "").split(".")] if node.module else above
            found |= {".".join([*module, alias.name]) for alias in node.names}
            if node.module:  # else it is the files that are named, not the package
                found.add(".".join(module))
    ours = {module.removeprefix("anew.") for module in found}
    return ours | {f"{module}.__init__" for module in ours}


def may_import(name: str, other: str) -> bool:
    package, _, inner = name.rpartition(".")
    its_package, _, its_inner = other.rpartition(".")
    if package == its_package:
        return FLOOR[other] < FLOOR[name]
    return FLOOR[its_package or its_inner] < FLOOR[package or inner]


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_downward(name: str) -> None:
    """
    A file imports from floors below it only.
    """
    ours = imports(name) & {*MODULES}

    assert [] == sorted(other for other in ours if not may_import(name, other))


@pytest.mark.parametrize("name", [name for name in MODULES if name != "_clock"])
def test_time_has_one_door(name: str) -> None:
    """
    Only `_clock` imports time, random, asyncio or trio.
    """
    assert not {"time", "random", "asyncio", "trio"} & imports(name)


@pytest.mark.parametrize("name", MODULES)
def test_files_are_small(name: str) -> None:
    """
    No file is longer than 300 lines.
    """
    assert len(source(name).splitlines()) <= 300


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

    assert set(anew.__all__) == public - {"instrumentation", "transient"}


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
