"""Runs checkers side by side and compares what they say with the markers, both ways.

Law: knows no checker by name.
"""

import os
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from harness.checkers import ALL, Complaint, Failed
from harness.markers import Expected, expected
from harness.project import CONSUMERS, Project

# The oldest supported Python: what works there does not depend on a newer `typing`.
PYTHON_VERSION = "3.11"

# By file (as the checkers name it) and checker.
Markers = Mapping[str, Mapping[str, Expected]]


@dataclass
class Report:
    """How far one checker's answer is from what was expected of it."""

    checker: str
    version: str = "?"
    expected: int = 0
    missing: list[str] = field(default_factory=list[str])
    unexpected: list[str] = field(default_factory=list[str])
    failure: str | None = None
    seconds: float = 0.0

    @property
    def problems(self) -> list[str]:
        return [*self.missing, *self.unexpected, *([self.failure] if self.failure else [])]


def consumer_markers(folder: Path = CONSUMERS) -> Markers:
    """What is expected for the consumer files, once a project contains their folder."""
    return {f"{folder.name}/{file.name}": expected(file) for file in sorted(folder.glob("*.py"))}


def check(
    project: Project, checkers: Iterable[str], target: str, markers: Markers, *, python_version: str = PYTHON_VERSION
) -> list[Report]:
    """Hold every checker's answer about the folder `target` of the project against the markers."""

    def one(checker: str) -> Report:
        report = Report(checker)
        started = time.perf_counter()
        try:
            report.version = ALL[checker].version
            complaints = ALL[checker].run(project, target, python_version)
        except Failed as failure:
            report.failure = str(failure)
        else:
            _compare(report, complaints, {file: by_checker[checker] for file, by_checker in markers.items()})
        report.seconds = time.perf_counter() - started
        return report

    # As many at once as there are processors: more only get in each other's way.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(one, checkers))


def _compare(report: Report, complaints: list[Complaint], markers: Mapping[str, Expected]) -> None:
    lines: dict[str, set[int]] = {file: set() for file in markers}
    for complaint in complaints:
        lines.setdefault(complaint.file, set()).add(complaint.line)
        if complaint.file not in markers or complaint.line not in markers[complaint.file].allowed:
            report.unexpected.append(f"{complaint.file}:{complaint.line}: {report.checker}: {complaint.message}")
    for file, marked in markers.items():
        report.expected += len(marked.lines) + len(marked.tags)
        for line in sorted(marked.lines - lines[file]):
            report.missing.append(f"{file}:{line}: {report.checker}: no error where one is expected")
        for tag, tagged in marked.tags.items():
            if not tagged & lines[file]:
                report.missing.append(f"{file}:{min(tagged)}: {report.checker}: no error on any line with [{tag}]")


def table(reports: Iterable[Report]) -> str:
    rows = [("checker", "version", "expected", "missing", "unexpected", "seconds")]
    for report in reports:
        counts = ("failed", "failed") if report.failure else (str(len(report.missing)), str(len(report.unexpected)))
        rows.append((report.checker, report.version, str(report.expected), *counts, f"{report.seconds:.1f}"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
