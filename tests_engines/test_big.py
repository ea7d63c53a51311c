"""What takes minutes: `nox -s engines-big`."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from engine_servers import Server, program, python, until

from anew import RetryError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.big


# Celery with a broker and a prefork pool

SHOP = """
import os, time
from celery import Celery
from anew import RetryBudget, RetryError, retry
from anew.instrumentation import set_on_retry_hooks

set_on_retry_hooks([])
app = Celery("shop", broker=os.environ["BROKER"], backend=os.environ["BROKER"])
app.conf.update(broker_connection_retry_on_startup=True)
budget = RetryBudget(name="orders-db")


@app.task
@retry(times=5, delay=0, budget=budget)
def down():
    raise ConnectionError(os.getpid())


@app.task(soft_time_limit=1)
@retry(times=None, delay=0.05)
def slow(path):
    with open(path, "a") as seen:
        print("attempt", file=seen)
    time.sleep(30)


@app.task(soft_time_limit=1)
@retry(times=None, delay=30, jitter=False)
def waiting(path):
    with open(path, "a") as seen:
        print("attempt", file=seen)
    raise ConnectionError


@app.task
@retry(times=None, delay=0.05, max_delay=0.05)
def forever(path):
    with open(path, "a") as seen:
        print("attempt", file=seen)
    raise ConnectionError


@app.task(bind=True, max_retries=2)
@retry(times=3, delay=0)
def again(self, path):
    with open(path, "a") as seen:
        print("attempt", file=seen)
    raise self.retry(countdown=0)
"""


@pytest.fixture
def shop(redis_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A Celery application whose worker has two processes."""
    broker = redis_server.url.replace("unix://", "redis+socket://")
    (tmp_path / "shop.py").write_text(SHOP)
    monkeypatch.setenv("BROKER", broker)
    monkeypatch.syspath_prepend(tmp_path)
    command = [sys.executable, "-m", "celery", "-A", "shop", "worker", "-c", "2", "-l", "WARNING", "-P", "prefork"]
    with subprocess.Popen(command, cwd=tmp_path, env=os.environ, start_new_session=True) as worker:
        try:
            import shop

            until(lambda: shop.app.control.ping(timeout=1), 60)
            yield shop
        finally:
            os.killpg(worker.pid, signal.SIGKILL)
            sys.modules.pop("shop", None)


def attempts_in(path: Path) -> int:
    return len(path.read_text().splitlines()) if path.exists() else 0


def test_celery_prefork(shop: Any) -> None:
    """
    Each process of a worker has one budget, whose attempts add up, and errors come back as JSON with their facts.
    """
    errors = [result.get(timeout=60, propagate=False) for result in [shop.down.delay() for _ in range(100)]]

    assert {RetryError} == {*map(type, errors)}
    assert 100 + 2 * 5 == sum(error.attempts for error in errors)


@pytest.mark.parametrize("name", ["slow", "waiting"])
def test_celery_soft_limits(shop: Any, tmp_path: Path, name: str) -> None:
    """
    A soft time limit ends a retried task, in an attempt and in a wait.
    """
    from celery.exceptions import SoftTimeLimitExceeded

    seen = tmp_path / "seen"
    start = time.monotonic()
    with pytest.raises(SoftTimeLimitExceeded):
        getattr(shop, name).delay(str(seen)).get(timeout=60)

    assert time.monotonic() - start < 15
    assert 1 == attempts_in(seen)


def test_celery_revokes(shop: Any, tmp_path: Path) -> None:
    """
    A task that is revoked with `terminate=True` makes no further attempt.
    """
    from celery.exceptions import TaskRevokedError

    seen = tmp_path / "seen"
    result = shop.forever.delay(str(seen))
    until(lambda: attempts_in(seen) > 2, 30)
    result.revoke(terminate=True)
    with pytest.raises(TaskRevokedError):
        result.get(timeout=30)
    ended = attempts_in(seen)
    time.sleep(0.5)

    assert ended == attempts_in(seen)


def test_celery_retries_itself(shop: Any, tmp_path: Path) -> None:
    """
    `self.retry()` in a retried task runs it three times with `max_retries=2`.
    """
    seen = tmp_path / "seen"
    with pytest.raises(Exception, match="again"):
        shop.again.delay(str(seen)).get(timeout=60)

    assert 3 == attempts_in(seen)


# Ray and Spark

RAY = """if True:
    import ray
    import engine_jobs as jobs
    from anew import RetryBudget, RetryError, retry
    from anew.instrumentation import set_on_retry_hooks

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, configure_logging=False)
    budget = RetryBudget()

    @ray.remote(max_retries=0)
    @retry(times=5, delay=0, budget=budget)
    def down():
        jobs.down()

    @ray.remote(max_retries=0)
    def count():
        try:
            retry(times=5, delay=0, budget=budget).call(jobs.down)
        except RetryError as error:
            return error.last_exception.args[0], error.attempts

    made = ray.get([count.remote() for _ in range(100)])
    workers = len({pid for pid, _ in made})
    try:
        ray.get(down.remote())
    except ray.exceptions.RayTaskError as error:
        cause = error.cause
    print(type(cause).__name__, sum(attempts for _, attempts in made) <= 100 + 5 * workers)
    ray.shutdown()
"""


def test_ray() -> None:
    """
    Each worker of Ray has one budget, and the error of a task is a RetryError.
    """
    pytest.importorskip("ray")

    assert "RetryError True\n" == python("-c", RAY, timeout=300, PYTHONWARNINGS="ignore")


SPARK = """if True:
    from pyspark.sql import SparkSession
    import engine_jobs as jobs
    from anew import RetryBudget, RetryError, retry

    spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    policy = retry(times=5, delay=0, budget=RetryBudget())

    def count(_):
        try:
            policy.call(jobs.down)
        except RetryError as error:
            return error.last_exception.args[0], error.attempts

    made = spark.sparkContext.parallelize(range(100), 10).map(count).collect()
    workers = len({pid for pid, _ in made})
    print(sum(attempts for _, attempts in made) <= 100 + 5 * workers)
    spark.stop()
"""


def test_spark() -> None:
    """
    Each Python worker of Spark has one budget.
    """
    pytest.importorskip("pyspark")
    program("java")

    answer = python("-c", SPARK, timeout=300, PYTHONWARNINGS="ignore", PYSPARK_PYTHON=sys.executable)
    assert "True\n" == answer


# Frozen programs

FROZEN = """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import anew
from anew.instrumentation import PrometheusHook, StructlogHook, set_on_retry_hooks
import prometheus_client, structlog

budget = anew.RetryBudget(floor=2)
policy = anew.retry(times=5, delay=0.001, budget=budget)


def down():
    raise ConnectionError("down")


def main():
    set_on_retry_hooks([StructlogHook(), PrometheusHook()])
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    try:
        policy.call(down)
    except anew.RetryError as error:
        print(error.attempts, error.reason)
    counted = prometheus_client.REGISTRY.collect()
    print(sum(sample.value for metric in counted for sample in metric.samples if "anew_retries_total" == sample.name))
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        error = pool.submit(policy.call, down).exception()
        print(type(error).__name__, error.attempts, error.reason)


if __name__ == "__main__":
    multiprocessing.freeze_support()
    main()
"""
PRINTED = ["3 budget", "2.0", "RetryError 3 budget"]


@pytest.mark.parametrize("tool", ["PyInstaller", "nuitka"])
def test_freezing(tool: str, tmp_path: Path) -> None:
    """
    A frozen program retries, logs, counts, and sends policies to its workers.
    """
    pytest.importorskip(tool)
    source = tmp_path / "frozen.py"
    source.write_text(FROZEN)
    if tool == "PyInstaller":
        command = ["PyInstaller", "--onedir", "--noconfirm", "--log-level", "ERROR"]
        made = tmp_path / "dist" / "frozen" / "frozen"
    else:
        if shutil.which("patchelf") is None or shutil.which("gcc") is None:
            pytest.skip("patchelf or gcc is missing: apt-get install patchelf gcc")
        command = ["nuitka", "--standalone", "--quiet", "--assume-yes-for-downloads", "--nofollow-import-to=pytest"]
        made = tmp_path / "frozen.dist" / "frozen.bin"
    subprocess.run([sys.executable, "-m", *command, str(source)], cwd=tmp_path, check=True, timeout=900)
    answer = subprocess.run([made], check=True, capture_output=True, text=True, timeout=120)

    assert PRINTED == answer.stdout.splitlines()
