"""The type checkers' verdicts as tests: `pytest typing_tests`.

They need the `typing` group and are not among the tests in tests/: asked for where a checker is missing, they fail.
"""

import re
from pathlib import Path

import pytest
import source
from harness import checkers, project, suite
from harness.markers import CHECKERS

Reports = dict[tuple[bool, str], suite.Report]
# basedpyright finds modules as pyright does, and takes a fifth of the time of all.
ENGINES = [checker for checker in CHECKERS if checker != "basedpyright"]


@pytest.fixture(scope="session")
def consumers(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    """All the checkers' reports about the consumer files, without and with typing_extensions installed."""
    reports: Reports = {}
    for typing_extensions, names in ((False, CHECKERS), (True, ENGINES)):
        where = project.create(tmp_path_factory.mktemp("consumers"), typing_extensions=typing_extensions)
        where.install(project.PACKAGE)
        where.add([project.CONSUMERS], ".")
        for report in suite.check(where, names, project.CONSUMERS.name, suite.consumer_markers()):
            reports[typing_extensions, report.checker] = report
    return reports


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, suite.Report]:
    """All the checkers' reports about the source."""
    reports = source.check(tmp_path_factory.mktemp("sources"), CHECKERS)
    return {report.checker: report for report in reports}


@pytest.mark.parametrize("checker", CHECKERS)
def test_consumers(checker: str, consumers: Reports) -> None:
    """
    The checker infers and refuses what the consumer files say.
    """
    report = consumers[False, checker]

    assert not report.problems, "\n".join(report.problems)
    assert report.expected


@pytest.mark.parametrize("checker", ENGINES)
def test_consumers_with_typing_extensions(checker: str, consumers: Reports) -> None:
    """
    The checker says the same where typing_extensions is installed.
    """
    report = consumers[True, checker]

    assert not report.problems, "\n".join(report.problems)
    assert report.expected


@pytest.mark.parametrize("checker", CHECKERS)
def test_source(checker: str, sources: dict[str, suite.Report]) -> None:
    """
    The checker, in its strict mode, finds nothing in the source.
    """
    assert not sources[checker].problems, "\n".join(sources[checker].problems)


def test_no_ignore_comments() -> None:
    """
    The source does without comments that speak to checkers.
    """
    assert [] == source.ignore_comments()


def test_public_types_are_complete(tmp_path: Path) -> None:
    """
    Every public symbol has a known type.
    """
    assert [] == source.incomplete(tmp_path)


def test_zuban_joins_types_as_mypy_only(tmp_path: Path) -> None:
    """
    What zuban joins with mypy's options is a union in its own mode.
    """
    where = project.create(tmp_path)
    where.install(project.PACKAGE)
    where.add([project.CONSUMERS / "on_retry.py"], ".")
    lines = (where.folder / "on_retry.py").read_text(encoding="utf-8").splitlines()
    joined = {number for number, line in enumerate(lines, 1) if line.endswith("# E: mypy, zuban")}
    refused = {number for number, line in enumerate(lines, 1) if line.endswith("# E")}

    output = checkers.call(["zuban", "check", "--mode=default", f"--python-executable={where.python}", "."], where)
    reported = {int(number) for number in re.findall(r"^on_retry\.py:(\d+):", output, re.MULTILINE)}
    assert joined
    assert refused & reported
    assert not joined & reported
