"""The history of one call, and what it says to the user's callbacks and to hooks.

Law: a `Call` is born with the first failure, and never holds an exception: exception, traceback and frame would tie a
knot that only the garbage collector undoes. What is asked of the judgement is asked here, and nowhere else.

Theory of operation. The methods are coroutines, because the callbacks of async functions may be. In a sync call none of
them ever waits, so a driver runs one by a single `send(None)`; see `run`. Inside of `except`, a driver asks `failed`,
which says whether another attempt follows, or raises `RetryError`. Outside of `except`, where the exception and its
frames are gone, it enters the call, which says how long to wait, and waits inside.
"""

from __future__ import annotations

from collections.abc import Awaitable, Coroutine
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

from . import _clock
from ._callables import discard_awaitable, in_notebook_cell, name_of, warn_at_caller
from ._checks import inf, option_error
from ._decide import GiveUp, LetOut, RetryIn, covers, decide, in_time, seen_through
from ._errors import RetryError, TryAgain, without_traceback
from ._marks import entries, mark, trim
from ._modes import effective, record
from .instrumentation._hooks import GiveUpDetails, RetryDetails, log_failure
from .instrumentation._registry import current, gave_up_hooks, leave, tell, tell_gave_up

if TYPE_CHECKING:
    from typing import NoReturn

    from ._budget import Budget
    from ._options import Policy
    from ._types import Args, Kwargs, Reason, Stop, T
    from .instrumentation._hooks import Common


_WHY = {"attempts": "no attempts left", "timeout": "no time left", "budget": "no token left", "stopped": "told to stop"}
NO: Kwargs = {}  # keyword arguments


def run(steps: Coroutine[Any, Any, T]) -> T:
    """Return the result of a coroutine that never waits, as none does in a sync call."""
    try:
        steps.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    except RuntimeError as error:
        # Python does not let a StopIteration of the user's `on` or callbacks out of a coroutine, and raises this here.
        *_, raised_at = entries(error)
        is_ours = raised_at.tb_frame.f_globals.get("__package__") == __package__
        if is_ours and isinstance(error.__cause__, StopIteration):
            raise_itself(error.__cause__)
        raise
    steps.close()
    raise TypeError("a callback waits, but `with attempt` cannot; use `async with attempt`")


class Call:
    """One call's failures. Entered for each wait, it leaves what hooks have opened for the wait, however that ends."""

    __slots__ = (
        *("_began", "_earlier", "_first_failure", "_num", "_opened", "_previous", "_wait", "_waited"),
        *("__weakref__", "args", "first", "fn", "in_task", "kwargs", "policy", "start"),
    )

    def __init__(
        self, policy: Policy, fn: Any, args: Args = (), kwargs: Kwargs = NO, start: float = 0, *, in_task: bool = False
    ) -> None:
        self.policy, self.fn, self.args, self.kwargs = policy, fn, args, kwargs
        # Failures; those before a stream's last item; when the first was; seconds of all waits; the last drawn wait.
        self._num, self._earlier, self._first_failure, self._waited, self._previous = 0, 0, 0.0, 0.0, policy.delay
        self._opened: Any = None  # a list, if hooks have opened something
        self.first: Any = None  # the awaitable of the first attempt, if it was there before the attempt
        # On the monotonic clock, if the time is limited; a task may be cancelled, and nothing in it blocks.
        self.start, self.in_task = start, in_task

    def __enter__(self) -> float:
        self._began = _clock.monotonic()
        return self._wait

    def __exit__(self, typ: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None, /) -> None:
        if self._opened:
            leave(self._opened, typ, exc, tb)
        # Under a frozen or foreign clock the wait does not show on ours, and yet it counts.
        if (missing := self._began + self._wait - _clock.monotonic()) > 0:
            self.start -= missing
            self._first_failure -= missing

    def __del__(self) -> None:
        if self._opened:  # the wait has never begun
            leave(self._opened)
        if self.first is not None:  # nor the task: Python must not warn of a coroutine that users have never seen
            discard_awaitable(self.first)

    async def failed(self, caught: Exception, since: int, *, last: bool = False, owner: object = None) -> bool:
        """Judge a failure, and tell callbacks and hooks: whether another attempt follows, or it leaves as it is.

        `since` is the newest mark when the attempt began; `last`: no attempt can follow here; `owner`: see `mark`.

        Raises:
            RetryError: there is no other attempt.
        """
        policy = effective(self.policy)
        exc = seen_through(policy, cast("RetryError", caught)) if issubclass(type(caught), RetryError) else caught
        self._num += 1
        if self._num == 1:
            self._first_failure = _clock.monotonic()
        if (self._earlier + self._num) % 8 == 0:  # seldom, as it walks along the traceback
            trim(exc)
        if self.in_task and _clock.cancelling(exc, since):
            if issubclass(type(exc), TryAgain):  # never leaves as it is, and no callback hears of it
                raise self._retry_error(exc, "attempts")
            return False
        verdict = decide(policy, exc, self._num, self._previous, self._time_left, _clock.draw, since, last=last)
        if isinstance(verdict, RetryIn) and (reason := self._refused(policy, exc, verdict)) is not None:
            verdict = GiveUp(reason=reason)
        if isinstance(verdict, RetryIn) and policy.on_retry is not None and covers(policy, exc):
            await self._tell("on_retry", self._num, exc)
            verdict = in_time(verdict, self._time_left(policy))
        if isinstance(verdict, RetryIn):
            self._schedule(policy, exc, verdict)
            if policy.stop is None or not self._is_stopped(policy.stop):
                return True
            verdict = GiveUp(reason="stopped")
        if isinstance(verdict, LetOut):
            return False
        if not policy.reraise or issubclass(type(exc), TryAgain):
            raise await self._given_up(exc, verdict.reason)
        # One attempt is no retry, so it leaves no mark for the retries around it.
        if self._num > 1 or self.policy.times != 1 or verdict.reason != "attempts":
            why = f"{verdict.reason} ({_WHY[verdict.reason]})"
            mark(exc, f"anew: {self._name} gave up after {self._num} attempt(s), reason: {why}", owner or self)
        await self._given_up(exc, verdict.reason)
        if exc is caught:
            return False
        try:
            raise_itself(exc)
        finally:
            del exc, caught  # its traceback holds this frame

    async def _given_up(self, exc: Exception, reason: Reason) -> RetryError:
        """Return the error to raise, after hooks and `on_failure` have been told."""
        error = self._retry_error(exc, reason)
        if hooks := gave_up_hooks():
            facts = self._facts(error.last_exception)
            tell_gave_up(hooks, GiveUpDetails(reason=reason, attempts=self._num, **facts))
        await self._tell("on_failure", error)
        return error

    def _is_stopped(self, stop: Stop) -> bool:
        """Wait until it is time, or until `stop` is set: here, as the failure may have to be told of then."""
        with self as wait:
            # Some events refuse more seconds.
            stopped = stop.wait(min(wait, 1e6)) if wait > 0 else stop.is_set()
        self._wait = 0.0
        return stopped

    def _facts(self, exc: Exception) -> Common:
        elapsed = _clock.monotonic() - self._first_failure
        return {"name": self._name, "elapsed": elapsed, "exception": exc, "args": self.args, "kwargs": self.kwargs}

    async def succeeded(self) -> None:
        """Pay into the budget and tell `on_success`."""
        pay(self.policy)
        await self._tell("on_success", self._earlier + self._num + 1)

    def _refused(self, policy: Policy, exc: Exception, verdict: RetryIn) -> Reason | None:
        """Return why another attempt must not follow, whatever the judgement."""
        if policy.stop is not None and policy.stop.is_set():
            return "stopped"
        if policy.budget is not None and not _take(policy.budget):
            return "budget"
        blocks = verdict.seconds > 0 and policy.waits and not (self.in_task or self._waited) and _clock.in_event_loop()
        if blocks and not in_notebook_cell():
            problem = f"{self._name} waits for its next attempt in a running event loop, and blocks it"
            warn_at_caller(f"{problem}; retry an async function, or call this one in a thread", exc)
        return None

    def _time_left(self, policy: Policy) -> float:
        if policy.timeout is None:
            return inf
        left = self.start + policy.timeout - _clock.monotonic()
        return left if policy.waits or left < 0 else inf

    def _schedule(self, policy: Policy, exc: Exception, verdict: RetryIn) -> None:
        """Set the wait, and tell the hooks, or the test."""
        wait = verdict.seconds
        self._previous = self._previous if verdict.asked else wait
        if not policy.waits:
            record(self._details(policy, without_traceback(exc), wait))
            wait = 0.0
        self._wait = wait
        if hooks := current(policy.hooks):
            self._opened = tell(hooks, self._details(policy, exc, wait))
        self._waited += wait

    def _details(self, policy: Policy, exc: Exception, wait: float) -> RetryDetails:
        facts = self._facts(exc)
        return RetryDetails(attempt=self._num, wait=wait, waited_so_far=self._waited, times=policy.times, **facts)

    async def _tell(self, option: str, *args: object) -> None:
        callback = getattr(self.policy, option)
        answer: object = None if callback is None else callback(*args)
        if isinstance(answer, Awaitable):
            if not self.in_task:
                refuse_awaitable(option, cast("object", answer), self.policy, self.fn)
            await answer

    def _retry_error(self, exc: Exception, reason: Reason) -> RetryError:
        # What a `TryAgain` was raised from.
        last = exc.__cause__ if issubclass(type(exc), TryAgain) and isinstance(exc.__cause__, Exception) else exc
        error = RetryError(self._num, last, reason, _clock.monotonic() - self._first_failure, self._name)
        error.__cause__ = last
        return error

    @property
    def _name(self) -> str:
        return self.policy.name or name_of(self.fn)


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
    budget = effective(policy).budget
    if budget is not None:
        try:
            budget.pay()
        except Exception as exc:
            log_failure("pay() of the budget %s failed; the call goes on", budget, exc)


def _take(budget: Budget) -> bool:
    """Take a token. A budget may be the user's; one that fails has none."""
    try:
        answer: object = budget.take()
        if discard_awaitable(answer):
            raise option_error(TypeError, "take()", answer, "a plain method")  # noqa: TRY301 - logged as all else
        return bool(answer)
    except Exception as exc:
        log_failure("take() of the budget %s failed; it counts as spent", budget, exc)
        return False


def raise_itself(exc: Exception) -> NoReturn:
    """Raise an exception that has been raised before, and leave its context as it was."""
    context = exc.__context__
    try:
        raise exc
    finally:
        BaseException.__dict__["__context__"].__set__(exc, context)  # which a frozen dataclass allows
        del exc, context
