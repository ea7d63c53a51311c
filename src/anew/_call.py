"""The history of one call, and what it says to the user's callbacks and to hooks.

Law: a `Call` is born with the first failure, and never holds an exception: exception, traceback and frame would tie a
knot that only the garbage collector undoes. What is asked of the judgement is asked here, and nowhere else.

Theory of operation. The methods are coroutines, because the callbacks of async functions may be. In a sync call none of
them ever waits, so a driver runs one by a single `send(None)`; see `run`. Inside of `except`, a driver awaits `failed`,
which returns the pause before the next attempt, or `None` where the failure leaves as it is, or raises `RetryError`.
Outside of `except`, where the exception and its frames are gone, it waits for as long as the pause says.
"""

from __future__ import annotations

from collections.abc import Awaitable, Coroutine, Mapping
from math import inf
from types import TracebackType
from typing import TYPE_CHECKING, Any

from . import _clock
from ._callables import discard_awaitable, name_of
from ._caller import in_notebook_cell, warn_at_caller
from ._decide import GiveUp, LetOut, RetryIn, covers, decide, in_time
from ._errors import RetryError, TryAgain, failure_in
from ._marks import mark, trim
from ._modes import effective
from ._types import override
from .instrumentation import RetryDetails
from .instrumentation._registry import current, leave, tell

if TYPE_CHECKING:
    from ._options import Policy
    from ._types import T


_WHY = {
    "attempts": "no attempts left",
    "timeout": "the next attempt would have started after the timeout",
    "budget": "the retry budget is spent",
}
_NO_KEYWORDS: Mapping[str, Any] = {}


def run(steps: Coroutine[Any, Any, T]) -> T:
    """Return the result of a coroutine that never waits, as none does in a sync call."""
    try:
        steps.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    except RuntimeError as error:
        # Python does not let a StopIteration of the user's `on` or callbacks out of a coroutine.
        stop = error.__cause__
        if not isinstance(stop, StopIteration):
            raise
    else:
        steps.close()
        raise TypeError("a callback waits, but `with attempt` cannot; use `async with attempt`")
    try:
        raise stop
    finally:
        del stop


class Pause:
    """The wait before the next attempt, of so many `seconds`, which are to be waited within the `with`."""

    __slots__ = ("_began", "_call", "seconds")

    def __init__(self, call: Call, seconds: float) -> None:
        self.seconds = seconds
        self._call = call
        self._began = 0.0

    def __enter__(self) -> None:
        self._began = _clock.monotonic()

    def __exit__(self, typ: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None, /) -> None:
        # Under a frozen or foreign clock the wait does not show on ours, and yet it counts.
        missing = self._began + self.seconds - _clock.monotonic()
        if missing > 0:
            self._call.start -= missing


class WatchedPause(Pause):
    """A pause for which hooks have opened contexts, which are left when it ends, however it does."""

    __slots__ = ("_opened",)

    def __init__(self, call: Call, seconds: float, opened: list[Any]) -> None:
        super().__init__(call, seconds)
        self._opened = opened

    @override
    def __exit__(self, typ: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None, /) -> None:
        leave(self._opened, typ, exc, tb)
        super().__exit__(typ, exc, tb)

    def __del__(self) -> None:
        leave(self._opened)  # if the wait has never begun


class Call:
    """One call's failures."""

    __slots__ = ("_args", "_first_failure", "_fn", "_kwargs", "_num", "_policy", "_previous", "_waited", "in_task", "start")

    def __init__(
        self,
        policy: Policy,
        fn: object,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] = _NO_KEYWORDS,
        start: float = 0.0,
        *,
        in_task: bool = False,
    ) -> None:
        self._policy = policy
        self._fn = fn
        self._args = args
        self._kwargs = kwargs
        self._num = 0
        self._waited = 0.0
        self._previous = policy.delay
        self._first_failure = 0.0
        self.start = start  # on the monotonic clock, if the time is limited
        self.in_task = in_task  # which may be cancelled, and in which nothing blocks

    async def failed(self, exc: Exception, since: int, *, last: bool = False) -> Pause | None:
        """Judge a failure and tell callbacks and hooks; `None`: let it out as it is.

        `since` is the newest mark when the attempt began; `last`: no attempt can follow here.

        Raises:
            RetryError: there is no other attempt.
        """
        policy = effective(self._policy)
        verdict = self._judge(policy, exc, since, last)
        if isinstance(verdict, RetryIn):
            if policy.on_retry is not None and covers(policy, exc):
                await self._tell("on_retry", self._num, exc)
                verdict = in_time(verdict, self._left(policy))
            if isinstance(verdict, RetryIn):
                return self._pause(policy, exc, verdict.seconds if policy.waits else 0.0)
        if isinstance(verdict, LetOut):
            return None
        if policy.reraise and not isinstance(exc, TryAgain):
            if self._policy.times != 1 or verdict.reason != "attempts":
                mark(exc, self._note(verdict.reason))
            await self._tell("on_failure", self._error(exc, verdict.reason))
            return None
        raise await self._told(self._error(exc, verdict.reason))

    async def succeeded(self) -> None:
        """Pay into the budget and tell `on_success`."""
        pay(self._policy)
        await self._tell("on_success", self._num + 1)

    def _judge(self, policy: Policy, exc: Exception, since: int, last: bool) -> RetryIn | GiveUp | LetOut:
        self._num = num = self._num + 1
        if num == 1:
            self._first_failure = _clock.monotonic()
        if self.in_task and _clock.cancelling(exc):
            if not isinstance(exc, TryAgain):
                return LetOut("cancelled")
            last = True
        verdict = decide(
            policy,
            exc,
            num,
            left=lambda: self._left(policy),
            previous=self._previous,
            draw=_clock.draw,
            since=since,
            last=last,
        )
        if num > 1:
            trim(exc)
        if isinstance(verdict, RetryIn):
            if policy.budget is not None and not policy.budget.take():
                return GiveUp("budget")
            if not verdict.asked:
                self._previous = verdict.seconds
            if verdict.seconds > 0 and policy.waits and not (self.in_task or self._waited) and _clock.in_event_loop():
                self._warn_of_blocking(exc)
        return verdict

    def _warn_of_blocking(self, exc: Exception) -> None:
        if not in_notebook_cell():
            warn_at_caller(
                f"{self._name} waits for its next attempt in a running event loop, and blocks it; "
                "retry an async function, or call this one in a thread",
                exc,
            )

    def _left(self, policy: Policy) -> float:
        if policy.timeout is None:
            return inf
        left = self.start + policy.timeout - _clock.monotonic()
        return left if policy.waits or left < 0 else inf

    def _pause(self, policy: Policy, exc: Exception, seconds: float) -> Pause:
        waited = self._waited
        self._waited = waited + seconds if waited else seconds  # one float less for a call that waits once
        hooks = current()
        if hooks:
            details = RetryDetails(
                name=self._name,
                attempt=self._num,
                wait=seconds,
                waited_so_far=waited,
                elapsed=_clock.monotonic() - self._first_failure,
                exception=exc,
                args=self._args,
                kwargs=self._kwargs,
                times=policy.times,
            )
            opened: list[Any] = []
            pause = WatchedPause(self, seconds, opened)
            tell(hooks, details, opened)
            if opened:
                return pause
        return Pause(self, seconds)

    async def _told(self, error: RetryError) -> RetryError:
        await self._tell("on_failure", error)
        return error

    async def _tell(self, option: str, *args: object) -> None:
        callback = getattr(self._policy, option)
        answer = None if callback is None else callback(*args)
        if answer is None or not isinstance(answer, Awaitable):
            return
        if not self.in_task:
            refuse_awaitable(option, answer, self._policy, self._fn)
        await answer

    def _note(self, reason: str) -> str:
        return f"anew: {self._name} gave up after {self._num} attempt(s), reason: {reason} ({_WHY[reason]})"

    def _error(self, exc: Exception, reason: Any) -> RetryError:
        last = failure_in(exc)
        error = RetryError(self._num, last, reason=reason, elapsed=_clock.monotonic() - self._first_failure)
        error.__cause__ = last
        return error

    @property
    def _name(self) -> str:
        return self._policy.name or name_of(self._fn)


def refuse_awaitable(option: str, answer: object, policy: Policy, fn: object) -> None:
    """Refuse what a callback answered to a sync call, which cannot await it.

    Raises:
        TypeError: it is an awaitable.
    """
    if discard_awaitable(answer):
        name = policy.name or name_of(fn)
        raise TypeError(f"{option} of {name} answered an awaitable, but {name} is not async")


def pay(policy: Policy) -> None:
    """Pay a success into the policy's budget, if there is one right now."""
    budget = policy.budget and effective(policy).budget
    if budget is not None:
        budget.pay()
