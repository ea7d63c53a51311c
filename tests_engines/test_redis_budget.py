"""examples/redis_budget.py with a real server: the attempts that one budget allows, and calls that go on without it."""

from __future__ import annotations

import pickle
import re
import signal
import subprocess
import sys
import time
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
import redis
from engine_servers import ROOT, Server, free_port, python, until

EXAMPLE = ROOT / "examples" / "redis_budget.py"


@pytest.fixture(scope="module")
def recipe() -> Any:
    spec = spec_from_file_location("redis_budget", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["redis_budget"] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def taken(budget: Any) -> int:
    """How many retries the budget gives before it is empty."""
    return sum(iter(budget.take, False))


def test_eight_processes(redis_server: Server) -> None:
    """
    Eight processes whose 200 calls all fail make the ten retries of one budget.
    """
    assert "attempts: 210, not 1000\n" == python(str(EXAMPLE), redis_server.url).partition("retries")[0]


FLEET = """if True:
    import sys
    from redis_budget import shared
    from anew import RetryError, retry
    from anew.instrumentation import set_on_retry_hooks

    set_on_retry_hooks([])
    budget = shared(sys.argv[1], "fleet", floor=10, ratio=0.2, window=60, timeout=5)
    policy = retry(times=5, delay=0, budget=budget)

    def call(work):
        global attempts
        attempts = 0

        def attempt():
            global attempts
            attempts += 1
            work()

        try:
            policy.call(attempt)
        except RetryError:
            pass
        return attempts

    def down():
        raise ConnectionError

    for _ in range(50):
        call(int)
    budget.available  # tells
    print("told", flush=True)
    sys.stdin.readline()
    print(sum(call(down) for _ in range(50)))
"""


def test_successes_pay_for_the_fleet(redis_server: Server) -> None:
    """
    What eight processes have paid, together, is what they can spend, together: 10 + 0.2 x 400 retries, and no more.
    """
    command = [sys.executable, "-c", FLEET, redis_server.url]
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": EXAMPLE.parent}
    processes = [subprocess.Popen(command, **pipes) for _ in range(8)]
    assert ["told\n"] * 8 == [process.stdout.readline() for process in processes]
    attempts = [int(process.communicate("go\n", timeout=60)[0]) for process in processes]

    assert 8 * 50 + 10 + 0.2 * 400 == sum(attempts)


def test_it_is_a_retry_budget(redis_server: Server, recipe: Any) -> None:
    """
    Floor, ratio and window mean what they mean there: a cap that lapses, a token that is whole, nothing by time.
    """
    budget = recipe.RedisBudget(redis_server.url, "b", floor=2, ratio=0.5, window=0.5, timeout=5)
    assert 2.0 == budget.available
    assert 2 == taken(budget)
    time.sleep(0.6)
    assert 0.0 == budget.available

    for _ in range(3):
        budget.pay()
    assert 1.5 == budget.available
    assert [True, False] == [budget.take(), budget.take()]

    for _ in range(100):
        budget.pay()
    assert 2.0 + 0.5 * 103 >= budget.available > 50
    until(lambda: budget.available == 2.0)
    assert {b"balance"} == {*redis.Redis.from_url(redis_server.url).hgetall("b")}


def test_successes_are_told_once_a_second(redis_server: Server, recipe: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A success asks the store once a second at most, and what is told late is not lost.
    """
    asked: list[int] = []
    budget = recipe.RedisBudget(redis_server.url, "b", floor=0, timeout=5)
    script = budget._script
    monkeypatch.setattr(budget, "_script", lambda keys, values: (asked.append(values[-2]), script(keys, values))[1])
    monkeypatch.setattr(recipe, "PAUSE", 0.2)

    end = time.monotonic() + 0.5
    paid = 0
    while time.monotonic() < end:
        budget.pay()
        paid += 1

    assert 1 <= len(asked) <= 2
    assert budget.available == pytest.approx(paid / 5)
    assert paid == sum(asked)


def test_a_store_that_hangs(redis_server: Server, recipe: Any) -> None:
    """
    A store that does not answer is waited for 50 ms, and then left alone for a second; retries spend what is at home.
    """
    budget = recipe.RedisBudget(redis_server.url, "b", floor=5)
    for _ in range(10):
        budget.pay()
    assert budget.take()

    redis_server.process.send_signal(signal.SIGSTOP)
    start = time.monotonic()
    at_home = taken(budget)
    waited = time.monotonic() - start
    redis_server.process.send_signal(signal.SIGCONT)

    assert 2 == at_home  # what ten successes have earned, and no floor
    assert waited < 0.5  # though asked three times
    until(lambda: budget.available == 5.0)  # the store has heard of the first of these retries


def test_a_store_that_is_not_there(recipe: Any) -> None:
    """
    Without a server there are no errors, and no retries but those that the process has earned.
    """
    budget = recipe.RedisBudget(f"redis://127.0.0.1:{free_port()}", "b")
    assert 0 == taken(budget)
    for _ in range(5):
        budget.pay()
    assert 1.0 == budget.available
    assert 1 == taken(budget)


def test_it_travels(recipe: Any) -> None:
    """
    A budget that arrives by value is the budget of its key.
    """
    budget = recipe.shared("redis://127.0.0.1:1", "b", floor=3, ratio=0.2, window=10.0)

    assert budget is pickle.loads(pickle.dumps(budget))


def test_the_page_names_the_example() -> None:
    """
    docs/storm.md sends readers to it.
    """
    assert re.search(r"\]\(\.\./examples/redis_budget\.py\)", Path(ROOT, "docs", "storm.md").read_text())
