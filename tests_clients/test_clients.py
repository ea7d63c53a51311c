"""`transient()` and the real packages: the matrix that docs/transient.md shows."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from constructed import CASES, Case
from http_server import Dumb, Server, answer, unknown_certificate
from live import CLIENTS, Client
from table import PAGE, written
from turns import WHAT, Handy, What

from anew.transient import transient

pytestmark = pytest.mark.filterwarnings("ignore")  # the clients' own


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    logging.disable(logging.CRITICAL)
    with Server(Handy) as server:
        yield server
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(Handy, context=unknown_certificate(tmp_path_factory.mktemp("tls"))) as server:
        yield server


@pytest.fixture(scope="module")
def dumb() -> Iterator[Server]:
    with Server(Dumb) as server:
        yield server


@pytest.fixture(scope="module")
def refusing() -> Iterator[str]:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{unused.getsockname()[1]}/"


def is_retried(error: BaseException) -> bool:
    return transient()(error) is not False


@pytest.mark.parametrize("what", WHAT, ids=lambda what: what.name)
@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
def test_live(client: Client, what: What, server: Server, wrong: Server, dumb: Server, refusing: str) -> None:
    """
    What a client makes of a misbehaving server is retried where another attempt may help, and only there.
    """
    if not client.without.isdisjoint({what.name, what.kind}):
        pytest.skip("it does not do that")
    server.will(what.turn or answer(200))
    url = {
        "refused": refusing,
        "TLS breaks off": dumb.url.replace("http:", "https:"),
        "TLS to a plain port": server.url.replace("http:", "https:"),
        "wrong certificate": wrong.url,
    }.get(what.name, server.url)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - each client has its own
        client.get(url, 0.3 if what.name == "silence" else 5)

    assert (what.retried and not client.retries) is is_retried(caught.value)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.client}: {case.what}")
def test_constructed(case: Case) -> None:
    """
    The errors of what needs a service to fail are judged right, as far as they can be made by hand.
    """
    try:
        error = case.make()
    except ImportError as missing:
        if "shared object" in str(missing):  # a library of the system, which pip does not install
            pytest.skip(str(missing))
        raise

    assert case.retried is is_retried(error)


def test_the_page_is_up_to_date() -> None:
    """
    docs/transient.md has the table that follows from the matrix; `python tests_clients/table.py` writes it.
    """
    assert written() in Path(PAGE).read_text()


def test_exceptions_that_say_nothing_wrong(server: Server) -> None:
    """
    A client's waits are read where they stand.
    """
    from live import by_httpx

    server.will(answer(429, ("Retry-After", "3")))
    with pytest.raises(Exception) as caught:  # noqa: PT011
        by_httpx(server.url, 5)
    wait: Any = transient()(caught.value)

    assert 3 <= wait <= 3.75
