"""Checks the source itself with the type checkers: `python typing_tests/source.py [checker ...]`.

It must be clean in all of them without a single ignore comment, and every public symbol must have a known type.
"""

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from harness import checkers, project, suite
from harness.markers import CHECKERS, expected

_IGNORES = re.compile(r"#\s*(type|mypy|pyright|basedpyright|pyrefly|ty|zuban)\s*:")


# A file with an error is checked along, or a checker that looked nowhere would have found nothing.
_CANARY = 'wrong: int = ""  # E\n'


def check(folder: Path, names: Iterable[str], package: Path = project.PACKAGE) -> list[suite.Report]:
    """What each checker finds in the package."""
    where = project.create(folder)
    where.add([package], project.SOURCE)
    canary = where.folder / project.SOURCE / package.name / "_canary.py"
    canary.write_text(_CANARY, encoding="utf-8")
    markers = {canary.relative_to(where.folder).as_posix(): expected(canary)}
    return suite.check(where, names, project.SOURCE, markers)


def ignore_comments(package: Path = project.PACKAGE) -> list[str]:
    """Every comment that speaks to a checker."""
    return [
        f"{file}:{number}: {line.strip()}"
        for file in sorted(package.glob("**/*.py"))
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if _IGNORES.search(line)
    ]


def incomplete(folder: Path, package: Path = project.PACKAGE) -> list[str]:
    """What `pyright --verifytypes` misses in the public types: nothing, if they are complete."""
    where = project.create(folder)
    where.install(package)
    command = ["pyright", "--verifytypes", package.name, "--ignoreexternal", "--outputjson"]
    completeness = json.loads(checkers.call(command, where))["typeCompleteness"]
    problems = [
        f"{symbol['name']}: {' '.join(diagnostic['message'].split())}"
        for symbol in completeness["symbols"]
        for diagnostic in symbol["diagnostics"]
    ]
    if completeness["completenessScore"] != 1:
        problems.append(f"the public types are complete to {completeness['completenessScore']:.1%}")
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkers", nargs="*", metavar="checker", help=f"out of {', '.join(CHECKERS)}; default: all")
    parser.add_argument("--package", type=Path, default=project.PACKAGE, help="the folder of the package to check")
    arguments = parser.parse_args()
    names = arguments.checkers or CHECKERS
    with tempfile.TemporaryDirectory() as folder:
        reports = check(Path(folder), names, arguments.package)
    problems = [problem for report in reports for problem in report.problems]
    problems += ignore_comments(arguments.package)
    if "pyright" in names:
        with tempfile.TemporaryDirectory() as folder:
            problems += incomplete(Path(folder), arguments.package)
    print(*problems, sep="\n", end="\n" if problems else "")
    print(suite.table(reports))
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
