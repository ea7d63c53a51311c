"""What a hook is and what it is told; how one is built late, and what is said of one that fails.

Law: no call suffers from a hook. What goes wrong in a hook is logged, or nothing is; what a hook retries itself is told
to no hook. The arguments of a call and its exception are for hooks that ask for them: the facts, which are all that may
be shown, have none of the arguments, and of the exception its type and its description.
"""

from __future__ import annotations

from _contextvars import ContextVar
from _thread import allocate_lock
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypedDict, Unpack, final

from anew import _clock
from anew._callables import is_function, name_of
from anew._checks import option_error
from anew._describe import describe
from anew._errors import TryAgain

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from anew._types import Reason

    class Common(TypedDict):
        """What all details are made from."""

        name: str
        elapsed: float
        exception: Exception
        args: tuple[Any, ...]
        kwargs: Mapping[str, Any]


class _Details:
    """What all details have. The exception holds the frames of the failed attempt: what keeps details keeps those."""

    __slots__ = ("args", "elapsed", "exception", "kwargs", "name")

    def __init__(self, **common: Unpack[Common]) -> None:
        self.name: str = common["name"]
        self.elapsed: float = common["elapsed"]
        self.exception: Exception = common["exception"]
        self.args: tuple[Any, ...] = common["args"]
        self.kwargs: dict[str, Any] = dict(common["kwargs"])  # a hook that changes it changes no call

    def facts(self) -> dict[str, Any]:
        """Return what may be shown, under the keys that logs, events and spans have in common."""
        error = {"anew.error_type": error_type(self.exception), "anew.error": _error_text(self.exception)}
        return {f"anew.{name}": getattr(self, name) for name in ("name", "elapsed", *self.__slots__)} | error

    def __repr__(self) -> str:
        """All facts."""
        shown = (f"{key.removeprefix('anew.')}={value!r}" for key, value in self.facts().items())
        return f"{type(self).__name__}({', '.join(shown)})"


@final
class RetryDetails(_Details):
    """A retry that has been scheduled, as hooks are told of it before the wait. Its `repr` shows no arguments.

    It holds the exception, and with it the frames of the failed attempt: what keeps the details keeps those alive.

    Parameters:
        name: what is retried: the `name` of the policy, or the function's qualified name.
        attempt: the number of the attempt that failed, from 1.
        wait: seconds about to be waited, at least 0.
        waited_so_far: seconds of all waits of this call before this one, together.
        elapsed: seconds since the first failure of this call.
        exception: what the attempt raised.
        args: the positional arguments of the call; empty for a block.
        kwargs: the keyword arguments of the call, of which the details keep a copy; empty for a block.
        times: total attempts allowed, the first included; `None`: no limit.
    """

    __slots__ = ("attempt", "times", "wait", "waited_so_far")

    def __init__(
        self, *, attempt: int, wait: float, waited_so_far: float, times: int | None = None, **common: Unpack[Common]
    ) -> None:
        super().__init__(**common)
        self.attempt: int = attempt
        self.times: int | None = times
        self.wait: float = wait
        self.waited_so_far: float = waited_so_far


@final
class GiveUpDetails(_Details):
    """A call that is given up after a failure, as hooks are told of it. Its `repr` shows no arguments.

    It holds the exception, and with it the frames of the failed attempt: what keeps the details keeps those alive.

    Parameters:
        name: what was retried: the `name` of the policy, or the function's qualified name.
        reason: why no further attempt is made, as in `RetryError`.
        attempts: calls made in total, the first included.
        elapsed: seconds since the first failure of this call.
        exception: what the last attempt raised.
        args: the positional arguments of the call; empty for a block.
        kwargs: the keyword arguments of the call, of which the details keep a copy; empty for a block.
    """

    __slots__ = ("attempts", "reason")

    def __init__(self, *, reason: Reason, attempts: int, **common: Unpack[Common]) -> None:
        super().__init__(**common)
        self.attempts: int = attempts
        self.reason: Reason = reason


def error_type(exc: Exception) -> str:
    """Return the exception's type, with its module unless it is built in: there are many a `ConnectionError`."""
    typ = type(exc)
    return typ.__qualname__ if typ.__module__ == "builtins" else f"{typ.__module__}.{typ.__qualname__}"


def _error_text(exc: Exception) -> str:
    # A TryAgain without a message tells what it is, which is of no use in a log; what it was raised from is.
    if not issubclass(type(exc), TryAgain) or str(exc) != str(TryAgain()):
        return describe(exc)
    name = type(exc).__name__
    return name if exc.__cause__ is None else f"{name}: {describe(exc.__cause__)}"


class RetryHook(Protocol):
    """A function that is told of each retry before its wait: `hook(details)`.

    It may return a context manager: that is entered at once and left right before the next attempt, exactly once,
    also when the wait is cancelled, interrupted or never finished. It can swallow nothing. What a hook raises is logged
    to `anew` and never reaches the call. Hooks are plain functions, also for async calls.
    """

    def __call__(self, details: RetryDetails, /) -> AbstractContextManager[object] | None:
        """Hear of a retry."""


class GiveUpHook(Protocol):
    """A function that is told of each call that is given up, before its error is raised: `hook(details)`.

    What it raises is logged to `anew` and never reaches the call. Hooks are plain functions, also for async calls.
    """

    def __call__(self, details: GiveUpDetails, /) -> None:
        """Hear that a call is given up."""


def check_hook(option: str, hook: Any) -> None:
    """Refuse what cannot be a hook.

    Raises:
        TypeError: it is none.
    """
    if isinstance(hook, type) or not is_function(hook, 1):
        raise option_error(TypeError, option, hook, "plain functions that take one argument, the details")


# Whether this task, or this thread, is telling hooks, leaving what they have opened, or building one. Meanwhile nothing
# is told: a hook or a log handler may call what is retried. Whoever sets it does so in a `try` that sets it back: with
# a context manager, Ctrl-C between the steps of that would silence the thread for good. It is no thread-local, which
# would be one for all greenlets if anew is imported before gevent's patches.
telling: ContextVar[bool] = ContextVar("anew.telling", default=False)


@final
class RetryHookFactory:
    """A hook that is built at the first retry, once.

    A retry does not wait for the hook: while another thread builds it, or if the builder itself retries, the retry goes
    on without. A builder that fails is logged to `anew`, and from then on there is no such hook.

    Parameters:
        build: a function without arguments that returns the hook.

    Raises:
        TypeError: `build` is no such function.
    """

    __slots__ = ("_begun", "_build", "_hook")

    def __init__(self, build: Callable[[], RetryHook], /) -> None:
        if not is_function(build, 0):
            raise option_error(TypeError, "build", build, "a plain function without arguments")
        self._build = build
        self._begun = allocate_lock()  # taken for good by whoever builds
        self._hook: RetryHook | None = None

    def __repr__(self) -> str:
        return f"RetryHookFactory({name_of(self._build)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return RetryHookFactory, (self._build,)

    def built(self) -> RetryHook | None:
        """Return the hook, built now if need be; `None`: there is none, or not yet."""
        if not self._begun.acquire(blocking=False):
            return self._hook
        was_telling = telling.get()
        try:
            telling.set(True)
            hook = self._build()
            check_hook("the hook", hook)
            self._hook = hook
        except Exception as exc:
            log_failure("%s could not build its retry hook; retries go on without it", self._build, exc)
        except BaseException:  # Ctrl-C says nothing about the builder
            self._begun.release()
            raise
        finally:
            telling.set(was_telling)
        return self._hook


_A_MINUTE, _MOST = 60.0, 100
# When a failure of a hook was logged last. The hook is kept as well, so that no other gets its `id`.
logged: dict[tuple[int, str], tuple[object, float]] = {}


def log_failure(message: str, culprit: object, exc: Exception) -> None:
    """Log a hook's failure: with the traceback the first time, then by a line, at most once a minute.

    `message` has a `%s` for the name of the culprit.
    """
    try:
        import logging

        key, now = (id(culprit), message), _clock.monotonic()
        _, last = logged.get(key, (None, None))
        if last is not None and 0 <= now - last < _A_MINUTE:
            return
        if len(logged) >= _MOST:  # failing hooks that were made for one call each
            logged.clear()
        logged[key] = culprit, now
        text = f"{message % name_of(culprit)}: {describe(exc)}"
        logging.getLogger("anew").error("%s", text, exc_info=exc if last is None else None)
    except Exception:
        return
