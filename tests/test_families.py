"""`transient()` on errors like those of clients that are not installed here; `tests_clients/` has the real ones."""

from __future__ import annotations

import errno
import smtplib
import socket
import sqlite3
import ssl
from types import SimpleNamespace
from typing import Any

import pytest

from anew.transient import transient


def like(name: str, *args: object, bases: Any = (Exception,), **attributes: Any) -> Exception:
    """An error of a class with this name, module included, and these attributes."""
    module, _, name = name.rpartition(".")
    methods = {key: value for key, value in attributes.items() if callable(value)}
    error = type(name, bases, {"__module__": module, **methods})(*args)
    for key, value in attributes.items():
        if key not in methods:
            setattr(error, key, value)
    return error


def from_(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


def grpc(name: str, details: str = "", **more: Any) -> Exception:
    return like("grpc.RpcError", code=lambda _: SimpleNamespace(name=name), details=lambda _: details, **more)


def kafka(name: str, *, retriable: bool = False, fatal: bool = False) -> Exception:
    answers = {"name": lambda: name, "retriable": lambda: retriable, "fatal": lambda: fatal}
    return like("cimpl.KafkaException", SimpleNamespace(**answers))


def oracle(code: int = 0, full_code: str = "", *, recoverable: bool = False) -> Exception:
    error = SimpleNamespace(code=code, full_code=full_code, isrecoverable=recoverable)
    return like("oracledb.exceptions.Error", error)


def state(value: str) -> SimpleNamespace:
    return SimpleNamespace(name=value)


class OfSQL(Exception):
    sqlstate = "40001"


RESET = ConnectionResetError()
CERTIFICATE = ssl.SSLCertVerificationError()
LABELLED = {"has_error_label": lambda self, label: label == "RetryableWriteError"}
UNLABELLED = {"has_error_label": lambda self, label: False, "code": 503}

YES = [
    like("asyncpg.exceptions.PostgresError", sqlstate="40P01"),
    like("psycopg2.Error", pgcode="57P01"),
    like("psycopg.Error", "server closed the connection unexpectedly"),
    like("psycopg.Error", "FATAL: the database system is starting up"),
    like("some_driver.Error", sqlstate="08006"),
    OfSQL(),
    like("pg8000.exceptions.Error", {"C": "53300"}),
    like("MySQLdb.OperationalError", 1213, "Deadlock found"),
    like("mysql.connector.errors.Error", errno=2013, sqlstate="HY000"),
    like("mysql.connector.errors.Error", errno=9999, sqlstate="08S01"),
    like("mysql.connector.errors.Error", "Lost connection to MySQL server", errno=-1),
    like("pymssql.exceptions.OperationalError", 40613, b"not available"),
    like("pyodbc.Error", "HY000", "[HY000] not available (40613)"),
    like("pyodbc.Error", "08S01", "[08S01] link failure"),
    oracle(60),
    oracle(full_code="DPY-4011"),
    oracle(recoverable=True),
    sqlite3.OperationalError("database is locked"),
    like("sqlcipher3.Error", sqlite_errorcode=517),
    like("sqlalchemy.exc.DBAPIError", connection_invalidated=True),
    like("sqlalchemy.exc.DBAPIError", connection_invalidated=False, orig=OfSQL()),
    like("redis.exceptions.ResponseError", "READONLY You can't write against a read only replica."),
    like("pymongo.errors.PyMongoError", **LABELLED),
    like("cassandra.cluster.NoHostAvailable", errors={"a": OSError(errno.ECONNREFUSED, "?"), "b": RESET}),
    grpc("UNAVAILABLE"),
    grpc("DEADLINE_EXCEEDED"),
    like("grpclib.exceptions.GRPCError", status=state("ABORTED")),
    like("kafka.errors.KafkaError", retriable=True),
    kafka("_TRANSPORT"),
    kafka("?", retriable=True),
    like("pika.exceptions.ConnectionClosed", reply_code=320),
    smtplib.SMTPResponseException(421, b""),
    smtplib.SMTPRecipientsRefused({"a": (450, b""), "b": (451, b"")}),
    like("paramiko.ssh_exception.ChannelException", code=2),
    like("paramiko.ssh_exception.SSHException", "Error reading SSH protocol banner"),
    like("pycurl.error", 28, "Operation timed out"),
    like("pycurl.error", 22, "The requested URL returned error: 503"),
    like("pycurl.error", 35, "OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to x:443"),
    like("curl_cffi.requests.exceptions.ConnectionError", "?", 0),
    like("websockets.exceptions.ConnectionClosedError", rcvd=None),
    like("websockets.exceptions.ConnectionClosedError", rcvd=SimpleNamespace(code=1013)),
    from_(like("websockets.exceptions.InvalidMessage"), EOFError()),
    like("httpx.ProxyError", "503 Service Unavailable"),
    like("openai.APIConnectionError"),
    from_(like("openai.APIConnectionError", request=SimpleNamespace(headers={"x-stainless-retry-count": "0"})), RESET),
    like("elastic_transport.ConnectionError", errors=(RESET,)),
    like("google.auth.exceptions.TransportError", retryable=True),
    like("google.auth.exceptions.TransportError", retryable=False),
    like("google.api_core.exceptions.Aborted", code=409),
    from_(like("huggingface_hub.errors.LocalEntryNotFoundError"), RESET),
    from_(like("pytest.ConnectionFailed"), RESET),
    OSError(f"Multiple exceptions: [Errno {errno.ECONNREFUSED}] refused, [Errno {errno.ECONNRESET}] reset"),
    from_(OSError("All connection attempts failed"), ExceptionGroup("", [RESET])),
    socket.gaierror(socket.EAI_AGAIN, "?"),
    like("_socket.gaierror", socket.EAI_AGAIN, "?", bases=(OSError,)),  # these two are of PyPy
    like("_cffi_ssl._stdssl.error.SSLEOFError", 8, "?", bases=(OSError,)),
    SimpleNamespace(error=like("elasticsearch.ApiError", meta=SimpleNamespace(status=503, headers={}))).error,
    like("twilio.base.exceptions.TwilioRestException", status=503, code=20503, uri="/"),
    like("qdrant_client.common.client_exceptions.ResourceExhaustedResponse", retry_after_s=0),
]
NO = [
    like("asyncpg.exceptions.PostgresError", sqlstate="23505"),
    like("psycopg.Error", 'FATAL: password authentication failed for user "x", connection closed'),
    like("psycopg.Error", "?"),
    like("some_driver.Error", sqlstate="42601"),
    like("some_driver.Error", sqlstate="4000"),
    like("pg8000.exceptions.Error", {"C": "23505"}),
    like("pg8000.exceptions.Error", "?"),
    like(
        "MySQLdb.IntegrityError",
        1062,
        "Duplicate entry",
        bases=(type("Error", (Exception,), {"__module__": "MySQLdb"}),),
    ),
    like("mysql.connector.errors.Error", errno=1062, sqlstate="23000"),
    like("pymssql.exceptions.OperationalError", 18456, b"Login failed"),
    like("pyodbc.Error", "23000", "[23000] duplicate key (2627)"),
    oracle(1),
    like("oracledb.exceptions.Error"),
    sqlite3.OperationalError("no such table: t"),
    like("sqlcipher3.Error", sqlite_errorcode=19),
    like("sqlalchemy.exc.DBAPIError", orig=None),
    like("redis.exceptions.ResponseError", "WRONGTYPE Operation against a key"),
    like(
        "redis.exceptions.AuthenticationError", bases=(type("ConnectionError", (Exception,), {"__module__": "redis"}),)
    ),
    like("pymongo.errors.PyMongoError", **UNLABELLED),
    like("cassandra.cluster.NoHostAvailable", errors={"a": like("cassandra.AuthenticationFailed")}),
    grpc("INTERNAL"),
    grpc("UNAVAILABLE", "CERTIFICATE_VERIFY_FAILED"),
    like("grpc.RpcError"),
    like("grpclib.exceptions.GRPCError", status=state("NOT_FOUND")),
    like("kafka.errors.KafkaError", retriable=False),
    kafka("TOPIC_AUTHORIZATION_FAILED"),
    kafka("_TRANSPORT", fatal=True),
    like("pika.exceptions.ConnectionClosed", reply_code=530),
    smtplib.SMTPException(),
    smtplib.SMTPRecipientsRefused({"a": (450, b""), "b": (550, b"")}),
    smtplib.SMTPAuthenticationError(535, b""),
    like("paramiko.ssh_exception.ChannelException", code=1),
    like("pycurl.error", 60, "SSL certificate problem"),
    like("pycurl.error", 22, "The requested URL returned error: 404"),
    like("pycurl.error", 35, "wrong version number"),
    like("pycurl.error", 56, "CONNECT tunnel failed, response 407"),
    like("pycurl.error"),
    like("websockets.exceptions.ConnectionClosedError", rcvd=SimpleNamespace(code=1008)),
    from_(like("websockets.exceptions.InvalidMessage"), ValueError()),
    like("httpx.ProxyError", "407 Proxy Authentication Required"),
    from_(like("openai.APIConnectionError"), CERTIFICATE),
    from_(like("openai.APIConnectionError", request=SimpleNamespace(headers={"x-stainless-retry-count": "2"})), RESET),
    like("elastic_transport.ConnectionError", errors=(like("elastic_transport.ConnectionError"),)),
    from_(like("google.auth.exceptions.TransportError"), CERTIFICATE),
    like("google.api_core.exceptions.RetryError"),
    like("huggingface_hub.errors.OfflineModeIsEnabled", bases=(ConnectionError,)),
    like("huggingface_hub.errors.LocalEntryNotFoundError"),
    like("redis.exceptions.ConnectionError", "Error 1 connecting: certificate verify failed"),
    like("pytest.ConnectionFailed"),
    from_(like("pytest.Failed"), RESET),
    from_(like("my.application.ConnectionFailed"), RESET),
    OSError(f"Multiple exceptions: [Errno {errno.ECONNREFUSED}] refused, [Errno {errno.EACCES}] denied"),
    OSError("Multiple exceptions: ?"),
    OSError("Tunnel connection failed: 403 Forbidden"),
    socket.gaierror(socket.EAI_NONAME, "?"),
    like("_socket.gaierror", socket.EAI_NONAME, "?", bases=(OSError,)),
    like("elasticsearch.ApiError", meta=SimpleNamespace(status=409, headers={})),
    like("somewhere.Error", code=503),
]


@pytest.mark.parametrize("error", YES, ids=lambda error: f"{type(error).__module__}.{type(error).__name__}")
def test_transient(error: Exception) -> None:
    """
    What may be over by the next attempt is retried.
    """
    assert transient()(error) is True


@pytest.mark.parametrize("error", NO, ids=lambda error: f"{type(error).__module__}.{type(error).__name__}")
def test_not_transient(error: Exception) -> None:
    """
    What will be the same the next time is not, nor what somebody has retried already.
    """
    assert transient()(error) is False


def test_modules_that_are_no_names() -> None:
    """
    A class without a module belongs to nobody.
    """
    odd: Any = type("ConnectionFailed", (Exception,), {"__module__": None})

    assert transient()(odd()) is False
