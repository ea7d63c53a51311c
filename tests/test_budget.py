"""RetryBudget: what successes pay for, and who may share it."""

from __future__ import annotations

import copy
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
from itertools import pairwise
from multiprocessing import get_context
from types import SimpleNamespace
from typing import Any

import cloudpickle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anew import RetryBudget, RetryError, _budget, _clock, retry
from anew._budget import pay, take


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
    assert "Failed after 1 attempt(s). Last error: OSError (reason: budget)" == str(error.value)


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
        (1 / 3, 3, 1),
        (2 / 7, 7, 2),
        (0.001, 1000, 1),
        (0.1234567, 10**7, 1234567),
        (1, 4, 4),
        (2.5, 2, 5),
        (0, 1000, 0),
        (1e-300, 1000, 0),
    ],
)
def test_successes_pay_exactly(ratio: float, successes: int, retries: int) -> None:
    """
    So many successes pay for so many whole retries, and one success fewer for one retry fewer.
    """
    numerator, denominator = _budget._simplest_fraction(ratio)
    assert retries == successes * numerator // denominator

    if successes <= 1000:
        budget = RetryBudget(floor=0, ratio=ratio)
        pay_times(budget, successes - 1)
        assert taken(budget) == (successes - 1) * numerator // denominator
        pay(budget)
        assert retries == (successes - 1) * numerator // denominator + taken(budget)


@given(st.floats(0, 1e300))
def test_a_ratio_is_kept_exactly(ratio: float) -> None:
    """
    Whatever the ratio, no float is nearer to what is paid.
    """
    numerator, denominator = _budget._simplest_fraction(ratio)

    assert ratio == numerator / denominator


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
    for _ in range(20):  # one every five seconds: three in a slice, as its border belongs to it
        pay(budget)
        clock.advance(5)

    assert 20 - 3 == budget.available

    seen = []
    for _ in range(20):
        clock.advance(5)
        seen.append(20 - budget.available)

    assert [3, 3, 6, 6, 6, 9, 9, 9, 12, 12, 12, 15, 15, 15, 18, 18, 18, 20, 20, 20] == seen


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
        patch.setattr(_clock, "time", SimpleNamespace(monotonic=lambda: ticks.now))
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
        patch.setattr(_clock, "time", SimpleNamespace(monotonic=lambda: ticks.now))
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
        sizes.append(len(budget._state[3]))

    assert 9 <= max(sizes) <= 10
    assert 0 == sizes[0] == sizes[500]


def test_windows_of_any_length(clock: Any) -> None:
    """
    The shortest and the longest window that a float can hold work.
    """
    for window in (5e-324, 1e308):
        budget = RetryBudget(floor=0, ratio=1, window=window)
        pay_times(budget, 3)
        assert 3.0 == budget.available
        assert 0 == len(budget._state[3])

    clock.advance(1e6)
    assert 3.0 == budget.available


def test_a_clock_that_goes_back() -> None:
    """
    Successes count, even if the clock is set back under a budget, as simulations may do.
    """
    ticks = iter([100.0, 3.0, 3.0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_clock, "time", SimpleNamespace(monotonic=lambda: next(ticks)))
        budget = RetryBudget(floor=0, ratio=1)
        pay_times(budget, 2)
        assert 2.0 == budget.available


# Options


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"floor": -1},
            ValueError,
            "floor must be an integer from 0 to 1e15 (tokens to start with)",
        ),
        (
            {"floor": 2.0},
            TypeError,
            "floor must be an integer from 0 to 1e15 (tokens to start with)",
        ),
        ({"floor": True}, TypeError, "floor must be an integer from 0"),
        ({"floor": None}, TypeError, "floor=None is not allowed"),
        ({"ratio": -0.1}, ValueError, "ratio must be a number from 0 to 1e15"),
        ({"ratio": float("nan")}, ValueError, "ratio=nan is not allowed"),
        ({"ratio": float("inf")}, ValueError, "ratio=inf is not allowed"),
        ({"ratio": 10**400}, ValueError, "ratio=1000"),
        ({"ratio": False}, TypeError, "ratio must be a number from 0 to 1e15"),
        ({"ratio": "0.2"}, TypeError, "ratio='0.2' is not allowed"),
        ({"ratio": timedelta(seconds=1)}, TypeError, "ratio=datetime.timedelta(seconds=1) is not allowed"),
        (
            {"window": 0},
            ValueError,
            "window must be a finite duration > 0, in seconds or as timedelta",
        ),
        ({"floor": 10**16}, ValueError, f"floor must be an integer from 0 to 1e15"),
        ({"ratio": 1e300}, ValueError, "ratio must be a number from 0 to 1e15"),
        ({"window": -1.5}, ValueError, "window=-1.5 is not allowed"),
        ({"window": timedelta(0)}, ValueError, "window=datetime.timedelta(0) is not allowed"),
        ({"window": float("inf")}, ValueError, "window=inf is not allowed"),
        ({"window": None}, TypeError, "window=None is not allowed"),
        ({"window": "10s"}, TypeError, "window='10s' is not allowed"),
        ({"window": True}, TypeError, "window=True is not allowed"),
    ],
)
def test_wrong_options(options: dict[str, Any], error: type[Exception], message: str) -> None:
    """
    A wrong option fails where it is written, with its name, its value and what is allowed.
    """
    with pytest.raises(error) as raised:
        RetryBudget(**options)

    assert str(raised.value).startswith(message)


def test_options_go_by_name() -> None:
    """
    There are no positional options, and no others than these three.
    """
    make: Any = RetryBudget
    for wrong in (lambda: make(5), lambda: make(size=5)):
        with pytest.raises(TypeError):
            wrong()


def test_a_budget_must_be_one() -> None:
    """
    `budget=` takes a RetryBudget and nothing like it.
    """
    for wrong in (5, 0.2, RetryBudget, "5", {}):
        option: Any = wrong
        with pytest.raises(TypeError, match=r"budget=.*allowed: a RetryBudget, or None"):
            retry(budget=option)


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


def test_a_budget_is_itself() -> None:
    """
    Budgets are equal only to themselves, can be keys and weakly referred to, and have one public name.
    """
    budget = RetryBudget()
    frozen: Any = budget

    assert budget != RetryBudget()
    assert {budget: 1}[budget]
    assert budget is weakref.ref(budget)()
    assert ["available"] == [name for name in dir(budget) if not name.startswith("_")]
    with pytest.raises(AttributeError):
        frozen.available = 7
    with pytest.raises(AttributeError):
        frozen.floor = 7


# Who may share it


def pickled(budget: Any) -> Any:
    return pickle.loads(pickle.dumps(budget))


def cloudpickled(budget: Any) -> Any:
    return cloudpickle.loads(cloudpickle.dumps(budget))


@pytest.mark.parametrize("carry", [pickled, cloudpickled, copy.copy, copy.deepcopy])
def test_a_copy_is_another_budget(carry: Callable[[RetryBudget], RetryBudget]) -> None:
    """
    A copy has the same options and starts with its floor; what is spent from it is not spent from the first.
    """
    budget = RetryBudget(floor=3, ratio=0.7, window=60)
    pay_times(budget, 10)
    taken(budget)

    twin = carry(budget)

    assert "<RetryBudget 3 of 3 tokens (floor=3, ratio=0.7, window=60.0)>" == repr(twin)
    assert 3 == taken(twin)
    assert 0.0 == budget.available


def test_policies_keep_their_budget() -> None:
    """
    `replace` and `copy.copy` keep a policy's budget; a deep copy and an unpickled policy get one of their own.
    """
    budget = RetryBudget()
    policy: Any = retry(budget=budget)
    take(budget)

    assert budget is policy.replace(times=5)._policy.budget
    assert budget is copy.copy(policy)._policy.budget
    for twin in (copy.deepcopy(policy), pickled(policy)):
        assert 5.0 == twin._policy.budget.available


@pytest.mark.real_time
def test_each_worker_process_has_its_own() -> None:
    """
    A budget that is sent to a process pool arrives with its floor, and what is spent there is not spent here.
    """
    budget = RetryBudget(floor=2)
    take(budget)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool, pytest.raises(RetryError) as error:
        pool.submit(retry(times=9, delay=0, budget=budget).call, int, "x").result()

    assert ("budget", 3) == (error.value.reason, error.value.attempts)
    assert 1.0 == budget.available


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

    monkeypatch.setattr(_clock, "time", SimpleNamespace(monotonic=monotonic))


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
    """A budget with 2.5 tokens that another thread is just paying into: it holds the lock until the test is over."""
    budget = RetryBudget(floor=2, ratio=0.5)
    pay(budget)
    within, go_on = threading.Event(), threading.Event()

    def monotonic() -> float:
        if threading.current_thread() is thread:
            within.set()
            go_on.wait(10)
        return 1000.0

    monkeypatch.setattr(_clock, "time", SimpleNamespace(monotonic=monotonic))
    thread = threading.Thread(target=pay, args=(budget,))
    thread.start()
    within.wait(10)
    yield budget
    go_on.set()
    thread.join()


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
    assert 2.5 == busy.available


def test_a_child_has_a_lock_of_its_own(busy: RetryBudget) -> None:
    """
    What runs after a fork sees to that.
    """
    _budget._after_fork()

    assert take(busy)
    assert 1.5 == busy.available


def test_without_forks() -> None:
    """
    A system that has no forks has budgets all the same.
    """
    code = "import os; vars(os).pop('register_at_fork', None); import anew; print(anew.RetryBudget().available)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)

    assert "5.0\n" == answer.stdout


def test_finished_budgets_go() -> None:
    """
    Nothing keeps a budget that nobody uses any more.
    """
    budget = RetryBudget()
    pay(budget)
    ref = weakref.ref(budget)
    del budget

    assert ref() is None


def test_slices_are_kept_in_order(clock: Any) -> None:
    """
    Slices begin more than a tenth of the window apart.
    """
    budget = RetryBudget()
    for step in range(100):
        clock.advance(0.1 + step % 7 / 5)
        pay(budget)
        began = [began for began, _ in (*budget._state[3], budget._state[1:3])]
        assert all(later - earlier > 1.0 for earlier, later in pairwise(began))
