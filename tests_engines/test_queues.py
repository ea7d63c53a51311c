"""Task queues: their orders pass through a retry, results carry our errors, and budgets live as long as workers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import celery
import dramatiq
import engine_jobs as jobs
import huey
import pytest
import taskiq
from celery import exceptions as celery_exceptions
from celery.contrib.testing.worker import start_worker
from dramatiq import errors as dramatiq_errors
from dramatiq.brokers.stub import StubBroker
from dramatiq.results import Results
from dramatiq.results.backends import StubBackend
from engine_servers import Server, python
from huey import exceptions as huey_exceptions

from anew import RetryBudget, RetryError, retry

FACTS = (3, "attempts", True)


def counted(work: Callable[..., object]) -> tuple[Callable[..., object], list[int]]:
    """A retried function, and a list that grows with each of its attempts."""
    attempts: list[int] = []

    def counting(*args: object) -> object:
        attempts.append(1)
        return work(*args)

    counting.__qualname__ = counting.__name__ = "counting"
    return retry(times=3, delay=0)(counting), attempts


def raising(order: BaseException | type[BaseException]) -> Callable[..., object]:
    def work(*_: object) -> object:
        raise order

    return work


# Celery


@pytest.fixture
def app() -> Iterator[celery.Celery]:
    app = celery.Celery("tests", broker="memory://", backend="cache+memory://", set_as_current=False)
    app.conf.update(task_always_eager=True, broker_connection_retry_on_startup=False)
    yield app
    app.close()


def test_celery_retries_itself(app: celery.Celery) -> None:
    """
    `self.retry()` in a retried task is an order: the task runs once more for each, and not three times.
    """
    fn, attempts = counted(lambda self: self.retry(countdown=0))
    task = app.task(bind=True, max_retries=2, name="again")(fn)

    with pytest.raises(celery_exceptions.MaxRetriesExceededError):
        task.delay().get()

    assert 1 + 2 == len(attempts)


@pytest.mark.parametrize(
    "order",
    [
        celery_exceptions.Ignore(),
        celery_exceptions.Reject(),
        celery_exceptions.SoftTimeLimitExceeded(),
        celery_exceptions.Retry(),
    ],
    ids=lambda order: type(order).__name__,
)
def test_celery_orders(order: Exception) -> None:
    """
    Orders to Celery, and the end of a soft time limit, leave a retried function at once, as they are.
    """
    fn, attempts = counted(raising(order))

    with pytest.raises(type(order)) as raised:
        fn()

    assert order is raised.value
    assert 1 == len(attempts)


def test_celery_autoretry(app: celery.Celery) -> None:
    """
    `autoretry_for=(RetryError,)` runs the task again when anew has given up: times x runs, and no more.
    """
    fn, attempts = counted(raising(ConnectionError("down")))
    task = app.task(autoretry_for=(RetryError,), max_retries=1, default_retry_delay=0, name="auto")(fn)

    with pytest.raises(RetryError):
        task.delay().get()

    assert 3 * 2 == len(attempts)


def test_celery_carries_errors_as_json(app: celery.Celery) -> None:
    """
    A RetryError goes through a result store that knows nothing but JSON, and has its facts.
    """
    error = RetryError(3, ConnectionError("down", 7), reason="timeout", elapsed=1.5)
    carried = app.backend.exception_to_python(json.loads(json.dumps(app.backend.prepare_exception(error, "json"))))

    assert isinstance(carried, RetryError)
    assert (3, "timeout", 1.5) == (carried.attempts, carried.reason, carried.elapsed)
    assert isinstance(carried.last_exception, Exception)
    assert "down" in str(carried.last_exception)
    assert "Failed after 3 attempt(s)" in str(carried)


@pytest.mark.filterwarnings("default")  # of Celery's own, in its worker
def test_celery_worker(app: celery.Celery) -> None:
    """
    A worker in a thread, with messages as JSON: the facts arrive, and the budget of the process bounds all tasks.
    """
    app.conf.task_always_eager = False
    policy = retry(times=3, delay=0, budget=RetryBudget(floor=4))

    @app.task(name="down")
    @policy
    def down() -> None:
        raise ConnectionError("down")

    with start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=30):
        errors = [result.get(timeout=30, propagate=False) for result in [down.delay() for _ in range(4)]]

    assert [3, 3, 1, 1] == [error.attempts for error in errors]
    assert ["attempts", "attempts", "budget", "budget"] == [error.reason for error in errors]


# dramatiq


@pytest.fixture
def stub() -> Iterator[tuple[StubBroker, dramatiq.Worker]]:
    broker = StubBroker(middleware=[Results(backend=StubBackend())])
    broker.emit_after("process_boot")
    worker = dramatiq.Worker(broker, worker_timeout=20, worker_threads=1)
    worker.start()
    yield broker, worker
    worker.stop()
    broker.close()


def test_dramatiq(stub: tuple[StubBroker, dramatiq.Worker]) -> None:
    """
    An actor is a retried function: a hiccup is over before dramatiq hears of it.
    """
    broker, worker = stub
    answers: list[Exception] = [ConnectionError(), ConnectionError()]

    @dramatiq.actor(broker=broker, store_results=True)
    @retry(times=3, delay=0)
    def fetch(number: int) -> str:
        if answers:
            raise answers.pop()
        return f"done {number}"

    message = fetch.send(7)
    broker.join(fetch.queue_name, fail_fast=True, timeout=20_000)
    worker.join()

    assert "done 7" == message.get_result(backend=broker.get_results_backend())


@pytest.mark.parametrize("name", ["Retry"])
def test_dramatiq_orders(name: str) -> None:
    """
    An order to dramatiq leaves a retried actor at once.
    """
    order = getattr(dramatiq_errors, name)("later", delay=1000)
    fn, attempts = counted(raising(order))

    with pytest.raises(type(order)):
        fn()

    assert 1 == len(attempts)


@pytest.mark.parametrize("name", ["TimeLimitExceeded", "Shutdown"])
def test_dramatiq_interrupts(name: str) -> None:
    """
    The end of a time limit, and of the worker, leave a retried actor at once.
    """
    from dramatiq import middleware

    order = getattr(middleware, name)
    fn, attempts = counted(raising(order))

    with pytest.raises(order):
        fn()

    assert 1 == len(attempts)


# huey


def test_huey() -> None:
    """
    A task of an immediate huey is a retried function, and its orders leave at once.
    """
    queue = huey.MemoryHuey(immediate=True)
    answers: list[Exception] = [ConnectionError(), ConnectionError()]

    @queue.task()
    @retry(times=3, delay=0)
    def fetch(number: int) -> str:
        if answers:
            raise answers.pop()
        return f"done {number}"

    assert "done 7" == fetch(7).get(blocking=True, timeout=5)


@pytest.mark.parametrize("name", ["CancelExecution", "RetryTask"])
def test_huey_orders(name: str) -> None:
    """
    An order to huey leaves a retried task at once.
    """
    order = getattr(huey_exceptions, name)
    fn, attempts = counted(raising(order))

    with pytest.raises(order):
        fn()

    assert 1 == len(attempts)


# taskiq


def test_taskiq() -> None:
    """
    An async task in memory is a retried coroutine function; its error arrives as it is.
    """

    async def main() -> tuple[Any, Any]:
        broker = taskiq.InMemoryBroker()
        answers: list[Exception] = [ConnectionError(), ConnectionError()]

        @broker.task(task_name="fetch")
        @retry(times=3, delay=0)
        async def fetch(number: int) -> str:
            if answers:
                raise answers.pop()
            return f"done {number}"

        @broker.task(task_name="down")
        @retry(times=3, delay=0)
        async def down() -> None:
            raise ConnectionError("down")

        await broker.startup()
        fetched = await (await fetch.kiq(7)).wait_result(timeout=5)
        failed = await (await down.kiq()).wait_result(timeout=5)
        await broker.shutdown()
        return fetched, failed

    fetched, failed = asyncio.run(main())

    assert "done 7" == fetched.return_value
    assert isinstance(failed.error, RetryError)
    assert FACTS == jobs.facts_of(failed.error)[:3]


def test_taskiq_orders() -> None:
    """
    An order to taskiq leaves a retried task at once.
    """
    order = taskiq.exceptions.NoResultError
    fn, attempts = counted(raising(order))

    with pytest.raises(order):
        fn()

    assert 1 == len(attempts)


# rq


RQ = """if True:
    import sys
    import redis, rq
    import engine_jobs as jobs

    connection = redis.Redis.from_url(sys.argv[1])
    queue = rq.Queue(connection=connection)
    enqueued = [queue.enqueue(jobs.by_name) for _ in range(3)]
    worker = getattr(rq, sys.argv[2])([queue], connection=connection)
    worker.work(burst=True, logging_level="ERROR")
    print([job.latest_result().return_value[1] for job in enqueued])
"""


@pytest.mark.parametrize(("kind", "attempts"), [("SimpleWorker", [5, 2, 1]), ("Worker", [5, 5, 5])])
def test_rq(redis_server: Server, kind: str, attempts: list[int]) -> None:
    """
    A worker of rq forks for each job, which begins with a full budget; one that does not fork bounds all its jobs.
    """
    assert f"{attempts}\n" == python("-c", RQ, redis_server.url, kind, PYTHONWARNINGS="default")


def test_rq_orders() -> None:
    """
    The end of a job's time leaves a retried job at once.
    """
    import rq.timeouts

    order = rq.timeouts.JobTimeoutException
    fn, attempts = counted(raising(order))

    with pytest.raises(order):
        fn()

    assert 1 == len(attempts)
