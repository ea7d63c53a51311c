"""What somebody else's object says, looked at with care; and the words in which the families say what it means.

Law: whatever is asked may be missing, raise, have no end or be a mock. Then it says nothing. `isinstance` is not used:
it believes `__class__`, and mocks lie there.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from itertools import islice
from typing import Any, Literal, TypeAlias, cast

Kind: TypeAlias = Literal["yes", "no", "never", "spent", "inside", "either", "asks"]
"""What one exception says, whatever others in its chain say:

- `yes`: it may be over by the next attempt; `no`: it will not;
- `never`: it will not, wherever in the chain it stands;
- `spent`: somebody further down has retried already, wherever in the chain it stands;
- `inside`: what it wraps counts; `either`: what it wraps counts, and if that is nothing, `yes`;
- `asks`: it may be over when the time that the server named has passed, if it has named one.
"""

Look: TypeAlias = Callable[[BaseException], Kind | None]
"""Looks closer at one exception; `None`: it says nothing, and what it derives from counts, or its status."""

Table: TypeAlias = dict[str, str | Look]
"""Packages, and the names of classes with marks for what they say; or `packages: names`, and what looks closer."""

STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 527, 529})
"""The HTTP statuses that may be different the next time.

Those of RFC 9110 and RFC 6585, of Cloudflare (520 to 524, 527), and 529 for servers that are overloaded.
"""

# Longer than any that means something; some are made up on the way, and have no end.
LONGEST_CHAIN, _LARGEST = 100, 1e300

# What is behind an exception, in the order in which it counts: of URLError, everybody, azure, SQLAlchemy, aiohttp,
# qdrant, pinecone; and in what has several.
_BEHIND = ("reason", "__cause__", "inner_exception", "orig", "os_error", "source", "cause")
_SEVERAL = ("args", "errors", "exceptions")
BESIDE = ("headers", "response", "request_info", "uri", "url")
STATUS = ("status_code", "http_status", "status", "code")
WAITS = ("_retry_after", "retry_after", "retry_after_s")
ANSWERS = frozenset({*BESIDE, *STATUS, *WAITS, "resp_headers", "meta", "details"})
_ALL = ANSWERS.union(_BEHIND, _SEVERAL, ("kwargs", "sqlstate", "pgcode"))


class Seen:
    """An object, and the names of its attributes that may matter: to ask for those only is three times as fast."""

    def __init__(self, thing: Any) -> None:
        self.thing = thing
        own = attribute(thing, "__dict__")
        self.names = _names(class_of(thing)).union(own if issubclass(class_of(own), dict) else ())

    def get(self, name: str) -> Any:
        """Return the attribute, or `None` if there is none to be had."""
        return attribute(self.thing, name) if name in self.names else None

    def behind(self) -> list[BaseException]:
        """Return the exceptions that an exception names as what is behind it, in the order in which they count."""
        found: list[Any] = [attribute(self.thing, name) for name in _BEHIND if name in self.names]
        found.append(item(self.get("kwargs"), "error"))  # botocore
        for name in self.names.intersection(_SEVERAL):
            found += each(attribute(self.thing, name))
        return [one for one in found if issubclass(type(one), BaseException)]


@lru_cache(maxsize=512)
def _names(cls: type[object]) -> frozenset[str]:
    names = {name for base in cls.__mro__[:-1] if base is not BaseException for name in vars(base)}
    return _ALL if names & {"__getattr__", "__getattribute__"} else _ALL & (names | {"args", "__cause__"})


class_of: Callable[[object], Any] = type
"""The class, which is not what `__class__` says."""


def attribute(thing: object, name: str) -> Any:
    """Return the attribute, or `None` if there is none to be had."""
    try:
        return getattr(thing, name, None)
    except Exception:
        return None


def called(thing: object, method: str, *args: object) -> Any:
    """Return what the method answers, or `None`. Only for classes that are known to have it."""
    try:
        return getattr(thing, method)(*args)
    except Exception:
        return None


def item(thing: object, key: str) -> Any:
    """Return the value in a dictionary, or `None` if it is not there, or this is no dictionary."""
    return dict[str, Any].get(cast("dict[str, Any]", thing), key) if issubclass(type(thing), dict) else None


def each(value: Any) -> list[Any]:
    """Return what is in a list, a tuple or a dictionary, as far as that makes sense."""
    kind = class_of(value)
    return list(islice(value.values() if kind is dict else value if kind in (list, tuple) else (), LONGEST_CHAIN))


def integer_of(value: object) -> int | None:
    """Return an integer as a plain one; a boolean is none."""
    return int.__int__(cast("int", value)) if issubclass(type(value), int) and type(value) is not bool else None


def text_of(value: object) -> str:
    """Return a string or bytes as a plain string, a number as its digits, anything else as an empty string."""
    if issubclass(type(value), str | bytes):
        return str.__str__(value) if isinstance(value, str) else bytes.decode(cast("bytes", value), "latin-1")
    # Python does not print an integer of thousands of digits.
    return str(value) if type(value) in (int, float) and 0 <= cast("float", value) < _LARGEST else ""


def args_of(exc: BaseException) -> tuple[Any, ...]:
    """Return what an exception was made with, `(None,)` if that was nothing."""
    args = attribute(exc, "args")
    return args if class_of(args) is tuple and args else (None,)


def says(exc: BaseException, pattern: re.Pattern[str]) -> re.Match[str] | None:
    """Search the texts that an exception was made with."""
    found = (pattern.search(text_of(arg)[:2000]) for arg in args_of(exc)[:5] if type(arg) in (str, bytes))
    return next((one for one in found if one), None)
