"""`RetryBudget` and `Budget`; the option is among the policies."""

_BUDGET = "_budget.py"

_AVAILABLE = "    @property\n    def available(self) -> float:"
_PROPERTY_END = """\
        return self._settle() / _TOKEN

"""
_SETTER = """\
    @available.setter
    def available(self, tokens: float) -> None: ...

"""
_GETATTR = """\
    if TYPE_CHECKING:
        def __getattr__(self, name: str) -> Any: ...

"""

_PAY = """\

    def pay(self, /) -> None:
        \"\"\"Hear of a call that succeeded.\"\"\"
        ...
"""

WEAKENINGS = {
    "RetryBudget takes its options by position": [(_BUDGET, "cls, *, floor: int", "cls, floor: int")],
    "RetryBudget takes any floor": [(_BUDGET, "floor: int = 5", "floor: Any = 5")],
    "RetryBudget takes half a token": [(_BUDGET, "floor: int = 5", "floor: float = 5")],
    "RetryBudget takes any ratio": [(_BUDGET, "ratio: float = 0.2", "ratio: Any = 0.2")],
    "RetryBudget takes a duration for a ratio": [(_BUDGET, "ratio: float = 0.2", "ratio: Seconds = 0.2")],
    "RetryBudget takes any window": [(_BUDGET, "window: Seconds = 10.0", "window: Any = 10.0")],
    "RetryBudget takes a window of seconds only": [(_BUDGET, "window: Seconds = 10.0", "window: float = 10.0")],
    "RetryBudget takes a window of None": [(_BUDGET, "window: Seconds = 10.0", "window: Seconds | None = 10.0")],
    "RetryBudget.available is Any": [(_BUDGET, _AVAILABLE, _AVAILABLE.replace("float", "Any"))],
    "RetryBudget.available is an int": [(_BUDGET, _AVAILABLE, _AVAILABLE.replace("float", "int"))],
    "RetryBudget.available can be set": [(_BUDGET, _PROPERTY_END, _PROPERTY_END + _SETTER)],
    "RetryBudget answers to every name": [(_BUDGET, _AVAILABLE, _GETATTR + _AVAILABLE)],
    "RetryBudget.take may answer anything": [(_BUDGET, "def take(self) -> bool:", "def take(self) -> Any:")],
    "RetryBudget.take takes several": [(_BUDGET, "def take(self) -> bool:", "def take(self, count: int = 1) -> bool:")],
    "Budget.take may answer anything": [(_BUDGET, "def take(self, /) -> bool:", "def take(self, /) -> Any:")],
    "Budget.take may answer numbers": [(_BUDGET, "def take(self, /) -> bool:", "def take(self, /) -> int:")],
    "Budget.take may answer None": [(_BUDGET, "def take(self, /) -> bool:", "def take(self, /) -> bool | None:")],
    "Budget.take is told how many": [
        (_BUDGET, "def take(self, /) -> bool:", "def take(self, count: int = 1, /) -> bool:")
    ],
    "Budget.pay may answer anything": [(_BUDGET, "def pay(self, /) -> None:", "def pay(self, /) -> object:")],
    "Budget pays nothing": [(_BUDGET, _PAY, "")],
    "Budget is no protocol": [(_BUDGET, "class Budget(Protocol)", "class Budget")],
    "RetryBudget is not final": [(_BUDGET, "@final\nclass RetryBudget", "class RetryBudget")],
}
