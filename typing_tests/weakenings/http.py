"""`anew.transient`."""

_HTTP = "transient/__init__.py"

_TRANSIENT = "-> Callable[[Exception], bool | float]:"

WEAKENINGS = {
    "retry_after takes anything": [(_HTTP, "def retry_after(exc: BaseException)", "def retry_after(exc: object)")],
    "retry_after takes some exceptions": [
        (_HTTP, "def retry_after(exc: BaseException)", "def retry_after(exc: Exception)")
    ],
    "retry_after gives a number": [(_HTTP, "(exc: BaseException) -> float | None:", "(exc: BaseException) -> float:")],
    "transient takes its limit by position": [(_HTTP, "def transient(*, limit", "def transient(limit")],
    "transient takes any limit": [(_HTTP, "limit: Seconds = 60.0", "limit: object = 60.0")],
    "transient takes None for no limit": [(_HTTP, "limit: Seconds = 60.0", "limit: Seconds | None = 60.0")],
    "transient takes seconds only": [(_HTTP, "limit: Seconds = 60.0", "limit: float = 60.0")],
    "transient takes any options": [(_HTTP, "limit: Seconds = 60.0)", "limit: Seconds = 60.0, **_: object)")],
    "transient gives a function of anything": [(_HTTP, _TRANSIENT, "-> Callable[..., bool | float]:")],
    "transient gives a function of objects": [(_HTTP, _TRANSIENT, "-> Callable[[object], bool | float]:")],
    "transient's function may answer None": [(_HTTP, _TRANSIENT, "-> Callable[[Exception], bool | float | None]:")],
    "transient's function answers something": [(_HTTP, _TRANSIENT, "-> Callable[[Exception], object]:")],
    "transient gives a hook of some exceptions": [(_HTTP, _TRANSIENT, "-> Callable[[OSError], bool | float]:")],
}
