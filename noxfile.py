"""Everything that must hold, in one command: `nox`. One part of it: `nox -s lint`; what there is: `nox --list`.

Law: a session installs what it needs into an environment of its own and leaves nothing for the next one to trip over,
but for the coverage data of `tests`, which `coverage` combines.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import nox

if TYPE_CHECKING:
    from collections.abc import Iterator

nox.needs_version = ">=2025.11.12"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = True

ROOT = Path(__file__).parent
PYPROJECT = nox.project.load_toml(ROOT / "pyproject.toml")
SUPPORTED = nox.project.python_versions(PYPROJECT)
# Tried on request, `nox -s tests-3.14`, and not promised yet.
NEWER = ["3.14"]


def candidates(version: str) -> Iterator[str]:
    """Every file that could be this version of Python, first those that a shell would find."""
    name = f"python{version}"
    folders = [Path(folder) for folder in os.get_exec_path()]
    if pyenv := shutil.which("pyenv"):
        # Its shims are on the path, but answer only for the versions that are switched on.
        answer = subprocess.run([pyenv, "root"], capture_output=True, check=False, text=True)
        folders += sorted(Path(answer.stdout.strip(), "versions").glob(f"{version}.*/bin"), reverse=True)
    for folder in folders:
        if found := shutil.which(name, path=folder):
            yield found


def find(version: str) -> str | None:
    """Give the real path of an interpreter of this version that runs, if there is one."""
    code = "import sys; print('%d.%d' % sys.version_info[:2], getattr(sys, '_base_executable', sys.executable))"
    for candidate in candidates(version):
        answer = subprocess.run([candidate, "-c", code], capture_output=True, check=False, text=True)
        told, _, executable = answer.stdout.strip().partition(" ")
        if answer.returncode == 0 and told == version:
            return executable
    return None


FOUND = {version: path for version in [*SUPPORTED, *NEWER] if (path := find(version))}
TESTED = [version for version in SUPPORTED if version in FOUND]
if not TESTED:
    sys.exit(f"None of Python {', '.join(SUPPORTED)} was found: put one on the PATH.")
# Where nox and uv look for `python3.X`, and nowhere else.
os.environ["PATH"] = os.pathsep.join([*{str(Path(path).parent): None for path in FOUND.values()}, os.environ["PATH"]])
os.environ["UV_PYTHON_DOWNLOADS"] = "never"

PROGRAMS = [f"tests-{version}" for version in TESTED]
nox.options.sessions = ["lint", "build", *PROGRAMS, "coverage", "clients", "engines", "typing"]


def group(name: str) -> tuple[str, ...]:
    """Give the requirements of a dependency group of pyproject.toml."""
    return nox.project.dependency_groups(PYPROJECT, name)


def say_which_pythons() -> None:
    """Say which versions the tests run on, and which are left out."""
    for version in SUPPORTED:
        print(f"Python {version}: {FOUND.get(version, 'not found, left out')}", file=sys.stderr)


say_which_pythons()


@nox.session
def lint(session: nox.Session) -> None:
    """Check the format and the style of every Python file."""
    session.install(*group("lint"))
    session.run("ruff", "format", "--check", "--diff")
    session.run("ruff", "check")


@nox.session
def build(session: nox.Session) -> None:
    """Build the sdist, from it the wheel, into dist/, and look at what is in them."""
    session.install(*group("build"))
    shutil.rmtree(ROOT / "dist", ignore_errors=True)
    session.run("python", "-m", "build", "--installer", "uv")
    (sdist,) = ROOT.glob("dist/*.tar.gz")
    (wheel,) = ROOT.glob("dist/*.whl")
    sources = {file.relative_to(ROOT).as_posix() for file in ROOT.glob("src/**/*") if file.suffix in {".py", ".typed"}}

    with tarfile.open(sdist) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    others = "LICENSE README.md CHANGELOG.md pyproject.toml noxfile.py tests/conftest.py docs/migration.md"
    wanted = sources | set(others.split())
    if missing := wanted - packed:
        session.error(f"{sdist.name} lacks {sorted(missing)}")

    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
        name, version, *_ = wheel.name.split("-")
        metadata = archive.read(f"{name}-{version}.dist-info/METADATA").decode()
    about = {f"{name}-{version}.dist-info/{file}" for file in ("METADATA", "RECORD", "WHEEL", "licenses/LICENSE")}
    wanted = {source.removeprefix("src/") for source in sources} | about
    if packed != wanted:
        session.error(f"{wheel.name}: {sorted(wanted - packed)} missing, {sorted(packed - wanted)} too many")
    if "anew/py.typed" not in packed:
        session.error(f"{wheel.name} is not typed")
    if "Requires-Dist" in metadata:
        session.error(f"{wheel.name} has dependencies")


@nox.session(python=list(FOUND))
def tests(session: nox.Session) -> None:
    """Run the tests against the installed package: the wheel in $WHEEL, or one built from what is here."""
    session.install(os.environ.get("WHEEL", "."), *group("tests"))
    # `coverage` demands 100 % of all versions together.
    options = ["-n", "auto", "--dist", "worksteal", "--cov", "--cov-report=", "--cov-fail-under=0"]
    if session.python in TESTED[:-1]:
        options += ["-m", "not one_python", "--hypothesis-profile=few"]
    session.run("pytest", *options, *session.posargs, env={"COVERAGE_FILE": f".coverage.{session.python}"})


@nox.session
def coverage(session: nox.Session) -> None:
    """Demand that the tests on all versions together have run every line and branch."""
    missing = [version for version in SUPPORTED if not (ROOT / f".coverage.{version}").exists()]
    session.install(*group("coverage"))
    session.run("coverage", "combine")
    if missing:
        session.warn(f"No data of Python {', '.join(missing)}: what only runs there is forgiven.")
        session.run("coverage", "report", "--fail-under=95")
    else:
        session.run("coverage", "report")


@nox.session(python=TESTED[-1])
def engines(session: nox.Session) -> None:
    """Run what users outgrow one process on, and the examples with it: pools, queues, notebooks, servers."""
    session.install(os.environ.get("WHEEL", "."), *group("engines"))
    session.run("pytest", "tests_engines", "-n", "2", "-rs", *session.posargs)


# The oldest version: some of these take long to support a new one.
@nox.session(name="engines-big", python=TESTED[0], default=False)
def engines_big(session: nox.Session) -> None:
    """Run what takes minutes: a Celery worker with a broker, Ray, PySpark, PyInstaller, Nuitka."""
    session.install(os.environ.get("WHEEL", "."), *group("engines-big"))
    session.run("pytest", "tests_engines", "-m", "big", "-rs", *session.posargs)


# The newest that all clients are built for.
@nox.session(python=TESTED[0])
def clients(session: nox.Session) -> None:
    """Judge what the real packages raise, against a server on loopback; docs/transient.md has the table."""
    session.install(os.environ.get("WHEEL", "."), *group("clients"))
    session.run("pytest", "tests_clients", *session.posargs)


# The oldest version: the checkers look at the package as it is there.
@nox.session(python=TESTED[0])
def typing(session: nox.Session) -> None:
    """Check with six type checkers what users' code sees, and prove that the check would notice."""
    session.install(*group("typing"))
    session.run("pytest", "typing_tests", *session.posargs)
    session.run("python", "typing_tests/weaken.py")


@nox.session(python=TESTED[0], default=False)
def benchmarks(session: nox.Session) -> None:
    """Measure what anew costs, beside its peers and beside code written by hand."""
    session.install(".", *group("benchmarks"))
    # A folder of its own, where benchmarks/spellings.py looks: python-backoff and backoff are imported by one name.
    session.install(
        "--upgrade", "--target", str(Path(session.bin).parent / "python-backoff"), *group("benchmarks-apart")
    )
    session.run("python", "benchmarks/run.py", *session.posargs)
