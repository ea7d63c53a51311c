"""One hook of several: `on=any_of(transient(), MyError, is_locked)`.

Law: a part answers for itself, and this file counts the answers. What is exhausted, an order or a cancellation has been
judged before any part is asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from ._callables import written
from ._checks import option_error
from ._decide import asked_wait
from ._options import checked_on, is_ours

if TYPE_CHECKING:
    from ._types import Hook


def any_of(*parts: type[Exception] | Iterable[type[Exception]] | Hook) -> Hook:
    """Return one hook for `on=` of several parts.

    Any yes is a yes, and the longest wait that a part asks for holds. But what one of our own hooks refuses
    (`transient()`: the server said no, or asked for more than `limit`) is not retried, whatever the others say. What
    another retry has given up on is not retried either; types never match a `RetryError`, unless it is named.

    Parameters:
        parts: exception types, iterables of them, functions of the exception that answer as those in `on` do, and hooks
            of our own, also of `any_of`; at least one.

    Raises:
        TypeError, ValueError: a part is none of these; or, when the hook is asked, a function has answered what it must
            not.
    """
    if not parts:
        raise option_error(ValueError, "parts", parts, "one or more exception types, iterables of them or functions")
    return _AnyOf([checked_on(part, "parts") for part in parts])


class _AnyOf:
    """A class, as functions made in functions do not pickle. A part is a tuple of types, or a hook."""

    skips_exhausted = True  # also for the functions in it, unlike for those that stand alone

    def __init__(self, parts: list[Any]) -> None:
        self._parts = parts
        named: list[Any] = []
        for part in parts:
            named += part if isinstance(part, tuple) else part.types if is_ours(part) else ()
        self.types: tuple[type[Exception], ...] = tuple(dict.fromkeys(named))

    def judge(self, exc: Exception) -> bool | float | None:
        """Return the answer of the hook, and `None` for a refusal."""
        answers = [_answer(part, exc) for part in self._parts]
        if None in answers:
            return None
        waits = [answer for answer in answers if isinstance(answer, float)]
        return max(waits) if waits else True in answers

    def __call__(self, exc: Exception, /) -> bool | float:
        answer = self.judge(exc)
        return False if answer is None else answer

    def __repr__(self) -> str:
        return f"any_of({', '.join(map(written, self._parts))})"


def _answer(part: Any, exc: Exception) -> bool | float | None:
    if isinstance(part, tuple):
        return issubclass(type(exc), cast("Any", part))  # isinstance() would ask the exception, which may lie
    if is_ours(part):
        return cast("bool | float | None", part.judge(exc))
    given = part(exc)
    return given if isinstance(given, bool) else asked_wait("the answer of on", given, exc)
