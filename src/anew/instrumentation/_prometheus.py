"""Retries counted for Prometheus."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

from anew._checks import option_error

from ._details import error_type, retry_num
from ._hooks import LibraryHook

if TYPE_CHECKING:
    from weakref import WeakKeyDictionary

    from ._details import RetryDetails


class PrometheusHook(LibraryHook):
    """Counts retries in `anew_retries_total`, by `callable`, `retry_num` and `error_type`.

    `callable` is the name of what is retried, `retry_num` the number of the attempt that failed, `"1"` to `"9"` and
    then `"10+"`, `error_type` the exception's type, with its module unless it is built in. So the number of time series
    stays bounded, also for policies with `times=None`. All hooks of one registry share its counter.

    Parameters:
        registry: the `prometheus_client.CollectorRegistry`; by default `prometheus_client.REGISTRY`.
    """

    __module__ = "anew.instrumentation"
    __slots__ = ()

    def __init__(self, *, registry: object = None) -> None:
        if registry is not None and not hasattr(registry, "register"):
            raise option_error(TypeError, "registry", registry, "a CollectorRegistry, or None")
        super().__init__(partial(_Count, registry))

    @property
    def counter(self) -> Any | None:
        """The `prometheus_client.Counter`, made now if need be; `None` if it cannot be made."""
        return getattr(self._factory.built(), "counter", None)


class _Count:
    __slots__ = ("counter",)

    def __init__(self, registry: Any) -> None:
        client: Any = __import__("prometheus_client")
        registry = client.REGISTRY if registry is None else registry
        labels = ("callable", "retry_num", "error_type")
        try:
            self.counter = client.Counter("anew_retries", "Retries scheduled by anew.", labels, registry=registry)
        except ValueError:  # the registry has one
            self.counter = _counters()[registry]
        _counters()[registry] = self.counter

    def __call__(self, details: RetryDetails, /) -> None:
        self.counter.labels(details.name, retry_num(details), error_type(details)).inc()


@cache
def _counters() -> WeakKeyDictionary[Any, Any]:
    from weakref import WeakKeyDictionary

    return WeakKeyDictionary()
