"""One attempt is no retry: `times=1`, by which libraries spell "off", does not disarm the retry around it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from anew import RetryBudget, RetryError, TryAgain, retry, set_active, set_testing
from anew.instrumentation import set_on_give_up_hooks

once = retry(times=1)
once_itself = retry(times=1, reraise=True)


@pytest.fixture(params=[once, once_itself], ids=["RetryError", "reraise"])
def one(request: pytest.FixtureRequest) -> Any:
    """A policy of one attempt."""
    return request.param


@pytest.fixture(params=[True, False], ids=["reraise", "RetryError"])
def reraise(request: pytest.FixtureRequest) -> bool:
    """How the retry around it gives up."""
    return request.param


def last_of(error: BaseException) -> BaseException:
    return error.last_exception if isinstance(error, RetryError) else error


@pytest.mark.parametrize("mode", [lambda: set_active(False), lambda: set_testing(True)])
def test_what_leaves_is_that_of_production(mode: Any, hopeless: Any, clock: Any) -> None:
    """
    A retry inside that raises `RetryError` in production does so with retries switched off, whatever is around it.
    """
    nested = retry(reraise=True)(retry()(hopeless()))
    mode()
    try:
        with pytest.raises(RetryError):
            nested()
    finally:
        set_active(True)
        set_testing(False)


class TestAround:
    def test_function(self, every_way: Any, one: Any, reraise: bool, hopeless: Any, clock: Any) -> None:
        """
        A retry around one attempt makes all of its own, in every way.
        """
        work = hopeless()

        with pytest.raises(ConnectionError if reraise else RetryError) as caught:
            every_way.run(retry(times=3, reraise=reraise), one(work))

        assert 3 == work.calls
        assert isinstance(last_of(caught.value), ConnectionError)
        assert 2 == len([wait for wait in clock.waits if wait])

    def test_a_retry_around_both(self, every_way: Any, one: Any, hopeless: Any, clock: Any) -> None:
        """
        A third retry sees that the second has given up, though that raises what the one attempt has wrapped.
        """
        work = hopeless()

        with pytest.raises(ConnectionError):
            retry(times=3, delay=0).call(lambda: every_way.run(retry(times=3, reraise=True), one(work)))

        assert 3 == work.calls

    @pytest.mark.parametrize("times", [3, None])
    def test_succeeds_at_last(self, way: Any, one: Any, times: int | None, failing: Any, clock: Any) -> None:
        """
        It succeeds when the work does.
        """
        work = failing(OSError, OSError)

        assert "done" == way.run(retry(times=times), one(work))
        assert 3 == work.calls

    def test_every_way_of_one_attempt(self, way: Any, one: Any, reraise: bool, hopeless: Any, clock: Any) -> None:
        """
        The one attempt may be made in any way.
        """
        work = hopeless()

        with pytest.raises(ConnectionError if reraise else RetryError) as caught:
            for attempt in retry(times=3, reraise=reraise, delay=0):
                with attempt:
                    way.run(one, work)

        assert 3 == work.calls
        assert isinstance(last_of(caught.value), ConnectionError)

    @pytest.mark.parametrize("deep", [2, 5])
    def test_stacked(self, deep: int, one: Any, reraise: bool, hopeless: Any, clock: Any) -> None:
        """
        However many of them there are.
        """
        work = hopeless()
        fn = work
        for _ in range(deep):
            fn = one(fn)

        with pytest.raises(ConnectionError if reraise else RetryError) as caught:
            retry(times=3, reraise=reraise)(fn)()

        assert 3 == work.calls
        assert isinstance(last_of(caught.value), ConnectionError)

    def test_mixed(self, reraise: bool, hopeless: Any, clock: Any) -> None:
        """
        Of both kinds, above each other.
        """
        work = hopeless()

        with pytest.raises(ConnectionError if reraise else RetryError):
            retry(times=3, reraise=reraise)(once(once_itself(once(once_itself(work)))))()

        assert 3 == work.calls

    def test_async(self, one: Any, reraise: bool, hopeless: Any, run: Any, clock: Any) -> None:
        """
        Async functions under each other.
        """
        work = hopeless()

        @retry(times=3, reraise=reraise)
        @one
        async def fetch() -> None:
            work()

        with pytest.raises(ConnectionError if reraise else RetryError):
            run(fetch())
        assert 3 == work.calls

    def test_blocks(self, one: Any, reraise: bool, hopeless: Any, clock: Any) -> None:
        """
        Blocks in blocks.
        """
        work = hopeless()

        with pytest.raises(ConnectionError if reraise else RetryError):
            for outer in retry(times=3, reraise=reraise):
                with outer:
                    for inner in one:
                        with inner:
                            work()

        assert 3 == work.calls

    @pytest.mark.parametrize("replay", [False, True, "skip"])
    def test_generators(self, one: Any, reraise: bool, replay: Any, hopeless: Any, clock: Any) -> None:
        """
        Generators under each other.
        """
        work = hopeless()

        @retry(times=3, reraise=reraise, replay=replay)
        @one.replace(replay=replay)
        def items() -> Any:
            yield work()

        with pytest.raises(ConnectionError if reraise else RetryError):
            list(items())
        assert 3 == work.calls

    def test_one_stored_instance(self, one: Any, reraise: bool, hopeless: Any, clock: Any) -> None:
        """
        One instance that is raised again and again.
        """
        error = ConnectionError("refused")
        work = hopeless(lambda: error)

        for _ in range(3):
            with pytest.raises(ConnectionError if reraise else RetryError) as caught:
                retry(times=3, reraise=reraise)(one(work))()
            assert last_of(caught.value) is error

        assert 9 == work.calls

    @pytest.mark.needs("CPython")
    def test_in_a_group(self, reraise: bool, hopeless: Any, clock: Any) -> None:
        """
        A task group of calls with one attempt is retried where the group is ours.
        """
        work = hopeless()

        @once_itself
        async def fetch() -> None:
            work()

        @retry(times=3, on=ExceptionGroup, reraise=reraise)
        async def both() -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(fetch())
                group.create_task(fetch())

        with pytest.raises(ExceptionGroup if reraise else RetryError):
            asyncio.run(both())
        assert 6 == work.calls


class TestWhatIsSeen:
    @pytest.mark.parametrize("on", [ConnectionError, [OSError], lambda exc: isinstance(exc, ConnectionError)])
    def test_on(self, way: Any, one: Any, on: Any, hopeless: Any, clock: Any) -> None:
        """
        Types and functions judge what the attempt raised.
        """
        work = hopeless()

        with pytest.raises(RetryError):
            way.run(retry(times=3, on=on), one(work))
        assert 3 == work.calls

    @pytest.mark.parametrize("on", [KeyError, lambda exc: isinstance(exc, RetryError)])
    def test_not_ours(self, way: Any, one: Any, on: Any, hopeless: Any) -> None:
        """
        What the attempt raised may not be ours: then what the one attempt gave leaves as it is.
        """
        work = hopeless()

        with pytest.raises(RetryError if one is once else ConnectionError) as caught:
            way.run(retry(times=3, on=on), one(work))

        assert 1 == work.calls
        if one is once:
            assert 1 == caught.value.attempts

    def test_by_name(self, way: Any, hopeless: Any, clock: Any) -> None:
        """
        Who names RetryError means it: it is not seen through.
        """
        work = hopeless()
        seen: list[Exception] = []

        with pytest.raises(RetryError) as caught:
            way.run(retry(times=3, on=RetryError, on_retry=lambda num, exc: seen.append(exc)), once(work))

        assert 3 == work.calls
        assert [RetryError, RetryError] == [type(exc) for exc in seen]
        assert isinstance(caught.value.last_exception, RetryError)

    def test_callbacks_and_hooks(self, way: Any, one: Any, hopeless: Any, clock: Any) -> None:
        """
        Callbacks, hooks and the error tell what the attempt raised.
        """
        told: list[Any] = []
        policy = retry(
            times=2,
            on=ConnectionError,
            hooks=[lambda details: told.append(details.exception)],
            on_retry=lambda num, exc: told.append(exc),
            on_failure=lambda err: told.append(err.last_exception),
        )
        with (
            set_on_give_up_hooks([lambda details: told.append(details.exception)]),
            pytest.raises(RetryError) as caught,
        ):
            way.run(policy, one(hopeless()))

        told += [caught.value.last_exception, caught.value.__cause__]
        assert {ConnectionError} == {type(exc) for exc in told if not isinstance(exc, RetryError)}
        # The one attempt itself gives up too, and tells the hooks of giving up what it raised.
        assert [] == [exc for exc in told if isinstance(exc, RetryError)]

    def test_the_traceback(self, reraise: bool, one: Any, hopeless: Any, clock: Any) -> None:
        """
        What is raised in the end has no context, but for the line that failed.
        """
        with pytest.raises(ConnectionError if reraise else RetryError) as caught:
            retry(times=2, reraise=reraise)(one(hopeless()))()

        last = last_of(caught.value)
        assert last.__context__ is None
        assert last.__cause__ is None
        tb, names = last.__traceback__, []
        while tb is not None:
            names.append(tb.tb_frame.f_code.co_name)
            tb = tb.tb_next
        assert "work" == names[-1]

    def test_the_note(self, one: Any, hopeless: Any, clock: Any) -> None:
        """
        The only note is of the retry that made more than one attempt.
        """
        with pytest.raises(ConnectionError) as caught:
            retry(times=2, reraise=True)(one(hopeless()))()

        (note,) = caught.value.__notes__
        assert "gave up after 2 attempt(s)" in note

    def test_raised_by_hand(self, way: Any, hopeless: Any, clock: Any) -> None:
        """
        A RetryError of one attempt may come from anywhere.
        """
        work = hopeless(lambda: RetryError(1, ConnectionError("refused")))

        with pytest.raises(RetryError) as caught:
            way.run(retry(times=3, on=ConnectionError), work)

        assert 3 == work.calls
        assert isinstance(caught.value.last_exception, ConnectionError)

    @pytest.mark.parametrize("after", [None, 7])
    def test_try_again(self, way: Any, reraise: bool, one: Any, after: Any, hopeless: Any, clock: Any) -> None:
        """
        A TryAgain in one attempt asks the retry around it.
        """
        work = hopeless(lambda: TryAgain("not yet", after=after))

        with pytest.raises(RetryError) as caught:
            way.run(retry(times=3, on=KeyError, delay=1, reraise=reraise), one(work))

        assert 3 == work.calls
        assert isinstance(caught.value.last_exception, TryAgain)
        assert after is None or [after] * 2 == [wait for wait in clock.waits if wait]


class TestInside:
    @pytest.mark.parametrize("inner_reraise", [True, False])
    def test_around_a_retry(self, way: Any, one: Any, inner_reraise: bool, hopeless: Any, clock: Any) -> None:
        """
        One attempt around a retry lets pass what that gave up on.
        """
        work = hopeless()
        inner = retry(times=3, reraise=inner_reraise, delay=0)

        with pytest.raises(ConnectionError if inner_reraise else RetryError) as caught:
            way.run(one, inner(work))

        assert 3 == work.calls
        assert isinstance(last_of(caught.value), ConnectionError)
        assert inner_reraise or 3 == caught.value.attempts

    @pytest.mark.parametrize("inner_reraise", [True, False])
    def test_between_two(
        self, way: Any, one: Any, reraise: bool, inner_reraise: bool, hopeless: Any, clock: Any
    ) -> None:
        """
        Between two retries it changes nothing: they do not multiply.
        """
        work = hopeless()
        inner = retry(times=2, reraise=inner_reraise, delay=0)

        with pytest.raises((ConnectionError, RetryError)) as caught:
            way.run(retry(times=5, reraise=reraise), one(inner(work)))

        assert 2 == work.calls
        assert isinstance(last_of(caught.value), ConnectionError)

    def test_gave_up_for_another_reason(self, way: Any, reraise: bool, hopeless: Any, clock: Any) -> None:
        """
        Who gave up after one attempt for want of time or tokens has retried, and is not retried.
        """
        for options, reason in (({"timeout": 1, "delay": 5}, "timeout"), ({"budget": RetryBudget(floor=0)}, "budget")):
            work = hopeless()
            inner = retry(**options, reraise=reraise)

            with pytest.raises(ConnectionError if reraise else RetryError) as caught:
                way.run(retry(times=3), inner(work))

            assert 1 == work.calls
            assert reraise or (1, reason) == (caught.value.attempts, caught.value.reason)

    @pytest.mark.parametrize("outer", [once, once_itself], ids=["RetryError", "reraise"])
    def test_in_one_attempt(self, way: Any, one: Any, outer: Any, hopeless: Any) -> None:
        """
        One attempt in one attempt is one attempt, of what was raised.
        """
        work = hopeless()

        with pytest.raises((ConnectionError, RetryError)) as caught:
            way.run(outer, one(work))

        assert 1 == work.calls
        assert isinstance(last_of(caught.value), ConnectionError)


class TestModes:
    @pytest.mark.parametrize("inner", [retry(), retry(reraise=True), once, once_itself], ids=repr)
    def test_deactivated(self, way: Any, inner: Any, reraise: bool, hopeless: Any) -> None:
        """
        With retries off there is one attempt, of what was raised.
        """
        work = hopeless()
        set_active(False)
        try:
            with pytest.raises((ConnectionError, RetryError)) as caught:
                way.run(retry(reraise=reraise), inner(work))
        finally:
            set_active(True)

        assert 1 == work.calls
        assert isinstance(last_of(caught.value), ConnectionError)

    @pytest.mark.parametrize("inner", [retry(), retry(reraise=True), once, once_itself], ids=repr)
    @pytest.mark.parametrize("attempts", [1, 2, 4])
    def test_testing(self, way: Any, inner: Any, attempts: int, reraise: bool, hopeless: Any) -> None:
        """
        In tests there are as many as tests say, and they do not multiply.
        """
        work = hopeless()

        with set_testing(True, attempts=attempts), pytest.raises((ConnectionError, RetryError)) as caught:
            way.run(retry(reraise=reraise), inner(work))

        assert attempts == work.calls
        assert isinstance(last_of(caught.value), ConnectionError)

    def test_testing_with_a_cap(self, way: Any, one: Any, reraise: bool, hopeless: Any) -> None:
        """
        Where tests only set an upper limit, one attempt stays one, and the retry around it has its own.
        """
        work = hopeless()

        with set_testing(True, attempts=3, cap=True), pytest.raises((ConnectionError, RetryError)) as caught:
            way.run(retry(times=5, reraise=reraise), one(work))

        assert 3 == work.calls
        assert isinstance(last_of(caught.value), ConnectionError)
