"""What `docs/migration.md` says of other libraries, and of what takes their place, is so."""

from __future__ import annotations

import ast
import asyncio
import importlib
import inspect
import logging
import os
import random
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

import anew
from anew import Retry, instrumentation

PAGE = Path(__file__).parent.parent / "docs" / "migration.md"


class Row(NamedTuple):
    library: str
    left: str
    right: str
    note: str


def rows() -> Iterator[Row]:
    """Each row of the tables with code in two columns."""
    library = ""
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == 3:
            if cells[1] == "anew":
                library = cells[0]
            elif not set(cells[0]) <= {"-"}:
                yield Row(library, cells[0].strip("`"), cells[1].strip("`"), cells[2])


def each(rows: list[Row]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", rows, ids=lambda row: f"{row.library}-{row.left[:40]}")


ROWS = [*rows()]
DECORATING = [
    row
    for row in ROWS
    if re.match(r"(backoff|backoffkit|nopanic|stamina|tenacity)\.(retry|on_exception)\b", row.left)
    and ").call(" not in row.left
]
LISTS = [row for row in ROWS if row.left.startswith("list(")]


def work(*args: int, **kwargs: int) -> str:
    return f"{args} {kwargs}"


async def async_work(*args: int, **kwargs: int) -> str:
    return work(*args, **kwargs)


def hook(details: Any) -> None: ...


def on_busy(exc: BaseException) -> float:
    return 0.25


def busy() -> ConnectionError:
    return ConnectionError("down")


def numbers_after(*failures: Exception) -> Callable[[], Iterator[int]]:
    """A generator function that fails after its first item, once with each of `failures`."""
    still = [*failures]

    def numbers() -> Iterator[int]:
        yield 0
        if still:
            raise still.pop()
        yield 1

    return numbers


FACTS = {"name": "work", "args": (1,), "kwargs": {"key": 2}, "waited_so_far": 0.0}
SHARED: dict[str, Any] = {
    "asyncio": asyncio,
    "logging": logging,
    "timedelta": timedelta,
    "log": logging.getLogger("shop"),
    "work": work,
    "async_work": async_work,
    "hook": hook,
    "build": lambda: hook,
    "event": threading.Event(),
    "numbers": numbers_after(),
    "on_busy": on_busy,
    "is_pending": lambda answer: answer == "pending",
}


@pytest.fixture
def record(caplog: Any) -> Callable[[Callable[[Any], Any], Any], dict[str, Any]]:
    """Gives the fields of what a hook logs."""

    def log(logging_hook: Callable[[Any], Any], details: Any) -> dict[str, Any]:
        logging_hook(details)
        return vars(caplog.records[-1])

    return log


def library_of(row: Row) -> Any:
    """The library of a row. Without it, the test is skipped."""
    if row.library != "python-backoff":
        return pytest.importorskip(row.library)
    if "PYTHON_BACKOFF" not in os.environ:
        pytest.skip("python-backoff has the import name of backoff, and is in a folder of its own in `nox -s recipes`")
    return python_backoff(os.environ["PYTHON_BACKOFF"])


@cache
def python_backoff(folder: str) -> Any:
    """The `backoff` in this folder, which nobody else sees."""
    is_its = re.compile(r"backoff(\.|$)").match
    others = {name: sys.modules.pop(name) for name in [*sys.modules] if is_its(name)}
    sys.path.insert(0, folder)
    try:
        return importlib.import_module("backoff")
    finally:
        sys.path.remove(folder)
        for name in filter(is_its, [*sys.modules]):
            del sys.modules[name]
        sys.modules.update(others)


@pytest.fixture
def left(row: Row, record: Any) -> Iterator[dict[str, Any]]:
    """The names of a left column. Without the library, the test is skipped."""
    library = library_of(row)
    names = {**SHARED, library.__name__: library}
    if row.library == "stamina":
        names["attempt"] = next(iter(library.retry_context(on=OSError)))
        names["details"] = library.instrumentation.RetryDetails(
            **FACTS, retry_num=1, wait_for=0.5, caused_by=ConnectionError("down")
        )
        names["record"] = record(library.instrumentation.LoggingOnRetryHook.hook_factory(), names["details"])
    if row.library == "backoffkit":
        names["error"] = library.RetryError(3, busy())
    if row.library == "tenacity":
        names["tenacity_retried"] = library.retry(work)
        with pytest.raises(library.RetryError) as caught:
            library.Retrying(stop=library.stop_after_attempt(3)).__call__(lambda: 1 / 0)
        names["tenacity_error"] = caught.value
    yield names
    if row.library == "stamina":
        library.set_active(True)
        library.set_testing(False)
        library.instrumentation.set_on_retry_hooks(None)


@pytest.fixture
def right(record: Any) -> Iterator[dict[str, Any]]:
    """The names of a right column: what the page defines, and the parameters of its tables."""
    document = Sybil(parsers=[PythonCodeBlockParser()], path=str(PAGE.parent)).parse(PAGE)
    for example in document.examples():
        example.evaluate()
    details = instrumentation.RetryDetails(**FACTS, attempt=1, wait=0.5, elapsed=0.0, exception=busy())
    yield {
        **document.namespace,
        **SHARED,
        "attempt": next(iter(anew.retry())),
        "details": details,
        "record": record(instrumentation.LoggingHook(), details),
        "error": anew.RetryError(3, busy()),
        "retried": anew.retry(work),
    }
    anew.set_active(True)
    anew.set_testing(False)
    instrumentation.set_on_retry_hooks(None)


@each(ROWS)
def test_left_column(row: Row, left: dict[str, Any]) -> None:
    """
    What the page says of another library is code that runs with it.
    """
    eval(row.left, left)


@each(ROWS)
def test_right_column(row: Row, right: dict[str, Any]) -> None:
    """
    What takes its place is code that runs.
    """
    assert row.right or row.note or row.left.startswith("record")
    eval(row.right or "None", right)


class Try(NamedTuple):
    calls: int
    outcome: str
    waits: list[float]


# Waits are compared before any of them has reached a cap.
FEW = [[busy] * 2, [LookupError], [ValueError], []]
MANY = [busy] * 20


def tried(decorator: Any, failures: list[Callable[[], Exception]], clock: Any) -> Try:
    """What becomes of work that fails in this way and then succeeds."""
    clock.waits.clear()
    still = iter(failures)
    calls = 0

    def fetch() -> str:
        nonlocal calls
        calls += 1
        for make in still:
            raise make()
        return "done"

    try:
        outcome = decorator(fetch)()
    except Exception as exc:
        outcome = type(exc).__name__
    return Try(calls, outcome, [pytest.approx(wait) for wait in clock.waits if wait > 0])


@pytest.fixture
def one_clock(clock: Any, draws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """All libraries have the same clock and the same randomness."""
    draws(0.5)
    monkeypatch.setattr(random, "random", lambda: 0.5)
    monkeypatch.setattr(random, "uniform", lambda low, high: low + (high - low) * 0.5)
    monkeypatch.setattr(time, "sleep", clock.sleep)
    monkeypatch.setattr(time, "monotonic", clock.monotonic)
    now = SimpleNamespace(now=lambda: timedelta(seconds=clock.now))  # all that backoff does is to subtract them
    monkeypatch.setattr(pytest.importorskip("backoff")._sync, "datetime", SimpleNamespace(datetime=now))


# backoff asks asyncio what a coroutine function is, which Python 3.14 deprecates.
@pytest.mark.filterwarnings("ignore:'asyncio.iscoroutinefunction':DeprecationWarning:backoff")
@each(DECORATING)
def test_both_do_the_same(
    row: Row, left: dict[str, Any], right: dict[str, Any], one_clock: None, no_hooks: None, clock: Any
) -> None:
    """
    Where both columns decorate, calls, waits and outcomes are the same; or the page says that they are not.
    """
    theirs, ours = eval(row.left, left), eval(row.right, right)
    assert isinstance(ours, Retry)
    few = [tried(one, failures, clock) for failures in FEW for one in (theirs, ours)]
    many = [tried(one, MANY, clock)[:2] for one in (theirs, ours)]

    same = few[::2] == few[1::2] and many[0] == many[1]
    assert same is not row.note.startswith("Not the same"), (few, many)


@each(LISTS)
def test_lists(row: Row, left: dict[str, Any], right: dict[str, Any], one_clock: None, no_hooks: None) -> None:
    """
    Where both columns make lists of what a generator delivers, they are the same if it fails in the middle.
    """
    lists = [
        eval(code, {**names, "numbers": numbers_after(OSError("reset"))})
        for code, names in ((row.left, left), (row.right, right))
    ]

    assert lists == [[0, 0, 1]] * 2


def dotted(node: ast.expr) -> str:
    """What an expression names, with `()` for what a call gives."""
    if isinstance(node, ast.Call):
        return f"{dotted(node.func)}()"
    return f"{dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else getattr(node, "id", "?")


NODES = [node for row in ROWS for node in ast.walk(ast.parse(row.left, mode="eval")) if isinstance(node, ast.expr)]
NAMES = {dotted(node) for node in NODES}
CALLS = [node for node in NODES if isinstance(node, ast.Call)]

# What users are given and do not make, and how the tables call one; and whose other parameters are those of a sister.
GIVEN = {"Attempt": "attempt", "RetryDetails": "details", "RetryHook": "hook"}
SISTERS = {"backoff.on_predicate": "backoff.on_exception"}


def parts(path: str, exported: Any) -> Iterator[tuple[str, Callable[..., Any] | None]]:
    """What users can name, and what of it they can call."""
    if not inspect.isclass(exported):
        yield path, exported if inspect.isfunction(exported) else None
        return
    given = GIVEN.get(exported.__name__)
    yield path, None if given else exported
    for name, member in vars(exported).items():
        if name == "__call__":
            yield given or f"{path}()", partial(member, None)
        elif not name.startswith("_") and (given or inspect.isfunction(member)):
            yield f"{given or f'{path}()'}.{name}", partial(member, None) if inspect.isfunction(member) else None


def not_passed(path: str, fn: Callable[..., Any]) -> list[str]:
    """The parameters that no call in the left column has."""
    signature = inspect.signature(fn)
    passed = [
        signature.bind_partial(*call.args, **{keyword.arg: None for keyword in call.keywords if keyword.arg}).arguments
        for call in CALLS
        if dotted(call.func) in {path, SISTERS.get(path)}
    ]
    return [f"{path}({name})" for name in signature.parameters if not any(name in one for one in passed)]


@pytest.mark.parametrize("library", ["stamina", "stamina.instrumentation", "stamina.typing", "backoff", "backoffkit"])
def test_nothing_is_missing(library: str) -> None:
    """
    All that a library exports is in the left column: names, parameters of functions, classes and methods, attributes.
    """
    module = pytest.importorskip(library)
    missing = []
    for name in module.__all__:
        for path, fn in parts(f"{library}.{name}", getattr(module, name)):
            missing += [] if path in NAMES else [path]
            missing += not_passed(path, fn) if fn else []

    assert [] == missing
