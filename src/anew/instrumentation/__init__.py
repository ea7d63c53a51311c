"""Watching retries: hooks that are told of each retry before its wait.

By default retries are logged, with structlog if the application has imported it, else with `logging`; and they are
counted if the application has imported `prometheus_client`. `set_on_retry_hooks([...])` replaces that.
"""

from typing import TYPE_CHECKING

from ._details import RetryDetails
from ._hooks import RetryHook, RetryHookFactory
from ._logging import LoggingHook
from ._registry import get_on_retry_hooks, get_prometheus_counter, set_on_retry_hooks

__all__ = [
    "LoggingHook",
    "OpenTelemetryHook",
    "PrometheusHook",
    "RetryDetails",
    "RetryHook",
    "RetryHookFactory",
    "StructlogHook",
    "get_on_retry_hooks",
    "get_prometheus_counter",
    "set_on_retry_hooks",
]

# Tracebacks, pickles and documentation name things where users import them from.
for _public in (
    LoggingHook,
    RetryDetails,
    RetryHook,
    RetryHookFactory,
    get_on_retry_hooks,
    get_prometheus_counter,
    set_on_retry_hooks,
):
    _public.__module__ = __name__
del _public

if TYPE_CHECKING:
    from ._opentelemetry import OpenTelemetryHook
    from ._prometheus import PrometheusHook
    from ._structlog import StructlogHook
else:  # a file costs a tenth of a millisecond, and most programs need none of these
    _FILES = {
        "OpenTelemetryHook": "_opentelemetry",
        "PrometheusHook": "_prometheus",
        "StructlogHook": "_structlog",
    }

    def __getattr__(name: str) -> object:
        if name not in _FILES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
        return getattr(__import__(f"{__name__}.{_FILES[name]}", fromlist=[name]), name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *_FILES})
