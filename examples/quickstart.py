"""What anew is for: httpx against a server that fails before it answers.

`python examples/quickstart.py` starts that server on loopback, takes a few seconds, shows every retry as it is logged,
and ends with an error if anything is not as it should be.
"""

import asyncio
import hashlib
import logging
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


# Retries are logged anyway, as warnings of the logger "anew". Here one more hook looks on: entered when a retry is due,
# left right before the next attempt.


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
logging.basicConfig(format="  %(message)s", stream=sys.stdout)

# The rest runs all this and checks what it did. (trust_env=False: no proxy on the way to this very process.)


def sync_part(client: httpx.Client) -> None:
    title("Fetch, sync: 503, a reset connection, silence, and the answer")
    check_report(fetch(client, "/report"))

    title("Download, sync: broken off in the middle, once")
    check_export(list(download(client, "/export")))


async def async_part(url: str) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=TIMEOUT, trust_env=False) as client:
        title("Fetch, async: the same")
        check_report(await async_fetch(client, "/report"))

        title("Download, async: the same")
        check_export([chunk async for chunk in async_download(client, "/export")])


def block_part(client: httpx.Client) -> None:
    title("A block: the download again, in the middle of a function")
    attempt, checksum = checksum_of(client, "/export")
    check(attempt == 2, "the block was begun twice")
    check(checksum == hashlib.sha256(EXPORT).hexdigest(), "every byte arrived")
    print(f"  sha256          {checksum[:16]}..., by attempt {attempt}")


def down_part(client: httpx.Client) -> None:
    title("A server that is down")
    error = give_up(client, "/down")
    check(error.attempts == 3, "three attempts were made")
    check(error.reason == "attempts", "attempts had run out")
    check(error.__cause__ is error.last_exception, "the error has its cause")
    check(isinstance(error.last_exception, httpx.TransportError), "the cause is what httpx raised")
    print(f"  RetryError      {error}")
    print(f"  attempts        {error.attempts}")
    print(f"  reason          {error.reason}")
    print(f"  last_exception  {error.last_exception!r}")
    print(f"  elapsed         {error.elapsed:.2f} s since the first failure")


def budget_part(client: httpx.Client) -> None:
    title("A server that is down, and a budget: 20 calls, three attempts each")
    reasons: list[str] = []
    for _ in range(20):
        try:
            fetch_within_budget(client, "/down")
        except RetryError as error:
            reasons.append(error.reason)
    check(reasons == ["attempts"] * 2 + ["budget"] * 18, "the budget was spent after two calls")
    check(len(watch.failures) == 4, "a token was taken for each retry")
    print(f"  requests        {20 + len(watch.failures)}, not 60")
    print(f"  budget          {budget}")


def title(text: str) -> None:
    watch.failures.clear()
    watch.waits.clear()
    print(f"\n{text}\n")


def check_report(text: str) -> None:
    check({httpx.HTTPStatusError, httpx.ReadError, httpx.ReadTimeout} <= {*watch.failures}, "every failure was seen")
    check(max(watch.waits) > 0.9, "the server was given the second it asked for")
    check(text == REPORT, "the answer came")
    print(f"  waits           {', '.join(f'{wait:.2f} s' for wait in watch.waits)}")
    print(f"  result          {text!r}")


def check_export(chunks: list[bytes]) -> None:
    received = b"".join(chunks)
    checksum = hashlib.sha256(received).hexdigest()
    check(len(watch.failures) > 0, "the download broke off")
    check(checksum == hashlib.sha256(EXPORT).hexdigest(), "every byte arrived once")
    print(f"  received        {len(received)} bytes in {len(chunks)} chunks")
    print(f"  sha256          {checksum[:16]}..., as on the server: every byte arrived once")


def check(truth: bool, what: str) -> None:
    if not truth:
        raise SystemExit(f"\nNot as it should be: {what}")


if __name__ == "__main__":
    with FlakyServer() as server:
        print(f"httpx through @retry, against a server that fails before it answers: {server.url}")
        with httpx.Client(base_url=server.url, timeout=TIMEOUT, trust_env=False) as http:
            sync_part(http)
            asyncio.run(async_part(server.url))
            block_part(http)
            down_part(http)
            budget_part(http)
    print("\nAll as it should be.")
