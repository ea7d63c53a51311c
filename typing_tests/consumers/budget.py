"""`RetryBudget`: made by keyword, looked at, and handed to policies."""

from datetime import timedelta
from typing import Any, assert_type

from anew import Options, Retry, RetryBudget, retry

budget = RetryBudget()
assert_type(budget, RetryBudget)
RetryBudget(floor=10, ratio=0.1, window=60)
RetryBudget(floor=0, ratio=1, window=0.5)
RetryBudget(window=timedelta(minutes=1))
assert_type(RetryBudget(name="orders-db"), RetryBudget)
assert_type(budget.take(), bool)
budget.pay()

assert_type(budget.available, float)
print(budget.available >= 1)
budget.available = 5.0  # E
budget.floor = 5  # E
print(budget.floor)  # E
budget.take(1)  # E
budget.pay(1)  # E
budget()  # E

RetryBudget(10)  # E
RetryBudget(10, 0.1)  # E
RetryBudget(flor=10)  # E
RetryBudget(floor=1.5)  # E
RetryBudget(floor="10")  # E
RetryBudget(floor=None)  # E
RetryBudget(ratio="0.1")  # E
RetryBudget(ratio=None)  # E
RetryBudget(ratio=timedelta(seconds=1))  # E
RetryBudget(window="10")  # E
RetryBudget(window=None)  # E
RetryBudget(name=5)  # E


class Mine(RetryBudget):  # E
    pass


# As an option.
assert_type(retry(budget=budget), Retry[None])
assert_type(retry(on=OSError, budget=budget), Retry[None])
assert_type(retry(on=lambda exc: bool(exc.args), budget=None), Retry[None])
options: Options = {"budget": budget}
no_budget = Options(times=3, budget=None)
assert_type(retry(**options), Retry[None])
assert_type(options.get("budget"), RetryBudget | None)


@retry(budget=budget)
def fetch(url: str) -> bytes:
    return url.encode()


assert_type(fetch("x"), bytes)

retry(budget=5)  # E
retry(budget=0.2)  # E
retry(budget=True)  # E
retry(budget="api")  # E
retry(budget=RetryBudget)  # E
retry(budget=[budget])  # E
retry(budget=RetryBudget.available)  # E
retry(on=OSError, budget=5)  # E
retry(on=OSError, budget=RetryBudget)  # E
Options(budget=5)  # E
wrong: Options = {"budget": 5}  # E


def dynamic(anything: Any) -> None:
    RetryBudget(floor=anything, ratio=anything, window=anything, name=anything)
    retry(budget=anything)
