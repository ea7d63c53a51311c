"""A budget on Dask: one for each worker process, however often it travels.

    python examples/dask_budget.py

Dask sends functions by value, with the policy and its budget. A budget travels by key, so that each worker process has
one, and keeps it when the task is done: 100 failing calls in two processes make 110 attempts, not 500.
"""

from __future__ import annotations

from distributed import Client, LocalCluster

from anew import RetryBudget, RetryError, retry
from anew.instrumentation import set_on_retry_hooks

orders_db = RetryBudget(name="orders-db")  # floor=5


@retry(times=5, delay=0.001, budget=orders_db)
def load(order: int) -> str:
    """Load an order from a dependency that is down."""
    raise ConnectionError(f"no answer about {order}")


def attempts(order: int) -> int:
    """Count the attempts of one task."""
    try:
        load(order)
    except RetryError as error:
        return error.attempts
    return 0


def quiet() -> None:
    """Set up a worker: hooks do not travel. Forty warnings would be in the way here."""
    set_on_retry_hooks([])


def main() -> None:
    """Run 100 tasks on two workers."""
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        client.run(quiet)
        # Dask can retry a task by itself: `retries=0`, its default, so that attempts do not multiply.
        made = client.gather(client.map(attempts, range(100), retries=0))
        print(f"attempts: {sum(made)}, not 500")


if __name__ == "__main__":
    main()
