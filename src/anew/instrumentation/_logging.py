"""Retries as records of `logging`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anew._caller import caller
from anew._checks import option_error

from ._details import SENTENCE, fields, words

if TYPE_CHECKING:
    from anew._types import T

    from ._details import RetryDetails

_WARNING = 30  # logging.WARNING, in a module that does not import logging


class LoggingHook:
    """Logs retries: `fetch failed with ConnectionError('reset'), attempt 1 of 5; next attempt in 1.4 s`.

    Each record carries the facts as `anew.name`, `anew.attempt`, `anew.times`, `anew.wait`, `anew.waited_so_far`,
    `anew.elapsed`, `anew.exception` (its `repr`) and `anew.error_type`, never the arguments of the call. Its place is
    that of the caller, outside of anew.

    Parameters:
        logger: the logger's name.
        level: the level of the records, as a number.

    Raises:
        TypeError: a parameter is of a wrong type.
    """

    __slots__ = ("_level", "_logger")

    def __init__(self, *, logger: str = "anew", level: int = _WARNING) -> None:
        self._logger = _checked("logger", logger, str, "a name")
        self._level = _checked("level", level, int, "a number, such as logging.INFO")

    def __call__(self, details: RetryDetails, /) -> None:
        """Log a retry."""
        import logging

        logger = logging.getLogger(self._logger)
        if logger.isEnabledFor(self._level):
            logger.log(self._level, SENTENCE, *words(details), extra=fields(details), stacklevel=_levels())


def _checked(option: str, value: Any, typ: type[T], allowed: str) -> T:
    if not isinstance(value, typ):
        raise option_error(TypeError, option, value, allowed)
    return value


def _levels() -> int:
    return caller()[1]
