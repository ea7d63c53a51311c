"""The examples of docs/engines.md do what they say. `redis_budget.py` has a file of tests of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

from engine_servers import ROOT, python

if TYPE_CHECKING:
    from engine_servers import Postgres


def test_celery_app() -> None:
    """
    A hiccup is retried in the task, an outage by the queue, and an order passes.
    """
    answer = python("examples/celery_app.py")

    assert [
        "a hiccup: paid 1 with 3 attempts",
        "an outage: paid 2 at the second run of the task",
        "an order: report 3",
        "budget: 0.4 of 5 tokens left",
    ] == answer.splitlines()


def test_dask_budget() -> None:
    """
    A hundred failing calls in two worker processes make 110 attempts, not 500.
    """
    assert "attempts: 110, not 500\n" == python("examples/dask_budget.py")


def test_fastapi_app() -> None:
    """
    Users are answered while the dependency is up and while it restarts; while it is down, a budget bounds the retries.
    """
    up, down, back, restarting, *metrics = python("examples/fastapi_app.py").splitlines()

    # Two of twenty are sold out, an answer that is no failure. Twenty successes have paid for four retries.
    assert "up:          18 x 200, 2 x 404; 9.0 tokens left" == up
    assert "down:        20 x 503; 0.0 tokens left" == down
    assert "back:        18 x 200, 2 x 404; 4.0 tokens left" == back
    assert re.fullmatch(r"restarting:  1 x 200; [123]\.2 tokens left", restarting)
    assert any(line.startswith('retry_budget_tokens{budget="stock"}') for line in metrics)
    retries = sum(float(line.split()[-1]) for line in metrics if line.startswith("anew_retries_total{"))
    assert 9 + 1 <= retries <= 9 + 3


def test_postgres_transactions(postgres: Postgres) -> None:
    """
    Two hundred transfers in each other's way, and a server that breaks down in between: each is made once.
    """
    command = [sys.executable, "-W", "error", "examples/postgres_transactions.py", postgres.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        while process.stdout.readline().split()[:1] == ["transfer"]:
            postgres.stop()
            postgres.start()
            break
        answer, log = process.communicate(timeout=60)

    assert 0 == process.returncode, log
    assert ["transfers: 200 of 200", "sum: 4000 of 4000", "balances: as the transfers say"] == answer.splitlines()[-3:]
    assert "SerializationFailure" in log
    assert re.search(r"AdminShutdown|CrashShutdown|OperationalError", log)
