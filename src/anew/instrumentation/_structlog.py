"""Retries as events of structlog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._details import fields, sentence
from ._hooks import LibraryHook

if TYPE_CHECKING:
    from ._details import RetryDetails
    from ._hooks import RetryHook


class StructlogHook(LibraryHook):
    """Logs retries as warnings of structlog's logger `anew`: the same sentence and facts as `LoggingHook` has."""

    __module__ = "anew.instrumentation"
    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(_build)


def _build() -> RetryHook:
    logger: Any = __import__("structlog").get_logger("anew")

    def log(details: RetryDetails) -> None:
        logger.warning(sentence(details), **fields(details))

    return log
