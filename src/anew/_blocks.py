"""Blocks: `for attempt in retry(...): with attempt: ...`, and `while True: with attempts: ...`.

Law: as in `_drivers`: call, catch, wait, and decide nothing. The work is called by whoever wrote the `with`; a failure
is judged where it leaves the block, and slept off when the next attempt is asked for.
"""

from __future__ import annotations

from _weakref import ref
from types import CodeType
from typing import TYPE_CHECKING, cast, final

from . import _clock, _marks
from ._call import Call, run
from ._marks import thrown_in
from ._modes import effective
from ._waits import wait_range

if TYPE_CHECKING:
    from ._options import Policy

# What has become of the last attempt.
_OFFERED, _RUNNING, _FAILED, _SUCCEEDED, _GIVEN_UP = "offered", "running", "failed", "succeeded", "gave up"


@final
class Attempt:
    """One attempt of a block: `with attempt:` (or `async with`), around the work and what depends on its success.

    A failure that will be retried ends with the `with`; one that will not leaves from it. `return`, `break` and
    `continue` inside mean success. Each attempt is entered once; what fails when its loop is gone leaves as it is.
    """

    __slots__ = ("__weakref__", "_loop", "_num", "_policy", "_since", "_start")

    def __init__(self, loop: _Loop, policy: Policy, num: int, start: float) -> None:
        # Weak, so that a loop goes when it is left, with what hooks have opened, though the attempt has a name.
        self._loop = ref(loop)
        self._policy, self._num, self._start = policy, num, start
        self._since = -1  # the newest mark when it is entered

    @property
    def num(self) -> int:
        """The number of the attempt, from 1."""
        return self._num

    @property
    def next_wait(self) -> float:
        """The least that the wait after this attempt can be, in seconds: its lowest draw. Also if it is the last.

        What a hook or a `TryAgain` asks for is not known before.
        """
        policy = effective(self._policy)
        return wait_range(policy, self._num, policy.delay)[0] if policy.waits else 0.0

    @property
    def remaining(self) -> float | None:
        """Seconds until `timeout`, from when on no attempt starts; 0 then, and `None` without one."""
        timeout = self._policy.timeout
        return None if timeout is None else max(0.0, self._start + timeout - _clock.monotonic())

    def __repr__(self) -> str:
        left = None if self.remaining is None else round(self.remaining, 3)
        return f"<Attempt num={self._num} next_wait={self.next_wait:.10g} remaining={left}>"

    def __enter__(self) -> Attempt:
        """Begin.

        Raises:
            RuntimeError: it has been entered before.
            TypeError: the policy has async callbacks, which take `async with`.
        """
        if self._policy.is_async:
            raise TypeError("async callbacks take `async with attempt`")
        return self._begun()

    def __exit__(self, typ: object, exc: BaseException | None, tb: object, /) -> bool:
        """End: swallow a failure that will be retried.

        Raises:
            RetryError: the attempts, the time or the budget are used up.
        """
        loop = self._ended(exc)
        return loop is not None and run(loop.judge(exc, self._since))

    async def __aenter__(self) -> Attempt:
        """Begin.

        Raises:
            RuntimeError: it has been entered before.
            TypeError: it comes from a plain `for`, whose waits would block the event loop.
        """
        loop = self._loop()
        if loop is not None and not loop.in_task:
            raise TypeError("`async with attempt` takes `async for attempt in ...`")
        return self._begun()

    async def __aexit__(self, typ: object, exc: BaseException | None, tb: object, /) -> bool:
        """End: swallow a failure that will be retried.

        Raises:
            RetryError: the attempts, the time or the budget are used up.
        """
        loop = self._ended(exc)
        return loop is not None and await loop.judge(exc, self._since)

    def _ended(self, exc: BaseException | None) -> _Loop | None:
        """Return the loop, if it has to judge a failure, or to tell of a success."""
        loop = self._loop()
        if loop is None:
            return None
        loop.phase = _SUCCEEDED if exc is None else _GIVEN_UP
        if exc is None:
            return loop if self._policy.is_heard else None
        # isinstance() would ask the exception, which may lie. What a consumer threw into the generator around us is no
        # failure of the block.
        return loop if issubclass(type(exc), Exception) and not thrown_in(exc) else None

    def _begun(self) -> Attempt:
        if self._since >= 0:
            raise RuntimeError(f"attempt {self._num} has been entered before; each attempt is entered once")
        loop = self._loop()
        if loop is not None:
            loop.phase = _RUNNING
        self._since = _marks.newest
        return self


class _Loop:
    """What both kinds of loops share: whose turn it is."""

    __slots__ = ("__weakref__", "_attempt", "_fn", "_num", "_policy", "_start", "_state", "phase")
    in_task: bool = False
    phase: str

    def __init__(self, policy: Policy, fn: CodeType | str) -> None:
        if policy.replay:
            raise TypeError(f"replay={policy.replay!r} is for generator functions, not for blocks")
        if policy.is_async and not self.in_task:
            raise TypeError("async callbacks take `async for attempt in ...: async with attempt: ...`")
        if policy.stop is not None and self.in_task:
            raise TypeError("stop is for sync blocks, and not for `async for`: cancel the task instead")
        self._policy, self._num, self._start, self.phase = policy, 0, 0.0, _FAILED
        self._fn = fn  # the code of the function around the block, which gives it its name; or a name
        self._state: Call | None = None
        self._attempt: Attempt | None = None

    async def judge(self, exc: BaseException | None, since: int) -> bool:
        """Tell of a success, or judge a failure: whether another attempt follows."""
        state = self._state or Call(self._policy, self._fn, start=self._start, in_task=self.in_task)
        self._state = state
        if exc is None:
            await state.succeeded()
        elif await state.failed(cast("Exception", exc), since, owner=self._attempt):
            self.phase = _FAILED
        return self.phase == _FAILED

    def _is_over(self) -> bool:
        """Whether there is no other attempt.

        Raises:
            RuntimeError: the attempt before has not been made.
        """
        if self.phase == _OFFERED:
            raise RuntimeError(f"attempt {self._num} was never entered: the work goes into `with attempt:`")
        if self.phase == _RUNNING:
            raise RuntimeError(f"attempt {self._num} is still running: its `with` has not been left")
        return self.phase != _FAILED

    def _refuse_more(self) -> None:
        if self._is_over():
            problem = f"entered again after it {self.phase}"
            raise RuntimeError(f"{problem}: leave the loop by `return` or `break` inside the `with`")

    def _offer(self) -> Attempt:
        if self._num == 0 and self._policy.timeout is not None:
            self._start = _clock.monotonic()
        self._num += 1
        self.phase = _OFFERED
        start = self._start if self._state is None else self._state.start
        self._attempt = Attempt(self, self._policy, self._num, start)
        return self._attempt


@final
class Attempts(_Loop):
    """The attempts of one block, to loop over; or to enter, one after the other: `while True: with attempts: ...`."""

    __slots__ = ()

    def __iter__(self) -> Attempts:
        return self

    def __next__(self) -> Attempt:
        if self._is_over():
            raise StopIteration
        if self._state is not None:
            with self._state as wait:
                _clock.sleep(wait)
        return self._offer()

    def __enter__(self) -> Attempt:
        self._refuse_more()
        return next(self).__enter__()

    def __exit__(self, typ: object, exc: BaseException | None, tb: object, /) -> bool:
        return self._attempt is not None and self._attempt.__exit__(typ, exc, tb)


@final
class AsyncAttempts(_Loop):
    """The same in a coroutine: `async for attempt in ...`; or `while True: async with attempts: ...`."""

    __slots__ = ()
    in_task = True

    def __aiter__(self) -> AsyncAttempts:
        return self

    async def __anext__(self) -> Attempt:
        if self._is_over():
            raise StopAsyncIteration
        if self._state is not None:
            with self._state as wait:
                await _clock.async_sleep(wait)
        return self._offer()

    async def __aenter__(self) -> Attempt:
        self._refuse_more()
        return await (await anext(self)).__aenter__()

    async def __aexit__(self, typ: object, exc: BaseException | None, tb: object, /) -> bool:
        return self._attempt is not None and await self._attempt.__aexit__(typ, exc, tb)
