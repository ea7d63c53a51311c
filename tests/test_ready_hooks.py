"""The hooks that come with anew, with the real libraries."""

from __future__ import annotations

import _thread
import ast
import inspect
import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any
from unittest.mock import Mock

import prometheus_client
import pytest
import structlog
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import anew
from anew import TryAgain
from anew.instrumentation import (
    GiveUpDetails,
    LoggingHook,
    OpenTelemetryHook,
    PrometheusHook,
    RetryDetails,
    RetryHookFactory,
    StructlogHook,
    get_on_retry_hooks,
    get_prometheus_counter,
    set_on_give_up_hooks,
    set_on_retry_hooks,
)
from anew.instrumentation._registry import current, gave_up_hooks, tell, tell_gave_up

SECRET = "correct horse battery staple"  # noqa: S105 - it is shown to nobody


@pytest.fixture(autouse=True)
def _defaults() -> Iterator[None]:
    with set_on_retry_hooks(None), set_on_give_up_hooks(None):
        yield


def details(**facts: Any) -> RetryDetails:
    """The details of some retry of a call with a secret."""
    some: dict[str, Any] = {
        "name": "fetch",
        "attempt": 1,
        "wait": 1.44,
        "waited_so_far": 0.25,
        "elapsed": 3.5,
        "exception": ConnectionError("reset"),
        "args": (SECRET,),
        "kwargs": {"password": SECRET},
        "times": 5,
    }
    return RetryDetails(**{**some, **facts})


def told(**facts: Any) -> None:
    """Tell the hooks in force of a retry, as the engine does."""
    assert [] == tell(current(), details(**facts))


def told_of_the_end(**facts: Any) -> None:
    """Tell the hooks in force that a call with a secret is given up, as the engine does."""
    some: dict[str, Any] = {
        "name": "fetch",
        "reason": "timeout",
        "attempts": 4,
        "elapsed": 3.5,
        "exception": ConnectionError("reset"),
        "args": (SECRET,),
        "kwargs": {"password": SECRET},
    }
    tell_gave_up(gave_up_hooks(), GiveUpDetails(**{**some, **facts}))


SENTENCE = "fetch failed with ConnectionError: reset, attempt 1 of 5; next attempt in 1.4 s"
FACTS = {
    "anew.name": "fetch",
    "anew.attempt": 1,
    "anew.times": 5,
    "anew.wait": 1.44,
    "anew.waited_so_far": 0.25,
    "anew.elapsed": 3.5,
    "anew.error": "ConnectionError: reset",
    "anew.error_type": "ConnectionError",
}


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no")


class TestLogging:
    def test_record(self, caplog: Any) -> None:
        """
        A retry is a warning of the logger `anew`: a sentence, the facts beside it, the caller's place.
        """
        set_on_retry_hooks([LoggingHook()])
        told()

        (record,) = caplog.records
        assert SENTENCE == record.getMessage()
        assert ("anew", logging.WARNING) == (record.name, record.levelno)
        assert FACTS == {key: value for key, value in vars(record).items() if key.startswith("anew.")}
        assert (__file__, "told") == (record.pathname, record.funcName)

    @pytest.mark.parametrize(
        ("facts", "end"),
        [
            ({"times": None}, "attempt 1; next attempt in 1.4 s"),
            ({"attempt": 4}, "attempt 4 of 5; next attempt in 1.4 s"),
            ({"wait": 0.0}, "attempt 1 of 5; next attempt in 0.0 s"),
            ({"wait": 0.0004}, "attempt 1 of 5; next attempt in 0.0004 s"),
            ({"wait": 0.0012345}, "attempt 1 of 5; next attempt in 0.0012 s"),
            ({"wait": 0.05}, "attempt 1 of 5; next attempt in 0.05 s"),
            ({"wait": 1.0}, "attempt 1 of 5; next attempt in 1.0 s"),
            ({"wait": 2}, "attempt 1 of 5; next attempt in 2.0 s"),
            ({"wait": 9.96}, "attempt 1 of 5; next attempt in 10.0 s"),
            ({"wait": 61.4}, "attempt 1 of 5; next attempt in 61.4 s"),
            ({"wait": 100.7}, "attempt 1 of 5; next attempt in 101 s"),
            ({"wait": 86400.0}, "attempt 1 of 5; next attempt in 86400 s"),
            ({"wait": 1e8}, "attempt 1 of 5; next attempt in 1e+08 s"),
        ],
    )
    def test_sentences(self, facts: Any, end: str, caplog: Any) -> None:
        """
        The sentence says which attempt of how many it was, and when the next one is, as precisely as one cares.
        """
        set_on_retry_hooks([LoggingHook()])
        told(**facts)

        assert [f"fetch failed with ConnectionError: reset, {end}"] == caplog.messages

    def test_one_template(self, caplog: Any) -> None:
        """
        All retries share one template, by which collectors of logs group them.
        """
        set_on_retry_hooks([LoggingHook()])
        told()
        told(times=None, wait=0.0, name="store", exception=TimeoutError())

        assert 1 == len({record.msg for record in caplog.records})

    def test_nothing_is_kept(self, caplog: Any) -> None:
        """
        A record holds neither the exception nor the arguments.
        """
        set_on_retry_hooks([LoggingHook()])
        told()

        (record,) = caplog.records
        assert not any(isinstance(value, Exception | RetryDetails) for value in (*vars(record).values(), *record.args))
        assert SECRET not in repr(vars(record))

    def test_exceptions_without_a_text(self, caplog: Any) -> None:
        """
        An exception that cannot be shown is named.
        """
        set_on_retry_hooks([LoggingHook()])
        told(exception=Mute())

        assert [SENTENCE.replace("ConnectionError: reset", "Mute: <no text: its str() failed>")] == caplog.messages
        assert f"{__name__}.Mute" == vars(caplog.records[0])["anew.error_type"]

    def test_options(self, caplog: Any) -> None:
        """
        Logger and level can be chosen.
        """
        caplog.set_level(logging.INFO)
        set_on_retry_hooks([LoggingHook(logger="app.retries", level=logging.INFO)])
        told()

        assert [("app.retries", logging.INFO, SENTENCE)] == caplog.record_tuples

    @pytest.mark.parametrize(
        ("options", "error"),
        [({"level": "INFO"}, TypeError), ({"level": -1}, ValueError), ({"logger": logging.getLogger()}, TypeError)],
    )
    def test_wrong_options(self, options: Any, error: Any) -> None:
        """
        A level is a number and a logger a name.
        """
        with pytest.raises(error, match=f"^{next(iter(options))} must be a n"):
            LoggingHook(**options)

    def test_switched_off(self, caplog: Any) -> None:
        """
        Where the level is not enabled, nothing is formatted.
        """
        caplog.set_level(logging.ERROR, "anew")

        class Costly(Exception):
            __str__ = Mock(side_effect=AssertionError("formatted"))

        set_on_retry_hooks([LoggingHook()])
        told(exception=Costly())

        assert [] == caplog.records
        assert not Costly.__str__.called

    @pytest.mark.needs("threads")
    def test_places_without_a_caller(self, caplog: Any) -> None:
        """
        Where there is no caller but anew, the record has some place.
        """
        done = _thread.allocate_lock()
        done.acquire()
        hooks = (LoggingHook(), lambda _: done.release())
        _thread.start_new_thread(tell, (hooks, details()))

        assert done.acquire(timeout=10)
        assert [SENTENCE] == caplog.messages


class TestNotDone:
    """A `TryAgain` is no failure."""

    @pytest.mark.parametrize(
        ("message", "said"),
        [(("still queued",), ": still queued"), ((), ""), (("job 5\nof 7",), ": job 5")],
        ids=["message", "none", "lines"],
    )
    def test_sentence(self, message: Any, said: str, caplog: Any) -> None:
        """
        It is logged in its own words, at INFO.
        """
        caplog.set_level(logging.INFO)
        set_on_retry_hooks([LoggingHook()])
        told(name="poll", attempt=3, times=10, wait=0.5, exception=TryAgain(*message))

        text = f"poll is not done yet{said}, attempt 3 of 10; next attempt in 0.5 s"
        assert [("anew", logging.INFO, text)] == caplog.record_tuples

    @pytest.mark.parametrize(
        ("message", "said"), [((), "ConnectionError: reset"), (("still queued",), "still queued")], ids=["none", "some"]
    )
    def test_raised_from(self, message: Any, said: str, caplog: Any) -> None:
        """
        Raised from an exception and without a message, that exception says why.
        """
        caplog.set_level(logging.INFO)
        set_on_retry_hooks([LoggingHook()])
        exc = TryAgain(*message)
        exc.__cause__ = ConnectionError("reset")
        told(exception=exc)

        assert [f"fetch is not done yet: {said}, attempt 1 of 5; next attempt in 1.4 s"] == caplog.messages
        assert f"TryAgain: {said}" == vars(caplog.records[0])["anew.error"]
        assert "anew.TryAgain" == vars(caplog.records[0])["anew.error_type"]

    def test_subclasses(self, caplog: Any) -> None:
        """
        A subclass may have a text of its own.
        """

        class Queued(TryAgain):
            def __init__(self, place: int) -> None:
                super().__init__()
                self.place = place

            def __str__(self) -> str:
                return f"place {self.place}"

        caplog.set_level(logging.INFO)
        set_on_retry_hooks([LoggingHook()])
        told(exception=Queued(7))

        assert caplog.messages[0].startswith("fetch is not done yet: place 7, attempt")

    @pytest.mark.parametrize(
        ("level", "logged"),
        [(logging.DEBUG, logging.DEBUG), (logging.INFO, logging.INFO), (logging.ERROR, logging.INFO)],
    )
    def test_levels(self, level: int, logged: int, caplog: Any) -> None:
        """
        It is logged at INFO, or at the level of the hook if that is lower.
        """
        caplog.set_level(logging.DEBUG)
        set_on_retry_hooks([LoggingHook(level=level)])
        told(exception=TryAgain())

        assert [logged] == [record.levelno for record in caplog.records]

    def test_structlog(self) -> None:
        """
        In structlog it is the same event, at level info.
        """
        set_on_retry_hooks([StructlogHook()])
        with structlog.testing.capture_logs() as events:
            told(exception=TryAgain("still queued"))

        (event,) = events
        assert ("retry_scheduled", "info", "TryAgain: still queued") == (
            event["event"],
            event["log_level"],
            event["anew.error"],
        )


class TestSecrets:
    URL = f"https://user:{SECRET.replace(' ', '-')}@example.org/path?api_key={SECRET.replace(' ', '-')}#frag"

    def test_logs(self, caplog: Any) -> None:
        """
        What is secret in a URL is in no record, nor in an event.
        """
        set_on_retry_hooks([LoggingHook(), StructlogHook()])
        with structlog.testing.capture_logs() as events:
            told(exception=OSError(f"no answer from {self.URL}"))

        (record,) = caplog.records
        assert "no answer from https://...@example.org/path?..., attempt 1" in record.getMessage()
        assert "horse" not in repr(vars(record)) + repr(events)

    def test_long_texts(self, caplog: Any) -> None:
        """
        A failure that quotes a whole page is cut, and takes one line.
        """
        set_on_retry_hooks([LoggingHook()])
        told(exception=OSError("x" * 5000))
        told(exception=OSError("first\nWARNING forged line"))

        assert len(caplog.messages[0]) < 300
        assert "xxx..., attempt 1" in caplog.messages[0]
        assert caplog.messages[1].startswith("fetch failed with OSError: first, attempt 1")

    def test_groups(self, caplog: Any) -> None:
        """
        A group shows its first members.
        """
        set_on_retry_hooks([LoggingHook()])
        told(exception=ExceptionGroup("unhandled", [OSError("reset"), ValueError()]))

        said = "ExceptionGroup: unhandled (2 sub-exceptions): OSError: reset; ValueError"
        assert caplog.messages[0].startswith(f"fetch failed with {said}, attempt 1")


class TestStructlog:
    @pytest.fixture(autouse=True)
    def _as_it_was(self) -> Iterator[None]:
        yield
        structlog.reset_defaults()

    def test_event(self) -> None:
        """
        A retry is a warning: a constant event, by which logs can be grouped, and the facts as keys.
        """
        set_on_retry_hooks([StructlogHook()])
        with structlog.testing.capture_logs() as events:
            told()

        assert [{"event": "retry_scheduled", "log_level": "warning", **FACTS}] == events

    def test_configured(self) -> None:
        """
        What the application has configured holds, also when it does so after the first retry.
        """
        hook = StructlogHook()
        set_on_retry_hooks([hook])
        with structlog.testing.capture_logs():
            told()
        output = io.StringIO()
        structlog.configure(
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(),
                structlog.processors.JSONRenderer(),
            ],
            logger_factory=structlog.PrintLoggerFactory(output),
        )
        told()

        line = json.loads(output.getvalue())
        assert {"event": "retry_scheduled", "level": "warning", **FACTS} == {
            key: value for key, value in line.items() if key != "timestamp"
        }

    def test_through_logging(self, caplog: Any) -> None:
        """
        Where structlog passes on to logging, the logger is `anew`.
        """
        structlog.configure(
            processors=[structlog.stdlib.add_logger_name, structlog.stdlib.render_to_log_kwargs],
            logger_factory=structlog.stdlib.LoggerFactory(),
            wrapper_class=structlog.stdlib.BoundLogger,
        )
        set_on_retry_hooks([StructlogHook()])
        told()

        assert [("anew", logging.WARNING, "retry_scheduled")] == caplog.record_tuples
        assert FACTS.items() <= vars(caplog.records[0]).items()

    def test_processors_that_fail(self, caplog: Any) -> None:
        """
        A processor that raises does not reach the call.
        """

        def broken(*_: Any) -> Any:
            raise ZeroDivisionError("oh")

        structlog.configure(processors=[broken])
        told()

        assert "the retry hook StructlogHook failed; the call goes on" in caplog.text
        assert "ZeroDivisionError: oh" in caplog.text

    def test_default(self) -> None:
        """
        An application that has configured structlog has its retries logged there.
        """
        structlog.configure()
        with structlog.testing.capture_logs() as events:
            told()

        assert ["retry_scheduled"] == [event["event"] for event in events]

    def test_not_configured(self, caplog: Any, capsys: Any) -> None:
        """
        Where structlog is merely imported, perhaps by a dependency, retries are logged as ever, not printed.
        """
        told()

        assert [SENTENCE] == caplog.messages
        assert "" == capsys.readouterr().out


class TestPrometheus:
    @pytest.fixture
    def registry(self) -> prometheus_client.CollectorRegistry:
        return prometheus_client.CollectorRegistry()

    def test_counts(self, registry: Any) -> None:
        """
        Retries are counted by callable, number and type of error.
        """
        set_on_retry_hooks([PrometheusHook(registry=registry)])
        told()
        told()
        told(attempt=2, exception=Mute(), name="store")

        def count(*labels: str) -> float | None:
            names = ("callable", "retry_num", "error_type")
            return registry.get_sample_value("anew_retries_total", dict(zip(names, labels, strict=True)))

        assert 2 == count("fetch", "1", "ConnectionError")
        assert 1 == count("store", "2", f"{__name__}.Mute")

    def test_bounded(self, registry: Any) -> None:
        """
        Retries without end do not make time series without end.
        """
        set_on_retry_hooks([PrometheusHook(registry=registry)])
        for attempt in range(1, 1000):
            told(attempt=attempt, times=None)

        metric, _ = registry.collect()
        numbers = [sample.labels["retry_num"] for sample in metric.samples if sample.name == "anew_retries_total"]
        assert ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10+"] == numbers

    def test_arguments_are_not_shown(self, registry: Any) -> None:
        """
        Nothing of the arguments is in the metrics.
        """
        set_on_retry_hooks([PrometheusHook(registry=registry)])
        told()

        assert b'anew_retries_total{callable="fetch",error_type="ConnectionError",retry_num="1"} 1.0' in (
            prometheus_client.generate_latest(registry)
        )
        assert SECRET.encode() not in prometheus_client.generate_latest(registry)

    def test_default(self) -> None:
        """
        An application that has imported prometheus_client has its retries counted in its registry.
        """
        told(name="test_default")

        labels = {"callable": "test_default", "retry_num": "1", "error_type": "ConnectionError"}
        assert 1 == prometheus_client.REGISTRY.get_sample_value("anew_retries_total", labels)

    def test_one_counter_for_all(self, registry: Any) -> None:
        """
        However many hooks there are, a registry has one counter.
        """
        hooks = [PrometheusHook(registry=registry), PrometheusHook(registry=registry)]
        set_on_retry_hooks(hooks)
        told()
        other = PrometheusHook()

        assert hooks[0].counter is hooks[1].counter
        assert other.counter is PrometheusHook(registry=prometheus_client.REGISTRY).counter
        assert other.counter is not hooks[0].counter

    def test_registries_that_are_cleared(self, registry: Any) -> None:
        """
        A hook that is made after the counter was unregistered has a new one.
        """
        counter = PrometheusHook(registry=registry).counter
        registry.unregister(counter)
        set_on_retry_hooks([PrometheusHook(registry=registry)])
        told()

        assert ["anew_give_ups", "anew_retries"] == sorted(metric.name for metric in registry.collect())

    @pytest.mark.parametrize("name", ["anew_retries", "anew_give_ups"])
    def test_a_name_that_is_taken(self, registry: Any, name: str) -> None:
        """
        Where somebody else has a metric of that name, no hook can be made.
        """
        prometheus_client.Counter(name, "Not ours.", registry=registry)

        with pytest.raises(ValueError, match=name):
            PrometheusHook(registry=registry)

    def test_giving_up(self, registry: Any) -> None:
        """
        Calls that are given up are counted by callable, reason and type of error.
        """
        hook = PrometheusHook(registry=registry)
        set_on_give_up_hooks([hook.gave_up])
        told_of_the_end()
        told_of_the_end()
        told_of_the_end(reason="attempts", exception=Mute())

        def count(reason: str, error_type: str) -> float | None:
            labels = {"callable": "fetch", "reason": reason, "error_type": error_type}
            return registry.get_sample_value("anew_give_ups_total", labels)

        assert 2 == count("timeout", "ConnectionError")
        assert 1 == count("attempts", f"{__name__}.Mute")
        assert SECRET.encode() not in prometheus_client.generate_latest(registry)

    def test_giving_up_by_default(self, caplog: Any) -> None:
        """
        An application that has imported prometheus_client has them counted in its registry; nothing is logged.
        """
        told_of_the_end(name="the end")

        labels = {"callable": "the end", "reason": "timeout", "error_type": "ConnectionError"}
        assert 1 == prometheus_client.REGISTRY.get_sample_value("anew_give_ups_total", labels)
        assert [] == caplog.records

    def test_wrong_registry(self) -> None:
        """
        A registry is where metrics can be registered.
        """
        with pytest.raises(TypeError, match="registry must be a CollectorRegistry, or None"):
            PrometheusHook(registry="x")

    def test_the_counter(self, registry: Any) -> None:
        """
        The counter in use can be had: by default, from a hook that is set, or one that is built.
        """
        default = get_prometheus_counter()
        hook = PrometheusHook(registry=registry)
        set_on_retry_hooks([LoggingHook(), hook])
        own = get_prometheus_counter()
        set_on_retry_hooks([RetryHookFactory(PrometheusHook)])
        built = get_prometheus_counter()

        assert PrometheusHook().counter is default is built
        assert hook.counter is own
        assert isinstance(default, prometheus_client.Counter)
        assert isinstance(own, prometheus_client.Counter)

    def test_no_counter(self) -> None:
        """
        Where nothing counts, there is no counter.
        """
        set_on_retry_hooks([LoggingHook()])

        assert get_prometheus_counter() is None


@pytest.fixture(scope="module")
def reader() -> InMemoryMetricReader:
    """Reads what is counted with OpenTelemetry, whose provider can be set only once."""
    reader = InMemoryMetricReader()
    metrics.set_meter_provider(MeterProvider([reader]))
    return reader


@pytest.mark.needs("threads")
class TestOpenTelemetry:
    @pytest.fixture
    def spans(self) -> InMemorySpanExporter:
        return InMemorySpanExporter()

    @pytest.fixture
    def tracer(self, spans: InMemorySpanExporter) -> trace.Tracer:
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(spans))
        return provider.get_tracer("tests")

    @staticmethod
    def points(
        reader: InMemoryMetricReader, name: str = "anew.retries", label: str = "anew.retry_num"
    ) -> dict[tuple[Any, ...], Any]:
        data: Any = reader.get_metrics_data()
        if data is None:
            return {}
        (found,) = [scope.metrics for one in data.resource_metrics for scope in one.scope_metrics]
        (metric,) = [metric for metric in found if metric.name == name]
        keys = ("anew.name", label, "anew.error_type")
        return {tuple(point.attributes[key] for key in keys): point.value for point in metric.data.data_points}

    def test_events(self, spans: InMemorySpanExporter, tracer: trace.Tracer) -> None:
        """
        Each retry is an event on the span it happens in.
        """
        set_on_retry_hooks([OpenTelemetryHook()])
        with tracer.start_as_current_span("outer"):
            told()
            with tracer.start_as_current_span("inner"):
                told(attempt=2, times=None)
            told(attempt=3)

        inner, outer = spans.get_finished_spans()
        assert [("anew.retry", FACTS), ("anew.retry", {**FACTS, "anew.attempt": 3})] == [
            (event.name, event.attributes) for event in outer.events
        ]
        no_limit = {key: value for key, value in FACTS.items() if key != "anew.times"}
        assert [{**no_limit, "anew.attempt": 2}] == [event.attributes for event in inner.events]
        assert SECRET not in inner.to_json() + outer.to_json()

    def test_counts(self, reader: InMemoryMetricReader) -> None:
        """
        Retries are counted, also where there is no span, in one counter for all hooks.
        """
        set_on_retry_hooks([OpenTelemetryHook(), OpenTelemetryHook()])
        told(name="count")
        told(name="count", attempt=2, exception=Mute())

        points = self.points(reader)
        assert 2 == points["count", "1", "ConnectionError"]
        assert 2 == points["count", "2", f"{__name__}.Mute"]
        assert SECRET not in repr(points)

    def test_bounded(self, reader: InMemoryMetricReader) -> None:
        """
        Retries without end do not make time series without end.
        """
        set_on_retry_hooks([OpenTelemetryHook()])
        for attempt in range(1, 1000):
            told(name="endless", attempt=attempt, times=None)

        counts = {num: count for (name, num, _), count in self.points(reader).items() if name == "endless"}
        assert {**{str(num): 1 for num in range(1, 10)}, "10+": 990} == counts

    def test_giving_up(self, spans: InMemorySpanExporter, tracer: trace.Tracer, reader: InMemoryMetricReader) -> None:
        """
        A call that is given up is an event on the span it happens in, and counted.
        """
        set_on_give_up_hooks([OpenTelemetryHook().gave_up])
        with tracer.start_as_current_span("outer"):
            told_of_the_end(name="giving up")

        (outer,) = spans.get_finished_spans()
        facts = {
            "anew.name": "giving up",
            "anew.reason": "timeout",
            "anew.attempts": 4,
            "anew.elapsed": 3.5,
            "anew.error_type": "ConnectionError",
            "anew.error": "ConnectionError: reset",
        }
        assert [("anew.give_up", facts)] == [(event.name, event.attributes) for event in outer.events]
        points = self.points(reader, "anew.give_ups", "anew.reason")
        assert {("giving up", "timeout", "ConnectionError"): 1} == points
        assert SECRET not in outer.to_json()

    def test_set_up_late(self) -> None:
        """
        What happens before the application sets up its SDK is lost, what happens after it is not.
        """
        script = """
from anew.instrumentation import OpenTelemetryHook, RetryDetails
hook = OpenTelemetryHook()
facts = dict(attempt=1, wait=0.0, waited_so_far=0.0, elapsed=0.0, exception=OSError(), args=(), kwargs={})
hook(RetryDetails(name="early", **facts))

from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
reader = InMemoryMetricReader()
metrics.set_meter_provider(MeterProvider([reader]))
hook(RetryDetails(name="late", **facts))
text = reader.get_metrics_data().to_json()
print("early" in text, "late" in text)
"""
        assert ["False", "True"] == run(script).split()


def run(script: str) -> str:
    """Run Python with the anew that this test run is about; give what it wrote."""
    source = str(Path(anew.__file__).parent.parent)
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {source!r})\n{script}"]
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8", timeout=60).stdout


LIBRARIES = {"structlog": StructlogHook, "prometheus_client": PrometheusHook, "opentelemetry": OpenTelemetryHook}


@pytest.mark.parametrize(("library", "hook"), LIBRARIES.items(), ids=LIBRARIES)
class TestLibraries:
    def test_missing(self, library: str, hook: Any, monkeypatch: Any) -> None:
        """
        A hook whose library is missing cannot be made: that is an error where it is written, not at the first retry.
        """
        monkeypatch.setitem(sys.modules, library, None)

        with pytest.raises(ImportError, match=library):
            hook()

    def test_found_by_freezers(self, library: str, hook: Any) -> None:
        """
        The library is imported by a statement, which tools find that look for what a program needs.
        """
        names = {
            alias.name if isinstance(node, ast.Import) else str(node.module)
            for node in ast.walk(ast.parse(dedent(inspect.getsource(hook.__init__))))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }

        assert {library} == names

    @pytest.mark.needs("processes")
    def test_lazy(self, library: str, hook: Any) -> None:
        """
        To have the class imports nothing; to make a hook does.
        """
        script = f"""
from anew.instrumentation import {hook.__name__} as Hook
print({library!r} in sys.modules)
hook = Hook()
print({library!r} in sys.modules)
"""
        first, *_, last = run(script).split()

        assert ["False", "True"] == [first, last]


def test_defaults() -> None:
    """
    Where the application has set up both, retries are logged with structlog and counted for Prometheus.
    """
    structlog.configure()
    try:
        assert [StructlogHook, PrometheusHook] == [type(hook) for hook in get_on_retry_hooks()]
    finally:
        structlog.reset_defaults()
