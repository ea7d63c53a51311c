"""Blocks and schedules."""

_RETRY, _BLOCKS, _SCHEDULE = "_retry.py", "_blocks.py", "_schedule.py"

_GETATTR = """\
    if TYPE_CHECKING:
        def __getattr__(self, name: str) -> object: ...

"""
_NUM = "    @property\n    def num(self) -> int:"
_SETTER = """\
    @num.setter
    def num(self, num: int) -> None:
        self._num = num

"""
_NEXT_WAIT = "    @property\n    def next_wait"
_ITER = "def __iter__(self: Retry[None]) -> Attempts:"
_AITER = "def __aiter__(self) -> AsyncAttempts:"
_EXIT = "    def __exit__(self, typ: object, exc: BaseException | None, tb: object, /) -> bool:"
_AEXIT = _EXIT.replace("def __exit__", "async def __aexit__")

WEAKENINGS = {
    "Attempt.num is Any": [
        (_BLOCKS, "def num(self) -> int:", "def num(self) -> Any:"),
        (_BLOCKS, "import TYPE_CHECKING, ", "import TYPE_CHECKING, Any, "),
    ],
    "Attempt.num is a float": [(_BLOCKS, "def num(self) -> int:", "def num(self) -> float:")],
    "Attempt.num can be set": [(_BLOCKS, _NEXT_WAIT, _SETTER + _NEXT_WAIT)],
    "Attempt.next_wait may be None": [
        (_BLOCKS, "def next_wait(self) -> float:", "def next_wait(self) -> float | None:")
    ],
    "Attempt.remaining is never None": [
        (_BLOCKS, "def remaining(self) -> float | None:", "def remaining(self) -> float:")
    ],
    "Attempt answers to every name": [(_BLOCKS, _NUM, _GETATTR + _NUM)],
    "Attempt is not final": [(_BLOCKS, "@final\nclass Attempt:", "class Attempt:")],
    "attempts are entered as something": [
        (_BLOCKS, "def __enter__(self) -> Attempt:", "def __enter__(self) -> object:")
    ],
    "attempts are entered as something in coroutines": [
        (_BLOCKS, "async def __aenter__(self) -> Attempt:", "async def __aenter__(self) -> object:")
    ],
    "attempts are entered as nothing": [(_BLOCKS, "def __enter__(self) -> Attempt:", "def __enter__(self) -> None:")],
    "attempts swallow nothing": [(_BLOCKS, _EXIT, _EXIT.replace("bool", "bool | None"))],
    "attempts swallow nothing in coroutines": [(_BLOCKS, _AEXIT, _AEXIT.replace("bool", "bool | None"))],
    "attempts cannot be entered in coroutines": [
        (_BLOCKS, "async def __aenter__(self) -> Attempt:", "async def enter(self) -> Attempt:")
    ],
    "blocks give something": [(_BLOCKS, "def __next__(self) -> Attempt:", "def __next__(self) -> object:")],
    "blocks give something in coroutines": [
        (_BLOCKS, "async def __anext__(self) -> Attempt:", "async def __anext__(self) -> object:")
    ],
    "iter gives Any": [(_RETRY, _ITER, "def __iter__(self: Retry[None]) -> Any:")],
    "iter gives an iterator only": [
        (_RETRY, _ITER, "def __iter__(self: Retry[None]) -> Iterator[Attempt]:"),
        (_RETRY, "import Awaitable, Callable, Iterable\n", "import Awaitable, Callable, Iterable, Iterator\n"),
        (_RETRY, "import AsyncAttempts, Attempts\n", "import AsyncAttempts, Attempt, Attempts\n"),
    ],
    "for takes async callbacks": [(_RETRY, _ITER, "def __iter__(self) -> Attempts:")],
    "aiter gives Any": [(_RETRY, _AITER, "def __aiter__(self) -> Any:")],
    "aiter gives an iterator only": [
        (_RETRY, _AITER, "def __aiter__(self) -> AsyncIterator[Attempt]:"),
        (_RETRY, "import Awaitable, Callable, Iterable\n", "import AsyncIterator, Awaitable, Callable, Iterable\n"),
        (_RETRY, "import AsyncAttempts, Attempts\n", "import AsyncAttempts, Attempt, Attempts\n"),
    ],
    "async for refuses async callbacks": [(_RETRY, _AITER, "def __aiter__(self: Retry[None]) -> AsyncAttempts:")],
    "a policy is an iterator": [
        (_RETRY, "    def __aiter__", "    def __next__(self) -> Any: ...\n\n    def __aiter__"),
    ],
    "schedule takes anything": [(_RETRY, "def schedule(self, n: int, /)", "def schedule(self, n: Any, /)")],
    "schedule takes n by keyword": [(_RETRY, "def schedule(self, n: int, /)", "def schedule(self, n: int)")],
    "schedule needs no n": [(_RETRY, "def schedule(self, n: int, /)", "def schedule(self, n: int = 5, /)")],
    "schedule gives Any": [(_RETRY, "n: int, /) -> Schedule:", "n: int, /) -> Any:")],
    "schedule gives a list": [
        (_RETRY, "n: int, /) -> Schedule:", "n: int, /) -> list[Wait]:"),
        (_RETRY, "import Schedule", "import Wait, Schedule"),
    ],
    "schedules hold plain tuples": [(_SCHEDULE, "(tuple[Wait, ...])", "(tuple[tuple[float, float, float], ...])")],
    "schedules hold anything": [
        (_SCHEDULE, "(tuple[Wait, ...])", "(tuple[Any, ...])"),
        (_SCHEDULE, "import TYPE_CHECKING, ", "import TYPE_CHECKING, Any, "),
    ],
    "Wait.mean is an int": [(_SCHEDULE, "    mean: float | None\n", "    mean: int | None\n")],
    "Wait.mean is always there": [(_SCHEDULE, "    mean: float | None\n", "    mean: float\n")],
}
