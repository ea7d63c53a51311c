"""The history of one call, and what it says to the user's callbacks.

Law: a state is born with the first failure (with the call, where a success must be told or the time is limited), and
it never holds an exception: exception, traceback and frame would tie a knot that only the garbage collector undoes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from math import inf
from types import TracebackType
from typing import TYPE_CHECKING, Any

from . import _clock
from ._budget import pay, take
from ._caller import in_notebook_cell, warn_at_caller
from ._decision import GiveUp, RetryIn, decide
from ._errors import RetryError, TryAgain, failure_in
from ._callables import closed_awaitable, unwrap, name_of
from ._marks import has_notes, mark, trim
from ._modes import applied
from ._types import override
from .instrumentation import RetryDetails
from .instrumentation._registry import current, leave, tell

if TYPE_CHECKING:
    from ._policy import Policy


_WHY = {
    "attempts": "no attempts left",
    "timeout": "the next attempt would have started after the timeout",
    "budget": "the retry budget is spent",
}
_BLOCKS = (
    "waits for its next attempt in a running event loop, and blocks it; "
    "retry an async function, or call this one in a thread"
)
_NO_KEYWORDS: Mapping[str, Any] = {}


class Pause:
    """The wait before the next attempt, of so many `seconds`, which are to be waited within the `with`."""

    __slots__ = ("opened", "seconds")

    def __init__(self, seconds: float) -> None:
        self.seconds: float = seconds

    def __enter__(self) -> None: ...

    def __exit__(
        self, typ: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None, /
    ) -> None: ...


class WatchedPause(Pause):
    """A pause for which hooks open something, which closes when it ends, however it does."""

    __slots__ = ()

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.opened: list[Any] = []

    @override
    def __exit__(self, typ: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None, /) -> None:
        leave(self.opened, typ, exc, tb)
        # Nothing is left to do for a destructor, in which Ctrl-C would be lost.
        object.__setattr__(self, "__class__", Pause)

    def __del__(self) -> None:
        leave(getattr(self, "opened", []))  # if the wait has never begun, or the pause has not


class CallState:
    """One call's failures. Methods in pairs differ in `await` and in what they do with an awaitable answer."""

    __slots__ = (
        "_args",
        "_first_failure",
        "_fn",
        "_kwargs",
        "_num",
        "_policy",
        "_previous",
        "_start",
        "_waited",
        "since",
    )

    def __init__(
        self, policy: Policy, fn: object, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] = _NO_KEYWORDS
    ) -> None:
        self._policy = policy
        self._fn = fn
        self._args = args
        self._kwargs = kwargs
        self._num = 0
        self._waited = 0.0
        self.since: int | None = None  # when the attempt of a block began, as marks count
        self._previous = policy.delay
        self._start = self._first_failure = _clock.monotonic() if policy.timeout is not None else 0.0

    @property
    def start(self) -> float:
        """When the call began, on the monotonic clock, if its time is limited."""
        return self._start

    def failed(self, exc: Exception, *, in_task: bool = False) -> Pause | GiveUp | None:
        """Judge a failure and tell the callbacks; `None`: let it out as it is."""
        if in_task and self._must_stop(exc):
            return None
        verdict = self._judge(exc, blocks=not in_task)
        if isinstance(verdict, RetryIn) and self._policy.on_retry is not None and self._covers(exc):
            self._tell("on_retry", self._num, exc)
            verdict = self._in_time(verdict)
        if isinstance(verdict, RetryIn):
            return self._pause(exc, verdict.seconds)
        if verdict is not None and self._keeps(exc):
            self.error(exc, verdict)
            return None
        return verdict

    def ajudged(self, exc: Exception) -> Pause | GiveUp | None:
        """Judge a failure in a task; `None`: let it out as it is, which is so whenever the task must stop."""
        if self._must_stop(exc):
            return None
        verdict = self._judge(exc, blocks=False)
        return self._pause(exc, verdict.seconds) if isinstance(verdict, RetryIn) else verdict

    async def afailed(self, exc: Exception) -> Pause | GiveUp | None:
        """Judge a failure and tell the callbacks; `None`: let it out as it is. For a policy that `tells`."""
        if self._must_stop(exc):
            return None
        verdict = self._judge(exc, blocks=False)
        if isinstance(verdict, RetryIn) and self._policy.on_retry is not None and self._covers(exc):
            await self._atell("on_retry", self._num, exc)
            verdict = self._in_time(verdict)
        if isinstance(verdict, RetryIn):
            return self._pause(exc, verdict.seconds)
        if verdict is not None and self._keeps(exc):
            await self.aerror(exc, verdict)
            return None
        return verdict

    def error(self, exc: Exception, verdict: GiveUp) -> RetryError:
        """Make the error to raise, its cause set, and tell `on_failure` of it."""
        error = self._error(exc, verdict)
        self._tell("on_failure", error)
        return error

    async def aerror(self, exc: Exception, verdict: GiveUp) -> RetryError:
        """Make the error to raise, its cause set, and tell `on_failure` of it."""
        error = self._error(exc, verdict)
        await self._atell("on_failure", error)
        return error

    def too_late(self, exc: Exception) -> RetryError:
        """Make the error to raise instead, as no attempt can follow here, and tell `on_failure` of it."""
        error = self._refused(exc)
        self._tell("on_failure", error)
        return error

    async def atoo_late(self, exc: Exception) -> RetryError:
        """Make the error to raise instead, as no attempt can follow here, and tell `on_failure` of it."""
        error = self._refused(exc)
        await self._atell("on_failure", error)
        return error

    def succeeded(self) -> None:
        """Pay into the budget and tell `on_success`."""
        if self._policy.budget is not None:
            self._pay()
        if self._policy.on_success is not None:
            self._tell("on_success", self._num + 1)

    async def asucceeded(self) -> None:
        """Pay into the budget and tell `on_success`."""
        if self._policy.budget is not None:
            self._pay()
        if self._policy.on_success is not None:
            await self._atell("on_success", self._num + 1)

    def _pay(self) -> None:
        budget = applied(self._policy).budget
        if budget is not None:
            pay(budget)

    def _tell(self, option: str, *args: object) -> None:
        callback = getattr(self._policy, option)
        if callback is not None and closed_awaitable(callback(*args)):
            raise TypeError(f"{option} of {self._name} answered an awaitable, but {self._name} is not async")

    async def _atell(self, option: str, *args: object) -> None:
        callback = getattr(self._policy, option)
        if callback is not None:
            answer = callback(*args)
            if answer is not None and isinstance(answer, Awaitable):
                await answer

    def _covers(self, exc: Exception) -> bool:
        # `on_retry` is typed by `on`, and a TryAgain need not be of these types.
        return self._policy.hook is not None or isinstance(exc, self._policy.types)

    def _keeps(self, exc: Exception) -> bool:
        return self._policy.reraise and not isinstance(exc, TryAgain)

    def _must_stop(self, exc: Exception) -> bool:
        if not _clock.cancelling(exc):
            return False
        if isinstance(exc, TryAgain):
            raise self._refused(exc)
        return True

    def _refused(self, exc: Exception) -> RetryError:
        self._num += 1
        if self._num == 1:
            self._first_failure = _clock.monotonic()
        return self._error(exc, GiveUp("attempts"))

    def _judge(self, exc: Exception, *, blocks: bool) -> RetryIn | GiveUp | None:
        now = _clock.monotonic()
        num = self._num = self._num + 1
        if num == 1:
            self._first_failure = now
        policy = applied(self._policy)
        verdict = decide(policy, exc, num, now - self._start, self._previous, _clock.draw, self._fn, self.since)
        if verdict is None:
            return None
        if num > 1 or has_notes(exc):
            trim(exc, unwrap(self._fn), num)
        if isinstance(verdict, RetryIn) and policy.hook is not None and self._left() < verdict.seconds:
            return GiveUp("timeout")  # which the hook has taken
        if isinstance(verdict, RetryIn):
            budget = policy.budget
            # Once a call; and before the token is taken, as it may be an error, but not where there is none to take.
            if (
                blocks
                and verdict.seconds > 0
                and not self._waited
                and _clock.in_event_loop()
                and not in_notebook_cell()
                and (budget is None or budget.available >= 1)
            ):
                warn_at_caller(f"{self._name} {_BLOCKS}", exc)
            if budget is not None and not take(budget):
                return GiveUp("budget")
            if not verdict.asked:
                self._previous = verdict.seconds
        return verdict

    def _in_time(self, verdict: RetryIn) -> RetryIn | GiveUp:
        """What becomes of a verdict after `on_retry`, which may have taken some of the time: waits begin before it."""
        left = self._left()
        return RetryIn(min(verdict.seconds, left)) if left >= 0 else GiveUp("timeout")

    def _left(self) -> float:
        timeout = self._policy.timeout
        return inf if timeout is None else self._start + timeout - _clock.monotonic()

    def _pause(self, exc: Exception, seconds: float) -> Pause:
        waited = self._waited
        self._waited = waited + seconds if waited else seconds  # one float less for a call that waits once
        listeners = current()
        if listeners:
            pause = WatchedPause(seconds)
            details = RetryDetails(
                name=self._name,
                attempt=self._num,
                wait=seconds,
                waited_so_far=waited,
                elapsed=_clock.monotonic() - self._first_failure,
                exception=exc,
                args=self._args,
                kwargs=self._kwargs,
                times=applied(self._policy).times,
            )
            pause.opened = tell(listeners, details)
            if pause.opened:
                return pause
        return Pause(seconds)

    def _error(self, exc: Exception, verdict: GiveUp) -> RetryError:
        reason = verdict.reason
        if self._keeps(exc):
            note = f"anew: {self._name} gave up after {self._num} attempt(s), reason: {reason} ({_WHY[reason]})"
            mark(exc, unwrap(self._fn), note)
        elapsed = _clock.monotonic() - self._first_failure
        last = failure_in(exc)
        error = RetryError(self._num, last, reason=reason, elapsed=elapsed)
        error.__cause__ = last
        return error

    @property
    def _name(self) -> str:
        return self._policy.name or name_of(self._fn)
