"""Switches: no retries, or no waits, in the whole process."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import trio

from anew import (
    RetryBudget,
    RetryError,
    TryAgain,
    _clock,
    _modes,
    is_active,
    is_testing,
    retry,
    set_active,
    set_testing,
)
from anew.instrumentation import RetryDetails, set_on_retry_hooks


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Retries are on, and waits too, before and after each test."""
    assert (True, False) == (is_active(), is_testing())
    yield
    set_active(True)
    set_testing(False)


@pytest.fixture
def inactive() -> None:
    """Retries are off."""
    set_active(False)


@pytest.fixture
def testing() -> Iterator[None]:
    """Waits are off, and three attempts are made."""
    with set_testing(True, attempts=3):
        yield


@pytest.fixture(params=["inactive", "testing"])
def mode(request: pytest.FixtureRequest) -> str:
    """Either of them."""
    request.getfixturevalue(request.param)
    return request.param


Kind = Callable[[Any, Any], Callable[[], object]]


def function(policy: Any, work: Any) -> Callable[[], object]:
    return policy(lambda: work())


def call(policy: Any, work: Any) -> Callable[[], object]:
    return lambda: policy.call(work)


def block(policy: Any, work: Any) -> Callable[[], object]:
    def run() -> object:
        for attempt in policy:
            with attempt:
                return work()
        raise AssertionError

    return run


def running_block(policy: Any, work: Any) -> Callable[[], object]:
    attempts = iter(policy)

    def run() -> object:
        while True:
            with attempts:
                return work()

    return run


def generator(policy: Any, work: Any) -> Callable[[], object]:
    @policy
    def items() -> Any:
        yield work()

    return lambda: next(items())


def coroutine(policy: Any, work: Any) -> Callable[[], object]:
    @policy
    async def fetch() -> Any:
        return work()

    return lambda: asyncio.run(fetch())


def async_generator(policy: Any, work: Any) -> Callable[[], object]:
    @policy
    async def items() -> Any:
        yield work()

    async def first() -> Any:
        (item,) = [item async for item in items()]
        return item

    return lambda: asyncio.run(first())


def async_block(policy: Any, work: Any) -> Callable[[], object]:
    async def run() -> object:
        async for attempt in policy:
            async with attempt:
                return work()
        raise AssertionError

    return lambda: asyncio.run(run())


@pytest.fixture(
    params=[function, call, block, running_block, generator, coroutine, async_generator, async_block],
    ids=lambda make: make.__name__,
)
def made_before(request: pytest.FixtureRequest) -> Kind:
    """Makes what is retried, to be run later."""
    return request.param


class TestInactive:
    @pytest.mark.parametrize("times", [1, 3, None])
    def test_one_attempt(self, way: Any, hopeless: Any, clock: Any, inactive: None, times: int | None) -> None:
        """
        While retries are off, one attempt is made, and its failure is raised as it is when attempts are used up.
        """
        work = hopeless()

        with pytest.raises(RetryError) as caught:
            way.run(retry(times=times), work)

        error = caught.value
        assert 1 == work.calls == error.attempts
        assert isinstance(error.last_exception, ConnectionError)
        assert error.last_exception is error.__cause__
        assert "attempts" == error.reason
        assert 0.0 == error.elapsed
        assert [] == clock.waits

    def test_reraise(self, way: Any, hopeless: Any, inactive: None) -> None:
        """
        With `reraise=True` that is the exception itself, with its note.
        """
        work = hopeless()

        with pytest.raises(ConnectionError) as caught:
            way.run(retry(reraise=True, name="fetch"), work)

        assert 1 == work.calls
        assert ["anew: fetch gave up after 1 attempt(s), reason: attempts (no attempts left)"] == caught.value.__notes__

    def test_what_is_not_ours(self, way: Any, hopeless: Any, inactive: None) -> None:
        """
        What `on` does not cover leaves as it is.
        """
        with pytest.raises(ConnectionError) as caught:
            way.run(retry(on=KeyError), hopeless())

        assert caught.value.__context__ is None
        assert not hasattr(caught.value, "__notes__")

    def test_success(self, way: Any, failing: Any, inactive: None) -> None:
        """
        What succeeds, succeeds.
        """
        assert "done" == way.run(retry(), failing())

    def test_callbacks(self, way: Any, failing: Any, hopeless: Any, inactive: None) -> None:
        """
        Callbacks hear of success and of giving up, as ever.
        """
        heard: list[object] = []

        def given_up(error: RetryError) -> None:
            heard.append(error.attempts)

        policy = retry(on_retry=lambda *what: heard.append(what), on_success=heard.append, on_failure=given_up)
        way.run(policy, failing())
        assert [1] == heard

        with pytest.raises(RetryError):
            way.run(policy, hopeless())
        assert [1, 1] == heard

    @pytest.mark.parametrize("wait", [True, 0, 5.0, timedelta(days=1)])
    def test_hooks_are_asked(self, way: Any, hopeless: Any, clock: Any, inactive: None, wait: Any) -> None:
        """
        `on` is still asked whose failure it is; the wait it wants is of no account.
        """
        asked: list[Exception] = []

        with pytest.raises(RetryError) as caught:
            way.run(retry(on=lambda exc: asked.append(exc) or wait), hopeless())

        assert [caught.value.last_exception] == asked
        assert [] == clock.waits

    def test_timeout(self, way: Any, hopeless: Any, clock: Any, inactive: None) -> None:
        """
        With a timeout that is long over, the reason still is that there is one attempt.
        """

        def work() -> None:
            clock.advance(60)
            raise OSError

        with pytest.raises(RetryError) as caught:
            way.run(retry(timeout=1), work)

        assert "attempts" == caught.value.reason

    def test_it_wins(self, way: Any, hopeless: Any, inactive: None) -> None:
        """
        Off is off, also while testing.
        """
        work = hopeless()

        with set_testing(True, attempts=5), pytest.raises(RetryError):
            way.run(retry(), work)

        assert 1 == work.calls

    def test_in_the_middle(self, every_way: Any, clock: Any) -> None:
        """
        A call that is already retrying makes one more attempt, which is its last.
        """
        calls = 0

        def work() -> None:
            nonlocal calls
            calls += 1
            if calls == 3:
                set_active(False)
            raise OSError

        with pytest.raises(RetryError) as caught:
            every_way.run(retry(times=None, jitter=False), work)

        assert 3 == calls == caught.value.attempts
        assert [1, 2] == clock.waits

    def test_in_the_wait(self, every_way: Any, hopeless: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        A call that is waiting makes the attempt that it waits for, as its last.
        """

        async def switch_off(seconds: float) -> None:
            set_active(False)

        monkeypatch.setattr(_clock.time, "sleep", lambda seconds: set_active(False))
        monkeypatch.setattr(asyncio, "sleep", switch_off)
        monkeypatch.setattr(trio, "sleep", switch_off)
        work = hopeless()

        with pytest.raises(RetryError):
            every_way.run(retry(times=9), work)

        assert 2 == work.calls

    def test_on_again(self, way: Any, hopeless: Any) -> None:
        """
        Switched on again, everything is as before; switching twice is switching once.
        """
        policy = retry(times=4)
        seen = []
        for active in (False, False, True, True, False):
            set_active(active)
            assert active is is_active()
            work = hopeless()
            with pytest.raises(RetryError):
                way.run(policy, work)
            seen.append(work.calls)

        assert [1, 1, 4, 4, 1] == seen

    def test_what_was_made_before(self, made_before: Kind, hopeless: Any, clock: Any) -> None:
        """
        What was decorated, and which block was begun, before the switch obeys it.
        """
        work = hopeless()
        run = made_before(retry(times=5), work)
        set_active(False)

        with pytest.raises(RetryError):
            run()

        assert 1 == work.calls
        assert [] == clock.waits


class TestTesting:
    @pytest.mark.parametrize(
        ("times", "attempts", "cap", "calls"),
        [
            (5, 1, False, 1),
            (5, 3, False, 3),
            (5, 7, False, 7),
            (None, 2, False, 2),
            (1, 2, False, 2),
            (5, 1, True, 1),
            (5, 3, True, 3),
            (5, 7, True, 5),
            (None, 2, True, 2),
            (1, 2, True, 1),
        ],
    )
    def test_attempts(
        self, way: Any, hopeless: Any, clock: Any, times: Any, attempts: int, cap: bool, calls: int
    ) -> None:
        """
        While testing, `attempts` are made, with `cap` not more than `times`, and nobody waits.
        """
        work = hopeless()

        with set_testing(True, attempts=attempts, cap=cap), pytest.raises(RetryError) as caught:
            way.run(retry(times=times), work)

        assert calls == work.calls == caught.value.attempts
        assert "attempts" == caught.value.reason
        assert 0 == sum(clock.waits)

    def test_one_attempt(self, way: Any, hopeless: Any) -> None:
        """
        Nothing said, that is one attempt.
        """
        work = hopeless()

        with set_testing(True), pytest.raises(RetryError):
            way.run(retry(), work)

        assert 1 == work.calls

    def test_success(self, way: Any, failing: Any, testing: None) -> None:
        """
        What succeeds within the attempts, succeeds.
        """
        assert "done" == way.run(retry(times=1), failing(OSError, OSError))

    def test_reraise(self, way: Any, hopeless: Any, testing: None) -> None:
        """
        With `reraise=True`, the exception itself comes, as in production.
        """
        with pytest.raises(ConnectionError, match="service down") as caught:
            way.run(retry(times=9, reraise=True), hopeless())

        assert "gave up after 3 attempt(s), reason: attempts" in caught.value.__notes__[0]

    @pytest.mark.parametrize("wait", [5, 0.5, timedelta(hours=1)])
    def test_waits_that_hooks_ask_for(
        self, way: Any, failing: Any, hopeless: Any, clock: Any, testing: None, wait: Any
    ) -> None:
        """
        Waits that `on` asks for are silenced, too; what is not ours stays not ours.
        """

        def on(exc: Exception) -> Any:
            return wait if isinstance(exc, OSError) else False

        assert "done" == way.run(retry(on=on), failing(OSError, OSError))
        assert 0 == sum(clock.waits)
        with pytest.raises(KeyError):
            way.run(retry(on=on), failing(KeyError))

    @pytest.mark.parametrize("after", [5, None, timedelta(hours=1)])
    def test_waits_that_the_call_asks_for(
        self, way: Any, failing: Any, hopeless: Any, clock: Any, testing: None, after: Any
    ) -> None:
        """
        So are those of a `TryAgain`, whose attempts are counted as any.
        """
        assert "done" == way.run(retry(on=KeyError), failing(*[TryAgain(after=after)] * 2))
        work = hopeless(lambda: TryAgain(after=after))
        with pytest.raises(RetryError):
            way.run(retry(on=KeyError), work)
        assert 3 == work.calls
        assert 0 == sum(clock.waits)

    @pytest.mark.parametrize("jitter", [True, False, "full", "decorrelated", timedelta(seconds=9)])
    def test_no_jitter(self, way: Any, failing: Any, clock: Any, testing: None, jitter: Any) -> None:
        """
        No jitter adds a wait.
        """
        way.run(retry(jitter=jitter), failing(OSError, OSError))

        assert 0 == sum(clock.waits)

    def test_no_backoff(self, way: Any, failing: Any, clock: Any, testing: None) -> None:
        """
        No wait of a function of one's own is waited.
        """
        way.run(retry(backoff=lambda n: 100), failing(OSError, OSError))

        assert 0 == sum(clock.waits)

    def test_checkpoints(self, every_async_way: Any, failing: Any, clock: Any, testing: None) -> None:
        """
        An async wait is still a checkpoint.
        """
        every_async_way.run(retry(), failing(OSError, OSError))

        assert [0, 0] == clock.waits

    def test_no_system_calls(self, every_sync_way: Any, failing: Any, clock: Any, testing: None) -> None:
        """
        A sync wait is nothing at all.
        """
        every_sync_way.run(retry(), failing(OSError, OSError))

        assert [] == clock.waits

    @pytest.mark.parametrize("asked", [True, 60.0])
    def test_timeout(self, way: Any, failing: Any, clock: Any, testing: None, asked: Any) -> None:
        """
        A timeout is not reached by waits that are not waited.
        """
        assert "done" == way.run(retry(delay=1, timeout=0.5, on=lambda exc: asked), failing(OSError, OSError))

    def test_timeout_of_the_work(self, way: Any, clock: Any, testing: None) -> None:
        """
        The time that the work itself takes counts, as in production.
        """

        def work() -> None:
            clock.advance(6)
            raise OSError

        with pytest.raises(RetryError) as caught:
            way.run(retry(timeout=10), work)

        assert (2, "timeout") == (caught.value.attempts, caught.value.reason)

    def test_callbacks(self, way: Any, failing: Any, hopeless: Any, testing: None) -> None:
        """
        Callbacks hear of everything, as ever.
        """
        heard: list[object] = []

        def policy() -> Any:
            return retry(
                on_retry=lambda num, exc: heard.append(num),
                on_success=lambda count: heard.append(("success", count)),
                on_failure=lambda error: heard.append(("failure", error.attempts)),
            )

        way.run(policy(), failing(OSError))
        with pytest.raises(RetryError):
            way.run(policy(), hopeless())

        assert [1, ("success", 2), 1, 2, ("failure", 3)] == heard

    def test_async_callbacks(self, async_way: Any, hopeless: Any, mode: str) -> None:
        """
        Async callbacks are awaited, as ever.
        """
        heard: list[object] = []

        async def on_retry(num: int, exc: Exception) -> None:
            heard.append(num)

        async def on_failure(error: RetryError) -> None:
            heard.append(error.attempts)

        with pytest.raises(RetryError):
            async_way.run(retry(on_retry=on_retry, on_failure=on_failure), hopeless())

        assert {"inactive": [1], "testing": [1, 2, 3]}[mode] == heard

    def test_hooks_hear(self, way: Any, hopeless: Any, testing: None) -> None:
        """
        Instrumentation hears of retries, with the wait and the attempts that there are.
        """
        seen: list[RetryDetails] = []
        set_on_retry_hooks([seen.append])
        try:
            with pytest.raises(RetryError):
                way.run(retry(times=9, on=lambda exc: 5.0), hopeless())
        finally:
            set_on_retry_hooks(None)

        assert [(1, 0, 0, 3), (2, 0, 0, 3)] == [(one.attempt, one.wait, one.waited_so_far, one.times) for one in seen]

    def test_what_was_made_before(self, made_before: Kind, hopeless: Any, clock: Any) -> None:
        """
        What was decorated, and which block was begun, before the switch obeys it.
        """
        work = hopeless()
        run = made_before(retry(times=5), work)

        with set_testing(True, attempts=2), pytest.raises(RetryError):
            run()

        assert 2 == work.calls
        assert 0 == sum(clock.waits)

    def test_what_was_made_meanwhile(self, made_before: Kind, hopeless: Any, clock: Any) -> None:
        """
        What is decorated while testing is itself again afterwards.
        """
        work = hopeless()
        with set_testing(True, attempts=9):
            run = made_before(retry(times=5, jitter=False, backoff="fixed"), work)

        with pytest.raises(RetryError):
            run()

        assert 5 == work.calls
        assert [1, 1, 1, 1] == clock.waits

    def test_in_the_middle(self, every_way: Any, clock: Any) -> None:
        """
        A call that is already retrying no longer waits, and has the attempts of the test.
        """
        calls = 0

        def work() -> None:
            nonlocal calls
            calls += 1
            if calls == 3:
                set_testing(True, attempts=5)
            raise OSError

        with pytest.raises(RetryError):
            every_way.run(retry(times=None, jitter=False), work)

        assert 5 == calls
        assert [1, 2, 0, 0] == [*clock.waits, 0, 0][:4]
        assert 3 == sum(clock.waits)

    def test_over_in_the_middle(self, every_way: Any, clock: Any) -> None:
        """
        A call that outlasts the test goes on as it would have.
        """
        calls = 0
        set_testing(True, attempts=9)

        def work() -> None:
            nonlocal calls
            calls += 1
            if calls == 3:
                set_testing(False)
            raise OSError

        with pytest.raises(RetryError):
            every_way.run(retry(times=4, jitter=False), work)

        assert 4 == calls
        assert 4 == sum(clock.waits)

    def test_attempts_of_blocks(self, mode: str) -> None:
        """
        The next wait that an attempt tells of is the one that will be waited: none.
        """
        for attempt in retry():
            with attempt:
                assert 0 == attempt.next_wait
                assert attempt.remaining is None

    def test_schedules(self, mode: str) -> None:
        """
        A schedule says what a policy means, in tests too.
        """
        assert 3 == len(retry().schedule(3))
        assert (0.5, 1.0, 1.5) == retry().schedule(1)[0]

    def test_policies(self, mode: str) -> None:
        """
        A policy looks as it is written, and so does what is made of it.
        """
        assert "retry(times=5)" == repr(retry(times=5))
        assert "retry(times=5, delay=2.0)" == repr(retry(times=5).replace(delay=2))


class TestBudgets:
    def test_nothing_is_taken(self, way: Any, hopeless: Any, mode: str) -> None:
        """
        No retry takes from a budget, so an empty one is no reason to give up.
        """
        full, empty = RetryBudget(floor=5), RetryBudget(floor=0)
        work = hopeless()
        for budget in (full, empty):
            with pytest.raises(RetryError) as caught:
                way.run(retry(budget=budget), work)
            assert "attempts" == caught.value.reason

        assert {"inactive": 2, "testing": 6}[mode] == work.calls
        assert (5, 0) == (full.available, empty.available)

    def test_nothing_is_paid(self, way: Any, failing: Any, mode: str) -> None:
        """
        No success pays into it.
        """
        budget = RetryBudget(floor=1, ratio=1.0)
        for _ in range(3):
            way.run(retry(budget=budget), failing())

        assert 1 == budget.available

    def test_afterwards(self, way: Any, hopeless: Any, failing: Any) -> None:
        """
        Afterwards they are used again.
        """
        budget = RetryBudget(floor=1, ratio=0.5)
        policy = retry(budget=budget, on=OSError)
        with set_testing(True, attempts=9), pytest.raises(RetryError):
            way.run(policy, hopeless())

        with pytest.raises(RetryError) as caught:
            way.run(policy, hopeless())
        assert "budget" == caught.value.reason
        way.run(policy, failing())
        assert 0.5 == budget.available


class TestContexts:
    def test_plain_calls_are_forgotten(self) -> None:
        """
        Of many plain calls the last ones are remembered, and contexts restore what was before.
        """
        for _ in range(1000):
            set_testing(True)
            set_testing(False)
            with set_testing(True):
                assert is_testing()
            assert not is_testing()

        assert len(_modes._switches) <= 100

    def test_restores(self) -> None:
        """
        A context restores what was before.
        """
        with set_testing(True):
            assert is_testing()

        assert not is_testing()

    def test_restores_after_failures(self) -> None:
        """
        However it is left.
        """
        with pytest.raises(KeyboardInterrupt), set_testing(True):
            raise KeyboardInterrupt

        assert not is_testing()

    def test_nested(self, hopeless: Any) -> None:
        """
        Contexts nest, each with its own attempts.
        """

        def calls() -> int:
            work = hopeless()
            with pytest.raises(RetryError):
                retry(delay=0).call(work)
            return work.calls

        seen = [calls()]
        with set_testing(True, attempts=1):
            seen.append(calls())
            with set_testing(True, attempts=2):
                seen.append(calls())
                with set_testing(False):
                    seen.append(calls())
                    assert not is_testing()
                    with set_testing(True, attempts=4, cap=True):
                        seen.append(calls())
                seen.append(calls())
            seen.append(calls())
        seen.append(calls())

        assert [3, 1, 2, 3, 3, 2, 1, 3] == seen

    def test_plain_calls(self) -> None:
        """
        A plain call holds until the next.
        """
        set_testing(True)
        assert is_testing()
        set_testing(True, attempts=3)
        assert is_testing()
        set_testing(False)
        assert not is_testing()

    def test_a_context_after_plain_calls(self, hopeless: Any) -> None:
        """
        A context restores what a plain call has set, and its attempts.
        """
        set_testing(True, attempts=4)
        with set_testing(False):
            assert not is_testing()

        work = hopeless()
        with pytest.raises(RetryError):
            retry().call(work)
        assert 4 == work.calls

    @pytest.mark.parametrize("calls", range(5))
    def test_plain_calls_within(self, calls: int) -> None:
        """
        Plain calls within a context go with it.
        """
        with set_testing(False):
            for _ in range(calls):
                set_testing(True)
            assert bool(calls) is is_testing()

        assert not is_testing()

    @pytest.mark.parametrize("calls", range(5))
    def test_an_outer_context_outlives_them(self, calls: int) -> None:
        """
        The outer context is back after the inner one, whatever has been called within.
        """
        with set_testing(True):
            with set_testing(True):
                for _ in range(calls):
                    set_testing(False)
            assert is_testing()

        assert not is_testing()

    def test_many_plain_calls_within(self) -> None:
        """
        A context restores what was before it, however many plain calls there are within.
        """
        with set_testing(True):
            for _ in range(1000):
                set_testing(True)
                set_testing(False)

        assert not is_testing()

    def test_entered_late(self) -> None:
        """
        A context that is entered later is in force then, and restores what was in force when it was made.
        """
        context = set_testing(True)
        set_testing(False)
        with context:
            assert is_testing()
        assert not is_testing()

    def test_entered_again(self) -> None:
        """
        A context is entered once.
        """
        context = set_testing(True)
        with context, pytest.raises(RuntimeError, match="entered once"), context:
            pass
        with pytest.raises(RuntimeError, match="entered once"), context:
            pass

        assert not is_testing()

    def test_the_retries_inside(self, way: Any, failing: Any) -> None:
        """
        `as` gives a list of the retries inside, with the waits of production, and exceptions without tracebacks.
        """
        with set_testing(True, attempts=3) as retries:
            assert [] == retries
            way.run(retry(jitter=False, delay=2, timeout=3, name="fetch"), failing(OSError("a"), OSError("b")))
        way.run(retry(), failing(OSError("c")))

        assert [("fetch", 1, 2.0, "a"), ("fetch", 2, 4.0, "b")] == [
            (retried.name, retried.attempt, retried.wait, str(retried.exception)) for retried in retries
        ]
        assert {None} == {retried.exception.__traceback__ for retried in retries}

    def test_is_testing_while_inactive(self, inactive: None) -> None:
        """
        The two switches are two switches.
        """
        with set_testing(True):
            assert (False, True) == (is_active(), is_testing())
            set_active(True)
            assert (True, True) == (is_active(), is_testing())


@pytest.mark.needs("threads")
class TestThreads:
    def test_all_of_the_process(self, hopeless: Any, mode: str) -> None:
        """
        The switches hold in threads that are there, and in those to come.
        """
        seen: list[int] = []

        def run() -> None:
            work = hopeless()
            with pytest.raises(RetryError):
                retry(times=9).call(work)
            seen.append(work.calls)

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()

        assert [{"inactive": 1, "testing": 3}[mode]] == seen

    def test_overlapping(self) -> None:
        """
        Contexts of two threads may end in any order; when both have ended, all is as before.
        """
        for first, second in ((True, True), (True, False), (False, True)):
            one, other = set_testing(first), set_testing(second)
            one.__enter__()
            other.__enter__()
            set_testing(True)
            one.__exit__(None, None, None)
            assert is_testing()
            other.__exit__(None, None, None)
            assert not is_testing()

    def test_overlapping_with_plain_calls(self) -> None:
        """
        A plain call within a context does not outlive it, though another thread's context was opened after it.
        """
        one = set_testing(False)
        one.__enter__()
        set_testing(True)
        other = set_testing(False)
        other.__enter__()
        one.__exit__(None, None, None)
        assert not is_testing()
        other.__exit__(None, None, None)

        assert not is_testing()

    def test_entered_after_another_has_ended(self) -> None:
        """
        A context that another thread's has taken along, between call and `with`, is in force all the same.
        """
        one = set_testing(False)
        one.__enter__()
        other = set_testing(True)
        one.__exit__(None, None, None)
        with other:
            assert is_testing()

        assert not is_testing()

    def test_many(self) -> None:
        """
        Many threads that test at the same time leave nothing behind, and each sees that somebody tests.
        """
        together = threading.Barrier(8, timeout=30)
        seen: set[bool] = set()

        def run() -> None:
            together.wait()
            for _ in range(200):
                with set_testing(True):
                    seen.add(is_testing())
                    with set_testing(True, attempts=2):
                        seen.add(is_testing())

        threads = [threading.Thread(target=run) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert {True} == seen
        assert not is_testing()
        assert all(switch.retries is None for switch in _modes._switches)

    @pytest.mark.needs("reference counts")
    def test_left_by_the_garbage_collector(self) -> None:
        """
        The collector may leave contexts of abandoned generators, also while another is being entered or left.
        """
        threshold = gc.get_threshold()

        def abandon() -> None:
            itself: list[Any] = []

            def steps() -> Iterator[list[Any]]:
                with set_testing(True):
                    yield itself

            itself.append(steps())
            next(itself[0])

        def run() -> None:
            for _ in range(500):
                abandon()
                with set_testing(True):
                    pass

        thread = threading.Thread(target=run, daemon=True)  # which may wait for itself
        gc.set_threshold(3)
        try:
            thread.start()
            thread.join(30)
        finally:
            gc.set_threshold(*threshold)
        assert not thread.is_alive()

        gc.collect()
        assert all(switch.retries is None for switch in _modes._switches)
        assert not is_testing()


class TestWrongArguments:
    @pytest.mark.parametrize("wrong", [None, 1, 0, "yes", [], object()])
    def test_not_a_bool(self, wrong: Any) -> None:
        """
        A switch takes `True` or `False`, and says so.
        """
        for switch, name in ((set_active, "active"), (set_testing, "testing")):
            with pytest.raises(TypeError, match=f"^{name} must be True or False, got .*$"):
                switch(wrong)
        with pytest.raises(TypeError, match=r"^cap must be True or False, got .*$"):
            set_testing(True, cap=wrong)

        assert (True, False) == (is_active(), is_testing())

    @pytest.mark.parametrize(
        ("wrong", "error"),
        [(None, TypeError), (True, TypeError), ("3", TypeError), (2.0, TypeError), (0, ValueError), (-1, ValueError)],
    )
    @pytest.mark.parametrize("testing", [True, False])
    def test_attempts(self, wrong: Any, error: type[Exception], testing: bool) -> None:
        """
        `attempts` is an integer of at least one, and the message says so.
        """
        with pytest.raises(error, match=r"^attempts must be an integer >= 1, got .*$"):
            set_testing(testing, attempts=wrong)

        assert not is_testing()

    def test_attempts_go_by_name(self) -> None:
        """
        A number without its name says nothing, and is refused.
        """
        switch: Any = set_testing
        with pytest.raises(TypeError, match="positional"):
            switch(True, 2)

        assert not is_testing()
