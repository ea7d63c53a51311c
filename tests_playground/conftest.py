"""The built site on loopback, with Pyodide beside it, and a browser without a window."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import which
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent
# Where `nox -s playground` has installed it by npm.
PYODIDE = Path(os.environ.get("ANEW_PYODIDE_FOLDER", ROOT / "build" / "npm" / "node_modules" / "pyodide"))


class Handler(SimpleHTTPRequestHandler):
    """Any static server: files, and nothing else. Pyodide stands beside the site."""

    def translate_path(self, path: str) -> str:
        if path.startswith("/pyodide/"):
            return str(PYODIDE / path.removeprefix("/pyodide/").partition("?")[0])
        return super().translate_path(path)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built with Pyodide's address on our server."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", str(ROOT / "docs"), str(folder)]
    subprocess.run(command, check=True, env={**os.environ, "ANEW_PYODIDE": "/pyodide/"})
    return folder


@pytest.fixture(scope="session")
def site(folder: Path) -> Iterator[str]:
    """The address of the site."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=which("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def opened(site: str, browser: Browser) -> Iterator[Page]:
    """The playground, once Python runs in it. What a page asks other hosts for, or says of errors, is an error."""
    complaints: list[str] = []
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on(
        "request", lambda request: None if request.url.startswith((site, "data:")) else complaints.append(request.url)
    )
    page.goto(f"{site}/playground.html")
    page.wait_for_selector("[data-state=ready]", timeout=120_000)
    yield page
    assert [] == complaints


@pytest.fixture
def page(opened: Page) -> Page:
    """The playground as it is when it opens."""
    opened.select_option("[data-part=examples]", "flaky")
    return opened
