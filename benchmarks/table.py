"""
The table: one line per comparison, in Markdown, with what anew promises of itself and whether that is met.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

TOLERANCE = 1.10  # noise that a miss must exceed to fail a run, and a peer's lead to be called one


def ratio(figure: float) -> str:
    return f"{figure:.2f}" if figure < 10 else f"{figure:,.0f}"


@dataclass(frozen=True)
class Line:
    """
    One comparison: figures that are all measured against the same thing, and how much of it anew may cost.
    """

    what: str
    against: str
    figures: dict[str, float]
    target: float | None = None
    show: Callable[[float], str] = ratio

    @property
    def anew(self) -> float:
        return self.figures.get("anew", 0.0)

    @property
    def met(self) -> bool:
        """
        Whether the figure that is shown is within the target.
        """
        return self.target is None or float(self.show(self.anew).replace(",", "")) <= self.target

    def missed(self) -> bool:
        """
        Whether it is above the target by more than noise.
        """
        return self.target is not None and self.anew > self.target * TOLERANCE

    def ahead(self, peers: Iterable[str]) -> list[str]:
        """
        The peers that come off better by more than noise.
        """
        return [name for name in peers if name in self.figures and self.figures[name] * TOLERANCE < self.anew]


def render(lines: Iterable[Line], peers: Sequence[str]) -> str:
    """
    All lines under a heading, the columns flush.
    """
    columns = ["anew", "loop", *peers]
    rows = [["", "1.00 is", "target", "met", *columns, "ahead of anew"]]
    for line in lines:
        figures = [line.show(line.figures[name]) if name in line.figures else "" for name in columns]
        aim = ["", ""] if line.target is None else [f"<= {line.show(line.target)}", "yes" if line.met else "**no**"]
        rows.append([line.what, line.against, *aim, *figures, ", ".join(line.ahead(peers))])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, ["-" * width for width in widths])
    return "\n".join("| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows)


def summary(lines: Iterable[Line]) -> str:
    """
    How many targets are met, and which are not.
    """
    aimed = [line for line in lines if line.target is not None]
    missed = [line for line in aimed if not line.met]
    words = [f"{line.what} ({line.against or 'as it is'}): {line.show(line.anew)}" for line in missed]
    return "\n- missed: ".join([f"{len(aimed) - len(missed)} of {len(aimed)} targets are met.", *words])
