"""`RetryError`: what it tells, and that it cannot be changed or subscripted."""

from typing import Literal, assert_never, assert_type

from anew import RetryError, retry


@retry(times=3)
def fetch(url: str) -> bytes:
    return url.encode()


try:
    fetch("x")
except RetryError as err:
    assert_type(err.attempts, int)
    assert_type(err.last_exception, Exception)
    assert_type(err.elapsed, float)
    assert_type(err.reason, Literal["attempts", "timeout", "budget", "stopped"])
    assert_type(err.name, str | None)
    print(err.attempt)  # E
    print(err.last_attempt)  # E
    print(err.last_exception.errno)  # E
    print(err.__cause__.errno)  # E
    err.attempts = 3  # E
    err.last_exception = ValueError()  # E
    err.reason = "attempts"  # E
    err.elapsed = 1.0  # E
    err.name = "fetch"  # E
    raise err.last_exception from None


def reasons(error: RetryError) -> str:
    match error.reason:
        case "attempts":
            return "tried enough"
        case "timeout":
            return "no time left"
        case "budget":
            return "enough for everybody"
        case "stopped":
            return "told to stop"
        case _:
            assert_never(error.reason)


def forgotten_reason(error: RetryError) -> str:
    match error.reason:
        case "attempts":
            return "tried enough"
        case "timeout":
            return "no time left"
        case "budget":
            return "enough for everybody"
        case _:
            assert_never(error.reason)  # E


def grouped() -> None:
    try:
        fetch("x")
    except* RetryError as group:
        assert_type(group, ExceptionGroup[RetryError])


RetryError(3, ValueError())
RetryError(3, ValueError(), reason="timeout", elapsed=1.5)
RetryError(3, ValueError(), reason="budget")
RetryError(3, ValueError(), "stopped", 1.5, "fetch")
RetryError(*RetryError(3, ValueError(), name="fetch").args)
RetryError(attempts=3, last_exception=ValueError())
RetryError()  # E
RetryError(3)  # E
RetryError("3", ValueError())  # E
RetryError(3, "failed")  # E
RetryError(3, ValueError)  # E
RetryError(3, KeyboardInterrupt())  # E
RetryError(3, ValueError(), reason="tired")  # E
RetryError(3, ValueError(), elapsed="1")  # E
RetryError(3, ValueError(), name=3)  # E
error: Exception = RetryError(3, ValueError())

try:
    fetch("x")
except RetryError[ValueError]:  # E
    pass


class Mine(RetryError):
    pass


retry(on=RetryError)
retry(on=[RetryError, ConnectionError])
retry(on=Mine, on_retry=lambda num, exc: print(exc.last_exception))
