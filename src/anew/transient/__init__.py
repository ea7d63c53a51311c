"""Retry what HTTP clients raise: `retry(on=transient())`, and `Retry-After`.

Law: no client is imported, so all of them will do: httpx, requests, aiohttp, urllib, urllib3, botocore, and any other
whose exceptions have a status and headers, or a `response` that has them. The judgement is in here; what exceptions
look like is told below.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import TYPE_CHECKING

from anew import _clock
from anew._checks import option_error, seconds
from anew._marks import members

from ._outage import is_transient
from ._response import asked_wait

if TYPE_CHECKING:
    from anew._types import Seconds

__all__ = ["retry_after", "transient"]

# Whoever was told the same time to come back does not come back at the same time.
_SPREAD = 0.25


def retry_after(exc: BaseException) -> float | None:
    """Give the seconds that the server asked to wait, in `Retry-After`, as the exception of an HTTP client tells.

    Seconds may have a fraction. A date counts from the response's own `Date`, if it has one that is not off by more
    than an hour, else from this machine's clock; one that is past gives 0. Where the header came several times, and
    in an exception group, the longest wait counts.

    Returns:
        Seconds, at least 0 and finite; `None` if the exception has no response, or the response has no `Retry-After`
        (RFC 9110, section 10.2.3) that can be read.
    """
    now = _clock.wall()
    waits = [asked_wait(one, now) for one in _failures(exc)]
    return max((wait for wait in waits if wait is not None), default=None)


def transient(*, limit: Seconds = 60.0) -> Callable[[Exception], bool | float]:
    """Make a hook for `on=` that retries what may be over by the next attempt.

    These are the statuses 408, 425, 429, 500, 502, 503 and 504, and connections that broke, could not be made or took
    too long. Other statuses are not retried, nor are failures of TLS (unless the connection just ended), wrong URLs,
    too many redirects, or a `RetryError`: somebody has retried that already. An exception group counts if all of its
    members do.

    If the server asked for a wait (see `retry_after`), it is waited, and up to a quarter more, at random: never less,
    and not everybody at the same moment. Where it asked for 0 seconds, or not at all, the policy's own backoff holds.

    Parameters:
        limit: the longest wait that the server may ask for, in seconds or as timedelta, at least 0. If it asks for
            more, the failure is not retried and leaves as it is.

    Raises:
        TypeError: `limit` is no duration.
        ValueError: `limit` is negative, NaN or infinite.
    """
    duration = seconds(limit)
    allowed = "a finite duration >= 0, in seconds or as timedelta"
    if duration is None:
        raise option_error(TypeError, "limit", limit, allowed)
    if not isfinite(duration) or duration < 0:
        raise option_error(ValueError, "limit", limit, allowed)
    return _Transient(duration)


class _Transient:
    """A class, as functions made in functions do not pickle."""

    skips_exhausted = True  # see `Policy`

    def __init__(self, limit: float) -> None:
        self._limit = limit

    def __call__(self, exc: Exception, /) -> bool | float:
        if not all(is_transient(one) for one in _failures(exc)):
            return False
        asked = retry_after(exc)
        if asked is None or asked == 0:
            return True
        return asked <= self._limit and asked * (1 + _SPREAD * _clock.draw())

    def __repr__(self) -> str:
        return f"transient(limit={self._limit!r})"


def _failures(exc: BaseException) -> list[BaseException]:
    if not issubclass(type(exc), BaseExceptionGroup):
        return [exc]
    return [one for one in members(exc) if not isinstance(one, BaseExceptionGroup)]
