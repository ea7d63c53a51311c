"""RetryBudget: what successes pay for, and who may share it."""

from __future__ import annotations

import copy
import gc
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from fractions import Fraction
from importlib.util import module_from_spec, spec_from_file_location
from multiprocessing import get_all_start_methods, get_context
from types import SimpleNamespace
from typing import Any

import freezegun
import pytest
from conftest import cloudpickle
from hypothesis import given
from hypothesis import strategies as st

from anew import RetryBudget, RetryError, _budget, _clock, retry

take, pay = RetryBudget.take, RetryBudget.pay
METHODS = get_all_start_methods()


def taken(budget: RetryBudget, most: int = 1000) -> int:
    """How many retries the budget gives before it is empty."""
    return sum(take(budget) for _ in range(most))


def pay_times(budget: RetryBudget, successes: int) -> None:
    for _ in range(successes):
        pay(budget)


# In calls


def test_an_empty_budget_ends_calls(every_way: Any, hopeless: Any, clock: Any) -> None:
    """
    A call that finds no token gives up at once, with reason "budget", before any wait.
    """
    budget = RetryBudget(floor=3)
    policy = retry(times=3, delay=1.0, jitter=False, budget=budget)

    work = hopeless()
    with pytest.raises(RetryError) as first:
        every_way.run(policy, work)
    with pytest.raises(RetryError) as second:
        every_way.run(policy, work)

    assert ("attempts", 3) == (first.value.reason, first.value.attempts)
    assert ("budget", 2) == (second.value.reason, second.value.attempts)
    assert [1.0, 2.0, 1.0] == clock.waits
    assert 0.0 == budget.available


def test_the_first_attempt_is_free(every_way: Any, failing: Any) -> None:
    """
    A call that succeeds at once needs no token, and pays.
    """
    budget = RetryBudget(floor=0, ratio=0.5)

    assert "done" == every_way.run(retry(budget=budget), failing())
    assert 0.5 == budget.available


def test_one_success_pays_once(every_way: Any, failing: Any) -> None:
    """
    A call that succeeds at its third attempt has taken two tokens and paid the ratio once.
    """
    budget = RetryBudget(floor=5, ratio=0.2)

    assert "done" == every_way.run(retry(delay=0, budget=budget), failing(OSError, OSError))
    assert 3.2 == budget.available


def test_no_token_for_what_is_not_retried(way: Any, hopeless: Any) -> None:
    """
    A failure that is not ours, the last attempt and a wait beyond the timeout take no token.
    """
    budget = RetryBudget()
    for options, error in (
        ({"on": OSError}, ValueError),
        ({"times": 1}, RetryError),
        ({"delay": 9, "timeout": 1}, RetryError),
    ):
        with pytest.raises(error):
            way.run(retry(**options, budget=budget), hopeless(ValueError))

    assert 5.0 == budget.available


def test_a_budget_is_shared(failing: Any) -> None:
    """
    What one policy has spent, another with the same budget, or one made of it by `replace`, no longer has.
    """
    budget = RetryBudget(floor=2)
    reads, writes = retry(delay=0, budget=budget), retry(delay=0, times=9, budget=budget)

    assert "done" == reads.call(failing(OSError))
    assert "done" == writes.replace(times=5).call(failing(OSError))
    with pytest.raises(RetryError) as error:
        reads.call(failing(OSError))

    assert "budget" == error.value.reason
    assert str(error.value).endswith("failed after 1 attempt(s). Last error: OSError (reason: budget)")


# Tokens


def test_it_starts_with_its_floor() -> None:
    """
    A new budget allows `floor` retries, five by default.
    """
    assert 5.0 == RetryBudget().available
    assert 5 == taken(RetryBudget())
    assert 7 == taken(RetryBudget(floor=7))
    assert 0 == taken(RetryBudget(floor=0))


@pytest.mark.parametrize(
    ("ratio", "successes", "retries"),
    [
        (0.2, 5, 1),
        (0.1, 10, 1),
        (0.3, 10, 3),
        (0.7, 10, 7),
        (1 / 3, 3004, 1000),
        (0.001, 1000, 1),
        (0.0014, 1000, 1),
        (1, 4, 4),
        (2.5, 2, 5),
        (0, 1000, 0),
        (0.0, 1000, 0),
    ],
)
def test_successes_pay_thousandths(ratio: float, successes: int, retries: int) -> None:
    """
    So many successes pay for so many whole retries, and one success fewer for fewer; a ratio counts in thousandths.
    """
    budget = RetryBudget(floor=0, ratio=ratio)
    pay_times(budget, successes - 1)
    early = taken(budget, 10_000)

    pay(budget)

    assert retries == early + taken(budget, 10_000)
    assert early < retries or ratio == 0


def test_a_token_is_whole() -> None:
    """
    Four fifths of a token allow nothing, and are not lost.
    """
    budget = RetryBudget(floor=0)
    pay_times(budget, 4)

    assert not take(budget)
    assert 0.8 == budget.available

    pay(budget)

    assert take(budget)
    assert 0.0 == budget.available


def test_time_refills_nothing(clock: Any) -> None:
    """
    An empty budget stays empty until something succeeds.
    """
    budget = RetryBudget()
    taken(budget)
    clock.advance(1e9)

    assert 0.0 == budget.available
    assert not take(budget)


# The window


def test_the_cap_shrinks_with_the_window(clock: Any) -> None:
    """
    What successes have paid lapses with the window, down to the floor, and does not come back.
    """
    budget = RetryBudget()
    pay_times(budget, 100)
    assert 25.0 == budget.available

    clock.advance(9.5)
    assert 25.0 == budget.available

    clock.advance(0.5)
    assert 5.0 == budget.available

    pay(budget)
    assert 5.2 == budget.available


def test_what_is_below_the_cap_does_not_lapse(clock: Any) -> None:
    """
    Tokens that are paid stay, as long as there are fewer than the cap allows.
    """
    budget = RetryBudget()
    taken(budget)
    pay_times(budget, 10)
    clock.advance(1000)

    assert 2.0 == budget.available


def test_the_cap_lapses_in_slices(clock: Any) -> None:
    """
    A success counts for nine tenths of the window at least and never beyond it; a tenth of it lapses together.
    """
    budget = RetryBudget(floor=0, ratio=1, window=timedelta(seconds=100))
    for _ in range(20):  # one every five seconds: two in a slice
        pay(budget)
        clock.advance(5)

    seen = [20 - budget.available]
    for _ in range(20):
        clock.advance(5)
        seen.append(20 - budget.available)

    assert [2, 2, 4, 4, 6, 6, 8, 8, 10, 10, 12, 12, 14, 14, 16, 16, 18, 18, 20, 20, 20] == seen


@given(
    st.lists(st.sampled_from(["pay", "take"]) | st.floats(0, 30, allow_subnormal=False), min_size=1, max_size=60),
    st.integers(0, 3),
    st.sampled_from([0.0, 0.2, 0.5, 1.0, 3.0]),
)
def test_the_cap_holds(steps: list[Any], floor: int, ratio: float) -> None:
    """
    There is never more than floor + ratio x successes within the window, nor more than was paid and not spent.
    """
    ticks = SimpleNamespace(now=50.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_clock, "monotonic", lambda: ticks.now)
        budget, exact = RetryBudget(floor=floor, ratio=ratio), Fraction(str(ratio))
        paid: list[float] = []
        spent = 0
        for step in steps:
            if step == "pay":
                pay(budget)
                paid.append(ticks.now)
            elif step == "take":
                before = budget.available
                had = take(budget)
                assert had == (before >= 1)
                assert before - had == pytest.approx(budget.available)
                spent += had
            else:
                ticks.now += step
            longest, surely = (sum(ticks.now - when < width for when in paid) for width in (10, 9))

            assert budget.available <= float(min(floor + exact * longest, floor + exact * len(paid) - spent))
            if not spent and paid and ticks.now - paid[0] < 9:
                assert budget.available == float(floor + exact * surely)


@given(st.lists(st.sampled_from(["pay", "take", 0.3, 1.0, 4.0, 9.9, 25.0]), max_size=80))
def test_looking_changes_nothing(steps: list[Any]) -> None:
    """
    A budget that a dashboard looks at all the time gives what one gives that nobody looks at.
    """
    ticks = SimpleNamespace(now=0.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_clock, "monotonic", lambda: ticks.now)
        watched, alone = RetryBudget(ratio=0.5), RetryBudget(ratio=0.5)
        for step in steps:
            if step == "pay":
                pay(watched)
                pay(alone)
            elif step == "take":
                assert take(alone) == take(watched)
            else:
                ticks.now += step
            assert "RetryBudget" in repr(watched)
            assert watched.available >= 0

    assert alone.available == watched.available


def test_cost_and_memory_stay_flat(clock: Any) -> None:
    """
    After any number of successes, and any idle time, a budget keeps ten slices at most.
    """
    budget = RetryBudget(window=1)
    sizes = []
    for step in range(2000):
        clock.advance(0.013 if step % 500 else 1e6)
        pay(budget)
        assert len(budget._paid) <= 256
        if step % 7 == 0:
            assert 0 <= budget.available
            sizes.append(len(budget._slices))

    assert 10 == max(sizes)
    assert 1 == sizes[0] == min(sizes)


def test_windows_of_any_length(clock: Any) -> None:
    """
    The shortest and the longest window that a float can hold work.
    """
    for window in (5e-324, 1e308):
        budget = RetryBudget(floor=0, ratio=1, window=window)
        pay_times(budget, 3)
        assert 3.0 == budget.available
        assert 1 == len(budget._slices)

    clock.advance(1e6)
    assert 3.0 == budget.available


def test_a_clock_that_was_frozen(clock: Any) -> None:
    """
    What was paid in a future that a test's clock has left lapses, and successes count from then on as ever.
    """
    budget = RetryBudget(floor=1, ratio=1)
    frozen, now = 1e9, clock.now
    clock.now = frozen
    pay_times(budget, 20)
    assert 21.0 == budget.available

    clock.now = now
    assert 1.0 == budget.available
    pay_times(budget, 3)
    assert 4.0 == budget.available

    clock.now = frozen
    assert 1.0 == budget.available


@pytest.mark.real_time
def test_freezegun() -> None:
    """
    A budget that was used under freezegun goes on in real time, no richer and no poorer than its floor allows.
    """
    with freezegun.freeze_time("2030-01-01"):
        budget = RetryBudget(floor=2, ratio=1)
        pay_times(budget, 10)
        assert 12.0 == budget.available

    assert 2.0 == budget.available
    pay(budget)
    assert 3.0 == budget.available


# Options

INTEGER = "floor must be an integer from 0 to 1e15 (tokens to start with), got "
RATIO = "ratio must be 0 or a number from 0.001 to 1e15 (tokens that a success pays), got "
WINDOW = "window must be a finite duration > 0 in seconds or as timedelta, got "
NAME = "name must be a string, not empty, or None, got "


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"floor": -1}, ValueError, INTEGER + "-1"),
        ({"floor": 2.0}, TypeError, INTEGER + "2.0"),
        ({"floor": True}, TypeError, INTEGER + "True"),
        ({"floor": None}, TypeError, INTEGER + "None"),
        ({"floor": 10**15 + 1}, ValueError, INTEGER + "1000000000000001"),
        ({"ratio": -0.1}, ValueError, RATIO + "-0.1"),
        ({"ratio": 0.0009}, ValueError, RATIO + "0.0009"),
        ({"ratio": float("nan")}, ValueError, RATIO + "nan"),
        ({"ratio": float("inf")}, ValueError, RATIO + "inf"),
        ({"ratio": 10**400}, ValueError, RATIO + "1" + 400 * "0"),
        ({"ratio": 1e300}, ValueError, RATIO + "1e+300"),
        ({"ratio": 1.1e15}, ValueError, RATIO + "1100000000000000.0"),
        ({"ratio": False}, TypeError, RATIO + "False"),
        ({"ratio": "0.2"}, TypeError, RATIO + "'0.2'"),
        ({"ratio": timedelta(seconds=1)}, TypeError, RATIO + "datetime.timedelta(seconds=1)"),
        ({"window": 0}, ValueError, WINDOW + "0"),
        ({"window": -1.5}, ValueError, WINDOW + "-1.5"),
        ({"window": timedelta(0)}, ValueError, WINDOW + "datetime.timedelta(0)"),
        ({"window": float("inf")}, ValueError, WINDOW + "inf"),
        ({"window": None}, TypeError, WINDOW + "None"),
        ({"window": "10s"}, TypeError, WINDOW + "'10s'"),
        ({"window": True}, TypeError, WINDOW + "True"),
        ({"name": 5}, TypeError, NAME + "5"),
        ({"name": b"db"}, TypeError, NAME + "b'db'"),
        ({"name": ""}, ValueError, NAME + "''"),
    ],
)
def test_wrong_options(options: dict[str, Any], error: type[Exception], message: str) -> None:
    """
    A wrong option fails where it is written, with its name, its value and what is allowed.
    """
    with pytest.raises(error) as raised:
        RetryBudget(**options)

    assert message == str(raised.value)


def test_options_go_by_name() -> None:
    """
    There are no positional options, and no others than these four.
    """
    make: Any = RetryBudget
    for wrong in (lambda: make(5), lambda: make(size=5)):
        with pytest.raises(TypeError):
            wrong()


def test_looks() -> None:
    """
    The repr shows what there is, what could be, and the options.
    """
    budget = RetryBudget(ratio=0.2, window=timedelta(minutes=1))
    assert "<RetryBudget 5 of 5 tokens (floor=5, ratio=0.2, window=60.0)>" == repr(budget)

    pay_times(budget, 4)
    take(budget)
    take(budget)

    assert "<RetryBudget 3.8 of 5.8 tokens (floor=5, ratio=0.2, window=60.0)>" == repr(budget)
    assert repr(budget) in repr(retry(budget=budget))

    named = RetryBudget(ratio=1 / 3, name="test_looks")
    assert "<RetryBudget 5 of 5 tokens (floor=5, ratio=0.333, window=10.0, name='test_looks')>" == repr(named)


def test_a_budget_is_itself() -> None:
    """
    Budgets are equal only to themselves, can be keys and weakly referred to, and have three public names.
    """
    budget = RetryBudget()
    frozen: Any = budget

    assert budget != RetryBudget()
    assert {budget: 1}[budget]
    assert budget is weakref.ref(budget)()
    assert ["available", "pay", "take"] == [name for name in dir(budget) if not name.startswith("_")]
    with pytest.raises(AttributeError):
        frozen.available = 7
    with pytest.raises(AttributeError):
        frozen.floor = 7


# Who may share it


def pickled(budget: Any) -> Any:
    return pickle.loads(pickle.dumps(budget))


def cloudpickled(budget: Any) -> Any:
    return cloudpickle.loads(cloudpickle.dumps(budget))


CARRIERS = [pickled, cloudpickled, copy.copy, copy.deepcopy]


@pytest.mark.parametrize("carry", CARRIERS)
@pytest.mark.parametrize("name", [None, "test_a_copy_is_the_budget_itself"])
def test_a_copy_is_the_budget_itself(carry: Callable[[RetryBudget], RetryBudget], name: str | None) -> None:
    """
    In the process where a budget was made, copying and unpickling return the very object.
    """
    budget = RetryBudget(floor=3, ratio=0.7, window=60, name=name)

    assert budget is carry(budget)


@pytest.mark.parametrize("carry", CARRIERS)
def test_policies_keep_their_budget(carry: Callable[[Any], Any]) -> None:
    """
    Whatever is made of a policy has its budget: by `replace`, by copies and by unpickling.
    """
    budget = RetryBudget()
    policy: Any = retry(budget=budget)

    assert budget is policy.replace(times=5)._policy.budget
    assert budget is carry(policy)._policy.budget


def test_names() -> None:
    """
    The same name and settings return the same object; other settings are an error that shows what is there.
    """
    name = "test_names"
    budget = RetryBudget(floor=3, window=60, name=name)
    budget.take()

    assert budget is RetryBudget(floor=3, ratio=0.2, window=timedelta(minutes=1), name=name)
    assert 2.0 == RetryBudget(floor=3, window=60, name=name).available
    assert budget is not RetryBudget(floor=3, window=60)
    assert budget is not RetryBudget(floor=3, window=60, name=name + "!")
    for other in ({"floor": 2}, {"floor": 4}, {"ratio": 0.3}, {"window": 61}):
        with pytest.raises(ValueError, match=r"name must be another one, as <RetryBudget 2 of 3 .* got 'test_names'"):
            RetryBudget(**({"floor": 3, "window": 60} | other), name=name)


def test_named_budgets_stay() -> None:
    """
    A budget with a name is found again with what there was, though nobody has held it.
    """
    RetryBudget(name="test_named_budgets_stay").take()
    gc.collect()

    assert 4.0 == RetryBudget(name="test_named_budgets_stay").available


@pytest.mark.needs("processes")
@pytest.mark.parametrize("name", [None, "test_what_arrives_stays"])
def test_what_arrives_stays(name: str | None) -> None:
    """
    In another process, all that arrives under one key is one budget, which no job takes along when it ends.
    """
    budget = RetryBudget(floor=3, name=name)
    budget.take()
    code = """if True:
        import pickle, sys
        carried = sys.stdin.buffer.read()
        assert 3.0 == pickle.loads(carried).available
        for left in (2.0, 1.0, 0.0):
            assert pickle.loads(carried).take()
            assert left == pickle.loads(carried).available
        assert pickle.loads(carried) is pickle.loads(pickle.dumps(pickle.loads(carried)))
        sys.stdout.buffer.write(pickle.dumps(pickle.loads(carried)))
    """
    answer = subprocess.run(
        [sys.executable, "-c", code], input=pickle.dumps(budget), capture_output=True, check=True
    ).stdout

    assert budget is pickle.loads(answer)
    assert 2.0 == budget.available


@pytest.mark.needs("processes")
def test_what_arrives_under_a_name_that_is_there() -> None:
    """
    A budget that arrives with other settings under a known name is the one that is there: old workers' jobs go on.
    """
    old = pickle.dumps(RetryBudget(floor=3, name="test_what_arrives"))
    code = """if True:
        import pickle, sys, anew
        mine = anew.RetryBudget(floor=7, name="test_what_arrives")
        assert mine is pickle.loads(sys.stdin.buffer.read())
    """
    subprocess.run([sys.executable, "-c", code], input=old, check=True)


def test_a_budget_that_is_gone_may_come_back() -> None:
    """
    Where a nameless budget is gone, what arrives under its key is a new one, which stays.
    """
    budget = RetryBudget(floor=3)
    budget.take()
    carried = pickle.dumps(budget)
    del budget
    gc.collect()

    assert 3.0 == pickle.loads(carried).available
    pickle.loads(carried).take()
    assert 2.0 == pickle.loads(carried).available


def test_a_late_goodbye(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A budget whose end is noticed late does not take along the one that has come under its key.
    """
    budget = RetryBudget()
    key = budget._identity[0]
    gone, known = _budget._known[key], dict(_budget._known)
    monkeypatch.setattr(_budget, "_known", known)
    del known[key]
    again = RetryBudget._found(*budget._identity)

    gone.__callback__(gone)

    assert again is known[key]()


@pytest.mark.needs("processes")
@pytest.mark.real_time
@pytest.mark.parametrize("method", [method for method in ("fork", "spawn", "forkserver") if method in METHODS])
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_each_worker_process_has_one(method: str) -> None:
    """
    A budget that goes to a process pool by value, with each of many calls, bounds each process; none is spent here.
    """
    budget = RetryBudget(floor=2)
    policy = retry(times=9, delay=0, budget=budget)
    with ProcessPoolExecutor(1, mp_context=get_context(method)) as pool:
        errors = [pool.submit(policy.call, int, "x").exception() for _ in range(5)]

    assert [("budget", 3)] + 4 * [("budget", 1)] == [(error.reason, error.attempts) for error in errors]
    assert 2.0 == budget.available


@pytest.fixture
def crowded() -> Iterator[None]:
    """Threads take turns after every few instructions."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def in_threads(*works: Callable[[], object]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.needs("threads")
@pytest.mark.real_time
@pytest.mark.usefixtures("crowded")
def test_threads_take_no_token_twice() -> None:
    """
    However many threads contend for them, there are just as many retries as there were tokens.
    """
    budget = RetryBudget(floor=3000, window=1000)
    counts: list[int] = []

    in_threads(*[lambda: counts.append(taken(budget, 1000))] * 8)

    assert 3000 == sum(counts)
    assert 0.0 == budget.available


@pytest.mark.needs("threads")
@pytest.mark.real_time
@pytest.mark.usefixtures("crowded")
def test_threads_lose_no_payment() -> None:
    """
    However many threads pay and take at once, nothing is lost and nothing made up.
    """
    budget = RetryBudget(floor=0, ratio=0.3, window=1000)
    counts: list[int] = []

    def work() -> None:
        for _ in range(1000):
            pay(budget)
            counts.append(take(budget))

    in_threads(*[work] * 8)

    assert 8000 * 3 / 10 == sum(counts) + budget.available


@pytest.mark.needs("threads")
@pytest.mark.real_time
@pytest.mark.usefixtures("crowded")
def test_dashboards_see_whole_figures() -> None:
    """
    A thread that looks while others pay and take never sees a figure that cannot be.
    """
    budget = RetryBudget(floor=1, ratio=1, window=1000)
    seen: set[float] = set()

    def work() -> None:
        for _ in range(500):
            if take(budget):
                pay(budget)

    in_threads(*[work] * 3, lambda: seen.update(budget.available for _ in range(1000)))

    assert seen <= {0.0, 1.0}


def interrupt(monkeypatch: pytest.MonkeyPatch, handler: Callable[[], object]) -> None:
    """Let `handler` run once, while a budget asks for the time: right within its critical section."""
    handlers = [handler]

    def monotonic() -> float:
        if handlers:
            handlers.pop()()
        return 7.0

    monkeypatch.setattr(_clock, "monotonic", monotonic)


@pytest.mark.parametrize("outer", [pay, take])
@pytest.mark.parametrize("inner", [pay, take])
def test_signal_handlers(monkeypatch: pytest.MonkeyPatch, outer: Any, inner: Any) -> None:
    """
    A signal handler that retries, too, neither hangs nor gets lost, nor undoes what it interrupted.
    """
    worth = {pay: 0.5, take: -1.0}
    budget = RetryBudget(floor=5, ratio=0.5)

    interrupt(monkeypatch, lambda: inner(budget))
    outer(budget)

    assert 5 + worth[outer] + worth[inner] == budget.available


def test_a_signal_handler_takes_the_last_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    If a signal handler takes the last token from under a call, the call gets none.
    """
    budget = RetryBudget(floor=1)
    got: list[bool] = []

    interrupt(monkeypatch, lambda: got.append(take(budget)))
    got.append(take(budget))

    assert [True, False] == got


@pytest.mark.real_time
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no timers here")
def test_real_signals() -> None:
    """
    Signals that arrive at any instruction leave every token accounted for.
    """
    budget = RetryBudget(floor=0, ratio=1, window=1000)
    heard: list[bool] = []

    def handler(*_: object) -> None:
        pay(budget)
        heard.append(take(budget))

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 1e-4, 1e-4)
    try:
        end = time.monotonic() + 0.05
        paid = spent = 0
        while time.monotonic() < end:
            pay(budget)
            paid += 1
            spent += take(budget)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    assert paid + len(heard) == spent + sum(heard) + budget.available


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> Iterator[RetryBudget]:
    """A budget with 2.5 tokens that another thread is just looking at: it holds the lock until the test is over."""
    budget = RetryBudget(floor=2, ratio=0.5)
    pay(budget)
    within, go_on = threading.Event(), threading.Event()

    def monotonic() -> float:
        if threading.current_thread() is thread:
            within.set()
            go_on.wait(10)
        return 1000.0

    monkeypatch.setattr(_clock, "monotonic", monotonic)
    thread = threading.Thread(target=repr, args=(budget,))
    thread.start()
    within.wait(10)
    yield budget
    go_on.set()
    thread.join()


@pytest.mark.needs("processes", "threads")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_fork_while_the_lock_is_held(busy: RetryBudget) -> None:
    """
    A child that was forked while another thread was busy with the budget can use it, and finds it as it was.
    """
    child = os.fork()
    if child == 0:
        signal.alarm(10)  # the end, should it hang
        os._exit(taken(busy) * 10 + int(busy.available * 2))

    assert 2 * 10 + 0.5 * 2 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.needs("processes", "threads")
def test_a_child_has_a_lock_of_its_own(busy: RetryBudget) -> None:
    """
    What runs after a fork sees to that.
    """
    _budget._after_fork()

    assert take(busy)
    assert 1.5 == busy.available


def test_without_forks(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A system that has no forks has budgets all the same.
    """
    monkeypatch.delattr(os, "register_at_fork", raising=False)
    spec = spec_from_file_location("anew._budget_without_forks", _budget.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)

    assert 5.0 == module.RetryBudget().available


@pytest.mark.needs("reference counts")
def test_finished_budgets_go() -> None:
    """
    Nothing keeps a budget that nobody uses any more.
    """
    budget = RetryBudget()
    pay(budget)
    ref = weakref.ref(budget)
    del budget

    assert ref() is None
