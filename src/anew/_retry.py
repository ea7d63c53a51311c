"""The one signature users read: every option and every default in sight."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any, Generic, TypeVar, Unpack, cast, final, get_overloads, overload

from . import _marks
from ._blocks import AsyncAttempts, Attempts
from ._call import Call, run
from ._callables import VALUES, copy_metadata, current_frame, kind_of, written
from ._checks import safe_repr
from ._drivers import Retried, drive
from ._options import BASE, DEFAULTS, TYPED, Options, Policy, make_policy

if TYPE_CHECKING:
    from types import CodeType, FrameType

    from ._budget import Budget
    from ._errors import RetryError
    from ._schedule import Schedule
    from ._types import AF, AI, A, B, Backoff, C, C_co, CallableLike, E, F, Hook, Jitter, N, P, Replay, Seconds, Stop, T
    from .instrumentation._registry import Hooks
else:
    C_co = TypeVar("C_co", covariant=True)


@final
class Retry(Generic[C_co]):
    """A retry policy: decorate with it, call through it, or loop over it. Made by `retry(...)`.

    It never changes and keeps no state between calls: threads, tasks and processes may share it. It pickles where its
    callbacks and hooks do.
    """

    __slots__ = ("_policy",)

    def __init__(self, policy: object, /) -> None:
        if not isinstance(policy, Policy):
            raise TypeError("a Retry is made by retry(...)")
        self._policy = policy

    # Async functions: any policy; a function comes back as itself, any other callable by its signature.
    @overload
    def __call__(self, fn: AF, /) -> AF: ...
    @overload
    def __call__(self, fn: Callable[P, A] | CallableLike[P, A], /) -> Callable[P, A]: ...
    @overload
    def __call__(self: Retry[None], fn: F, /) -> F: ...
    @overload
    def __call__(self: Retry[None], fn: Callable[P, T] | CallableLike[P, T], /) -> Callable[P, T]: ...
    def __call__(self, fn: Any, /) -> Any:
        """Decorate a callable: a function of the same kind and signature that retries.

        Functions, coroutine functions, generators, async generators, methods, classmethods, staticmethods, partials
        and callable objects can be decorated.

        Raises:
            TypeError: `fn` is a class, a property or not callable at all; or it is not of the kind that async
                callbacks (async functions) or `replay` (generators) need.
        """
        if isinstance(fn, _DESCRIPTORS):
            return type(fn)(self(fn.__func__))
        if isinstance(fn, type):
            raise TypeError(f"a class cannot be decorated, got {safe_repr(fn)}; use policy.call({fn.__name__}, ...)")
        return copy_metadata(drive(fn, self._policy), fn)

    # First what returns Any or never. For awaitables an `async def`: with `-> Coroutine[Any, Any, T]`, asyncio.gather()
    # of two calls is Any to mypy.
    @overload
    def call(self, fn: Callable[P, N], /, *args: P.args, **kwargs: P.kwargs) -> N: ...
    @overload
    async def call(self, fn: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T: ...
    @overload
    def call(self: Retry[None], fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T: ...
    @overload
    def call(self: Retry[Any], fn: Callable[P, AI], /, *args: P.args, **kwargs: P.kwargs) -> AI: ...
    def call(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Call `fn(*args, **kwargs)` with retries.

        In a running event loop, where `fn` returns an awaitable, this returns a coroutine of its result: it is to be
        awaited, and every retry calls `fn` and awaits anew.

        Raises:
            RetryError: the attempts or the time are used up (with `reraise=True`: the last exception itself).
            TypeError: `fn` is not of the kind that async callbacks or `replay` need.
        """
        # The paragraph of `_drivers`, for calls that need nothing of what `drive` prepares.
        policy, since = self._policy, _marks.newest
        if not policy.is_simple:
            return drive(fn, policy, by_call=True)(*args, **kwargs)
        try:
            result = fn(*args, **kwargs)
        except policy.catch as exc:
            # Wrong arguments, which have entered no frame: its driver tells of them in its own way.
            if not callable(fn) or (kind_of(fn) != "function" and len([*_marks.entries(exc)]) == 1):
                return drive(fn, policy)(*args, **kwargs)
            state = Call(policy, fn, args, kwargs)
            if not run(state.failed(exc, since)):
                raise
        else:
            if type(result) in VALUES:
                return result
            if kind_of(fn).endswith("generator function"):
                return drive(fn, policy)(*args, **kwargs)  # nothing of the first one has run
            return Retried(fn, policy, by_call=True).finished(result, None, args, kwargs)
        return Retried(fn, policy, by_call=True).again(state)

    def replace(self, **options: Unpack[Options]) -> Retry[C_co]:
        """Return the same policy with other options. `on` and the callbacks carry types: they cannot be replaced.

        Raises:
            TypeError, ValueError: as `retry` does.
        """
        if refused := TYPED.intersection(options):
            raise TypeError(
                f"replace() cannot change {', '.join(sorted(refused))}, which decides the types of the policy; "
                "write the policy anew: retry(on=..., **options)"
            )
        replaced: Retry[Any] = Retry(make_policy(cast("dict[str, Any]", options), self._policy))
        return replaced

    def schedule(self, n: int, /) -> Schedule:
        """Return the lowest, mean and highest seconds of each of the first `n` waits, whatever `times` allows.

        Only a `backoff` function is called. Waits that `on` or a `TryAgain` ask for are not in it. With decorrelated
        jitter there is no mean: it depends on the waits before.

        Raises:
            TypeError, ValueError: `n` is not an integer of at least 0, or a `backoff` function answers wrongly.
        """
        from ._schedule import schedule  # a named tuple takes a millisecond to be defined

        return schedule(self._policy, n)

    def __iter__(self: Retry[None]) -> Attempts:
        """Begin a block: `for attempt in retry(...): with attempt: ...`.

        Raises:
            TypeError: the policy has async callbacks, which take `async for`; or `replay`, which is for generators.
        """
        return Attempts(self._policy, _around(current_frame(1)))

    def __aiter__(self) -> AsyncAttempts:
        """Begin a block in a coroutine: `async for attempt in retry(...): with attempt: ...`.

        Raises:
            TypeError: the policy has `replay`, which is for generators.
        """
        return AsyncAttempts(self._policy, _around(current_frame(1)))

    def __repr__(self) -> str:
        """The call that makes this policy, options with their defaults left out."""
        own, base = vars(self._policy), vars(BASE)
        given = [one for one in DEFAULTS if own[one] is not base[one] and (callable(own[one]) or own[one] != base[one])]
        return f"retry({', '.join(f'{one}={written(own[one])}' for one in given)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Retry, (self._policy,)


@overload
def retry(
    *,
    on: type[E] | Iterable[type[E]],
    on_retry: Callable[[int, E], C] | None = None,
    on_success: Callable[[int], C] | None = None,
    on_failure: Callable[[RetryError], C] | None = None,
    **options: Unpack[Options],
) -> Retry[C]: ...
@overload
def retry(
    fn: None = None,
    /,
    *,
    on: Hook = cast("Any", Exception),
    times: int | None = 3,
    delay: Seconds = 1.0,
    backoff: Backoff = "exponential",
    jitter: Jitter = True,
    max_delay: Seconds | None = 60.0,
    timeout: Seconds | None = None,
    on_retry: Callable[[int, Exception], C] | None = None,
    on_success: Callable[[int], C] | None = None,
    on_failure: Callable[[RetryError], C] | None = None,
    reraise: bool = False,
    replay: Replay = False,
    budget: Budget | None = None,
    hooks: Hooks | None = None,
    stop: Stop | None = None,
    name: str | None = None,
) -> Retry[C]: ...
@overload
def retry(fn: B, /) -> B: ...
def retry(fn: Any = None, /, *, on: Any = Exception, **options: Any) -> Any:
    """Retry what fails: decorate with it, bare (`@retry`) or with options; call through it; loop over it.

    Durations are seconds (int or float) or `datetime.timedelta`.

    Parameters:
        fn: the function to decorate, where `@retry` stands bare.
        times: total calls, the first included; at least 1. `None`: no limit.
        delay: the first wait, before jitter; at least 0 and at most `max_delay`.
        backoff: how the wait grows with the number n of the failure: `"fixed"` (1), `"linear"` (n), `"exponential"`
            (2 ** (n - 1)), `"fibonacci"` (1, 1, 2, 3, 5, ...), or a function n -> factor. The wait is
            `delay` x factor, capped by `max_delay`, then jittered.
        jitter: how the capped wait d is spread. `True`: uniformly over [d / 2, min(3 d / 2, max_delay)]. `"full"`:
            over [0, d]. `"decorrelated"`: over [delay, min(3 x the wait before, max_delay)]; both as in the AWS
            Architecture Blog, "Exponential Backoff And Jitter". A timedelta j: over [hi - j, hi] with
            hi = min(d + j, max_delay). `False`: exactly d.
        max_delay: the longest any one wait can be. `None`: no cap. What `on` asks for is not capped.
        timeout: bounds when the last attempt may start: seconds from the first call (a generator's: from its first
            step), more than 0. A wait that would end later is not begun. A running attempt is never interrupted.
        on: what to retry: an exception type, several, or a function of the exception that answers `False` (not ours:
            the exception leaves as it is), `True` (retry), or how long exactly to wait. Only `Exception` and its
            subclasses are ever considered; types do not match a `RetryError` unless it is named.
        on_retry: called with (number of the attempt that failed, exception) before each wait.
        on_success: called with (attempts made) when an attempt succeeded; a generator's does with its first item, or
            with `replay` at its end.
        on_failure: called with the `RetryError` when giving up, also where `reraise` keeps it from being raised.
        reraise: give up with the last exception itself, with a note, instead of `RetryError`.
        replay: for generators that fail after they have delivered items. `False`: the failure passes through. `True`:
            start over, items come again. `"skip"`: start over and drop as many items as were delivered.
        budget: what retries take from and successes pay into, a `RetryBudget` or a `Budget` of one's own: one for all
            that call the same dependency.
        hooks: who is told of this policy's retries, in place of `anew.instrumentation.set_on_retry_hooks`. Empty:
            nobody. `None`: the hooks of the process.
        stop: an event such as `threading.Event`, looked at before each wait and while it lasts: when it is set, the
            call gives up at once, with reason `"stopped"`. Not for async callables: cancel the task instead.
        name: the name that messages show; by default the qualified name of the function, or of the one around a block.

    Returns:
        The decorated function, or a `Retry` policy.

    Raises:
        TypeError: an option is of a wrong type, here and now; or a callback of a sync call answers an awaitable.
        ValueError: an option has a wrong value, here and now; or a hook answers NaN or infinity.
        RetryError: by the decorated function, when attempts, time or budget are used up, or `stop` is set; from the
            last exception.
    """
    if on is not Exception:
        options["on"] = on
    policy: Any = Retry(make_policy(options, BASE) if options else BASE)
    if fn is None:
        return policy
    if isinstance(fn, type) or not (callable(fn) or isinstance(fn, _DESCRIPTORS)):
        raise TypeError(
            f"bare @retry must stand on a function, got {safe_repr(fn)}; options go by name: retry(times=5, on=OSError)"
        )
    return policy(fn)


# What help() and inspect show: the signature with all options.
cast("Any", retry).__wrapped__ = get_overloads(retry)[1]
_DESCRIPTORS: Any = (classmethod, staticmethod)


def _around(frame: FrameType) -> CodeType | str:
    """Return what names a block: the code around it, or the name of its module."""
    return frame.f_code if frame.f_code.co_name != "<module>" else str(frame.f_globals.get("__name__", "<module>"))
