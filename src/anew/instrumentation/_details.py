"""What a hook is told of a retry, and how the ready hooks say it.

Law: the arguments of the call are for hooks that ask for them; no text that is made here shows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast, final

from anew._checks import safe_repr
from anew._types import override


@final
class RetryDetails:
    """A retry that has been scheduled, as hooks are told of it before the wait. Frozen; its `repr` shows no arguments.

    It holds the exception, and with it the frames of the failed attempt: what keeps the details keeps those alive.
    """

    __slots__ = (
        "_args",
        "_attempt",
        "_elapsed",
        "_exception",
        "_kwargs",
        "_name",
        "_times",
        "_wait",
        "_waited_so_far",
    )

    def __init__(
        self,
        *,
        name: str,
        attempt: int,
        wait: float,
        waited_so_far: float,
        elapsed: float,
        exception: Exception,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        times: int | None = None,
    ) -> None:
        self._name = name
        self._attempt = attempt
        self._wait = wait
        self._waited_so_far = waited_so_far
        self._elapsed = elapsed
        self._exception = exception
        self._args = args
        self._kwargs = dict(kwargs)  # a hook that changes it changes no call
        self._times = times

    @property
    def name(self) -> str:
        """What is retried: the `name` of the policy, or the function's qualified name."""
        return self._name

    @property
    def attempt(self) -> int:
        """The number of the attempt that failed, from 1."""
        return self._attempt

    @property
    def wait(self) -> float:
        """Seconds about to be waited, at least 0."""
        return self._wait

    @property
    def waited_so_far(self) -> float:
        """Seconds of all waits of this call before this one, together."""
        return self._waited_so_far

    @property
    def elapsed(self) -> float:
        """Seconds since the first failure of this call."""
        return self._elapsed

    @property
    def exception(self) -> Exception:
        """What the attempt raised."""
        return self._exception

    @property
    def args(self) -> tuple[Any, ...]:
        """The positional arguments of the call; empty for a block."""
        return self._args

    @property
    def kwargs(self) -> dict[str, Any]:
        """The keyword arguments of the call, in a dictionary of their own; empty for a block."""
        return self._kwargs

    @property
    def times(self) -> int | None:
        """Total attempts allowed, the first included; `None`: no limit."""
        return self._times

    @override
    def __repr__(self) -> str:
        numbers = ("attempt", "wait", "waited_so_far", "elapsed")
        facts = ", ".join(f"{fact}={getattr(self, fact)!r}" for fact in numbers)
        return f"RetryDetails(name={self.name!r}, {facts}, exception={failure(self.exception)}, times={self.times!r})"


SENTENCE = "%s failed with %s, attempt %s; next attempt in %s s"
"""One text for all retries, by which collectors of logs can group them; see `words`."""

_TENTH, _HUNDRED, _A_WEEK = 0.1, 100.0, 604800.0  # seconds
_LAST_NUMBER = 9
_LONGEST_TEXT = 1000
_MEMBERS = 3


def words(details: RetryDetails) -> tuple[str, str, str, str]:
    """What SENTENCE leaves open: who, with what, which attempt, and when the next one is."""
    times, wait = details.times, details.wait
    attempt = f"{details.attempt}" if times is None else f"{details.attempt} of {times}"
    digits = ".1f" if wait == 0 or _TENTH <= wait < _HUNDRED else ".0f" if _HUNDRED <= wait < _A_WEEK else ".2g"
    return details.name, failure(details.exception), attempt, f"{wait:{digits}}"


def sentence(details: RetryDetails) -> str:
    """Say it all."""
    return SENTENCE % words(details)


def fields(details: RetryDetails) -> dict[str, Any]:
    """The facts, but for the arguments, under the keys that logs and traces have in common."""
    return {
        "anew.name": details.name,
        "anew.attempt": details.attempt,
        "anew.times": details.times,
        "anew.wait": details.wait,
        "anew.waited_so_far": details.waited_so_far,
        "anew.elapsed": details.elapsed,
        "anew.exception": failure(details.exception),
        "anew.error_type": error_type(details),
    }


def failure(exc: BaseException) -> str:
    """The exception's `repr`, at a length that a log can take.

    That of a group shows its first members, and of groups in it only that they are there: a `repr` of all of it may
    never end, where groups share members.
    """
    if not isinstance(exc, BaseExceptionGroup):
        text = safe_repr(exc)
        return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}..."
    group: BaseExceptionGroup[BaseException] = cast("Any", exc)
    inner = [_member(one) for one in group.exceptions[:_MEMBERS]]
    rest = len(group.exceptions) - len(inner)
    more = [f"and {rest} more"] if rest else []
    return f"{type(group).__name__}({safe_repr(group.message)}, [{', '.join(inner + more)}])"


def _member(exc: BaseException) -> str:
    name = type(exc).__name__
    return f"{name}(...)" if isinstance(exc, BaseExceptionGroup) else failure(exc)


def error_type(details: RetryDetails) -> str:
    """The exception's type, with its module unless it is built in: there are many a `ConnectionError`."""
    typ = type(details.exception)
    return typ.__qualname__ if typ.__module__ == "builtins" else f"{typ.__module__}.{typ.__qualname__}"


def retry_num(details: RetryDetails) -> str:
    """The attempt's number for a metric, where each value is kept for good: 1 to 9, and `10+`."""
    return str(details.attempt) if details.attempt <= _LAST_NUMBER else f"{_LAST_NUMBER + 1}+"
