"""
What takes a fresh interpreter per measurement: imports, and many waiting tasks. The contestants take turns here too.
"""

import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent

# Compiled files are kept for the length of a run, whatever the environment says: what is installed has them.
_COMPILED = tempfile.TemporaryDirectory()
_ENVIRONMENT = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": _COMPILED.name}


def _probe(script: str, *arguments: str) -> list[str]:
    command = [sys.executable, "-W", "ignore", str(HERE / script), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=_ENVIRONMENT).stdout.split()


def _turns(names: Sequence[str], rounds: int) -> list[str]:
    """
    Every name *rounds* times, in rounds of random order.
    """
    return [name for _ in range(rounds) for name in random.sample(names, len(names))]


@dataclass(frozen=True)
class Imports:
    """
    What importing costs: milliseconds of `import typing, functools` and, for each library, milliseconds, modules and
    heavy modules beyond those.
    """

    typing: float
    times: dict[str, float]
    modules: dict[str, float]
    heavy: dict[str, float]


def imports(names: Sequence[str], *, rounds: int) -> Imports:
    for name in names:
        _probe("probe_import.py", name)  # compiles what is not compiled yet
    usual = float("inf")
    times = dict.fromkeys(names, float("inf"))
    modules: dict[str, float] = {}
    heavy: dict[str, float] = {}
    for name in _turns(names, rounds):
        typing, library, count, heavies = _probe("probe_import.py", name)
        usual = min(usual, float(typing))
        times[name] = min(times[name], float(library))
        modules[name] = float(count)
        heavy[name] = 0.0 if heavies == "-" else heavies.count(",") + 1.0
    return Imports(usual, times, modules, heavy)


def tasks(names: Sequence[str], count: int, what: str, spread: str, *, rounds: int) -> dict[str, float]:
    """
    Nanoseconds or bytes (as *what* says: "time" or "memory") per waiting task, for those who can.
    """
    least: dict[str, float] = {}
    for name in _turns(names, rounds):
        (figure,) = _probe("probe_tasks.py", name, str(count), what, spread)
        if figure != "-":
            least[name] = min(least.get(name, float("inf")), float(figure))
    return least


def hops() -> tuple[int, int, int]:
    """
    Switches of file and lines run when a call fails twice, and switches with the default log.
    """
    switches, lines, logged = map(int, _probe("hops.py", "--bare"))
    return switches, lines, logged
