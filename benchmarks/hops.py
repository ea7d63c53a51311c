"""
How far a reader has to walk: our switches of file and lines run, when a sync call fails twice and then succeeds.

    python benchmarks/hops.py

The first figures are of a policy's first call, with nobody listening; the last is of a later call, with the default
log. Python versions count lines differently; the targets are meant for 3.13.
"""

import logging
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any

import anew
from anew.instrumentation import set_on_retry_hooks

HOME = str(Path(anew.__file__).parent)

TARGETS = {"switches of file": 24, "lines run": 170, "switches of file, logged": 50}


class Walk:
    """
    The files of our functions, in the order in which they are entered or resumed, and the lines that run in them.
    """

    def __init__(self, call: Callable[[], object]) -> None:
        self.files: list[str] = []
        self.lines = 0
        before = sys.gettrace()
        sys.settrace(self._step)
        try:
            call()
        finally:
            sys.settrace(before)

    @property
    def switches(self) -> int:
        return sum(here != there for here, there in pairwise(self.files))

    def _step(self, frame: FrameType, event: str, _: Any) -> Any:
        file = frame.f_code.co_filename
        if not file.startswith(HOME):
            return None
        if event == "call":
            self.files.append(file)
        self.lines += event == "line"
        return self._step


def failing_twice() -> Callable[[], int]:
    failures = 2

    @anew.retry(times=5, delay=0.0001)
    def work() -> int:
        nonlocal failures
        if failures:
            failures -= 1
            raise ConnectionError("down")
        return 1

    return work


def counts() -> tuple[int, int, int]:
    set_on_retry_hooks([])
    quiet = Walk(failing_twice())
    set_on_retry_hooks(None)
    log = logging.getLogger("anew")
    log.addHandler(logging.NullHandler())
    log.propagate = False
    failing_twice()()  # the log is made at the first retry
    return quiet.switches, quiet.lines, Walk(failing_twice()).switches


if __name__ == "__main__":
    if sys.argv[1:] == ["--bare"]:
        print(*counts())
    else:
        for (what, target), count in zip(TARGETS.items(), counts(), strict=True):
            print(f"{what:26}{count:5} <= {target:3}  {'yes' if count <= target else 'NO'}")
