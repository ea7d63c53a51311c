"""The vocabulary of the signatures.

Law: names only, no behaviour. What exists at run time only in `typing_extensions` (type variables with defaults,
closed TypedDicts) is written for type checkers, with the plain form of `typing` for the interpreter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
    from datetime import timedelta
    from types import CodeType
    from typing import Literal, ParamSpec, Protocol, TypeAlias

    import typing_extensions
    from typing_extensions import override as override

    Seconds: TypeAlias = float | timedelta
    """A duration: a number of seconds, or a `datetime.timedelta`."""

    Hook: TypeAlias = Callable[[Exception], bool | float | timedelta]
    """Asked about each failure: not ours (`False`), ours (`True`), or ours and wait exactly this long."""

    Backoff: TypeAlias = Literal["exponential", "linear", "fixed", "fibonacci"] | Callable[[int], float]
    Jitter: TypeAlias = bool | timedelta | Literal["full", "decorrelated"]
    Replay: TypeAlias = bool | Literal["skip"]
    Reason: TypeAlias = Literal["attempts", "timeout", "budget", "stopped"]

    P = ParamSpec("P")
    T = TypeVar("T")
    T_co = TypeVar("T_co", covariant=True)
    E = TypeVar("E", bound=Exception)

    # What on_retry and its sisters return: None -> may decorate anything; Awaitable -> async functions only.
    C = typing_extensions.TypeVar("C", bound=Awaitable[object] | None, default=None)
    C_co = typing_extensions.TypeVar("C_co", bound=Awaitable[object] | None, covariant=True, default=None)

    # What calling an `async def` function gives: a coroutine or an async iterator.
    A = TypeVar("A", bound=Coroutine[Any, Any, object] | AsyncIterator[object])
    Co = TypeVar("Co", bound=Coroutine[Any, Any, object])

    class Function(Protocol):
        """A function or a bound method, not an instance of a class with `__call__`."""

        @property
        def __code__(self) -> CodeType: ...
        @property
        def __call__(self) -> Callable[..., object]: ...

    class AsyncFunction(Protocol):
        """A function that gives a coroutine or an async iterator.

        `__call__` is a method here and a property above: else pyright accepts async callbacks on sync functions, or
        pyrefly rejects every function.
        """

        @property
        def __code__(self) -> CodeType: ...
        def __call__(self, *args: Any, **kwargs: Any) -> Coroutine[Any, Any, object] | AsyncIterator[object]: ...

    class CallableObject(Protocol[P, T_co]):
        """Anything else that can be called: a partial, an instance, a class."""

        def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T_co: ...

    F = TypeVar("F", bound=Function)
    AF = TypeVar("AF", bound=AsyncFunction)
else:
    C_co = TypeVar("C_co", covariant=True)

    def override(method):
        """Stand in for `typing.override`, which came with Python 3.12."""
        return method
