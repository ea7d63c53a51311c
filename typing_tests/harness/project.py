"""Builds what a user has: an environment with anew in its site-packages, and a folder of files that import it.

The environment is bare, typing_extensions is not in it: whatever the suite proves, it proves for users without it.
Law: knows files and folders, nothing of checkers and markers.
"""

import shutil
import sys
import sysconfig
import venv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
ROOT = HERE.parent
PACKAGE = ROOT / "src" / "anew"
CONSUMERS = HERE / "consumers"
# The folder of a project in which our own source is checked, not used.
SOURCE = "src"


@dataclass(frozen=True)
class Project:
    """Where the checkers run (`folder`) and where they look for packages (`environment`)."""

    folder: Path
    environment: Path

    @property
    def python(self) -> Path:
        scripts = Path(_path("scripts", self.environment))
        return scripts / ("python.exe" if sys.platform == "win32" else "python")

    @property
    def site_packages(self) -> Path:
        return Path(_path("purelib", self.environment))

    def install(self, package: Path) -> None:
        """Put a copy of the package into the environment, in place of the one that is there."""
        target = self.site_packages / package.name
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(package, target, ignore=shutil.ignore_patterns("__pycache__"))

    def add(self, files: Iterable[Path], folder: str) -> None:
        """Copy files, or the files in folders, into a folder of the project."""
        for file in files:
            if file.is_dir():
                shutil.copytree(file, self.folder / folder / file.name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                (self.folder / folder).mkdir(parents=True, exist_ok=True)
                shutil.copy(file, self.folder / folder)


def create(root: Path, *, typing_extensions: bool = False) -> Project:
    """An empty project in `root`, and its environment, bare but for typing_extensions if asked for."""
    project = Project(root / "project", root / "environment")
    project.folder.mkdir()
    # A real environment, because mypy and pyright ask its interpreter where packages are.
    venv.create(project.environment, symlinks=sys.platform != "win32")
    if typing_extensions:
        import typing_extensions as module

        shutil.copy(module.__file__, project.site_packages)
    installed = {file.name for file in project.site_packages.iterdir() if file.suffix == ".py"}
    assert installed == ({"typing_extensions.py"} if typing_extensions else set()), installed
    return project


def _path(name: str, environment: Path) -> str:
    return sysconfig.get_path(name, "venv", {"base": str(environment), "platbase": str(environment)})
