"""What HTTP clients raise, and those of WebSockets.

Sources: the exceptions of each; libcurl-errors(3); IANA's registry of WebSocket close codes (RFC 6455, section 7.4).

Law: a row for a connection that broke, could not be made or took too long; statuses are judged elsewhere.
"""

import re

from ._looks import Kind, Looks, args_of, attribute, integer
from ._sockets import broken, status_in

_TOO_MANY, _REFUSED = re.compile(r"^too many ([45]\d\d) error responses$"), re.compile(r"^([45]\d\d)\b")

# Could not look up (proxy, host), connect; HTTP/2; half an answer; timeout; no answer; send, receive; streams; QUIC; a
# status. Then TLS that could not be set up.
_CURL, _CURL_TLS = {5, 6, 7, 16, 18, 22, 28, 52, 55, 56, 92, 95, 96}, 35

# Going away, no status, abnormal, internal error, restart, try again later, bad gateway.
_CLOSED = {1001, 1005, 1006, 1011, 1012, 1013, 1014}


def _by_attempts(exc: BaseException) -> Kind:
    # Each attempt calls the next: they are in the traceback, for as long as there is one.
    tb, attempts = attribute(exc, "__traceback__"), 0
    while tb is not None:
        code, tb = tb.tb_frame.f_code, tb.tb_next
        attempts += code.co_name == "urlopen" and code.co_filename.endswith("connectionpool.py")
    return "inside" if attempts <= 1 else "spent"


def _by_curl(exc: BaseException) -> Kind | None:
    numbers = [integer(one) for one in (attribute(exc, "code"), *args_of(exc))]
    code = next((number for number in numbers if number is not None and number > 0), 0)
    if code in _CURL:
        return status_in(exc) or "yes"
    return (broken(exc) or "never") if code == _CURL_TLS else "no" if code > 0 else None


def _by_close(exc: BaseException) -> Kind:
    code = integer(attribute(attribute(exc, "rcvd"), "code"))
    return "yes" if code is None or code in _CLOSED else "no"


ROWS = {
    "http urllib": "BadStatusLine IncompleteRead ContentTooShortError >URLError",
    "httpx httpx2 httpcore httpcore2": "NetworkError RemoteProtocolError TimeoutException !DecodingError",
    "requests niquests": "ChunkedEncodingError ConnectionError Timeout ?ProxyError >RetryError >SSLError",
    "urllib3 urllib3_future": "EmptyPoolError ProtocolError TimeoutError ?ProxyError >SSLError !ResponseNotChunked",
    "aiohttp": "ClientConnectionError ClientPayloadError >ClientSSLError !ContentEncodingError "
    "!ServerFingerprintMismatch",
    "h2 websocket": "ProtocolError WebSocketConnectionClosedException WebSocketTimeoutException !FlowControlError",
    "h11": "RemoteProtocolError",
}
LOOKS: Looks = {
    ("httpx httpx2 httpcore httpcore2", "ProxyError"): lambda exc: status_in(exc, _REFUSED) or "either",
    ("urllib3 urllib3_future", "MaxRetryError"): _by_attempts,
    ("urllib3 urllib3_future", "ResponseError"): lambda exc: status_in(exc, _TOO_MANY),
    ("pycurl curl_cffi", "error CurlError"): _by_curl,
    ("curl_cffi", "ConnectionError IncompleteRead ProxyError Timeout"): lambda exc: _by_curl(exc) or "yes",
    ("curl_cffi", "SSLError"): _by_curl,
    ("websockets", "ConnectionClosedError"): _by_close,
    ("websockets", "InvalidMessage"): lambda exc: "yes" if type(attribute(exc, "__cause__")) is EOFError else "inside",
}
