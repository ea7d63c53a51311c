"""A server on loopback that does what it is told.

`server.will(answer(503, ("Retry-After", "3")), reset)` says what becomes of the next requests, whatever they ask for;
the last of it goes for all that follow.
"""

from __future__ import annotations

import os
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import TYPE_CHECKING, Any, Self, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path

BODY = b"all is well"

# SO_LINGER with 0 seconds: close() sends RST, not FIN. Windows packs the two numbers shorter.
_LINGER = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    timeout = 30  # nobody holds a thread for ever

    def handle(self) -> None:
        with suppress(OSError):  # a client that hung up is not worth a traceback
            super().handle()

    def do_GET(self) -> None:
        self.close_connection = True
        self.server.turn()(self)

    def answer(self, status: int, headers: Iterable[tuple[str, str]], only: int | None = None) -> None:
        self.send_response_only(status)  # without a `Date` of its own
        for name, value in (*headers, ("Content-Length", str(len(BODY))), ("Connection", "close")):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(BODY[:only])

    def log_message(self, *args: object) -> None:
        """The test tells the story."""


Turn: TypeAlias = Callable[[Handler], None]


def answer(status: int, *headers: tuple[str, str]) -> Turn:
    """Answer with this status and these headers."""
    return lambda handler: handler.answer(status, headers)


def half(handler: Handler) -> None:
    """Answer, and hang up in the middle of it."""
    handler.answer(200, (), only=3)


def half_and_reset(handler: Handler) -> None:
    """Answer, and break off in the middle of it."""
    half(handler)
    reset(handler)


def hang_up(handler: Handler) -> None:
    """End the connection without an answer."""


def reset(handler: Handler) -> None:
    """Break the connection."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
    handler.rfile.close()  # it shares the socket, which would stay open otherwise
    handler.connection.close()


def silence(handler: Handler) -> None:
    """Say nothing until the client hangs up."""
    handler.rfile.read(1)


class Server(ThreadingTCPServer):
    """`with Server() as server:` runs it in a thread; `server.url` is where. Close clients first."""

    def __init__(self, handler: type[BaseRequestHandler] = Handler, context: ssl.SSLContext | None = None) -> None:
        # Not HTTPServer: that one looks its own name up, which takes seconds where DNS is slow.
        super().__init__(("127.0.0.1", 0), handler)
        self._context = context
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})
        self.url = f"http{'s' if context else ''}://127.0.0.1:{self.server_address[1]}/"
        self.will(answer(200))

    def will(self, *turns: Turn) -> None:
        self._turns = list(turns)
        self.requests = 0

    def turn(self) -> Turn:
        self.requests += 1
        return self._turns.pop(0) if len(self._turns) > 1 else self._turns[0]

    def get_request(self) -> Any:
        connection, address = super().get_request()
        if self._context is not None:
            connection = self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class Dumb(BaseRequestHandler):
    """Listens to what comes first, and ends the connection."""

    def handle(self) -> None:
        self.request.recv(1 << 16)


def unknown_certificate(folder: Path) -> ssl.SSLContext:
    """A certificate that nobody trusts; its key is no secret."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    path = folder / "certificate.pem"
    path.write_text(_CERTIFICATE)
    context.load_cert_chain(path)
    return context


# openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj /CN=127.0.0.1
_CERTIFICATE = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgdvL7Q829apEDC2+y
zdRUcqY7WVgcSNTwc4OvUuIvRGehRANCAAQ9YC1EWlmICnzRH7KNhgTL+82T/3G8
YH4MF0Phza2rMYlgt83k/KV/SPnQSl/r03bRIDuiT67ZblV0/tf7sele
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBkDCCATagAwIBAgIUcMmBCyAbqP6ncV9iMB25uttITMQwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTI2MTEyMjE0MjYxMFoYDzIxMjYxMDI5
MTQyNjEwWjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQ9YC1EWlmICnzRH7KNhgTL+82T/3G8YH4MF0Phza2rMYlgt83k/KV/
SPnQSl/r03bRIDuiT67ZblV0/tf7seleo2QwYjAdBgNVHQ4EFgQUECQFy1tf8ZYE
+A6VwFZS2+F031UwHwYDVR0jBBgwFoAUECQFy1tf8ZYE+A6VwFZS2+F031UwDwYD
VR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoGCCqGSM49BAMCA0gAMEUC
IDClKXa9AFBLVGVoQ4RAgwctXl/sRSlIrd+eCUV3t0UxAiEAhWZb9bqw2B35lJt3
4fXm3wcIu/joDXSXBwQz+RnqEUw=
-----END CERTIFICATE-----
"""
