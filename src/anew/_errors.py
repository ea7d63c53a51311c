"""The error that says we gave up, and the one that asks us to go on.

Law: an exception is somebody else's object. Its text, its truth and its attributes are asked for under guard only.
"""

from __future__ import annotations

import sys
from math import isfinite
from typing import TYPE_CHECKING, Any, TypeVar

from ._checks import seconds
from ._checks import option_error
from ._types import override

if TYPE_CHECKING:
    from typing import Self

    from ._types import Reason, Seconds


class RetryError(Exception):
    """Raised when the attempts of a retried call are used up, or its time is, or the budget.

    It is raised `from` the last exception, and it pickles, copies and deep-copies with all its facts.

    Parameters:
        attempts: calls made in total, the first included.
        last_exception: what the last attempt raised.
        reason: why no further attempt was made: `"attempts"`, `"timeout"`, `"budget"` or `"stopped"`.
        elapsed: seconds from the first failure to giving up.
    """

    def __init__(
        self, attempts: int, last_exception: Exception, *, reason: Reason = "attempts", elapsed: float = 0.0
    ) -> None:
        super().__init__(attempts, last_exception)
        self._attempts = attempts
        self._last_exception = last_exception
        self._reason: Reason = reason
        self._elapsed = elapsed

    @property
    def attempts(self) -> int:
        """Calls made in total, the first included."""
        return self._attempts

    @property
    def last_exception(self) -> Exception:
        """What the last attempt raised."""
        return self._last_exception

    @property
    def reason(self) -> Reason:
        """Why no further attempt was made: `"attempts"`, `"timeout"`, `"budget"` or `"stopped"`."""
        return self._reason

    @property
    def elapsed(self) -> float:
        """Seconds from the first failure to giving up."""
        return self._elapsed

    @override
    def __str__(self) -> str:
        why = "" if self._reason == "attempts" else f" (reason: {self._reason})"
        return f"Failed after {self._attempts} attempt(s). Last error: {describe(self._last_exception)}{why}"

    @override
    def __reduce__(self) -> tuple[Any, ...]:
        state = self.__dict__.copy()
        last = state.pop("_last_exception")
        cause = self.__cause__
        return _restore, (type(self), _pack(last), cause is last, None if cause is last else _pack(cause), state)

    def __copy__(self) -> Self:
        state = self.__dict__.copy()
        last = state.pop("_last_exception")
        return _build(type(self), last, self.__cause__, state)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        from copy import deepcopy

        state = self.__dict__.copy()
        last = _deep(state.pop("_last_exception"), memo)
        return _build(type(self), last, _deep(self.__cause__, memo), deepcopy(state, memo))


class TryAgain(Exception):
    """Raised inside a retried call, it asks for another attempt, whatever `on` says: `if job.pending: raise TryAgain`.

    It never leaves the call: when the attempts are used up, `RetryError` does, also with `reraise=True`. Its
    `last_exception` is what this was raised `from`, or this. Where nothing retries, it is an exception like any other.

    Parameters:
        message: what is not ready yet, for whoever reads the logs.
        after: how long exactly to wait, in seconds or as timedelta: neither jittered nor capped by `max_delay`, but
            subject to `timeout`. Less than 0 means 0. `None`: as long as the policy says.

    Raises:
        TypeError, ValueError: `after` is not a finite duration.
    """

    _after: float | None = None  # for subclasses that do not call our __init__

    def __init__(self, message: str = "", *, after: Seconds | None = None) -> None:
        super().__init__(*([message] if message else []))
        if after is not None:
            wait = seconds(after)
            allowed = "finite seconds or timedelta, or None"
            if wait is None:
                raise option_error(TypeError, "after", after, allowed)
            if not isfinite(wait):
                raise option_error(ValueError, "after", after, allowed)
            self._after = max(0.0, wait)

    @property
    def after(self) -> float | None:
        """Seconds to wait before the next attempt; `None`: as long as the policy says."""
        return self._after

    @override
    def __str__(self) -> str:
        return super().__str__() or "another attempt is wanted, which only a call retried by anew makes"


def failure_in(exc: Exception) -> Exception:
    """What to report when there is no other attempt: what a `TryAgain` was raised from, else the exception itself."""
    if isinstance(exc, TryAgain) and isinstance(exc.__cause__, Exception):
        return exc.__cause__
    return exc


def describe(exc: BaseException) -> str:
    """The exception's type and text."""
    name = type(exc).__name__
    try:
        text = str(exc)
    except Exception:
        text = "<no text: its str() failed>"
    return f"{name}: {text}" if text else name


_R = TypeVar("_R", bound=RetryError)


def _build(cls: type[_R], last: Exception, cause: BaseException | None, state: dict[str, Any]) -> _R:
    error = cls.__new__(cls, state["_attempts"], last)
    error.__dict__.update(state, _last_exception=last)
    if cause is not None:
        error.__cause__ = cause
    return error


def _restore(cls: type[_R], last: Any, from_last: bool, cause: Any, state: dict[str, Any]) -> _R:
    exc = _unpack(last)
    return _build(cls, exc, exc if from_last else _unpack(cause, BaseException), state)


def _pack(exc: BaseException | None) -> tuple[bytes | None, str] | None:
    """Give pickled bytes and, should they not unpickle where they arrive, a text.

    A process pool dies of a result that cannot be unpickled, so what others wrote is never left to it.
    """
    if exc is None:
        return None
    import pickle

    try:
        # Where cloudpickle is at work, it also carries what cannot be imported.
        payload: bytes | None = sys.modules.get("cloudpickle", pickle).dumps(exc)
    except Exception:
        payload = None
    return payload, describe(exc)


def _unpack(packed: tuple[bytes | None, str] | None, typ: type[BaseException] = Exception) -> Any:
    if packed is None:
        return None
    import pickle

    payload, text = packed
    try:
        exc = pickle.loads(payload or b"")
    except Exception:
        exc = None
    return exc if isinstance(exc, typ) else Exception(text)


def _deep(exc: Any, memo: dict[int, Any]) -> Any:
    from copy import deepcopy

    try:
        return deepcopy(exc, memo)
    except Exception:
        return exc  # one that refuses to be copied is shared
