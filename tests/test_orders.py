"""Orders of frameworks, told from failures by their names."""

from __future__ import annotations

import asyncio
import bdb
import builtins
import concurrent.futures
import gc
import http.client
import re
import subprocess
import sys
import unittest
import urllib.error
import weakref
from pathlib import Path
from typing import Any

import aiohttp
import botocore.exceptions
import httpx
import hypothesis
import pytest
import requests
import tenacity
import trio
import urllib3
from aiohttp import web

from anew._orders import ORDERS, names, order_kind


def is_order(typ: type[BaseException], named: tuple[type[BaseException], ...]) -> bool:
    return order_kind(typ) == "order" and not names(typ, named)


def is_cancellation(typ: type[BaseException]) -> bool:
    return order_kind(typ) == "exit"


ROWS = [
    (place, name)
    for places, names in ORDERS.items()
    for place in places.split()
    for name in names.split()
    if place != "builtins"  # whose classes are told by what they are
]


def made(module: Any, name: str, *bases: type[BaseException]) -> type[BaseException]:
    """A class as if it were from that module."""
    return type(name, bases or (Exception,), {"__module__": module})


@pytest.mark.parametrize("below", ["", ".deep.inside"])
def test_rows(below: str) -> None:
    """
    A class of this name is an order, wherever in the package it is, and so is what derives from it.
    """
    for place, name in ROWS:
        order = made(place + below if "." not in place else place, name)

        assert is_order(order, ())
        assert is_order(made("app", "Mine", order), ())
        assert is_order(made("app", "Mine", ValueError, order), ())
        assert not is_cancellation(order)


REAL = [
    StopIteration,
    StopAsyncIteration,
    aiohttp.web.HTTPException,
    web.HTTPNotFound,
    bdb.BdbQuit,
    concurrent.futures.CancelledError,
    hypothesis.errors.UnsatisfiedAssumption,
    pytest.exit.Exception,
    unittest.SkipTest,
]


@pytest.mark.parametrize("order", REAL)
def test_real_orders(order: type[Exception]) -> None:
    """
    The real classes have these names.
    """
    assert is_order(order, ())
    assert not is_cancellation(order)


FAILURES = [
    Exception,
    OSError,
    TimeoutError,
    ExceptionGroup,
    asyncio.QueueEmpty,
    aiohttp.ClientError,
    aiohttp.ServerTimeoutError,
    botocore.exceptions.ClientError,
    concurrent.futures.BrokenExecutor,
    http.client.HTTPException,
    httpx.HTTPStatusError,
    httpx.TimeoutException,
    requests.HTTPError,
    requests.Timeout,
    subprocess.TimeoutExpired,
    tenacity.RetryError,
    trio.TooSlowError,
    urllib.error.HTTPError,
    urllib3.exceptions.TimeoutError,
    made("tornado.httpclient", "HTTPError"),
    made("discord.errors", "HTTPException"),
    made("huey.exceptions", "HueyException"),
    made("celery.exceptions", "TimeoutError"),
    made("celery.exceptions", "CeleryError"),
    made("app.celery", "Retry"),
    made("celery_app", "Retry"),
    made("celery", "retry"),
    made("app", "HTTPException"),
    made("__main__", "CancelledError"),
]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda typ: f"{typ.__module__}.{typ.__name__}")
def test_failures(failure: type[Exception]) -> None:
    """
    Failures of clients, and classes with the same names from elsewhere, are neither.
    """
    assert not is_order(failure, ())
    assert not is_cancellation(failure)


def test_named() -> None:
    """
    An order is a failure for those who name its class, or a base of it below `Exception`.
    """
    base = made("celery.exceptions", "TaskPredicate")
    order = made("celery.exceptions", "Retry", base)
    mine = made("app", "Mine", order)

    for named in (base, order, mine):
        assert not is_order(mine, (OSError, named))
    for named in (Exception, BaseException, OSError, made("celery.exceptions", "Ignore", base), made("app", "M", mine)):
        assert is_order(mine, (named,))


GREENLET_EXIT = made("greenlet", "GreenletExit", BaseException)
CANCELLATIONS = [
    KeyboardInterrupt,
    SystemExit,
    GeneratorExit,
    asyncio.CancelledError,
    trio.Cancelled,
    BaseExceptionGroup,
    pytest.skip.Exception,
    GREENLET_EXIT,
    made("gevent.timeout", "Timeout", BaseException),
    made("trio._core._exceptions", "Cancelled", BaseException),
    made("dramatiq.middleware.time_limit", "TimeLimitExceeded", BaseException),
]


@pytest.mark.parametrize("cancellation", CANCELLATIONS)
def test_cancellations(cancellation: type[BaseException]) -> None:
    """
    Cancellations, exits and whatever else is no `Exception`.
    """
    assert is_cancellation(cancellation)


@pytest.mark.parametrize(
    "cancellation", [KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError, GREENLET_EXIT]
)
def test_cancellations_that_are_exceptions_as_well(cancellation: type[BaseException]) -> None:
    """
    They stay what they are in a class that derives from `Exception` besides.
    """
    assert is_cancellation(made("app", "Mine", cancellation, ValueError))
    assert is_cancellation(made("app", "Mine", ValueError, cancellation))
    assert is_cancellation(made("app", "Mine", made("app", "Between", cancellation), Exception))


@pytest.mark.parametrize("module", [None, 7, property(str), ""])
def test_modules_that_are_no_text(module: Any) -> None:
    """
    A class may have anything for its module.
    """
    assert not is_order(made(module, "Retry"), ())
    assert is_order(made(module, "Mine", StopIteration), ())


def test_classes_are_freed() -> None:
    """
    Classes that are made for one exception each are not kept for ever.
    """
    first = weakref.ref(made("app", "First"))
    typ = first()
    assert typ is not None
    assert not is_order(typ, ())
    del typ

    for _ in range(1000):
        assert not is_order(made("app", "Other"), ())
    gc.collect()

    assert first() is None


@pytest.mark.needs("processes")
def test_nothing_is_imported() -> None:
    """
    No framework is imported to tell its orders.
    """
    script = "import sys, anew._orders as o; o.order_kind(KeyError); print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()

    frameworks = {place.partition(".")[0] for place, _ in ROWS} - {"builtins"}
    assert [] == sorted(frameworks & {*modules})


def test_the_table_in_the_docs() -> None:
    """
    The docs list what the code knows.
    """
    text = (Path(__file__).parent.parent / "docs" / "orders.md").read_text()
    rows = re.findall(r"^\| (`.*) \| (`.*) \|$", text, re.MULTILINE)

    listed = {" ".join(re.findall(r"`(.+?)`", places)): re.findall(r"`(.+?)`", names) for places, names in rows}

    assert {places: names.split() for places, names in ORDERS.items()} == listed


def test_the_table_is_in_order() -> None:
    """
    Packages and classes are sorted, and none is there twice.
    """
    assert sorted(ORDERS) == list(ORDERS)
    assert len(ROWS) == len({*ROWS})
    for words in (*ORDERS, *ORDERS.values()):
        assert sorted({*words.split()}) == words.split()


def test_builtin_orders() -> None:
    """
    No other class of the interpreter's own is an order.
    """
    own = [one for one in vars(builtins).values() if isinstance(one, type) and issubclass(one, Exception)]

    assert {StopIteration, StopAsyncIteration} == {one for one in own if is_order(one, ())}
    assert [] == [one for one in own if is_cancellation(one)]
