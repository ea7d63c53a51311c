"""What HTTP clients raise, those of WebSockets, and the libraries of services around them.

Sources: the exceptions of each; libcurl-errors(3); IANA's registry of WebSocket close codes (RFC 6455, section 7.4);
botocore/retries/standard.py for AWS's codes; google/api_core/exceptions.py.

Law: a row for a connection that broke, could not be made or took too long; statuses are judged elsewhere. A library's
error around a broken connection counts by that; where it shows that the library has retried already, it is spent.
"""

import re

from ._looks import Kind, Table, args_of, attribute, called, class_of, each, integer_of, item, text_of
from ._sockets import broken, status_in

_TOO_MANY, _REFUSED = re.compile(r"^too many ([45]\d\d) error responses$"), re.compile(r"^([45]\d\d)\b")

# Could not look up (proxy, host), connect; HTTP/2; half an answer; timeout; no answer; send, receive; streams; QUIC; a
# status. Then TLS that could not be set up.
_CURL, _CURL_TLS = {5, 6, 7, 16, 18, 22, 28, 52, 55, 56, 92, 95, 96}, 35

# None, going away, no status, abnormal, internal error, restart, try again later, bad gateway.
_CLOSED = {None, 1001, 1005, 1006, 1011, 1012, 1013, 1014}

# AWS throttles with the status 400, too.
_AWS = re.compile(
    "RequestTimeout(Exception)?|PriorRequestNotComplete|Throttl(ing|ingException|edException)|RequestThrottled(Exception)?|"
    "TooManyRequestsException|ProvisionedThroughputExceededException|TransactionInProgressException|SlowDown|"
    "(Request|Bandwidth)LimitExceeded|LimitExceededException|EC2ThrottledException"
)


def _by_attempts(exc: BaseException) -> Kind:
    # Each attempt calls the next: they are in the traceback, for as long as there is one.
    tb, attempts = attribute(exc, "__traceback__"), 0
    while tb is not None:
        code, tb = tb.tb_frame.f_code, tb.tb_next
        attempts += code.co_name == "urlopen" and code.co_filename.endswith("connectionpool.py")
    return "inside" if attempts <= 1 else "spent"


def _by_curl(exc: BaseException) -> Kind | None:
    code = integer_of(attribute(exc, "code")) or max(integer_of(one) or 0 for one in args_of(exc))
    if code in _CURL:
        return status_in(exc) or "yes"
    return (broken(exc) or "never") if code == _CURL_TLS else "no" if code > 0 else None


def _by_close(exc: BaseException) -> Kind:
    return "yes" if integer_of(attribute(attribute(exc, "rcvd"), "code")) in _CLOSED else "no"


def _by_aws(exc: BaseException) -> Kind | None:
    response = attribute(exc, "response")
    metadata = item(response, "ResponseMetadata")
    if item(metadata, "MaxAttemptsReached") is True and integer_of(item(metadata, "RetryAttempts")) != 0:
        return "spent"
    return "yes" if _AWS.fullmatch(text_of(item(item(response, "Error"), "Code"))) else None


def _by_count(exc: BaseException) -> Kind | None:
    # Their requests tell the server how often they were sent before.
    headers = attribute(attribute(exc, "request"), "headers")
    return "spent" if text_of(called(headers, "get", "x-stainless-retry-count")).strip("0") else None


def _by_errors(exc: BaseException) -> Kind:
    # The failures of the attempts before; the HTTP client's own error is in there, too.
    errors = each(attribute(exc, "errors"))
    return "spent" if any("elastic" in text_of(attribute(class_of(one), "__module__")) for one in errors) else "either"


TABLE: Table = {
    "http urllib": "BadStatusLine IncompleteRead ContentTooShortError >URLError",
    "httpx httpx2 httpcore httpcore2 h11": "NetworkError RemoteProtocolError TimeoutException !DecodingError",
    "requests niquests": "ChunkedEncodingError ConnectionError Timeout ?ProxyError >RetryError >SSLError",
    "urllib3 urllib3_future": "EmptyPoolError ProtocolError TimeoutError ?ProxyError >SSLError !ResponseNotChunked",
    "aiohttp": "ClientConnectionError ClientPayloadError >ClientSSLError !ContentEncodingError "
    "!ServerFingerprintMismatch",
    "h2 websocket": "ProtocolError WebSocketConnectionClosedException WebSocketTimeoutException !FlowControlError",
    "botocore boto3": "ConnectionClosedError ConnectionError IncompleteReadError ReadTimeoutError "
    "ResponseStreamingError ?ProxyConnectionError >HTTPClientError >SSLError *RetriesExceededError",
    "openai anthropic groq stripe": "?APIConnectionError ?WebSocketConnectionClosedError",
    "google": "TimeoutError !DataLoss !Unknown *RetryError",  # the status of the second and third is 500
    "azure telegram": "IncompleteReadError NetworkError ?ServiceRequestError ?ServiceResponseError !BadRequest",
    "elastic_transport opensearchpy pinecone": "?ConnectionError ?PineconeConnectionError >SSLError >TlsError",
    "qdrant_client huggingface_hub": "ResourceExhaustedResponse OverloadedError >ResponseHandlingException "
    ">LocalEntryNotFoundError !OfflineModeIsEnabled",
    "httpx httpx2 httpcore httpcore2: ProxyError": lambda exc: status_in(exc, _REFUSED) or "either",
    "urllib3 urllib3_future: MaxRetryError": _by_attempts,
    "urllib3 urllib3_future: ResponseError": lambda exc: status_in(exc, _TOO_MANY),
    "pycurl curl_cffi: error CurlError SSLError": _by_curl,
    "curl_cffi: ConnectionError IncompleteRead ProxyError Timeout": lambda exc: _by_curl(exc) or "yes",
    "websockets: ConnectionClosedError": _by_close,
    "websockets: InvalidMessage": lambda exc: "yes" if type(attribute(exc, "__cause__")) is EOFError else "inside",
    "botocore: ClientError": _by_aws,
    "openai anthropic groq: APIConnectionError": lambda exc: _by_count(exc) or "either",
    "openai anthropic groq: APIError": _by_count,
    "elastic_transport: ConnectionError ConnectionTimeout": _by_errors,
    "google: TransportError": lambda exc: "yes" if attribute(exc, "retryable") is True else "either",
    "google: Aborted": lambda _: "yes",  # whose status is 409
}
