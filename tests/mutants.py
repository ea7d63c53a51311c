"""Change the core in one place after the other, and see whether a test fails: `nox -s mutants`.

cosmic-ray says what can be changed. Each mutant is tested in a fork of this process, which has imported what the tests
need, and gets the changed text in place of the file: nothing is written, and a mutant costs a tenth of a second and its
tests. Mutants that no test notices are listed in mutants.toml, with the reason why none can.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import gc
import importlib.machinery
import importlib.util
import multiprocessing.process
import os
import random
import re
import signal
import subprocess
import sys
import tomllib
import unittest.mock
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import cloudpickle
import hypothesis
import pytest
import trio
from cosmic_ray.commands import init
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import WorkDB, use_db

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WARM = (asyncio, cloudpickle, hypothesis, trio, unittest.mock)
ROOT = Path(__file__).parent.parent
# A counter-example need not be small.
GENERATE = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
hypothesis.settings.register_profile("mutants", deadline=None, derandomize=True, max_examples=15, phases=GENERATE)
OPTIONS = [
    *("-x", "-q", "--no-header", "-p", "no:cacheprovider", "--tb=no", "--hypothesis-profile=mutants"),
    *("-p", "_hypothesis_pytestplugin"),
    *("-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning"),
]
SECONDS, PATIENCE = 5, 30  # for one test, of work and by the clock: a mutant may loop or wait for ever
ENOUGH = 0.95
WORDS_IN_ORDER = re.compile(r"""[<>]=? ["']""")  # which says nothing
# What type checkers alone heed.
DECORATORS = {"final", "overload", "override"}


class Mutant(NamedTuple):
    module: str
    text: str  # of the whole file
    number: int  # of the line
    before: str
    line: str

    def __str__(self) -> str:
        return f"{self.module}.py:{self.number}\n  - {self.before}\n  + {self.line}"


class Stripped(ast.NodeTransformer):
    """Take away what nothing evaluates."""

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: Any) -> ast.AST:
        node.returns = None
        return self._undecorated(node)

    def _undecorated(self, node: Any) -> ast.AST:
        node.decorator_list = [one for one in node.decorator_list if getattr(one, "id", None) not in DECORATORS]
        return self.generic_visit(node)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815
    visit_ClassDef = _undecorated  # noqa: N815


def meaning(text: str) -> str | None:
    """Return what tells files apart that run otherwise, and `None` of what does not run at all."""
    try:
        return ast.dump(Stripped().visit(ast.parse(text)))
    except SyntaxError:
        return None


def for_checkers(text: str) -> set[int]:
    """Return the lines that are for type checkers alone."""
    branches = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.If)]
    hidden = [node for node in branches if getattr(node.test, "id", None) == "TYPE_CHECKING"]
    return {line for node in hidden for line in range(node.lineno, (node.body[-1].end_lineno or 0) + 1)}


def mutants(module: str) -> Iterator[Mutant]:
    """Every change of a module that means something else, once."""
    path = ROOT / "src" / "anew" / f"{module}.py"
    text = path.read_text()
    with use_db(":memory:", WorkDB.Mode.create) as db:
        init([path], db, {})
        changes = [change for item in db.work_items for change in item.mutations]
    hidden, seen = for_checkers(text), {None, meaning(text)}
    for change in sorted(changes, key=lambda change: (change.start_pos, change.operator_name, change.occurrence)):
        if change.start_pos[0] in hidden:
            continue
        changed = mutate_code(text, get_operator(change.operator_name)(), change.occurrence)
        if changed is not None and (told := meaning(changed)) not in seen:
            seen.add(told)
            pairs = enumerate(zip(text.splitlines(), changed.splitlines(), strict=False), 1)
            number, before, line = next((at, old.strip(), new.strip()) for at, (old, new) in pairs if old != new)
            if not WORDS_IN_ORDER.search(line):
                yield Mutant(module, changed, number, before, line)


class Changed(importlib.machinery.SourceFileLoader):
    """Finds and loads the changed module."""

    def __init__(self, mutant: Mutant) -> None:
        super().__init__(f"anew.{mutant.module}", str(ROOT / "src" / "anew" / f"{mutant.module}.py"))
        self.text = mutant.text

    def find_spec(self, name: str, _path: object, _target: object = None) -> importlib.machinery.ModuleSpec | None:
        return importlib.util.spec_from_file_location(name, self.path, loader=self) if name == self.name else None

    def get_code(self, _name: str) -> Any:
        return compile(self.text, self.path, "exec", dont_inherit=True)


class Limit:
    """Ends the process if one test takes too long."""

    def pytest_runtest_logstart(self) -> None:
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        signal.alarm(PATIENCE)


def skip(*_: object, **__: object) -> NoReturn:
    pytest.skip("a new process would run the file, which is not changed")


def start(mutant: Mutant, tests: Sequence[str], *, quiet: bool = True) -> int:
    """Run the tests on a mutant, in a process of their own, and return its id."""
    sys.stdout.flush()
    if child := os.fork():
        return child
    if quiet:
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
    Limit().pytest_runtest_logstart()
    subprocess.Popen.__init__ = multiprocessing.process.BaseProcess.start = skip
    sys.meta_path.insert(0, Changed(mutant))
    code = 1
    try:
        code = pytest.main([*OPTIONS, *(f"tests/test_{test}.py" for test in tests)], plugins=[Limit()])
    finally:
        os._exit(code)


def tested(chosen: Sequence[Mutant], tests: dict[str, list[str]], jobs: int) -> Iterator[tuple[Mutant, bool]]:
    """Test mutants, so many at a time, and say of each whether a test has noticed it."""
    running: dict[int, Mutant] = {}
    left = [*reversed(chosen)]
    while left or running:
        while left and len(running) < jobs:
            mutant = left.pop()
            running[start(mutant, tests[mutant.module])] = mutant
        child, status = os.wait()
        yield running.pop(child), status != 0


def main() -> str | None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", help="such as _decide; by default all of the core")
    parser.add_argument("--sample", type=int, help="so many mutants in all, drawn at random")
    parser.add_argument("--seed", default="anew", help="of the draw")
    parser.add_argument("--jobs", type=int, default=1, help="how many at a time")
    args = parser.parse_args()
    os.chdir(ROOT)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    gc.freeze()
    tests = tomllib.loads(Path("pyproject.toml").read_text())["tool"]["anew"]["mutants"]
    tests = {module: files.split() for module, files in tests.items()}
    known = tomllib.loads(Path("tests/mutants.toml").read_text())
    excused = {(module, line) for module, groups in known.items() for group in groups for line in group["lines"]}

    there = [mutant for module in args.modules or tests for mutant in mutants(module)]
    made = {(mutant.module, mutant.line) for mutant in there}
    gone = sorted(one for one in excused - made if one[0] in (args.modules or tests))
    drawn = random.Random(args.seed).sample(range(len(there)), min(args.sample or len(there), len(there)))
    chosen = [there[number] for number in sorted(drawn)]
    for module in dict.fromkeys(mutant.module for mutant in chosen):
        original = Mutant(module, (ROOT / "src" / "anew" / f"{module}.py").read_text(), 0, "", "")
        if os.waitpid(start(original, tests[module], quiet=False), 0)[1]:
            return f"the tests of {module} fail as it is"

    hopeful = [mutant for mutant in chosen if (mutant.module, mutant.line) not in excused]
    print(len(hopeful), "to test, of", len(there), flush=True)
    counts = {mutant.module: [0, 0, 0] for mutant in chosen}
    for mutant in chosen:
        counts[mutant.module][2] += (mutant.module, mutant.line) in excused
    for mutant, is_noticed in tested(hopeful, tests, args.jobs):
        counts[mutant.module][0] += 1
        counts[mutant.module][1] += is_noticed
        if not is_noticed:
            print("not noticed:", mutant, flush=True)
    counts["all"] = [*map(sum, zip(*counts.values(), strict=True))]
    for module, (tried, noticed, same) in counts.items():
        print(f"{module:14} {tried:5} tried {noticed:5} noticed {same:4} excused")
    tried, noticed, _ = counts["all"]
    if gone:
        return f"tests/mutants.toml has lines that no change makes: {gone}"
    return None if noticed >= ENOUGH * tried else "too many were not noticed"


if __name__ == "__main__":
    sys.exit(main())
