"""What is decorated, policies, callbacks and options."""

_RETRY, _TYPES, _OPTIONS, _REGISTRY = "_retry.py", "_types.py", "_options.py", "instrumentation/_registry.py"

_ASYNC_FUNCTION = """\
    @overload
    def __call__(self, fn: AF, /) -> AF: ...
"""
_ASYNC_OBJECT = """\
    @overload
    def __call__(self, fn: Callable[P, A] | CallableLike[P, A], /) -> Callable[P, A]: ...
"""
_FUNCTION = """\
    @overload
    def __call__(self: Retry[None], fn: F, /) -> F: ...
"""
_CALL_UNKNOWN = """\
    @overload
    def call(self, fn: Callable[P, N], /, *args: P.args, **kwargs: P.kwargs) -> N: ...
"""
_CALL_AWAITABLE = """\
    @overload
    async def call(self, fn: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T: ...
"""
_CALL_ANYTHING = """\
    @overload
    def call(self: Retry[None], fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T: ...
"""
_CALL_ITERABLE = """\
    @overload
    def call(self: Retry[Any], fn: Callable[P, AI], /, *args: P.args, **kwargs: P.kwargs) -> AI: ...
"""
_ASYNC_CALL = """\
        def __call__(self, *args: Any, **kwargs: Any) -> Coroutine[Any, Any, object] | AsyncIterable[object]: ...
"""
_ASYNC_CALL_PROPERTY = """\
        @property
        def __call__(self) -> Callable[..., Coroutine[Any, Any, object] | AsyncIterable[object]]: ...
"""
_BARE = """\
@overload
def retry(fn: B, /) -> B: ...
"""
_FIRST_OPTIONS = """\
@overload
def retry(
    *,
    on: type[E]"""
_C = 'TypeVar("C", bound=Awaitable[object] | None, default=None)'
_C_CO = 'TypeVar("C_co", bound=Awaitable[object] | None, covariant=True, default=None)'
_E = 'E = TypeVar("E", bound=Exception)'
_ON_RETRY = "on_retry: Callable[[int, E], C] | None"
_ON_RETRY_HOOK = "on_retry: Callable[[int, Exception], C] | None"
_HOOK = "Callable[[Exception], bool | float | timedelta]"

_SETATTR = "        def __setattr__(self, name: str, value: Any) -> None: ...\n"

WEAKENINGS = {
    # What is decorated.
    "functions come back as Callable[..., Any]": [
        (_RETRY, "fn: AF, /) -> AF", "fn: AF, /) -> Callable[..., Any]"),
        (_RETRY, "(self: Retry[None], fn: F, /) -> F", "(self: Retry[None], fn: F, /) -> Callable[..., Any]"),
    ],
    "P, T for all: no overloads for functions": [(_RETRY, _ASYNC_FUNCTION, ""), (_RETRY, _FUNCTION, "")],
    "no overload for async functions": [(_RETRY, _ASYNC_FUNCTION, "")],
    "no overload for async callable objects": [(_RETRY, _ASYNC_OBJECT, "")],
    "callable objects by protocol alone": [
        (_RETRY, "Callable[P, A] | CallableLike[P, A]", "CallableLike[P, A]"),
        (_RETRY, "Callable[P, T] | CallableLike[P, T]", "CallableLike[P, T]"),
    ],
    "callable objects lose their parameters": [
        (_RETRY, "CallableLike[P, T], /) -> Callable[P, T]", "CallableLike[P, T], /) -> Callable[..., T]")
    ],
    "async callbacks on sync functions": [(_RETRY, "(self: Retry[None], fn: F, /)", "(self, fn: F, /)")],
    "async callbacks on sync callable objects": [
        (_RETRY, "(self: Retry[None], fn: Callable[P, T] |", "(self, fn: Callable[P, T] |")
    ],
    "bare @retry takes and gives Any": [(_RETRY, "def retry(fn: B, /) -> B", "def retry(fn: Any, /) -> Any")],
    "bare @retry takes everything that can be called": [
        (_RETRY, "def retry(fn: B, /) -> B", "def retry(fn: Callable[P, T], /) -> Callable[P, T]")
    ],
    "bare @retry comes first": [(_RETRY, _BARE, ""), (_RETRY, _FIRST_OPTIONS, _BARE + _FIRST_OPTIONS)],
    "AsyncFunction.__call__ is a property": [(_TYPES, _ASYNC_CALL, _ASYNC_CALL_PROPERTY)],
    "async iterators are forgotten": [(_TYPES, " | AsyncIterable[object]", "")],
    "async iterables are forgotten": [(_TYPES, "AsyncIterable", "AsyncIterator")],
    # Policies.
    "retry gives Retry[Any]": [(_RETRY, ") -> Retry[C]: ...", ") -> Retry[Any]: ...")],
    "Retry is not final": [(_RETRY, "@final\nclass Retry", "class Retry")],
    "Retry answers to __setattr__": [
        (_RETRY, "    def __reduce__", f"    if TYPE_CHECKING:\n{_SETATTR}\n    def __reduce__"),
    ],
    "Retry is invariant": [(_TYPES, "covariant=True, default=None)", "default=None)")],
    "callbacks may return anything": [
        (_TYPES, _C, 'TypeVar("C", default=None)'),
        (_TYPES, _C_CO, 'TypeVar("C_co", covariant=True, default=None)'),
    ],
    "call takes any arguments": [
        (
            _RETRY,
            "fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs",
            "fn: Callable[..., T], /, *args: Any, **kwargs: Any",
        )
    ],
    "call gives Any": [(_RETRY, "**kwargs: P.kwargs) -> T: ...", "**kwargs: P.kwargs) -> Any: ...")],
    "call lets async callbacks pass": [(_RETRY, "def call(self: Retry[None], ", "def call(self, ")],
    "call has no overload for Any": [(_RETRY, _CALL_UNKNOWN, "")],
    "call has no overload for awaitables": [(_RETRY, _CALL_AWAITABLE, "")],
    "call has no overload for async iterables": [(_RETRY, _CALL_ITERABLE, "")],
    "call asks for awaitables last": [
        (_RETRY, _CALL_AWAITABLE, ""),
        (_RETRY, _CALL_ITERABLE, _CALL_ITERABLE + _CALL_AWAITABLE),
    ],
    "call takes coroutines only": [
        (_RETRY, _CALL_AWAITABLE, _CALL_AWAITABLE.replace("Awaitable[T]", "Coroutine[Any, Any, T]")),
        (_RETRY, "import Awaitable, Callable,", "import Awaitable, Callable, Coroutine,"),
    ],
    "call gives a coroutine that is written": [
        (
            _RETRY,
            _CALL_AWAITABLE,
            _CALL_AWAITABLE.replace("async def", "def").replace("-> T:", "-> Coroutine[Any, Any, T]:"),
        ),
        (_RETRY, "import Awaitable, Callable,", "import Awaitable, Callable, Coroutine,"),
    ],
    "call gives an awaitable": [
        (_RETRY, _CALL_AWAITABLE, _CALL_AWAITABLE.replace("async def", "def").replace("-> T:", "-> Awaitable[T]:"))
    ],
    "call gives the awaitable of its function": [
        (
            _RETRY,
            _CALL_AWAITABLE,
            _CALL_AWAITABLE.replace("async def", "def").replace("Awaitable[T]", "A").replace("-> T:", "-> A:"),
        )
    ],
    "replace takes anything": [
        (_RETRY, "def replace(self, **options: Unpack[Options])", "def replace(self, **options: Any)")
    ],
    "replace forgets async callbacks": [
        (_RETRY, "**options: Unpack[Options]) -> Retry[C_co]", "**options: Unpack[Options]) -> Retry[None]")
    ],
    # Callbacks.
    "on_retry takes any callable": [
        (_RETRY, _ON_RETRY, "on_retry: Callable[..., C] | None"),
        (_RETRY, _ON_RETRY_HOOK, "on_retry: Callable[..., C] | None"),
    ],
    "on_retry is Callable[..., Any]": [(_RETRY, _ON_RETRY, "on_retry: Callable[..., Any] | None")],
    "on_retry's exception does not depend on on": [(_RETRY, _ON_RETRY, "on_retry: Callable[[int, Any], C] | None")],
    "on_retry's exception is Exception": [(_RETRY, _ON_RETRY, _ON_RETRY_HOOK)],
    "on_success takes any callable": [
        (_RETRY, "on_success: Callable[[int], C] | None", "on_success: Callable[..., C] | None")
    ],
    "on_failure is Any": [(_RETRY, "on_failure: Callable[[RetryError], C] | None", "on_failure: Any")],
    "on_failure gets an Exception": [
        (_RETRY, "on_failure: Callable[[RetryError], C] | None", "on_failure: Callable[[Exception], C] | None")
    ],
    # Options.
    "misspelt options are swallowed": [
        (_RETRY, "    **options: Unpack[Options],\n)", "    **options: Any,\n)"),
        (_RETRY, "    name: str | None = None,\n)", "    name: str | None = None,\n    **options: Any,\n)"),
    ],
    "on takes tuples only": [(_RETRY, "on: type[E] | Iterable[type[E]],", "on: type[E] | tuple[type[E], ...],")],
    "on takes any type": [(_TYPES, _E, 'E = TypeVar("E")')],
    "on takes BaseExceptions": [(_TYPES, _E, 'E = TypeVar("E", bound=BaseException)')],
    "hooks may take and return anything": [(_TYPES, _HOOK, "Callable[..., Any]")],
    "hooks may return None": [(_TYPES, _HOOK, "Callable[[Exception], bool | float | timedelta | None]")],
    "backoff is any string": [(_TYPES, 'Literal["exponential", "linear", "fixed", "fibonacci"]', "str")],
    "a backoff function may return anything": [(_TYPES, "Callable[[int], float]", "Callable[[int], object]")],
    "jitter is any string": [(_TYPES, 'Literal["full", "decorrelated"]', "str")],
    "replay is any string": [(_TYPES, 'Replay: TypeAlias = bool | Literal["skip"]', "Replay: TypeAlias = bool | str")],
    "seconds may be strings": [(_TYPES, "Seconds: TypeAlias = float", "Seconds: TypeAlias = str | float")],
    "seconds are numbers only": [(_TYPES, "Seconds: TypeAlias = float | timedelta", "Seconds: TypeAlias = float")],
    "times is a float": [(_RETRY, "times: int | None", "times: float | None")],
    "timeout cannot be None": [(_RETRY, "timeout: Seconds | None = None", "timeout: Seconds = 9.0")],
    "max_delay is Any": [(_RETRY, "max_delay: Seconds | None", "max_delay: Any")],
    "reraise is object": [(_RETRY, "reraise: bool", "reraise: object")],
    "name is object": [(_RETRY, "name: str | None", "name: object")],
    "budget is Any": [(_RETRY, "budget: Budget | None", "budget: Any")],
    "budget is a RetryBudget": [
        (_RETRY, "budget: Budget | None", "budget: RetryBudget | None"),
        (_RETRY, "if TYPE_CHECKING:\n", "if TYPE_CHECKING:\n    from ._budget import RetryBudget\n"),
    ],
    "hooks is Any": [(_RETRY, "hooks: Hooks | None", "hooks: Any")],
    "hooks cannot be None": [(_RETRY, "hooks: Hooks | None = None", "hooks: Hooks = ()")],
    "hooks is a list of protocols": [
        (_RETRY, "hooks: Hooks | None", "hooks: list[RetryHook | RetryHookFactory] | None"),
        (_RETRY, "_registry import Hooks", "_hooks import RetryHook, RetryHookFactory"),
    ],
    "hooks takes no factories": [(_REGISTRY, " | RetryHookFactory]\n", "]\n")],
    "stop is Any": [(_RETRY, "stop: Stop | None", "stop: Any")],
    "stop cannot be None": [(_RETRY, "stop: Stop | None = None", "stop: Stop = ...")],
    "stop is an event of threads": [
        (_RETRY, "stop: Stop | None", "stop: Event | None"),
        (_RETRY, "if TYPE_CHECKING:\n", "if TYPE_CHECKING:\n    from threading import Event\n"),
    ],
    "stop's seconds have a name": [(_TYPES, "def wait(self, timeout: float, /)", "def wait(self, timeout: float)")],
    "stop's seconds are whole": [(_TYPES, "def wait(self, timeout: float, /)", "def wait(self, timeout: int, /)")],
    "stop may wait for ever": [(_TYPES, "def wait(self, timeout: float, /)", "def wait(self, /)")],
    "stop waits and says nothing": [
        (_TYPES, "def wait(self, timeout: float, /) -> bool:", "def wait(self, timeout: float, /) -> object:")
    ],
    "stop.is_set answers anything": [(_TYPES, "def is_set(self, /) -> bool:", "def is_set(self, /) -> object:")],
    "Options is open": [(_OPTIONS, "total=False, closed=True)", "total=False)")],
    "Options is total": [(_OPTIONS, "total=False, closed=True)", "closed=True)")],
    "Options has on": [(_OPTIONS, "        times: int | None\n", "        times: int | None\n        on: Any\n")],
    "Options lacks name": [(_OPTIONS, "        name: str | None\n", "")],
    "Options lacks budget": [(_OPTIONS, "        budget: Budget | None\n", "")],
    "Options takes any budget": [(_OPTIONS, "budget: Budget | None", "budget: Any")],
    "Options lacks hooks": [(_OPTIONS, "        hooks: Hooks | None\n", "")],
    "Options takes any hooks": [(_OPTIONS, "hooks: Hooks | None", "hooks: Any")],
    "Options lacks stop": [(_OPTIONS, "        stop: Stop | None\n", "")],
    "Options takes any stop": [(_OPTIONS, "stop: Stop | None", "stop: Any")],
}
