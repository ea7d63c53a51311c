"""A shop on loopback, for the guides: it fails as real services do, and remembers what it was asked.

    python shop_server.py     runs it alone, and says where

GET  /page          503, then the page; and so on
GET  /orders        503, then what there is; 401 for all who have not got the newest token
GET  /returns       503, then what there is
GET  /search        503, then what was asked for
POST /token         a new token
POST /charges       503, then 201: the keys that came with it are `shop.keys`
PUT  /backup        503, then 201: the sizes of what came are `shop.sizes`
GET  /file          100,000 bytes that break off after 30,000, with `ETag`, `Range` and `If-Range`
GET  /events        pages that each fail once, each with the cursor of the next
GET  /jobs/7        "queued", "running", "done"
POST /v1/responses  a language model: 429 with `Retry-After: 1`, and then its answer; and so on.
                    The model "quota-used-up" always answers 429
POST /v1/messages   another one: 529, overloaded, and then its answer; and so on

Law: knows nothing of retries, and needs nothing but Python.
"""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler
from itertools import count
from socketserver import ThreadingTCPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

FILE = b"".join(b"%07d\n" % number for number in range(12_500))
EVENTS = {"": (["a", "b"], "2"), "2": (["c", "d"], "3"), "3": (["e"], None)}


class ShopHandler(BaseHTTPRequestHandler):
    server: ShopServer
    protocol_version = "HTTP/1.1"
    timeout = 30  # nobody holds a thread for ever

    def handle(self) -> None:
        with suppress(OSError):  # a client that hung up is not worth a traceback
            super().handle()

    def log_message(self, *args: object) -> None:
        """The client tells the story."""

    def serve(self) -> None:
        self.close_connection = True
        address = urlsplit(self.path)
        self.query = parse_qs(address.query)
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        name = f"{self.command.lower()}_{address.path.strip('/').replace('/', '_')}"
        getattr(self, name, partial(self.give, 404))()

    do_GET = do_POST = do_PUT = serve  # noqa: N815 - named by http.server

    def give(self, status: int, answer: Any = None, *, only: int | None = None, **headers: str) -> None:
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response_only(status)
        for name, value in {**headers, "Content-Length": str(len(body)), "Connection": "close"}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body[:only])

    def is_first(self, key: str, *, of: int | None = None) -> bool:
        """Is this the first request for it, or, with `of`, the first of each so many?"""
        turn = self.server.turns.setdefault(key, count())
        number = next(turn)
        return number % of == 0 if of else number == 0

    def get_page(self) -> None:
        self.give(*((503,) if self.is_first("page", of=2) else (200, b"<h1>Shoes</h1>")))

    def get_orders(self) -> None:
        if self.is_first("orders"):
            self.give(503)
        elif self.headers.get("Authorization") != f"Bearer {self.server.token}":
            self.give(401)
        else:
            self.give(200, [7, 8])

    def get_returns(self) -> None:
        self.give(*((503,) if self.is_first("returns") else (200, [9])))

    def get_search(self) -> None:
        found = f"{self.query['q'][0]}, found by attempt {self.headers['X-Attempt']}"
        self.give(*((503,) if self.is_first("search") else (200, found)))

    def post_token(self) -> None:
        self.server.token = f"token-{next(self.server.numbers)}"
        self.give(201, self.server.token)

    def post_charges(self) -> None:
        self.server.keys.append(self.headers["Idempotency-Key"])
        self.give(503 if self.is_first("charges") else 201)

    def put_backup(self) -> None:
        self.server.sizes.append(len(self.body))
        self.give(503 if self.is_first("backup") else 201)

    def get_file(self) -> None:
        tag = '"v1"'
        start, asked = 0, self.headers.get("Range")
        if asked and self.headers.get("If-Range", tag) == tag:
            start = int(asked.removeprefix("bytes=").partition("-")[0])
            self.give(206, FILE[start:], only=30_000, ETag=tag)
        else:
            self.give(200, FILE, only=30_000, ETag=tag)

    def get_events(self) -> None:
        cursor = self.query.get("after", [""])[0]
        items, following = EVENTS[cursor]
        if self.is_first(f"events {cursor}"):
            self.give(503)
        else:
            self.give(200, {"items": items, "next": following})

    def get_jobs_7(self) -> None:
        turn = next(self.server.turns.setdefault("job", count()))
        self.give(200, ["queued", "running", "done"][min(turn, 2)])

    def post_v1_responses(self) -> None:
        if json.loads(self.body)["model"] == "quota-used-up":
            error = {"message": "You exceeded your quota.", "type": "quota", "code": "insufficient_quota"}
            self.give(429, {"error": error}, Content_Type="application/json")
            return
        if self.is_first("model", of=2):
            error = {"message": "Too many requests.", "type": "requests", "code": "rate_limit_exceeded"}
            self.give(429, {"error": error}, Retry_After="1", Content_Type="application/json")
            return
        text = {"type": "output_text", "text": "All is well.", "annotations": []}
        message = {"id": "m1", "type": "message", "role": "assistant", "status": "completed", "content": [text]}
        response = {"id": "r1", "object": "response", "created_at": 0, "model": "small", "status": "completed"}
        rest = {"output": [message], "tools": [], "tool_choice": "auto", "parallel_tool_calls": True}
        self.give(200, {**response, **rest}, Content_Type="application/json")

    def post_v1_messages(self) -> None:
        if self.is_first("other model", of=2):
            error = {"type": "overloaded_error", "message": "Overloaded"}
            self.give(529, {"type": "error", "error": error}, Content_Type="application/json")
            return
        content = [{"type": "text", "text": "All is well."}]
        message = {"id": "m1", "type": "message", "role": "assistant", "model": "small", "content": content}
        rest = {"stop_reason": "end_turn", "stop_sequence": None, "usage": {"input_tokens": 4, "output_tokens": 4}}
        self.give(200, {**message, **rest}, Content_Type="application/json")


class ShopServer(ThreadingTCPServer):
    """`shop = ShopServer().start()` runs it in a thread until the program ends; `shop.url` is where."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int = 0) -> None:
        # Not HTTPServer: that one looks its own name up, which takes seconds where DNS is slow.
        super().__init__(("127.0.0.1", port), ShopHandler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.numbers = count(1)
        self.token = "token-0"  # noqa: S105 - nobody's
        self.turns: dict[str, Any] = {}
        self.keys: list[str] = []
        self.sizes: list[int] = []

    def start(self) -> Self:
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self

    def close(self) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


if __name__ == "__main__":
    shop = ShopServer(8000)
    print(f"The shop is at {shop.url}; Ctrl-C closes it.")
    with suppress(KeyboardInterrupt):
        shop.serve_forever()
