"""`anew.transient` and `anew.any_of`."""

_TRANSIENT = "transient/__init__.py"
_ANY_OF = "_any_of.py"

_HOOK = "-> Callable[[Exception], bool | float]:"
_LIMIT = 'limit: "Seconds" = 60.0'
_STATUSES = "statuses: Iterable[int] | None = None"
_TAKES = "exc_or_response: BaseException | Response)"
_PARTS = "*parts: type[Exception] | Iterable[type[Exception]] | Hook)"

WEAKENINGS = {
    "retry_after takes anything": [(_TRANSIENT, _TAKES, "exc_or_response: object)")],
    "retry_after takes some exceptions": [(_TRANSIENT, _TAKES, "exc_or_response: Exception | Response)")],
    "retry_after takes no response": [(_TRANSIENT, _TAKES, "exc_or_response: BaseException)")],
    "retry_after gives a number": [(_TRANSIENT, f"{_TAKES} -> float | None:", f"{_TAKES} -> float:")],
    "transient takes its limit by position": [(_TRANSIENT, f"def transient(*, {_LIMIT}", f"def transient({_LIMIT}")],
    "transient takes any limit": [(_TRANSIENT, _LIMIT, "limit: object = 60.0")],
    "transient takes None for no limit": [(_TRANSIENT, _LIMIT, "limit: Seconds | None = 60.0")],
    "transient takes seconds only": [(_TRANSIENT, _LIMIT, "limit: float = 60.0")],
    "transient takes any statuses": [(_TRANSIENT, _STATUSES, "statuses: Iterable[object] | None = None")],
    "transient takes a set of statuses only": [(_TRANSIENT, _STATUSES, "statuses: set[int] | None = None")],
    "transient takes no None for statuses": [(_TRANSIENT, _STATUSES, "statuses: Iterable[int] = ()")],
    "transient takes any options": [(_TRANSIENT, f"{_STATUSES})", f"{_STATUSES}, **_: object)")],
    "transient gives a function of anything": [(_TRANSIENT, _HOOK, "-> Callable[..., bool | float]:")],
    "transient gives a function of objects": [(_TRANSIENT, _HOOK, "-> Callable[[object], bool | float]:")],
    "transient's function may answer None": [(_TRANSIENT, _HOOK, "-> Callable[[Exception], bool | float | None]:")],
    "transient's function answers something": [(_TRANSIENT, _HOOK, "-> Callable[[Exception], object]:")],
    "transient gives a hook of some exceptions": [(_TRANSIENT, _HOOK, "-> Callable[[OSError], bool | float]:")],
    "any_of takes anything": [(_ANY_OF, _PARTS, "*parts: object)")],
    "any_of takes any type": [(_ANY_OF, _PARTS, "*parts: type[BaseException] | Iterable[type[Exception]] | Hook)")],
    "any_of takes no types": [(_ANY_OF, _PARTS, "*parts: Iterable[type[Exception]] | Hook)")],
    "any_of takes no hooks": [(_ANY_OF, _PARTS, "*parts: type[Exception] | Iterable[type[Exception]])")],
    "any_of takes no iterables": [(_ANY_OF, _PARTS, "*parts: type[Exception] | Hook)")],
    "any_of gives a function of anything": [(_ANY_OF, f"{_PARTS} -> Hook:", f"{_PARTS} -> Callable[..., bool]:")],
    "any_of gives something": [(_ANY_OF, f"{_PARTS} -> Hook:", f"{_PARTS} -> Any:")],
}
