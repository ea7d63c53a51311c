"""The history of one call, and what it says to the user's callbacks.

Law: a state is born with the first failure (with the call, where a timeout or `on_success` must hear of it), and it
never holds an exception: exception, traceback and frame would tie a knot that only the garbage collector undoes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from . import _clock
from ._decision import GiveUp, RetryIn, decide
from ._errors import RetryError
from ._kinds import closed_awaitable, core, name_of
from ._marks import has_notes, mark, trim

if TYPE_CHECKING:
    from ._policy import Policy


_WHY = {"attempts": "no attempts left", "timeout": "the next attempt would have started after the timeout"}


class CallState:
    """One call's failures. Methods in pairs differ in `await` and in what they do with an awaitable answer."""

    __slots__ = ("_first_failure", "_fn", "_num", "_policy", "_previous", "_start")

    def __init__(self, policy: Policy, fn: Callable[..., Any]) -> None:
        self._policy = policy
        self._fn = fn
        self._num = 0
        self._previous = policy.delay
        self._start = self._first_failure = _clock.monotonic() if policy.wants_start else 0.0

    def failed(self, exc: Exception) -> RetryIn | GiveUp | None:
        """Judge a failure and tell the callbacks; `None`: let it out as it is."""
        verdict = self._judge(exc)
        if isinstance(verdict, RetryIn):
            if self._policy.on_retry is not None:
                self._tell("on_retry", self._num, exc)
        elif verdict is not None and self._policy.reraise:
            self.error(exc, verdict)
            return None
        return verdict

    def ajudged(self, exc: Exception) -> RetryIn | GiveUp | None:
        """Judge a failure in a task; `None`: let it out as it is, which is so whenever the task must stop."""
        return None if _clock.cancelling(exc) else self._judge(exc)

    async def afailed(self, exc: Exception) -> RetryIn | GiveUp | None:
        """Judge a failure and tell the callbacks; `None`: let it out as it is. For a policy that `tells`."""
        verdict = self.ajudged(exc)
        if isinstance(verdict, RetryIn):
            if self._policy.on_retry is not None:
                await self._atell("on_retry", self._num, exc)
        elif verdict is not None and self._policy.reraise:
            await self.aerror(exc, verdict)
            return None
        return verdict

    def error(self, exc: Exception, verdict: GiveUp) -> RetryError:
        """Make the error to raise from `exc` and tell `on_failure` of it."""
        error = self._error(exc, verdict)
        self._tell("on_failure", error)
        return error

    async def aerror(self, exc: Exception, verdict: GiveUp) -> RetryError:
        """Make the error to raise from `exc` and tell `on_failure` of it."""
        error = self._error(exc, verdict)
        await self._atell("on_failure", error)
        return error

    def succeeded(self) -> None:
        """Tell `on_success`."""
        self._tell("on_success", self._num + 1)

    async def asucceeded(self) -> None:
        """Tell `on_success`."""
        await self._atell("on_success", self._num + 1)

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

    def _judge(self, exc: Exception) -> RetryIn | GiveUp | None:
        now = _clock.monotonic()
        num = self._num = self._num + 1
        if num == 1:
            self._first_failure = now
        verdict = decide(self._policy, exc, num, now - self._start, self._previous, _clock.draw, self._fn)
        if verdict is None:
            return None
        if num > 1 or has_notes(exc):
            trim(exc, core(self._fn), num)
        if isinstance(verdict, RetryIn) and not verdict.asked:
            self._previous = verdict.seconds
        return verdict

    def _error(self, exc: Exception, verdict: GiveUp) -> RetryError:
        reason = verdict.reason
        if self._policy.reraise:
            note = f"anew: {self._name} gave up after {self._num} attempt(s), reason: {reason} ({_WHY[reason]})"
            mark(exc, core(self._fn), note)
        elapsed = _clock.monotonic() - self._first_failure
        error = RetryError(self._num, exc, reason=reason, elapsed=elapsed)
        error.__cause__ = exc  # on_failure may show the error before it is raised
        return error

    @property
    def _name(self) -> str:
        return self._policy.name or name_of(self._fn)
