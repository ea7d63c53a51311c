"""Puts the playground into the built site: its scripts, and the package itself as a zip.

Law: what runs in the browser is the source of the package as it is here, and nothing is built for it.
"""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copyfile
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import anew

if TYPE_CHECKING:
    from sphinx.application import Sphinx

HERE = Path(__file__).parent
BENCHMARKS = HERE.parent.parent / "benchmarks"
FILES = ("playground.js", "worker.js", "playground.css")
SIMULATION = ("storm_budgets.py", "storm_outage.py", "storm_server.py", "storm_world.py")


def write_package(target: Path) -> None:
    """Zip the package, the simulation and what the page asks of them; the same files give the same bytes."""
    package = Path(anew.__file__).parent
    files = {f"anew/{file.relative_to(package).as_posix()}": file for file in sorted(package.rglob("*.py"))}
    files |= {name: BENCHMARKS / name for name in SIMULATION}
    files["playground.py"] = HERE / "playground.py"
    with ZipFile(target, "w") as archive:
        for name, file in files.items():
            archive.writestr(ZipInfo(name), file.read_bytes(), ZIP_DEFLATED)


def add_playground(app: Sphinx, pyodide: str) -> None:
    """Add the playground to a build that is about to end."""

    def write(app: Sphinx, exception: Exception | None) -> None:
        if exception or app.builder.format != "html":
            return
        folder = Path(app.outdir) / "_static" / "playground"
        folder.mkdir(parents=True, exist_ok=True)
        for file in FILES:
            copyfile(HERE / file, folder / file)
        write_package(folder / "anew.zip")
        (folder / "settings.json").write_text(json.dumps({"pyodide": pyodide}))

    app.connect("build-finished", write)
