"""What the README and the pages in `docs/` say is so."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from inspect import signature
from pathlib import Path
from socketserver import ThreadingTCPServer
from traceback import format_exception_only
from typing import Any

import pytest
from engine_servers import postgresql, redis
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

from anew import Retry, RetryBudget, instrumentation, retry, set_active, set_testing
from anew.transient import STATUSES, transient

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
DOCS = ROOT / "docs"
PAGES = [README, *sorted(DOCS.rglob("*.md"))]
OPTIONS = (DOCS / "reference" / "options.md").read_text()

# Pages that show what does not come with the tests; `nox -s recipes` has all of it.
NEEDS = {
    "guides/grpc.md": ["grpc"],
    "guides/llm.md": ["anthropic", "openai"],
    "recipes/frameworks.md": ["django", "rich", "tqdm"],
    "recipes/databases.md": ["psycopg", "psycopg_pool", "redis", "sqlalchemy"],
    "recipes/policies.md": ["pydantic_settings"],
    "recipes/shutdown.md": ["celery"],
    "recipes/streams.md": ["websockets"],
}

# Libraries that are installed by another name.
INSTALLED_AS = {
    "grpc": "grpcio",
    "opentelemetry": "opentelemetry-sdk",
    "prometheus_client": "prometheus-client",
    "psycopg_pool": r"psycopg\[binary,pool",
    "pydantic": "pydantic-settings",
    "pydantic_settings": "pydantic-settings",
}

# Pages whose texts are what their blocks log or print.
SHOWN = {
    "guides/http.md",
    "guides/observability.md",
    "recipes/polling.md",
    "recipes/shutdown.md",
    "tutorial.md",
}

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


@pytest.fixture
def examples(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """What a reader has beside the file with the blocks: our servers, and the files of the page."""
    for folder in (ROOT / "examples", tmp_path):
        monkeypatch.syspath_prepend(folder)
    yield
    for file in tmp_path.glob("*.py"):
        sys.modules.pop(file.stem, None)


@pytest.fixture
def switched_back() -> Iterator[None]:
    """What a page switches is switched back."""
    yield
    set_active(True)
    set_testing(False)
    instrumentation.set_on_retry_hooks(None)


@pytest.fixture
def restored(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a page writes into the environment is forgotten."""
    monkeypatch.setattr(os, "environ", os.environ.copy())


def plain(line: str) -> str:
    """A line without its numbers, which chance decides."""
    return re.sub(r"\d+(\.\d+)?(e-\d+)?", "0", line)


# They show what is freed at once, and what a block knows by that.
OF_CPYTHON = {"blocks.md", "engine.md"}


@pytest.mark.needs("threads", "sockets")
@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=[pytest.mark.needs("reference counts")] if page.name in OF_CPYTHON else [])
        for page in PAGES
    ],
    ids=lambda page: page.relative_to(ROOT).as_posix(),
)
def test_blocks(
    page: Path,
    switched_back: None,
    restored: None,
    examples: None,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    """
    Every Python block of a page runs, in the order of the text; the blocks share their names, and nothing is there
    that the page does not bring. What is shown as output was logged or printed, but for the numbers.

    Files of tests are run by pytest, below.
    """
    name = page.relative_to(DOCS).as_posix() if page.is_relative_to(DOCS) else page.name
    document = Sybil(parsers=[PythonCodeBlockParser()], path=str(ROOT)).parse(page)
    for library in NEEDS.get(name, []):
        needed(library)
    if name in {"README.md", "index.md"}:
        document.namespace["url"] = request.getfixturevalue("url")
    if name == "recipes/databases.md":
        os.environ.update(request.getfixturevalue("databases"))
    caplog.set_level("INFO", "anew")
    for example in document.examples():
        text = str(example.parsed)
        if file := re.match(r"# ([\w.]+\.py)\n", text):
            (tmp_path / file[1]).write_text(text)
        if not text.startswith("# test_"):
            example.evaluate()
    if isinstance(shop := document.namespace.get("shop"), ThreadingTCPServer):
        shop.close()

    seen = {plain(line) for line in [*caplog.messages, *"".join(capsys.readouterr()).splitlines()]}
    shown = [line for text in texts(page) for line in text.splitlines()] if name in SHOWN else []
    assert [] == [line for line in shown if plain(line) not in seen]


def test_no_python_is_hidden() -> None:
    """
    Python is in blocks that say so, and are run; other blocks are of few kinds, and none is made by indentation.
    """
    kinds = {"python", "console", "sh", "text", "{eval-rst}", "{raw} html", "{toctree}"}
    for page in PAGES:
        fences = re.findall(r"^( *)```(.*)\n(?:.*\n)*?\1```$", page.read_text(), re.MULTILINE)
        assert {kind for _, kind in fences} <= kinds, page
        text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
        assert [] == re.findall(r"^\n(?: {4}|\t)(?! *[-*\d]).*", text, re.MULTILINE), page


def test_what_to_install() -> None:
    """
    A page whose blocks import a library says how it is installed, and links the server that is imported.
    """
    ours = {file.stem for file in (ROOT / "examples").glob("*.py")}
    for page in PAGES:
        text = page.read_text()
        blocks = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        files = {name.removesuffix(".py") for block in blocks for name in re.findall(r"\A# ([\w.]+\.py)\n", block)}
        imports = {name for block in blocks for name in re.findall(r"^ *(?:from|import) (\w+)", block, re.MULTILINE)}
        installed = " ".join(re.findall(r"pip install (.*)", text))
        for name in imports - sys.stdlib_module_names - {"anew"} - files:
            if name in ours:
                assert f"examples/{name}.py)" in text, (page, name)
            elif (page, name) != (README, "pytest"):  # who reads of testing has it
                assert re.search(rf"\b{INSTALLED_AS.get(name, name)}\b", installed), (page, name)


def needed(library: str) -> None:
    """Skip the test where a library is missing; `nox -s recipes` has no excuse."""
    if "RECIPES" in os.environ:
        import_module(library)
    pytest.importorskip(library)


@pytest.fixture
def databases() -> Iterator[dict[str, str]]:
    """The addresses of a PostgreSQL and of a Redis server, as environment variables."""
    with postgresql() as server, redis() as other:
        host, user, database = (part.partition("=")[2] for part in server.url.split())
        yield {"DSN": f"postgresql://{user}@/{database}?host={host}", "REDIS_URL": other.url}


@pytest.fixture
def url(examples: None) -> Iterator[str]:
    """The address of a real server, which breaks off every other answer."""
    with import_module("flaky_server").FlakyServer() as server:
        yield f"{server.url}/export"


@pytest.mark.needs("processes")
@pytest.mark.one_python
def test_fixtures(tmp_path: Path) -> None:
    """
    The blocks about pytest that have tests in them are test files that pass.
    """
    blocks = re.findall(r"^```python\n(.*?)^```$", (ROOT / "docs" / "testing.md").read_text(), re.MULTILINE | re.DOTALL)
    files = [block for block in blocks if "\ndef test_" in block]
    for number, file in enumerate(files):
        (tmp_path / f"test_{number}.py").write_text(file)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null"]
        run = subprocess.run([*command, tmp_path / f"test_{number}.py"], check=False, capture_output=True, text=True)

        assert 0 == run.returncode, run.stdout
    assert 3 == len(files)


@pytest.mark.needs("processes")
@pytest.mark.one_python
def test_the_files_of_the_tutorial(tmp_path: Path) -> None:
    """
    The shop, its fixture and its tests are files with which pytest is content.
    """
    files = re.findall(
        r"^```python\n# (\w+\.py)\n(.*?)^```$", (DOCS / "tutorial.md").read_text(), re.MULTILINE | re.DOTALL
    )
    for name, text in files:
        (tmp_path / name).write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", str(tmp_path)]
    run = subprocess.run(command, check=False, capture_output=True, text=True)

    assert ["shop.py", "conftest.py", "test_shop.py"] == [name for name, _ in files]
    assert "2 passed" in run.stdout, run.stdout


def table(header: str) -> list[list[str]]:
    """The rows of the table of options with this first column."""
    rows = re.search(rf"^\| {re.escape(header)} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", OPTIONS, re.MULTILINE)
    assert rows
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows[1].splitlines()]


def test_the_table_of_options_is_the_signature() -> None:
    """
    All options are in the table, with their defaults.
    """
    options = {name: one.default for name, one in signature(retry).parameters.items() if one.kind is one.KEYWORD_ONLY}
    defaults = {name: getattr(value, "__name__", repr(value)) for name, value in options.items()}

    shown = {name.strip("`| "): default.strip("`").replace('"', "'") for name, default, _ in table("option")}
    assert defaults == shown


def test_each_default_is_explained() -> None:
    """
    The page on defaults has every option, and every setting of budgets and `transient()`, with its default.
    """
    page = (DOCS / "explanation" / "defaults.md").read_text()
    shown = dict(re.findall(r"^\| `([\w()]+)` \| `?(.+?)`? \|", page, re.MULTILINE))
    options = {name: one.default for name, one in signature(retry).parameters.items() if one.kind is one.KEYWORD_ONLY}
    for made, settings in (
        ("RetryBudget", RetryBudget.__new__.__kwdefaults__),
        ("transient", transient.__kwdefaults__),
    ):
        options |= {f"{made}({name})": value for name, value in (settings or {}).items() if name != "name"}

    assert {name: getattr(value, "__name__", value) for name, value in options.items()} == {
        name: default if default == "Exception" else eval(default) for name, default in shown.items()
    }


def mean_waits(policy: Retry[Any], count: int) -> list[float]:
    return [wait.mean for wait in policy.schedule(count)]


def test_the_table_of_waits_is_the_schedule() -> None:
    """
    The first eight waits of each strategy are those of the table.
    """
    for name, *waits in table("`backoff`"):
        policy = retry(jitter=False, backoff=eval(name.strip("`| ")))
        assert mean_waits(policy, 8) == [float(wait.strip(" |")) for wait in waits]


def test_the_schedule_is_what_is_waited(way: Any, hopeless: Any, clock: Any, draws: Any) -> None:
    """
    Where the middle is drawn, what is waited is the mean of the schedule.
    """
    draws(0.5)
    policy = retry(times=9, on_failure=lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        way.run(policy, hopeless())

    assert pytest.approx(clock.waits) == mean_waits(policy, 8)


def test_the_table_of_jitter_names_all() -> None:
    """
    Each jitter has its row.
    """
    rows = [row[0].strip("`| ") for row in table("`jitter`")]

    assert ["True", '"full"', '"decorrelated"', "timedelta` j", "False"] == rows


def test_the_limits_of_jitter_are_true(draws: Any, clock: Any) -> None:
    """
    The ranges of the table are those that are drawn from, and those of the schedule.
    """
    options = {True: (0.5, 1.5), "full": (0, 1), "decorrelated": (1, 3), timedelta(seconds=4): (1, 5), False: (1, 1)}
    for jitter, limits in options.items():
        policy = retry(times=2, jitter=jitter, on_failure=lambda _: 1 / 0)
        (wait,) = policy.schedule(1)
        assert limits == (wait.lowest, wait.highest)
        for drawn, limit in zip((0, 1 - 2**-53), limits, strict=True):
            clock.waits.clear()
            draws(drawn)
            with pytest.raises(ZeroDivisionError):
                policy.call(lambda: 1 / 0)
            assert pytest.approx(limit) == sum(clock.waits)


def texts(page: Path) -> list[str]:
    """What is shown as output, without its ends of line."""
    return re.findall(r"^```text\n(.*?)\n```$", page.read_text(), re.MULTILINE | re.DOTALL)


def test_the_texts_are_what_is_printed(
    draws: Any, failing: Any, hopeless: Any, caplog: Any, switched_back: None
) -> None:
    """
    The note, the line of the log and the warning that are shown are those that come.
    """
    (note,) = texts(DOCS / "reference" / "options.md")
    line, _ = texts(DOCS / "instrumentation.md")[0].splitlines()
    (warning,) = texts(DOCS / "guides" / "async.md")
    instrumentation.set_on_retry_hooks([instrumentation.LoggingHook()])  # a test may have imported structlog
    draws(0.9)
    work = failing(ConnectionError("reset"))
    work.__qualname__ = "fetch"
    retry(times=5).call(work)
    assert line == caplog.messages[-1]

    down = hopeless()
    down.__qualname__ = "down"
    with pytest.raises(ConnectionError) as caught:
        retry(reraise=True).call(down)
    assert note == "".join(format_exception_only(caught.value)).strip()

    async def blocked() -> None:
        load = failing(OSError)
        load.__qualname__ = "load"
        retry().call(load)

    with pytest.warns(RuntimeWarning) as warnings:
        asyncio.run(blocked())
    assert warning == f"RuntimeWarning: {warnings[0].message}"


def test_the_numbers_are_true() -> None:
    """
    Statuses and defaults of `transient()` and budgets are those that the pages name.
    """
    page = (DOCS / "transient.md").read_text()
    sentence = page[page.index("These statuses count: ") :].partition(". They are")[0]
    sentence = sentence.replace("520 to 524", "520, 521, 522, 523, 524")
    assert STATUSES == {int(status) for status in re.findall(r"\d+", sentence)}
    http = (DOCS / "guides" / "http.md").read_text()
    statuses = re.search(r"\*\*Statuses\*\*: ([\d, and]+)", http)
    assert statuses
    named = {int(status) for status in re.findall(r"\d+", statuses[1])}
    assert {status for status in STATUSES if status <= 504} == named
    assert f"`limit={(transient.__kwdefaults__ or {})['limit']}` seconds" in http

    budgets = (DOCS / "guides" / "budgets.md").read_text()
    options = RetryBudget.__new__.__kwdefaults__ or {}
    defaults = {name: str(value) for name, value in options.items() if name != "name"}
    assert f"RetryBudget()  # {', '.join(f'{name}={value}' for name, value in defaults.items())}\n" in budgets
    assert defaults == dict(re.findall(r"^\| `(\w+)` \| ([\d.]+) \|", budgets, re.MULTILINE))


@pytest.mark.parametrize(
    ("library", "retries", "page"),
    [
        ("redis", "redis.Redis().get_retry()._retries == 10", "up to ten times"),
        ("openai", "openai.DEFAULT_MAX_RETRIES == 2", "retry by themselves, twice"),
        ("anthropic", "anthropic.DEFAULT_MAX_RETRIES == 2", "retry by themselves, twice"),
    ],
)
def test_the_retries_of_clients(library: str, retries: str, page: str) -> None:
    """
    Clients that retry by themselves do so as often as the guides say.
    """
    needed(library)

    assert eval(retries, {library: import_module(library)})
    assert any(page in file.read_text() for file in PAGES)


def test_the_tables_of_instrumentation() -> None:
    """
    All facts and all ready hooks are in the tables, under their names, and with their defaults.
    """
    text = (ROOT / "docs" / "instrumentation.md").read_text()
    some: dict[str, Any] = {"name": "f", "elapsed": 0, "exception": OSError(), "args": (), "kwargs": {}}
    retried = instrumentation.RetryDetails(attempt=1, wait=1, waited_so_far=0, **some)
    given_up = instrumentation.GiveUpDetails(reason="timeout", attempts=3, **some)
    for details in (retried, given_up):
        table = text[text.index(f"| `{type(details).__name__}` |") :].partition("\n\n")[0]
        _, _, *rows = re.findall(r"^\|(.*?)\|(.*?)\|", table, re.MULTILINE)
        facts, keys = ({name for row in rows for name in re.findall(r"`([\w.]+)`", row[column])} for column in (0, 1))

        assert {*some, *type(details).__slots__} == facts
        assert {*details.facts()} == keys

    hooks = dict(re.findall(r"^\| `(\w+Hook)\((.*?)\)` \|", text, re.MULTILINE))
    ready = {name: getattr(instrumentation, name) for name in instrumentation.__all__ if name.endswith("Hook")}
    defaults = {
        name: ", ".join(f"{one.name}={one.default!r}" for one in signature(hook).parameters.values())
        for name, hook in ready.items()
        if name not in {"RetryHook", "GiveUpHook"}
    }
    assert defaults == {name: options.replace('"', "'") for name, options in hooks.items()}


def test_the_readme_is_one_page() -> None:
    """
    The README has at most 250 lines, and its commands come in the order in which a user needs them.
    """
    text = README.read_text()
    commands = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)

    assert 250 >= len(text.splitlines())
    assert ["pip install .", "quickstart.py", "nox"] == [
        re.search(r"pip install \.$|quickstart\.py|nox$", command, re.MULTILINE)[0] for command in commands
    ]


def headings(page: Path) -> set[str]:
    """The headings of a page, as links name them."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    """
    The documents that are linked exist, and have the heading that is meant.
    """
    for target, heading in re.findall(r"\]\(([^)#:]*)(?:#([^)]+))?\)", page.read_text()):
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), target
        assert not heading or heading in headings(file), heading


def test_every_page_is_linked() -> None:
    """
    Every page of the site has its place in the contents.
    """
    contents = "\n".join(
        re.findall(r"^```{toctree}\n(.*?)^```$", (DOCS / "index.md").read_text(), re.MULTILINE | re.DOTALL)
    )
    listed = {DOCS / f"{page}.md" for page in re.findall(r"^(?:[\w ]+ <)?([\w/-]+)>?$", contents, re.MULTILINE)}

    assert {*PAGES} - {README, DOCS / "index.md"} == listed


def test_the_guides_are_found_by_their_names() -> None:
    """
    What a user looks for is in the sidebar, under "Guides", by a plain name.
    """
    (guides,) = re.findall(r":caption: Guides\n(.*?)^```$", (DOCS / "index.md").read_text(), re.MULTILINE | re.DOTALL)
    pages = re.findall(r"^[\w/]+$", guides, re.MULTILINE)
    titles = [(DOCS / f"{page}.md").read_text().partition("\n")[0] for page in pages]
    wanted = """
        HTTP, Databases, gRPC, LLM APIs and rate limits, Polling, Streams, Generators, Blocks, Coroutines, Budgets,
        Testing, Observability, Shutdown, Processes and engines, Types, House style and policies
    """
    assert [f"# {' '.join(title.split())}" for title in wanted.split(",")] == titles[:16]


@pytest.mark.needs("processes")
def test_the_pictures_are_up_to_date(tmp_path: Path) -> None:
    """
    The pictures are those that the package draws of itself.
    """
    pictures = ROOT / "docs" / "pictures"
    subprocess.run([sys.executable, pictures / "draw.py", tmp_path], check=True)

    drawn = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert {file.name: file.read_text() for file in pictures.glob("*.svg")} == drawn
