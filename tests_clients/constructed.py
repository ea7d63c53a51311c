"""Errors of real packages that need a service to come about, made by hand, and what must become of each.

A row: the client as the table names it, what is the matter, whether it is retried, and a function that makes the error.
"""

from __future__ import annotations

import asyncio
import ftplib
import imaplib
import smtplib
import socket
import sqlite3
import ssl
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple


class Case(NamedTuple):
    client: str
    what: str
    retried: bool
    make: Callable[[], BaseException]


CASES: list[Case] = []


def cases(client: str, *rows: tuple[str, bool, Callable[[], BaseException]]) -> None:
    CASES.extend(Case(client, *row) for row in rows)


def from_(error: BaseException, cause: BaseException) -> BaseException:
    error.__cause__ = cause
    return error


def imported(name: str, make: Callable[[Any], BaseException]) -> Callable[[], BaseException]:
    """Import the package when the error is made: one that is missing or broken spoils its own rows only."""

    def error() -> BaseException:
        from importlib import import_module

        return make(import_module(name))

    return error


def raised(error: type[BaseException], **attributes: object) -> BaseException:
    """An instance of a class whose constructor wants what only a server has."""
    made = error.__new__(error)
    for name, value in attributes.items():
        setattr(made, name, value)
    return made


TLS = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
RESET = ConnectionResetError(104, "Connection reset by peer")


def locked() -> BaseException:
    """SQLite's own, with its code."""
    with sqlite3.connect("file:locked?mode=memory&cache=shared", uri=True, timeout=0) as one:
        one.execute("create table if not exists t (x)")
        one.commit()
        one.execute("begin exclusive")
        other = sqlite3.connect("file:locked?mode=memory&cache=shared", uri=True, timeout=0)
        try:
            other.execute("insert into t values (1)")
        except sqlite3.OperationalError as error:
            return error
        finally:
            other.close()
            one.rollback()
    raise AssertionError


def unique() -> BaseException:
    with sqlite3.connect(":memory:") as one:
        one.execute("create table t (x unique)")
        one.execute("insert into t values (1)")
        try:
            one.execute("insert into t values (1)")
        except sqlite3.IntegrityError as error:
            return error
    raise AssertionError


PG = {
    "serialization failure": ("SerializationFailure", "SerializationError", True),
    "deadlock": ("DeadlockDetected", "DeadlockDetectedError", True),
    "lock not available": ("LockNotAvailable", "LockNotAvailableError", True),
    "shutdown": ("AdminShutdown", "AdminShutdownError", True),
    "starting up": ("CannotConnectNow", "CannotConnectNowError", True),
    "too many connections": ("TooManyConnections", "TooManyConnectionsError", True),
    "connection lost": ("ConnectionFailure", "ConnectionFailureError", True),
    "unique violation": ("UniqueViolation", "UniqueViolationError", False),
    "syntax error": ("SyntaxError", "PostgresSyntaxError", False),
    "wrong password": ("InvalidPassword", "InvalidPasswordError", False),
    "statement timeout": ("QueryCanceled", "QueryCanceledError", False),
}
for what, (psycopg_name, asyncpg_name, retried) in PG.items():
    cases("psycopg", (what, retried, imported("psycopg.errors", lambda m, n=psycopg_name: getattr(m, n)("?"))))
    cases("psycopg2", (what, retried, imported("psycopg2.errors", lambda m, n=psycopg_name, w=what: _pg2(m, n, w))))
    cases("asyncpg", (what, retried, imported("asyncpg.exceptions", lambda m, n=asyncpg_name: getattr(m, n)("?"))))
    cases(
        "SQLAlchemy",
        (
            what,
            retried,
            imported("sqlalchemy.exc", lambda m, n=psycopg_name: _alchemy(m, "psycopg.errors", n)),
        ),
    )


def _pg2(errors: Any, name: str, what: str) -> BaseException:
    # psycopg2 sets `pgcode` in C, from a result; a subclass stands in for it.
    import psycopg.errors

    state = getattr(psycopg.errors, name).sqlstate
    return type(name, (getattr(errors, name),), {"pgcode": state, "__module__": "psycopg2.errors"})("?")


def _alchemy(exc: Any, module: str, name: str, *args: object) -> BaseException:
    from importlib import import_module

    original = getattr(import_module(module), name)(*(args or ("?",)))
    return from_(exc.OperationalError("select 1", {}, original), original)


cases(
    "psycopg",
    (
        "server closed the connection",
        True,
        imported(
            "psycopg", lambda m: m.OperationalError("consuming input failed: server closed the connection unexpectedly")
        ),
    ),
    ("connect timeout", True, imported("psycopg.errors", lambda m: m.ConnectionTimeout("connection timeout expired"))),
    (
        "authentication, in text",
        False,
        imported(
            "psycopg",
            lambda m: m.OperationalError('connection failed: FATAL:  password authentication failed for user "x"'),
        ),
    ),
)
cases(
    "psycopg2",
    (
        "connection refused, in text",
        True,
        imported(
            "psycopg2",
            lambda m: m.OperationalError('connection to server at "x", port 5432 failed: Connection refused\n\tIs the'),
        ),
    ),
    (
        "no such database, in text",
        False,
        imported("psycopg2", lambda m: m.OperationalError('connection failed: FATAL:  database "x" does not exist')),
    ),
)
cases(
    "asyncpg",
    ("connection is closed", True, imported("asyncpg", lambda m: m.InterfaceError("connection is closed"))),
    ("connection gone", True, imported("asyncpg", lambda m: m.ConnectionDoesNotExistError("connection was closed"))),
    (
        "misused",
        False,
        imported("asyncpg", lambda m: m.InterfaceError("cannot perform operation: another operation is in progress")),
    ),
)
cases(
    "SQLAlchemy",
    (
        "pool timeout",
        True,
        imported("sqlalchemy.exc", lambda m: m.TimeoutError("QueuePool limit of size 5 overflow 10")),
    ),
    (
        "connection invalidated",
        True,
        imported("sqlalchemy.exc", lambda m: m.DBAPIError("select 1", {}, Exception("?"), connection_invalidated=True)),
    ),
    ("SQLite locked", True, imported("sqlalchemy.exc", lambda m: m.OperationalError("select 1", {}, locked()))),
    (
        "MySQL deadlock",
        True,
        imported("sqlalchemy.exc", lambda m: _alchemy(m, "pymysql.err", "OperationalError", 1213, "?")),
    ),
    ("invalid request", False, imported("sqlalchemy.exc", lambda m: m.InvalidRequestError("?"))),
    ("transaction must be rolled back", False, imported("sqlalchemy.exc", lambda m: m.PendingRollbackError("?"))),
)
for client, module in (
    ("PyMySQL", "pymysql.err"),
    ("aiomysql", "aiomysql"),
    ("mysql-connector", "mysql.connector.errors"),
):
    for what, number, name, retried in (
        ("deadlock", 1213, "OperationalError", True),
        ("lock wait timeout", 1205, "OperationalError", True),
        ("server has gone away", 2006, "OperationalError", True),
        ("lost connection", 2013, "OperationalError", True),
        ("cannot connect", 2003, "OperationalError", True),
        ("access denied", 1045, "OperationalError", False),
        ("duplicate entry", 1062, "IntegrityError", False),
        ("syntax error", 1064, "ProgrammingError", False),
    ):
        cases(
            client,
            (
                what,
                retried,
                imported(
                    module,
                    lambda m, n=name, code=number, kw=client: (
                        getattr(m, n)(msg="?", errno=code) if kw == "mysql-connector" else getattr(m, n)(code, "?")
                    ),
                ),
            ),
        )
for what, number, name, retried in (
    ("deadlock", 1213, "OperationalError", True),
    ("lost connection", 2013, "OperationalError", True),
    ("duplicate entry", 1062, "IntegrityError", False),
):
    like = type(name, (Exception,), {"__module__": "MySQLdb"})  # it needs MySQL's own library
    cases("mysqlclient", (what, retried, lambda cls=like, code=number: cls(code, "?")))
for what, number, retried in (
    ("deadlock", 1205, True),
    ("connection lost", 20004, True),
    ("database not available", 40613, True),
    ("duplicate key", 2627, False),
    ("login failed", 18456, False),
):
    cases("pymssql", (what, retried, imported("pymssql", lambda m, n=number: m.OperationalError(n, b"?"))))
cases(
    "pyodbc",
    (
        "deadlock",
        True,
        imported("pyodbc", lambda m: m.Error("40001", "[40001] ... deadlocked (1205) (SQLExecDirectW)")),
    ),
    (
        "link failure",
        True,
        imported("pyodbc", lambda m: m.OperationalError("08S01", "[08S01] Communication link failure")),
    ),
    ("timeout", True, imported("pyodbc", lambda m: m.OperationalError("HYT00", "[HYT00] Login timeout expired"))),
    (
        "not available",
        True,
        imported("pyodbc", lambda m: m.Error("HY000", "[HY000] Database is not available (40613)")),
    ),
    ("duplicate key", False, imported("pyodbc", lambda m: m.IntegrityError("23000", "[23000] duplicate key (2627)"))),
    ("login failed", False, imported("pyodbc", lambda m: m.InterfaceError("28000", "[28000] Login failed (18456)"))),
)


def _oracle(oracledb: Any, text: str, code: int = 0, **more: object) -> BaseException:
    error = SimpleNamespace(code=code, full_code=text.split(":")[0], message=text, isrecoverable=False, **more)
    return oracledb.DatabaseError(error)


cases(
    "oracledb",
    ("deadlock", True, imported("oracledb", lambda m: _oracle(m, "ORA-00060: deadlock", 60))),
    ("serialization", True, imported("oracledb", lambda m: _oracle(m, "ORA-08177: can't serialize", 8177))),
    ("connection closed", True, imported("oracledb", lambda m: _oracle(m, "DPY-4011: the database closed"))),
    ("unique constraint", False, imported("oracledb", lambda m: _oracle(m, "ORA-00001: unique constraint", 1))),
    ("wrong password", False, imported("oracledb", lambda m: _oracle(m, "ORA-01017: invalid username", 1017))),
)
cases(
    "sqlite3, aiosqlite",
    ("locked", True, locked),
    ("locked, in text", True, lambda: sqlite3.OperationalError("database is locked")),
    ("unique constraint", False, unique),
    ("no such table", False, lambda: sqlite3.OperationalError("no such table: t")),
)
cases(
    "Django",
    ("SQLite locked", True, imported("django.db.utils", lambda m: from_(m.OperationalError("?"), locked()))),
    ("unique constraint", False, imported("django.db.utils", lambda m: from_(m.IntegrityError("?"), unique()))),
)
cases(
    "peewee",
    ("SQLite locked", True, imported("peewee", lambda m: m.OperationalError(locked(), "database is locked"))),
    ("unique constraint", False, imported("peewee", lambda m: m.IntegrityError(unique(), "UNIQUE"))),
)
for client, module in (("redis", "redis.exceptions"), ("valkey", "valkey.exceptions")):
    for what, name, retried in (
        ("connection lost", "ConnectionError", True),
        ("timeout", "TimeoutError", True),
        ("loading", "BusyLoadingError", True),
        ("cluster down", "ClusterDownError", True),
        ("try again", "TryAgainError", True),
        ("read-only replica", "ReadOnlyError", True),
        ("wrong password", "AuthenticationError", False),
        ("no permission", "NoPermissionError", False),
        ("wrong type", "ResponseError", False),
        ("watched key changed", "WatchError", False),
        ("bad data", "DataError", False),
    ):
        cases(client, (what, retried, imported(module, lambda m, n=name: getattr(m, n)("?"))))
for what, retried, make in (
    ("reconnecting", True, lambda m: m.AutoReconnect("connection closed")),
    ("network timeout", True, lambda m: m.NetworkTimeout("timed out")),
    ("no server found", True, lambda m: m.ServerSelectionTimeoutError("No servers found yet")),
    (
        "certificate",
        False,
        lambda m: m.ServerSelectionTimeoutError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify"),
    ),
    (
        "transient transaction",
        True,
        lambda m: m.OperationFailure("?", 112, {"errorLabels": ["TransientTransactionError"]}),
    ),
    ("retryable write", True, lambda m: m.OperationFailure("?", 91, {"errorLabels": ["RetryableWriteError"]})),
    ("a code that looks like a status", False, lambda m: m.OperationFailure("?", 503)),
    ("duplicate key", False, lambda m: m.DuplicateKeyError("E11000", 11000)),
    ("authentication", False, lambda m: m.OperationFailure("auth failed", 18)),
    ("configuration", False, lambda m: m.ConfigurationError("?")),
):
    cases("PyMongo, Motor", (what, retried, imported("pymongo.errors", make)))
cases(
    "cassandra-driver",
    ("read timeout", True, imported("cassandra", lambda m: m.ReadTimeout("?"))),
    ("write timeout", True, imported("cassandra", lambda m: m.WriteTimeout("?", write_type=0))),
    ("timed out", True, imported("cassandra", lambda m: m.OperationTimedOut())),
    ("unavailable", True, imported("cassandra", lambda m: m.Unavailable("?"))),
    (
        "no host available",
        True,
        imported("cassandra.cluster", lambda m: m.NoHostAvailable("?", {"h": OSError(111, "?")})),
    ),
    ("invalid request", False, imported("cassandra", lambda m: m.InvalidRequest("?"))),
    ("unauthorized", False, imported("cassandra", lambda m: m.Unauthorized("?"))),
    (
        "no host, as none accepts the password",
        False,
        imported("cassandra.cluster", lambda m: m.NoHostAvailable("?", {"h": m.AuthenticationFailed("?")})),
    ),
)


def _grpc(grpc: Any, name: str, details: str = "?") -> BaseException:
    return grpc.aio.AioRpcError(getattr(grpc.StatusCode, name), grpc.aio.Metadata(), grpc.aio.Metadata(), details)


for what, retried in {
    "UNAVAILABLE": True,
    "RESOURCE_EXHAUSTED": True,
    "ABORTED": True,
    "DEADLINE_EXCEEDED": True,
    "INTERNAL": False,
    "UNKNOWN": False,
    "NOT_FOUND": False,
    "ALREADY_EXISTS": False,
    "PERMISSION_DENIED": False,
    "UNAUTHENTICATED": False,
    "INVALID_ARGUMENT": False,
    "FAILED_PRECONDITION": False,
}.items():
    cases("grpcio", (what, retried, imported("grpc", lambda m, n=what: _grpc(m, n))))
    cases(
        "grpclib",
        (what, retried, imported("grpclib", lambda m, n=what: m.GRPCError(getattr(m.const.Status, n), "?"))),
    )
cases(
    "grpcio",
    (
        "certificate",
        False,
        imported("grpc", lambda m: _grpc(m, "UNAVAILABLE", "Ssl handshake: CERTIFICATE_VERIFY_FAILED")),
    ),
)
for name, retried in {
    "ServiceUnavailable": True,
    "TooManyRequests": True,
    "InternalServerError": True,
    "GatewayTimeout": True,
    "DeadlineExceeded": True,
    "Aborted": True,
    "ResourceExhausted": True,
    "NotFound": False,
    "AlreadyExists": False,
    "Conflict": False,
    "PermissionDenied": False,
    "Unknown": False,
    "DataLoss": False,
}.items():
    cases(
        "google-api-core", (name, retried, imported("google.api_core.exceptions", lambda m, n=name: getattr(m, n)("?")))
    )
cases(
    "google-api-core",
    (
        "its own retries are used up",
        False,
        imported("google.api_core.exceptions", lambda m: m.RetryError("?", m.ServiceUnavailable("?"))),
    ),
)


def _aws(exceptions: Any, code: str, status: int = 400, **metadata: object) -> BaseException:
    return exceptions.ClientError(
        {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status, **metadata}}, "Scan"
    )


cases(
    "boto3, aiobotocore",
    ("throttling, status 400", True, imported("botocore.exceptions", lambda m: _aws(m, "ThrottlingException"))),
    ("slow down", True, imported("botocore.exceptions", lambda m: _aws(m, "SlowDown", 503))),
    ("validation", False, imported("botocore.exceptions", lambda m: _aws(m, "ValidationException"))),
    ("access denied", False, imported("botocore.exceptions", lambda m: _aws(m, "AccessDenied", 403))),
    (
        "its own retries are used up",
        False,
        imported("botocore.exceptions", lambda m: _aws(m, "SlowDown", 503, MaxAttemptsReached=True, RetryAttempts=4)),
    ),
    ("no credentials", False, imported("botocore.exceptions", lambda m: m.NoCredentialsError())),
)
for client, module in (("kafka-python", "kafka.errors"), ("aiokafka", "aiokafka.errors")):
    for name, retried in {
        "KafkaConnectionError": True,
        "KafkaTimeoutError": True,
        "LeaderNotAvailableError": True,
        "RequestTimedOutError": True,
        "NodeNotReadyError": True,
        "TopicAuthorizationFailedError": False,
        "MessageSizeTooLargeError": False,
        "CommitFailedError": False,
    }.items():
        cases(client, (name, retried, imported(module, lambda m, n=name: getattr(m, n)())))
for name, retried in {
    "_TRANSPORT": True,
    "_ALL_BROKERS_DOWN": True,
    "_MSG_TIMED_OUT": True,
    "_QUEUE_FULL": True,
    "LEADER_NOT_AVAILABLE": True,
    "MSG_SIZE_TOO_LARGE": False,
    "TOPIC_AUTHORIZATION_FAILED": False,
    "_AUTHENTICATION": False,
}.items():
    cases(
        "confluent-kafka",
        (
            name,
            retried,
            imported("confluent_kafka", lambda m, n=name: m.KafkaException(m.KafkaError(getattr(m.KafkaError, n)))),
        ),
    )
cases(
    "pika",
    ("connection failed", True, imported("pika.exceptions", lambda m: m.AMQPConnectionError())),
    ("stream lost", True, imported("pika.exceptions", lambda m: m.StreamLostError("?", RESET))),
    ("heartbeat missed", True, imported("pika.exceptions", lambda m: m.AMQPHeartbeatTimeout())),
    ("closed by an operator", True, imported("pika.exceptions", lambda m: m.ConnectionClosedByBroker(320, "FORCED"))),
    ("wrong password", False, imported("pika.exceptions", lambda m: m.ProbableAuthenticationError())),
    ("not allowed", False, imported("pika.exceptions", lambda m: m.ConnectionClosedByBroker(530, "NOT_ALLOWED"))),
    ("no such queue", False, imported("pika.exceptions", lambda m: m.ChannelClosedByBroker(404, "NOT_FOUND"))),
    ("unroutable", False, imported("pika.exceptions", lambda m: m.UnroutableError([]))),
)
cases(
    "aio-pika",
    ("connection failed", True, imported("aio_pika.exceptions", lambda m: m.AMQPConnectionError("?"))),
    ("connection closed", True, imported("aio_pika.exceptions", lambda m: m.ConnectionClosed(320, "FORCED"))),
    ("wrong password", False, imported("aio_pika.exceptions", lambda m: m.ProbableAuthenticationError("?"))),
    ("not allowed", False, imported("aiormq.exceptions", lambda m: m.ConnectionNotAllowed("?"))),
    ("precondition failed", False, imported("aio_pika.exceptions", lambda m: m.ChannelPreconditionFailed("?"))),
)
for name, retried in {
    "TimeoutError": True,
    "NoServersError": True,
    "ConnectionClosedError": True,
    "StaleConnectionError": True,
    "NoRespondersError": True,
    "AuthorizationError": False,
    "MaxPayloadError": False,
    "BadSubjectError": False,
}.items():
    cases("nats-py", (name, retried, imported("nats.errors", lambda m, n=name: getattr(m, n)())))
cases(
    "nats-py",
    ("JetStream: not available", True, imported("nats.js.errors", lambda m: m.ServiceUnavailableError(code=503))),
    ("JetStream: not found", False, imported("nats.js.errors", lambda m: m.NotFoundError(code=404))),
)
cases("paho-mqtt", ("connection refused", True, lambda: ConnectionRefusedError(111, "?")))
cases(
    "smtplib",
    ("disconnected", True, lambda: smtplib.SMTPServerDisconnected("?")),
    ("try later (421)", True, lambda: smtplib.SMTPResponseException(421, b"?")),
    ("greylisted (450)", True, lambda: smtplib.SMTPRecipientsRefused({"a@b": (450, b"?")})),
    ("mailbox unknown (550)", False, lambda: smtplib.SMTPRecipientsRefused({"a@b": (550, b"?")})),
    ("wrong password (535)", False, lambda: smtplib.SMTPAuthenticationError(535, b"?")),
)
cases(
    "ftplib, imaplib",
    ("temporary (421)", True, lambda: ftplib.error_temp("421 too many users")),
    ("permanent (530)", False, lambda: ftplib.error_perm("530 login incorrect")),
    ("IMAP: broken off", True, lambda: imaplib.IMAP4.abort("socket error: EOF")),
    ("IMAP: refused", False, lambda: imaplib.IMAP4.error("authentication failed")),
)
cases(
    "paramiko",
    (
        "no connection",
        True,
        imported("paramiko.ssh_exception", lambda m: m.NoValidConnectionsError({("h", 22): RESET})),
    ),
    ("no banner", True, imported("paramiko", lambda m: m.SSHException("Error reading SSH protocol banner"))),
    ("wrong password", False, imported("paramiko", lambda m: m.AuthenticationException("Authentication failed."))),
    ("channel prohibited", False, imported("paramiko", lambda m: m.ChannelException(1, "prohibited"))),
)
cases(
    "websockets",
    ("closed without a word", True, imported("websockets.exceptions", lambda m: m.ConnectionClosedError(None, None))),
    ("try again later", True, imported("websockets", lambda m: _closed(m, 1013))),
    ("policy violation", False, imported("websockets", lambda m: _closed(m, 1008))),
    ("closed in peace", False, imported("websockets", lambda m: _closed(m, 1000))),
)


def _closed(websockets: Any, code: int) -> BaseException:
    from websockets.frames import Close

    name = "ConnectionClosedOK" if code == 1000 else "ConnectionClosedError"
    return getattr(websockets.exceptions, name)(Close(code, ""), None)


cases(
    "h11, h2",
    ("remote", True, imported("h11", lambda m: m.RemoteProtocolError("?"))),
    ("local", False, imported("h11", lambda m: m.LocalProtocolError("?"))),
    ("stream closed", True, imported("h2.exceptions", lambda m: m.StreamClosedError(1))),
)
cases(
    "python-telegram-bot",
    ("flood control", True, imported("telegram.error", lambda m: m.RetryAfter(30))),
    ("timed out", True, imported("telegram.error", lambda m: m.TimedOut())),
    ("network", True, imported("telegram.error", lambda m: m.NetworkError("?"))),
    ("bad request", False, imported("telegram.error", lambda m: m.BadRequest("?"))),
    ("forbidden", False, imported("telegram.error", lambda m: m.Forbidden("?"))),
)
cases("discord.py", ("rate limited", True, imported("discord", lambda m: m.RateLimited(5.0))))
cases(
    "google-auth",
    (
        "transport, over a reset",
        True,
        imported("google.auth.exceptions", lambda m: from_(m.TransportError("?"), RESET)),
    ),
    (
        "transport, over a certificate",
        False,
        imported("google.auth.exceptions", lambda m: from_(m.TransportError("?"), TLS)),
    ),
    ("refresh refused", False, imported("google.auth.exceptions", lambda m: m.RefreshError("invalid_grant"))),
    ("no credentials", False, imported("google.auth.exceptions", lambda m: m.DefaultCredentialsError("?"))),
)
cases(
    "huggingface_hub",
    ("offline mode", False, imported("huggingface_hub.errors", lambda m: m.OfflineModeIsEnabled("?"))),
    (
        "not cached, over a reset",
        True,
        imported("huggingface_hub.errors", lambda m: from_(m.LocalEntryNotFoundError("?"), RESET)),
    ),
    ("not cached", False, imported("huggingface_hub.errors", lambda m: m.LocalEntryNotFoundError("?"))),
)
cases(
    "a proxy that refuses",
    ("httpx, 407", False, imported("httpx", lambda m: m.ProxyError("407 Proxy Authentication Required"))),
    ("httpx, 503", True, imported("httpx", lambda m: m.ProxyError("503 Service Unavailable"))),
    ("urllib, 403", False, lambda: OSError("Tunnel connection failed: 403 Forbidden")),
    ("pycurl, 407", False, imported("pycurl", lambda m: m.error(56, "CONNECT tunnel failed, response 407"))),
)
cases(
    "Python itself",
    ("connection reset", True, lambda: RESET),
    ("timeout", True, lambda: TimeoutError()),
    ("half a message", True, lambda: asyncio.IncompleteReadError(b"", 4)),
    ("name server busy", True, lambda: socket.gaierror(socket.EAI_AGAIN, "?")),
    ("no such host", False, lambda: socket.gaierror(socket.EAI_NONAME, "?")),
    ("several addresses refuse", True, lambda: OSError("Multiple exceptions: [Errno 111] a, [Errno 111] b")),
    ("no such file", False, lambda: FileNotFoundError(2, "?")),
    ("certificate", False, lambda: TLS),
    ("an application's own, over a reset", False, lambda: from_(RuntimeError("?"), RESET)),
)
