"""Everything that must hold, in one command: `nox`. One part of it: `nox -s lint`; what there is: `nox --list`.

Law: a session installs what it needs into an environment of its own and leaves nothing for the next one to trip over,
but for the coverage data of `tests`, which `coverage` combines.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
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


FOUND = {version: path for version in SUPPORTED if (path := find(version))}
TESTED = [version for version in SUPPORTED if version in FOUND]
if not TESTED:
    sys.exit(f"None of Python {', '.join(SUPPORTED)} was found: put one on the PATH.")
# Where nox and uv look for `python3.X`, and nowhere else.
os.environ["PATH"] = os.pathsep.join([*{str(Path(path).parent): None for path in FOUND.values()}, os.environ["PATH"]])
os.environ["UV_PYTHON_DOWNLOADS"] = "never"

nox.options.sessions = [
    *("lint", "build"),
    *(f"tests-{version}" for version in TESTED),
    *("coverage", "clients", "recipes", "engines", "typing", "docs", "playground"),
]


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


def built(session: nox.Session) -> tuple[Path, Path]:
    """Build the sdist and from it the wheel into dist/, and return both."""
    session.install(*group("build"))
    shutil.rmtree(ROOT / "dist", ignore_errors=True)
    session.run("python", "-m", "build", "--installer", "uv")
    (sdist,) = ROOT.glob("dist/*.tar.gz")
    (wheel,) = ROOT.glob("dist/*.whl")
    return sdist, wheel


@nox.session
def build(session: nox.Session) -> None:
    """Build the sdist, from it the wheel, into dist/, and look at what is in them."""
    look_into(session, *built(session))


def look_into(session: nox.Session, sdist: Path, wheel: Path) -> None:
    """Demand that sdist and wheel hold what they must, and the wheel nothing else."""
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


@nox.session(default=False)
def release(session: nox.Session) -> None:
    """Build and check all that a release publishes, and test it, installed, on every Python that is found.

    `nox -s release -- v0.1.0`: the version must be that of the tag, and the changelog must have its date.
    """
    hashes = {tuple(hash_of(file) for file in built(session)) for _ in range(2)}
    (sdist,), (wheel,) = ROOT.glob("dist/*.tar.gz"), ROOT.glob("dist/*.whl")
    if len(hashes) != 1:
        session.error("two builds of one source differ")
    look_into(session, sdist, wheel)
    check_version(session)
    session.install(*group("release"))
    session.run("twine", "check", "--strict", str(sdist), str(wheel))
    session.run("check-wheel-contents", str(wheel))
    bill_of_materials(session, wheel)
    for version in TESTED:
        session.notify(f"installed-{version}", posargs=())


def hash_of(file: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def check_version(session: nox.Session) -> None:
    """Demand that version, changelog and, if there is one, tag tell the same story."""
    version = PYPROJECT["project"]["version"]
    headings = re.findall(r"^## (\S+) \((.*)\)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    if not headings or headings[0][0] != version:
        session.error(f"the first version in CHANGELOG.md is not {version}")
    for tag in session.posargs:
        if tag != f"v{version}":
            session.error(f"the tag is {tag}, but the version {version}")
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", headings[0][1]):
            session.error(f"CHANGELOG.md has no date for {version}")


def bill_of_materials(session: nox.Session, wheel: Path) -> None:
    """Write the software bill of materials of an environment with the wheel, and nothing else, in it: sbom/."""
    folder = Path(session.create_tmp(), "only")
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    session.run("python", "-m", "venv", "--clear", str(folder))
    session.run(str(python), "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", str(wheel), external=True)
    session.run(str(python), "-m", "pip", "uninstall", "--quiet", "--yes", "setuptools", "pip", external=True)
    shutil.rmtree(ROOT / "sbom", ignore_errors=True)
    (ROOT / "sbom").mkdir()
    bill = ROOT / "sbom" / f"{wheel.name.removesuffix('.whl')}.cdx.json"
    options = [
        "--pyproject",
        str(ROOT / "pyproject.toml"),
        "--mc-type",
        "library",
        "--output-reproducible",
        "--validate",
    ]
    session.run("cyclonedx-py", "environment", *options, "--output-file", str(bill), str(python))
    found = json.loads(bill.read_text())
    others = [part["name"] for part in found.get("components", [])]
    if found["metadata"]["component"]["name"] != "anew" or others:
        session.error(f"{bill.name}: of anew alone was expected, got {others}")


@nox.session(python=list(FOUND), default=False)
def installed(session: nox.Session) -> None:
    """Test the wheel in dist/ with what the sdist brings, and its source tree gone."""
    (sdist,), (wheel,) = ROOT.glob("dist/*.tar.gz"), ROOT.glob("dist/*.whl")
    folder = Path(session.create_tmp())
    shutil.rmtree(folder / sdist.name.removesuffix(".tar.gz"), ignore_errors=True)
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    session.install(str(wheel), *group("tests"))
    session.chdir(folder / sdist.name.removesuffix(".tar.gz"))
    shutil.rmtree("src")
    session.run("python", "-c", "import anew; print(anew.__file__); assert 'site-packages' in anew.__file__")
    session.run("pytest", "-n", "auto", "--dist", "worksteal", *fewer(session), *session.posargs)


def fewer(session: nox.Session) -> list[str]:
    """Return what leaves out, on all Pythons but the newest CPython, what does not depend on the version."""
    return [] if session.python == TESTED[-1] else ["-m", "not one_python", "--hypothesis-profile=few"]


@nox.session(python=list(FOUND))
def tests(session: nox.Session) -> None:
    """Run the tests against the installed package: the wheel in $WHEEL, or one built from what is here."""
    session.install(os.environ.get("WHEEL", "."), *group("tests"))
    # `coverage` demands 100 % of all versions together.
    options = ["-n", "auto", "--dist", "worksteal", "--cov", "--cov-report=", "--cov-fail-under=0"]
    session.run(
        "pytest", *options, *fewer(session), *session.posargs, env={"COVERAGE_FILE": f".coverage.{session.python}"}
    )


def untold() -> list[str]:
    """Return the comparisons with Python's version in src/ that come out alike wherever there is coverage data."""
    text = "".join(path.read_text() for path in sorted(ROOT.glob("src/**/*.py")))
    limits = {int(minor) for minor in re.findall(r"version_info (?:<|>=) \(3, (\d+)", text)}
    minors = [int(version.partition(".")[2]) for version in SUPPORTED if (ROOT / f".coverage.{version}").exists()]
    return [f"3.{limit}" for limit in sorted(limits) if len({minor < limit for minor in minors}) < 2]


@nox.session(name="free-threading", python="3.14t", default=False)
def free_threading(session: nox.Session) -> None:
    """Run the stress test of threads on a Python without a GIL."""
    session.install(os.environ.get("WHEEL", "."), *group("portable"))
    session.run("pytest", "tests/test_threads.py", *session.posargs, env={"PYTHON_GIL": "0"})


@nox.session(python="pypy3.11", default=False)
def pypy(session: nox.Session) -> None:
    """Run the tests on PyPy, but for those that need reference counts."""
    # The newest version of hypothesis is built with Rust, for CPython only.
    session.install("--only-binary", "hypothesis", os.environ.get("WHEEL", "."), *group("tests"))
    session.run("pytest", "-n", "auto", *fewer(session), *session.posargs)


# Built for CPython's own platforms only.
NOT_IN_PYODIDE = ("aiohttp", "coverage", "pytest-cov", "pytest-xdist", "time-machine", "trio")


@nox.session(default=False)
def pyodide(session: nox.Session) -> None:
    """Run the tests that make sense in WebAssembly, in Pyodide: needs Node and npm."""
    folder = Path(session.create_tmp()).resolve()
    packages = folder / "packages"
    shutil.rmtree(packages, ignore_errors=True)
    session.run("npm", "install", "--no-save", "--prefix", str(folder), "pyodide@314", external=True)
    session.install("pip")
    libraries = [one for one in group("tests") if not one.startswith(NOT_IN_PYODIDE)]
    anywhere = ["--platform", "any", "--implementation", "py", "--abi", "none", "--python-version", "3.14"]
    for what in (["--no-deps", "."], ["--only-binary", ":all:", *anywhere, *libraries]):
        session.run("python", "-m", "pip", "install", "--quiet", "--target", str(packages), *what)
    pyodide = folder / "node_modules" / "pyodide"
    tests = session.posargs or ["-q"]
    session.run("node", "tests/pyodide.mjs", str(pyodide), str(packages), str(ROOT), *tests, external=True)


@nox.session(python=TESTED[-1], default=False)
def fuzz(session: nox.Session) -> None:
    """Try random calls against a model for an hour, and random failures against `transient`: `-- 600`, its seconds."""
    session.install(os.environ.get("WHEEL", "."), *group("portable"), *group("fuzzing"))
    session.run("pytest", "tests/test_fuzz.py", "--hypothesis-profile=hour")
    seconds = session.posargs[0] if session.posargs else "600"
    session.run("python", "tests/fuzz_transient.py", f"-max_total_time={seconds}")


@nox.session(python=TESTED[-1], default=False)
def soak(session: nox.Session) -> None:
    """Run a service for ten minutes whose dependency is killed and restarted: `-- --minutes 1`."""
    session.install(os.environ.get("WHEEL", "."), *group("engines"))
    session.run("python", "benchmarks/soak.py", *session.posargs)


@nox.session(python=TESTED[-1], default=False)
def mutants(session: nox.Session) -> None:
    """Change the core in one place after the other, and see whether a test fails: `-- _decide --sample 40`."""
    session.install(*group("tests"), *group("mutants"))
    session.run("python", "tests/mutants.py", *session.posargs, env={"PYTHONPATH": "src"})


@nox.session
def coverage(session: nox.Session) -> None:
    """Demand that the tests on all versions together have run every line and branch."""
    missing = untold()
    session.install(*group("coverage"))
    session.run("coverage", "combine")
    if missing:
        session.warn(f"No data of both before and since Python {', '.join(missing)}: what only runs there is forgiven.")
        session.run("coverage", "report", "--fail-under=95")
    else:
        session.run("coverage", "report")


@nox.session(python=TESTED[0])
def recipes(session: nox.Session) -> None:
    """Run the recipes of the docs, those too that need a framework, a database or a server of their own."""
    session.install(os.environ.get("WHEEL", "."), *group("tests"), *group("docs-examples"))
    # A folder of its own, as python-backoff and backoff are imported by one name.
    apart = str(Path(session.bin).parent / "python-backoff")
    session.install("--upgrade", "--target", apart, *group("benchmarks-apart"))
    files = ["tests/test_readme.py", "tests/test_recipes.py", "tests/test_migration.py"]
    session.run("pytest", *files, "-rs", *session.posargs, env={"RECIPES": "all", "PYTHON_BACKOFF": apart})


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


@nox.session(python=TESTED[-1])
def docs(session: nox.Session) -> None:
    """Build the site into build/site; a warning, or a reference that leads nowhere, is an error."""
    session.install(".", *group("docs"))
    shutil.rmtree(ROOT / "build" / "site", ignore_errors=True)
    session.run("sphinx-build", "-q", "-W", "--keep-going", "-n", "-b", "html", "docs", "build/site")


@nox.session(python=TESTED[-1])
def playground(session: nox.Session) -> None:
    """Drive the playground of the built site in a browser: Chromium, and Pyodide from npm."""
    missing = [tool for tool in ("npm", "chromium") if not shutil.which(tool)]
    if missing and not os.environ.get("CI"):
        session.skip(f"{' and '.join(missing)} not found")
    session.install(".", *group("playground"))
    (pyodide,) = re.findall(r"/pyodide/v([\d.]+)/", (ROOT / "docs" / "conf.py").read_text())
    folder = ROOT / "build" / "npm"
    folder.mkdir(parents=True, exist_ok=True)
    quiet = ("--silent", "--no-audit", "--no-fund", "--ignore-scripts")
    session.run("npm", "install", *quiet, "--prefix", str(folder), f"pyodide@{pyodide}", external=True)
    session.run("pytest", "tests_playground", *session.posargs)
