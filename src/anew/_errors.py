"""The error that says we gave up, and the one that asks us to go on.

The facts of a `RetryError` are in `BaseException`'s own `args`, and nowhere else. So they travel with whatever carries
an exception: pickles, and carriers that send `args` and `__dict__`, and then call the class with these `args` (Celery's
JSON) or set them (mpire). `args` gives such carriers what they can carry; the last exception itself stays where it is.

Law: an exception is somebody else's object. Its text, its truth and its attributes are asked for under guard only.
"""

from __future__ import annotations

import sys
from _thread import get_ident
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from ._checks import finite
from ._describe import describe

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._types import Reason, Seconds

# The attribute itself: RetryError hides it.
_FACTS: Callable[[RetryError], tuple[int, Exception, Reason, float, str | None]] = vars(BaseException)["args"].__get__

# They carry what pickle cannot: classes of __main__, local ones. Whoever has imported one of them wants that.
_PICKLERS = ("cloudpickle", "joblib.externals.cloudpickle", "ray.cloudpickle", "pyspark.cloudpickle")

_PACKING: set[tuple[int, int]] = set()  # threads, and ids of exceptions


class RetryError(Exception):
    """Raised when the attempts of a retried call are used up, or its time is, or the budget, or when it was stopped.

    It is raised `from` the last exception. It pickles and copies with all its facts, and travels by `args` alone:
    `RetryError(*err.args)` has all facts too. A deep copy holds what pickling leaves of the exceptions.

    Parameters:
        attempts: calls made in total, the first included.
        last_exception: what the last attempt raised. What is no exception (a carrier's text) is wrapped in one.
        reason: why no further attempt was made: `"attempts"`, `"timeout"`, `"budget"` or `"stopped"`.
        elapsed: seconds from the first failure to giving up.
        name: what was retried, if it is known.
    """

    def __init__(
        self,
        attempts: int,
        last_exception: Exception,
        reason: Reason = "attempts",
        elapsed: float = 0.0,
        name: str | None = None,
    ) -> None:
        last = last_exception if isinstance(cast("object", last_exception), Exception) else Exception(last_exception)
        # Not super(): other bases that a subclass may have (OSError) keep `args` of their own making.
        BaseException.__init__(self, attempts, last, reason, elapsed, name)

    if not TYPE_CHECKING:  # to type checkers, `args` is what every exception has
        args = property(lambda err: _portable(*_FACTS(err)), lambda err, facts: RetryError.__init__(err, *facts))

    @property
    def attempts(self) -> int:
        """Calls made in total, the first included."""
        return _FACTS(self)[0]

    @property
    def last_exception(self) -> Exception:
        """What the last attempt raised."""
        return _FACTS(self)[1]

    @property
    def reason(self) -> Reason:
        """Why no further attempt was made: `"attempts"`, `"timeout"`, `"budget"` or `"stopped"`."""
        return _FACTS(self)[2]

    @property
    def elapsed(self) -> float:
        """Seconds from the first failure to giving up."""
        return _FACTS(self)[3]

    @property
    def name(self) -> str | None:
        """What was retried, if it is known."""
        return _FACTS(self)[4]

    def __str__(self) -> str:
        attempts, last, reason, _, name = _FACTS(self)
        failed = "Failed" if name is None else f"{name} failed"
        why = "" if reason == "attempts" else f" (reason: {reason})"
        return f"{failed} after {attempts} attempt(s). Last error: {describe(last)}{why}"

    def __reduce__(self) -> tuple[Any, ...]:
        attempts, last, *others = _FACTS(self)
        carried: Any = _Carried(last)
        cause = None if self.__cause__ is None else carried if self.__cause__ is last else _Carried(self.__cause__)
        return _restored, (type(self), cause, attempts, carried, *others), self.__dict__


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
            self._after = max(0.0, finite("after", after, "a finite duration in seconds or as timedelta, or None"))

    @property
    def after(self) -> float | None:
        """Seconds to wait before the next attempt; `None`: as long as the policy says."""
        return self._after

    def __str__(self) -> str:
        return super().__str__() or "another attempt is wanted, which only a call retried by anew makes"


def without_traceback(exc: Exception) -> Exception:
    """Return a copy, which keeps no frame alive; or a description where there is no copy to be had."""
    from copy import copy

    with suppress(Exception):
        return copy(exc)
    return Exception(describe(exc))


class _Carried:
    """An exception on its way: a copy shares it, and whoever pickles or copies it deeply gets what there is of it."""

    def __init__(self, exc: BaseException) -> None:
        self.exc: Any = exc

    def __reduce__(self) -> tuple[Any, ...]:
        return _arrived, _packed(self.exc)


def _restored(cls: type[RetryError], cause: _Carried | None, attempts: int, last: _Carried, *others: Any) -> RetryError:
    error = cls.__new__(cls)  # not the class itself: a subclass's __init__ may want other arguments
    RetryError.__init__(error, attempts, last.exc, *others)
    if cause is not None:
        error.__cause__ = cause.exc
    return error


def _portable(attempts: int, last: Exception, *others: Any) -> tuple[Any, ...]:
    """Return facts that any carrier can carry, with a stand-in for an exception that does not survive pickling."""
    _, stand_in = packed = _packed(last, ())
    return attempts, stand_in if _arrived(*packed).exc is stand_in else last, *others


def _packed(exc: BaseException, picklers: tuple[str, ...] = _PICKLERS) -> tuple[bytes, Exception]:
    """Return pickled bytes and, should they not unpickle where they arrive, a stand-in.

    A process pool dies of a result that cannot be unpickled, so what others wrote is never left to it.
    """
    import pickle

    stand_in, key = Exception(describe(exc)), (get_ident(), id(exc))
    if key in _PACKING:  # it holds the error that holds it
        return b"", stand_in
    _PACKING.add(key)
    try:
        return next(filter(None, map(sys.modules.get, picklers)), pickle).dumps(exc), stand_in
    except Exception:
        return b"", stand_in
    finally:
        _PACKING.discard(key)


def _arrived(data: bytes, stand_in: Exception) -> _Carried:
    import pickle

    exc: object = None
    with suppress(Exception):
        exc = pickle.loads(data)
    return _Carried(exc if isinstance(exc, BaseException) else stand_in)
