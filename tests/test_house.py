"""The house: imports go downward, time has one door, the whole stays small."""

from __future__ import annotations

import ast
import io
import tokenize
from importlib import import_module
from pathlib import Path

import pytest

import anew

PACKAGE = Path(anew.__file__).parent

# A file imports from floors below its own, and from its own floor as long as nobody there imports in a circle.
FLOORS = [
    [
        *("_types", "_checks", "_callables", "_clock", "_describe"),
        *("_errors", "_marks", "_orders", "_budget", "instrumentation"),
    ],
    ["_waits", "_options"],
    ["_decide", "_modes", "_schedule", "_any_of"],
    ["_call"],
    ["_generators", "_blocks", "_drivers"],
    ["_retry"],
    ["__init__"],
]
# A package is one file to the others; inside it has floors of its own. `transient` stands beside the house.
PACKAGES = {
    "instrumentation": [["_hooks"], ["_ready"], ["_registry"], ["__init__"]],
    "transient": [
        ["_looks"],
        ["_answers", "_sockets"],
        ["_http", "_databases", "_calls"],
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
# Lines of code, without blank lines, comments and docstrings, on the day that the figure was written here. Less is
# welcome, and then the figure follows; more needs a reason in the commit.
MOST_LINES = {"core": 1899, "instrumentation": 334, "transient": 480}
MOST_LINES_OF_A_FUNCTION, MOST_LEVELS = 70, 5
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


def node(name: str) -> str:
    """What a module is to the others: itself, or its package."""
    return name.partition(".")[0]


def may_import(name: str, other: str) -> bool:
    if node(name) == node(other) and "." in name:
        return FLOOR[other] < FLOOR[name]
    if node(name) == "transient":
        return node(other) != "transient"
    return node(other) != "transient" and FLOOR[node(other)] <= FLOOR[node(name)]


def edges(names: list[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {node(name): set() for name in names}
    for name in names:
        found[node(name)] |= {node(other) for other in imports(name) & {*names}} - {node(name)}
    return found


@pytest.mark.parametrize("name", MODULES)
def test_every_file_can_be_imported(name: str) -> None:
    """
    Also what no program imports, as tools that freeze or document programs do.
    """
    import_module(f"anew.{name}".removesuffix(".__init__"))


@pytest.mark.parametrize("name", [name for name in MODULES if name != "__init__"])
def test_imports_go_downward(name: str) -> None:
    """
    A file imports from its own floor and those below only.
    """
    ours = imports(name) & {*MODULES}

    assert [] == sorted(other for other in ours if not may_import(name, other))


def test_no_circles() -> None:
    """
    No file imports itself by way of others.
    """
    left = edges(MODULES)
    while free := {name for name, others in left.items() if not others & left.keys()}:
        left = {name: others for name, others in left.items() if name not in free}

    assert {} == left


def test_the_core_knows_no_clients() -> None:
    """
    Nothing but the face of the package imports `transient`.
    """
    assert {"__init__"} >= {name for name, others in edges(MODULES).items() if "transient" in others}


def test_only_files_that_exist_are_imported() -> None:
    """
    What is imported for type checkers only exists as well.
    """
    for name in MODULES:
        for tree in ast.walk(ast.parse(source(name))):
            if isinstance(tree, ast.ImportFrom) and tree.level and tree.module:
                place = ["anew", *name.split(".")][: -tree.level]
                path = PACKAGE.parent.joinpath(*place, *tree.module.split("."))
                assert path.is_dir() or path.with_suffix(".py").exists(), f"{name}: {tree.module}"


@pytest.mark.parametrize("name", [name for name in MODULES if name != "_clock"])
def test_time_has_one_door(name: str) -> None:
    """
    Only `_clock` imports time, random, asyncio or trio.
    """
    assert not {"time", "random", "asyncio", "trio"} & imports(name)


def lines_of_code(text: str) -> int:
    docs = set[int]()
    for tree in ast.walk(ast.parse(text)):
        body = getattr(tree, "body", None)
        for one in body if isinstance(body, list) else []:
            if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant) and isinstance(one.value.value, str):
                docs |= {*range(one.lineno, (one.end_lineno or one.lineno) + 1)}
    others = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return len({at for one in tokens if one.type not in others for at in range(one.start[0], one.end[0] + 1)} - docs)


@pytest.mark.parametrize("part", MOST_LINES)
def test_the_house_stays_small(part: str) -> None:
    """
    No part has more lines of code than it had.
    """
    names = [name for name in MODULES if part == (node(name) if "." in name else "core")]

    assert sum(lines_of_code(source(name)) for name in names) <= MOST_LINES[part]


_LEVELS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.Match)


def levels(tree: ast.AST) -> int:
    deepest = 0
    for inner in ast.iter_child_nodes(tree):
        is_elif = isinstance(tree, ast.If) and isinstance(inner, ast.If) and tree.orelse == [inner]
        deepest = max(deepest, levels(inner) + (isinstance(inner, _LEVELS) and not is_elif))
    return deepest


def test_functions_are_small() -> None:
    """
    No function is longer than a screen without its docstring, or nested deeper than five levels.
    """
    for name in MODULES:
        for tree in ast.walk(ast.parse(source(name))):
            if isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef):
                first = tree.body[bool(ast.get_docstring(tree)) :]
                lines = (tree.end_lineno or 0) - first[0].lineno + 1 if first else 0
                assert lines <= MOST_LINES_OF_A_FUNCTION, f"{name}.{tree.name}"
                assert levels(tree) <= MOST_LEVELS, f"{name}.{tree.name}"


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
