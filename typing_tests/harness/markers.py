"""Reads the markers of the consumer files: on which line must which checker report an error?

Law: knows the comments, nothing of how checkers are run.
"""

import re
import tokenize
from dataclasses import dataclass, field
from pathlib import Path

CHECKERS = ("mypy", "pyright", "basedpyright", "pyrefly", "ty", "zuban")

_LOOKS_LIKE_A_MARKER = re.compile(r"#\s*E\b")
_MARKER = re.compile(r"# E(?:\[(?P<tag>[a-z0-9-]+)\])?(?:: (?P<checkers>.+))?")


@dataclass
class Expected:
    """What one checker must say about one file."""

    lines: set[int] = field(default_factory=set[int])
    tags: dict[str, set[int]] = field(default_factory=dict[str, set[int]])

    @property
    def allowed(self) -> set[int]:
        return self.lines.union(*self.tags.values())


def expected(file: Path) -> dict[str, Expected]:
    """The expectations in one consumer file, by checker."""
    result = {checker: Expected() for checker in CHECKERS}
    with file.open("rb") as source:
        comments = [token for token in tokenize.tokenize(source.readline) if token.type == tokenize.COMMENT]
    for token in comments:
        where = f"{file}:{token.start[0]}"
        if "ignore" in token.string or token.string.startswith("# pyright:"):
            raise ValueError(f"{where}: no ignore or configuration comments here, use a marker: {token.string}")
        if not _LOOKS_LIKE_A_MARKER.match(token.string):
            continue
        marker = _MARKER.fullmatch(token.string)
        if marker is None:
            raise ValueError(f"{where}: not a marker: {token.string}")
        for checker in _checkers(marker["checkers"], where):
            if marker["tag"] is None:
                result[checker].lines.add(token.start[0])
            else:
                result[checker].tags.setdefault(marker["tag"], set()).add(token.start[0])
    return result


def _checkers(spec: str | None, where: str) -> set[str]:
    """`None` -> all, "mypy, ty" -> these, "!mypy, !ty" -> all but these."""
    if spec is None:
        return set(CHECKERS)
    names = [name.strip() for name in spec.split(",")]
    negated = {name.removeprefix("!") for name in names if name.startswith("!")}
    plain = {name for name in names if not name.startswith("!")}
    if (negated and plain) or not negated | plain <= set(CHECKERS):
        raise ValueError(f"{where}: either checkers or !checkers, out of {', '.join(CHECKERS)}: {spec}")
    return plain or set(CHECKERS) - negated
