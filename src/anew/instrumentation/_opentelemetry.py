"""Retries on the spans of OpenTelemetry, and in a counter of its."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._details import error_type, fields, retry_num
from ._hooks import LibraryHook

if TYPE_CHECKING:
    from ._details import RetryDetails
    from ._hooks import RetryHook


class OpenTelemetryHook(LibraryHook):
    """Adds an event `anew.retry` to the current span at each retry, and counts retries in `anew.retries`.

    The event has the facts of `LoggingHook` as attributes. The counter's attributes are `anew.name`, `anew.retry_num`
    (`"1"` to `"9"`, then `"10+"`) and `anew.error_type`, so that the number of time series stays bounded. Only the API
    is needed; where the application has set up no SDK, nothing happens.
    """

    __module__ = "anew.instrumentation"
    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(_build)


def _build() -> RetryHook:
    api: Any = __import__("opentelemetry", fromlist=["metrics", "trace"])
    counter: Any = api.metrics.get_meter("anew").create_counter(
        "anew.retries", unit="{retry}", description="Retries scheduled by anew."
    )

    def record(details: RetryDetails) -> None:
        attributes = {key: value for key, value in fields(details).items() if value is not None}
        api.trace.get_current_span().add_event("anew.retry", attributes)
        counter.add(
            1,
            {
                "anew.name": details.name,
                "anew.retry_num": retry_num(details),
                "anew.error_type": error_type(details),
            },
        )

    return record
