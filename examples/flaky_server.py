"""A small HTTP server on loopback that fails before it answers, to try retries on.

    /report   503 with Retry-After, a reset connection, silence, then the answer; and so on, in a circle
    /export   a download that breaks off in the middle, then a whole one; and so on
    /down     resets every connection

Law: knows nothing of retries, and nothing of the client but what it sends.
"""

import hashlib
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler
from itertools import cycle
from socketserver import ThreadingTCPServer
from types import TracebackType
from typing import Self, TypeAlias

REPORT = "all is well"
EXPORT = b"".join(hashlib.sha256(b"%d" % number).digest() for number in range(2048))  # 64 KiB, no two pieces the same

# SO_LINGER with 0 seconds: close() sends RST, not FIN. Windows packs the two numbers shorter.
_LINGER = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections stay open, so that faults also hit a connection that worked before
    timeout = 30  # nobody holds a thread for ever

    def __init__(self, script: "Script", request: socket.socket, client_address: object, server: ThreadingTCPServer):
        self._script = script
        super().__init__(request, client_address, server)

    def handle(self) -> None:
        with suppress(ConnectionError):  # a client that hung up is not worth a traceback
            super().handle()

    def do_GET(self) -> None:
        turns = self._script.get(self.path)
        (next(turns) if turns else Handler.missing)(self)

    def report(self) -> None:
        self._answer(200, REPORT.encode())

    def export(self) -> None:
        self._answer(200, EXPORT)

    def export_half(self) -> None:
        self._answer(200, EXPORT, only=len(EXPORT) // 2)
        self.close_connection = True

    def unavailable(self) -> None:
        self._answer(503, retry_after="1")

    def missing(self) -> None:
        self._answer(404)

    def reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
        self.rfile.close()  # it shares the socket, which would stay open otherwise
        self.connection.close()
        self.close_connection = True

    def silence(self) -> None:
        self.rfile.read(1)  # until the client hangs up
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """The client tells the story."""

    def _answer(
        self, status: int, body: bytes = b"", *, only: int | None = None, retry_after: str | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if retry_after is not None:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
        self.wfile.write(body[:only])


Turn: TypeAlias = Callable[[Handler], None]
Script: TypeAlias = Mapping[str, Iterator[Turn]]


def script() -> Script:
    """What each path answers, turn by turn."""
    return {
        "/report": cycle([Handler.unavailable, Handler.reset, Handler.silence, Handler.report]),
        "/export": cycle([Handler.export_half, Handler.export]),
        "/down": cycle([Handler.reset]),
    }


class FlakyServer:
    """`with FlakyServer() as server:` runs it in a thread; `server.url` is where. Close clients first."""

    def __init__(self) -> None:
        # Not HTTPServer: that one looks its own name up, which takes seconds where DNS is slow.
        self._server = ThreadingTCPServer(("127.0.0.1", 0), partial(Handler, script()))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, typ: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None, /) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
