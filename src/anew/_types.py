"""The vocabulary of the signatures.

Law: names for type checkers only. No program imports this file, so it may use what only `typing_extensions` has on old
Pythons, as type variables with defaults.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, ParamSpec, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Awaitable, Callable, Coroutine, Mapping
    from datetime import timedelta
    from types import CodeType

    import typing_extensions

    Seconds: TypeAlias = float | timedelta
    """A duration: a number of seconds, or a `datetime.timedelta`."""

    Hook: TypeAlias = Callable[[Exception], bool | float | timedelta]
    """Asked about each failure: not ours (`False`), ours (`True`), or ours and wait exactly this long."""

    Backoff: TypeAlias = Literal["exponential", "linear", "fixed", "fibonacci"] | Callable[[int], float]
    Jitter: TypeAlias = bool | timedelta | Literal["full", "decorrelated"]
    Replay: TypeAlias = bool | Literal["skip"]
    Reason: TypeAlias = Literal["attempts", "timeout", "budget", "stopped"]

    Args: TypeAlias = tuple[Any, ...]
    Kwargs: TypeAlias = Mapping[str, Any]

    P = ParamSpec("P")
    T = TypeVar("T")
    T_co = TypeVar("T_co", covariant=True)
    E = TypeVar("E", bound=Exception)

    # What on_retry and its sisters return: None -> may decorate anything; Awaitable -> async functions only.
    C = typing_extensions.TypeVar("C", bound=Awaitable[object] | None, default=None)
    C_co = typing_extensions.TypeVar("C_co", bound=Awaitable[object] | None, covariant=True, default=None)

    # What calling an `async def` function gives: a coroutine or an async iterator, or what it declares of them.
    A = TypeVar("A", bound=Coroutine[Any, Any, object] | AsyncIterable[object])
    AI = TypeVar("AI", bound=AsyncIterable[object])

    class Stop(Protocol):
        """An event that ends waits: `threading.Event`, those of `multiprocessing`, and not `asyncio.Event`."""

        def is_set(self, /) -> bool:
            """Whether it is set."""
            ...

        def wait(self, timeout: float, /) -> bool:
            """Wait until it is set, at most so many seconds; whether it is."""
            ...

    class HasCode(Protocol):
        """A function or a bound method. Bare `@retry` asks for no more: old pyrights find no `__call__` on one."""

        @property
        def __code__(self) -> CodeType: ...

    class Function(HasCode, Protocol):
        """A function or a bound method, not an instance of a class with `__call__`."""

        def __call__(self, *args: Any, **kwargs: Any) -> object: ...

    class AsyncFunction(HasCode, Protocol):
        """A function that returns a coroutine or an async iterable.

        `__call__` must be a method: as a property, pyright accepts async callbacks on sync functions.
        """

        def __call__(self, *args: Any, **kwargs: Any) -> Coroutine[Any, Any, object] | AsyncIterable[object]: ...

    class CallableLike(Protocol[P, T_co]):
        """Anything else that can be called: a partial, an instance, a class."""

        def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T_co: ...

    class Nothing(Protocol):
        """What no function returns, but for those that return `Any` or never.

        With an overload of their own, checkers need not choose for them between awaitables and values.
        """

        def __nothing__(self, nothing: Nothing, /) -> Nothing: ...

    N = TypeVar("N", bound=Nothing)
    F = TypeVar("F", bound=Function)
    B = TypeVar("B", bound=HasCode)
    AF = TypeVar("AF", bound=AsyncFunction)
