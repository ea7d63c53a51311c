"""What the playground asks of anew: a policy from the form, its schedule, a run that is watched, a storm.

Law: plain values in, plain values out, and nothing of the browser in it: the tests run this file as it is.
"""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, ClassVar

from storm_budgets import Anew, Budget
from storm_outage import Outage, suffer

import anew
from anew import Retry, RetryBudget, RetryError, TryAgain, retry
from anew.instrumentation import LoggingHook, RetryDetails, set_on_retry_hooks
from anew.transient import retry_after, transient

Emit = Callable[[dict[str, Any]], None]
Evaluate = Callable[[str, dict[str, Any]], Awaitable[object]]

NAMES = {
    "RetryBudget": RetryBudget,
    "RetryError": RetryError,
    "TryAgain": TryAgain,
    "anew": anew,
    "asyncio": asyncio,
    "retry": retry,
    "retry_after": retry_after,
    "timedelta": timedelta,
    "transient": transient,
}
SHOWN = 10  # waits


class BusyError(Exception):
    """A server that says when to come back."""

    status_code = 503
    headers: ClassVar = {"Retry-After": "0"}


def warm() -> None:
    """Import now what the first failure would import while somebody looks on."""
    answers = [BusyError(), None]

    def fetch() -> None:
        if answer := answers.pop(0):
            raise answer

    with watched(lambda _: None):
        retry(on=transient(), delay=0).call(fetch)


def policy_of(form: dict[str, str]) -> Retry[Any]:
    """Make the policy; what a field holds is an expression of Python, and an empty field is the default."""
    options = {}
    for option, text in form.items():
        if text.strip():
            try:
                options[option] = eval(text, {**NAMES})  # noqa: S307 - in the reader's own browser
            except Exception as exc:
                raise type(exc)(f"{option}: {exc}") from None
    return retry(**options)


def describe(form: dict[str, str]) -> dict[str, Any]:
    """Return the call that makes the policy, and its waits; or what is wrong with it."""
    try:
        policy = policy_of(form)
        times = eval(form.get("times", "") or "3", {**NAMES})  # noqa: S307 - see above
        count = SHOWN if times is None else min(times - 1, SHOWN)
        waits = policy.schedule(max(count, 1))
    except Exception as exc:
        return {"error": "".join(traceback.format_exception_only(exc)).strip()}
    return {"code": repr(policy), "times": times, "waits": [tuple(wait) for wait in waits], "table": repr(waits)}


class Lines(logging.Handler):
    """Hands on each line of the log."""

    def __init__(self, emit: Emit) -> None:
        super().__init__()
        self._emit = emit

    def emit(self, record: logging.LogRecord) -> None:
        """Hand on a line."""
        self._emit({"what": "log", "level": record.levelname, "text": record.getMessage()})


@contextmanager
def watched(emit: Emit) -> Iterator[None]:
    """Tell of each attempt, wait and line of the log while it happens, with the seconds since the beginning."""
    begun = time.monotonic()

    def tell(**event: Any) -> None:
        emit({"at": time.monotonic() - begun, **event})

    @contextmanager
    def watch(details: RetryDetails) -> Iterator[None]:
        tell(what="wait", attempt=details.attempt, seconds=details.wait, error=type(details.exception).__name__)
        yield
        tell(what="attempt", attempt=details.attempt + 1)

    handler = Lines(lambda event: tell(**event))
    log = logging.getLogger("anew")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    set_on_retry_hooks([LoggingHook(), watch])
    tell(what="attempt", attempt=1)
    try:
        yield
    finally:
        set_on_retry_hooks(None)
        log.removeHandler(handler)


async def run(form: dict[str, str], code: str, emit: Emit, evaluate: Evaluate) -> None:
    """Run code that uses `policy`, and tell of what happens, its end included."""
    begun = time.monotonic()
    try:
        names = {**NAMES, "policy": policy_of(form)}
        with watched(emit):
            result = await evaluate(code, names)
    except Exception as exc:
        ending = {"what": "raised", "text": "".join(traceback.format_exception_only(exc)).strip()}
    else:
        ending = {"what": "returned", "text": repr(result)}
    emit({"at": time.monotonic() - begun, **ending})


def storm(load: float, processes: int, times: int, budgeted: bool) -> dict[str, Any]:
    """Return the shares of calls that succeed and the load, for each second of an outage of ten seconds."""
    outage = Outage(load, processes, capacity=50, times=times, after=60)
    outcome = suffer(outage, Anew if budgeted else Budget, seed=1)
    start = outage.warm_up + outage.lasts
    return {"start": -start, "served": outcome.served, "arrived": outcome.arrived, "recovered": outcome.recovered}
