"""Recipes whose proof is a program that ends: the files of `docs/recipes/shutdown.md` under real servers."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest
from engine_servers import free_port, until
from test_readme import ROOT, needed

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.real_time

PAGE = (ROOT / "docs" / "recipes" / "shutdown.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def block(start: str) -> str:
    """The block of the page that begins like this."""
    (found,) = [one for one in BLOCKS if one.startswith(start)]
    return found


@contextmanager
def running(*module: str, folder: Path, **environment: str) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A program of Python in the folder, and the file that it writes to."""
    output = folder / "output"
    with (
        output.open("wb") as file,
        subprocess.Popen(
            [sys.executable, "-m", *module],
            cwd=folder,
            env={**os.environ, **environment},
            stdout=file,
            stderr=file,
        ) as process,
    ):
        try:
            yield process, output
        finally:
            process.kill()


def test_gunicorn(tmp_path: Path) -> None:
    """
    A request that waits for its next attempt is answered when gunicorn is told to stop.
    """
    needed("gunicorn")
    (tmp_path / "gunicorn.conf.py").write_text(block("# gunicorn.conf.py"))
    (tmp_path / "stopping.py").write_text(block("# stopping.py"))
    (tmp_path / "shop.py").write_text(block("# shop.py"))
    url = f"127.0.0.1:{free_port()}"
    with (
        ThreadPoolExecutor() as threads,
        running("gunicorn", "shop:app", "--bind", url, folder=tmp_path) as (process, output),
    ):
        until(lambda: b"Booting worker" in output.read_bytes())
        answer = threads.submit(httpx.get, f"http://{url}/", timeout=20)
        until(lambda: b"attempt 1; next attempt in" in output.read_bytes())
        process.send_signal(signal.SIGTERM)

        assert (503, "stopped") == (answer.result().status_code, answer.result().text)
        assert 0 == process.wait(20)


def test_celery(tmp_path: Path) -> None:
    """
    A task that waits for its next attempt goes back to its queue when Celery is told to stop.
    """
    needed("celery")
    (tmp_path / "tasks.py").write_text(block("# tasks.py"))
    (tmp_path / "celeryconfig.py").write_text(
        "broker_transport_options = {'data_folder_in': 'queue', 'data_folder_out': 'queue', 'store_processed': False}\n"
        "task_ignore_result = True\n"
    )
    with (tmp_path / "tasks.py").open("a") as file:
        file.write("\n\napp.config_from_object('celeryconfig')\n")
    queue = tmp_path / "queue"
    queue.mkdir()
    environment = {"CELERY_BROKER_URL": "filesystem://"}
    send = [sys.executable, "-c", "from tasks import charge; charge.delay(7)"]
    subprocess.run(send, cwd=tmp_path, env={**os.environ, **environment}, check=True)
    worker = ["celery", "-A", "tasks", "worker", "-c", "2", "--without-mingle", "--without-gossip", "-l", "info"]
    with running(*worker, folder=tmp_path, **environment) as (process, output):
        until(lambda: b"attempt 1 of 5; next attempt in" in output.read_bytes())
        assert [] == [*queue.glob("*.celery.msg")]
        process.send_signal(signal.SIGTERM)

        assert 0 == process.wait(20)
        assert b"Retry in 0s" in output.read_bytes()
        assert 1 == len([*queue.glob("*.celery.msg")])
