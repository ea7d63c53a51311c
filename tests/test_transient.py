"""`anew.transient`: what the exceptions of HTTP clients say, and which of them are worth another attempt.

Each client raises for itself, against a real server on loopback.
"""

from __future__ import annotations

import asyncio
import errno
import http.client
import os
import pickle
import socket
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, formatdate
from http import HTTPStatus
from itertools import repeat
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock, MagicMock, Mock

import aiohttp
import botocore.config
import botocore.exceptions
import botocore.session
import httpx
import pytest
import requests
import requests.adapters
import trio
import urllib3
from http_server import (
    BODY,
    Dumb,
    Server,
    answer,
    half,
    half_and_reset,
    hang_up,
    reset,
    silence,
    unknown_certificate,
)
from hypothesis import example, given
from hypothesis import strategies as st

import anew
from anew import RetryError, _clock, retry
from anew.transient import retry_after, transient

TRANSIENT = [408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 527, 529]
WITH_A_WAIT = [403, 409, 413, 423]
NOT_TRANSIENT = [400, 401, 404, 405, 406, 410, 412, 418, 422, 451, 499, 501, 505, 507, 511, 525, 599]

NOW = 1_600_001_000.0  # where the clock of the tests begins
DATE = "Sun, 13 Sep 2020 12:43:20 GMT"  # the same
LATER = "Sun, 13 Sep 2020 12:43:50 GMT"  # 30 seconds after it

TLS = ssl.create_default_context()  # making one takes longer than all the rest


# The clients. Each gets a URL, and gives the body or raises.


def by_httpx(url: str, patience: float) -> bytes:
    with httpx.Client(trust_env=False, timeout=patience, verify=TLS, follow_redirects=True) as client:
        return client.get(url).raise_for_status().content


async def a_httpx(url: str, patience: float) -> bytes:
    async with httpx.AsyncClient(trust_env=False, timeout=patience, verify=TLS, follow_redirects=True) as client:
        return (await client.get(url)).raise_for_status().content


def by_requests(url: str, patience: float) -> bytes:
    with requests.Session() as session:
        session.trust_env = False
        with session.get(url, timeout=patience) as response:
            response.raise_for_status()
            return response.content


async def a_aiohttp(url: str, patience: float) -> bytes:
    limit = aiohttp.ClientTimeout(sock_connect=patience, sock_read=patience)
    async with (
        aiohttp.ClientSession(timeout=limit, raise_for_status=True) as session,
        session.get(url) as response,
    ):
        return await response.read()


async def a_aiohttp_in_all(url: str, patience: float) -> bytes:
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(patience), raise_for_status=True) as session,
        session.get(url) as response,
    ):
        return await response.read()


OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=TLS))


def by_urllib(url: str, patience: float) -> bytes:
    try:
        with OPENER.open(url, timeout=patience) as response:
            return response.read()
    except urllib.error.HTTPError as error:
        error.close()
        raise


class StatusError(urllib3.exceptions.HTTPError):
    """urllib3 has no exception for a status, so those who want one have their own."""

    def __init__(self, response: urllib3.BaseHTTPResponse) -> None:
        super().__init__(f"status {response.status}")
        self.response = response


def by_urllib3(url: str, patience: float) -> bytes:
    with urllib3.PoolManager(timeout=patience, retries=urllib3.Retry(0, redirect=3)) as pool:
        response = pool.request("GET", url)
        if response.status >= 400:
            raise StatusError(response)
        return response.data


def by_urllib3_unwrapped(url: str, patience: float) -> bytes:
    with urllib3.PoolManager(timeout=patience, retries=False, ssl_context=TLS) as pool:
        response = pool.request("GET", url)
        if response.status >= 400:
            raise StatusError(response)
        return response.data


AWS = botocore.session.Session()


def by_botocore(url: str, patience: float) -> bytes:
    client = AWS.create_client(
        "s3",
        endpoint_url=url,
        region_name="eu-central-1",
        aws_access_key_id="-",
        aws_secret_access_key="-",  # noqa: S106 - there is nothing to open
        config=botocore.config.Config(
            connect_timeout=patience,
            read_timeout=patience,
            proxies={},
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path"},
        ),
    )
    try:
        with client.get_object(Bucket="bucket", Key="key")["Body"] as body:
            return body.read()
    finally:
        client.close()


class GitHubError(Exception):
    """Like gidgethub's: a status of the standard library, and the headers as they came."""

    def __init__(self, status_code: HTTPStatus, headers: Any) -> None:
        super().__init__(status_code.phrase)
        self.status_code = status_code
        self.headers = headers


def like_gidgethub(url: str, patience: float) -> bytes:
    host = url.split("/")[2]
    secure = url.startswith("https")
    connection = (
        http.client.HTTPSConnection(host, timeout=patience, context=TLS)
        if secure
        else http.client.HTTPConnection(host, timeout=patience)
    )
    try:
        connection.request("GET", "/")
        with connection.getresponse() as response:
            if response.status in set(HTTPStatus) and response.status >= 400:
                raise GitHubError(HTTPStatus(response.status), response.getheaders())
            return response.read()
    finally:
        connection.close()


@dataclass(frozen=True)
class Client:
    name: str
    get: Callable[[str, float], bytes]

    def __call__(self, url: str, patience: float = 10) -> bytes:
        return self.get(url, patience)

    def fails(self, url: str, patience: float = 10) -> Exception:
        with pytest.raises(Exception) as caught:  # noqa: PT011 - each client has its own
            self.get(url, patience)
        return caught.value


def on_asyncio(get: Callable[[str, float], Any]) -> Callable[[str, float], bytes]:
    return lambda url, patience: asyncio.run(get(url, patience))


CLIENTS = [
    Client("httpx", by_httpx),
    Client("httpx-asyncio", on_asyncio(a_httpx)),
    Client("httpx-trio", lambda url, patience: trio.run(a_httpx, url, patience)),
    Client("requests", by_requests),
    Client("aiohttp", on_asyncio(a_aiohttp)),
    Client("aiohttp-in-all", on_asyncio(a_aiohttp_in_all)),
    Client("urllib", by_urllib),
    Client("urllib3", by_urllib3),
    Client("urllib3-unwrapped", by_urllib3_unwrapped),
    Client("botocore", by_botocore),
    Client("like-gidgethub", like_gidgethub),
]


@pytest.fixture(params=CLIENTS, ids=lambda client: client.name)
def client(request: pytest.FixtureRequest) -> Client:
    """Each of the clients."""
    return request.param


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


class Failed(Exception):
    """As plain as it gets: a status and headers."""

    def __init__(self, headers: Any = None, status: Any = 503) -> None:
        super().__init__(status)
        self.status = status
        self.headers = headers


def asked(value: Any, **headers: str) -> float | None:
    return retry_after(Failed({"Retry-After": value, **headers}))


class TestClients:
    def test_the_server_is_real(self, client: Client, server: Server) -> None:
        """
        All clients understand what the server says when all is well.
        """
        server.will(answer(200))

        assert BODY == client(server.url)

    def test_transient_statuses(self, client: Client, server: Server) -> None:
        """
        Statuses that may be different the next time are retried, by the policy's own backoff if nothing is asked.
        """
        for status in TRANSIENT:
            if client.name != "like-gidgethub" or status in set(HTTPStatus):
                server.will(answer(status))

                assert transient()(client.fails(server.url)) is True, status

    def test_statuses_that_need_a_wait(self, client: Client, server: Server, draws: Any) -> None:
        """
        A limit that is told with another status is waited for, if the server says how long.
        """
        draws(0)
        for status in WITH_A_WAIT:
            server.will(answer(status), answer(status, ("Retry-After", "7")))

            assert transient()(client.fails(server.url)) is False, status
            assert 7.0 == transient()(client.fails(server.url)), status

    def test_other_statuses(self, client: Client, server: Server) -> None:
        """
        All other statuses are not retried, even if the server says when.
        """
        for status in NOT_TRANSIENT:
            if client.name != "like-gidgethub" or status in set(HTTPStatus):
                server.will(answer(status, ("Retry-After", "1")))

                assert transient()(client.fails(server.url)) is False, status

    def test_retry_after(self, client: Client, server: Server) -> None:
        """
        Seconds and dates are read, whatever the capitals of the header; what is past is 0, junk is nothing.
        """
        for name, value, seconds in [
            ("Retry-After", "3", 3.0),
            ("retry-after", "0", 0.0),
            ("RETRY-AFTER", "86400", 86400.0),
            ("Retry-After", LATER, 30.0),
            ("retry-after", "Sunday, 13-Sep-20 12:43:50 GMT", 30.0),
            ("Retry-After", "Sun Sep 13 12:43:50 2020", 30.0),
            ("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
            ("Retry-After", "soon", None),
            ("Retry-After", "-1", None),
            ("Retry-After", "", None),
        ]:
            server.will(answer(503, (name, value)))

            assert seconds == retry_after(client.fails(server.url)), (name, value)

    def test_no_header(self, client: Client, server: Server) -> None:
        """
        Where there is no header there is no wait.
        """
        server.will(answer(503))

        assert retry_after(client.fails(server.url)) is None

    def test_headers_that_came_several_times(self, client: Client, server: Server) -> None:
        """
        The longest wait counts, and a client that joins headers with commas makes no difference.
        """
        server.will(answer(503, ("Retry-After", "2"), ("Retry-After", LATER), ("Retry-After", "4")))

        assert 30.0 == retry_after(client.fails(server.url))

    def test_waits_as_long_as_asked(self, client: Client, server: Server, clock: Any, draws: Any) -> None:
        """
        A retried request waits as long as the server asked, and a little more; without that, by its own backoff.
        """
        server.will(answer(503, ("Retry-After", "8")), half, answer(429, ("Retry-After", LATER)), answer(200))
        draws(0.5)
        clock.advance(-11)  # the first two waits

        result = retry(on=transient(), times=4, jitter=False).call(client, server.url)

        assert BODY == result
        assert [9.0, 2.0, 30 * 1.125] == clock.waits

    def test_asked_for_too_much(self, client: Client, server: Server, clock: Any) -> None:
        """
        Whoever asks for more than the limit is left alone: the failure leaves as it is, after one request.
        """
        server.will(answer(503, ("Retry-After", "61")))

        with pytest.raises(Exception) as caught:  # noqa: PT011 - each client has its own
            retry(on=transient(), times=5).call(client, server.url)

        assert not isinstance(caught.value, RetryError)
        assert 61.0 == retry_after(caught.value)
        assert [] == clock.waits
        assert 1 == server.requests

    @pytest.mark.parametrize("turn", [half, half_and_reset, hang_up, reset], ids=lambda turn: turn.__name__)
    def test_broken_connections(self, client: Client, server: Server, turn: Any) -> None:
        """
        A connection that ends or breaks before the answer is complete is retried.
        """
        server.will(turn)

        error = client.fails(server.url)

        assert transient()(error) is True
        assert retry_after(error) is None

    def test_read_timeout(self, client: Client, server: Server) -> None:
        """
        A server that does not answer in time is asked again.
        """
        server.will(silence)

        assert transient()(client.fails(server.url, patience=0.05)) is True

    def test_refused_connections(self, client: Client) -> None:
        """
        A server that is not there may be there later.
        """
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))

            assert transient()(client.fails(f"http://127.0.0.1:{unused.getsockname()[1]}/")) is True

    def test_unknown_hosts(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        A name that cannot be looked up just now is retried.
        """

        def fail(*args: object, **kwargs: object) -> Any:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

        monkeypatch.setattr(socket, "getaddrinfo", fail)

        assert transient()(client.fails("http://example.invalid/")) is True

    def test_tls_where_there_is_none(self, client: Client, server: Server) -> None:
        """
        A server that does not speak TLS is not retried.
        """
        assert transient()(client.fails(server.url.replace("http:", "https:"))) is False

    def test_unknown_certificates(self, client: Client, tmp_path: Path) -> None:
        """
        A certificate that is not trusted is not retried.
        """
        with Server(context=unknown_certificate(tmp_path)) as server:
            error = client.fails(server.url)

        assert transient()(error) is False

    def test_tls_that_breaks_off(self, client: Client) -> None:
        """
        A connection that ends while TLS is being set up is a broken connection.
        """
        with Server(Dumb) as server:
            error = client.fails(server.url.replace("http:", "https:"))

        assert transient()(error) is True

    @pytest.mark.parametrize("url", ["nowhere", "ftp://127.0.0.1:1/", "http://", "http://[::1/"])
    def test_wrong_urls(self, client: Client, url: str) -> None:
        """
        What is wrong on our side is not retried.
        """
        if client.name == "like-gidgethub" or (client.name == "urllib" and url.startswith("ftp")):
            pytest.skip("it does not look, or speaks FTP")

        assert transient()(client.fails(url)) is False

    def test_redirects_without_end(self, client: Client, server: Server) -> None:
        """
        Too many redirects are not retried.
        """
        if client.name in ("like-gidgethub", "urllib3-unwrapped"):
            pytest.skip("it does not follow redirects")
        server.will(answer(302, ("Location", "/")))

        assert transient()(client.fails(server.url)) is False


def test_every_way(way: Any, server: Server, clock: Any, draws: Any) -> None:
    """
    The hook works for every kind of callable.
    """
    server.will(answer(503, ("Retry-After", "4")), hang_up, answer(200))
    draws(0.5)

    result = way.run(retry(on=transient(), jitter=False), lambda: by_httpx(server.url, 10))

    assert BODY == result
    assert [4.5, 2.0] == clock.waits


class TestWhatClientsRetryThemselves:
    FORCED = urllib3.Retry(0, status_forcelist=range(400, 600), redirect=2)

    def by_urllib3(self, url: str) -> None:
        with urllib3.PoolManager(timeout=10, retries=self.FORCED) as pool:
            pool.request("GET", url)

    def by_requests(self, url: str) -> None:
        with requests.Session() as session:
            session.trust_env = False
            session.mount("http://", requests.adapters.HTTPAdapter(max_retries=self.FORCED))
            session.get(url, timeout=10)

    @pytest.mark.parametrize(
        ("get", "error"),
        [(by_urllib3, urllib3.exceptions.MaxRetryError), (by_requests, requests.exceptions.RetryError)],
    )
    def test_too_many_error_responses(self, server: Server, get: Any, error: type[Exception]) -> None:
        """
        All that urllib3 keeps of a status is a text, which is understood; what the server asked is lost.
        """
        for status, expected in [(503, True), (429, True), (404, False), (400, False)]:
            server.will(answer(status, ("Retry-After", "3")))
            with pytest.raises(error) as caught:
                get(self, server.url)

            assert transient()(caught.value) is expected
            assert retry_after(caught.value) is None

    def test_too_many_redirects(self, server: Server) -> None:
        """
        The same error, but for redirects, is not retried.
        """
        server.will(answer(302, ("Location", "/")))
        with pytest.raises(urllib3.exceptions.MaxRetryError) as caught:
            self.by_urllib3(server.url)

        assert transient()(caught.value) is False


def wrapped(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


REQUEST = httpx.Request("GET", "http://localhost")
EOF = ssl.SSLEOFError(8, "EOF occurred in violation of protocol")
HANDSHAKE = ssl.SSLError(1, "[SSL: SSLV3_ALERT_HANDSHAKE_FAILURE]")
KEY: Any = SimpleNamespace(host="localhost", port=80, ssl=True, is_ssl=True)


class MyConnectError(httpx.ConnectError):
    """A user's own."""


class LostConnection(MyConnectError, LookupError):
    """A user's own, further down."""


class TestKinds:
    @pytest.mark.parametrize(
        "error",
        [
            ConnectionError(),
            ConnectionResetError(),
            BrokenPipeError(),
            TimeoutError(),
            asyncio.TimeoutError(),  # noqa: UP041 - under the name that asyncio gives it
            trio.TooSlowError(),
            socket.gaierror(socket.EAI_AGAIN, "again"),
            socket.herror(),
            OSError(errno.ENETUNREACH, "Network is unreachable"),
            OSError(errno.EHOSTUNREACH, "No route to host"),
            EOF,
            ssl.SSLZeroReturnError(),
            http.client.RemoteDisconnected(),
            http.client.IncompleteRead(b""),
            http.client.BadStatusLine("?"),
            urllib.error.URLError(TimeoutError()),
            urllib.error.URLError(OSError(errno.ENETDOWN, "Network is down")),
            urllib.error.ContentTooShortError("", (b"", Mock())),
            httpx.ConnectError(""),
            httpx.ConnectTimeout(""),
            httpx.ReadError(""),
            httpx.ReadTimeout(""),
            httpx.WriteError(""),
            httpx.WriteTimeout(""),
            httpx.CloseError(""),
            httpx.PoolTimeout(""),
            httpx.ProxyError(""),
            httpx.RemoteProtocolError(""),
            wrapped(httpx.ConnectError(""), EOF),
            MyConnectError(""),
            LostConnection(""),
            requests.ConnectionError(),
            requests.ConnectTimeout(),
            requests.ReadTimeout(),
            requests.Timeout(),
            requests.exceptions.ChunkedEncodingError(),
            requests.exceptions.ProxyError(),
            requests.exceptions.SSLError(
                urllib3.exceptions.MaxRetryError(Mock(), "/", urllib3.exceptions.SSLError(EOF))
            ),
            aiohttp.ClientConnectionError(),
            aiohttp.ClientConnectionResetError(),
            aiohttp.ClientOSError(),
            aiohttp.ClientConnectorError(KEY, OSError()),
            aiohttp.ClientProxyConnectionError(KEY, OSError()),
            aiohttp.ClientConnectorSSLError(KEY, EOF),
            aiohttp.ClientPayloadError(),
            aiohttp.ServerDisconnectedError(),
            aiohttp.ServerTimeoutError(),
            aiohttp.ConnectionTimeoutError(),
            aiohttp.SocketTimeoutError(),
            urllib3.exceptions.NewConnectionError(Mock(), ""),
            urllib3.exceptions.NameResolutionError("", Mock(), socket.gaierror()),
            urllib3.exceptions.ConnectTimeoutError(),
            urllib3.exceptions.ReadTimeoutError(Mock(), "/", ""),
            urllib3.exceptions.ProtocolError(),
            urllib3.exceptions.IncompleteRead(1, 2),
            urllib3.exceptions.InvalidChunkLength(Mock(status=200), b"?"),
            urllib3.exceptions.ProxyError("", OSError()),
            urllib3.exceptions.EmptyPoolError(Mock(), ""),
            urllib3.exceptions.MaxRetryError(Mock(), "/", urllib3.exceptions.ProtocolError()),
            botocore.exceptions.EndpointConnectionError(endpoint_url=""),
            botocore.exceptions.ConnectTimeoutError(endpoint_url=""),
            botocore.exceptions.ReadTimeoutError(endpoint_url=""),
            botocore.exceptions.ConnectionClosedError(endpoint_url=""),
            botocore.exceptions.ProxyConnectionError(proxy_url=""),
            botocore.exceptions.ResponseStreamingError(error=""),
            botocore.exceptions.IncompleteReadError(actual_bytes=1, expected_bytes=2),
            botocore.exceptions.HTTPClientError(error=TimeoutError()),
            botocore.exceptions.SSLError(endpoint_url="", error=urllib3.exceptions.SSLError(EOF)),
        ],
        ids=lambda error: f"{type(error).__module__}.{type(error).__name__}",
    )
    def test_transient(self, error: Exception) -> None:
        """
        What says that a connection broke, could not be made or took too long is retried; subclasses of users too.
        """
        assert transient()(error) is True

    @pytest.mark.parametrize(
        "error",
        [
            Exception(),
            ValueError(),
            OSError(),
            OSError(errno.ENOSPC, "No space left on device"),
            OSError([], "?"),
            FileNotFoundError(),
            EOFError(),
            HANDSHAKE,
            ssl.SSLCertVerificationError(),
            http.client.InvalidURL(),
            http.client.CannotSendRequest(),
            urllib.error.URLError("unknown url type: nope"),
            urllib.error.URLError(ssl.SSLCertVerificationError()),
            urllib.error.URLError(FileNotFoundError()),
            httpx.InvalidURL(""),
            httpx.UnsupportedProtocol(""),
            httpx.LocalProtocolError(""),
            httpx.DecodingError(""),
            httpx.TooManyRedirects(""),
            httpx.StreamConsumed(),
            wrapped(httpx.ConnectError(""), wrapped(OSError(), HANDSHAKE)),
            requests.exceptions.SSLError(),
            requests.exceptions.InvalidURL(),
            requests.exceptions.MissingSchema(),
            requests.exceptions.TooManyRedirects(),
            requests.exceptions.ContentDecodingError(),
            requests.exceptions.JSONDecodeError("", "", 0),
            requests.exceptions.RetryError(),
            aiohttp.InvalidURL(""),
            aiohttp.NonHttpUrlClientError(),
            aiohttp.ClientConnectorSSLError(KEY, HANDSHAKE),
            aiohttp.ClientConnectorCertificateError(KEY, ssl.SSLCertVerificationError()),
            aiohttp.ServerFingerprintMismatch(b"", b"", "", 0),
            urllib3.exceptions.SSLError(),
            urllib3.exceptions.SSLError(HANDSHAKE),
            urllib3.exceptions.MaxRetryError(Mock(), "/"),
            urllib3.exceptions.MaxRetryError(Mock(), "/", urllib3.exceptions.SSLError(HANDSHAKE)),
            urllib3.exceptions.ResponseError(),
            urllib3.exceptions.LocationParseError(""),
            urllib3.exceptions.DecodeError(),
            urllib3.exceptions.ResponseNotChunked(),
            urllib3.exceptions.ClosedPoolError(Mock(), ""),
            botocore.exceptions.SSLError(endpoint_url="", error=HANDSHAKE),
            botocore.exceptions.HTTPClientError(error="?"),
            botocore.exceptions.NoCredentialsError(),
            botocore.exceptions.ParamValidationError(report=""),
        ],
        ids=lambda error: f"{type(error).__module__}.{type(error).__name__}",
    )
    def test_not_transient(self, error: Exception) -> None:
        """
        What will be the same the next time is not retried.
        """
        assert transient()(error) is False

    def test_what_is_raised_from_it_is_not_it(self) -> None:
        """
        An error of the application's own, raised from one that is transient, is the application's business.
        """
        assert transient()(wrapped(ValueError(), ConnectionError())) is False

    def test_causes_that_go_round_in_circles(self) -> None:
        """
        Even so there is an answer.
        """
        error = urllib.error.URLError("")
        error.reason = wrapped(urllib.error.URLError(error), error)

        assert transient()(error) is False

    def test_throttling_with_another_status(self) -> None:
        """
        AWS throttles with the status 400, too, and its code counts.
        """
        response = {"Error": {"Code": "ThrottlingException"}, "ResponseMetadata": {"HTTPStatusCode": 400}}

        assert transient()(botocore.exceptions.ClientError(response, "Scan")) is True

    @pytest.mark.parametrize("status", [502, 501])
    def test_a_status_counts_more_than_a_kind(self, status: int) -> None:
        """
        A connection error that has a status is judged by that.
        """

        class BadGateway(ConnectionError):
            status_code = status

        assert transient()(BadGateway()) is (status == 502)


class TestGroups:
    def test_all_members_transient(self, draws: Any) -> None:
        """
        A group is retried if all of its members are, and waits for the one that asks for most.
        """
        draws(0)
        group = ExceptionGroup("", [Failed({"Retry-After": "2"}), ExceptionGroup("", [Failed({"Retry-After": "7"})])])

        assert transient()(ExceptionGroup("", [ConnectionError(), Failed()])) is True
        assert 7.0 == transient()(group)
        assert 7.0 == retry_after(group)
        assert transient(limit=6)(group) is False

    def test_one_member_is_not(self) -> None:
        """
        One member that is not transient spoils the group.
        """
        assert transient()(ExceptionGroup("", [Failed(), ValueError()])) is False

    @pytest.mark.needs("CPython")
    def test_task_groups(self, server: Server, clock: Any, draws: Any) -> None:
        """
        Requests made in a task group are retried together.
        """
        server.will(answer(503, ("Retry-After", "4")), answer(200))
        draws(0)

        async def fetch() -> list[bytes]:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(a_httpx(server.url, 10)) for _ in range(2)]
            return [task.result() for task in tasks]

        assert [BODY, BODY] == asyncio.run(retry(on=transient())(fetch)())
        assert [4.0] == clock.waits


class TestNested:
    def test_retry_errors(self, server: Server) -> None:
        """
        Retries inside retries do not multiply: what has been given up on is not retried.
        """
        server.will(answer(503))
        policy = retry(on=transient(), delay=0)

        with pytest.raises(RetryError):
            policy.call(policy(by_httpx), server.url, 10)

        assert 3 == server.requests

    @pytest.mark.parametrize(
        "make",
        [
            lambda error: error,
            lambda error: wrapped(httpx.ConnectError(""), error),
            lambda error: wrapped(Failed(), error),
            lambda error: urllib.error.URLError(error),
            lambda error: ExceptionGroup("", [TimeoutError(), error]),
        ],
    )
    def test_wherever_they_are(self, make: Any) -> None:
        """
        Nor is what was raised from such an error, or has it inside.
        """

        class Exhausted(RetryError, ConnectionError):
            status = 503

        for error in RetryError(3, ConnectionError()), Exhausted(3, ConnectionError()):
            assert transient()(make(error)) is False

    @pytest.mark.parametrize("reraise", [True, False])
    def test_layers_do_not_multiply(self, reraise: bool, hopeless: Any, clock: Any) -> None:
        """
        What a retry further down gave up on is not retried again, also where it left as itself.
        """
        work = hopeless()
        policy = retry(times=3, on=transient(), reraise=reraise)

        with pytest.raises((RetryError, ConnectionError)):
            policy.call(lambda: policy.call(lambda: policy.call(work)))

        assert 3 == work.calls


class TestRetryAfter:
    @pytest.mark.parametrize(
        ("value", "seconds"),
        [
            ("0", 0.0),
            ("007", 7.0),
            ("1.5", 1.5),
            ("0.25", 0.25),
            (" 5 ", 5.0),
            (b"5", 5.0),
            (5, 5.0),
            (1.5, 1.5),
            ("4, 9, 2", 9.0),
            ("4, soon", 4.0),
            (f"3, {LATER}", 30.0),
            (f"{LATER}, 40", 40.0),
            (f"{DATE}, {LATER}", 30.0),
            (DATE, 0.0),
            (LATER, 30.0),
            (LATER.encode(), 30.0),
            (LATER.removesuffix(" GMT"), 30.0),
            ("Sunday, 13-Sep-20 12:43:50 GMT", 30.0),
            ("Sunday, 13-Sep-20 12:43:50", 30.0),
            ("Sun Sep 13 12:43:50 2020", 30.0),
            ("Sun Sep 13 12:43:50 2020 GMT", 30.0),
            ("Sun, 13 Sep 2020 14:43:50 +0200", 30.0),
            ("Sun, 13 Sep 2020 12:43:50 -0000", 30.0),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
            ("Sunday, 06-Nov-94 08:49:37 GMT", 0.0),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 253402300799 - NOW),
            ('"120"', 120.0),
            ("5s", 5.0),
            ("1m0s", 60.0),
            ("1h1m1.5s", 3661.5),
            ("250ms", 0.25),
            ("1600001030", 30.0),
            ("1600001030.5", 30.5),
            ("1600001030000", 30.0),
            ("1599999999", 0.0),
            (1600001030, 30.0),
            ("1000000000", 1e9),
        ],
    )
    def test_read(self, value: Any, seconds: float) -> None:
        """
        Seconds, with a fraction too, and the three formats of dates, with and without the zone; also several at once.
        """
        assert seconds == asked(value)

    @pytest.mark.parametrize(
        "value",
        [
            "",
            " ",
            ",",
            "soon",
            "-5",
            "+5",
            ".5",
            "5.",
            "1e3",
            "1e400",
            "nan",
            "inf",
            "-inf",
            "infinity",
            "0x10",
            "1_000",
            "\N{FULLWIDTH DIGIT ONE}",
            "\N{SUPERSCRIPT TWO}",
            "2015-10-21T07:28:00Z",
            "Sun, 99 Sep 2020 12:43:50 GMT",
            "Sun, 13 Sep 2020 99:43:50 GMT",
            "Sun, 13 Sep 99999 12:43:50 GMT",
            "Sun, 13 Sep 2020 12:43:50 +99999999999999999999",
            b"\xff\xfe",
            -5,
            -1.5,
            float("nan"),
            float("inf"),
            True,
            None,
            timedelta(seconds=5),
            [],
            ["5"],
            MagicMock(),
            object(),
        ],
        ids=lambda value: repr(value) if type(value) in (str, bytes, int, float) else type(value).__name__,
    )
    def test_junk(self, value: Any) -> None:
        """
        What cannot be read is no wait, and the status alone decides.
        """
        assert asked(value) is None
        assert transient()(Failed({"Retry-After": value})) is True

    def test_numbers_that_python_does_not_print(self) -> None:
        """
        An integer with thousands of digits is junk too.
        """
        assert asked(10**5000) is None

    def test_very_long(self) -> None:
        """
        A number beyond all floats is still a finite one, and longer than any limit.
        """
        assert 1e300 == asked("9" * 400)
        assert transient(limit=1e299)(Failed({"Retry-After": "9" * 400})) is False

    @pytest.mark.parametrize(
        ("date", "seconds"),
        [
            (formatdate(NOW - 20, usegmt=True), 50.0),  # their clock is slow, or ours is fast
            (formatdate(NOW + 20, usegmt=True), 10.0),
            (formatdate(NOW + 40, usegmt=True), 0.0),
            (formatdate(NOW - 3601, usegmt=True), 30.0),  # an old response, or no clock to speak of
            (formatdate(NOW + 3601, usegmt=True), 30.0),
            ("yesterday", 30.0),
        ],
    )
    def test_clocks_that_differ(self, date: str, seconds: float) -> None:
        """
        A date counts from the response's own date, if there is one that can be believed.
        """
        assert seconds == asked(LATER, Date=date)
        assert 5.0 == asked("5", Date=date)

    def test_time_passes(self, clock: Any) -> None:
        """
        A date comes nearer.
        """
        clock.advance(12.5)

        assert 17.5 == asked(LATER)

    @pytest.mark.real_time
    def test_the_real_clock(self) -> None:
        """
        A date long after now is long after now, and one long before is 0.
        """
        now = datetime.now(UTC)

        assert 86000 < (asked(format_datetime(now + timedelta(days=1), usegmt=True)) or 0) < 86500
        assert 0.0 == asked(format_datetime(now - timedelta(days=1), usegmt=True))


class CaseInsensitive(Mapping[str, str]):
    def __init__(self, **values: str) -> None:
        self.values_ = values

    def __getitem__(self, name: str) -> str:
        return self.values_[name.lower().replace("-", "_")]

    def __iter__(self) -> Iterator[str]:
        return iter(name.replace("_", "-") for name in self.values_)

    def __len__(self) -> int:
        return len(self.values_)


class OnlyGet:
    def get(self, name: str) -> str | None:
        return "5" if name.lower() == "retry-after" else None


class OnlyExact:
    """Knows headers by the name that they were sent with."""

    def get(self, name: str, default: Any = None) -> Any:
        return {"Retry-After": "5"}.get(name, default)


class OnlySubscript:
    def __getitem__(self, name: str) -> str:
        return {"retry-after": "5"}[name.lower()]


class TestShapes:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Retry-After": "5"},
            {"retry-after": b"5"},
            {b"RETRY-AFTER": b"5"},
            {"Retry-After": "5", "retry-after": "3"},
            [("Content-Length", "0"), ("Retry-After", "5")],
            ((b"retry-after", b"5"), None),
            [["Retry-After", "5"]],
            CaseInsensitive(retry_after="5"),
            OnlyGet(),
            OnlyExact(),
            OnlySubscript(),
            httpx.Headers({"Retry-After": "5"}),
            requests.structures.CaseInsensitiveDict({"Retry-After": "5"}),
            urllib3.HTTPHeaderDict({"Retry-After": "5"}),
        ],
        ids=lambda headers: type(headers).__name__,
    )
    @pytest.mark.parametrize("on_response", [False, True])
    def test_headers(self, headers: Any, on_response: bool) -> None:
        """
        Headers may be a mapping or not, of text or bytes, on the exception or on its response.
        """
        error = Failed(headers)
        if on_response:
            error = Failed()
            error.response = SimpleNamespace(headers=headers)

        assert 5.0 == retry_after(error)

    @pytest.mark.parametrize("name", ["status", "code"])
    def test_what_may_be_no_status(self, name: str) -> None:
        """
        A `code` may be anything; it is a status where headers, a response or an address stand beside it.
        """
        error = ValueError()
        setattr(error, name, 503)
        assert transient()(error) is False

        error.headers = None
        assert transient()(error) is True

    @pytest.mark.parametrize("name", ["status_code", "status", "code", "http_status"])
    @pytest.mark.parametrize("on_response", [False, True])
    @pytest.mark.parametrize(("status", "expected"), [(503, True), (HTTPStatus.TOO_MANY_REQUESTS, True), (404, False)])
    def test_statuses(self, name: str, on_response: bool, status: int, expected: bool) -> None:
        """
        A status may have any of the usual names, on the exception or on its response.
        """
        error = Failed(status=None)
        if on_response:
            error.response = SimpleNamespace()
        setattr(error.response if on_response else error, name, status)

        assert transient()(error) is expected

    @pytest.mark.parametrize(
        "status",
        ["503", b"503", True, 503.0, None, -503, 0, 10**30, 200, 302, MagicMock(), Mock(spec=int), object()],
        ids=lambda value: type(value).__name__,
    )
    def test_what_is_no_status(self, status: Any) -> None:
        """
        Anything but a number from 400 on is no status that fails; then the kind of exception decides.
        """
        assert transient()(Failed(status=status)) is False
        error = ConnectionError()
        error.status = status
        assert transient()(error) is True

    def test_the_next_name_counts(self) -> None:
        """
        Where one name means something else, another may be the status.
        """
        error = Failed(status="UNAVAILABLE")
        error.code = 503

        assert transient()(error) is True

    def test_botocore_answers_may_lack_anything(self) -> None:
        """
        Answers that were made up for a test are often incomplete.
        """
        for response in (
            {},
            {"ResponseMetadata": {}},
            {"ResponseMetadata": {"HTTPHeaders": 1}},
        ):
            error = botocore.exceptions.ClientError(response, "Scan")

            assert transient()(error) is False
            assert retry_after(error) is None

    def test_properties_that_raise(self) -> None:
        """
        They are as good as missing; httpx has some.
        """

        class Hostile(ConnectionError):
            def __getattribute__(self, name: str) -> Any:
                raise RuntimeError(name)

        class HostileHeaders(dict[str, str]):
            def items(self) -> Any:
                raise RuntimeError

            def get(self, *args: Any) -> Any:
                raise RuntimeError

        assert transient()(httpx.ConnectError("")) is True
        assert transient()(Hostile()) is True
        assert retry_after(Hostile()) is None
        assert retry_after(Failed(HostileHeaders({"Retry-After": "5"}))) is None

    @pytest.mark.parametrize("mock", [Mock, MagicMock, AsyncMock])
    def test_mocks_say_nothing(self, mock: Any) -> None:
        """
        A mock has every attribute, and none of them means anything but those that were set to something.
        """
        silent, speaking = Exception(), Exception()
        silent.response = mock()
        speaking.response = mock(status_code=503, headers={"Retry-After": "5"})

        assert transient()(silent) is False
        assert retry_after(silent) is None
        assert 5.0 == retry_after(speaking)
        assert 5.0 <= transient()(speaking)

    @given(st.text() | st.binary() | st.integers() | st.floats() | st.none() | st.lists(st.text()))
    @example("Sun, 13 Sep 2020 12:43:50 +9999")
    def test_nothing_fails(self, value: Any) -> None:
        """
        Whatever the header says, the answer is nothing, or a finite number of seconds that is not negative.
        """
        for headers in {"Retry-After": value}, [("Retry-After", value)], {"Retry-After": LATER, "Date": value}, value:
            seconds = retry_after(Failed(headers))

            assert seconds is None or 0 <= seconds < float("inf")


@given(st.integers(0, 10**9))
def test_seconds(seconds: int) -> None:
    """
    Any number of seconds is read as it is, up to where numbers are times.
    """
    assert float(seconds) == asked(str(seconds)) == asked(f" {seconds}\t".encode())


@given(st.integers(0, 10**10), st.sampled_from(["%a, %d %b %Y", "%A, %d-%b-%y"]))
def test_dates(seconds: int, day: str) -> None:
    """
    Any date is read as the time that is left until then, in each of the formats.
    """
    date = datetime.fromtimestamp(seconds, UTC)
    if "%y" in day and not 1969 <= date.year <= 2068:
        return  # two digits do not tell the century

    assert max(0.0, seconds - NOW) == asked(f"{date:{day} %H:%M:%S} GMT")


class TestTransient:
    @given(st.floats(0, 60, exclude_min=True), st.floats(0, 1, exclude_max=True))
    def test_never_earlier_than_asked(self, seconds: float, drawn: float) -> None:
        """
        The wait is what was asked for, and up to a quarter more.
        """
        text = f"{seconds:.20f}"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_clock, "draw", lambda: drawn)
            wait = transient()(Failed({"Retry-After": text}))

        assert float(text) <= wait <= float(text) * 1.25 or (float(text) == 0 and wait is True)

    def test_not_all_at_once(self) -> None:
        """
        Those who were asked the same do not come back at the same time.
        """
        waits = {transient()(Failed({"Retry-After": "30"})) for _ in range(100)}

        assert len(waits) > 90
        assert 30 <= min(waits)
        assert max(waits) <= 37.5

    @pytest.mark.parametrize("value", ["0", "0.0", "Wed, 21 Oct 2015 07:28:00 GMT"])
    def test_at_once_is_by_the_policys_own_backoff(self, value: str, clock: Any, failing: Any) -> None:
        """
        Where the server does not mind when, nobody hammers it.
        """
        with pytest.raises(RetryError):
            retry(on=transient(), jitter=False).call(failing(*[Failed({"Retry-After": value})] * 3))

        assert [1.0, 2.0] == clock.waits

    @pytest.mark.parametrize("limit", [5, 5.0, timedelta(seconds=5)])
    def test_limit(self, limit: Any, draws: Any) -> None:
        """
        Up to the limit what is asked is done, beyond it the failure leaves as it is.
        """
        draws(0.9)

        assert 5 * 1.225 == transient(limit=limit)(Failed({"Retry-After": "5"}))
        assert transient(limit=limit)(Failed({"Retry-After": "5.001"})) is False
        assert transient(limit=limit)(Failed()) is True

    def test_default_limit(self) -> None:
        """
        The default is a minute.
        """
        assert 60 <= transient()(Failed({"Retry-After": "60"})) <= 75
        assert transient()(Failed({"Retry-After": "60.1"})) is False

    def test_no_patience_at_all(self) -> None:
        """
        With a limit of 0 nothing is waited that the server asks for.
        """
        assert transient(limit=0)(Failed({"Retry-After": "1"})) is False
        assert transient(limit=0)(Failed({"Retry-After": "0"})) is True

    @pytest.mark.parametrize(
        ("error", "limit"),
        [(TypeError, value) for value in ("60", None, True, False, [60], 1j)]
        + [(ValueError, value) for value in (-1, -0.1, float("nan"), float("inf"), 10**400, timedelta(-1))],
        ids=repr,
    )
    def test_wrong_limits(self, error: type[Exception], limit: Any) -> None:
        """
        A wrong limit fails where it is written, and the message says what is allowed.
        """
        with pytest.raises(error, match=r"^limit must be a finite duration >= 0 in seconds or as"):
            transient(limit=limit)

    def test_options_go_by_name(self) -> None:
        """
        The limit is named.
        """
        with pytest.raises(TypeError):
            transient(60)

    def test_forgotten_parentheses(self) -> None:
        """
        Without its parentheses it is no hook, and that fails where it is written.
        """
        with pytest.raises(
            TypeError, match=r"^on must be a plain function of one argument: .* got <function transient at"
        ):
            retry(on=transient)

    @pytest.mark.parametrize(
        ("hook", "text"),
        [
            (transient(), "transient(limit=60.0)"),
            (transient(limit=5), "transient(limit=5.0)"),
            (transient(limit=timedelta(minutes=5)), "transient(limit=300.0)"),
        ],
    )
    def test_repr(self, hook: Any, text: str) -> None:
        """
        A hook shows how it was made, and so does a policy that has it.
        """
        assert text == repr(hook)
        assert f"retry(on={text})" == repr(retry(on=hook))

    def test_pickles(self, failing: Any) -> None:
        """
        A policy with the hook goes to other processes.
        """
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            policy = pickle.loads(pickle.dumps(retry(on=transient(limit=5)), protocol))

            assert "retry(on=transient(limit=5.0))" == repr(policy)
            assert "done" == policy.call(failing(ConnectionError()))

    def test_hooks_combine(self, clock: Any, draws: Any, failing: Any) -> None:
        """
        It is a function of the exception, so a hook of one's own can ask it.
        """
        hook = transient()
        draws(0)
        errors = [Failed(status=409), Failed({"Retry-After": "8"}), Failed(status=404)]

        with pytest.raises(Failed, match="404"):
            retry(times=9, jitter=False, on=lambda exc: "409" in str(exc) or hook(exc)).call(failing(*errors))

        assert [1.0, 8.0] == clock.waits


def test_no_client_is_imported() -> None:
    """
    None of the clients is imported, nor what they are made of.
    """
    code = (
        "import sys, anew.transient;"
        "heavy = {'httpx', 'requests', 'aiohttp', 'urllib3', 'botocore', 'http', 'urllib', 'ssl', 'socket', 'email',"
        " 'asyncio', 'datetime', 'inspect', 'logging', 'dataclasses'} & set(sys.modules);"
        "sys.exit(f'imported: {heavy}' if heavy else 0)"
    )
    path = [str(Path(anew.__file__).parent.parent), os.environ.get("PYTHONPATH")]
    run = subprocess.run(
        [sys.executable, "-S", "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, path))},
        check=False,
        capture_output=True,
        text=True,
    )

    assert "" == run.stderr
    assert 0 == run.returncode


class Endless(Exception):
    """Has always another reason, and headers without end."""

    @property
    def reason(self) -> Exception:
        return Endless()

    @property
    def headers(self) -> Iterator[tuple[str, str]]:
        return (("name", "value") for _ in repeat(None))


def test_without_end() -> None:
    """
    What has no end is not looked at to the end.
    """
    assert transient()(Endless()) is False
    assert retry_after(Endless()) is None


def test_a_header_of_commas() -> None:
    """
    A server cannot keep us busy with a long header.
    """
    assert retry_after(Failed({"Retry-After": "a," * 100_000})) is None
    assert 7.0 == retry_after(Failed({"Retry-After": "3," * 100_000 + "7"}))


def told(status: int = 503, **headers: str) -> Failed:
    return Failed({name.replace("_", "-"): value for name, value in headers.items()}, status)


class TestOrders:
    @pytest.mark.parametrize("name", ["x_should_retry", "stripe_should_retry"])
    def test_what_the_server_says(self, name: str) -> None:
        """
        An order to retry counts more than a status, and an order to stop more than all else.
        """
        assert transient()(told(400, **{name: "true"})) is True
        assert transient()(told(503, **{name: "false"})) is False
        assert transient()(told(503, **{name: "perhaps"})) is True
        assert transient().judge(told(503, **{name: "false"})) is None
        assert transient().judge(told(404)) is False

    def test_an_order_to_retry_does_not_multiply(self) -> None:
        """
        What somebody has retried already is not retried again, though the server would like it.
        """
        assert transient()(wrapped(told(503, x_should_retry="true"), RetryError(3, ConnectionError()))) is False

    def test_a_wait_above_the_limit_is_a_refusal(self) -> None:
        """
        It is one also for what would not be retried.
        """
        assert transient().judge(told(503, retry_after="61")) is None
        assert transient().judge(told(404, retry_after="61")) is None

    @pytest.mark.parametrize("statuses", [{404}, [404], (404,), frozenset({404}), iter([404]), {HTTPStatus.NOT_FOUND}])
    def test_own_statuses(self, statuses: Any) -> None:
        """
        The statuses that count may be others, and then those of the default do not count.
        """
        hook = transient(statuses=statuses)

        assert hook(told(404)) is True
        assert hook(told(503)) is False
        assert hook(ConnectionError()) is True
        assert "transient(limit=60.0, statuses=[404])" == repr(pickle.loads(pickle.dumps(hook)))

    @pytest.mark.parametrize(
        ("error", "statuses"),
        [(TypeError, value) for value in (404, "404", b"404", ["404"], [True], [None], [404.0], 4j)]
        + [(ValueError, value) for value in ([99], {600}, [0], [-404])],
    )
    def test_wrong_statuses(self, error: type[Exception], statuses: Any) -> None:
        """
        Wrong statuses fail where they are written.
        """
        with pytest.raises(error, match=r"^statuses must be an iterable of HTTP statuses from 100 to 599, or None"):
            transient(statuses=statuses)


class TestOtherWaits:
    @pytest.mark.parametrize(
        ("headers", "seconds"),
        [
            ({"retry_after_ms": "1500"}, 1.5),
            ({"x_ms_retry_after_ms": "250"}, 0.25),
            ({"retry_after_ms": "1500", "retry_after": "1"}, 1.5),
            ({"retry_after_ms": "soon"}, None),
            ({"ratelimit": '"x";r=0;t=55'}, 55.0),
            ({"ratelimit": '"x";t=55;r=0'}, 55.0),
            ({"ratelimit": '"x";r=0;t=55, "y";r=0;t=70'}, 70.0),
            ({"ratelimit": '"x";r=10;t=55'}, None),
            ({"ratelimit": '"x";r=1;t=70, "y";r=0;t=5'}, 5.0),
            ({"ratelimit": "junk"}, None),
            ({"x_ratelimit_remaining": "0", "x_ratelimit_reset": "40"}, 40.0),
            ({"x_ratelimit_remaining": "0", "x_ratelimit_reset": str(int(NOW) + 40)}, 40.0),
            ({"x_ratelimit_remaining": "3", "x_ratelimit_reset": "40"}, None),
            ({"x_ratelimit_reset": "40"}, None),
            ({"ratelimit_remaining": "0", "ratelimit_reset": "12"}, 12.0),
            ({"x_ratelimit_remaining": "0", "x_ratelimit_reset_after": "1.5"}, 1.5),
            ({"x_ratelimit_remaining_requests": "0", "x_ratelimit_reset_requests": "1m0s"}, 60.0),
            ({"x_ratelimit_remaining": "0", "x_ratelimit_reset": "40", "retry_after": "5"}, 5.0),
        ],
    )
    def test_headers(self, headers: dict[str, str], seconds: float | None) -> None:
        """
        Milliseconds and limits are read; those of a quota count only where nothing else is said.
        """
        assert seconds == retry_after(told(429, **headers))

    @pytest.mark.parametrize("wait", [5, 5.0, timedelta(seconds=5)])
    def test_attributes(self, wait: Any, draws: Any) -> None:
        """
        An exception that says itself when to come back is retried then.
        """
        draws(0)
        error = Exception()
        error.retry_after = wait

        assert 5.0 == retry_after(error) == transient()(error)

    @pytest.mark.parametrize("wait", [None, True, "5", -1, float("nan"), float("inf"), MagicMock(), 10**400])
    def test_attributes_that_say_nothing(self, wait: Any) -> None:
        """
        An attribute that is no duration is none.
        """
        error = Exception()
        error.retry_after = wait

        assert retry_after(error) is None
        assert transient()(error) is False

    def test_responses(self) -> None:
        """
        A response will do, for what is polled.
        """
        assert 5.0 == retry_after(httpx.Response(202, headers={"Retry-After": "5"}))
        assert retry_after(httpx.Response(202)) is None
        assert 5.0 == retry_after({"ResponseMetadata": {"HTTPHeaders": {"retry-after": "5"}}})
        assert retry_after(None) is None

    def test_details(self) -> None:
        """
        Google's RetryInfo is read as JSON and as a message, wherever in the details it stands.
        """
        json = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"}
        message = SimpleNamespace(retry_delay=SimpleNamespace(seconds=3, nanos=500_000_000))
        for details, seconds in (
            ([json], 34.5),
            ({"error": {"details": [{}, json]}}, 34.5),
            ([object(), message], 3.5),
            ([{"retryDelay": "soon"}], None),
            ("34s", None),
        ):
            error = Exception()
            error.details = details

            assert seconds == retry_after(error)

    def test_details_without_end(self) -> None:
        """
        Details that contain themselves come to an end.
        """
        error = Exception()
        error.details = []
        error.details += [error.details] * 3

        assert retry_after(error) is None

    @pytest.mark.parametrize(
        ("metadata", "judged", "seconds"),
        [
            ((), True, None),
            ((("grpc-retry-pushback-ms", "2500"),), 2.5, 2.5),
            ((("grpc-retry-pushback-ms", "-1"),), None, None),
            ((("google.rpc.retryinfo-bin", b"\x0a\x02\x08\x07"),), 7.0, 7.0),
            ((("google.rpc.retryinfo-bin", b"\x0a\x07\x08\x2c\x10\x80\xca\xb5\xee\x01"),), 44.5, 44.5),
            (
                (
                    (
                        "grpc-status-details-bin",
                        b"\x08\x0e\x1a\x2e\x0a\x28type.googleapis.com/google.rpc.RetryInfo\x12\x04\x0a\x02\x08\x07",
                    ),
                ),
                7.0,
                7.0,
            ),
            ((("grpc-status-details-bin", b"\xff\xff"),), True, None),
        ],
    )
    def test_grpc(self, metadata: Any, judged: Any, seconds: float | None, draws: Any) -> None:
        """
        What gRPC's servers push back, and their RetryInfo, is read from the trailing metadata.
        """
        draws(0)
        methods = {"code": lambda self: SimpleNamespace(name="UNAVAILABLE"), "trailing_metadata": lambda self: metadata}
        error = type("RpcError", (Exception,), {"__module__": "grpc", **methods})()

        assert judged == transient().judge(error)
        assert seconds == retry_after(error)


class TestSpent:
    def test_urllib3(self, server: Server) -> None:
        """
        An error that shows in its traceback that urllib3 has retried is not retried again.
        """
        server.will(hang_up)
        for retries, retried in ((urllib3.Retry(0), True), (urllib3.Retry(2), False)):
            with (
                urllib3.PoolManager(retries=retries) as pool,
                pytest.raises(urllib3.exceptions.MaxRetryError) as caught,
            ):
                pool.request("GET", server.url)

            assert transient()(caught.value) is retried

    @pytest.mark.parametrize(("attempts", "retried"), [(0, True), (1, False), (4, False)])
    def test_botocore(self, attempts: int, retried: bool) -> None:
        """
        Nor is what botocore has retried.
        """
        metadata = {"HTTPStatusCode": 503, "MaxAttemptsReached": True, "RetryAttempts": attempts}

        assert transient()(botocore.exceptions.ClientError({"ResponseMetadata": metadata}, "Scan")) is retried
