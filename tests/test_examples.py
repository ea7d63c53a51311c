"""The examples do what they say, run as a reader runs them."""

import hashlib
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import httpx
import pytest

import anew

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"

pytestmark = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the examples are not here")


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python where the reader would, with the anew that this test run is about; a warning is an error."""
    path = [str(Path(anew.__file__).parent.parent), os.environ.get("PYTHONPATH")]
    return subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        cwd=EXAMPLES.parent,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, path)), "PYTHONIOENCODING": "utf-8"},
        check=False,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )


@pytest.fixture(scope="module")
def run() -> subprocess.CompletedProcess[str]:
    return python("examples/quickstart.py")


@pytest.fixture(scope="module")
def flaky_server() -> ModuleType:
    spec = spec_from_file_location("flaky_server", EXAMPLES / "flaky_server.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.needs("processes", "sockets")
class TestQuickstart:
    @pytest.fixture
    def parts(self, run: subprocess.CompletedProcess[str]) -> dict[str, str]:
        """What it printed under each title, by the title's number."""
        _, *parts = re.split(r"\n\n(?=\d\. )", run.stdout)
        return {part.partition(".")[0]: part for part in parts}

    def rows(self, part: str) -> list[tuple[str, str]]:
        """Number and exception of each retry."""
        return re.findall(r"^   attempt (\d) of \d  httpx\.(\w+) +next attempt in [\d.]+ s$", part, re.MULTILINE)

    def test_succeeds(self, run: subprocess.CompletedProcess[str]) -> None:
        """
        It ends well, and says nothing but what it means to.
        """
        assert "" == run.stderr
        assert 0 == run.returncode
        assert run.stdout.endswith("\nAll as it should be.\n")

    def test_is_easy_to_read(self, run: subprocess.CompletedProcess[str]) -> None:
        """
        No line wraps at 100 columns, no end of line is written as an escape, and the end says where to read on.
        """
        lines = run.stdout.splitlines()

        assert 100 >= max(map(len, lines))
        assert "\\n" not in run.stdout
        assert all((EXAMPLES.parent / page).exists() for page in re.findall(r"docs/[\w/]+\.md", lines[-3]))
        assert 3 == lines[-3].count("docs/")

    def test_colours(self) -> None:
        """
        Where a terminal has colours, titles are bold, failures red and results green; and not where NO_COLOR is set.
        """
        code = "import runpy; names = runpy.run_path('examples/quickstart.py'); print(repr(names['row']('a', 'b')))"
        setup = "import os, sys; sys.path.insert(0, 'examples'); os.environ.pop('NO_COLOR', None);"

        assert (
            "'   a               \\x1b[32mb\\x1b[0m'\n"
            == python("-c", f"{setup} os.environ['FORCE_COLOR'] = '1'; {code}").stdout
        )
        assert "'   a               b'\n" == python("-c", f"{setup} os.environ['NO_COLOR'] = '1'; {code}").stdout

    @pytest.mark.parametrize("number", ["1", "3"], ids=["sync", "async"])
    def test_fetch(self, parts: dict[str, str], number: str) -> None:
        """
        Each kind of fault is logged, in order and numbered, before the answer comes.
        """
        part = parts[number]

        assert [("1", "HTTPStatusError"), ("2", "ReadError"), ("3", "ReadTimeout")] == self.rows(part)
        assert re.search(r"^   attempt 4 +'all is well'$", part, re.MULTILINE)

    @pytest.mark.parametrize("number", ["1", "3"], ids=["sync", "async"])
    def test_waits(self, parts: dict[str, str], number: str) -> None:
        """
        The waits are those that were announced, and the server gets the second it asked for.
        """
        part = parts[number]
        announced = [float(wait) for wait in re.findall(r"next attempt in ([\d.]+) s$", part, re.MULTILINE)]
        (waits,) = re.findall(r"^   waited +(.*): the server had asked for a second$", part, re.MULTILINE)
        measured = [float(wait.removesuffix(" s")) for wait in waits.split(", ")]

        assert 3 == len(announced) == len(measured)
        assert announced[0] >= 1.0
        assert all(wait <= time + 0.05 for wait, time in zip(announced, measured, strict=True))

    @pytest.mark.parametrize("number", ["2", "4"], ids=["sync", "async"])
    def test_download(self, parts: dict[str, str], number: str, flaky_server: ModuleType) -> None:
        """
        A download that broke off in the middle arrives whole, by its checksum.
        """
        part = parts[number]
        checksum = hashlib.sha256(flaky_server.EXPORT).hexdigest()

        assert [("1", "RemoteProtocolError")] == self.rows(part)
        assert re.search(r"^   attempt 2 +65536 bytes in 16 chunks, every byte once$", part, re.MULTILINE)
        assert re.search(rf"^ +sha256 {checksum[:16]}\.\.\., as on the server$", part, re.MULTILINE)

    def test_block(self, parts: dict[str, str], flaky_server: ModuleType) -> None:
        """
        A block is retried.
        """
        checksum = hashlib.sha256(flaky_server.EXPORT).hexdigest()

        assert [("1", "RemoteProtocolError")] == self.rows(parts["5"])
        assert re.search(rf"^   attempt 2 +sha256 {checksum[:16]}\.\.\., as on the server$", parts["5"], re.MULTILINE)

    def test_exhausted(self, parts: dict[str, str]) -> None:
        """
        A server that stays down ends in a RetryError, which is shown with its facts.
        """
        assert ["1", "2"] == [number for number, _ in self.rows(parts["6"])]
        assert re.search(r"^   RetryError +attempts=3, reason='attempts'$", parts["6"], re.MULTILINE)
        assert re.search(r"^ +last_exception=Read\w+\(.*\)$", parts["6"], re.MULTILINE)

    def test_budget(self, parts: dict[str, str]) -> None:
        """
        A budget of four tokens makes four retries of what would have been forty.
        """
        assert 4 == len(self.rows(parts["7"]))
        assert re.search(r"^   requests +24, not 60$", parts["7"], re.MULTILINE)

    def test_notices_what_is_wrong(self) -> None:
        """
        The quickstart checks what it shows: without a fault to retry it fails.
        """
        healthy = (
            "import sys, runpy, itertools; sys.path.insert(0, 'examples'); import flaky_server as server;"
            "server.script = lambda: {'/report': itertools.cycle([server.Handler.report])};"
            "runpy.run_path('examples/quickstart.py', run_name='__main__')"
        )
        run = python("-c", healthy)

        assert 1 == run.returncode
        assert "\nNot as it should be: every failure was seen\n" == run.stderr


@pytest.mark.needs("threads", "sockets")
class TestFlakyServer:
    @pytest.fixture
    def client(self, flaky_server: ModuleType) -> Iterator[httpx.Client]:
        with (
            flaky_server.FlakyServer() as server,
            httpx.Client(base_url=server.url, timeout=30, trust_env=False) as client,
        ):
            yield client

    def test_report(self, client: httpx.Client) -> None:
        """
        A report takes four requests: overload, a broken connection, silence, an answer; then it begins again.
        """
        for _ in range(2):
            overloaded = client.get("/report")
            with pytest.raises(httpx.ReadError):
                client.get("/report")
            with pytest.raises(httpx.ReadTimeout):
                client.get("/report", timeout=httpx.Timeout(30, read=0.1))
            answer = client.get("/report")

            assert 503 == overloaded.status_code
            assert "1" == overloaded.headers["Retry-After"]
            assert (200, "all is well") == (answer.status_code, answer.text)

    def test_export(self, client: httpx.Client, flaky_server: ModuleType) -> None:
        """
        The first download delivers half and breaks off, the second is whole.
        """
        received: list[bytes] = []
        with client.stream("GET", "/export") as response, pytest.raises(httpx.RemoteProtocolError):
            received.extend(response.iter_bytes(4096))
        whole = client.get("/export").content

        assert whole[: len(whole) // 2] == b"".join(received)
        assert flaky_server.EXPORT == whole

    def test_pieces_differ(self, flaky_server: ModuleType) -> None:
        """
        No two pieces of the download are the same, so a repeated or a missing one changes the checksum.
        """
        pieces = [flaky_server.EXPORT[start : start + 32] for start in range(0, len(flaky_server.EXPORT), 32)]

        assert 65536 == len(flaky_server.EXPORT)
        assert len(pieces) == len(set(pieces))

    def test_down(self, client: httpx.Client) -> None:
        """
        A server that is down resets every connection, and not just closes it.
        """
        for _ in range(3):
            with socket.create_connection((client.base_url.host, client.base_url.port or 80), timeout=30) as connection:
                connection.sendall(b"GET /down HTTP/1.1\r\n\r\n")

                with pytest.raises(ConnectionResetError):
                    connection.recv(1)

    def test_missing(self, client: httpx.Client) -> None:
        """
        A path that the server does not know is not found.
        """
        response = client.get("/nowhere")

        assert 404 == response.status_code
