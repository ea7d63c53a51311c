"""Which failures may be over by the next attempt.

Law: no client is imported. An exception is known by the names of its class and of those that this one derives from, so
subclasses of users count like what they derive from.
"""

from __future__ import annotations

import errno
from itertools import islice

from ._response import attribute, item, status_of

STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})

# Of several names that an exception has, the most special one counts.

_PASSING = {  # the connection broke, or could not be made, or took too long
    "builtins": {"ConnectionError", "TimeoutError"},
    "socket": {"gaierror", "herror"},
    "trio": {"TooSlowError"},
    "ssl": {"SSLEOFError", "SSLSyscallError", "SSLZeroReturnError"},
    "http": {"BadStatusLine", "IncompleteRead"},
    "urllib": {"ContentTooShortError"},
    "httpx": {"NetworkError", "ProxyError", "RemoteProtocolError", "TimeoutException"},
    "requests": {"ChunkedEncodingError", "ConnectionError", "Timeout"},
    "aiohttp": {"ClientConnectionError", "ClientPayloadError"},
    "urllib3": {"EmptyPoolError", "ProtocolError", "ProxyError", "TimeoutError"},
    "botocore": {
        "ConnectionClosedError",
        "ConnectionError",
        "IncompleteReadError",
        "ReadTimeoutError",
        "ResponseStreamingError",
    },
}
_LASTING = {  # one of the above by descent only
    "anew": {"RetryError"},
    "ssl": {"SSLError"},
    "aiohttp": {"ServerFingerprintMismatch"},
    "urllib3": {"ResponseNotChunked"},
}
_WRAPPERS = {  # what is inside counts
    "urllib": {"URLError"},
    "requests": {"RetryError", "SSLError"},
    "aiohttp": {"ClientSSLError"},
    "urllib3": {"MaxRetryError", "SSLError"},
    "botocore": {"HTTPClientError", "SSLError"},
}
_WRAPPER = object()
_VERDICTS = {
    (package, name): verdict
    for table, verdict in ((_PASSING, True), (_LASTING, False), (_WRAPPERS, _WRAPPER))
    for package, names in table.items()
    for name in names
}

# All that urllib3 keeps of a response.
_TOO_MANY = {f"too many {status} error responses" for status in STATUSES}

# Longer than any that means something; some are made up on the way, and have no end.
_LONGEST_CHAIN = 100

_NETWORK = ("EADDRNOTAVAIL", "EHOSTDOWN", "EHOSTUNREACH", "ENETDOWN", "ENETRESET", "ENETUNREACH")
_ERRNOS = {getattr(errno, name, None) for name in _NETWORK} - {None}


def is_transient(exc: BaseException) -> bool:
    """Whether the failure may be over by the next attempt: by its status, or else by its kind.

    Where a retry has given up below it, it is not. Nor if TLS has failed there, unless the connection just ended.
    """
    verdicts = [_verdict(one) for one in _chain(exc)]
    if False in verdicts:
        return False
    status = status_of(exc)
    if status is not None:
        return status in STATUSES
    return next((verdict for verdict in verdicts if verdict is not _WRAPPER), None) is True


def _chain(exc: BaseException) -> list[BaseException]:
    """The exception, and all that it names as what is behind it."""
    chain, known = [exc], {id(exc)}
    for one in islice(chain, _LONGEST_CHAIN):
        args = attribute(one, "args")
        inner = [
            attribute(one, "reason"),
            attribute(one, "__cause__"),
            item(attribute(one, "kwargs"), "error"),  # botocore
            *(args if issubclass(type(args), tuple) else ()),
        ]
        for new in inner:
            if issubclass(type(new), BaseException) and id(new) not in known:
                known.add(id(new))
                chain.append(new)
    return chain


def _verdict(exc: BaseException) -> object:
    for cls in type(exc).__mro__:
        module = attribute(cls, "__module__")
        name = (module.partition(".")[0] if type(module) is str else "", cls.__name__)
        if name in _VERDICTS:
            return _VERDICTS[name]
        if name == ("urllib3", "ResponseError"):
            return any(type(text) is str and text in _TOO_MANY for text in exc.args)
    # An error of the operating system that has no class of its own.
    number = attribute(exc, "errno") if issubclass(type(exc), OSError) else None
    return True if type(number) is int and number in _ERRNOS else None
