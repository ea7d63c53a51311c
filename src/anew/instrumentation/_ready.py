"""The hooks that come with anew, for logs, metrics and traces.

Law: what a hook shows comes from the details' `facts`, so that no arguments and no secrets are in it. A library is
imported where its hook is made, literally, so that freezers of programs find it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from anew._callables import caller
from anew._checks import integer, option_error
from anew._errors import TryAgain

from ._hooks import error_type

if TYPE_CHECKING:
    from ._hooks import GiveUpDetails, RetryDetails

_LAST_NUMBER = 9

# Texts for all retries, by which collectors of logs can group them.
_FAILED = "%s failed with %s, attempt %s; next attempt in %s s"
_NOT_DONE = "%s is not done yet%s, attempt %s; next attempt in %s s"

_INFO, _WARNING = 20, 30  # of logging, in a module that does not import logging
_TENTH, _HUNDRED, _A_WEEK = 0.1, 100.0, 604800.0  # seconds


class LoggingHook:
    """Logs retries: `fetch failed with ConnectionError: reset, attempt 1 of 5; next attempt in 1.4 s`.

    A `TryAgain` is no failure: `poll is not done yet: still queued, attempt 3 of 10; next attempt in 0.5 s`, at level
    INFO, or at `level` if that is lower.

    Each record carries the facts as `anew.name`, `anew.attempt`, `anew.times`, `anew.wait`, `anew.waited_so_far`,
    `anew.elapsed`, `anew.error_type` and `anew.error`, never the arguments of the call. The text of an exception is the
    first line of its `str`, at most 200 characters, without the queries and users of URLs. The place of a record is
    that of the caller, outside of anew.

    Parameters:
        logger: the logger's name.
        level: the level of the records, as a number.

    Raises:
        TypeError, ValueError: a parameter is of a wrong type, or `level` is below 0.
    """

    __slots__ = ("_level", "_logger")

    def __init__(self, *, logger: str = "anew", level: int = _WARNING) -> None:
        if not isinstance(cast("object", logger), str):
            raise option_error(TypeError, "logger", logger, "a name")
        self._logger = logger
        self._level = integer("level", level, "a number >= 0, such as logging.INFO", 0)

    def __call__(self, details: RetryDetails, /) -> None:
        """Log a retry."""
        import logging

        asked = issubclass(type(details.exception), TryAgain)
        level, text = (min(self._level, _INFO), _NOT_DONE) if asked else (self._level, _FAILED)
        logger = logging.getLogger(self._logger)
        if not logger.isEnabledFor(level):
            return
        extra, times, wait = details.facts(), details.times, details.wait
        # Of a TryAgain, whose class the text says in other words, only what follows the class.
        error = "".join(extra["anew.error"].partition(":")[1:]) if asked else extra["anew.error"]
        attempt = f"{details.attempt}" if times is None else f"{details.attempt} of {times}"
        digits = ".1f" if wait == 0 or _TENTH <= wait < _HUNDRED else ".0f" if _HUNDRED <= wait < _A_WEEK else ".2g"
        _, stacklevel = caller()
        logger.log(level, text, details.name, error, attempt, f"{wait:{digits}}", extra=extra, stacklevel=stacklevel)


def _num(details: RetryDetails) -> str:
    """The attempt's number for a metric, where each value is kept for good: 1 to 9, and `10+`."""
    return str(details.attempt) if details.attempt <= _LAST_NUMBER else f"{_LAST_NUMBER + 1}+"


class StructlogHook:
    """Logs retries as warnings `retry_scheduled` of structlog's logger `anew`, with the facts that `LoggingHook` has.

    What is asked for by a `TryAgain` is no failure, and logged at level info.

    Raises:
        ImportError: there is no structlog.
    """

    __slots__ = ("_logger",)
    _logger: Any

    def __init__(self) -> None:
        if not TYPE_CHECKING:  # who checks types need not have it
            import structlog

            self._logger = structlog.get_logger("anew")

    def __call__(self, details: RetryDetails, /) -> None:
        """Log a retry."""
        log = self._logger.info if issubclass(type(details.exception), TryAgain) else self._logger.warning
        log("retry_scheduled", **details.facts())


class PrometheusHook:
    """Counts retries in `anew_retries_total`, by `callable`, `retry_num` and `error_type`.

    `callable` is the name of what is retried, `retry_num` the number of the attempt that failed, `"1"` to `"9"` and
    then `"10+"`, `error_type` the exception's type, with its module unless it is built in. So the number of time series
    stays bounded, also for policies with `times=None`. All hooks of one registry share its counters.

    `PrometheusHook().gave_up` is a hook for `set_on_give_up_hooks`.

    Parameters:
        registry: the `prometheus_client.CollectorRegistry`; by default `prometheus_client.REGISTRY`.

    Raises:
        ImportError: there is no prometheus_client.
        TypeError: `registry` is none.
        ValueError: the registry has other metrics under these names.
    """

    __slots__ = ("_give_ups", "counter")
    counter: Any
    """The `prometheus_client.Counter` of retries."""
    _give_ups: Any

    def __init__(self, *, registry: object = None) -> None:
        if registry is not None and not hasattr(registry, "register"):
            raise option_error(TypeError, "registry", registry, "a CollectorRegistry, or None")
        if not TYPE_CHECKING:  # who checks types need not have it
            from prometheus_client import REGISTRY, Counter

            registry = REGISTRY if registry is None else registry
            self.counter = _counter(Counter, registry, "retries", "Retries scheduled by anew.", "retry_num")
            self._give_ups = _counter(Counter, registry, "give_ups", "Calls given up by anew.", "reason")

    def __call__(self, details: RetryDetails, /) -> None:
        """Count a retry."""
        self.counter.labels(details.name, _num(details), error_type(details.exception)).inc()

    def gave_up(self, details: GiveUpDetails, /) -> None:
        """Count a call that is given up in `anew_give_ups_total`, by `callable`, `reason` and `error_type`."""
        self._give_ups.labels(details.name, details.reason, error_type(details.exception)).inc()


def _counter(make: Any, registry: Any, name: str, text: str, label: str) -> Any:
    ours: Any = registry.__dict__.setdefault("_anew", {})  # where it lives as long as the registry
    try:
        ours[name] = make(f"anew_{name}", text, ("callable", label, "error_type"), registry=registry)
    except ValueError:  # the registry has one: ours, or it is an error
        if name not in ours:
            raise
    return ours[name]


class OpenTelemetryHook:
    """Adds an event `anew.retry` to the current span at each retry, and counts retries in `anew.retries`.

    The event has the facts of `LoggingHook` as attributes. The counter's attributes are `anew.name`, `anew.retry_num`
    (`"1"` to `"9"`, then `"10+"`) and `anew.error_type`, so that the number of time series stays bounded. Only the API
    is needed; where the application has set up no SDK, nothing happens.

    `OpenTelemetryHook().gave_up` is a hook for `set_on_give_up_hooks`.

    Raises:
        ImportError: there is no OpenTelemetry.
    """

    __slots__ = ("_give_ups", "_retries", "_trace")
    _give_ups: Any
    _retries: Any
    _trace: Any

    def __init__(self) -> None:
        if not TYPE_CHECKING:  # who checks types need not have it
            from opentelemetry import metrics, trace

            count, self._trace = metrics.get_meter("anew").create_counter, trace
            self._retries = count("anew.retries", unit="{retry}", description="Retries scheduled by anew.")
            self._give_ups = count("anew.give_ups", unit="{call}", description="Calls given up by anew.")

    def __call__(self, details: RetryDetails, /) -> None:
        """Add an event, and count."""
        self._record(details, "anew.retry", self._retries, {"anew.retry_num": _num(details)})

    def gave_up(self, details: GiveUpDetails, /) -> None:
        """Add an event `anew.give_up` with the facts, and count in `anew.give_ups`: a call is given up.

        The counter's attributes are `anew.name`, `anew.reason` and `anew.error_type`.
        """
        self._record(details, "anew.give_up", self._give_ups, {"anew.reason": details.reason})

    def _record(self, details: RetryDetails | GiveUpDetails, event: str, counter: Any, labels: dict[str, str]) -> None:
        shown = {key: value for key, value in details.facts().items() if value is not None}
        self._trace.get_current_span().add_event(event, shown)
        counter.add(1, {key: shown[key] for key in ("anew.name", "anew.error_type")} | labels)
