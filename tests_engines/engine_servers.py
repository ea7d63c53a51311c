"""Servers and programs that the tests of engines start, each in a folder of its own."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = {"redis-server": "redis-server", "postgres": "postgresql", "java": "default-jre-headless"}


def program(name: str) -> str:
    """Return the path of a server's program, or skip the test and say where it comes from."""
    folders = [*os.get_exec_path(), *sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)]
    found = shutil.which(name, path=os.pathsep.join(folders))
    if found is None:
        pytest.skip(f"{name} is missing: apt-get install {PACKAGES[name]}")
    return found


def until(ready: Callable[[], object], seconds: float = 20) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            pytest.fail(f"not so within {seconds} s: {ready}")
        time.sleep(0.02)


@dataclass
class Server:
    url: str
    process: subprocess.Popen[bytes]


@contextmanager
def redis() -> Iterator[Server]:
    """A Redis server on a socket of its own."""
    path = program("redis-server")
    with tempfile.TemporaryDirectory() as folder:
        unix = f"{folder}/redis.sock"
        options = ["--port", "0", "--unixsocket", unix, "--save", "", "--dir", folder]
        with subprocess.Popen([path, *options], stdout=subprocess.DEVNULL) as process:
            try:
                until(Path(unix).exists)
                yield Server(f"unix://{unix}", process)
            finally:
                process.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Postgres:
    url: str
    ctl: list[str]
    as_user: dict[str, Any]

    def start(self) -> None:
        subprocess.run([*self.ctl, "start"], check=True, stdout=subprocess.DEVNULL, **self.as_user)

    def stop(self) -> None:
        """Stop as a machine does that goes down: connections break, nothing is asked."""
        command = [*self.ctl, "-m", "immediate", "stop"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **self.as_user)


@contextmanager
def postgresql() -> Iterator[Postgres]:
    """A PostgreSQL server that can be stopped and started; it does not run as root."""
    binaries = Path(program("postgres")).parent
    as_root = getpass.getuser() == "root"
    with tempfile.TemporaryDirectory() as folder:
        as_user: dict[str, Any] = {"user": "postgres", "cwd": folder} if as_root else {}
        if as_root:
            shutil.chown(folder, "postgres")
        data = f"{folder}/data"
        create = [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync"]
        subprocess.run(create, check=True, stdout=subprocess.DEVNULL, **as_user)
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        ctl = [str(binaries / "pg_ctl"), "-D", data, "-w", "-l", f"{folder}/log", "-o", options]
        server = Postgres(f"host={folder} user=postgres dbname=postgres", ctl, as_user)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def python(*arguments: str, timeout: float = 120, **environment: str) -> str:
    """Run Python as a reader does, with warnings as errors, and return what it printed."""
    answer = subprocess.run(
        [sys.executable, *([] if "PYTHONWARNINGS" in environment else ["-W", "error"]), *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests_engines"), **environment},
        check=False,
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert 0 == answer.returncode, answer.stdout + answer.stderr
    return answer.stdout
