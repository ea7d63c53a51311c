"""Checks the consumer files with the type checkers: `python typing_tests/run.py [checker ...]`."""

import argparse
import sys
import tempfile
from pathlib import Path

from harness import project, suite
from harness.markers import CHECKERS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkers", nargs="*", metavar="checker", help=f"out of {', '.join(CHECKERS)}; default: all")
    parser.add_argument("--package", type=Path, default=project.PACKAGE, help="the folder of the package to check")
    parser.add_argument("--python-version", default=suite.PYTHON_VERSION)
    parser.add_argument(
        "--typing-extensions", action="store_true", help="with typing_extensions installed beside the package"
    )
    arguments = parser.parse_args()
    checkers = arguments.checkers or CHECKERS
    if unknown := set(checkers) - set(CHECKERS):
        parser.error(f"no such checker: {', '.join(sorted(unknown))}")

    with tempfile.TemporaryDirectory() as folder:
        where = project.create(Path(folder), typing_extensions=arguments.typing_extensions)
        where.install(arguments.package)
        where.add([project.CONSUMERS], ".")
        reports = suite.check(
            where,
            checkers,
            project.CONSUMERS.name,
            suite.consumer_markers(),
            python_version=arguments.python_version,
        )
    for report in reports:
        print(*report.problems, sep="\n", end="\n" if report.problems else "")
    print(suite.table(reports))
    return any(report.problems for report in reports)


if __name__ == "__main__":
    sys.exit(main())
