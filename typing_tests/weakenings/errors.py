"""`RetryError` and `TryAgain`."""

_ERRORS = "_errors.py"

_GETATTR = """\
    if TYPE_CHECKING:
        def __getattr__(self, name: str) -> Any: ...

"""
_GENERIC_ERROR = """\
from typing import Generic, TypeVar

_X = TypeVar("_X")


class RetryError(Exception, Generic[_X]):
"""
_ATTEMPTS = "    @property\n    def attempts"
_AFTER = "    @property\n    def after"
_LAST = "def last_exception(self) -> Exception:"
_TRY_AGAIN = "class TryAgain(Exception):"

WEAKENINGS = {
    "RetryError.attempts is Any": [(_ERRORS, "def attempts(self) -> int:", "def attempts(self) -> Any:")],
    "RetryError.last_exception is Any": [(_ERRORS, _LAST, "def last_exception(self) -> Any:")],
    "RetryError.last_exception is a BaseException": [(_ERRORS, _LAST, "def last_exception(self) -> BaseException:")],
    "RetryError.reason is a string": [(_ERRORS, "def reason(self) -> Reason:", "def reason(self) -> str:")],
    "RetryError.elapsed is Any": [(_ERRORS, "def elapsed(self) -> float:", "def elapsed(self) -> Any:")],
    "RetryError.name is Any": [(_ERRORS, "def name(self) -> str | None:", "def name(self) -> Any:")],
    "RetryError.name is never None": [(_ERRORS, "def name(self) -> str | None:", "def name(self) -> str:")],
    "RetryError takes any reason": [(_ERRORS, "reason: Reason = ", "reason: Any = ")],
    "RetryError takes any name": [(_ERRORS, "name: str | None = ", "name: Any = ")],
    "RetryError takes its reason by keyword only": [
        (_ERRORS, "        reason: Reason = ", "        *, reason: Reason = ")
    ],
    "RetryError answers to every name": [(_ERRORS, _ATTEMPTS, _GETATTR + _ATTEMPTS)],
    "RetryError is generic": [(_ERRORS, "class RetryError(Exception):\n", _GENERIC_ERROR)],
    "there is no reason budget": [("_types.py", '"timeout", "budget", "stopped"', '"timeout", "stopped"')],
    "there is no reason stopped": [("_types.py", '"budget", "stopped"', '"budget"')],
    "TryAgain.after is Any": [(_ERRORS, "def after(self) -> float | None:", "def after(self) -> Any:")],
    "TryAgain.after is never None": [(_ERRORS, "def after(self) -> float | None:", "def after(self) -> float:")],
    "TryAgain.after can be set": [
        (_ERRORS, "    _after: float | None = None", "    after: float | None = None\n    _after: float | None = None"),
        (_ERRORS, "    @property\n    def after", "    @property\n    def _other"),
    ],
    "TryAgain takes after by position": [(_ERRORS, 'message: str = "", *, after', 'message: str = "", after')],
    "TryAgain takes its message by keyword only": [
        (_ERRORS, 'self, message: str = "", *, ', 'self, *, message: str = "", ')
    ],
    "TryAgain takes any message": [(_ERRORS, 'message: str = ""', 'message: object = ""')],
    "TryAgain takes any wait": [(_ERRORS, "after: Seconds | None", "after: Any")],
    "TryAgain waits for seconds only": [(_ERRORS, "after: Seconds | None", "after: float | None")],
    "TryAgain always wants a wait": [(_ERRORS, "after: Seconds | None = None", "after: Seconds = 0")],
    "TryAgain takes anything": [
        (_ERRORS, 'self, message: str = "", *, after: Seconds | None = None', "self, *args: Any, **kwargs: Any"),
        (_ERRORS, "super().__init__(*([message] if message else []))", "message, after = args, kwargs"),
    ],
    "TryAgain answers to every name": [(_ERRORS, _AFTER, _GETATTR + _AFTER)],
    "TryAgain is a RetryError": [(_ERRORS, _TRY_AGAIN, "class TryAgain(RetryError):")],
    "TryAgain is a BaseException": [(_ERRORS, _TRY_AGAIN, "class TryAgain(BaseException):")],
    "on_retry must expect a TryAgain": [
        ("_retry.py", "on_retry: Callable[[int, E], C] | None", "on_retry: Callable[[int, E | TryAgain], C] | None"),
        ("_retry.py", "import RetryError\n", "import RetryError, TryAgain\n"),
    ],
}
