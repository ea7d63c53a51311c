"""
The table: one line per comparison, in Markdown.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

TOLERANCE = 1.10  # noise that a miss must exceed to be one


@dataclass(frozen=True)
class Line:
    """
    One comparison: figures that are all measured against the same thing, and how much of it anew may cost.
    """

    what: str
    against: str
    figures: dict[str, float]
    target: float | None = None
    show: Callable[[float], str] = "{:.2f}".format

    def missed(self) -> bool:
        return self.target is not None and self.figures.get("anew", 0.0) > self.target * TOLERANCE


def render(lines: Iterable[Line], columns: Sequence[str]) -> str:
    """
    All lines under a heading, the columns flush.
    """
    rows = [["", "1.00 is", "target", *columns]]
    for line in lines:
        figures = [line.show(line.figures[name]) if name in line.figures else "" for name in columns]
        target = "" if line.target is None else "<= " + line.show(line.target)
        rows.append([line.what, line.against, target + (" MISSED" if line.missed() else ""), *figures])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, ["-" * width for width in widths])
    return "\n".join("| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows)
