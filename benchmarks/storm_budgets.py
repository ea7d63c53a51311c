"""
Budgets for the simulations: anew's own, behind the face they all have here, and those of others, from their documents.

One object stands for one client process.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from anew import RetryBudget, _clock

# What lives in the world and not in a process. Each world begins without.
STORE: dict[str, Any] = {}


class Budget:
    """
    No limit: every retry that the policy wants is made. What the others have to hear of is here.
    """

    def sent(self, num: int) -> None:
        """
        An attempt is sent, after `num` that failed.
        """

    def ended(self, num: int, exc: Exception | None) -> None:
        """
        That attempt has failed with `exc`, or succeeded.
        """

    def take(self, exc: Exception) -> int | None:
        """
        What a retry after `exc` takes; `None`: it must not be made.
        """
        return 0

    def paid(self, cost: int) -> None:
        """
        A call has succeeded; `cost` is what its last retry took.
        """


class NoRetries(Budget):
    """
    What nobody can beat in an overload.
    """

    def take(self, exc: Exception) -> int | None:
        return None


class Anew(Budget):
    """
    The real one.
    """

    def __init__(self, **options: Any) -> None:
        self._budget = RetryBudget(**options)

    def take(self, exc: Exception) -> int | None:
        return 0 if self._budget.take() else None

    def paid(self, cost: int) -> None:
        self._budget.pay()


class Shared(Budget):
    """
    One `RetryBudget` for all processes, as in examples/redis_budget.py.

    A token is taken at once, and whoever takes one tells first how many calls have succeeded; else a process tells so
    at most once a second.
    """

    def __init__(self, **options: Any) -> None:
        self._budget: RetryBudget = STORE.setdefault("budget", RetryBudget(**options))
        self._untold = 0
        self._next = _clock.monotonic() + 1

    def take(self, exc: Exception) -> int | None:
        self._tell()
        return 0 if self._budget.take() else None

    def paid(self, cost: int) -> None:
        self._untold += 1
        if _clock.monotonic() >= self._next:
            self._tell()

    def _tell(self) -> None:
        for _ in range(self._untold):
            self._budget.pay()
        self._untold = 0
        self._next = _clock.monotonic() + 1


class Limiter(Budget):
    """
    One rate limiter for all processes, which time refills: so many retries a second, with so many in reserve.
    """

    def __init__(self, per_second: float = 5, most: float = 5) -> None:
        self._per_second = per_second
        self._most = most
        self._state = STORE.setdefault("limiter", {"tokens": most, "when": 0.0})

    def take(self, exc: Exception) -> int | None:
        state, now = self._state, _clock.monotonic()
        tokens = min(self._most, state["tokens"] + self._per_second * (now - state["when"]))
        state["when"] = now
        state["tokens"] = tokens - (tokens >= 1)
        return 0 if tokens >= 1 else None


class Aws(Budget):
    """
    The retry quota of the AWS SDKs' standard mode, one for each client.

    It holds 500, a retry takes 5 (10 after a timeout), a success gives back what its retry took, or else 1. The costs
    are those of the SDKs for JavaScript v3 and Rust; botocore 1.44 takes 14, whatever the failure, but for throttling.
    """

    CAPACITY = 500

    def __init__(self, cost: int = 5, after_timeout: int = 10) -> None:
        self._left = self.CAPACITY
        self._cost = cost
        self._after_timeout = after_timeout

    def take(self, exc: Exception) -> int | None:
        cost = self._after_timeout if isinstance(exc, TimeoutError) else self._cost
        if cost > self._left:
            return None
        self._left -= cost
        return cost

    def paid(self, cost: int) -> None:
        self._left = min(self.CAPACITY, self._left + (cost or 1))


class Grpc(Budget):
    """
    Retry throttling of gRPC, one for each server name, with the figures of its proposal A6, "gRPC Retry Design".

    Each attempt that fails takes one token, each that succeeds adds `ratio`; retries only above half of `most`.
    """

    def __init__(self, most: float = 10, ratio: float = 0.1) -> None:
        self._most = self._tokens = most
        self._ratio = ratio

    def ended(self, num: int, exc: Exception | None) -> None:
        if exc is None:
            self._tokens = min(self._most, self._tokens + self._ratio)
        else:
            self._tokens = max(0.0, self._tokens - 1)

    def take(self, exc: Exception) -> int | None:
        return 0 if self._tokens > self._most / 2 else None


class Finagle(Budget):
    """
    `RetryBudget` of Finagle, as its clients have it by default; Linkerd's and Tower's are made after it.

    Each call pays `share` of a retry, whether it succeeds or not; ten retries a second come on top. Payments and
    withdrawals are forgotten after `ttl` seconds, in ten slices.
    """

    def __init__(self, ttl: float = 10.0, per_second: float = 10.0, share: float = 0.2) -> None:
        self._slice = ttl / 10
        self._reserve = per_second * ttl
        self._share = share
        self._sums = [0.0] * 10
        self._index = 0

    def _now(self) -> int:
        index = int(_clock.monotonic() / self._slice)
        for passed in range(max(self._index + 1, index - 9), index + 1):
            self._sums[passed % 10] = 0.0
        self._index = index
        return index % 10

    def sent(self, num: int) -> None:
        if num == 0:
            self._sums[self._now()] += self._share

    def take(self, exc: Exception) -> int | None:
        now = self._now()
        if sum(self._sums) + self._reserve < 1:
            return None
        self._sums[now] -= 1
        return 0


class Envoy(Budget):
    """
    `retry_budget` of Envoy's circuit breakers with its defaults, one for each proxy: here one beside each process.

    As many retries at a time, waiting ones included, as a fifth of the requests that are on their way, or three.
    """

    def __init__(self, share: float = 0.2, at_least: int = 3) -> None:
        self._share = share
        self._at_least = at_least
        self._active = 0
        self._retries = 0

    def sent(self, num: int) -> None:
        self._active += 1

    def ended(self, num: int, exc: Exception | None) -> None:
        self._active -= 1
        if num > 0:
            self._retries -= 1

    def take(self, exc: Exception) -> int | None:
        if self._retries >= max(int(self._share * self._active), self._at_least):
            return None
        self._retries += 1
        return 0


def botocore() -> Aws:
    return Aws(cost=14, after_timeout=14)


BUDGETS: Mapping[str, Callable[[], Budget]] = {
    "no budget": Budget,
    "no retries": NoRetries,
    "`RetryBudget()`": Anew,
    "AWS SDKs": Aws,
    "botocore 1.44": botocore,
    "gRPC": Grpc,
    "Finagle": Finagle,
    "Envoy": Envoy,
}
# For what many processes may send together.
FLEETS: Mapping[str, Callable[[], Budget]] = {
    "no retries": NoRetries,
    "`RetryBudget()` in each": Anew,
    "`floor=1` in each": partial(Anew, floor=1),
    "`floor=0` in each": partial(Anew, floor=0),
    "one `RetryBudget()` for all": Shared,
    "five retries a second for all": Limiter,
}
