"""A shop on loopback, for the recipes of the docs: it fails as real ones do, and remembers what it was asked.

GET  /orders    503, then what there is; 401 for all who have not got the newest token
GET  /returns   503, then what there is
GET  /search    503, then what was asked for
POST /token     a new token
POST /charges   503, then 201: the keys that came with it are `server.keys`
PUT  /backup    503, then 201: the sizes of what came are `server.sizes`
GET  /file      100,000 bytes that break off after 30,000, with `ETag`, `Range` and `If-Range`
GET  /events    pages that each fail once, each with the cursor of the next
GET  /jobs/7    "queued", "running", "done"
"""

from __future__ import annotations

import json
from functools import partial
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

from http_server import Handler, Server

FILE = b"".join(b"%07d\n" % number for number in range(12_500))
EVENTS = {"": (["a", "b"], "2"), "2": (["c", "d"], "3"), "3": (["e"], None)}


class ShopHandler(Handler):
    server: ShopServer

    def serve(self) -> None:
        self.close_connection = True
        address = urlsplit(self.path)
        self.query = parse_qs(address.query)
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        route = getattr(
            self, f"{self.command.lower()}_{address.path.strip('/').replace('/', '_')}", partial(self.give, 404)
        )
        route()

    do_GET = do_POST = do_PUT = serve  # noqa: N815 - named by http.server

    def give(self, status: int, answer: Any = None, *, only: int | None = None, **headers: str) -> None:
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response_only(status)
        for name, value in {**headers, "Content-Length": str(len(body)), "Connection": "close"}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body[:only])

    def is_first(self, key: str) -> bool:
        return self.server.turns.setdefault(key, 0) == 0 and not self.server.turns.update({key: 1})

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
        tag = f'"{self.server.version}"'
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
        turn = self.server.turns["job"] = self.server.turns.get("job", -1) + 1
        self.give(200, ["queued", "running", "done"][min(turn, 2)])


class ShopServer(Server):
    """`with ShopServer() as server:` runs it in a thread; `server.url` is where."""

    def __init__(self) -> None:
        super().__init__(ShopHandler)
        self.url = self.url.rstrip("/")
        self.numbers = count(1)
        self.token, self.version = "token-0", "v1"
        self.turns: dict[str, int] = {}
        self.keys: list[str] = []
        self.sizes: list[int] = []
