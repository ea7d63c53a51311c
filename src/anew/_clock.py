"""Time and chance: the one door to both, and to the running task.

Law: nobody else imports time, random, asyncio or trio. `time.sleep`, `asyncio.sleep` and `trio.sleep` are looked up
when it is time to sleep, so that gevent's patches and test tools work. Neither async library is imported before a
task of it must wait.

Theory of operation, for cancellation. A client that turns a cancellation into an error of its own must not be retried,
so no failure is retried in a task that is being cancelled: `Task.cancelling()` is above 0, or Trio's deadline has
passed. Before Python 3.13 a TaskGroup that failed leaves its own request in the count of its task. There we also want a
request that is still to be delivered, or a CancelledError in the failure's context, but for one that a timeout has
answered. A library that never calls `uncancel()` leaves the count up for good, and then no call in the task is retried
any more. A task that is really being cancelled ends with its first failure, so the second one brings a warning.
"""

from __future__ import annotations

import os
import sys
import time
from _contextvars import ContextVar
from _weakref import ref
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

from ._callables import innermost
from ._marks import next_number

monotonic = time.monotonic
"""Seconds on a clock that never goes back."""

# About three years: short of what any platform's sleep refuses.
LONGEST = 1e8


def wall() -> float:
    """Seconds since 1970."""
    return time.time()


def draw() -> float:
    """A number in [0, 1) from the operating system: nothing to seed, share, lock or fork."""
    return int.from_bytes(os.urandom(7), "big") / 2**56


def sleep(seconds: float) -> None:
    """Block the thread. A zero wait is no system call."""
    if seconds > 0:
        time.sleep(min(seconds, LONGEST))


def async_sleep(seconds: float) -> Awaitable[object]:
    """Suspend the running task of Trio or asyncio. A zero wait is still a checkpoint."""
    seconds = min(seconds, LONGEST)
    # The import statement costs more than the look-up.
    wait: Callable[[float], Awaitable[object]] = (_trio() or sys.modules.get("asyncio") or __import__("asyncio")).sleep
    return wait(seconds)


def in_event_loop() -> bool:
    """Whether this thread is just running an event loop of asyncio or Trio, which must not be blocked."""
    return _ask_asyncio("get_running_loop") is not None or _trio() is not None


def cancelling(exc: BaseException, since: int) -> bool:
    """Whether the running task, which has just caught `exc`, is being cancelled.

    `since` is the newest mark when the attempt began.
    """
    trio = _trio()
    if trio is not None:
        return bool(trio.current_effective_deadline() <= trio.current_time())
    task = _ask_asyncio("current_task")
    if task is None or not task.cancelling():
        return False
    if not (_COUNTS_RIGHT or _has_met_cancellation(exc) or getattr(task, "_must_cancel", True)):
        return False
    _warn_if_stale(task, exc, since)
    return True


_COUNTS_RIGHT = sys.version_info >= (3, 13)


def _has_met_cancellation(failure: BaseException) -> bool:
    cancelled: type[BaseException] = sys.modules["asyncio"].CancelledError
    exc: BaseException | None = failure
    seen = set[int]()
    while exc is not None and id(exc) not in seen:
        if isinstance(exc, cancelled):
            return True
        seen.add(id(exc))
        context = exc.__context__
        if isinstance(exc, TimeoutError) and isinstance(context, cancelled):
            context = context.__context__
        exc = context
    return False


# Of the first failure that a task has met while it was being cancelled: the task, a mark's number, "warned of".
_first_met: ContextVar[tuple[ref[Any], int, bool] | None] = ContextVar("anew_first_met", default=None)


def _warn_if_stale(task: Any, exc: BaseException, since: int) -> None:
    name: str = task.get_name()
    met, number, told = _first_met.get() or (None, 0, False)
    if met is None or met() is not task:
        _first_met.set((ref(task), next_number(), False))
    # Of an attempt that began later, and not by another cancellation that came in between.
    elif since >= number and not told and not _has_met_cancellation(exc):
        _first_met.set((met, number, True))
        from logging import getLogger

        getLogger("anew").warning(
            "no call is retried in task %r: its count of cancellation requests stays above 0; "
            "whoever cancels a task that goes on must call its uncancel()",
            name,
        )


# A module that another thread is just importing may lack what we ask of it: then nothing of it runs here yet.


def _ask_asyncio(question: str) -> Any:
    try:
        return getattr(sys.modules["asyncio"], question)()
    except (KeyError, AttributeError, RuntimeError):
        return None


def _trio() -> ModuleType | None:
    """Trio, if the running task is its own."""
    try:
        trio = sys.modules["trio"]
        trio.lowlevel.current_task()
    except (KeyError, AttributeError, RuntimeError):
        return None
    # Where one library's loop runs inside a task of the other's, the innermost has resumed the running task.
    return trio if _ask_asyncio("current_task") is None or innermost("asyncio", "trio") == "trio" else None
