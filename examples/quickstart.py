"""What anew is for: httpx against a server that fails before it answers.

`python examples/quickstart.py` starts that server on loopback, takes a few seconds, shows every retry as it is logged,
and ends with an error if anything is not as it should be.
"""

import asyncio
import hashlib
import logging
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import httpx
from flaky_server import EXPORT, REPORT, FlakyServer

from anew import RetryBudget, RetryError, retry
from anew.instrumentation import LoggingHook, RetryDetails, set_on_retry_hooks
from anew.transient import transient

# This and the delays below are short so that you need not wait; 1 second is the default delay.
TIMEOUT = httpx.Timeout(5, read=0.4)
CHUNK = 4096

# Sync and async: the same options, the same code but for `async` and `await`. `transient()` retries what may be over by
# the next attempt, and waits as long as the server asks for.


@retry(times=5, delay=0.03, timeout=30, on=transient())
def fetch(client: httpx.Client, path: str) -> str:
    return client.get(path).raise_for_status().text


@retry(times=5, delay=0.03, timeout=30, on=transient())
async def async_fetch(client: httpx.AsyncClient, path: str) -> str:
    return (await client.get(path)).raise_for_status().text


# A stream that breaks is started over, and the items already delivered are dropped. "skip" counts items, so they must
# be the same each time: chunks of one size, not the pieces in which the network happens to bring them.


@retry(times=5, delay=0.03, on=transient(), replay="skip")
def download(client: httpx.Client, path: str) -> Iterator[bytes]:
    with client.stream("GET", path) as response:
        yield from response.raise_for_status().iter_bytes(CHUNK)


@retry(times=5, delay=0.03, on=transient(), replay="skip")
async def async_download(client: httpx.AsyncClient, path: str) -> AsyncIterator[bytes]:
    async with client.stream("GET", path) as response:
        async for chunk in response.raise_for_status().aiter_bytes(CHUNK):
            yield chunk


# A block: what stands in the `with` is one attempt. Logs call it by the function around it.


def checksum_of(client: httpx.Client, path: str) -> tuple[int, str]:
    attempts = iter(retry(times=5, delay=0.03, on=transient()))
    while True:
        with attempts as attempt:
            content = client.get(path).raise_for_status().content
            return attempt.num, hashlib.sha256(content).hexdigest()


# Once the attempts have run out there is a RetryError. A policy can also make a single call of anything.


def give_up(client: httpx.Client, path: str) -> RetryError:
    try:
        response = retry(times=3, delay=0.03, on=transient(), name="down").call(client.get, path)
    except RetryError as error:
        return error
    raise SystemExit(f"Not as it should be: {path} answered {response}")


# A budget, shared by all calls of one dependency, bounds what they add to its troubles.

budget = RetryBudget(floor=4)


@retry(times=3, delay=0.03, on=transient(), budget=budget)
def fetch_within_budget(client: httpx.Client, path: str) -> str:
    return client.get(path).raise_for_status().text


# Retries are logged anyway, as warnings of the logger "anew". Its records carry the facts; here these make a short row.


class Row(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        facts = vars(record)
        attempt = f"attempt {facts['anew.attempt']} of {facts['anew.times']}"
        return row(attempt, f"{facts['anew.error_type']:<28}", f"next attempt in {facts['anew.wait']:.2f} s", color=RED)


# One more hook looks on: entered when a retry is due, left right before the next attempt.


class Watch:
    def __init__(self) -> None:
        self.failures: list[type[Exception]] = []
        self.waits: list[float] = []

    @contextmanager
    def hook(self, details: RetryDetails) -> Iterator[None]:
        self.failures.append(type(details.exception))
        begun = time.perf_counter()
        yield
        self.waits.append(time.perf_counter() - begun)


watch = Watch()
set_on_retry_hooks([LoggingHook(), watch.hook])

# The rest runs all this, shows it, and checks what it did. (trust_env=False: no proxy on the way to this very process.)

COLORED = "NO_COLOR" not in os.environ and ("FORCE_COLOR" in os.environ or sys.stdout.isatty())
BOLD, RED, GREEN = "1", "31", "32"


def colored(text: str, color: str) -> str:
    return f"\033[{color}m{text}\033[0m" if COLORED else text


def row(label: str, what: str, more: str = "", *, color: str = GREEN) -> str:
    return f"   {label:<16}{colored(what, color)}{more}"


def title(text: str) -> None:
    watch.failures.clear()
    watch.waits.clear()
    print(f"\n{colored(text, BOLD)}\n")


def sync_part(client: httpx.Client) -> None:
    title("1. A call: the server is overloaded, breaks the connection, says nothing, and answers")
    check_report(fetch(client, "/report"))

    title("2. A download that breaks off in the middle")
    check_export(list(download(client, "/export")))


async def async_part(url: str) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=TIMEOUT, trust_env=False) as client:
        title("3. The same call in a coroutine, with the same decorator")
        check_report(await async_fetch(client, "/report"))

        title("4. The same download as an async generator")
        check_export([chunk async for chunk in async_download(client, "/export")])


def block_part(client: httpx.Client) -> None:
    title("5. The download once more, as a block in the middle of a function")
    attempt, checksum = checksum_of(client, "/export")
    check(attempt == 2, "the block was begun twice")
    check(checksum == hashlib.sha256(EXPORT).hexdigest(), "every byte arrived")
    print(row(f"attempt {attempt}", f"sha256 {checksum[:16]}..., as on the server"))


def down_part(client: httpx.Client) -> None:
    title("6. A server that stays down: an error with the facts")
    error = give_up(client, "/down")
    check(error.attempts == 3, "three attempts were made")
    check(error.reason == "attempts", "attempts had run out")
    check(error.__cause__ is error.last_exception, "the error has its cause")
    check(isinstance(error.last_exception, httpx.TransportError), "the cause is what httpx raised")
    print(row("RetryError", f"attempts={error.attempts}, reason={error.reason!r}", color=RED))
    print(row("", f"last_exception={error.last_exception!r}", color=RED))


def budget_part(client: httpx.Client) -> None:
    title("7. The same for 20 calls of three attempts each, with a budget of four retries")
    reasons: list[str] = []
    for _ in range(20):
        try:
            fetch_within_budget(client, "/down")
        except RetryError as error:
            reasons.append(error.reason)
    check(reasons == ["attempts"] * 2 + ["budget"] * 18, "the budget was spent after two calls")
    check(len(watch.failures) == 4, "a token was taken for each retry")
    print(row("requests", f"{20 + len(watch.failures)}, not 60"))


def check_report(text: str) -> None:
    check({httpx.HTTPStatusError, httpx.ReadError, httpx.ReadTimeout} <= {*watch.failures}, "every failure was seen")
    check(max(watch.waits) > 0.9, "the server was given the second it asked for")
    check(text == REPORT, "the answer came")
    print(row(f"attempt {len(watch.waits) + 1}", f"{text!r}"))
    print(row("waited", ", ".join(f"{wait:.2f} s" for wait in watch.waits), ": the server had asked for a second"))


def check_export(chunks: list[bytes]) -> None:
    received = b"".join(chunks)
    checksum = hashlib.sha256(received).hexdigest()
    check(len(watch.failures) > 0, "the download broke off")
    check(checksum == hashlib.sha256(EXPORT).hexdigest(), "every byte arrived once")
    print(row(f"attempt {len(watch.waits) + 1}", f"{len(received)} bytes in {len(chunks)} chunks, every byte once"))
    print(row("", f"sha256 {checksum[:16]}..., as on the server"))


def check(truth: bool, what: str) -> None:
    if not truth:
        raise SystemExit(f"\nNot as it should be: {what}")


SHOWN = """
Shown: one decorator for functions, coroutines, generators and blocks; waits that a server asks for;
downloads that start over; an error with the facts; a budget that bounds what retries add to a load.

Read on: docs/tutorial.md (twenty minutes), docs/reference/options.md (all options), docs/index.md.

All as it should be."""


if __name__ == "__main__":
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(Row())
    logging.getLogger("anew").addHandler(handler)
    with FlakyServer() as server:
        print(f"httpx through @retry, against a server that fails before it answers: {server.url}")
        with httpx.Client(base_url=server.url, timeout=TIMEOUT, trust_env=False) as http:
            sync_part(http)
            asyncio.run(async_part(server.url))
            block_part(http)
            down_part(http)
            budget_part(http)
    print(SHOWN)
