"""What the libraries of services raise, around the HTTP client that they use.

Sources: the exceptions of each; botocore/retries/standard.py for AWS's codes; google/api_core/exceptions.py.

Law: statuses are judged elsewhere. An error around a broken connection counts by that; where it shows that the library
has retried already, it is spent.
"""

import re

from ._looks import Kind, Looks, attribute, called, class_of, each, integer, item, text

# AWS throttles with the status 400, too.
_AWS = re.compile(
    "RequestTimeout(Exception)?|PriorRequestNotComplete|Throttl(ing|ingException|edException)|RequestThrottled(Exception)?|"
    "TooManyRequestsException|ProvisionedThroughputExceededException|TransactionInProgressException|SlowDown|"
    "(Request|Bandwidth)LimitExceeded|LimitExceededException|EC2ThrottledException"
)


def _by_aws(exc: BaseException) -> Kind | None:
    response = attribute(exc, "response")
    metadata = item(response, "ResponseMetadata")
    if item(metadata, "MaxAttemptsReached") is True and integer(item(metadata, "RetryAttempts")) != 0:
        return "spent"
    return "yes" if _AWS.fullmatch(text(item(item(response, "Error"), "Code"))) else None


def _by_count(exc: BaseException) -> Kind | None:
    # Their requests tell the server how often they were sent before.
    headers = attribute(attribute(exc, "request"), "headers")
    return "spent" if text(called(headers, "get", "x-stainless-retry-count")).strip("0") else None


def _by_errors(exc: BaseException) -> Kind:
    # The failures of the attempts before; the HTTP client's own error is in there, too.
    errors = each(attribute(exc, "errors"))
    return "spent" if any("elastic" in text(attribute(class_of(one), "__module__")) for one in errors) else "either"


ROWS = {
    "botocore boto3": "ConnectionClosedError ConnectionError IncompleteReadError ReadTimeoutError "
    "ResponseStreamingError ?ProxyConnectionError >HTTPClientError >SSLError *RetriesExceededError",
    "openai anthropic groq stripe": "?APIConnectionError ?WebSocketConnectionClosedError",
    "google": "TimeoutError !DataLoss !Unknown *RetryError",  # the status of the second and third is 500
    "azure": "IncompleteReadError ?ServiceRequestError ?ServiceResponseError",
    "elastic_transport opensearchpy pinecone": "?ConnectionError ?PineconeConnectionError >SSLError >TlsError",
    "telegram": "NetworkError !BadRequest",
    "qdrant_client huggingface_hub": "ResourceExhaustedResponse OverloadedError >ResponseHandlingException "
    ">LocalEntryNotFoundError !OfflineModeIsEnabled",
}
LOOKS: Looks = {
    ("botocore", "ClientError"): _by_aws,
    ("openai anthropic groq", "APIConnectionError"): lambda exc: _by_count(exc) or "either",
    ("openai anthropic groq", "APIError"): _by_count,
    ("elastic_transport", "ConnectionError ConnectionTimeout"): _by_errors,
    ("google", "TransportError"): lambda exc: "yes" if attribute(exc, "retryable") is True else "either",
    ("google", "Aborted"): lambda _: "yes",  # whose status is 409
}
