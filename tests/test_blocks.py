"""Blocks: what only they can do. What they share with decorated functions runs over every `way`."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import pairwise
from typing import Any

import pytest
import trio

from anew import Retry, RetryError, retry, set_testing
from anew.instrumentation import LoggingHook, RetryDetails, set_on_retry_hooks


@pytest.fixture
def opened() -> Iterator[list[str]]:
    """What hooks have opened for waits and not closed."""
    opened: list[str] = []

    @contextmanager
    def hook(details: RetryDetails) -> Iterator[None]:
        name = details.name
        opened.append(name)
        try:
            yield
        finally:
            opened.remove(name)

    set_on_retry_hooks([hook])
    yield opened
    set_on_retry_hooks(None)


class TestAttempt:
    def test_shows_where_it_stands(self, clock: Any) -> None:
        """
        An attempt knows its number, the least that the next wait can be, and the time that is left.
        """
        seen = []

        with pytest.raises(RetryError):
            for attempt in retry(times=4, delay=2, jitter=False, timeout=100):
                with attempt:
                    seen.append((attempt.num, attempt.next_wait, attempt.remaining, repr(attempt)))
                    clock.advance(1)
                    raise OSError

        assert [
            (1, 2.0, 100.0, "<Attempt num=1 next_wait=2 remaining=100.0>"),
            (2, 4.0, 97.0, "<Attempt num=2 next_wait=4 remaining=97.0>"),
            (3, 8.0, 92.0, "<Attempt num=3 next_wait=8 remaining=92.0>"),
            (4, 16.0, 83.0, "<Attempt num=4 next_wait=16 remaining=83.0>"),
        ] == seen

    def test_milliseconds_are_shown(self) -> None:
        """
        The `repr` shows the time that is left to the millisecond.
        """
        assert "<Attempt num=1 next_wait=0.5 remaining=1.235>" == repr(next(iter(retry(timeout=1.23456))))

    def test_without_timeout(self) -> None:
        """
        Without `timeout` there is no end to the time.
        """
        attempt = next(iter(retry()))

        assert attempt.remaining is None
        assert "<Attempt num=1 next_wait=0.5 remaining=None>" == repr(attempt)

    @pytest.mark.parametrize(("jitter", "next_wait"), [(True, 1.5), (False, 3.0), ("full", 0.0), ("decorrelated", 3.0)])
    def test_next_wait_is_the_lowest_draw(self, jitter: Any, next_wait: float) -> None:
        """
        The next wait can be as short as the jitter makes it.
        """
        assert next_wait == next(iter(retry(delay=3, jitter=jitter))).next_wait

    def test_next_wait_while_testing(self) -> None:
        """
        There are no waits while testing.
        """
        with set_testing(True, attempts=5):
            assert 0.0 == next(iter(retry(delay=3))).next_wait

    def test_no_time_is_left(self, clock: Any) -> None:
        """
        No time is left when the timeout is over.
        """
        attempt = next(iter(retry(timeout=5)))
        clock.advance(6)

        assert 0.0 == attempt.remaining

    @pytest.mark.parametrize("name", ["num", "next_wait", "remaining", "other"])
    def test_read_only(self, name: str) -> None:
        """
        Nothing of it can be set.
        """
        attempt = next(iter(retry()))

        with pytest.raises(AttributeError):
            setattr(attempt, name, 1)

    def test_as(self) -> None:
        """
        What is entered is the attempt.
        """
        for attempt in retry():
            with attempt as entered:
                assert entered is attempt

    def test_as_of_attempts(self, failing: Any, clock: Any) -> None:
        """
        What is entered again is the next attempt.
        """
        nums = []
        work = failing(OSError, OSError)
        attempts = iter(retry())

        while work.calls < 3:
            with attempts as attempt:
                nums.append(attempt.num)
                work()

        assert [1, 2, 3] == nums


def leave_by(how: str, policy: Retry[None]) -> list[int]:
    nums = []
    for attempt in policy:
        with attempt:
            nums.append(attempt.num)
            if how == "return":
                return nums
            if how == "break":
                break
            if how == "continue":
                continue
    return nums


class TestSuccess:
    @pytest.mark.parametrize("how", ["return", "break", "continue", "end"])
    def test_left(self, how: str) -> None:
        """
        However the block ends without an exception, it is a success, told once, and there is no other attempt.
        """
        told: list[int] = []

        assert [1] == leave_by(how, retry(on_success=told.append))
        assert [1] == told

    def test_the_loop_is_over(self) -> None:
        """
        A loop that has ended stays ended.
        """
        attempts = iter(retry())
        for attempt in attempts:
            with attempt:
                pass

        assert [] == list(attempts)

    def test_the_loop_in_a_task_is_over(self, run: Any) -> None:
        """
        So does a loop in a task.
        """

        async def work() -> list[int]:
            attempts = aiter(retry())
            async for attempt in attempts:
                with attempt:
                    pass
            return [attempt.num async for attempt in attempts]

        assert [] == run(work())

    def test_each_for_starts_afresh(self, failing: Any, clock: Any) -> None:
        """
        A policy may be looped over again and again.
        """
        policy = retry(times=2)
        nums = []
        for _ in range(3):
            work = failing(OSError)
            for attempt in policy:
                with attempt:
                    nums.append(attempt.num)
                    work()

        assert [1, 2, 1, 2, 1, 2] == nums


class TestFailure:
    def test_what_is_final_leaves_from_the_with(self, clock: Any) -> None:
        """
        Nothing after the `with` runs when the attempts are used up.
        """
        after = []

        with pytest.raises(RetryError):
            for attempt in retry(times=2):
                with attempt:
                    raise OSError
                after.append(attempt.num)

        assert [1] == after

    def test_not_ours(self, clock: Any) -> None:
        """
        What `on` does not cover leaves as it is, at once.
        """
        error = KeyError("not ours")

        with pytest.raises(KeyError) as caught:
            for attempt in retry(on=OSError):
                with attempt:
                    raise error

        assert caught.value is error
        assert None is error.__cause__
        assert [] == clock.waits

    def test_caught_outside(self, clock: Any) -> None:
        """
        Who catches what is final, within the loop, ends it.
        """
        nums = []
        for attempt in retry(times=2):
            try:
                with attempt:
                    nums.append(attempt.num)
                    raise OSError
            except RetryError:
                nums.append(0)

        assert [1, 2, 0] == nums

    def test_between_the_with_and_the_next_turn(self, opened: list[str], clock: Any) -> None:
        """
        What fails outside of the `with` is nobody's attempt: it leaves the loop.
        """
        with pytest.raises(KeyError):
            for attempt in retry(name="block"):
                with attempt:
                    raise OSError
                raise KeyError

        gc.collect()
        assert [] == clock.waits
        assert [] == opened

    @pytest.mark.parametrize("stop", [StopIteration, StopAsyncIteration])
    def test_stop(self, stop: type[Exception], clock: Any) -> None:
        """
        StopIteration is an order: it leaves as it is, and does not end the loop in silence.
        """
        calls = 0

        with pytest.raises(stop):
            for attempt in retry(times=2):
                with attempt:
                    calls += 1
                    raise stop

        assert 1 == calls

    @pytest.mark.parametrize("stop", [StopIteration, StopAsyncIteration])
    def test_stop_by_name(self, stop: type[Exception], clock: Any) -> None:
        """
        Where `on` names it, it is a failure like any other.
        """
        calls = 0

        with pytest.raises(RetryError) as caught:
            for attempt in retry(times=2, on=stop):
                with attempt:
                    calls += 1
                    raise stop

        assert 2 == calls
        assert type(caught.value.last_exception) is stop

    @pytest.mark.parametrize("policy", [retry(times=1, reraise=True), retry(on=OSError)], ids=repr)
    @pytest.mark.parametrize("stop", [StopIteration, StopAsyncIteration])
    def test_stop_comes_out_as_itself(self, stop: type[Exception], policy: Any) -> None:
        """
        StopIteration comes out of the loop as itself where it is final.
        """
        error = stop()

        with pytest.raises(stop) as caught:
            for attempt in policy:
                with attempt:
                    raise error

        assert caught.value is error

    def test_stop_async_iteration_in_a_task(self, run: Any) -> None:
        """
        StopAsyncIteration comes out of an async loop, which Python makes a RuntimeError only in async generators.
        """

        async def work() -> None:
            async for attempt in retry(times=1, reraise=True):
                async with attempt:
                    raise StopAsyncIteration

        with pytest.raises(StopAsyncIteration):
            run(work())

    @pytest.mark.parametrize("exit_", [KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError])
    def test_exits(self, exit_: type[BaseException], clock: Any) -> None:
        """
        What is no Exception gets through.
        """
        with pytest.raises(exit_):
            for attempt in retry():
                with attempt:
                    raise exit_

        assert [] == clock.waits

    def test_a_failing_line_is_in_the_traceback(self, clock: Any) -> None:
        """
        The error shows the line that failed, and the failure is its cause.
        """
        with pytest.raises(RetryError) as caught:
            for attempt in retry(times=2):
                with attempt:
                    fail_here()

        cause = caught.value.__cause__

        assert cause is caught.value.last_exception
        assert cause.__context__ is None
        assert "fail_here" == list(frames(cause))[-1]


def fail_here() -> None:
    raise OSError


def frames(exc: BaseException) -> Iterator[str]:
    tb = exc.__traceback__
    while tb is not None:
        yield tb.tb_frame.f_code.co_name
        tb = tb.tb_next


class TestMisuse:
    def test_never_entered(self) -> None:
        """
        A loop whose attempts nobody enters would never end: it is an error at the second turn.
        """
        turns = 0

        with pytest.raises(RuntimeError, match="attempt 1 was never entered: the work goes into `with attempt:`"):
            for _ in retry(times=None):
                turns += 1

        assert 1 == turns

    def test_never_entered_in_a_task(self, run: Any) -> None:
        """
        The same holds in a task.
        """

        async def work() -> None:
            async for _ in retry(times=None):
                pass

        with pytest.raises(RuntimeError, match="never entered"):
            run(work())

    def test_entered_twice(self) -> None:
        """
        An attempt is entered once.
        """
        for attempt in retry():
            with attempt:
                pass
            with pytest.raises(RuntimeError, match="attempt 1 has been entered before"):
                attempt.__enter__()

    def test_failed_and_entered_again(self, clock: Any) -> None:
        """
        Neither can it be entered again when it has failed.
        """
        with pytest.raises(RuntimeError, match="attempt 1 has been entered before"):
            for attempt in retry():
                with attempt:
                    raise OSError
                with attempt:
                    pass

    def test_next_within(self) -> None:
        """
        There is no next attempt while one is running.
        """
        attempts = iter(retry(on=OSError))

        with pytest.raises(RuntimeError, match="attempt 1 is still running"), attempts:
            next(attempts)

    def test_entered_again_after_success(self) -> None:
        """
        Who forgets to leave `while True` after a success is told.
        """
        attempts = iter(retry())
        calls = 0

        with pytest.raises(RuntimeError, match="entered again after it succeeded: leave the loop"):
            while True:
                with attempts:
                    calls += 1

        assert 1 == calls

    def test_entered_again_after_success_in_a_task(self, run: Any) -> None:
        """
        The same holds in a task.
        """

        async def work() -> None:
            attempts = aiter(retry())
            while True:
                async with attempts:
                    pass

        with pytest.raises(RuntimeError, match="entered again after it succeeded: leave the loop"):
            run(work())

    def test_entered_again_after_it_gave_up(self, clock: Any) -> None:
        """
        So is who goes on after an error.
        """
        attempts = iter(retry(times=1))
        with pytest.raises(RetryError), attempts:
            raise OSError

        with pytest.raises(RuntimeError, match="entered again after it gave up"):
            attempts.__enter__()

    @pytest.mark.needs("reference counts")
    def test_the_loop_is_gone(self, clock: Any) -> None:
        """
        A failure that nobody would retry, as the loop is gone, leaves as it is.
        """
        attempt = next(iter(retry()))

        with pytest.raises(OSError, match="nobody"), attempt:
            raise OSError("nobody would retry this")

    def test_the_loop_is_gone_and_it_succeeds(self, run: Any) -> None:
        """
        An attempt without a loop can still succeed.
        """

        async def work() -> int:
            attempt = await anext(aiter(retry()))
            async with attempt:
                return 1

        with next(iter(retry(on_success=print))):
            pass

        assert 1 == run(work())

    def test_a_plain_for_in_a_task(self, run: Any) -> None:
        """
        `async with` does not go with the plain `for`, whose waits would block the event loop.
        """

        async def work() -> None:
            for attempt in retry():
                async with attempt:
                    pass

        with pytest.raises(TypeError, match="`async with attempt` takes `async for"):
            run(work())

    @pytest.mark.parametrize("option", ["on_retry", "on_success", "on_failure"])
    def test_async_callbacks(self, option: str, run: Any) -> None:
        """
        Async callbacks take `async for` and `async with`.
        """

        async def callback(*args: object) -> None: ...

        policy: Any = retry(**{option: callback})

        async def work() -> None:
            async for attempt in policy:
                with attempt:
                    pass

        with pytest.raises(TypeError, match="async callbacks take `async for"):
            iter(policy)
        with pytest.raises(TypeError, match="async callbacks take `async with"):
            run(work())

    @pytest.mark.parametrize("begin", [iter, aiter])
    @pytest.mark.parametrize("replay", [True, "skip"])
    def test_replay(self, begin: Callable[[Any], Any], replay: Any) -> None:
        """
        `replay` is for generators.
        """
        with pytest.raises(TypeError, match="is for generator functions, not for blocks"):
            begin(retry(replay=replay))

    def test_a_loop_is_left_and_gone_on_with(self, failing: Any, clock: Any) -> None:
        """
        A loop that was left after a failure can be gone on with.
        """
        attempts = iter(retry())
        for attempt in attempts:
            with attempt:
                raise OSError
            break
        nums = []
        for attempt in attempts:
            with attempt:
                nums.append(attempt.num)

        assert [2] == nums
        assert 1 == len(clock.waits)


def three_in_three_in_one_function(reraise: bool, work: Callable[[], None]) -> None:
    for outer in retry(times=3, reraise=reraise):
        with outer:
            for inner in retry(times=3, reraise=reraise):
                with inner:
                    work()


def three_in_three_in_two_functions(reraise: bool, work: Callable[[], None]) -> None:
    def below() -> None:
        for inner in retry(times=3, reraise=reraise):
            with inner:
                work()

    for outer in retry(times=3, reraise=reraise):
        with outer:
            below()


def three_in_a_retried_function(reraise: bool, work: Callable[[], None]) -> None:
    @retry(times=3, reraise=reraise)
    def below() -> None:
        for inner in retry(times=3, reraise=reraise):
            with inner:
                work()

    below()


def a_retried_function_in_three(reraise: bool, work: Callable[[], None]) -> None:
    for outer in retry(times=3, reraise=reraise):
        with outer:
            retry(times=3, reraise=reraise).call(work)


def three_of_a_function_that_calls_itself(reraise: bool, work: Callable[[], None], depth: int = 1) -> None:
    for attempt in retry(times=3, reraise=reraise):
        with attempt:
            if depth:
                three_of_a_function_that_calls_itself(reraise, work, depth - 1)
            else:
                work()


NESTED = [
    three_in_three_in_one_function,
    three_in_three_in_two_functions,
    three_in_a_retried_function,
    a_retried_function_in_three,
    three_of_a_function_that_calls_itself,
]


class TestNested:
    @pytest.mark.parametrize("nested", NESTED)
    @pytest.mark.parametrize("reraise", [True, False])
    @pytest.mark.parametrize("again", [1, 3])
    def test_they_do_not_multiply(self, nested: Any, reraise: bool, again: int, hopeless: Any, clock: Any) -> None:
        """
        A block in a block makes as many calls as one, also if the same is done again.
        """
        for _ in range(again):
            work = hopeless()

            with pytest.raises((RetryError, ConnectionError)):
                nested(reraise, work)

            assert 3 == work.calls

    @pytest.mark.parametrize("nested", NESTED)
    def test_one_instance(self, nested: Any, hopeless: Any, clock: Any) -> None:
        """
        An instance that is raised again and again is fresh each time; it has one note and one round of entries a call.
        """
        error = ConnectionError("service down")
        lengths = []
        for _ in range(5):
            work = hopeless(lambda: error)

            with pytest.raises(ConnectionError) as caught:
                nested(True, work)

            assert 3 == work.calls
            assert caught.value is error
            assert 1 == len(error.__notes__)
            lengths.append(len(list(frames(error))))

        (step,) = {later - sooner for sooner, later in pairwise(lengths[1:])}
        assert step <= 15  # Python itself adds the entries of each call

    def test_one_instance_one_block_after_another(self, clock: Any) -> None:
        """
        What one block gave up on is fresh for the next one in the same function.
        """
        error = ConnectionError("service down")
        calls = []

        for number in range(3):
            try:
                for attempt in retry(times=2, reraise=True):
                    with attempt:
                        calls.append(number)
                        raise error
            except ConnectionError:
                pass

        assert [0, 0, 1, 1, 2, 2] == calls

    def test_an_outer_loop_can_go_on(self, clock: Any) -> None:
        """
        A RetryError of the inner loop is retried by the outer one if it is named.
        """
        calls = 0

        with pytest.raises(RetryError):
            for outer in retry(times=2, on=RetryError):
                with outer:
                    for inner in retry(times=2):
                        with inner:
                            calls += 1
                            raise OSError

        assert 4 == calls

    def test_break_and_continue_mean_the_inner_loop(self) -> None:
        """
        `break` and `continue` mean the loop that they stand in.
        """
        nums = []
        for outer in retry():
            with outer:
                for inner in retry():
                    with inner:
                        nums.append((outer.num, inner.num))
                        break

        assert [(1, 1)] == nums


class TestShared:
    @pytest.mark.needs("threads")
    def test_threads(self) -> None:
        """
        Threads may loop over one policy at once.
        """
        policy = retry(times=3, delay=0)
        barrier = threading.Barrier(8)
        results: list[list[int]] = []

        def work() -> None:
            barrier.wait()
            nums = []
            for attempt in policy:
                with attempt:
                    nums.append(attempt.num)
                    if attempt.num < 3:
                        raise OSError
            results.append(nums)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert [[1, 2, 3]] * 8 == results

    def test_tasks(self) -> None:
        """
        Tasks may loop over one policy at once.
        """
        policy = retry(times=3)

        async def work() -> list[int]:
            nums = []
            async for attempt in policy:
                async with attempt:
                    await asyncio.sleep(0)
                    nums.append(attempt.num)
                    if attempt.num < 3:
                        raise OSError
            return nums

        async def main() -> list[list[int]]:
            return await asyncio.gather(*(work() for _ in range(8)))

        assert [[1, 2, 3]] * 8 == asyncio.run(main())


class TestNames:
    @pytest.fixture(autouse=True)
    def logging(self) -> Iterator[None]:
        set_on_retry_hooks([LoggingHook()])
        yield
        set_on_retry_hooks(None)

    def test_of_the_function_around(self, clock: Any, caplog: Any) -> None:
        """
        A block is called by the function that it stands in.
        """

        def load_orders() -> None:
            for attempt in retry(times=2):
                with attempt:
                    raise OSError

        with pytest.raises(RetryError):
            load_orders()

        assert caplog.messages[0].startswith(
            "TestNames.test_of_the_function_around.<locals>.load_orders failed with OSError, attempt 1 of 2; next"
        )

    def test_as_given(self, clock: Any, caplog: Any, run: Any) -> None:
        """
        Or as `name` says.
        """

        async def work() -> None:
            async for attempt in retry(times=2, reraise=True, name="orders"):
                async with attempt:
                    raise OSError

        with pytest.raises(OSError) as caught:  # noqa: PT011 - its note is looked at
            run(work())

        assert caplog.messages[0].startswith("orders failed with OSError, attempt 1 of 2; next attempt in ")
        assert "anew: orders gave up after 2 attempt(s)" in caught.value.__notes__[0]


class TestLeftEarly:
    def test_break_after_a_failure(self, opened: list[str], clock: Any) -> None:
        """
        What hooks have opened closes when the loop is left.
        """
        for attempt in retry(name="block"):
            with attempt:
                raise OSError
            assert ["block"] == opened
            break

        gc.collect()
        assert [] == opened
        assert [] == clock.waits

    @pytest.mark.needs("reference counts")
    def test_break_with_a_hook_that_keeps_nothing(self, clock: Any) -> None:
        """
        It closes at once where nothing ties a knot.
        """
        events = []

        class Context:
            def __enter__(self) -> None:
                events.append("opened")

            def __exit__(self, *args: object) -> None:
                events.append("closed")

        set_on_retry_hooks([lambda details: Context()])
        try:
            for attempt in retry():
                with attempt:
                    raise OSError
                break

            assert ["opened", "closed"] == events
            assert 1 == attempt.num
        finally:
            set_on_retry_hooks(None)

    def test_break_in_a_task(self, opened: list[str], run: Any) -> None:
        """
        An async loop that is left early leaves no complaint behind, and nothing open.
        """

        async def work() -> None:
            async for attempt in retry(name="block"):
                async with attempt:
                    raise OSError
                break

        run(work())

        gc.collect()
        assert [] == opened

    @pytest.mark.needs("reference counts")
    def test_an_error_in_a_task(self, opened: list[str], run: Any) -> None:
        """
        The same holds if an exception leaves the loop.
        """

        async def work() -> None:
            async for attempt in retry(name="block"):
                async with attempt:
                    raise OSError
                raise KeyError

        with pytest.raises(KeyError):
            run(work())

        gc.collect()
        assert [] == opened

    def test_closed_at_the_next_turn(self, opened: list[str], clock: Any) -> None:
        """
        Else it closes when the wait ends, before the next attempt.
        """
        seen = []
        for attempt in retry(name="block"):
            with attempt:
                seen.append(list(opened))
                if attempt.num < 3:
                    raise OSError
            seen.append(list(opened))

        assert [[], ["block"], [], ["block"], [], []] == seen

    def test_interrupted(self, opened: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
        """
        Ctrl-C gets through a wait, and closes what was open.
        """
        from anew import _clock

        def interrupt(seconds: float) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(_clock, "sleep", interrupt)

        with pytest.raises(KeyboardInterrupt):
            for attempt in retry(name="block"):
                with attempt:
                    raise OSError

        assert [] == opened

    @pytest.mark.real_time
    def test_cancelled_in_the_wait(self, opened: list[str]) -> None:
        """
        A task can be cancelled in the wait, which closes what was open.
        """
        seen = []

        async def work() -> None:
            async for attempt in retry(name="block", delay=60):
                async with attempt:
                    raise OSError

        async def main() -> None:
            task = asyncio.create_task(work())
            await asyncio.sleep(0.001)
            seen.append(list(opened))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            seen.append(list(opened))

        asyncio.run(main())

        assert [["block"], []] == seen

    @pytest.mark.real_time
    def test_out_of_time_in_the_wait_on_trio(self, opened: list[str]) -> None:
        """
        So it is on Trio.
        """

        async def main() -> None:
            with trio.move_on_after(0.1):
                async for attempt in retry(name="block", delay=60):
                    with attempt:
                        raise OSError

        trio.run(main)

        assert [] == opened

    @pytest.mark.needs("reference counts")
    def test_nothing_is_left_behind(self, clock: Any, no_hooks: None) -> None:
        """
        A loop and its failures go without the garbage collector.
        """

        class Failure(Exception):
            pass

        def work() -> weakref.ref[Failure]:
            for attempt in retry():
                with attempt:
                    if attempt.num == 1:
                        failure = Failure()
                        gone = weakref.ref(failure)
                        try:
                            raise failure
                        finally:
                            del failure
            return gone

        gc.disable()
        try:
            assert work()() is None
        finally:
            gc.enable()


class TestWithin:
    def test_a_generator(self, clock: Any) -> None:
        """
        A block may stand in a generator and yield from inside.
        """

        def work() -> Iterator[int]:
            for attempt in retry():
                with attempt:
                    yield attempt.num
                    if attempt.num < 3:
                        raise OSError

        assert [1, 2, 3] == list(work())

    def test_a_generator_that_is_closed(self, clock: Any) -> None:
        """
        Closing the generator is no failure of the block.
        """
        told: list[int] = []

        def work() -> Iterator[int]:
            for attempt in retry(on_success=told.append, on_failure=print):
                with attempt:
                    yield attempt.num

        generator = work()
        next(generator)
        generator.close()

        assert [] == told
        assert [] == clock.waits

    def test_an_async_generator(self, run: Any) -> None:
        """
        Or in an async generator.
        """

        async def work() -> AsyncIterator[int]:
            async for attempt in retry():
                async with attempt:
                    yield attempt.num
                    if attempt.num < 3:
                        raise OSError

        async def main() -> list[int]:
            return [num async for num in work()]

        assert [1, 2, 3] == run(main())

    def test_a_context_manager(self, clock: Any) -> None:
        """
        What the body of a `with` raises is not the block's that yielded to it: it leaves as it is.
        """
        opened = []

        @contextmanager
        def connection() -> Iterator[int]:
            for attempt in retry():
                with attempt:
                    opened.append(attempt.num)
                    if attempt.num == 1:
                        raise OSError
                    yield attempt.num

        with pytest.raises(KeyError), connection():
            raise KeyError("the caller's own")

        assert [1, 2] == opened

    def test_an_async_context_manager(self, run: Any) -> None:
        """
        So it is with `async with`.
        """
        opened = []

        @asynccontextmanager
        async def connection() -> AsyncIterator[int]:
            async for attempt in retry():
                async with attempt:
                    opened.append(attempt.num)
                    yield attempt.num

        async def work() -> None:
            async with connection():
                raise KeyError("the caller's own")

        with pytest.raises(KeyError):
            run(work())

        assert [1] == opened

    def test_exceptions_that_lie(self, clock: Any) -> None:
        """
        What says that it is an Exception, and is none, gets through.
        """

        class Exit(BaseException):
            @property
            def __class__(self) -> Any:
                return ValueError

        with pytest.raises(Exit):
            for attempt in retry():
                with attempt:
                    raise Exit

        assert [] == clock.waits

    def test_a_cancelled_task(self) -> None:
        """
        In a task that is being cancelled nothing is retried.
        """
        calls = 0

        async def work() -> None:
            nonlocal calls
            try:
                await asyncio.sleep(10)
            finally:
                async for attempt in retry():
                    with attempt:
                        calls += 1
                        raise OSError("clean-up")

        async def main() -> None:
            task = asyncio.create_task(work())
            await asyncio.sleep(0)
            task.cancel()
            await task

        with pytest.raises(OSError, match="clean-up"):
            asyncio.run(main())

        assert 1 == calls

    def test_a_wait_of_nothing_is_a_checkpoint(self, run: Any, clock: Any) -> None:
        """
        Between two attempts of an async loop others can run; before the first nobody need.
        """

        async def work() -> None:
            async for attempt in retry(delay=0):
                async with attempt:
                    assert attempt.num - 1 == len(clock.waits)
                    if attempt.num < 3:
                        raise OSError

        run(work())

        assert [0, 0] == clock.waits


class Manager:
    """A context manager, sync and async, that fails where it is told to, and keeps a log."""

    def __init__(self, log: list[str], name: str, *fails: str) -> None:
        self.log, self.name, self.fails = log, name, list(fails)

    def _step(self, step: str) -> None:
        self.log.append(f"{self.name} {step}")
        if step in self.fails:
            self.fails.remove(step)
            raise ConnectionError(f"{self.name} {step}")

    def __enter__(self) -> str:
        self._step("in")
        return self.name

    def __exit__(self, *_: object) -> None:
        self._step("out")

    async def __aenter__(self) -> str:
        await asyncio.sleep(0) if asyncio._get_running_loop() else await trio.lowlevel.checkpoint()
        return self.__enter__()

    async def __aexit__(self, *_: object) -> None:
        self._step("out")


class TestOneStatement:
    """`with attempt, connect() as connection:` makes what connects a part of the attempt."""

    @pytest.mark.parametrize(
        ("fails", "log"),
        [
            ([], ["a in", "b in", "work", "b out", "a out"]),
            (["a in"], ["a in", "a in", "b in", "work", "b out", "a out"]),
            (["a in", "a in"], ["a in", "a in", "a in", "b in", "work", "b out", "a out"]),
            (["b in"], ["a in", "b in", "a out", "a in", "b in", "work", "b out", "a out"]),
            (["b out"], ["a in", "b in", "work", "b out", "a out"] * 2),
            (["a out"], ["a in", "b in", "work", "b out", "a out"] * 2),
            (["work"], ["a in", "b in", "work", "b out", "a out"] * 2),
        ],
        ids=str,
    )
    @pytest.mark.parametrize("form", ["plain", "parentheses", "entered again", "async", "mixed", "async again"])
    def test_all_failures(self, form: str, fails: list[str], log: list[str], run: Any, clock: Any) -> None:
        """
        What fails in entering, in the work and in leaving is retried, and what was entered is left.
        """
        seen: list[str] = []

        a = Manager(seen, "a", *(fail[2:] for fail in fails if fail.startswith("a")))
        b = Manager(seen, "b", *(fail[2:] for fail in fails if fail.startswith("b")))
        broken = [fail for fail in fails if fail == "work"]

        def work(*names: str) -> str:
            assert ("a", "b") == names
            seen.append("work")
            if broken:
                broken.pop()
                raise ConnectionError
            return "done"

        def block() -> str:
            if form == "plain":
                for attempt in retry():
                    with attempt, a as first, b as second:
                        result = work(first, second)
                return result
            if form == "parentheses":
                for attempt in retry():
                    with (
                        attempt as entered,
                        a as first,
                        b as second,
                    ):
                        assert entered is attempt
                        return work(first, second)
            attempts = iter(retry())
            while True:
                with attempts, a as first, b as second:
                    return work(first, second)

        async def async_block() -> str:
            if form == "async":
                async for attempt in retry():
                    async with attempt, a as first, b as second:
                        return work(first, second)
            if form == "mixed":
                async for attempt in retry():
                    with attempt:
                        async with a as first, b as second:
                            return work(first, second)
            attempts = aiter(retry())
            while True:
                async with attempts, a as first, b as second:
                    return work(first, second)

        assert "done" == (run(async_block()) if "async" in form or form == "mixed" else block())
        assert log == seen

    def test_used_up(self, clock: Any) -> None:
        """
        When the attempts are used up, what failed in entering is the last exception.
        """
        seen: list[str] = []
        manager = Manager(seen, "a", *["in"] * 5)

        with pytest.raises(RetryError) as caught:
            for attempt in retry(times=3):
                with attempt, manager:
                    pytest.fail("not entered")

        assert ["a in"] * 3 == seen
        assert "a in" == str(caught.value.last_exception)

    def test_not_ours(self, clock: Any) -> None:
        """
        What is not ours leaves as it is.
        """
        manager = Manager([], "a", "in")

        with pytest.raises(ConnectionError, match="a in"):
            for attempt in retry(on=KeyError):
                with attempt, manager:
                    pytest.fail("not entered")

    def test_a_manager_that_swallows(self, clock: Any) -> None:
        """
        What an inner context manager swallows is a success.
        """
        nums = []

        for attempt in retry():
            with attempt, contextlib.suppress(OSError):
                nums.append(attempt.num)
                raise OSError

        assert [1] == nums

    def test_the_other_way_round(self, clock: Any) -> None:
        """
        What stands before the attempt is no part of it.
        """
        seen: list[str] = []
        manager = Manager(seen, "a", "in")

        with pytest.raises(ConnectionError, match="a in"):
            for attempt in retry():
                with manager, attempt:
                    pytest.fail("not entered")

    def test_managers_made_of_generators(self, clock: Any) -> None:
        """
        Context managers that are generators hear of the failure, which is retried.
        """
        heard: list[str] = []

        @contextmanager
        def transaction() -> Iterator[None]:
            heard.append("begin")
            try:
                yield
            except ConnectionError:
                heard.append("rollback")
                raise
            heard.append("commit")

        for attempt in retry():
            with attempt, transaction():
                if attempt.num < 3:
                    raise ConnectionError

        assert ["begin", "rollback", "begin", "rollback", "begin", "commit"] == heard
