"""`anew.instrumentation`."""

_HOOKS, _READY, _REGISTRY = (f"instrumentation/{file}.py" for file in ("_hooks", "_ready", "_registry"))

_FACTS = {
    "name": "str",
    "elapsed": "float",
    "exception": "Exception",
    "args": "tuple[Any, ...]",
    "kwargs": "dict[str, Any]",
    "attempt": "int",
    "times": "int | None",
    "wait": "float",
    "waited_so_far": "float",
    "attempts": "int",
    "reason": "Reason",
}
_GETATTR = """\
    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

"""
_FACTS_METHOD = "    def facts(self)"
_GAVE_UP = "def __call__(self, details: GiveUpDetails, /) -> None:"
_HOOK = "def __call__(self, details: RetryDetails, /) -> AbstractContextManager[object] | None:"
_SET = "def set_on_retry_hooks(hooks: Iterable[Hook | RetryHookFactory] | None)"
_SETTING = " -> AbstractContextManager[None]:"
_SET_GIVE_UP = "def set_on_give_up_hooks(hooks: Iterable[Callable[[GiveUpDetails], None]] | None)"
_GET = "def get_on_retry_hooks() -> tuple[RetryHook, ...]:"
_BUILD = "def __init__(self, build: Callable[[], RetryHook], /)"

WEAKENINGS = {
    **{
        f"{name} of details is object": [(_HOOKS, f"        self.{name}: {typ} =", f"        self.{name}: object =")]
        for name, typ in _FACTS.items()
    },
    "exception of details is Any": [(_HOOKS, "self.exception: Exception", "self.exception: Any")],
    "exception of details is a BaseException": [(_HOOKS, "self.exception: Exception", "self.exception: BaseException")],
    "times of details is never None": [(_HOOKS, "self.times: int | None = times", "self.times: int = times or 0")],
    "details answer to every name": [(_HOOKS, _FACTS_METHOD, _GETATTR + _FACTS_METHOD)],
    "RetryDetails takes its facts by position": [(_HOOKS, "self, *, attempt: int, wait", "self, attempt: int, wait")],
    "RetryDetails needs times": [(_HOOKS, "times: int | None = None, **common", "times: int | None, **common")],
    "RetryDetails takes anything": [
        (_HOOKS, "times: int | None = None, **common: Unpack[_Common]", "times: int | None = None, **common: Any")
    ],
    "RetryDetails is not final": [(_HOOKS, "@final\nclass RetryDetails", "class RetryDetails")],
    "GiveUpDetails takes its facts by position": [(_HOOKS, "self, *, reason: Reason,", "self, reason: Reason,")],
    "GiveUpDetails takes any reason": [(_HOOKS, "reason: Reason, attempts", "reason: Any, attempts")],
    "GiveUpDetails is not final": [(_HOOKS, "@final\nclass GiveUpDetails", "class GiveUpDetails")],
    "hooks of giving up take anything": [
        (_HOOKS, _GAVE_UP, _GAVE_UP.replace("details: GiveUpDetails, /", "*details: Any"))
    ],
    "hooks of giving up take retries": [(_HOOKS, _GAVE_UP, _GAVE_UP.replace("GiveUpDetails", "RetryDetails"))],
    "hooks of giving up answer contexts": [
        (_HOOKS, _GAVE_UP, _GAVE_UP.replace("-> None", "-> AbstractContextManager[object] | None"))
    ],
    "hooks take anything": [(_HOOKS, _HOOK, _HOOK.replace("details: RetryDetails, /", "*details: Any"))],
    "hooks must take an object": [(_HOOKS, _HOOK, _HOOK.replace("RetryDetails", "object"))],
    "hooks take details by keyword": [(_HOOKS, _HOOK, _HOOK.replace(", /)", ")"))],
    "hooks answer Any": [(_HOOKS, _HOOK, _HOOK.replace("AbstractContextManager[object] | None", "Any"))],
    "hooks answer something": [(_HOOKS, _HOOK, _HOOK.replace("AbstractContextManager[object] | None", "object"))],
    "hooks answer nothing": [(_HOOKS, _HOOK, _HOOK.replace("AbstractContextManager[object] | None", "None"))],
    "hooks answer contexts": [(_HOOKS, _HOOK, _HOOK.replace(" | None", ""))],
    "hooks answer contexts of nothing": [(_HOOKS, _HOOK, _HOOK.replace("[object]", "[None]"))],
    "set_on_retry_hooks takes anything": [(_REGISTRY, _SET, "def set_on_retry_hooks(hooks: Any)")],
    "set_on_retry_hooks takes any hooks": [(_REGISTRY, _SET, _SET.replace("Hook | RetryHookFactory", "Any"))],
    "set_on_retry_hooks takes any functions": [(_REGISTRY, _SET, _SET.replace("Hook |", "Callable[..., Any] |"))],
    "set_on_retry_hooks takes lists": [(_REGISTRY, _SET, _SET.replace("Iterable[", "list["))],
    "set_on_retry_hooks takes sequences": [
        (_REGISTRY, _SET, _SET.replace("Iterable[", "Sequence[")),
        (_REGISTRY, "import Callable, Iterable\n", "import Callable, Iterable, Sequence\n"),
    ],
    "set_on_retry_hooks takes RetryHooks, in which lambdas are not known": [
        (_REGISTRY, _SET, _SET.replace("[Hook", "[RetryHook"))
    ],
    "set_on_retry_hooks takes no factories": [(_REGISTRY, _SET, _SET.replace(" | RetryHookFactory", ""))],
    "set_on_retry_hooks takes None among hooks": [
        (_REGISTRY, _SET, _SET.replace(" | RetryHookFactory", " | RetryHookFactory | None"))
    ],
    "set_on_retry_hooks takes no None": [(_REGISTRY, _SET, _SET.replace("] | None", "]"))],
    "set_on_retry_hooks is no context manager": [(_REGISTRY, _SET + _SETTING, _SET + " -> None:")],
    "set_on_retry_hooks is any context manager": [
        (_REGISTRY, _SET + _SETTING, _SET + _SETTING.replace("[None]", "[Any]"))
    ],
    "set_on_give_up_hooks takes anything": [(_REGISTRY, _SET_GIVE_UP, "def set_on_give_up_hooks(hooks: Any)")],
    "set_on_give_up_hooks takes hooks of retries": [
        (_REGISTRY, _SET_GIVE_UP, "def set_on_give_up_hooks(hooks: Iterable[Hook] | None)")
    ],
    "set_on_give_up_hooks takes any functions": [
        (_REGISTRY, _SET_GIVE_UP, _SET_GIVE_UP.replace("[[GiveUpDetails]", "[..."))
    ],
    "set_on_give_up_hooks takes contexts": [(_REGISTRY, _SET_GIVE_UP, _SET_GIVE_UP.replace(", None]]", ", object]]"))],
    "set_on_give_up_hooks takes no None": [(_REGISTRY, _SET_GIVE_UP, _SET_GIVE_UP.replace("]] | None", "]]"))],
    "get_on_give_up_hooks gives Any": [
        (_REGISTRY, "def get_on_give_up_hooks() -> tuple[GiveUpHook, ...]:", "def get_on_give_up_hooks() -> Any:")
    ],
    "set_on_retry_hooks takes one hook": [(_REGISTRY, _SET, _SET.replace("] | None", "] | RetryHook | None"))],
    "set_on_retry_hooks needs nothing": [(_REGISTRY, _SET, _SET.replace("] | None", "] | None = None"))],
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
    "LoggingHook takes any logger": [(_READY, 'logger: str = "anew"', 'logger: object = "anew"')],
    "LoggingHook takes any level": [(_READY, "level: int = _WARNING", "level: Any = _WARNING")],
    "ready hooks answer Any": [(_READY, "details: RetryDetails, /) -> None:", "details: RetryDetails, /) -> Any:")],
    "ready hooks must not be told of retries": [
        (_READY, "def __call__(self, details: RetryDetails, /)", "def __call__(self, details: int, /)")
    ],
    "ready hooks must not be told of giving up": [
        (_READY, "def gave_up(self, details: GiveUpDetails, /)", "def gave_up(self, details: RetryDetails, /)")
    ],
    "PrometheusHook takes its registry by position": [(_READY, "self, *, registry", "self, registry")],
    "PrometheusHook takes no registry": [(_READY, "registry: object = None", "registry: None = None")],
    "PrometheusHook.counter is an object": [(_READY, "    counter: Any\n", "    counter: object\n")],
}
