"""One hook of several: `on=any_of(transient(), MyError, is_locked)`.

Law: a part answers for itself, and this file counts the answers. Parts are checked where they are written, answers when
they come; whether a failure is exhausted or an order is the core's business, which `types` and `skips_exhausted` serve.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite
from typing import TYPE_CHECKING, Any, cast

from ._callables import accepts, closed_awaitable, kind_of, name_of
from ._checks import option_error, safe_repr, seconds
from ._errors import RetryError
from ._marks import members
from ._types import override

if TYPE_CHECKING:
    from ._types import Hook


def any_of(*parts: type[Exception] | Iterable[type[Exception]] | Hook) -> Hook:
    """Make one hook for `on=` of several parts.

    Any yes is a yes, and the longest wait that a part asks for holds; but what one of our own hooks refuses
    (`transient()`: the server said no, or asked for more than `limit`) is not retried, whatever the others say. What
    another retry has given up on is not retried either: types never match a `RetryError`, unless it is named.

    Parameters:
        parts: exception types, iterables of them, functions of the exception that answer as those in `on` do, and
            hooks of our own, also of `any_of`; at least one.

    Raises:
        TypeError, ValueError: a part is none of these; or, when the hook is asked, a function has answered what it must
            not.
    """
    if not parts:
        raise option_error(ValueError, "parts", parts, _EXPECTED)
    return _AnyOf(tuple(_checked(part) for part in parts))


_EXPECTED = "one or more exception types, iterables of them, or functions exc -> bool, seconds or timedelta"


def _checked(part: Any) -> Any:
    """A hook as it is, types as a tuple of them."""
    if isinstance(part, type):
        return (_exception_type(part),)
    if not callable(part):
        given: object = part
        if isinstance(part, str | bytes) or not isinstance(part, Iterable):
            raise option_error(TypeError, "parts", given, _EXPECTED)
        types = tuple(_exception_type(one) for one in cast("Iterable[object]", given))
        if not types:
            raise option_error(ValueError, "parts", given, _EXPECTED)
        return types
    # What typing makes of types (Union[...], list[...]) can be called as well.
    if kind_of(part) != "function" or not accepts(part, 1) or hasattr(part, "__origin__"):
        raise option_error(TypeError, "parts", part, _EXPECTED)
    return part


def _exception_type(typ: Any) -> type[Exception]:
    if not isinstance(typ, type) or not issubclass(typ, BaseException):
        raise option_error(TypeError, "parts", cast("object", typ), _EXPECTED)
    if not issubclass(typ, Exception):
        raise option_error(TypeError, "parts", typ, "subclasses of Exception: cancellation and exit always get through")
    return typ


class _AnyOf:
    """A class, as functions made in functions do not pickle."""

    skips_exhausted = True  # also for the functions in it, unlike for those that stand alone

    def __init__(self, parts: tuple[Any, ...]) -> None:
        self._parts = parts
        named: list[type[Exception]] = []
        for part in parts:
            named += part if isinstance(part, tuple) else getattr(part, "types", ()) if _is_ours(part) else ()
        self.types = tuple(dict.fromkeys(named))

    def judge(self, exc: Exception) -> bool | float | None:
        """Return the answer of the hook, and `None` for a refusal."""
        errors = tuple(typ for typ in self.types if issubclass(typ, RetryError))
        if not all(isinstance(one, errors) for one in members(exc) if isinstance(one, RetryError)):
            return False
        yes, waits = False, list[float]()
        for part in self._parts:
            if isinstance(part, tuple):
                # isinstance() would ask the exception, which may lie.
                answer: bool | float | None = issubclass(type(exc), cast("tuple[type, ...]", part))
            else:
                answer = part.judge(exc) if _is_ours(part) else _asked(part(exc), exc)
            if answer is None:
                return None
            yes = yes or answer is not False
            waits += [] if isinstance(answer, bool) else [answer]
        return max(waits, default=yes)

    def __call__(self, exc: Exception, /) -> bool | float:
        answer = self.judge(exc)
        return False if answer is None else answer

    @override
    def __repr__(self) -> str:
        return f"any_of({', '.join(map(_written, self._parts))})"


def _is_ours(part: object) -> bool:
    return getattr(type(part), "skips_exhausted", False) is True


def _asked(answer: object, exc: Exception) -> bool | float:
    if isinstance(answer, bool):
        return answer
    wait = seconds(answer)
    if wait is None:
        closed_awaitable(answer)
        raise TypeError(f"on answered {safe_repr(answer)}; allowed: True, False, seconds or timedelta") from exc
    if not isfinite(wait):
        raise ValueError(
            f"on answered {safe_repr(answer)}; allowed: True, False, seconds or timedelta, finite"
        ) from exc
    return max(0.0, wait)


def _written(part: Any) -> str:
    if isinstance(part, tuple):
        names = [typ.__qualname__ for typ in cast("tuple[type, ...]", part)]
        return names[0] if len(names) == 1 else f"[{', '.join(names)}]"
    return repr(part) if _is_ours(part) else name_of(part)
