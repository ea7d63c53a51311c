"""The one door to time and chance."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import subprocess
import sys
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from anew import _clock, retry
from anew._callables import innermost

pytestmark = pytest.mark.real_time


def test_seeds_do_not_steer_us(failing: Any) -> None:
    """
    `random.seed()` neither steers the waits nor is disturbed by them.
    """

    def draw() -> float:
        random.seed(7)
        return _clock.draw()

    assert draw() != draw()

    random.seed(7)
    expected = random.random()
    random.seed(7)
    _clock.draw()
    assert expected == random.random()


def test_draws_are_spread() -> None:
    """
    Draws lie in [0, 1) and fill it.
    """
    draws = [_clock.draw() for _ in range(2000)]

    assert all(0 <= draw < 1 for draw in draws)
    assert 2000 == len(set(draws))
    assert 0.4 < sum(draws) / 2000 < 0.6


@pytest.mark.needs("processes")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_forked_children_differ() -> None:
    """
    Parent and forked children draw differently.
    """
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    children = [context.Process(target=lambda: queue.put(_clock.draw())) for _ in range(3)]
    for child in children:
        child.start()
    draws = {queue.get() for _ in children} | {_clock.draw()}
    for child in children:
        child.join()

    assert 4 == len(draws)


@pytest.mark.needs("threads")
def test_threads_differ() -> None:
    """
    Threads draw differently.
    """
    draws: list[float] = []
    threads = [threading.Thread(target=lambda: draws.append(_clock.draw())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 8 == len(set(draws))


def test_sleep_is_looked_up_when_it_is_time(monkeypatch: pytest.MonkeyPatch, failing: Any) -> None:
    """
    Who replaces `time.sleep` or `asyncio.sleep` later replaces ours.
    """
    slept = []
    decorated = retry(jitter=False)(failing(OSError))
    monkeypatch.setattr("time.sleep", slept.append)

    decorated()

    assert [1.0] == slept


def test_no_system_call_for_zero(monkeypatch: pytest.MonkeyPatch, failing: Any) -> None:
    """
    A sync wait of zero seconds does not sleep at all.
    """
    monkeypatch.setattr("time.sleep", lambda seconds: pytest.fail("slept"))

    assert "done" == retry(delay=0).call(failing(OSError))


WITHOUT_POLICIES = """
import asyncio
from anew import retry

def refuse(*_):
    raise AssertionError("an event loop policy was asked for")

for module in (asyncio, asyncio.events):
    for name in dir(module):
        if name.endswith("event_loop_policy") or name in ("get_event_loop", "set_event_loop"):
            setattr(module, name, refuse)

policy = retry(delay=0, hooks=[])
failures = [OSError] * 6

def work():
    if len(failures) % 2 == 0:
        raise failures.pop()
    failures.pop()

async def main():
    await policy.call(asyncio.to_thread, work)
    async for attempt in policy:
        async with attempt:
            work()
    async def stream():
        yield work()
    async for _ in policy(stream)():
        pass

with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
    runner.run(main())
assert not failures
"""


@pytest.mark.needs("processes")
def test_without_event_loop_policies() -> None:
    """
    Nothing asks for an event loop policy, nor for a loop that does not run: later Pythons have no policies.
    """
    subprocess.run([sys.executable, "-W", "error", "-c", WITHOUT_POLICIES], check=True)


def test_outside_of_tasks() -> None:
    """
    Where no task runs, nothing is being cancelled.
    """
    assert not _clock.cancelling(OSError(), 0)


def test_a_coroutine_run_by_a_callback_waits_on_asyncio() -> None:
    """
    Without a task, an async wait is asyncio's.
    """
    coroutine = _clock.async_sleep(0)

    assert asyncio.iscoroutine(coroutine)
    coroutine.close()


def test_an_async_wait_imports_asyncio(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Where asyncio has not been imported, an async wait imports it.
    """
    with monkeypatch.context() as patched:
        patched.delitem(sys.modules, "asyncio")
        patched.setattr("builtins.__import__", {"asyncio": SimpleNamespace(sleep=lambda seconds: seconds)}.get)
        wait = _clock.async_sleep(2)

    assert 2 == wait


PROGRAMS = {
    "import": "import anew",
    "decorating": """
from anew import retry

@retry(times=2, backoff="fibonacci", delay=0)
def function(): raise OSError

@retry
async def coroutine_function(): ...

@retry
def generator_function(): yield

@retry
async def async_generator_function(): yield
""",
    "failing": """
from anew import retry, RetryError
from anew.instrumentation import set_on_retry_hooks

set_on_retry_hooks([])  # the default is to log, which takes `logging`

@retry(times=2, delay=0)
def function(): raise OSError

try:
    function()
except RetryError as error:
    str(error)
""",
}


@pytest.mark.needs("processes")
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_nothing_heavy_is_imported(program: str) -> None:
    """
    Importing, decorating and failing import none of the heavy modules.
    """
    heavy = {"asyncio", "inspect", "dataclasses", "logging", "datetime", "typing_extensions", "pickle", "random"}
    check = f"import sys; print([name for name in {sorted(heavy)} if name in sys.modules])"

    out = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{program}\n{check}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert "[]" == out.strip()


@pytest.mark.needs("processes")
def test_trio_does_not_import_asyncio() -> None:
    """
    A wait on Trio does not import asyncio.
    """
    program = """
import trio, sys
from anew import retry

@retry(times=3, delay=0)
async def fetch():
    calls.append(1)
    if len(calls) < 3: raise OSError

calls = []
before = "asyncio" in sys.modules
trio.run(fetch)
assert len(calls) == 3
print(before or "asyncio" not in sys.modules)
"""
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    assert "True" == out.strip()


def test_a_module_that_is_just_being_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    An asyncio or Trio that another thread is just importing is not yet running anything.
    """
    monkeypatch.setitem(sys.modules, "asyncio", type(sys)("asyncio"))
    monkeypatch.setitem(sys.modules, "trio", type(sys)("trio"))

    assert not _clock.cancelling(OSError(), 0)


def test_without_trio(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Where Trio has not been imported, nobody runs on it.
    """
    monkeypatch.delitem(sys.modules, "trio")

    assert not _clock.cancelling(OSError(), 0)


def test_no_loop_at_all() -> None:
    """
    Where neither library runs, no frame is of one of them.
    """
    assert innermost("asyncio", "trio") is None
