"""Celery and anew: short waits here, long ones there, and neither multiplies the other.

    celery -A examples.celery_app worker        # with a broker; or, without one:
    python examples/celery_app.py

A task has two kinds of failures. A hiccup is over in a second: anew retries the call, inside the task, and the worker
waits. An outage lasts for minutes: no worker should wait for that, so the task goes back to the queue, by
`autoretry_for`, when anew has given up.
"""

from __future__ import annotations

import os

from celery import Celery

from anew import RetryBudget, RetryError, retry
from anew.instrumentation import LoggingHook, set_on_retry_hooks

app = Celery("shop", broker=os.environ.get("BROKER", "memory://"), backend=os.environ.get("BACKEND", "cache+memory://"))
payments = RetryBudget(name="payments")  # at module level: one for each worker process
answers: list[Exception | str] = []


# The order of the decorators: `@app.task` above, so that the queue gets the retried function. The policy belongs to the
# call that can fail, not to the whole task: what the task has done before is not done again.
@retry(times=3, delay=0.01, on=ConnectionError, budget=payments)
def pay(order: int) -> str:
    """Call the dependency."""
    answer = answers.pop(0) if answers else "paid"
    if isinstance(answer, Exception):
        raise answer
    return f"{answer} {order}"


# `autoretry_for` names `RetryError`: what anew has given up is tried again later, so that a call is made three times in
# each of four runs, and no more. With `reraise=True` in the policy, it would name `ConnectionError`.
@app.task(autoretry_for=(RetryError,), retry_backoff=60, max_retries=3)
def charge(order: int) -> str:
    """Charge an order, and come back in a minute if the dependency is down."""
    return pay(order)


@app.task(bind=True, max_retries=2)
@retry(times=3, delay=0.01)
def report(self: object, number: int) -> str:
    """Ask for another run: Celery's orders pass through a retry, which takes them for no failure."""
    if answers:
        answers.pop()
        raise self.retry(countdown=0)  # type: ignore[attr-defined]
    return f"report {number}"


def main() -> None:
    """Run the tasks in this process."""
    set_on_retry_hooks([LoggingHook()])
    app.conf.task_always_eager = True
    answers[:] = [ConnectionError("reset"), ConnectionError("reset")]
    print("a hiccup:", charge.delay(1).get(), "with", 3, "attempts")

    answers[:] = [ConnectionError("down")] * 4
    print("an outage:", charge.delay(2).get(), "at the second run of the task")

    answers[:] = ["ask again"]
    print("an order:", report.delay(3).get())
    print(f"budget: {payments.available:.1f} of 5 tokens left")


if __name__ == "__main__":
    main()
