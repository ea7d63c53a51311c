"""Blocks around which there is a generator: a failure of the block is retried, what a consumer throws in is not."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any
from unittest.mock import Mock

import pytest

from anew import Retry, RetryError, retry

Fail = Callable[[], None]


# How the work fails. Each makes a function that fails each time that it is called.


def anew_each_time() -> Fail:
    def fail() -> None:
        raise ConnectionError("refused")

    return fail


def by_a_mock() -> Fail:
    return Mock(side_effect=ConnectionError("refused"))


def with_one_instance() -> Fail:
    error = ConnectionError("refused")

    def fail() -> None:
        raise error

    return fail


def with_one_that_was_caught_before() -> Fail:
    fail = with_one_instance()
    for _ in range(2):
        with contextlib.suppress(ConnectionError):
            fail()
    return fail


def with_one_that_a_generator_raised_before() -> Fail:
    fail = with_one_instance()

    def generator() -> Iterator[int]:
        yield 1
        fail()

    with contextlib.suppress(ConnectionError):
        list(generator())
    return fail


def with_one_that_was_thrown_into_a_generator_before() -> Fail:
    error = ConnectionError("refused")

    def generator() -> Iterator[int]:
        yield 1

    suspended = generator()
    next(suspended)
    with contextlib.suppress(ConnectionError):
        suspended.throw(error)

    def fail() -> None:
        raise error

    return fail


def without_a_traceback() -> Fail:
    error = ConnectionError("refused")

    def fail() -> None:
        raise error.with_traceback(None)

    return fail


def from_another() -> Fail:
    def fail() -> None:
        try:
            raise KeyError("inner")
        except KeyError as exc:
            raise ConnectionError("refused") from exc

    return fail


def in_a_generator_of_its_own() -> Fail:
    def generator() -> Iterator[int]:
        yield 1
        raise ConnectionError("refused")

    return lambda: [*generator()] and None


def by_throwing_into_a_generator_of_its_own() -> Fail:
    def generator() -> Iterator[int]:
        yield 1

    def fail() -> None:
        suspended = generator()
        next(suspended)
        suspended.throw(ConnectionError("refused"))

    return fail


def in_a_context_manager() -> Fail:
    @contextmanager
    def connected() -> Iterator[int]:
        yield 1

    def fail() -> None:
        with connected():
            raise ConnectionError("refused")

    return fail


def by_a_future() -> Fail:
    future: concurrent.futures.Future[None] = concurrent.futures.Future()
    future.set_exception(ConnectionError("refused"))
    return future.result


FAILS = [
    anew_each_time,
    by_a_mock,
    with_one_instance,
    with_one_that_was_caught_before,
    with_one_that_a_generator_raised_before,
    with_one_that_was_thrown_into_a_generator_before,
    without_a_traceback,
    from_another,
    in_a_generator_of_its_own,
    by_throwing_into_a_generator_of_its_own,
    in_a_context_manager,
    by_a_future,
]


@pytest.fixture(params=FAILS, ids=lambda make: make.__name__)
def fail(request: pytest.FixtureRequest) -> Fail:
    """How the work fails."""
    return request.param()


# What the block does with the failure before it leaves the `with`.


def nothing(fail: Fail) -> None:
    fail()


def logged_and_raised(fail: Fail) -> None:
    try:
        fail()
    except ConnectionError as e:
        str(e)
        raise e


def caught_and_raised_bare(fail: Fail) -> None:
    try:
        fail()
    except ConnectionError:
        raise


def kept_and_raised_later(fail: Fail) -> None:
    kept: ConnectionError | None = None
    try:
        fail()
    except ConnectionError as e:
        kept = e
    if kept is not None:
        raise kept


BLOCKS = ["plain", "raise e", "bare raise", "raised later", "finally", "from a helper", "with something"]


@contextmanager
def something() -> Iterator[None]:
    yield


# The block is written out in each generator, as the frame of the generator is what matters.


def sync_generator(policy: Any, how: str, fail: Fail, calls: list[int]) -> Iterator[str]:
    yield "before"
    for attempt in policy:
        with attempt:
            calls.append(attempt.num)
            if how == "plain":
                fail()
            elif how == "raise e":
                try:
                    fail()
                except ConnectionError as e:
                    str(e)
                    raise e
            elif how == "bare raise":
                try:
                    fail()
                except ConnectionError:
                    raise
            elif how == "raised later":
                kept = None
                try:
                    fail()
                except ConnectionError as e:
                    kept = e
                if kept is not None:
                    raise kept
            elif how == "finally":
                try:
                    fail()
                finally:
                    str(how)
            elif how == "from a helper":
                logged_and_raised(fail)
            elif how == "with something":
                with something():
                    fail()
    yield "after"


def entered_again(policy: Any, how: str, fail: Fail, calls: list[int]) -> Iterator[str]:
    yield "before"
    attempts = iter(policy)
    while True:
        with attempts as attempt:
            calls.append(attempt.num)
            if how == "raise e":
                try:
                    fail()
                except ConnectionError as e:
                    str(e)
                    raise e
            elif how == "with something":
                with something():
                    fail()
            else:
                logged_and_raised(fail)
            break
    yield "after"


def delegating(policy: Any, how: str, fail: Fail, calls: list[int]) -> Iterator[str]:
    def inner() -> Iterator[str]:
        if how == "raise e":
            try:
                fail()
            except ConnectionError as e:
                str(e)
                raise e
        elif how == "raised later":
            kept_and_raised_later(fail)
        else:
            fail()
        yield "inside"

    yield "before"
    for attempt in policy:
        with attempt:
            calls.append(attempt.num)
            yield from inner()


def delegating_after_an_item(policy: Any, how: str, fail: Fail, calls: list[int]) -> Iterator[str]:
    def inner() -> Iterator[str]:
        yield "inside"
        if how == "raise e":
            try:
                fail()
            except ConnectionError as e:
                str(e)
                raise e
        else:
            fail()

    for attempt in policy:
        with attempt:
            calls.append(attempt.num)
            yield from inner()


def after_an_item(policy: Any, how: str, fail: Fail, calls: list[int]) -> Iterator[str]:
    for attempt in policy:
        with attempt:
            calls.append(attempt.num)
            yield "inside"
            if how == "raise e":
                try:
                    fail()
                except ConnectionError as e:
                    str(e)
                    raise e
            elif how == "with something":
                with something():
                    fail()
            else:
                fail()


HOSTS = [sync_generator, entered_again, delegating, delegating_after_an_item, after_an_item]


def helper(policy: Retry[None]) -> Iterator[Any]:
    yield from policy


def counted(policy: Retry[None]) -> Iterator[Any]:
    for attempt in policy:  # noqa: UP028 - the frame that asks for the attempts is the generator's own
        yield attempt


def chained(policy: Retry[None]) -> Iterator[Any]:
    yield from counted(policy)


def drained(generator: Iterator[Any]) -> None:
    for _ in generator:
        pass


def sent_to(generator: Any) -> None:
    try:
        generator.send(None)
        while True:
            generator.send("something")
    except StopIteration:
        return


def delegated_to(generator: Iterator[Any]) -> None:
    def outer() -> Iterator[Any]:
        yield from generator

    drained(outer())


class TestFailures:
    @pytest.mark.parametrize("how", BLOCKS)
    @pytest.mark.parametrize("host", HOSTS)
    def test_in_a_generator(self, host: Any, how: str, fail: Fail, clock: Any) -> None:
        """
        A failure of a block in a generator is retried, however it is raised.
        """
        calls: list[int] = []

        with pytest.raises(RetryError) as caught:
            drained(host(retry(times=4), how, fail, calls))

        assert [1, 2, 3, 4] == calls
        assert 4 == caught.value.attempts

    @pytest.mark.parametrize("how", ["plain", "raise e"])
    @pytest.mark.parametrize("consume", [sent_to, delegated_to])
    @pytest.mark.parametrize("host", HOSTS)
    def test_however_it_is_consumed(self, host: Any, consume: Any, how: str, fail: Fail, clock: Any) -> None:
        """
        It does not matter who drives the generator, and how.
        """
        calls: list[int] = []

        with pytest.raises(RetryError):
            consume(host(retry(times=3), how, fail, calls))

        assert [1, 2, 3] == calls

    @pytest.mark.parametrize("how", BLOCKS)
    @pytest.mark.parametrize("attempts", [helper, counted, chained])
    def test_attempts_of_a_helper(self, attempts: Any, how: str, fail: Fail, clock: Any) -> None:
        """
        The attempts may come from a generator, and the block be in another, or in a function.
        """
        calls: list[int] = []

        with pytest.raises(RetryError):
            drained(sync_generator(attempts(retry(times=3)), how, fail, calls))
        assert [1, 2, 3] == calls

        def block() -> None:
            for attempt in attempts(retry(times=3)):
                with attempt:
                    calls.append(attempt.num)
                    if how == "raise e":
                        logged_and_raised(fail)
                    elif how == "bare raise":
                        caught_and_raised_bare(fail)
                    else:
                        nothing(fail)

        calls.clear()
        with pytest.raises(RetryError):
            block()
        assert [1, 2, 3] == calls

    @pytest.mark.parametrize("how", ["plain", "raise e", "with something"])
    def test_in_a_context_manager(self, how: str, fail: Fail, clock: Any) -> None:
        """
        So is one in a context manager, before and after its `yield`.
        """
        calls: list[int] = []

        @contextmanager
        def before() -> Iterator[None]:
            drained(sync_generator(retry(times=3), how, fail, calls))
            yield

        @contextmanager
        def written_out() -> Iterator[None]:
            for attempt in retry(times=3):
                with attempt:
                    calls.append(attempt.num)
                    try:
                        fail()
                    except ConnectionError as e:
                        str(e)
                        raise e
            yield

        @contextmanager
        def after() -> Iterator[None]:
            yield
            for attempt in retry(times=3):
                with attempt:
                    calls.append(attempt.num)
                    try:
                        fail()
                    except ConnectionError as e:
                        str(e)
                        raise e

        for manager in (before, written_out, after):
            calls.clear()
            with pytest.raises(RetryError), manager():
                pass
            assert [1, 2, 3] == calls

    @pytest.mark.parametrize("times", [2, 50])
    def test_with_success_at_last(self, times: int, clock: Any) -> None:
        """
        One instance that fails many times, and then does not.
        """
        error = ConnectionError("refused")
        work = Mock(side_effect=[*[error] * (times - 1), "done"])

        def generator() -> Iterator[Any]:
            for attempt in retry(times=times):
                with attempt:
                    try:
                        result = work()
                    except ConnectionError as e:
                        raise e
            yield result

        assert ["done"] == [*generator()]
        assert times == work.call_count

    def test_a_generator_that_retries_in_its_finally(self, fail: Fail, clock: Any) -> None:
        """
        A block that runs because the generator is closed, or thrown into, is retried as well.
        """
        calls: list[int] = []

        def generator() -> Iterator[int]:
            try:
                yield 1
            finally:
                for attempt in retry(times=3):
                    with attempt:
                        calls.append(attempt.num)
                        fail()

        for leave in ("close", "throw"):
            calls.clear()
            suspended: Any = generator()
            next(suspended)
            with pytest.raises(RetryError):
                suspended.close() if leave == "close" else suspended.throw(KeyError)
            assert [1, 2, 3] == calls

    def test_an_answer_to_a_throw(self, fail: Fail, clock: Any) -> None:
        """
        What was thrown in and caught inside of the block is over: what fails then is a failure.
        """
        calls: list[int] = []

        def generator() -> Iterator[int]:
            for attempt in retry(times=3):
                with attempt:
                    calls.append(attempt.num)
                    try:
                        yield attempt.num
                    except KeyError:
                        pass
                    fail()

        suspended: Any = generator()
        next(suspended)
        with pytest.raises(RetryError):
            for _ in range(5):
                suspended.throw(KeyError("mine"))
        assert [1, 2, 3] == calls


class Async:
    """The same blocks in async generators."""

    @staticmethod
    async def generator(policy: Any, how: str, fail: Fail, calls: list[int]) -> AsyncIterator[str]:
        yield "before"
        async for attempt in policy:
            async with attempt:
                calls.append(attempt.num)
                if how == "plain":
                    fail()
                elif how == "raise e":
                    try:
                        fail()
                    except ConnectionError as e:
                        str(e)
                        raise e
                elif how == "awaited":
                    await Async.fails(fail)
                elif how == "awaited, raise e":
                    try:
                        await Async.fails(fail)
                    except ConnectionError as e:
                        str(e)
                        raise e
                elif how == "with something":
                    async with Async.something():
                        fail()
                else:
                    logged_and_raised(fail)
        yield "after"

    @staticmethod
    async def plain_with(policy: Any, how: str, fail: Fail, calls: list[int]) -> AsyncIterator[str]:
        yield "before"
        async for attempt in policy:
            with attempt:
                calls.append(attempt.num)
                if how == "raise e":
                    try:
                        fail()
                    except ConnectionError as e:
                        str(e)
                        raise e
                else:
                    await Async.fails(fail)

    @staticmethod
    async def after_an_item(policy: Any, how: str, fail: Fail, calls: list[int]) -> AsyncIterator[str]:
        async for attempt in policy:
            async with attempt:
                calls.append(attempt.num)
                yield "inside"
                if how == "raise e":
                    try:
                        fail()
                    except ConnectionError as e:
                        str(e)
                        raise e
                elif how == "awaited":
                    await Async.fails(fail)
                else:
                    fail()

    @staticmethod
    async def over_another(policy: Any, how: str, fail: Fail, calls: list[int]) -> AsyncIterator[str]:
        async def inner() -> AsyncIterator[str]:
            yield "inside"
            if how == "awaited":
                await Async.fails(fail)
            fail()

        async for attempt in policy:
            async with attempt:
                calls.append(attempt.num)
                async for item in inner():
                    yield item

    @staticmethod
    async def fails(fail: Fail) -> None:
        fail()

    @staticmethod
    @asynccontextmanager
    async def something() -> AsyncIterator[None]:
        yield


async def drained_async(generator: AsyncIterator[Any]) -> None:
    async for _ in generator:
        pass


async def sent_to_async(generator: Any) -> None:
    try:
        await generator.asend(None)
        while True:
            await generator.asend("something")
    except StopAsyncIteration:
        return


async def helper_async(policy: Retry[None]) -> AsyncIterator[Any]:
    async for attempt in policy:
        yield attempt


class TestAsyncFailures:
    @pytest.mark.parametrize("how", ["plain", "raise e", "awaited", "awaited, raise e", "with something", "helper"])
    @pytest.mark.parametrize("host", [Async.generator, Async.plain_with, Async.after_an_item, Async.over_another])
    def test_in_an_async_generator(self, host: Any, how: str, fail: Fail, run: Any, clock: Any) -> None:
        """
        A failure of a block in an async generator is retried, however it is raised.
        """
        calls: list[int] = []

        with pytest.raises(RetryError):
            run(drained_async(host(retry(times=3), how, fail, calls)))

        assert [1, 2, 3] == calls

    @pytest.mark.parametrize("host", [Async.generator, Async.plain_with, Async.after_an_item, Async.over_another])
    def test_by_asend(self, host: Any, run: Any, clock: Any) -> None:
        """
        It does not matter who drives the generator.
        """
        calls: list[int] = []

        with pytest.raises(RetryError):
            run(sent_to_async(host(retry(times=3), "raise e", by_a_mock(), calls)))

        assert [1, 2, 3] == calls

    @pytest.mark.parametrize("how", ["plain", "raise e", "awaited, raise e"])
    def test_attempts_of_a_helper(self, how: str, fail: Fail, run: Any, clock: Any) -> None:
        """
        The attempts may come from an async generator.
        """
        calls: list[int] = []

        with pytest.raises(RetryError):
            run(drained_async(Async.generator(helper_async(retry(times=3)), how, fail, calls)))

        assert [1, 2, 3] == calls

    @pytest.mark.parametrize("where", ["before", "after"])
    def test_in_an_async_context_manager(self, where: str, fail: Fail, run: Any, clock: Any) -> None:
        """
        So is one in an async context manager.
        """
        calls: list[int] = []

        async def block() -> None:
            async for attempt in retry(times=3):
                async with attempt:
                    calls.append(attempt.num)
                    try:
                        fail()
                    except ConnectionError as e:
                        raise e

        @asynccontextmanager
        async def manager() -> AsyncIterator[None]:
            if where == "before":
                await block()
            yield
            await block()

        async def work() -> None:
            async with manager():
                pass

        with pytest.raises(RetryError):
            run(work())

        assert [1, 2, 3] == calls

    def test_a_failed_future(self, clock: Any) -> None:
        """
        An event loop throws the failures of futures and tasks into the task that awaits them: they are failures.
        """
        calls: list[int] = []

        async def generator() -> AsyncIterator[int]:
            failed = asyncio.get_running_loop().create_future()
            failed.set_exception(ConnectionError("refused"))
            async for attempt in retry(times=4):
                async with attempt:
                    calls.append(attempt.num)
                    if attempt.num % 2:
                        await failed
                    await asyncio.create_task(Async.fails(anew_each_time()))
            yield 1

        with pytest.raises(RetryError):
            asyncio.run(drained_async(generator()))

        assert [1, 2, 3, 4] == calls


# What a consumer throws in. Each makes an exception, in whatever state it may be.


def fresh() -> ConnectionError:
    return ConnectionError("mine")


def caught_before() -> ConnectionError:
    error = ConnectionError("mine")
    try:
        raise error
    except ConnectionError:
        return error


def raised_in_a_block_before() -> ConnectionError:
    error = ConnectionError("mine")
    try:
        for attempt in retry(times=1, reraise=True):
            with attempt:
                raise error
    except ConnectionError:
        return error
    raise AssertionError


def raised_in_the_same_code_before() -> ConnectionError:
    error = ConnectionError("mine")

    def fail() -> None:
        raise error

    with contextlib.suppress(RetryError):
        drained(after_an_item(retry(times=2, delay=0), "raise e", fail, []))
    return error


def thrown_into_the_same_code_before() -> ConnectionError:
    error = ConnectionError("mine")
    suspended: Any = after_an_item(retry(times=2), "plain", lambda: None, [])
    next(suspended)
    with contextlib.suppress(ConnectionError):
        suspended.throw(error)
    return error


THROWN = [
    fresh,
    caught_before,
    raised_in_a_block_before,
    raised_in_the_same_code_before,
    thrown_into_the_same_code_before,
]


@pytest.fixture(params=THROWN, ids=lambda make: make.__name__)
def thrown(request: pytest.FixtureRequest) -> ConnectionError:
    """What the consumer throws in."""
    return request.param()


def suspended_in(how: str, calls: list[int]) -> Iterator[str]:
    """A generator that is suspended in its block."""
    for attempt in retry(times=5):
        with attempt:
            calls.append(attempt.num)
            if how == "yield":
                yield "inside"
            elif how == "yield from":
                yield from ["inside", "inside"]
            elif how == "yield from a generator":
                yield from (word for word in ["inside", "inside"])
            elif how == "yield in a with":
                with something():
                    yield "inside"
            elif how == "yield in a try":
                try:
                    yield "inside"
                except KeyError:
                    yield "not this"
                finally:
                    str(how)
            elif how == "bare raise":
                try:
                    yield "inside"
                except ConnectionError:
                    raise


WHERE = [
    "yield",
    # Elsewhere than on CPython, what was thrown in stands where a failure of what is asked for items stands, too.
    pytest.param("yield from", marks=pytest.mark.needs("CPython")),
    pytest.param("yield from a generator", marks=pytest.mark.needs("CPython")),
    "yield in a with",
    "yield in a try",
    "bare raise",
]


class TestThrows:
    @pytest.mark.parametrize("how", WHERE)
    def test_by_throw(self, how: str, thrown: ConnectionError, clock: Any) -> None:
        """
        What a consumer throws into a suspended block leaves as it is, and is no failure of the block.
        """
        calls: list[int] = []
        suspended: Any = suspended_in(how, calls)
        next(suspended)

        with pytest.raises(ConnectionError) as caught:
            suspended.throw(thrown)

        assert caught.value is thrown
        assert [1] == calls
        assert [] == clock.waits

    @pytest.mark.parametrize("how", WHERE)
    def test_from_another_function(self, how: str, thrown: ConnectionError, clock: Any) -> None:
        """
        Also where another function throws, or a generator that delegates.
        """
        calls: list[int] = []

        def throw(generator: Any, deep: int) -> None:
            if deep:
                throw(generator, deep - 1)
            else:
                generator.throw(thrown)

        def delegate(generator: Iterator[str]) -> Iterator[str]:
            yield from generator

        for wrap in (iter, delegate):
            calls.clear()
            suspended: Any = wrap(suspended_in(how, calls))
            next(suspended)
            with pytest.raises(ConnectionError) as caught:
                throw(suspended, 3)

            assert caught.value is thrown
            assert [1] == calls

    @pytest.mark.parametrize("how", [*WHERE[:5]])
    def test_by_a_context_manager(self, how: str, thrown: ConnectionError, clock: Any) -> None:
        """
        Also where the body of a `with` fails, of which the block is the context manager.
        """
        calls: list[int] = []
        manager = contextmanager(partial(suspended_in, how, calls))

        with pytest.raises(ConnectionError) as caught, manager():
            raise thrown

        assert caught.value is thrown
        assert [1] == calls

    def test_by_an_exit_stack(self, thrown: ConnectionError, clock: Any) -> None:
        """
        Also through several of them.
        """
        calls: list[int] = []
        manager = contextmanager(partial(suspended_in, "yield", calls))

        with pytest.raises(ConnectionError) as caught, contextlib.ExitStack() as stack:
            for _ in range(3):
                stack.enter_context(manager())
            raise thrown

        assert caught.value is thrown
        assert [1, 1, 1] == calls

    @pytest.mark.parametrize("times", [1, 2, 3])
    def test_after_retries(self, times: int, clock: Any) -> None:
        """
        Also where the block itself has failed before, with the very instance.
        """
        error = ConnectionError("mine")

        def generator() -> Iterator[int]:
            for attempt in retry(times=9):
                with attempt:
                    if attempt.num < times:
                        raise error
                    yield attempt.num

        suspended: Any = generator()
        assert times == next(suspended)
        with pytest.raises(ConnectionError) as caught:
            suspended.throw(error)

        assert caught.value is error
        assert times - 1 == len(clock.waits)

    def test_by_a_loop_that_fails(self, clock: Any) -> None:
        """
        A consumer that fails closes the generator, which ends the block.
        """
        calls: list[int] = []
        suspended: Any = suspended_in("yield", calls)

        with pytest.raises(ConnectionError), contextlib.closing(suspended):
            for _ in suspended:
                raise ConnectionError

        assert [1] == calls

    @pytest.mark.parametrize("reraise", [True, False])
    def test_what_the_consumer_throws_is_no_mark(self, reraise: bool, clock: Any) -> None:
        """
        It reaches the retry around the consumer, which retries.
        """
        calls: list[int] = []

        @retry(times=3, reraise=reraise)
        def consume() -> None:
            suspended: Any = suspended_in("yield", calls)
            next(suspended)
            suspended.throw(ConnectionError("mine"))

        with pytest.raises(ConnectionError if reraise else RetryError):
            consume()

        assert [1, 1, 1] == calls


async def suspended_in_async(how: str, calls: list[int]) -> AsyncIterator[str]:
    async for attempt in retry(times=5):
        async with attempt:
            calls.append(attempt.num)
            if how == "yield":
                yield "inside"
            elif how == "yield in a with":
                async with Async.something():
                    yield "inside"
            elif how == "yield in a try":
                try:
                    yield "inside"
                except KeyError:
                    yield "not this"
                finally:
                    str(how)
            elif how == "yield in a plain with":
                with something():
                    yield "inside"
            elif how == "bare raise":
                try:
                    yield "inside"
                except ConnectionError:
                    raise


WHERE_ASYNC = ["yield", "yield in a with", "yield in a try", "yield in a plain with", "bare raise"]


class TestAsyncThrows:
    @pytest.mark.parametrize("how", WHERE_ASYNC)
    def test_by_athrow(self, how: str, thrown: ConnectionError, run: Any, clock: Any) -> None:
        """
        What is thrown into a suspended block of an async generator leaves as it is.
        """
        calls: list[int] = []

        async def consume() -> None:
            suspended: Any = suspended_in_async(how, calls)
            await anext(suspended)
            await suspended.athrow(thrown)

        with pytest.raises(ConnectionError) as caught:
            run(consume())

        assert caught.value is thrown
        assert [1] == calls
        assert [] == clock.waits

    @pytest.mark.parametrize("how", WHERE_ASYNC[:4])
    def test_by_a_context_manager(self, how: str, thrown: ConnectionError, run: Any, clock: Any) -> None:
        """
        Also where the body of an `async with` fails.
        """
        calls: list[int] = []
        manager = asynccontextmanager(partial(suspended_in_async, how, calls))

        async def consume() -> None:
            async with manager():
                raise thrown

        with pytest.raises(ConnectionError) as caught:
            run(consume())

        assert caught.value is thrown
        assert [1] == calls

    def test_a_failure_of_the_body_that_awaits(self, run: Any, clock: Any) -> None:
        """
        Also where what the body awaits fails.
        """
        calls: list[int] = []
        manager = asynccontextmanager(partial(suspended_in_async, "yield", calls))

        async def consume() -> None:
            async with manager():
                await Async.fails(anew_each_time())

        with pytest.raises(ConnectionError):
            run(consume())

        assert [1] == calls
