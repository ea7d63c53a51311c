"""The pictures of the documents: `python docs/pictures/draw.py` writes them beside this file.

Law: a figure that is drawn comes from the package. A picture takes the colours of the page that it stands in, and those
of the system's light or dark mode where it stands alone. The same package gives the same bytes.
"""

from __future__ import annotations

import logging
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from anew import Retry, retry
from anew.instrumentation import LoggingHook, RetryDetails

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
# Furo's variables where the page is Furo's; else the fallbacks, of which there are two sets.
STYLE = """
.picture { --ground: var(--color-background-primary, #ffffff); --ink: var(--color-foreground-primary, #1f2328);
  --dim: var(--color-foreground-secondary, #59636e); --rule: var(--color-background-border, #d1d9e0);
  --wait: #3b8fd4; --good: #2a9d4e; --bad: #d3521a;
  font-family: system-ui, sans-serif; font-size: 12px; }
@media (prefers-color-scheme: dark) {
  .picture { --ground: var(--color-background-primary, #0d1117); --ink: var(--color-foreground-primary, #e6edf3);
    --dim: var(--color-foreground-secondary, #9198a1); --rule: var(--color-background-border, #3d444d); } }
.picture .ground { fill: var(--ground); }
.picture text { fill: var(--dim); } .picture .title { fill: var(--ink); font-weight: 600; }
.picture .code { font-family: ui-monospace, monospace; font-size: 11.5px; fill: var(--ink); }
.picture .rule { stroke: var(--rule); } .picture .mean { stroke: var(--ink); stroke-width: 2; }
.picture .wait { fill: var(--wait); fill-opacity: 0.5; } .picture .good { fill: var(--good); }
.picture .bad { fill: var(--bad); } .picture .on { fill: #fff; font-weight: 600; }
.picture .hint { stroke: var(--dim); stroke-dasharray: 3 3; }
"""
WAITS = 8


def text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:.5g}" y="{y:.5g}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line x1="{x1:.5g}" y1="{y1:.5g}" x2="{x2:.5g}" y2="{y2:.5g}" class="{kind}"/>'


def rect(x: float, y: float, width: float, height: float, kind: str) -> str:
    size = f'width="{width:.5g}" height="{height:.5g}"'
    return f'<rect x="{x:.5g}" y="{y:.5g}" {size} rx="2" class="{kind}"/>'


def picture(width: int, height: int, parts: Iterator[str]) -> str:
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" class="picture" role="img" viewBox="0 0 {width} {height}"'
    ground = rect(0, 0, width, height, "ground")  # where the picture stands alone, nobody else paints one
    return "\n".join([f'{opening} width="{width}">', f"<style>{STYLE}</style>", ground, *parts, "</svg>", ""])


def panel(policy: Retry[Any], title: str, place: tuple[float, float]) -> Iterator[str]:
    """Draw the waits of a policy as ranges, 150 high, from 0 to 60 s."""
    left, top = place

    def y(seconds: float) -> float:
        return top + 150 * (1 - seconds / 60)

    yield text(left, top - 10, title, "code")
    for tick in (0, 15, 30, 45, 60):
        yield line(left, y(tick), left + 200, y(tick), "rule")
        yield text(left - 6, y(tick) + 4, f"{tick:g}", anchor="end")
    for num, (lowest, mean, highest) in enumerate(policy.schedule(WAITS), 1):
        x = left + 25 * num - 20
        yield rect(x, y(highest), 15, max(y(lowest) - y(highest), 1), "wait")
        if mean is not None:
            yield line(x, y(mean), x + 15, y(mean), "mean")
        yield text(x + 7.5, top + 168, str(num), anchor="middle")


def panels(title: str, caption: str, rows: list[tuple[str, Retry[Any]]]) -> str:
    def parts() -> Iterator[str]:
        yield text(10, 18, title, "title")
        yield text(10, 36, caption)
        for number, (name, policy) in enumerate(rows):
            yield from panel(policy, name, (40 + 245 * (number % 3), 78 + 215 * (number // 3)))

    return picture(740, 472, parts())


def strategies() -> str:
    names: list[Any] = ["fixed", "linear", "exponential", "fibonacci"]
    rows = [(f'backoff="{name}"', retry(backoff=name)) for name in names]
    rows.append(("backoff=lambda n: n * n", retry(backoff=lambda n: n * n)))
    caption = "The range of each wait, and its mean: delay=1.0, max_delay=60.0, and the default jitter"
    return panels("How waits grow: the first eight, in seconds", caption, rows)


def jitters() -> str:
    values: list[Any] = [True, "full", "decorrelated", timedelta(seconds=5), False]
    rows = [(f"jitter={value!r}".replace("'", '"'), retry(jitter=value)) for value in values]
    rows[3] = ("jitter=timedelta(seconds=5)", rows[3][1])
    caption = "The range of each wait, and its mean: delay=1.0, max_delay=60.0, exponential backoff"
    return panels("How waits are spread: the first eight, in seconds", caption, rows)


def told() -> list[str]:
    """Return the lines that the log has of the call which is drawn."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())
    log = logging.getLogger("picture")
    log.addHandler(handler)
    log.propagate = False
    errors = (ConnectionError("reset"), TimeoutError("too slow"))
    for attempt, (wait, error) in enumerate(zip((1.0, 2.0), errors, strict=True), 1):
        facts: Any = {"name": "fetch", "attempt": attempt, "times": 3, "wait": wait, "exception": error}
        facts |= {"waited_so_far": 0.0, "elapsed": 0.0, "args": (), "kwargs": {}}
        LoggingHook(logger="picture")(RetryDetails(**facts))
    return lines


def timeline() -> str:
    first, second = (wait.highest for wait in retry(jitter=False).schedule(2))
    spans = (("attempt 1", 0.8), ("wait", first), ("attempt 2", 0.8), ("wait", second), ("attempt 3", 0.8))
    log = told()
    rows = [
        ("ConnectionError: on= names it, and attempts and time are left", "on_retry(1, exc)", log[0]),
        ("TimeoutError: the same", "on_retry(2, exc)", log[1]),
        ("The result is returned", "on_success(3)", ""),
    ]

    def x(seconds: float) -> float:
        return 30 + seconds * 115

    def parts() -> Iterator[str]:
        yield text(10, 20, "One call", "title")
        yield text(72, 20, "retry(times=3, on=[ConnectionError, TimeoutError], jitter=False, timeout=6)", "code")
        at = 0.0
        number = 0
        for label, seconds in spans:
            waits = label == "wait"
            kind = "wait" if waits else "good" if label == "attempt 3" else "bad"
            yield rect(x(at), 58 if waits else 50, x(seconds) - x(0), 18 if waits else 34, kind)
            words = f"wait {seconds:g} s" if waits else label
            yield text(x(at + seconds / 2), 71, words, "title" if waits else "on", "middle")
            at += seconds
            if not waits:
                number += 1
                yield line(x(at), 40, x(at), 94, "hint")
                yield text(x(at), 108, f"({number})", "title", "middle")
        yield line(x(6), 40, x(6), 94, "hint")
        yield text(x(6) + 6, 56, "timeout=6:")
        yield text(x(6) + 6, 71, "no attempt starts")
        yield text(x(6) + 6, 86, "after this")
        for number, (what, callback, hooks) in enumerate(rows, 1):
            y = 78 + 62 * number
            yield text(30, y, f"({number})  {what}.", "title")
            yield text(52, y + 18, callback, "code")
            yield text(
                180, y + 18, "the policy's callback, after a budget " + ("has given a token" if hooks else "was paid")
            )
            if hooks:
                yield text(52, y + 36, "hooks", "code")
                yield text(180, y + 36, hooks, "code")

    return picture(860, 310, parts())


PICTURES = {"backoff.svg": strategies, "jitter.svg": jitters, "timeline.svg": timeline}

if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    for name, draw in PICTURES.items():
        (folder / name).write_text(draw())
