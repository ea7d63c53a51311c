"""What the server on loopback does, beyond what it does in `tests/http_server.py`; and what must become of each."""

from __future__ import annotations

from typing import NamedTuple

from http_server import Handler, Turn, hang_up, reset, silence


def _json(body: bytes, *headers: tuple[str, str], length: int | None = None, status: int = 200) -> Turn:
    def turn(handler: Handler) -> None:
        handler.send_response_only(status)
        size = len(body) if length is None else length
        product = ("X-Elastic-Product", "Elasticsearch")
        for name, value in (*headers, product, ("Content-Type", "application/json"), ("Content-Length", str(size))):
            handler.send_header(name, value)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(body)

    return turn


class Handy(Handler):
    """Answers whatever it is asked."""

    do_POST = do_PUT = do_HEAD = do_DELETE = Handler.do_GET


class What(NamedTuple):
    name: str
    retried: bool
    turn: Turn | None  # None: it is not the server that answers
    kind: str = ""  # what a client may be without, if not the name


WHAT = [
    What("hangs up", True, hang_up, "connections"),
    What("resets", True, reset, "connections"),
    What("half an answer", True, _json(b'{"a": ', length=1000)),
    What("silence", True, silence),
    What("refused", True, None, "connections"),
    What("TLS breaks off", True, None, "connections"),
    What("503", True, _json(b"{}", status=503), "statuses"),
    What("429, Retry-After", True, _json(b"{}", ("Retry-After", "3"), status=429), "statuses"),
    What("529", True, _json(b"{}", status=529), "statuses"),
    What("403", False, _json(b"{}", status=403), "statuses"),
    What("404", False, _json(b"{}", status=404), "statuses"),
    What("redirects", False, _json(b"{}", ("Location", "/"), status=302)),
    What("bad gzip", False, _json(b"not gzipped", ("Content-Encoding", "gzip"))),
    What("bad JSON", False, _json(b"{not json !")),
    What("TLS to a plain port", False, None, "tls"),
    What("wrong certificate", False, None, "tls"),
]
