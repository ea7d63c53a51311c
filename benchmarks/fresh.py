"""
What takes a fresh interpreter per measurement: imports, and many waiting tasks. The contestants take turns here too.
"""

import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
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


def import_times(names: Sequence[str], *, rounds: int) -> tuple[dict[str, float], dict[str, str]]:
    """
    Milliseconds for `import typing, functools` (as "typing") and, beyond those, for each library; and the heavy
    modules that each brings along.
    """
    for name in names:
        _probe("probe_import.py", name)  # compiles what is not compiled yet
    least = dict.fromkeys(("typing", *names), float("inf"))
    heavy: dict[str, str] = {}
    for name in _turns(names, rounds):
        typing, library, heavy[name] = _probe("probe_import.py", name)
        least["typing"] = min(least["typing"], float(typing))
        least[name] = min(least[name], float(library))
    return least, heavy


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
