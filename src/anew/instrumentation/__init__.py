"""Watching retries: hooks that are told of each retry before its wait, and of each call that is given up.

By default retries are logged, with structlog if the application has configured it, else with `logging`; and retries and
calls that are given up are counted if the application has imported `prometheus_client`. `set_on_retry_hooks([...])` and
`set_on_give_up_hooks([...])` replace that.
"""

from ._hooks import GiveUpDetails, GiveUpHook, RetryDetails, RetryHook, RetryHookFactory
from ._ready import LoggingHook, OpenTelemetryHook, PrometheusHook, StructlogHook
from ._registry import (
    get_on_give_up_hooks,
    get_on_retry_hooks,
    get_prometheus_counter,
    set_on_give_up_hooks,
    set_on_retry_hooks,
)

__all__ = [
    "GiveUpDetails",
    "GiveUpHook",
    "LoggingHook",
    "OpenTelemetryHook",
    "PrometheusHook",
    "RetryDetails",
    "RetryHook",
    "RetryHookFactory",
    "StructlogHook",
    "get_on_give_up_hooks",
    "get_on_retry_hooks",
    "get_prometheus_counter",
    "set_on_give_up_hooks",
    "set_on_retry_hooks",
]

# Tracebacks, pickles and documentation name things where users import them from.
for _name in __all__:
    globals()[_name].__module__ = __name__
