"""How each checker is run, as strict as it goes, and how its answer is read.

Law: one class per checker; what it reports is the plain set of its complaints, whatever it calls them.
"""

import json
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
from abc import ABC, abstractmethod
from importlib import metadata
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from harness.project import ROOT, SOURCE, Project


class Complaint(NamedTuple):
    """An error or a warning; `file` is relative to the project's folder."""

    file: str
    line: int
    message: str


class Failed(Exception):
    """The checker could not be run, or gave no answer that can be read."""


class Checker(ABC):
    name: ClassVar[str]

    @abstractmethod
    def command(self, project: Project, target: str, python_version: str) -> list[str]:
        """The command line that checks the folder `target` of the project; may write a configuration file."""

    @abstractmethod
    def parse(self, output: str) -> list[Complaint]:
        """Read what the checker wrote to stdout."""

    @property
    def version(self) -> str:
        """The installed version, which must be the pinned one: the answers are compared line by line."""
        pinned = _pins()[self.name]
        try:
            installed = metadata.version(self.name)
        except metadata.PackageNotFoundError:
            raise Failed(f"{self.name} is not installed for {sys.executable}: install the `typing` group") from None
        if installed != pinned:
            raise Failed(f"{self.name} {installed} is installed, {pinned} is pinned: install the `typing` group")
        return installed

    def run(self, project: Project, target: str, python_version: str) -> list[Complaint]:
        command = self.command(project, target, python_version)
        output = call(command, project)
        try:
            return [self._relative(complaint, project.folder) for complaint in self.parse(output)]
        except (ValueError, KeyError, TypeError) as error:
            raise Failed(f"{self.name} said something unreadable: {error!r}\n{output}") from error

    @staticmethod
    def _relative(complaint: Complaint, folder: Path) -> Complaint:
        file = Path(os.path.relpath(folder.resolve() / complaint.file, folder.resolve()))
        return complaint._replace(file=file.as_posix())


class _MypyLike(Checker):
    """mypy, and zuban, which takes the same options."""

    options: ClassVar[list[str]] = [
        "--strict",
        "--warn-unreachable",
        # Calls of what is marked @deprecated are notes otherwise.
        "--enable-error-code=deprecated",
    ]

    def shared(self, project: Project, target: str, python_version: str) -> list[str]:
        # An empty configuration keeps the user's own away.
        (project.folder / "mypy.ini").write_text("[mypy]\n")
        return [
            *self.options,
            "--config-file=mypy.ini",
            f"--python-executable={project.python}",
            f"--python-version={python_version}",
            target,
        ]


class Mypy(_MypyLike):
    name = "mypy"

    def command(self, project: Project, target: str, python_version: str) -> list[str]:
        return ["mypy", "--output=json", "--no-error-summary", *self.shared(project, target, python_version)]

    def parse(self, output: str) -> list[Complaint]:
        answers: list[dict[str, Any]] = [json.loads(line) for line in output.splitlines()]
        return [
            Complaint(answer["file"], answer["line"], f"{answer['message']} [{answer['code']}]")
            for answer in answers
            if answer["severity"] != "note"
        ]


class Zuban(_MypyLike):
    name = "zuban"

    def command(self, project: Project, target: str, python_version: str) -> list[str]:
        command = ["zuban", "mypy", "--no-error-summary", *self.shared(project, target, python_version)]
        # What a loop reaches in its second round only is unreachable to it, if a variable is None in the first.
        return [*command, "--no-warn-unreachable"] if target == SOURCE else command

    def parse(self, output: str) -> list[Complaint]:
        # It has no format for machines.
        result: list[Complaint] = []
        for text in output.splitlines():
            found = re.fullmatch(r"(?P<file>.+?):(?P<line>\d+): (?P<kind>\w+): (?P<message>.*)", text)
            if found is None:
                raise ValueError(text)
            if found["kind"] != "note":
                result.append(Complaint(found["file"], int(found["line"]), found["message"]))
        return result


class Pyright(Checker):
    name = "pyright"
    rules: ClassVar[dict[str, object]] = {
        "typeCheckingMode": "strict",
        # That typing_extensions is not installed is the point.
        "reportMissingModuleSource": False,
    }
    source_rules = rules

    def command(self, project: Project, target: str, python_version: str) -> list[str]:
        rules = self.source_rules if target == SOURCE else self.rules
        configuration = {**rules, "include": [target], "pythonVersion": python_version}
        file = project.folder / f"{self.name}.json"
        file.write_text(json.dumps(configuration))
        return [self.name, "--outputjson", f"--project={file}", f"--pythonpath={project.python}"]

    def parse(self, output: str) -> list[Complaint]:
        answers: list[dict[str, Any]] = json.loads(output)["generalDiagnostics"]
        return [
            Complaint(
                answer["file"],
                # What is said about the file as a whole has no range.
                answer["range"]["start"]["line"] + 1 if "range" in answer else 1,
                " ".join(answer["message"].split()) + f" [{answer.get('rule', 'error')}]",
            )
            for answer in answers
            if answer["severity"] != "information"
        ]


class Basedpyright(Pyright):
    name = "basedpyright"
    # All its rules, but for those about how the consumer files themselves are written.
    rules: ClassVar[dict[str, object]] = {
        **Pyright.rules,
        "typeCheckingMode": "all",
        "reportAny": False,
        "reportExplicitAny": False,
        "reportUnannotatedClassAttribute": False,
        "reportUnusedCallResult": False,
        "reportUnusedParameter": False,
    }


class Pyrefly(Checker):
    name = "pyrefly"
    source_options: ClassVar[list[str]] = ["--ignore=missing-override-decorator"]  # see Ty

    def command(self, project: Project, target: str, python_version: str) -> list[str]:
        # An empty configuration keeps those of the folders above away.
        (project.folder / "pyrefly.toml").write_text("")
        return [
            "pyrefly",
            "check",
            "--preset=strict",
            "--error=deprecated",
            "--min-severity=warn",
            "--output-format=json",
            "--summary=none",
            *(self.source_options if target == SOURCE else []),
            f"--python-interpreter-path={project.python}",
            f"--python-version={python_version}",
            target,
        ]

    def parse(self, output: str) -> list[Complaint]:
        answers: list[dict[str, Any]] = json.loads(output)["errors"]
        return [
            Complaint(answer["path"], answer["line"], f"{answer['description']} [{answer['name']}]")
            for answer in answers
        ]


class Ty(Checker):
    name = "ty"
    source_options: ClassVar[list[str]] = [
        # `typing` has `override` from Python 3.12 on only.
        "--ignore=missing-override-decorator",
        # Where Any, say an option still to be checked, meets a declared type: mypy's --warn-return-any looks after it.
        "--ignore=unsound-assignment",
        "--ignore=unsound-return",
    ]

    def command(self, project: Project, target: str, python_version: str) -> list[str]:
        (project.folder / "ty.toml").write_text("")
        return [
            "ty",
            "check",
            "--error=all",
            "--output-format=gitlab",
            "--no-progress",
            f"--python={project.environment}",
            f"--python-version={python_version}",
            *(self.source_options if target == SOURCE else []),
            target,
        ]

    def parse(self, output: str) -> list[Complaint]:
        answers: list[dict[str, Any]] = json.loads(output)
        return [
            Complaint(
                answer["location"]["path"],
                answer["location"]["positions"]["begin"]["line"],
                answer["description"],
            )
            for answer in answers
        ]


ALL: dict[str, Checker] = {
    checker.name: checker for checker in (Mypy(), Pyright(), Basedpyright(), Pyrefly(), Ty(), Zuban())
}


def call(command: list[str], project: Project) -> str:
    """What a checker answers on stdout; 0 and 1 are how they end when they have something to say."""
    done = subprocess.run(
        [_script(command[0]), *command[1:]],
        check=False,
        cwd=project.folder,
        env=_environ(project),
        capture_output=True,
        encoding="utf-8",
    )
    if done.returncode not in (0, 1):
        raise Failed(f"{' '.join(command)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def _pins() -> dict[str, str]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        group: list[object] = tomllib.load(file)["dependency-groups"]["typing"]
    pins = (item.partition("==") for item in group if isinstance(item, str))
    return {name.partition("[")[0]: version for name, _, version in pins if version}


def _script(name: str) -> str:
    """Checkers are those of the interpreter in use, whatever PATH says."""
    for folder in (Path(sys.executable).parent, Path(sysconfig.get_path("scripts"))):
        for suffix in ("", ".exe"):
            if (script := folder / (name + suffix)).is_file():
                return str(script)
    raise Failed(f"{name} is not installed for {sys.executable}: install the `typing` group")


def _environ(project: Project) -> dict[str, str]:
    """The environment, without what would lead a checker to other packages or settings than the project's."""
    prefixes = ("VIRTUAL_ENV", "CONDA", "PYTHON", "MYPY", "PYREFLY", "TY_", "ZUBAN")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
    # `pyright --verifytypes` looks for packages in the first Python on PATH, whatever --pythonpath says.
    kept["PATH"] = os.pathsep.join([str(project.python.parent), os.environ.get("PATH", "")])
    # pyright's wrapper looks for newer releases otherwise.
    return kept | {"PYRIGHT_PYTHON_IGNORE_WARNINGS": "1", "PYTHONUTF8": "1", "NO_COLOR": "1"}
