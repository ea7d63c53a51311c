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


class TestQuickstart:
    @pytest.fixture
    def parts(self, run: subprocess.CompletedProcess[str]) -> dict[str, str]:
        """What it printed under each title; a title is cut at its colon."""
        _, *parts = re.split(r"\n\n(?=\S)", run.stdout)
        return {re.split("[:\n]", part)[0]: part for part in parts}

    def test_succeeds(self, run: subprocess.CompletedProcess[str]) -> None:
        """
        The quickstart ends well and has nothing to complain about.
        """
        assert "" == run.stderr
        assert 0 == run.returncode
        assert run.stdout.endswith("\nAll as it should be.\n")

    @pytest.mark.parametrize("kind", ["sync", "async"])
    def test_fetch(self, parts: dict[str, str], kind: str) -> None:
        """
        Each kind of fault is logged, in order and numbered, before the answer comes.
        """
        part = parts[f"Fetch, {kind}"]
        rows = re.findall(
            r"^  \w*fetch failed with (\w+)(?:: .*)?, attempt (\d) of 5; next attempt in", part, re.MULTILINE
        )

        assert [("HTTPStatusError", "1"), ("ReadError", "2"), ("ReadTimeout", "3")] == rows
        assert re.search(r"^  result +'all is well'$", part, re.MULTILINE)

    @pytest.mark.parametrize("kind", ["sync", "async"])
    def test_waits(self, parts: dict[str, str], kind: str) -> None:
        """
        The waits are those that were announced, and the server gets the second it asked for.
        """
        part = parts[f"Fetch, {kind}"]
        announced = [float(wait) for wait in re.findall(r"next attempt in ([\d.]+) s$", part, re.MULTILINE)]
        (waits,) = re.findall(r"^  waits +(.*)$", part, re.MULTILINE)
        measured = [float(wait.removesuffix(" s")) for wait in waits.split(", ")]

        assert 3 == len(announced) == len(measured)
        assert announced[0] >= 1.0
        assert all(wait <= time + 0.05 for wait, time in zip(announced, measured, strict=True))

    @pytest.mark.parametrize("kind", ["sync", "async"])
    def test_download(self, parts: dict[str, str], kind: str, flaky_server: ModuleType) -> None:
        """
        A download that broke off in the middle arrives whole, by its checksum.
        """
        part = parts[f"Download, {kind}"]
        checksum = hashlib.sha256(flaky_server.EXPORT).hexdigest()

        assert re.search(r"^  \w*download failed with RemoteProtocolError: .*, attempt 1 of 5;", part, re.MULTILINE)
        assert "(received 32768 bytes, expected 65536)" in part
        assert re.search(r"^  received +65536 bytes in 16 chunks$", part, re.MULTILINE)
        assert re.search(rf"^  sha256 +{checksum[:16]}\.\.\., .*every byte arrived once$", part, re.MULTILINE)

    def test_block(self, parts: dict[str, str], flaky_server: ModuleType) -> None:
        """
        A block is retried under the name of the function around it.
        """
        part = parts["A block"]
        checksum = hashlib.sha256(flaky_server.EXPORT).hexdigest()

        assert re.search(r"^  checksum_of failed with RemoteProtocolError: .*, attempt 1 of 5;", part, re.MULTILINE)
        assert re.search(rf"^  sha256 +{checksum[:16]}\.\.\., by attempt 2$", part, re.MULTILINE)

    def test_exhausted(self, parts: dict[str, str]) -> None:
        """
        A server that stays down ends in a RetryError, which is shown with its facts.
        """
        part = parts["A server that is down"]
        rows = re.findall(r"^  down failed with Read\w+(?:: .*)?, attempt (\d) of 3;", part, re.MULTILINE)

        assert ["1", "2"] == rows
        assert re.search(r"^  RetryError +down failed after 3 attempt\(s\)\. Last error: Read\w+: ", part, re.MULTILINE)
        assert re.search(r"^  attempts +3$", part, re.MULTILINE)
        assert re.search(r"^  reason +attempts$", part, re.MULTILINE)
        assert re.search(r"^  last_exception +Read\w+\(.*\)$", part, re.MULTILINE)
        assert re.search(r"^  elapsed +[\d.]+ s since the first failure$", part, re.MULTILINE)

    def test_budget(self, parts: dict[str, str]) -> None:
        """
        A budget of four tokens makes four retries of what would have been forty.
        """
        part = parts["A server that is down, and a budget"]

        assert 4 == part.count("fetch_within_budget failed with")
        assert re.search(r"^  requests +24, not 60$", part, re.MULTILINE)
        assert "<RetryBudget 0 of 4 tokens " in part

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
