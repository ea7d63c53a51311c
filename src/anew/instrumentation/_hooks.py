"""Hooks, which are guests: how they are built, and what becomes of what they raise.

Law: nobody suffers from a hook. It is built once, by one thread, and neither a builder that fails, retries or never
ends does harm, nor a fork meanwhile. What goes wrong is logged, or nothing is; what a hook retries itself is told to
nobody.
"""

from __future__ import annotations

import _thread
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, final

from anew._callables import accepts, kind_of, name_of
from anew._checks import safe_repr
from anew._clock import in_event_loop
from anew._types import override

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from ._details import RetryDetails


class RetryHook(Protocol):
    """A function that is told of each retry before its wait: `hook(details)`.

    It may return a context manager: that is entered at once and left right before the next attempt, exactly once,
    also when the wait is cancelled, interrupted or never finished. It can swallow nothing. What a hook raises is logged
    to `anew` and never reaches the call. Hooks are plain functions, also for async calls.
    """

    def __call__(self, details: RetryDetails, /) -> AbstractContextManager[object] | None:
        """Hear of a retry."""
        ...


def check_hook(hook: Any) -> None:
    """Refuse what cannot be a hook.

    Raises:
        TypeError: it is none.
    """
    if isinstance(hook, type):
        what = f"the class {hook.__qualname__}; allowed: an instance, {hook.__name__}()"
    elif not callable(hook) or hasattr(hook, "__origin__"):  # what typing makes of types can be called as well
        what = f"{safe_repr(hook)}; allowed: a function"
    elif (kind := kind_of(hook)) != "function":
        advice = "contextlib.contextmanager on top" if kind == "generator function" else "a plain function"
        what = f"the {kind} {name_of(hook)}; allowed: {advice}"
    elif not accepts(hook, 1):
        what = f"{name_of(hook)}; allowed: a function that takes one argument, the details"
    else:
        return
    raise TypeError(f"a retry hook cannot be {what}")


@final
class RetryHookFactory:
    """A hook that is built at the first retry.

    It is built once, also when many threads arrive together. If that fails, it is logged to `anew`, and from then on
    there is no such hook.

    Parameters:
        build: a function without arguments that gives the hook.

    Raises:
        TypeError: `build` is no such function.
    """

    __slots__ = ("_build", "_done", "_hook")

    def __init__(self, build: Callable[[], RetryHook], /) -> None:
        if not callable(build) or kind_of(build) != "function" or not accepts(build, 0):
            raise TypeError(
                f"a hook cannot be built by {safe_repr(build)}; allowed: a plain function without arguments"
            )
        self._build = build
        self._done = False
        self._hook: RetryHook | None = None

    @override
    def __repr__(self) -> str:
        """What builds the hook."""
        return f"RetryHookFactory({name_of(self._build)})"

    def built(self) -> RetryHook | None:
        """Give the hook, built now if need be; `None`: there is none, or not yet."""
        if not self._done:
            _workshop.run(self._finish)
        return self._hook

    def _finish(self) -> None:
        if self._done:  # by the thread that we have waited for
            return
        depth = depth_of_quiet()
        try:
            here.quiet = depth + 1
            hook = self._build()
            check_hook(hook)
            self._hook = hook
        except Exception as exc:
            complain("%s could not build its retry hook; retries go on without it", self._build, exc)
        finally:
            here.quiet = depth
        self._done = True


class LibraryHook:
    """A hook that needs a library. That it is missing or broken is logged once; then the hook is silent."""

    __slots__ = ("_factory",)

    def __init__(self, build: Callable[[], RetryHook]) -> None:
        self._factory = RetryHookFactory(build)

    def works(self) -> bool:
        """Whether the library does what is needed of it."""
        return self._factory.built() is not None

    def __call__(self, details: RetryDetails, /) -> None:
        """Pass the retry on to the library."""
        hook = self._factory.built()
        if hook is not None:
            hook(details)


# Facts about this thread. It is threading.local, of a module that nobody may have imported yet.
here: Any = vars(_thread)["_local"]()


def depth_of_quiet() -> int:
    """How often this thread is telling hooks, leaving what they have opened, or building one.

    It tells nobody meanwhile: a hook or a log handler may call what is retried. Whoever sets `here.quiet` does so in a
    `try` that sets it back. A context manager would not do: Ctrl-C between its steps would silence the thread for good.
    """
    depth: int = getattr(here, "quiet", 0)
    return depth


def complain(message: str, culprit: object, exc: Exception) -> None:
    """Log an exception with its traceback; `message` has a `%s` for the culprit's name."""
    try:
        import logging

        logging.getLogger("anew").error(message, name_of(culprit), exc_info=exc)
    except Exception:
        return


# Seconds: longer than most imports take.
PATIENCE = 5.0


class _Workshop:
    """Where one hook at a time is built.

    A builder may wait for another thread that retries, or for an import lock that such a thread holds. So those who
    wait here do not wait forever, and once somebody has waited in vain, others do not even begin.
    """

    __slots__ = ("_lock", "_patience")

    def __init__(self) -> None:
        self.reopen()

    def reopen(self) -> None:
        self._lock = _thread.allocate_lock()
        self._patience = PATIENCE

    def run(self, work: Callable[[], None]) -> None:
        """Do `work` alone; or not at all, if this thread is at work here already, or another for too long."""
        if getattr(here, "building", False):
            return
        lock = self._lock  # a child that is forked at work has another
        in_loop = in_event_loop()  # which must not stand still
        if not lock.acquire(timeout=0 if in_loop else self._patience):
            self._patience = self._patience if in_loop else 0.0
            return
        here.building = True
        try:
            work()
        finally:
            here.building = False
            self._patience = PATIENCE
            lock.release()


_workshop = _Workshop()
# A thread that is at work while another forks does not exist in the child. Not all systems can fork.
_register: Any = getattr(os, "register_at_fork", dict)
_register(after_in_child=_workshop.reopen)
