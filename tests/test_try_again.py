"""`TryAgain`: the call itself asks for another attempt."""

from __future__ import annotations

import asyncio
import copy
import gc
import pickle
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
import trio
from conftest import cloudpickle

from anew import RetryBudget, RetryError, TryAgain, retry, set_active, set_testing
from anew.instrumentation import RetryDetails, set_on_retry_hooks

FOR_EVER = 3600


def assert_throwing_ends_it(items: Any, aitems: Any, run: Any, match: str) -> None:
    """A ValueError that is thrown in after the first item ends a generator and its async twin with a RetryError."""

    async def main() -> None:
        stream = aitems()
        await anext(stream)
        await stream.athrow(ValueError("yours"))

    stream = items()
    next(stream)
    with pytest.raises(RetryError, match=match):
        stream.throw(ValueError("yours"))
    with pytest.raises(RetryError, match=match):
        run(main())


class NotReady(TryAgain):
    """A subclass that does not call our `__init__`."""

    def __init__(self, job: int) -> None:
        self.job = job


class Later(TryAgain):
    """A subclass that has its own idea of when."""

    def __init__(self, seconds: float) -> None:
        super().__init__("later", after=seconds)


class TestAnotherAttempt:
    @pytest.mark.parametrize("on", [Exception, KeyError, (KeyError, OSError), TryAgain, lambda exc: False])
    def test_whatever_on_says(self, way: Any, failing: Any, clock: Any, on: Any) -> None:
        """
        Another attempt is made, whatever `on` covers, after the wait of the policy.
        """
        work = failing(TryAgain, TryAgain("not yet"))

        assert "done" == way.run(retry(times=3, on=on, jitter=False), work)
        assert 3 == work.calls
        assert [1, 2] == clock.waits

    def test_the_hook_is_not_asked(self, way: Any, failing: Any) -> None:
        """
        A hook hears of other failures only.
        """
        asked: list[type] = []

        def on(exc: Exception) -> bool:
            asked.append(type(exc))
            return True

        way.run(retry(times=9, on=on), failing(TryAgain, OSError, TryAgain))

        assert [OSError] == asked

    def test_among_failures(self, way: Any, failing: Any, clock: Any) -> None:
        """
        It counts like any failure.
        """
        work = failing(OSError, TryAgain, OSError, TryAgain)

        assert "done" == way.run(retry(times=5, on=OSError, jitter=False), work)
        assert [1, 2, 4, 8] == clock.waits

    def test_what_is_not_ours(self, way: Any, failing: Any) -> None:
        """
        What `on` does not cover still leaves as it is, after a `TryAgain` too.
        """
        with pytest.raises(ValueError, match="a bug") as caught:
            way.run(retry(on=OSError), failing(TryAgain, ValueError("a bug")))

        assert caught.value.__cause__ is caught.value.__context__ is None

    def test_the_same_instance(self, every_way: Any) -> None:
        """
        The same instance may be raised again and again.
        """
        again, calls = TryAgain("once and for all"), 0

        def work() -> None:
            nonlocal calls
            calls += 1
            raise again

        for _ in range(3):
            with pytest.raises(RetryError) as caught:
                every_way.run(retry(times=3, delay=0, reraise=True), work)
            assert again is caught.value.last_exception

        assert 9 == calls
        assert not hasattr(again, "__notes__")

    def test_until_it_is_ready(self, way: Any, no_hooks: None, failing: Any) -> None:
        """
        With `times=None` it goes on until there is an answer.
        """
        work = failing(*[TryAgain] * 500)

        assert "done" == way.run(retry(times=None, on=KeyError, delay=0), work)
        assert 501 == work.calls

    @pytest.mark.parametrize("kind", [NotReady, Later])
    def test_subclasses(self, way: Any, failing: Any, clock: Any, kind: Callable[[int], TryAgain]) -> None:
        """
        Subclasses ask for another attempt, too, also if they do not call our `__init__`.
        """
        way.run(retry(on=KeyError, jitter=False), failing(kind(7)))

        assert [kind(7).after or 1] == clock.waits

    def test_out_of_deeper_calls(self, way: Any) -> None:
        """
        It may come from anywhere below the retried callable.
        """
        calls = []

        def deeper() -> str:
            calls.append(1)
            if len(calls) < 3:
                raise TryAgain
            return "ready"

        assert "ready" == way.run(retry(on=KeyError), lambda: deeper())


class TestWaits:
    @pytest.mark.parametrize(
        ("after", "wait"),
        [(5, 5), (0.25, 0.25), (timedelta(minutes=3), 180), (500, 500), (0, 0), (0.0, 0), (-3, 0), (timedelta(-1), 0)],
    )
    @pytest.mark.parametrize("jitter", [True, "decorrelated"])
    def test_after(self, way: Any, failing: Any, clock: Any, after: Any, wait: float, jitter: Any) -> None:
        """
        `after` is waited as it is: not jittered, not capped; negative means at once.
        """
        way.run(retry(times=3, on=KeyError, jitter=jitter, max_delay=60), failing(*[TryAgain(after=after)] * 2))

        assert 2 * wait == sum(clock.waits)
        assert {wait} >= {*clock.waits}

    def test_it_is_not_the_wait_before(self, way: Any, failing: Any, clock: Any, draws: Any) -> None:
        """
        Decorrelated jitter goes on from the last wait that it has drawn.
        """
        draws(0.5)
        failures = [TryAgain(), TryAgain(after=50), TryAgain()]
        way.run(retry(times=9, delay=1, jitter="decorrelated"), failing(*failures))

        assert [2.0, 50.0, 3.5] == clock.waits

    def test_after_is_seconds(self) -> None:
        """
        An instance shows its `after` in seconds, which is `None` unless it was given.
        """
        assert TryAgain().after is TryAgain("x").after is TryAgain("x", after=None).after is NotReady(7).after is None
        assert 90.0 == TryAgain(after=timedelta(minutes=1.5)).after
        assert 0.0 == TryAgain(after=-1).after
        assert isinstance(TryAgain(after=2).after, float)

    @pytest.mark.parametrize("after", [True, False, "5", b"5", [5], 5j, object(), Exception])
    def test_a_wrong_type(self, after: Any) -> None:
        """
        What is no duration is a TypeError that says what is allowed.
        """
        with pytest.raises(
            TypeError, match=r"^after must be a finite duration in seconds or as timedelta, or None, got .*$"
        ):
            TryAgain(after=after)

    @pytest.mark.parametrize("after", [float("nan"), float("inf"), float("-inf"), 10**400, -(10**400)])
    def test_a_wrong_value(self, after: Any) -> None:
        """
        What no clock can count is a ValueError that says what is allowed.
        """
        with pytest.raises(
            ValueError, match=r"^after must be a finite duration in seconds or as timedelta, or None, got .*$"
        ):
            TryAgain("not yet", after=after)

    def test_after_is_a_keyword(self) -> None:
        """
        Nobody takes the first argument for seconds.
        """
        wrong: Any = TryAgain
        with pytest.raises(TypeError):
            wrong("not yet", 5)

    def test_longer_than_the_timeout(self, way: Any, failing: Any, clock: Any) -> None:
        """
        A wait that would end after the timeout is not begun, and no callback hears of it.
        """
        heard: list[object] = []
        work = failing(TryAgain("not yet", after=30))

        with pytest.raises(RetryError) as caught:
            way.run(retry(timeout=10, on_retry=lambda *what: heard.append(what)), work)

        assert ("timeout", 1) == (caught.value.reason, caught.value.attempts)
        assert str(caught.value).endswith(" failed after 1 attempt(s). Last error: TryAgain: not yet (reason: timeout)")
        assert [] == heard
        assert [] == clock.waits

    def test_as_long_as_the_timeout(self, way: Any, failing: Any, clock: Any) -> None:
        """
        One that ends with the timeout is.
        """
        assert "done" == way.run(retry(timeout=10), failing(TryAgain(after=10)))
        assert [10] == clock.waits


class TestUsedUp:
    @pytest.mark.parametrize("reraise", [True, False])
    @pytest.mark.parametrize("on", [Exception, KeyError, TryAgain, lambda exc: False])
    @pytest.mark.parametrize("times", [1, 3])
    def test_retry_error(self, way: Any, hopeless: Any, reraise: bool, on: Any, times: int) -> None:
        """
        When the attempts are used up, `RetryError` is raised from it, with `reraise=True` too.
        """
        work = hopeless(lambda: TryAgain("job 7 is pending"))

        with pytest.raises(RetryError) as caught:
            way.run(retry(times=times, on=on, reraise=reraise), work)

        error = caught.value
        assert times == work.calls == error.attempts
        assert type(error.last_exception) is TryAgain
        assert error.last_exception is error.__cause__
        assert "attempts" == error.reason
        assert str(error).endswith(f" failed after {times} attempt(s). Last error: TryAgain: job 7 is pending")
        assert not hasattr(error.last_exception, "__notes__")

    @pytest.mark.parametrize("reraise", [True, False])
    def test_what_it_was_raised_from(self, way: Any, hopeless: Any, reraise: bool) -> None:
        """
        What it was raised from is the last exception.
        """

        def work() -> None:
            try:
                raise ConnectionError("reset")
            except ConnectionError as exc:
                raise TryAgain from exc

        with pytest.raises(RetryError) as caught:
            way.run(retry(on=KeyError, reraise=reraise), work)

        assert str(caught.value).endswith(" failed after 3 attempt(s). Last error: ConnectionError: reset")
        assert caught.value.last_exception is caught.value.__cause__
        assert isinstance(caught.value.__cause__, ConnectionError)

    def test_raised_within_a_handler(self, way: Any) -> None:
        """
        What it was merely raised after is not; it is still to be seen behind it.
        """

        def work() -> None:
            try:
                raise ConnectionError("reset")
            except ConnectionError:
                raise TryAgain("again") from None

        with pytest.raises(RetryError) as caught:
            way.run(retry(), work)

        assert isinstance(caught.value.last_exception, TryAgain)
        assert isinstance(caught.value.last_exception.__context__, ConnectionError)

    @pytest.mark.parametrize("cause", [KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError])
    def test_raised_from_an_exit(self, way: Any, cause: Any) -> None:
        """
        An exit is nobody's last exception.
        """

        def work() -> None:
            raise TryAgain from cause()

        with pytest.raises(RetryError) as caught:
            way.run(retry(), work)

        assert isinstance(caught.value.last_exception, TryAgain)

    def test_raised_from_itself(self, way: Any) -> None:
        """
        It may even be raised from itself.
        """

        def work() -> None:
            again = TryAgain("round and round")
            raise again from again

        with pytest.raises(RetryError) as caught:
            way.run(retry(), work)

        assert isinstance(caught.value.last_exception, TryAgain)

    def test_subclasses(self, way: Any, hopeless: Any) -> None:
        """
        Subclasses do not leak either.
        """
        with pytest.raises(RetryError) as caught:
            way.run(retry(on=KeyError, reraise=True), hopeless(lambda: NotReady(7)))

        last = caught.value.last_exception
        assert isinstance(last, NotReady)
        assert 7 == last.job

    def test_the_line_that_raised_it(self, way: Any, hopeless: Any) -> None:
        """
        The traceback leads to the line that asked.
        """
        with pytest.raises(RetryError) as caught:
            way.run(retry(), hopeless(TryAgain))

        tb = caught.value.last_exception.__traceback__
        names = []
        while tb is not None:
            names.append(tb.tb_frame.f_code.co_name)
            tb = tb.tb_next
        assert "work" == names[-1]

    @pytest.mark.needs("reference counts")
    @pytest.mark.parametrize("from_another", [True, False])
    def test_nothing_is_kept(self, sync_way: Any, from_another: bool) -> None:
        """
        What failed is freed with the `RetryError`, without the garbage collector.
        """

        class Local:
            """Something large in the frame of the failed attempt."""

        refs: list[weakref.ref[Local]] = []

        def work() -> None:
            local = Local()
            refs.append(weakref.ref(local))
            raise TryAgain from OSError() if from_another else None

        gc.disable()
        try:
            with suppress(RetryError):
                sync_way.run(retry(on=KeyError), work)
            assert [None] * 3 == [ref() for ref in refs]
        finally:
            gc.enable()

    def test_budget(self, way: Any, hopeless: Any) -> None:
        """
        It takes from the budget like any retry, and gives up where there is nothing to take.
        """
        budget = RetryBudget(floor=2)
        work = hopeless(TryAgain)

        with pytest.raises(RetryError) as caught:
            way.run(retry(times=9, on=KeyError, budget=budget, reraise=True), work)

        assert ("budget", 3) == (caught.value.reason, caught.value.attempts)
        assert 0 == budget.available

    def test_inactive(self, way: Any, hopeless: Any, clock: Any) -> None:
        """
        Where retries are off, it is a `RetryError` at once.
        """
        work = hopeless(lambda: TryAgain(after=5))
        set_active(False)
        try:
            with pytest.raises(RetryError) as caught:
                way.run(retry(on=KeyError, reraise=True), work)
        finally:
            set_active(True)

        assert 1 == work.calls == caught.value.attempts
        assert [] == clock.waits

    def test_testing(self, way: Any, hopeless: Any, clock: Any) -> None:
        """
        While testing, it has the attempts of the test, and does not wait.
        """
        work = hopeless(lambda: TryAgain(after=5))
        with set_testing(True, attempts=4), pytest.raises(RetryError):
            way.run(retry(on=KeyError, timeout=1), work)

        assert 4 == work.calls
        assert 0 == sum(clock.waits)


class TestCallbacks:
    @pytest.mark.parametrize(
        ("on", "heard"),
        [
            (Exception, [1, 2]),
            (TryAgain, [1, 2]),
            ((KeyError, NotReady), [2]),
            (KeyError, []),
            (lambda exc: False, [1, 2]),
        ],
    )
    def test_on_retry(self, way: Any, failing: Any, on: Any, heard: list[int]) -> None:
        """
        `on_retry` hears of it if `on` covers it, by type, or is a hook, whose callbacks take any `Exception`.
        """
        nums: list[int] = []

        way.run(retry(on=on, on_retry=lambda num, exc: nums.append(num)), failing(TryAgain, NotReady(7)))

        assert heard == nums

    def test_async_on_retry(self, async_way: Any, failing: Any) -> None:
        """
        An async `on_retry` alike.
        """
        nums: list[int] = []

        async def on_retry(num: int, exc: Exception) -> None:
            nums.append(num)

        async_way.run(retry(times=4, on=NotReady, on_retry=on_retry), failing(TryAgain, NotReady(7), TryAgain))

        assert [2] == nums

    def test_on_success(self, way: Any, failing: Any) -> None:
        """
        `on_success` counts its attempts.
        """
        heard: list[int] = []

        way.run(retry(on=KeyError, on_success=heard.append), failing(TryAgain, TryAgain))

        assert [3] == heard

    def test_on_failure(self, every_way: Any, hopeless: Any) -> None:
        """
        `on_failure` hears of the `RetryError`, once, which is the one that is raised.
        """
        heard: list[RetryError] = []

        with pytest.raises(RetryError) as caught:
            every_way.run(retry(on=KeyError, on_failure=heard.append, reraise=True), hopeless(TryAgain))

        assert [caught.value] == heard

    @pytest.mark.parametrize("on", [Exception, KeyError])
    def test_instrumentation(self, way: Any, failing: Any, on: Any) -> None:
        """
        Instrumentation hears of it always, with its wait.
        """
        seen: list[RetryDetails] = []
        failures = [TryAgain("not yet", after=7), NotReady(7)]
        set_on_retry_hooks([seen.append])
        try:
            way.run(retry(on=on, jitter=False), failing(*failures))
        finally:
            set_on_retry_hooks(None)

        assert failures == [one.exception for one in seen]
        assert [(1, 7, 0), (2, 2, 7)] == [(one.attempt, one.wait, one.waited_so_far) for one in seen]


class TestNested:
    def test_the_inner_retry_answers(self, way: Any, hopeless: Any) -> None:
        """
        The innermost retry makes the attempts; what it gives up with is not retried again further out.
        """
        work = hopeless(TryAgain)

        with pytest.raises(RetryError) as caught:
            way.run(retry(times=5), retry(times=3, delay=0, reraise=True)(work))

        assert 3 == work.calls == caught.value.attempts

    def test_by_name(self, way: Any, hopeless: Any) -> None:
        """
        An outer retry may name `RetryError`, or ask for another round itself.
        """
        work = hopeless(TryAgain)
        with pytest.raises(RetryError):
            way.run(retry(times=2, on=RetryError), retry(times=3, delay=0)(work))
        assert 6 == work.calls

        work = hopeless(TryAgain)

        def another_round() -> None:
            try:
                retry(times=3, delay=0).call(work)
            except RetryError as exc:
                raise TryAgain from exc

        with pytest.raises(RetryError) as caught:
            way.run(retry(times=2, on=KeyError), another_round)

        assert 6 == work.calls
        assert 2 == caught.value.attempts
        assert isinstance(caught.value.last_exception, RetryError)

    def test_for_what_has_been_given_up(self, way: Any, hopeless: Any) -> None:
        """
        A failure that an inner retry gave up on can be tried again if one asks for it.
        """
        work = hopeless()

        def another_round() -> None:
            try:
                retry(times=3, delay=0, reraise=True).call(work)
            except ConnectionError as exc:
                raise TryAgain from exc

        with pytest.raises(RetryError) as caught:
            way.run(retry(times=2, reraise=True), another_round)

        assert 6 == work.calls
        assert isinstance(caught.value.last_exception, ConnectionError)

    def test_hooks_further_out(self, way: Any, hopeless: Any) -> None:
        """
        A hook further out is shown the `RetryError`, never the `TryAgain`.
        """
        shown: list[type] = []

        def on(exc: Exception) -> bool:
            shown.append(type(exc))
            return False

        with pytest.raises(RetryError):
            way.run(retry(on=on), retry(delay=0)(hopeless(TryAgain)))

        assert [RetryError] == shown


class TestGroups:
    @pytest.mark.parametrize("reraise", [True, False])
    def test_a_group_is_a_failure(self, way: Any, hopeless: Any, reraise: bool) -> None:
        """
        A group with a `TryAgain` in it is a failure like others: `on` decides.
        """
        work = hopeless(lambda: ExceptionGroup("tasks", [TryAgain(after=9), OSError()]))
        with pytest.raises(ExceptionGroup if reraise else RetryError):
            way.run(retry(times=2, reraise=reraise), work)
        assert 2 == work.calls

        work = hopeless(lambda: ExceptionGroup("tasks", [TryAgain()]))
        with pytest.raises(ExceptionGroup):
            way.run(retry(times=2, on=KeyError, reraise=reraise), work)
        assert 1 == work.calls

    def test_raised_from_a_group(self, way: Any, clock: Any) -> None:
        """
        A call that wants another attempt for what is in a group says so itself.
        """

        def work() -> None:
            try:
                raise ExceptionGroup("tasks", [OSError()])
            except* OSError as group:
                again = TryAgain(after=3)
                again.__cause__ = group
            raise again

        with pytest.raises(RetryError) as caught:
            way.run(retry(times=2, on=KeyError), work)

        assert isinstance(caught.value.last_exception, ExceptionGroup)
        assert [3] == clock.waits

    def test_an_exit_that_is_one(self, way: Any) -> None:
        """
        What is an exit as well is an exit.
        """

        class Leave(TryAgain, KeyboardInterrupt):
            pass

        calls = 0

        def work() -> None:
            nonlocal calls
            calls += 1
            raise Leave

        with pytest.raises(Leave):
            way.run(retry(), work)
        assert 1 == calls


class TestGenerators:
    @pytest.mark.parametrize("reraise", [True, False])
    @pytest.mark.parametrize("on", [Exception, KeyError])
    def test_too_late(self, reraise: bool, on: Any) -> None:
        """
        After the first item no attempt can follow, so it becomes a `RetryError`.
        """
        heard: list[object] = []

        @retry(on=on, reraise=reraise, on_failure=heard.append, on_retry=lambda *what: heard.append(what))
        def items() -> Iterator[int]:
            yield 1
            yield 2
            raise TryAgain("the rest is not ready")

        stream = items()
        assert [1, 2] == [next(stream), next(stream)]
        with pytest.raises(RetryError) as caught:
            next(stream)

        assert str(caught.value).endswith(" failed after 1 attempt(s). Last error: TryAgain: the rest is not ready")
        assert caught.value.last_exception is caught.value.__cause__
        assert [caught.value] == heard

    @pytest.mark.parametrize("reraise", [True, False])
    @pytest.mark.parametrize("on", [Exception, KeyError])
    def test_too_late_in_async_generators(self, run: Any, reraise: bool, on: Any) -> None:
        """
        So it does in an async generator.
        """
        heard: list[RetryError] = []

        async def hear(error: RetryError) -> None:
            heard.append(error)

        @retry(on=on, reraise=reraise, on_failure=hear)
        async def items() -> AsyncIterator[int]:
            yield 1
            yield 2
            raise TryAgain from OSError("reset")

        seen: list[int] = []

        async def main() -> None:
            async for item in items():
                seen.append(item)

        with pytest.raises(RetryError) as caught:
            run(main())

        assert [1, 2] == seen
        assert [caught.value] == heard
        assert str(caught.value).endswith(" failed after 1 attempt(s). Last error: OSError: reset")

    def test_too_late_after_failures(self, run: Any) -> None:
        """
        The attempts before the first item count.
        """
        policy = retry(times=9, delay=0, on=OSError)

        @policy
        def items(failures: list[Any]) -> Iterator[int]:
            if failures:
                raise failures.pop()
            yield 1
            raise TryAgain

        @policy
        async def aitems(failures: list[Any]) -> AsyncIterator[int]:
            if failures:
                raise failures.pop()
            yield 1
            raise TryAgain

        async def main() -> list[int]:
            return [item async for item in aitems([OSError, TryAgain])]

        for consume in (lambda: list(items([OSError, TryAgain])), lambda: run(main())):
            with pytest.raises(RetryError) as caught:
                consume()
            assert 3 == caught.value.attempts

    @pytest.mark.parametrize(("replay", "seen"), [(True, [1, 2, 1, 2, 3]), ("skip", [1, 2, 3])])
    def test_replayed(self, run: Any, clock: Any, replay: Any, seen: list[int]) -> None:
        """
        With `replay` another attempt follows.
        """
        policy = retry(on=KeyError, replay=replay)

        @policy
        def items(failures: list[Any]) -> Iterator[int]:
            yield 1
            yield 2
            if failures:
                raise failures.pop()
            yield 3

        @policy
        async def aitems(failures: list[Any]) -> AsyncIterator[int]:
            for item in items.__wrapped__(failures):
                yield item

        async def main() -> list[int]:
            return [item async for item in aitems([TryAgain(after=5)])]

        assert seen == list(items([TryAgain(after=5)]))
        assert seen == run(main())
        assert [5, 5] == clock.waits

    @pytest.mark.parametrize("reraise", [True, False])
    @pytest.mark.parametrize("replay", [True, "skip"])
    def test_replayed_in_vain(self, run: Any, replay: Any, reraise: bool) -> None:
        """
        When the attempts are used up there, `RetryError` it is.
        """
        policy = retry(times=4, delay=0, on=KeyError, replay=replay, reraise=reraise)

        @policy
        def items() -> Iterator[int]:
            yield 1
            raise TryAgain

        @policy
        async def aitems() -> AsyncIterator[int]:
            yield 1
            raise TryAgain

        async def main() -> list[int]:
            return [item async for item in aitems()]

        for consume in (lambda: list(items()), lambda: run(main())):
            with pytest.raises(RetryError) as caught:
                consume()
            assert 4 == caught.value.attempts

    @pytest.mark.parametrize("replay", [False, True, "skip"])
    @pytest.mark.parametrize("thrown", [TryAgain, TryAgain("the consumer's")])
    def test_thrown_in(self, run: Any, replay: Any, thrown: Any) -> None:
        """
        One that the consumer throws in comes back to the consumer, as it is.
        """
        policy = retry(on=KeyError, replay=replay)
        starts = 0

        @policy
        def items() -> Iterator[int]:
            nonlocal starts
            starts += 1
            yield 1
            yield 2

        @policy
        async def aitems() -> AsyncIterator[int]:
            nonlocal starts
            starts += 1
            yield 1
            yield 2

        async def main() -> None:
            stream: Any = aitems()
            await anext(stream)
            with pytest.raises(TryAgain):
                await stream.athrow(thrown)

        stream: Any = items()
        next(stream)
        with pytest.raises(TryAgain):
            stream.throw(thrown)
        run(main())

        assert 2 == starts

    @pytest.mark.parametrize("replay", [False, True, "skip"])
    def test_after_one_was_thrown_in(self, run: Any, replay: Any) -> None:
        """
        After one that the generator swallowed, its own are its own again.
        """
        policy = retry(times=2, on=KeyError, replay=replay)

        @policy
        def items() -> Iterator[int]:
            try:
                yield 1
            except TryAgain:
                yield 10
            raise TryAgain("mine")

        @policy
        async def aitems() -> AsyncIterator[int]:
            try:
                yield 1
            except TryAgain:
                yield 10
            raise TryAgain("mine")

        async def main() -> None:
            stream: Any = aitems()
            assert 1 == await anext(stream)
            assert 10 == await stream.athrow(TryAgain("yours"))
            async for _ in stream:
                pass

        def consume() -> None:
            stream: Any = items()
            assert 1 == next(stream)
            assert 10 == stream.throw(TryAgain("yours"))
            for _ in stream:
                pass

        for each in (consume, lambda: run(main())):
            with pytest.raises(RetryError, match="TryAgain: mine"):
                each()

    def test_in_answer_to_what_is_thrown_in(self, run: Any) -> None:
        """
        One that the generator raises in answer to something else is its own, and does not leak.
        """
        policy = retry(on=KeyError)

        @policy
        def items() -> Iterator[int]:
            try:
                yield 1
            except ValueError as exc:
                raise TryAgain from exc

        @policy
        async def aitems() -> AsyncIterator[int]:
            try:
                yield 1
            except ValueError as exc:
                raise TryAgain from exc

        assert_throwing_ends_it(items, aitems, run, "ValueError: yours")

    @pytest.mark.parametrize("replay", [False, True, "skip"])
    def test_thrown_into_a_generator_of_its_own(self, run: Any, replay: Any) -> None:
        """
        One that the generator itself throws into another generator is its own.
        """
        policy = retry(on=KeyError, replay=replay)

        def inner() -> Iterator[int]:
            yield 1

        async def ainner() -> AsyncIterator[int]:
            yield 1

        @policy
        def items() -> Iterator[int]:
            within: Any = inner()
            try:
                yield next(within)
            except ValueError:
                within.throw(TryAgain("mine"))

        @policy
        async def aitems() -> AsyncIterator[int]:
            within: Any = ainner()
            try:
                yield await anext(within)
            except ValueError:
                await within.athrow(TryAgain("mine"))

        assert_throwing_ends_it(items, aitems, run, "TryAgain: mine")

    @pytest.mark.parametrize("replay", [False, True, "skip"])
    def test_context_managers(self, run: Any, clock: Any, replay: Any) -> None:
        """
        With `@contextmanager` on top, the body's `TryAgain` reaches the retry around the body.
        """
        opened: list[str] = []

        @contextmanager
        @retry(on=KeyError, replay=replay)
        def connection() -> Iterator[str]:
            opened.append("sync")
            try:
                yield "connection"
            finally:
                opened.append("closed")

        @asynccontextmanager
        @retry(on=KeyError, replay=replay)
        async def aconnection() -> AsyncIterator[str]:
            opened.append("async")
            try:
                yield "connection"
            finally:
                opened.append("closed")

        @retry(on=KeyError)
        def fetch(failures: list[Any]) -> str:
            with connection() as name:
                if failures:
                    raise failures.pop()
                return name

        @retry(on=KeyError)
        async def afetch(failures: list[Any]) -> str:
            async with aconnection() as name:
                if failures:
                    raise failures.pop()
                return name

        assert "connection" == fetch([TryAgain(after=5), TryAgain(after=6)])
        assert ["sync", "closed"] * 3 == opened
        opened.clear()
        assert "connection" == run(afetch([TryAgain(after=5), TryAgain(after=6)]))
        assert ["async", "closed"] * 3 == opened
        assert [6, 5] * 2 == clock.waits

    def test_context_managers_alone(self) -> None:
        """
        Where nothing retries the body, its `TryAgain` leaves the `with` as it is.
        """

        @contextmanager
        @retry
        def connection() -> Iterator[str]:
            yield "connection"

        with pytest.raises(TryAgain, match="not yet"), connection():
            raise TryAgain("not yet")


@pytest.mark.real_time
class TestCancelled:
    @pytest.mark.parametrize("reraise", [True, False])
    def test_on_asyncio(self, reraise: bool) -> None:
        """
        In a task that is being cancelled there is no other attempt: `RetryError`, and no callback hears of it.
        """
        heard: list[object] = []

        async def fetch() -> None:
            heard.append("called")
            try:
                await asyncio.sleep(FOR_EVER)
            except asyncio.CancelledError:
                raise TryAgain("cleaning up") from None

        async def main(work: Any) -> None:
            task = asyncio.create_task(work)
            await asyncio.sleep(0.001)
            task.cancel()
            with pytest.raises(RetryError, match="TryAgain: cleaning up") as caught:
                await task
            assert ("attempts", 1) == (caught.value.reason, caught.value.attempts)

        for make in cancelled_ways(reraise, heard.append):
            heard.clear()
            asyncio.run(main(make(fetch)))
            assert ["called"] == heard

    @pytest.mark.parametrize("reraise", [True, False])
    def test_on_trio(self, reraise: bool) -> None:
        """
        So it is in a scope that is cancelled.
        """
        heard: list[object] = []

        async def fetch() -> None:
            heard.append("called")
            try:
                await trio.sleep(FOR_EVER)
            except trio.Cancelled:
                raise TryAgain("cleaning up") from None

        async def main(make: Any) -> None:
            with trio.move_on_after(0.001), pytest.raises(RetryError, match="TryAgain: cleaning up"):
                await make(fetch)

        for make in cancelled_ways(reraise, heard.append):
            heard.clear()
            trio.run(main, make)
            assert ["called"] == heard

    def test_not_cancelled_yet(self, failing: Any, run: Any) -> None:
        """
        A task that nobody cancels makes its attempts.
        """
        work = failing(TryAgain(after=0), TryAgain(after=0))

        @retry
        async def fetch() -> str:
            return work()

        assert "done" == run(fetch())


def cancelled_ways(reraise: bool, hear: Callable[[object], object]) -> list[Callable[[Any], Any]]:
    """Coroutines that retry a coroutine function in all the ways there are."""

    async def ahear(*what: object) -> None:
        hear(what)

    plain = retry(delay=0, reraise=reraise, on_retry=lambda *what: hear(what), on_failure=hear, on_success=hear)
    awaited = retry(delay=0, reraise=reraise, on_retry=ahear, on_failure=ahear, on_success=ahear)

    async def block(fetch: Any) -> None:
        async for attempt in awaited:
            async with attempt:
                await fetch()

    async def plain_block(fetch: Any) -> None:
        async for attempt in plain:
            with attempt:
                await fetch()

    async def generator(fetch: Any) -> None:
        @plain
        async def items() -> AsyncIterator[None]:
            yield await fetch()

        async for _ in items():
            pass

    async def late(fetch: Any) -> None:
        @plain.replace(replay="skip")
        async def items() -> AsyncIterator[None]:
            yield None
            await fetch()

        async for _ in items():
            pass

    return [
        lambda fetch: retry(reraise=reraise)(fetch)(),
        lambda fetch: plain(fetch)(),
        lambda fetch: awaited(fetch)(),
        lambda fetch: plain(lambda: fetch())(),
        block,
        plain_block,
        generator,
        late,
    ]


class TestOnItsOwn:
    def test_where_nothing_retries(self) -> None:
        """
        Where nothing retries, it is an exception like any other.
        """
        with pytest.raises(TryAgain, match=r"^not ready$"):
            raise TryAgain("not ready")
        assert issubclass(TryAgain, Exception)

    def test_it_says_what_it_is(self) -> None:
        """
        Without a message it says who would have heard it.
        """
        assert "retried by anew" in str(TryAgain())
        assert "retried by anew" in str(TryAgain(after=5))
        assert "TryAgain()" == repr(TryAgain())
        assert "TryAgain('not ready')" == repr(TryAgain("not ready")) == repr(TryAgain(message="not ready"))
        assert "not ready" == str(TryAgain(message="not ready", after=5))

    def test_the_name_it_is_imported_by(self) -> None:
        """
        Tracebacks name it as users import it.
        """
        assert ("anew", "TryAgain") == (TryAgain.__module__, TryAgain.__qualname__)

    @pytest.mark.parametrize(
        "carry",
        [
            lambda exc: pickle.loads(pickle.dumps(exc)),
            lambda exc: cloudpickle.loads(cloudpickle.dumps(exc)),
            copy.copy,
            copy.deepcopy,
        ],
        ids=["pickle", "cloudpickle", "copy", "deepcopy"],
    )
    @pytest.mark.parametrize(
        "again",
        [TryAgain(), TryAgain("not yet"), TryAgain("not yet", after=5), TryAgain(after=timedelta(seconds=5))],
        ids=repr,
    )
    def test_it_travels(self, carry: Any, again: TryAgain) -> None:
        """
        It pickles and copies with message and wait; and so it does in a `RetryError`.
        """
        for twin in (carry(again), carry(RetryError(3, again)).last_exception):
            assert TryAgain is type(twin)
            assert (str(again), again.after) == (str(twin), twin.after)

    def test_subclasses_travel(self) -> None:
        """
        Subclasses travel as their `__init__` allows.
        """
        twin = copy.deepcopy(NotReady(7))
        assert (7, None) == (twin.job, twin.after)

        twin = pickle.loads(pickle.dumps(NotReady(7)))
        assert (7, None) == (twin.job, twin.after)


@pytest.mark.parametrize(("after", "wait"), [(timedelta(seconds=2), 2.0), (3, 3.0), (-1, 0.0)])
def test_subclasses_with_a_wait_of_their_own(way: Any, failing: Any, clock: Any, after: Any, wait: float) -> None:
    """
    A subclass may say how long to wait in a class attribute.
    """

    class NotReady(TryAgain):
        pass

    NotReady.after = after

    assert "done" == way.run(retry(delay=9), failing(NotReady))
    assert wait == sum(clock.waits)


@pytest.mark.parametrize(("after", "error"), [("2", TypeError), (True, TypeError), (float("nan"), ValueError)])
def test_subclasses_with_a_wait_that_is_none(way: Any, failing: Any, after: Any, error: type[Exception]) -> None:
    """
    What is no duration is an error, raised from the request.
    """

    class NotReady(TryAgain):
        pass

    NotReady.after = after

    with pytest.raises(error, match=r"TryAgain\.after must be a finite duration") as caught:
        way.run(retry(), failing(NotReady))

    assert isinstance(caught.value.__cause__, NotReady)
