"""`anew.instrumentation`."""

_HOOKS, _READY, _REGISTRY = (f"instrumentation/{file}.py" for file in ("_hooks", "_ready", "_registry"))

_FACTS = {
    "name": "str",
    "attempt": "int",
    "wait": "float",
    "waited_so_far": "float",
    "elapsed": "float",
    "exception": "Exception",
    "args": "tuple[Any, ...]",
    "kwargs": "dict[str, Any]",
    "times": "int | None",
    "attempts": "int",
    "reason": "Reason",
}
_GETATTR = """\
    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

"""
_REPR = '    def __repr__(self) -> str:\n        """All facts."""'
_HOOK = "def __call__(self, details: RetryDetails, /) -> AbstractContextManager[object] | None:"
_GAVE_UP_HOOK = "def __call__(self, details: GiveUpDetails, /) -> None:"
_TYPE = (
    "Hooks: TypeAlias = Iterable[Callable[[RetryDetails], AbstractContextManager[object] | None] | RetryHookFactory]"
)
_SET = "def set_on_retry_hooks(hooks: Hooks | None) -> AbstractContextManager[None]:"
_GET = "def get_on_retry_hooks() -> tuple[RetryHook, ...]:"
_SET_END = (
    "def set_on_give_up_hooks(hooks: Iterable[Callable[[GiveUpDetails], None]] | None) -> AbstractContextManager[None]:"
)
_GET_END = "def get_on_give_up_hooks() -> tuple[GiveUpHook, ...]:"
_BUILD = "def __init__(self, build: Callable[[], RetryHook], /)"
_COUNTER = "    counter: Any\n"
_READY_CALL = {
    "LoggingHook": '/) -> None:\n        """Log a retry."""\n        import logging',
    "StructlogHook": '/) -> None:\n        """Log a retry."""\n        log =',
    "PrometheusHook": '/) -> None:\n        """Count a retry."""',
    "OpenTelemetryHook": '/) -> None:\n        """Add an event, and count."""',
    "PrometheusHook.gave_up": '/) -> None:\n        """Count a call',
    "OpenTelemetryHook.gave_up": '/) -> None:\n        """Add an event `anew.give_up`',
}

WEAKENINGS = {
    **{
        f"details' {name} is object": [(_HOOKS, f"        self.{name}: {typ} =", f"        self.{name}: object =")]
        for name, typ in _FACTS.items()
    },
    "details' exception is Any": [(_HOOKS, "self.exception: Exception =", "self.exception: Any =")],
    "details' exception is a BaseException": [
        (_HOOKS, "self.exception: Exception =", "self.exception: BaseException =")
    ],
    "RetryDetails.times is never None": [
        (_HOOKS, "self.times: int | None = times", "self.times: int = -1 if times is None else times")
    ],
    "GiveUpDetails.reason is any text": [(_HOOKS, "self.reason: Reason =", "self.reason: str =")],
    "GiveUpDetails takes any reason": [
        (_HOOKS, "self, *, reason: Reason,", "self, *, reason: str,"),
        (_HOOKS, "self.reason: Reason = reason", "self.reason: Reason = cast(Any, reason)"),
        (_HOOKS, "Unpack, final", "Unpack, cast, final"),
    ],
    "details answer to every name": [(_HOOKS, _REPR, _GETATTR + _REPR)],
    "details take any facts": [(_HOOKS, "**common: Unpack[Common]", "**common: Any")],
    "details take no facts": [(_HOOKS, "class Common(TypedDict):", "class Common(TypedDict, total=False):")],
    "RetryDetails takes its facts by position": [(_HOOKS, "self, *, attempt: int", "self, attempt: int")],
    "GiveUpDetails takes its facts by position": [(_HOOKS, "self, *, reason: Reason", "self, reason: Reason")],
    "RetryDetails needs times": [(_HOOKS, "times: int | None = None,", "times: int | None,")],
    "RetryDetails is not final": [(_HOOKS, "@final\nclass RetryDetails", "class RetryDetails")],
    "GiveUpDetails is not final": [(_HOOKS, "@final\nclass GiveUpDetails", "class GiveUpDetails")],
    "hooks take anything": [(_HOOKS, _HOOK, _HOOK.replace("details: RetryDetails, /", "*details: Any"))],
    "hooks must take an object": [(_HOOKS, _HOOK, _HOOK.replace("RetryDetails", "object"))],
    "hooks take details by keyword": [(_HOOKS, _HOOK, _HOOK.replace(", /)", ")"))],
    "hooks answer Any": [(_HOOKS, _HOOK, _HOOK.replace("AbstractContextManager[object] | None", "Any"))],
    "hooks answer something": [(_HOOKS, _HOOK, _HOOK.replace("AbstractContextManager[object] | None", "object"))],
    "hooks answer nothing": [(_HOOKS, _HOOK, _HOOK.replace("AbstractContextManager[object] | None", "None"))],
    "hooks answer contexts": [(_HOOKS, _HOOK, _HOOK.replace(" | None", ""))],
    "hooks answer contexts of nothing": [(_HOOKS, _HOOK, _HOOK.replace("[object]", "[None]"))],
    "give-up hooks take anything": [
        (_HOOKS, _GAVE_UP_HOOK, _GAVE_UP_HOOK.replace("details: GiveUpDetails, /", "*a: Any"))
    ],
    "give-up hooks take details by keyword": [(_HOOKS, _GAVE_UP_HOOK, _GAVE_UP_HOOK.replace(", /)", ")"))],
    "give-up hooks answer Any": [(_HOOKS, _GAVE_UP_HOOK, _GAVE_UP_HOOK.replace("-> None", "-> Any"))],
    "set_on_retry_hooks takes anything": [(_REGISTRY, _SET, _SET.replace("Hooks | None", "Any"))],
    "set_on_retry_hooks takes any hooks": [(_REGISTRY, _TYPE, "Hooks: TypeAlias = Iterable[Any]")],
    "set_on_retry_hooks takes any functions": [(_REGISTRY, _TYPE, _TYPE.replace("[RetryDetails]", "..."))],
    "set_on_retry_hooks takes lists": [(_REGISTRY, _TYPE, _TYPE.replace("Iterable[", "list["))],
    "set_on_retry_hooks takes sequences": [
        (_REGISTRY, _TYPE, _TYPE.replace("Iterable[", "Sequence[")),
        (_REGISTRY, "import Callable, Iterable\n", "import Callable, Iterable, Sequence\n"),
    ],
    "set_on_retry_hooks takes RetryHooks, in which lambdas are not known": [
        (_REGISTRY, _TYPE, "Hooks: TypeAlias = Iterable[RetryHook | RetryHookFactory]")
    ],
    "set_on_retry_hooks takes no factories": [(_REGISTRY, _TYPE, _TYPE.replace(" | RetryHookFactory", ""))],
    "set_on_retry_hooks takes None among hooks": [
        (_REGISTRY, _TYPE, _TYPE.replace(" | RetryHookFactory", " | RetryHookFactory | None"))
    ],
    "set_on_retry_hooks takes classes of hooks": [
        (_REGISTRY, _TYPE, _TYPE.replace(" | RetryHookFactory", " | RetryHookFactory | type[LoggingHook]"))
    ],
    "set_on_retry_hooks takes no None": [(_REGISTRY, _SET, _SET.replace("Hooks | None", "Hooks"))],
    "set_on_retry_hooks takes one hook": [(_REGISTRY, _SET, _SET.replace("Hooks | None", "Hooks | RetryHook | None"))],
    "set_on_retry_hooks needs nothing": [(_REGISTRY, _SET, _SET.replace("Hooks | None", "Hooks | None = None"))],
    "set_on_retry_hooks is no context manager": [
        (_REGISTRY, _SET, _SET.replace("AbstractContextManager[None]", "object"))
    ],
    "set_on_retry_hooks is a context manager of something": [
        (_REGISTRY, _SET, _SET.replace("AbstractContextManager[None]", "AbstractContextManager[object]"))
    ],
    "set_on_give_up_hooks takes anything": [
        (_REGISTRY, _SET_END, _SET_END.replace("Iterable[Callable[[GiveUpDetails], None]] | None", "Any"))
    ],
    "set_on_give_up_hooks takes any hooks": [
        (_REGISTRY, _SET_END, _SET_END.replace("Callable[[GiveUpDetails], None]", "Any"))
    ],
    "set_on_give_up_hooks takes any functions": [
        (_REGISTRY, _SET_END, _SET_END.replace("[GiveUpDetails], None", "..., None"))
    ],
    "set_on_give_up_hooks takes hooks that answer": [
        (_REGISTRY, _SET_END, _SET_END.replace("[GiveUpDetails], None", "[GiveUpDetails], object"))
    ],
    "set_on_give_up_hooks takes lists": [(_REGISTRY, _SET_END, _SET_END.replace("Iterable[", "list["))],
    "set_on_give_up_hooks takes GiveUpHooks, in which lambdas are not known": [
        (_REGISTRY, _SET_END, _SET_END.replace("Callable[[GiveUpDetails], None]", "GiveUpHook"))
    ],
    "set_on_give_up_hooks takes factories": [
        (_REGISTRY, _SET_END, _SET_END.replace("None]]", "None] | RetryHookFactory]"))
    ],
    "set_on_give_up_hooks takes no None": [(_REGISTRY, _SET_END, _SET_END.replace("]] | None", "]]"))],
    "set_on_give_up_hooks needs nothing": [(_REGISTRY, _SET_END, _SET_END.replace("]] | None", "]] | None = None"))],
    "set_on_give_up_hooks is no context manager": [
        (_REGISTRY, _SET_END, _SET_END.replace("AbstractContextManager[None]", "object"))
    ],
    "get_on_give_up_hooks gives Any": [(_REGISTRY, _GET_END, "def get_on_give_up_hooks() -> Any:")],
    "get_on_give_up_hooks gives functions": [
        (_REGISTRY, _GET_END, "def get_on_give_up_hooks() -> tuple[Callable[..., Any], ...]:")
    ],
    "get_on_retry_hooks gives Any": [(_REGISTRY, _GET, "def get_on_retry_hooks() -> Any:")],
    "get_on_retry_hooks gives functions": [
        (_REGISTRY, _GET, "def get_on_retry_hooks() -> tuple[Callable[..., Any], ...]:")
    ],
    "get_on_retry_hooks gives factories": [
        (_REGISTRY, _GET, "def get_on_retry_hooks() -> tuple[RetryHook | RetryHookFactory, ...]:")
    ],
    "get_prometheus_counter gives an object": [
        (_REGISTRY, "def get_prometheus_counter() -> Any | None:", "def get_prometheus_counter() -> object:")
    ],
    "RetryHookFactory takes any builder": [(_HOOKS, _BUILD, "def __init__(self, build: Any, /)")],
    "RetryHookFactory takes builders of anything": [(_HOOKS, _BUILD, _BUILD.replace("RetryHook]", "Any]"))],
    "RetryHookFactory takes builders with arguments": [(_HOOKS, _BUILD, _BUILD.replace("[[]", "[..."))],
    "RetryHookFactory takes build by keyword": [(_HOOKS, _BUILD, _BUILD.replace(", /)", ")"))],
    "RetryHookFactory is not final": [(_HOOKS, "@final\nclass RetryHookFactory", "class RetryHookFactory")],
    "LoggingHook takes its options by position": [(_READY, "self, *, logger", "self, logger")],
    "LoggingHook takes any logger": [(_READY, 'logger: str = "anew"', 'logger: Any = "anew"')],
    "LoggingHook takes any level": [(_READY, "level: int = _WARNING", "level: Any = _WARNING")],
    **{f"{name} answers Any": [(_READY, call, call.replace("None", "Any", 1))] for name, call in _READY_CALL.items()},
    "the ready hooks must not be told of retries": [
        (_READY, "details: RetryDetails, /) -> None:", "details: int, /) -> None:"),
    ],
    "the ready hooks must not be told of giving up": [
        (_READY, "details: GiveUpDetails, /) -> None:", "details: int, /) -> None:"),
    ],
    "PrometheusHook takes its registry by position": [(_READY, "self, *, registry", "self, registry")],
    "PrometheusHook takes no registry": [(_READY, "registry: object = None", "registry: None = None")],
    "PrometheusHook.counter is an object": [(_READY, _COUNTER, _COUNTER.replace("Any", "object"))],
}
