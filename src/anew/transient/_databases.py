"""What drivers of databases raise, and those who wrap them.

Sources: SQLSTATE classes of PostgreSQL (appendix A) and ODBC (appendix A); the error references of MySQL, MariaDB, SQL
Server, Oracle and SQLite; MongoDB's specification of transactions; redis.io on cluster and replication.

Law: by code wherever there is one; a text is looked at only where a driver has nothing else. What was wrong with a
statement, its values or the password stays wrong.
"""

import re
from functools import partial

from ._looks import Kind, Table, args_of, attribute, called, integer_of, item, says, text_of
from ._sockets import broken

# The connection, resources; serialization failure, deadlock, lock not available; shutdown, crash, start-up, dropped,
# idle; ODBC's timeouts.
_STATES = re.compile(r"(?:08|53).*|40001|40P01|55P03|57P0[1-5]|HYT0[01]")

# Too many, shutdown, network (4), lock timeout, deadlock, killed, no server (2), gone, lost (2), NOWAIT, idle.
_MYSQL = {1040, 1053, 1158, 1159, 1160, 1161, 1205, 1213, 1927, 2002, 2003, 2006, 2013, 2055, 3572, 4031}
# Deadlock, snapshot conflict, lock timeout; Azure's own; DB-Library: timeout, read, write, connect, dead.
_MSSQL = {1205, 1222, 3960, 10928, 10929, 40143, 40197, 40501, 40613, 49918, 49919, 20003, 20004, 20006, 20009, 20047}
# Busy, deadlock, serialization; not logged on, start-up, shutdown, end of file, lost, listener and network.
_ORACLE = {54, 60, 8177, 1012, 1033, 1034, 1089, 3113, 3114, 3135, 12170, 12514, 12528, 12537, 12541, 12545, 25408}
_ODPI = {"DPI-1010", "DPI-1067", "DPI-1080", "DPY-1001", "DPY-4011", "DPY-4024", "DPY-6005"}  # the same of its drivers

_LOCKED = re.compile(r"^database (?:table |schema )?is locked")
_REDIS = re.compile(r"^(?:READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN)\b")
_NUMBER = re.compile(r"\((\d{4,5})\)")
_LABELS = ("TransientTransactionError", "RetryableWriteError", "RetryableError")


def by_sqlstate(value: object) -> Kind | None:
    """Return what an SQLSTATE says, if this is one."""
    state = text_of(value)
    is_one = len(state) == 5 and state.isalnum()  # noqa: PLR2004 - so long are they all
    return None if not is_one else "yes" if _STATES.fullmatch(state) else "no"


def _by_state(exc: BaseException) -> Kind | None:
    return by_sqlstate(attribute(exc, "sqlstate")) or by_sqlstate(attribute(exc, "pgcode")) or broken(exc)


def _by_number(numbers: set[int], exc: BaseException) -> Kind | None:
    number = integer_of(attribute(exc, "errno")) or integer_of(args_of(exc)[0])
    if number is None or number <= 0:
        return broken(exc)
    return "yes" if number in numbers else by_sqlstate(attribute(exc, "sqlstate")) or "no"


def _by_odbc(exc: BaseException) -> Kind | None:
    numbers = map(int, _NUMBER.findall(" ".join(map(text_of, args_of(exc)))))
    return "yes" if not _MSSQL.isdisjoint(numbers) else by_sqlstate(args_of(exc)[0])


def _by_oracle(exc: BaseException) -> Kind:
    code, full_code, recoverable = map(partial(attribute, args_of(exc)[0]), ("code", "full_code", "isrecoverable"))
    return "yes" if code in _ORACLE or full_code in _ODPI or recoverable is True else "no"


def _by_sqlite(exc: BaseException) -> Kind | None:
    code = integer_of(attribute(exc, "sqlite_errorcode"))
    # Busy or locked; the rest of the code says more exactly why.
    return "yes" if (says(exc, _LOCKED) if code is None else code & 0xFF in {5, 6}) else None


def _by_label(exc: BaseException) -> Kind | None:
    return "yes" if any(called(exc, "has_error_label", label) is True for label in _LABELS) else None


_DBAPI = "Error MySQLError MSSQLException DatabaseError InterfaceError InternalError OperationalError"
TABLE: Table = {
    "psycopg psycopg_pool mysql": "ConnectionTimeout PoolTimeout TooManyRequests ConnectionTimeoutError "
    "ReadTimeoutError WriteTimeoutError",
    "pymongo": "ConnectionFailure",
    "sqlalchemy django peewee": "DisconnectionError TimeoutError >EmulatedDBAPIException >Error >PeeweeException",
    "redis valkey": "ConnectionError TimeoutError ClusterDownError MasterDownError BusyLoadingError "
    "ReadOnlyError SlotNotCoveredError TryAgainError !AuthenticationError !AuthorizationError",
    "cassandra": "ConnectionBusy ConnectionException NoConnectionsAvailable OperationTimedOut Timeout Unavailable "
    "IsBootstrappingErrorMessage OverloadedErrorMessage ?NoHostAvailable !ProtocolVersionUnsupported",
    "asyncpg psycopg psycopg2: Error PostgresError InterfaceError": _by_state,
    "pg8000: Error": lambda exc: by_sqlstate(item(args_of(exc)[0], "C")) or broken(exc),
    f"pymysql MySQLdb mysql mariadb aiomysql asyncmy: {_DBAPI}": partial(_by_number, _MYSQL),
    f"pymssql _mssql: {_DBAPI}": partial(_by_number, _MSSQL),
    "pyodbc: Error": _by_odbc,
    "oracledb cx_Oracle: Error": _by_oracle,
    "sqlite3 pysqlite3 sqlcipher3 libsql: Error": _by_sqlite,
    "sqlalchemy: DBAPIError": lambda exc: "yes" if attribute(exc, "connection_invalidated") is True else "inside",
    "pymongo: PyMongoError": _by_label,
    "redis valkey: ResponseError": lambda exc: "yes" if says(exc, _REDIS) else None,
}
