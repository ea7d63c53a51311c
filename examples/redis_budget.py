"""One retry budget for a fleet: every process that uses it takes its tokens from one Redis server.

    python examples/redis_budget.py redis://localhost:6379

`RetryBudget` bounds each process. Where there are hundreds, their floors add up; without a floor, a process that calls
rarely never retries. `RedisBudget` is the same budget, kept in one place: a retry takes its token there, in one round
trip, and successes are told there at most once a second. If the server does not answer within 50 ms, it is left alone
for a second, and a budget of the process stands in that spends what the process itself has earned, and nothing more.

It works with any policy: `budget=` takes what has `take() -> bool` and `pay() -> None`.
"""

from __future__ import annotations

import functools
import subprocess
import sys
import threading
import time
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from anew import RetryBudget, RetryError, retry

PAUSE = 1.0  # seconds between two times that successes are told, and for which a store is left alone that is too slow

# The state is one hash: the balance, and the successes of each tenth of the window. A token is a thousand shares. The
# server's clock is the only one: no two processes need to agree on the time.
SCRIPT = """
local floor, pays, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local successes, wanted = tonumber(ARGV[4]), tonumber(ARGV[5])
local time = redis.call('TIME')
local current = math.floor((time[1] + time[2] / 1e6) / window * 10)
if successes > 0 then
    redis.call('HINCRBY', KEYS[1], current, successes)
end
local cap, balance = floor, floor
local state = redis.call('HGETALL', KEYS[1])
for at = 1, #state, 2 do
    local number, value = tonumber(state[at]), tonumber(state[at + 1])
    if not number then
        balance = value
    elseif number > current or current - number >= 10 then
        redis.call('HDEL', KEYS[1], state[at])
    else
        cap = cap + pays * value
    end
end
balance = math.min(balance + pays * successes, cap)
if balance < wanted then
    wanted = 0
end
redis.call('HSET', KEYS[1], 'balance', balance - wanted)
return {wanted, balance - wanted}
"""


class RedisBudget:
    """A `RetryBudget` that all processes share which name the same key on the same server.

    Threads and forked children may share it; pickled, it arrives as the budget of its key, one for each process.

    Parameters:
        url: of the server, as redis-py takes it.
        key: of the hash that holds the budget; one for each dependency.
        floor: tokens to start with, and to keep when nothing has succeeded for a window: for the whole fleet.
        ratio: tokens that a success pays, in thousandths.
        window: for how long successes raise what may be kept, in seconds.
        timeout: how long a call waits for the store, in seconds.
    """

    def __init__(
        self, url: str, key: str, *, floor: int = 5, ratio: float = 0.2, window: float = 10.0, timeout: float = 0.05
    ) -> None:
        self._made = functools.partial(shared, url, key, floor=floor, ratio=ratio, window=window, timeout=timeout)
        self._key = key
        self._settings = floor * 1000, round(ratio * 1000), window
        self._home = RetryBudget(floor=0, ratio=ratio, window=window)
        # redis-py would try again by itself, and wait in between: a budget must not take longer than the call.
        client = redis.Redis.from_url(
            url, socket_timeout=timeout, socket_connect_timeout=timeout, retry=Retry(NoBackoff(), 0)
        )
        self._script = client.register_script(SCRIPT)
        self._lock = threading.Lock()
        self._untold = 0  # successes
        self._told = time.monotonic()
        self._resume = 0.0

    def __reduce__(self) -> tuple[functools.partial[RedisBudget], tuple[()]]:
        return self._made, ()

    @property
    def available(self) -> float:
        """The tokens that the fleet has, for a gauge; what this process has earned while the server is left alone."""
        answer = self._ask(0)
        return self._home.available if answer is None else answer[1] / 1000

    def take(self) -> bool:
        """Take a token for a retry."""
        answer = self._ask(1000)
        return self._home.take() if answer is None else answer[0] > 0

    def pay(self) -> None:
        """Hear of a success."""
        self._home.pay()
        with self._lock:
            self._untold += 1
        if time.monotonic() - self._told >= PAUSE:
            self._ask(0)

    def _ask(self, shares: int) -> list[int] | None:
        """Tell the successes, and take so many shares; `None`: the server is left alone, or has not answered."""
        now = time.monotonic()
        if now < self._resume:
            return None
        with self._lock:
            successes, self._untold, self._told = self._untold, 0, now
        try:
            return self._script([self._key], [*self._settings, successes, shares])
        except redis.RedisError:
            # Whether the successes have arrived is not known. Retries that are not made are the lesser evil.
            self._resume = time.monotonic() + PAUSE
            return None


_budgets: dict[tuple[str, str], RedisBudget] = {}
_making = threading.Lock()


def shared(url: str, key: str, **settings: Any) -> RedisBudget:
    """Return the budget of a key: one for each process, however often it arrives. Pickles name this function."""
    with _making:
        if (url, key) not in _budgets:
            _budgets[url, key] = RedisBudget(url, key, **settings)
        return _budgets[url, key]


# Eight processes, whose dependency is down.

CALLS = 25


def work(url: str) -> int:
    """Call what is down; return the number of attempts."""
    attempts = 0
    # Eight interpreters that start at once on one machine keep it busy for longer than 50 ms.
    budget = shared(url, "budget:orders-db", floor=10, timeout=5.0)

    @retry(times=5, delay=0.001, budget=budget, name="load")
    def load() -> None:
        nonlocal attempts
        attempts += 1
        raise ConnectionError("down")

    for _ in range(CALLS):
        try:
            load()
        except RetryError:
            continue
    return attempts


def main(url: str, processes: int = 8) -> None:
    """Show that eight processes make the attempts that one budget allows."""
    redis.Redis.from_url(url).delete("budget:orders-db")
    command = [sys.executable, __file__, url, "work"]
    fleet = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(processes)]
    attempts = [int(process.communicate()[0]) for process in fleet]
    print(f"attempts: {sum(attempts)}, not {processes * CALLS * 5}")
    print(f"retries in each process: {[made - CALLS for made in attempts]}")


if __name__ == "__main__":
    if sys.argv[2:] == ["work"]:
        print(work(sys.argv[1]))
    else:
        main(*sys.argv[1:] or ["redis://localhost:6379"])
