"""Blocks: `for attempt in retry(...): with attempt: ...`, and `while True: with attempts: ...`.

Law: as in `_drivers`: call, catch, wait, and decide nothing. The work is called by whoever wrote the `with`; a failure
is judged where it leaves the block, and slept off when the next attempt is asked for.
"""

from __future__ import annotations

from _weakref import ref
from types import CodeType, TracebackType
from typing import TYPE_CHECKING, TypeGuard, final

from . import _clock, _marks
from ._decision import wait_range
from ._modes import applied
from ._state import CallState, Pause
from ._types import override

if TYPE_CHECKING:
    from ._policy import Policy

_GENERATOR = 0x20 | 0x200  # code flags of generators and async generators

# What has become of the last attempt.
_OFFERED, _RUNNING, _FAILED, _SUCCEEDED, _GIVEN_UP = "offered", "running", "failed", "succeeded", "gave up"


@final
class Attempt:
    """One attempt of a block: `with attempt:` (or `async with`), around the work and what depends on its success.

    A failure that will be retried ends with the `with`; one that will not leaves from it. `return`, `break` and
    `continue` inside mean success. Each attempt is entered once; what fails when its loop is gone leaves as it is.
    """

    __slots__ = ("_entered", "_loop", "_num", "_policy", "_since", "_start")

    def __init__(self, loop: _Loop, policy: Policy, num: int, start: float) -> None:
        # Weak, so that a loop goes when it is left, with what hooks have opened, though the attempt has a name.
        self._loop = ref(loop)
        self._policy = policy
        self._num = num
        self._start = start
        self._entered = False
        self._since = 0

    @property
    def num(self) -> int:
        """The number of the attempt, from 1."""
        return self._num

    @property
    def next_wait(self) -> float:
        """The least that the wait after this attempt can be, in seconds: its lowest draw. Also if it is the last.

        What a hook or a `TryAgain` asks for is not known before.
        """
        policy = applied(self._policy)
        return 0.0 if policy.at_once else wait_range(policy, self._num, policy.delay)[0]

    @property
    def remaining(self) -> float | None:
        """Seconds until `timeout`, from when on no attempt starts; 0 then, and `None` without one."""
        timeout = self._policy.timeout
        return None if timeout is None else max(0.0, self._start + timeout - _clock.monotonic())

    @override
    def __repr__(self) -> str:
        try:
            next_wait = f"{self.next_wait:.10g}"
        except Exception:  # of the user's `backoff`
            next_wait = "?"
        remaining = self.remaining
        left = None if remaining is None else round(remaining, 3)
        return f"<Attempt num={self._num} next_wait={next_wait} remaining={left}>"

    def __enter__(self) -> Attempt:
        """Begin.

        Raises:
            RuntimeError: it has been entered before.
            TypeError: the policy has async callbacks, which take `async with`.
        """
        if self._policy.is_async:
            raise TypeError("async callbacks take `async with attempt`")
        return self._begun()

    def __exit__(self, typ: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None, /) -> bool:
        """End: swallow a failure that will be retried.

        Raises:
            RetryError: the attempts, the time or the budget are used up.
        """
        loop = self._loop()
        if loop is None:
            return False
        if exc is None:
            loop.phase = _SUCCEEDED
            if loop.has_state:
                loop.state.succeeded()
            return False
        loop.phase = _GIVEN_UP
        if not loop.judges(exc):
            return False
        loop.state.since = self._since
        pause = loop.state.failed(exc, in_task=loop.in_task)
        if pause is None:
            return False
        if isinstance(pause, Pause):
            return loop.goes_on(pause)
        raise loop.state.error(exc, pause)

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

    async def __aexit__(
        self, typ: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None, /
    ) -> bool:
        """End: swallow a failure that will be retried.

        Raises:
            RetryError: the attempts, the time or the budget are used up.
        """
        loop = self._loop()
        if loop is None:
            return False
        if exc is None:
            loop.phase = _SUCCEEDED
            if loop.has_state:
                await loop.state.asucceeded()
            return False
        loop.phase = _GIVEN_UP
        if not loop.judges(exc):
            return False
        loop.state.since = self._since
        pause = await loop.state.afailed(exc)
        if pause is None:
            return False
        if isinstance(pause, Pause):
            return loop.goes_on(pause)
        raise await loop.state.aerror(exc, pause)

    def _begun(self) -> Attempt:
        if self._entered:
            raise RuntimeError(f"attempt {self._num} has been entered before; each attempt is entered once")
        self._entered = True
        loop = self._loop()
        if loop is not None:
            loop.phase = _RUNNING
        self._since = _marks.now()
        return self


class _Loop:
    """What both kinds of loops share: whose turn it is."""

    __slots__ = ("__weakref__", "_attempt", "_code", "_num", "_pause", "_policy", "_state", "phase")
    in_task: bool

    def __init__(self, policy: Policy, code: CodeType) -> None:
        if policy.replay:
            raise TypeError(f"replay={policy.replay!r} is for generator functions, not for blocks")
        if policy.is_async and not self.in_task:
            raise TypeError("async callbacks take `async for attempt in ...: async with attempt: ...`")
        self._policy = policy
        self._code = code  # of the function around the block, which gives it its name
        self._state: CallState | None = None
        self._attempt: Attempt | None = None
        self._num = 0
        self._pause: Pause | None = None
        self.phase: str = _FAILED

    @property
    def has_state(self) -> bool:
        return self._state is not None

    @property
    def state(self) -> CallState:
        if self._state is None:
            self._state = CallState(self._policy, self._code)
        return self._state

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

    def _over(self) -> RuntimeError:
        return RuntimeError(
            f"entered again after it {self.phase}: leave the loop by `return` or `break` inside the `with`"
        )

    def judges(self, exc: BaseException) -> TypeGuard[Exception]:
        """Whether this is for the policy: no exit, and nothing that a consumer threw into the generator around us."""
        if not issubclass(type(exc), Exception):  # isinstance() would ask the exception, which may lie
            return False
        return not (self._code.co_flags & _GENERATOR and _marks.thrown_in(exc))

    def goes_on(self, pause: Pause) -> bool:
        """Hear of a failure that will be retried, which the `with` is to swallow."""
        self._pause = pause
        self.phase = _FAILED
        return True

    def _take_pause(self) -> Pause | None:
        pause, self._pause = self._pause, None
        return pause

    def _offer(self) -> Attempt:
        policy = self._policy
        start = self.state.start if policy.wants_start else 0.0
        self._num += 1
        self.phase = _OFFERED
        self._attempt = Attempt(self, policy, self._num, start)
        return self._attempt


@final
class Attempts(_Loop):
    """The attempts of one block, to loop over; or to enter, one after the other: `while True: with attempts: ...`."""

    __slots__ = ()
    in_task = False

    def __iter__(self) -> Attempts:
        return self

    def __next__(self) -> Attempt:
        if self._is_over():
            raise StopIteration
        pause = self._take_pause()
        if pause is not None:
            with pause:
                _clock.sleep(pause.seconds)
        return self._offer()

    def __enter__(self) -> Attempt:
        if self._is_over():
            raise self._over()
        return next(self).__enter__()

    def __exit__(self, typ: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None, /) -> bool:
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
        pause = self._take_pause()
        if pause is not None:
            with pause:
                await _clock.async_sleep(pause.seconds)
        return self._offer()

    async def __aenter__(self) -> Attempt:
        if self._is_over():
            raise self._over()
        return await (await anext(self)).__aenter__()

    async def __aexit__(
        self, typ: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None, /
    ) -> bool:
        return self._attempt is not None and await self._attempt.__aexit__(typ, exc, tb)
