"""Hosts that change how Python runs: notebooks and gevent, each in an interpreter of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine_servers import python

if TYPE_CHECKING:
    from pathlib import Path

CELL = """
from anew import retry
left = [ConnectionError(), ConnectionError()]

@retry(delay=0.001)
def fetch():
    if left:
        raise left.pop()
    return "fetched"

answer = fetch()
"""

ASYNC_CELL = """
left = [ConnectionError(), ConnectionError()]

@retry(delay=0.001)
async def afetch():
    if left:
        raise left.pop()
    return "fetched in a task"

async_answer = await afetch()
"""

NOTEBOOK = f"""if True:
    import asyncio
    from IPython.core.interactiveshell import InteractiveShell

    async def main():
        shell = InteractiveShell()
        for cell in {[CELL, ASYNC_CELL]}:
            result = await shell.run_cell_async(cell, transformed_cell=shell.transform_cell(cell))
            result.raise_error()
        print(shell.user_ns["answer"], "/", shell.user_ns["async_answer"])

    asyncio.run(main())
"""

GEVENT = """if True:
    import anew, anew.instrumentation
    from gevent import monkey
    monkey.patch_all()
    import time
    import gevent

    heard = []
    anew.instrumentation.set_on_retry_hooks([lambda details: heard.append(details.attempt)])
    budget = anew.RetryBudget(floor=50)

    @anew.retry(times=2, delay=0.2, jitter=False, budget=budget)
    def down():
        raise ConnectionError

    start = time.monotonic()
    jobs = [gevent.spawn(down) for _ in range(50)]
    gevent.joinall(jobs)
    assert time.monotonic() - start < 5, "they wait one after the other"
    print(len(heard), {job.exception.attempts for job in jobs}, budget.available)
"""

GEVENT_TIMEOUT = """if True:
    from gevent import monkey
    monkey.patch_all()
    import gevent
    import anew

    attempts = []

    @anew.retry(times=3, delay=0)
    def slow():
        attempts.append(1)
        gevent.sleep(5)

    try:
        with gevent.Timeout(0.05):
            slow()
    except gevent.Timeout:
        print("timed out after", len(attempts))
"""


def test_a_notebook_cell(tmp_path: Path) -> None:
    """
    In a cell, which runs inside the kernel's event loop, a sync retry waits without a warning, and `await` works.
    """
    answer = python("-c", NOTEBOOK, IPYTHONDIR=str(tmp_path))

    assert "fetched / fetched in a task\n" == answer


def test_gevent() -> None:
    """
    With gevent patched in later than anew was imported, 50 greenlets wait at once, and hooks hear of all.
    """
    assert "50 {2} 0.0\n" == python("-c", GEVENT)


def test_a_timeout_of_gevent() -> None:
    """
    A Timeout of gevent ends a call that is retried.
    """
    assert "timed out after 1\n" == python("-c", GEVENT_TIMEOUT)
