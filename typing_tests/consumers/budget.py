"""`RetryBudget`: made by keyword, looked at, and handed to policies; and budgets of one's own."""

from datetime import timedelta
from typing import Any, assert_type

from typing_extensions import override

from anew import Budget, Options, Retry, RetryBudget, retry

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
assert_type(budget.take(), bool)
budget.take(1)  # E
budget.pay(1)  # E
print(budget.pay())  # E: mypy, zuban
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
assert_type(options.get("budget"), Budget | None)


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


# A budget of one's own: whatever has the two methods.
class Shared:
    def take(self) -> bool:
        return True

    def pay(self) -> None:
        print(self)


class Strict:
    def take(self, /) -> bool:
        return bool(self)

    def pay(self, /) -> None:
        print(self)


class Roomy(Shared):
    tokens: int = 5

    @override
    def take(self, count: int = 1) -> bool:
        return count <= self.tokens

    @override
    def pay(self, *shares: int, **more: int) -> None:
        print(shares, more)


class Declared(Budget):
    @override
    def take(self, /) -> bool:
        return False

    @override
    def pay(self, /) -> None:
        print(self)


class Static:
    @staticmethod
    def take() -> bool:
        return True

    @classmethod
    def pay(cls) -> None:
        print(cls)


class OnlyTakes:
    def take(self) -> bool:
        return True


class Counts:
    def take(self) -> int:
        return 1

    def pay(self) -> None:
        print(self)


class AsksHowMany:
    def take(self, count: int) -> bool:
        return count > 1

    def pay(self) -> None:
        print(self)


class Remote:
    async def take(self) -> bool:
        return True

    async def pay(self) -> None:
        print(self)


class PaysLater:
    def take(self) -> bool:
        return True

    async def pay(self) -> None:
        print(self)


class Forgets:
    def take(self) -> bool | None:
        return None

    def pay(self) -> None:
        print(self)


own: Budget = Shared()
assert_type(own.take(), bool)
retried: Budget = budget
assert_type(retry(budget=Shared()), Retry[None])
assert_type(retry(on=OSError, budget=Strict()), Retry[None])
assert_type(retry(times=3).replace(budget=Roomy()), Retry[None])
retry(budget=Declared())
retry(budget=Static())
retry(budget=own)
Options(budget=Shared())
retry(budget=OnlyTakes())  # E
retry(budget=Counts())  # E
retry(budget=AsksHowMany())  # E
retry(budget=Remote())  # E
retry(budget=Forgets())  # E
retry(budget=PaysLater())  # E
retry(budget=Shared)  # E
retry(on=OSError, budget=OnlyTakes())  # E
retry(times=3).replace(budget=OnlyTakes())  # E
Options(budget=Remote())  # E
not_one: Budget = Remote()  # E
own.take(1)  # E
own.refill()  # E
Budget()  # E


class Half(Budget):
    @override
    def take(self, /) -> str:  # E
        return ""

    @override
    def pay(self, /) -> None:
        print(self)


def dynamic(anything: Any) -> None:
    RetryBudget(floor=anything, ratio=anything, window=anything, name=anything)
    retry(budget=anything)
