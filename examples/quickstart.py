"""What anew is for: httpx against a server that fails before it answers.

`python examples/quickstart.py` starts that server on loopback, takes a few seconds, shows every retry as it happens,
and ends with an error if anything is not as it should be.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator

import httpx
from attempt_log import AttemptLog
from flaky_server import EXPORT, REPORT, FlakyServer

from anew import RetryError, retry

# This and the delays below are short so that you need not wait; 1 second is the default delay.
TIMEOUT = httpx.Timeout(5, read=0.4)
CHUNK = 4096

log = AttemptLog()


def worth_retrying(exc: Exception) -> bool | float:
    """Broken connections, and an overloaded server: if it says for how long, wait exactly that (within `timeout`)."""
    if isinstance(exc, httpx.HTTPStatusError) and exc.response.status_code in {429, 503}:
        after: str = exc.response.headers.get("Retry-After", "")
        return float(after) if after.isdecimal() else True
    return isinstance(exc, httpx.TransportError)


# Sync and async: the same options, the same code but for `async` and `await`.


@retry(times=5, delay=0.03, timeout=30, on=worth_retrying, on_retry=log.failed, on_success=log.succeeded)
def fetch(client: httpx.Client, path: str) -> str:
    response = client.get(path)
    response.raise_for_status()
    return response.text


@retry(times=5, delay=0.03, timeout=30, on=worth_retrying, on_retry=log.failed, on_success=log.succeeded)
async def async_fetch(client: httpx.AsyncClient, path: str) -> str:
    response = await client.get(path)
    response.raise_for_status()
    return response.text


# A stream that breaks is started over, and the items already delivered are dropped. "skip" counts items, so they must
# be the same each time: chunks of one size, not the pieces in which the network happens to bring them.


@retry(times=5, delay=0.03, on=worth_retrying, replay="skip", on_retry=log.failed, on_success=log.succeeded)
def download(client: httpx.Client, path: str) -> Iterator[bytes]:
    with client.stream("GET", path) as response:
        response.raise_for_status()
        yield from response.iter_bytes(CHUNK)


@retry(times=5, delay=0.03, on=worth_retrying, replay="skip", on_retry=log.failed, on_success=log.succeeded)
async def async_download(client: httpx.AsyncClient, path: str) -> AsyncIterator[bytes]:
    async with client.stream("GET", path) as response:
        response.raise_for_status()
        async for chunk in response.aiter_bytes(CHUNK):
            yield chunk


# Once the attempts have run out there is a RetryError. A policy can also make a single call of anything.

patient_no_more = retry(times=3, delay=0.03, on=httpx.TransportError, on_retry=log.failed, on_failure=log.gave_up)


def give_up(client: httpx.Client, path: str) -> RetryError:
    try:
        response = patient_no_more.call(client.get, path)
    except RetryError as error:
        return error
    raise SystemExit(f"Not as it should be: {path} answered {response}")


# The rest runs these five and checks what they did. (trust_env=False: no proxy on the way to this very process.)


def sync_part(url: str) -> None:
    with httpx.Client(base_url=url, timeout=TIMEOUT, trust_env=False, event_hooks=log.hooks) as client:
        log.title("Fetch, sync: 503, a reset connection, silence, and the answer")
        check_report(fetch(client, "/report"))

        log.title("Download, sync: broken off in the middle, once")
        check_export(list(download(client, "/export")))


async def async_part(url: str) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=TIMEOUT, trust_env=False, event_hooks=log.async_hooks) as client:
        log.title("Fetch, async: the same")
        check_report(await async_fetch(client, "/report"))

        log.title("Download, async: the same")
        check_export([chunk async for chunk in async_download(client, "/export")])


def down_part(url: str) -> None:
    with httpx.Client(base_url=url, timeout=TIMEOUT, trust_env=False, event_hooks=log.hooks) as client:
        log.title("A server that is down")
        check_error(give_up(client, "/down"))


def check_report(text: str) -> None:
    kinds = {type(exc) for exc in log.failures}
    check({httpx.HTTPStatusError, httpx.ReadError, httpx.ReadTimeout} <= kinds, "every kind of failure was seen")
    check(max(log.waits) > 0.9, "the server was given the second it asked for")
    check(text == REPORT, "the answer came")
    print(f"\n  result          {text!r}")


def check_export(chunks: list[bytes]) -> None:
    received = b"".join(chunks)
    checksum = hashlib.sha256(received).hexdigest()
    check(len(log.failures) > 0, "the download broke off")
    check(checksum == hashlib.sha256(EXPORT).hexdigest(), "every byte arrived once")
    print(f"\n  received        {len(received)} bytes in {len(chunks)} chunks")
    print(f"  sha256          {checksum[:16]}..., as on the server: every byte arrived once")


def check_error(error: RetryError) -> None:
    check(error.attempts == 3, "three attempts were made")
    check(error.reason == "attempts", "attempts had run out")
    check(error.__cause__ is error.last_exception, "the error has its cause")
    check(isinstance(error.last_exception, httpx.TransportError), "the cause is what httpx raised")
    print(f"\n  RetryError      {error}")
    print(f"  attempts        {error.attempts}")
    print(f"  reason          {error.reason}")
    print(f"  last_exception  {error.last_exception!r}")
    print(f"  elapsed         {error.elapsed:.2f} s since the first failure")


def check(truth: bool, what: str) -> None:
    if not truth:
        raise SystemExit(f"\nNot as it should be: {what}")


if __name__ == "__main__":
    with FlakyServer() as server:
        print(f"httpx through @retry, against a server that fails before it answers: {server.url}")
        sync_part(server.url)
        asyncio.run(async_part(server.url))
        down_part(server.url)
    print("\nAll as it should be.")
