"""How many retries a dependency gets: what its successes have paid for.

Theory of operation. A token is a thousand shares; all sums are integers. Two calls of the engine come here, and they
differ in how often they come:

- `pay()` ends every successful call. It appends the time to a journal, a deque, and leaves. An append is one step: no
  other thread, signal handler, finaliser or fork sees a part of it, so it needs no lock, which would double the price.
- `take()` precedes a retry. It settles the journal under the lock: the successes in it are counted by slices, a tenth
  of the window each, what is older than the window lapses, and the balance is cut to the cap. Whoever looks at
  `available` settles, too, and so does each 256th success, so that the journal stays short. It does not matter when,
  or how often, a budget settles: a success raises balance and cap alike, so what has lapsed is gone then or later.

The lock is re-entrant, because a signal handler or a finaliser may interrupt its holder and call what is retried. No
figure is written that was read before a call: `x += y` contains no point where CPython would run a handler or switch
threads. An interruption may find successes that are popped and not counted yet; they are counted when it is over.

A clock that was frozen by a test and runs again leaves slices that lie in the future. They lapse as well.

Budgets travel by key, as loggers do by name: the name, or random bytes. `_known` has a function for each budget that is
alive, which returns the budget. The function is a weak reference, except where a budget must not be forgotten: a named
one, or one that arrived by unpickling, where the job that brought it may end before the next one comes.

Law: a budget hears of successes and retries and of nothing else; no failure, wait or passing of time fills it. In each
process there is one budget for one key.
"""

from __future__ import annotations

import os
from _thread import RLock
from _weakref import ref
from collections import Counter, defaultdict, deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, cast, final

from . import _clock
from ._checks import duration, integer, option_error, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._types import Seconds

_TOKEN = 1000  # shares, as in gRPC
_SLICES = 10
_JOURNAL = 256  # successes: settling costs little for each, and the journal some kilobytes
_MOST = 10**15  # beyond all use, and all of it within floats


class Budget(Protocol):
    """What the option `budget` takes: `RetryBudget` is one, and whatever has these two methods.

    Both are called from all threads and tasks that share the budget, and must not wait for long.
    """

    def take(self, /) -> bool:
        """Take a token for a retry that will happen; `False`: there is none, and the call gives up."""
        ...

    def pay(self, /) -> None:
        """Hear of a call that succeeded."""
        ...


@final
class RetryBudget:
    """Paid for by successes, spent by retries: one for each dependency, shared by everything that calls it.

    A budget starts with `floor` tokens. A retry takes one, a success pays `ratio` of one, and no more than `floor +
    ratio x successes within the window` are kept. Where there is no whole token, a call gives up at once, with reason
    `"budget"`. Time refills nothing: while a dependency fails, the budget stays empty, and what it spends later is a
    fixed share of what succeeds. The first attempt of a call is never blocked.

    Threads, tasks and signal handlers may share it; a forked child goes on with what there was. It pickles and copies
    by key: a copy is the budget itself, and in another process all that arrives under one key is one budget, which
    starts with `floor` and is held for the life of the process. Create budgets at module level.

    Parameters:
        floor: tokens to start with, and to keep when nothing has succeeded for a window; 0 to 1e15.
        ratio: tokens that a success pays, in thousandths: 0, or 0.001 to 1e15; 0.2 allows one retry for five successes.
        window: for how long successes raise the cap, in seconds or as timedelta; more than 0. It is kept in ten
            slices, each of which lapses at once: a success counts for nine tenths of the window at least, and never
            beyond it.
        name: the key, for budgets that must be found again: the same name and settings return the same object, for
            the life of the process. Without a name, each budget has a key of its own.

    Raises:
        TypeError: a parameter is of a wrong type.
        ValueError: a parameter has a wrong value, or a budget of this name has other settings.
    """

    __slots__ = ("__weakref__", "_balance", "_cap", "_identity", "_paid", "_pays", "_slice", "_slices")

    def __new__(
        cls, *, floor: int = 5, ratio: float = 0.2, window: Seconds = 10.0, name: str | None = None
    ) -> RetryBudget:
        start = integer("floor", floor, "an integer from 0 to 1e15 (tokens to start with)", 0, _MOST) * _TOKEN
        is_number = isinstance(cast("object", ratio), int | float) and not isinstance(ratio, bool)
        if not is_number or (ratio != 0 and not 1 / _TOKEN <= ratio <= _MOST):
            error = ValueError if is_number else TypeError
            raise option_error(error, "ratio", ratio, "0 or a number from 0.001 to 1e15 (tokens that a success pays)")
        settings = start, round(ratio * _TOKEN), duration("window", window, positive=True)
        key = os.urandom(16) if name is None else text("name", name, "a string, not empty, or None")
        budget = RetryBudget._found(key, settings, keep=name is not None)
        if budget._identity != (key, settings):  # noqa: SLF001 - one of our own
            raise option_error(ValueError, "name", name, f"another one, as {budget!r} has other settings")
        return budget

    @staticmethod
    def _found(key: str | bytes, settings: tuple[int, int, float], *, keep: bool = True) -> RetryBudget:
        """Return the budget of this key, whatever its settings, or make one. Pickles name this function."""
        with _lock:
            budget = _known.get(key, lambda: None)()
            if budget is None:
                budget = object.__new__(RetryBudget)
                budget._begin(key, settings)
                _known[key] = (lambda: budget) if keep else ref(budget, lambda gone: _forget(key, gone))
            return budget

    def _begin(self, key: str | bytes, settings: tuple[int, int, float]) -> None:
        self._identity = key, settings
        self._balance, self._pays, window = settings
        self._cap, self._slice = self._balance, max(window / _SLICES, 1e-9)  # no clock is finer
        # The journal: when each success was that is not counted yet; a slice's number from the clock's zero on -> its
        # successes.
        self._paid, self._slices = deque[float](), defaultdict[float, int](int)

    @property
    def available(self) -> float:
        """The tokens that there are, parts of one included. A retry needs a whole one."""
        return self._settle() / _TOKEN

    def take(self) -> bool:
        """Take a token for a retry that will happen; `False`: there is none, and nothing is taken."""
        with _lock:
            self._settle()
            if is_there := self._balance >= _TOKEN:
                self._balance -= _TOKEN
            return is_there

    def pay(self) -> None:
        """Hear of a success."""
        paid = self._paid
        paid.append(_clock.monotonic())
        if len(paid) >= _JOURNAL:
            self._settle()

    def _settle(self) -> int:
        with _lock:
            past = list[float]()
            with suppress(IndexError):
                while True:  # not `while self._paid`: a handler that settles as well may come after the test
                    past.append(self._paid.popleft() // self._slice)
            for number, successes in Counter(past).items():
                self._slices[number] += successes
                self._balance += successes * self._pays
                self._cap += successes * self._pays
            # Read after the journal, of which no time is later.
            current = _clock.monotonic() // self._slice
            for number in list(self._slices):
                if not 0 <= current - number < _SLICES:
                    lapsed = self._slices.pop(number, 0)
                    self._cap -= lapsed * self._pays
            if self._balance > self._cap:  # noqa: PLR1730 - min() is a call: see the theory
                self._balance = self._cap
            return self._balance

    def __repr__(self) -> str:
        key, (floor, ratio, window) = self._identity
        options = f"floor={floor // _TOKEN}, ratio={ratio / _TOKEN}, window={window}"
        options += f", name={key!r}" if isinstance(key, str) else ""
        return f"<RetryBudget {self.available:.10g} of {self._cap / _TOKEN:.10g} tokens ({options})>"

    def __reduce__(self) -> tuple[Any, ...]:
        return RetryBudget._found, self._identity


# One for all budgets: it is held for some microseconds, and a forked child has but one to replace.
_lock = RLock()
_known: dict[str | bytes, Callable[[], RetryBudget | None]] = {}


def _forget(key: str | bytes, gone: ref[RetryBudget]) -> None:
    with _lock:
        if _known.get(key) is gone:  # else another has arrived under its key
            del _known[key]


def _after_fork() -> None:
    global _lock  # noqa: PLW0603 - the old one's holder may have stayed behind, in the parent
    _lock = RLock()


if hasattr(os, "register_at_fork"):  # a system without it has no forks
    os.register_at_fork(after_in_child=_after_fork)
