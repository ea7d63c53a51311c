"""Budgets of one's own: whatever has `take()` and `pay()`, and whatever these do."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any

import pytest

from anew import Budget, RetryBudget, RetryError, TryAgain, retry, set_active, set_testing
from anew.instrumentation import set_on_retry_hooks


class Tokens:
    """Gives the answers that it is told to, and counts."""

    def __init__(self, *answers: Any, then: Any = True) -> None:
        self.answers, self.then = list(answers), then
        self.taken = self.paid = 0

    def take(self) -> Any:
        self.taken += 1
        answer = self.answers.pop(0) if self.answers else self.then
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def pay(self) -> Any:
        self.paid += 1


class Broken(Tokens):
    """Fails to pay."""

    def pay(self) -> Any:
        super().pay()
        raise OSError("the store is down")


@pytest.fixture(autouse=True)
def _no_hooks(no_hooks: None) -> None: ...


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "anew"]


class TestTake:
    def test_each_retry_takes_one(self, every_way: Any, failing: Any, clock: Any) -> None:
        """
        Each retry takes a token, and a success pays once.
        """
        budget = Tokens()

        every_way.run(retry(times=5, budget=budget), failing(OSError, OSError))

        assert (2, 1) == (budget.taken, budget.paid)

    @pytest.mark.parametrize("falsy", [False, 0, None, "", [], 0.0])
    def test_falsy_answers(self, way: Any, falsy: Any, hopeless: Any, clock: Any) -> None:
        """
        Whatever is false means that there is none.
        """
        work = hopeless()

        with pytest.raises(RetryError) as caught:
            way.run(retry(times=5, budget=Tokens(True, falsy)), work)

        assert (2, "budget") == (caught.value.attempts, caught.value.reason)
        assert 2 == work.calls

    @pytest.mark.parametrize("truthy", [True, 1, "yes", [0], object(), -1.5])
    def test_truthy_answers(self, way: Any, truthy: Any, failing: Any, clock: Any) -> None:
        """
        Whatever is true means that there is one.
        """
        assert "done" == way.run(retry(budget=Tokens(then=truthy)), failing(OSError, OSError))

    @pytest.mark.parametrize(
        "error", [OSError("down"), TypeError("bug"), StopIteration(), TryAgain(), RetryError(1, OSError())]
    )
    def test_exceptions_mean_none(
        self, way: Any, error: Exception, hopeless: Any, clock: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        """
        A budget that fails has no token; the call gives up with its own failure, and the log says so.
        """
        work = hopeless()

        with pytest.raises(RetryError) as caught:
            way.run(retry(times=5, budget=Tokens(then=error)), work)

        assert (1, "budget") == (caught.value.attempts, caught.value.reason)
        assert isinstance(caught.value.last_exception, ConnectionError)
        assert caught.value.last_exception.__context__ is None
        (line,) = lines(caplog)
        assert line.startswith("take() of the budget Tokens failed; ")

    @pytest.mark.parametrize("exit_", [KeyboardInterrupt, SystemExit, asyncio.CancelledError])
    def test_exits_get_through(self, sync_way: Any, exit_: type[BaseException], failing: Any) -> None:
        """
        Ctrl-C gets through.
        """
        with pytest.raises(exit_):
            sync_way.run(retry(budget=Tokens(then=exit_())), failing(OSError))

    def test_an_answer_that_has_no_truth(self, way: Any, failing: Any, clock: Any, caplog: Any) -> None:
        """
        An answer whose truth cannot be told counts as a failure of the budget.
        """

        class Riddle:
            def __bool__(self) -> bool:
                raise ValueError("ambiguous")

        with pytest.raises(RetryError) as caught:
            way.run(retry(budget=Tokens(then=Riddle())), failing(OSError))

        assert "budget" == caught.value.reason
        assert "ambiguous" in lines(caplog)[0]

    def test_an_async_answer(self, way: Any, failing: Any, clock: Any, caplog: Any) -> None:
        """
        A `take` that turns out to be async is refused, in the log, and its coroutine is closed.
        """

        class Later(Tokens):
            def take(self) -> Any:
                async def taken() -> bool:
                    return True

                return taken()

        with pytest.raises(RetryError) as caught:
            way.run(retry(budget=Later()), failing(OSError))

        assert "budget" == caught.value.reason
        (line,) = lines(caplog)
        assert "async" in line

    def test_not_for_what_is_not_retried(self, way: Any, hopeless: Any, clock: Any) -> None:
        """
        A failure that is not ours, the last attempt and a wait beyond the timeout take no token.
        """
        for options in ({"on": KeyError}, {"times": 1}, {"timeout": 0.1, "delay": 5}):
            budget = Tokens()
            with pytest.raises((RetryError, ConnectionError)):
                way.run(retry(budget=budget, **options), hopeless())
            assert 0 == budget.taken == budget.paid

    @pytest.mark.parametrize("mode", ["testing", "off"])
    def test_not_in_modes(self, way: Any, mode: str, hopeless: Any, failing: Any) -> None:
        """
        In tests, and with retries off, it is neither asked nor paid.
        """
        budget = Tokens(then=False)
        set_active(mode != "off")
        try:
            with set_testing(mode == "testing", attempts=3):
                with pytest.raises(RetryError):
                    way.run(retry(budget=budget), hopeless())
                way.run(retry(budget=budget), failing())
        finally:
            set_active(True)
        assert 0 == budget.taken == budget.paid


class TestPay:
    def test_exceptions_do_not_reach_the_call(self, every_way: Any, failing: Any, clock: Any, caplog: Any) -> None:
        """
        What a payment raises is logged, and the call succeeds.
        """
        budget = Broken()

        assert "done" == every_way.run(retry(budget=budget), failing(OSError))

        assert 1 == budget.paid
        assert ["pay() of the budget Broken failed; the call goes on: OSError: the store is down"] == lines(caplog)

    def test_without_a_failure(self, way: Any, failing: Any, caplog: Any) -> None:
        """
        Also where there was nothing to retry.
        """
        budget = Broken()

        assert "done" == way.run(retry(budget=budget), failing())
        assert 1 == budget.paid
        assert 1 == len(lines(caplog))

    def test_exits_get_through(self, sync_way: Any, failing: Any) -> None:
        """
        Ctrl-C gets through.
        """

        class Interrupted(Tokens):
            def pay(self) -> None:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            sync_way.run(retry(budget=Interrupted()), failing())

    def test_not_for_failures(self, way: Any, hopeless: Any, clock: Any) -> None:
        """
        A call that gives up pays nothing.
        """
        budget = Tokens()

        with pytest.raises(RetryError):
            way.run(retry(budget=budget), hopeless())

        assert (2, 0) == (budget.taken, budget.paid)


class TestLog:
    def test_at_most_once_a_minute(self, way: Any, failing: Any, clock: Any, caplog: Any) -> None:
        """
        A budget that is down for long is logged once a minute, with the traceback the first time only.
        """
        policy = retry(budget=Broken())
        set_on_retry_hooks([])  # what was logged before is forgotten

        for _ in range(100):
            way.run(policy, failing())
        assert 1 == len(lines(caplog))

        clock.advance(61)
        for _ in range(100):
            way.run(policy, failing())
        assert 2 == len(lines(caplog))

        records = [record for record in caplog.records if record.name == "anew"]
        assert [True, False] == [bool(record.exc_info) for record in records]
        assert {logging.ERROR} == {record.levelno for record in records}

    def test_take_and_pay_apart(self, way: Any, failing: Any, hopeless: Any, clock: Any, caplog: Any) -> None:
        """
        Both are told of.
        """
        policy = retry(budget=Broken(then=OSError("no token")))

        way.run(policy, failing())
        with pytest.raises(RetryError):
            way.run(policy, hopeless())

        assert 2 == len(lines(caplog))


class TestWhatIsTaken:
    def test_a_protocol(self) -> None:
        """
        A RetryBudget is one, and offers both.
        """
        budget: Budget = RetryBudget(floor=1)

        assert budget.take() is True
        assert budget.take() is False
        assert budget.pay() is None

    @pytest.mark.parametrize(
        "wrong",
        [
            3,
            True,
            "budget",
            RetryBudget,
            Tokens,
            lambda: True,
            object(),
            [],
            type("NoPay", (), {"take": lambda self: 1})(),
        ],
    )
    def test_refused(self, wrong: Any) -> None:
        """
        What has not both methods is refused where it is written.
        """
        with pytest.raises(TypeError, match=r"^budget must be a RetryBudget, or an object with take\(\) and pay\(\)"):
            retry(budget=wrong)

    @pytest.mark.parametrize("method", ["take", "pay"])
    def test_async_is_refused(self, method: str) -> None:
        """
        So is one whose methods are async.
        """

        async def later(self: Any) -> bool:
            return True

        wrong: Any = type("Later", (Tokens,), {method: later})()

        with pytest.raises(TypeError, match=r"^budget must be"):
            retry(budget=wrong)

    @pytest.mark.needs("threads")
    def test_shared_by_threads(self, clock: Any) -> None:
        """
        One budget for all.
        """

        class Counted:
            def __init__(self) -> None:
                self.left, self.lock = 50, threading.Lock()

            def take(self) -> bool:
                with self.lock:
                    self.left -= self.left > 0
                    return self.left > 0

            def pay(self) -> None: ...

        policy = retry(times=10, delay=0, budget=Counted())
        calls: list[int] = []

        def fail() -> None:
            calls.append(1)
            raise OSError

        def run() -> None:
            for _ in range(10):
                with pytest.raises(RetryError):
                    policy.call(fail)

        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert 40 + 49 == len(calls)
