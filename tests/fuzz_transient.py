"""atheris against `retry_after` and `transient`: what servers and clients may say, and objects that resist.

    nox -s fuzz -- 600          seconds; or: python tests/fuzz_transient.py -max_total_time=600

Both are asked about other people's text and objects, while a failure is handled. So whatever they are asked: they raise
nothing, answer in time, and what they answer is a wait that can be waited.
"""

from __future__ import annotations

import math
import sys
from contextlib import suppress
from email.utils import formatdate
from typing import Any, NoReturn

import atheris

with atheris.instrument_imports(include=["anew"]):
    from anew.transient import retry_after, transient

NAMES = (
    *("Retry-After", "retry-after", "Retry-After-Ms", "x-ms-retry-after-ms", "Date", "RateLimit", "RateLimit-Reset"),
    *("X-RateLimit-Reset", "X-RateLimit-Remaining", "RateLimit-Remaining", "x-should-retry", "grpc-retry-pushback-ms"),
    *("grpc-status-details-bin", "google.rpc.retryinfo-bin"),
)
TEXTS = ("", "1", "0", "-1", "1.5", "1e9", "1m30s", "120, 5", "nan", "inf", "9" * 400, "1:30", "Wed, 21 Oct 2015", "٣")
ATTRIBUTES = (
    *("headers", "response", "retry_after", "_retry_after", "status", "status_code", "code", "http_status", "reason"),
    *("args", "errors", "exceptions", "metadata", "details", "trailing_metadata", "meta", "body", "sqlstate", "pgcode"),
    *("__cause__", "__context__", "__class__", "__dict__", "__module__", "kwargs", "orig", "os_error", "cause"),
)
PLACES = (
    *("httpx.ConnectError", "requests.exceptions.HTTPError", "urllib.error.HTTPError", "aiohttp.ClientResponseError"),
    *(
        "botocore.exceptions.ClientError",
        "grpc._channel._InactiveRpcError",
        "psycopg.OperationalError",
        "redis.TimeoutError",
    ),
    *(
        "sqlalchemy.exc.DBAPIError",
        "kafka.errors.KafkaError",
        "ssl.SSLError",
        "socket.gaierror",
        "openai.RateLimitError",
    ),
)
LIMIT = 60.0


class Hostile:
    """Fails at whatever is asked."""

    def __getattribute__(self, name: str) -> NoReturn:
        raise RuntimeError(name)

    def __iter__(self) -> NoReturn:
        raise RuntimeError

    __len__ = __bool__ = __str__ = __repr__ = __float__ = __index__ = __eq__ = __hash__ = __iter__


class Endless:
    """Has everything, and each of it has everything."""

    def __getattr__(self, name: str) -> Endless:
        return self

    def __call__(self, *_: object, **__: object) -> Endless:
        return self

    def __iter__(self) -> Endless:
        return self

    def __next__(self) -> Endless:
        return self

    def __getitem__(self, _: object) -> Endless:
        return self


class Maker:
    """Makes things of random bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = atheris.FuzzedDataProvider(data)

    def one_of(self, things: tuple[Any, ...]) -> Any:
        return things[self.data.ConsumeIntInRange(0, len(things) - 1)]

    def text(self) -> str:
        kind = self.data.ConsumeIntInRange(0, 3)
        if kind == 0:
            return self.one_of(TEXTS)
        if kind == 1:
            return formatdate(self.data.ConsumeIntInRange(-(10**10), 10**11), usegmt=self.data.ConsumeBool())
        joined = [self.one_of(TEXTS), self.data.ConsumeUnicode(self.data.ConsumeIntInRange(0, 40))]
        return "".join(joined if kind == 2 else reversed(joined))

    def value(self, depth: int) -> Any:
        pairs = range(self.data.ConsumeIntInRange(0, 4))
        simple = (
            self.text,
            lambda: self.data.ConsumeBytes(self.data.ConsumeIntInRange(0, 60)),
            lambda: self.data.ConsumeInt(self.data.ConsumeIntInRange(1, 9)),
            self.data.ConsumeFloat,
            lambda: self.one_of((None, True, False, 503, 429, 404, 10**400, math.nan, -math.inf)),
            Hostile,
            Endless,
            lambda: self.one_of((Hostile, Exception, print, NotImplemented)),
        )
        composed = (
            lambda: {self.one_of(NAMES): self.value(depth - 1) for _ in pairs},
            lambda: [(self.one_of(NAMES), self.value(depth - 1)) for _ in pairs],
            lambda: lambda *_, **__: self.value(depth - 1),
            lambda: self.failure(depth - 1),
            lambda: self.thing(type("Response", (), {}), depth - 1),
        )
        return self.one_of((*simple, *composed) if depth else simple)()

    def thing(self, cls: Any, depth: int) -> Any:
        thing = cls()
        for _ in range(self.data.ConsumeIntInRange(0, 5)):
            name, value = self.one_of(ATTRIBUTES), self.value(depth)
            # Python would make a tuple of an exception's own `args`, and some values have no end.
            where = cls if self.data.ConsumeBool() or name == "args" else thing
            with suppress(TypeError, AttributeError):
                setattr(
                    where, name, property(lambda _: self.value(0)) if self.data.ConsumeProbability() < 0.1 else value
                )
        return thing

    def failure(self, depth: int) -> Any:
        module, _, name = self.one_of(PLACES).rpartition(".")
        base = self.one_of((Exception, OSError, ConnectionError, TimeoutError, ValueError))
        one = self.thing(type(name, (base,), {"__module__": module}), depth)
        if depth > 0 and self.data.ConsumeBool():
            with suppress(AttributeError):
                one.__cause__ = self.failure(depth - 1)
        if depth > 0 and self.data.ConsumeProbability() < 0.2:
            return ExceptionGroup("several", [one, self.failure(depth - 1)])
        return one


def judge(data: bytes) -> None:
    """Ask both about one thing."""
    maker = Maker(data)
    thing = maker.failure(3) if maker.data.ConsumeBool() else maker.thing(type("Response", (), {}), 3)
    wait = retry_after(thing)
    assert wait is None or (type(wait) is float and 0 <= wait < math.inf), wait
    if isinstance(thing, Exception):
        answer = transient(limit=LIMIT)(thing)
        assert type(answer) is bool or (type(answer) is float and 0 <= answer <= LIMIT * 1.25), answer


if __name__ == "__main__":
    atheris.Setup([*sys.argv, "-timeout=10", "-max_len=1024"], judge)
    atheris.Fuzz()
