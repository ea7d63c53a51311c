"""`anew.instrumentation`."""

_DETAILS, _HOOKS, _REGISTRY = (f"instrumentation/{file}.py" for file in ("_details", "_hooks", "_registry"))
_LOGGING, _PROMETHEUS = (f"instrumentation/{file}.py" for file in ("_logging", "_prometheus"))

_PROPERTIES = {
    "name": "str",
    "attempt": "int",
    "wait": "float",
    "waited_so_far": "float",
    "elapsed": "float",
    "exception": "Exception",
    "args": "tuple[Any, ...]",
    "kwargs": "dict[str, Any]",
    "times": "int | None",
}
_GETATTR = """\
    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

"""
_WAIT = "    @property\n    def wait(self)"
_SETTER = """\
    @name.setter
    def name(self, name: str) -> None: ...

"""
_EXCEPTION = "def exception(self) -> Exception:"
_HOOK = "def __call__(self, details: RetryDetails, /) -> AbstractContextManager[object] | None:"
_SET = "def set_on_retry_hooks(hooks: Iterable[Hook | RetryHookFactory | Ready] | None)"
_GET = "def get_on_retry_hooks() -> tuple[RetryHook, ...]:"
_BUILD = "def __init__(self, build: Callable[[], RetryHook], /)"

WEAKENINGS = {
    **{
        f"RetryDetails.{name} is object": [
            (_DETAILS, f"def {name}(self) -> {typ}:", f"def {name}(self) -> object:"),
        ]
        for name, typ in _PROPERTIES.items()
    },
    "RetryDetails.exception is Any": [(_DETAILS, _EXCEPTION, "def exception(self) -> Any:")],
    "RetryDetails.exception is a BaseException": [(_DETAILS, _EXCEPTION, "def exception(self) -> BaseException:")],
    "RetryDetails.times is never None": [(_DETAILS, "def times(self) -> int | None:", "def times(self) -> int:")],
    "RetryDetails.name can be set": [
        (_DETAILS, "    @property\n    def attempt", _SETTER + "    @property\n    def attempt")
    ],
    "RetryDetails answers to every name": [(_DETAILS, _WAIT, _GETATTR + _WAIT)],
    "RetryDetails takes its facts by position": [(_DETAILS, "        *,\n        name: str,", "        name: str,")],
    "RetryDetails needs times": [(_DETAILS, "times: int | None = None,", "times: int | None,")],
    "RetryDetails is not final": [(_DETAILS, "@final\nclass RetryDetails", "class RetryDetails")],
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
    "LoggingHook takes its options by position": [(_LOGGING, "self, *, logger", "self, logger")],
    "LoggingHook takes any logger": [(_LOGGING, 'logger: str = "anew"', 'logger: object = "anew"')],
    "LoggingHook takes any level": [(_LOGGING, "level: int = _WARNING", "level: Any = _WARNING")],
    "LoggingHook answers Any": [(_LOGGING, "details: RetryDetails, /) -> None:", "details: RetryDetails, /) -> Any:")],
    "library hooks answer Any": [(_HOOKS, "details: RetryDetails, /) -> None:", "details: RetryDetails, /) -> Any:")],
    "library hooks must not be told of retries": [
        (_HOOKS, "details: RetryDetails, /) -> None:", "details: int, /) -> None:"),
    ],
    "PrometheusHook takes its registry by position": [(_PROMETHEUS, "self, *, registry", "self, registry")],
    "PrometheusHook takes no registry": [(_PROMETHEUS, "registry: object = None", "registry: None = None")],
    "PrometheusHook.counter is an object": [
        (_PROMETHEUS, "def counter(self) -> Any | None:", "def counter(self) -> object:")
    ],
}
