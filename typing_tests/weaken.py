"""Proves the suite: weakens the signatures in many ways, and demands that some checker notices each of them.

`python typing_tests/weaken.py` asks the fast checkers first and stops at the first that notice; `--all` asks all.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness import project, suite
from harness.markers import CHECKERS
from weakenings import WEAKENINGS, Edit

# Asked one after the other until one notices, the fastest first; but mypy, which is faster, sees no more than pyright.
_ROUNDS = (("zuban",), ("ty",), ("pyrefly",), ("pyright",), ("mypy",), ("basedpyright",))


def edited(package: Path, edits: list[Edit]) -> dict[str, str | None]:
    """The new texts of the files that are edited; `None` for one that goes. Every edit must fit."""
    texts: dict[str, str | None] = {}
    for name, old, new in edits:
        if not old:
            texts[name] = None
            continue
        text = texts.get(name) or (package / name).read_text(encoding="utf-8")
        if old not in text:
            raise SystemExit(f"weakenings.py is out of date, this is not in {name}:\n{old}")
        texts[name] = text.replace(old, new)
    return texts


def weakened(package: Path, edits: list[Edit], folder: Path) -> Path:
    """A copy of the package with the edits, which must leave it whole: anything notices a broken one."""
    copy = folder / package.name
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in edited(package, edits).items():
        if text is None:
            (copy / name).unlink()
        else:
            (copy / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-B", "-c", f"import {package.name}.instrumentation, {package.name}.transient"]
    subprocess.run(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(folder)}, check=True)
    return copy


class Bench:
    """A project with the consumer files, into which one weakened package after the other is installed."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._project = project.create(folder)
        self._project.add([project.CONSUMERS], ".")
        self._markers = suite.consumer_markers()

    def noticed(self, package: Path, edits: list[Edit], *, everyone: bool) -> dict[str, int]:
        """How many mismatches each of the checkers that were asked finds, if any."""
        self._project.install(weakened(package, edits, self._folder))
        result: dict[str, int] = {}
        for checkers in (CHECKERS,) if everyone else _ROUNDS:
            for report in suite.check(self._project, checkers, project.CONSUMERS.name, self._markers):
                if report.failure:
                    raise SystemExit(report.failure)
                if report.problems:
                    result[report.checker] = len(report.problems)
            if result and not everyone:
                break
        return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="ask every checker about every weakening")
    parser.add_argument("--package", type=Path, default=project.PACKAGE, help="the folder of the package to weaken")
    arguments = parser.parse_args()
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        # The package may be worked on meanwhile.
        package = weakened(arguments.package, [], Path(folder))
        for edits in WEAKENINGS.values():
            edited(package, edits)
        # As many benches as processors: each checker keeps about one of them busy.
        benches = [Bench(Path(folder, str(number))) for number in range(os.cpu_count() or 1)]
        if noticed := benches[0].noticed(package, [], everyone=True):
            print(f"The package fails as it is, so this proves nothing; see run.py: {noticed}")
            return 1

        def prove(edits: list[Edit]) -> dict[str, int]:
            bench = benches.pop()
            try:
                return bench.noticed(package, edits, everyone=arguments.all)
            finally:
                benches.append(bench)

        with ThreadPoolExecutor(len(benches)) as pool:
            results = list(pool.map(prove, WEAKENINGS.values()))

    width = max(map(len, WEAKENINGS))
    for what, noticed in zip(WEAKENINGS, results, strict=True):
        counts = ", ".join(f"{checker} {count}" for checker, count in noticed.items())
        print(f"{what:{width}}  {counts or 'NOT NOTICED'}")
    missed = sum(not noticed for noticed in results)
    print(f"{len(results)} weakenings, {missed} not noticed, {time.perf_counter() - started:.0f} s")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
