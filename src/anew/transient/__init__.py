"""Retry what may be over by the next attempt: `retry(on=transient())`, for whatever backends call.

Law: no client is imported, so all of them will do: an exception is known by its looks. This file has what is public;
`_judgement` judges, the families (`_sockets`, `_http`, `_sdks`, `_databases`, `_calls`) say what exceptions look like.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Protocol, cast

from anew import _clock
from anew._checks import duration, integer, option_error
from anew._marks import members

from ._answers import order_of
from ._judgement import judge
from ._looks import STATUSES, Seen

if TYPE_CHECKING:
    from anew._types import Seconds

__all__ = ["STATUSES", "retry_after", "transient"]


class Response(Protocol):
    """A response of any client."""

    @property
    def headers(self) -> object:
        """Names and values."""


def retry_after(exc_or_response: BaseException | Response) -> float | None:
    """Return the seconds that a server asked to wait, as a client's exception or response tells.

    Read are `Retry-After` (seconds, with a fraction too; a date; a time since 1970; `1m0s`), `retry-after-ms` and
    `x-ms-retry-after-ms`, an exception's `retry_after`, Google's `RetryInfo` and gRPC's pushback; if there is none of
    them, `RateLimit`, `RateLimit-Reset` and their likes, where nothing remains. A date counts from the response's own
    `Date`, if it has one that is not off by more than an hour, else from this machine's clock; one that is past gives
    0. Where several waits are asked for, and in an exception group, the longest counts.

    Parameters:
        exc_or_response: an exception, or anything with `headers`, such as a `202 Accepted` that is polled.

    Returns:
        Seconds, at least 0 and finite; `None` if nothing that can be read asks for a wait (RFC 9110, section 10.2.3;
        RFC 9651; google/rpc/error_details.proto).
    """
    waits = [order_of(Seen(one), _clock.wall())[1] for one in _failures(exc_or_response)]
    return max((wait for wait in waits if wait is not None), default=None)


def transient(*, limit: "Seconds" = 60.0, statuses: Iterable[int] | None = None) -> Callable[[Exception], bool | float]:
    """Make a hook for `on=` that retries what may be over by the next attempt.

    That are connections that broke, could not be made or took too long, HTTP statuses such as 503, deadlocks and lost
    servers of databases, gRPC's UNAVAILABLE, brokers without a leader: docs/transient.md has the rules and the table.
    Other statuses are not retried, nor are failures of TLS, wrong URLs, constraints, passwords, or what somebody has
    retried already. An exception group counts if all of its members do.

    If the server asked for a wait (see `retry_after`), it is waited, and up to a quarter more, at random: never less,
    and not everybody at the same moment. Where it asked for 0 seconds, or not at all, the policy's own backoff holds.

    Parameters:
        limit: the longest wait that the server may ask for, in seconds or as timedelta, at least 0. If it asks for
            more, the failure is not retried and leaves as it is.
        statuses: the HTTP statuses that count, from 100 to 599, in place of `STATUSES`. Also counted are 403, 409,
            413 and 423 if the server asked for a wait, and whatever it asks to retry (`x-should-retry: true`).

    Raises:
        TypeError: `limit` is no duration, or `statuses` is no iterable of integers.
        ValueError: `limit` is negative, NaN or infinite, or a status is below 100 or above 599.
    """
    return _Transient(limit, STATUSES if statuses is None else statuses)


class _Transient:
    """A class, as functions made in functions do not pickle."""

    skips_exhausted = True  # what another retry gave up on is not for it, as for types and unlike users' functions
    types: tuple[type[Exception], ...] = ()  # it names none

    def __init__(self, limit: object, statuses: object) -> None:
        self._limit = duration("limit", limit)
        expected = "an iterable of HTTP statuses from 100 to 599, or None (anew.transient.STATUSES)"
        if isinstance(statuses, str | bytes) or not isinstance(statuses, Iterable):
            raise option_error(TypeError, "statuses", statuses, expected)
        given = [integer("statuses", status, expected, 100, 599) for status in cast("Iterable[object]", statuses)]
        self._statuses = frozenset(map(int, given))  # of an HTTPStatus, only the number

    def judge(self, exc: BaseException) -> bool | float | None:
        """Return the answer of the hook, and `None` for a server's refusal."""
        verdicts = [judge(one, self._statuses, self._limit, _clock.wall()) for one in _failures(exc)]
        if None in verdicts:
            return None
        if not all(verdicts):
            return False
        wait = max([verdict for verdict in verdicts if verdict is not None and verdict is not True], default=0.0)
        # Whoever was told the same time to come back does not come back at the same time.
        return wait * (1 + 0.25 * _clock.draw()) if wait > 0 else True

    def __call__(self, exc: Exception, /) -> bool | float:
        return self.judge(exc) or False

    def __repr__(self) -> str:
        own = "" if self._statuses == STATUSES else f", statuses={sorted(self._statuses)!r}"
        return f"transient(limit={self._limit!r}{own})"


def _failures(thing: Any) -> list[Any]:
    return [one for one in members(thing) if not issubclass(type(one), BaseExceptionGroup)]
