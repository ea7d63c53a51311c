"""Marks of others: one stored instance that several calls meet, and retries in retries that meet what was given up."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import threading
from collections.abc import Callable
from typing import Any

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from anew import RetryError, retry
from anew._marks import entries, trim

Read = Callable[[Exception], None]


# How a broken connection raises what broke it, each time that it is used.


def plainly(error: Exception) -> None:
    raise error


def logged(error: Exception) -> None:
    try:
        raise error
    except ConnectionError as e:
        raise e


def bare(error: Exception) -> None:
    try:
        plainly(error)
    except ConnectionError:
        raise


def from_none(error: Exception) -> None:
    raise error from None


def without_traceback(error: Exception) -> None:
    raise error.with_traceback(None)


def deep(error: Exception, levels: int = 5) -> None:
    if levels:
        deep(error, levels - 1)
    else:
        raise error


def in_a_finally(error: Exception) -> None:
    try:
        plainly(error)
    finally:
        str(error)


def in_a_context_manager(error: Exception) -> None:
    @contextlib.contextmanager
    def opened() -> Any:
        yield

    with opened():
        raise error


def in_a_generator(error: Exception) -> None:
    def items() -> Any:
        yield 1
        raise error

    list(items())


READS = [plainly, logged, bare, from_none, without_traceback, deep, in_a_finally, in_a_context_manager, in_a_generator]


@pytest.fixture(params=[pytest.param(one, id=one.__name__) for one in READS])
def read(request: pytest.FixtureRequest) -> Read:
    """How the stored error is raised."""
    return request.param


@pytest.fixture(autouse=True)
def _no_hooks(no_hooks: None) -> None: ...


class TestTasks:
    @settings(max_examples=60)
    @given(
        pauses=st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=2, max_size=4),
        which=st.sampled_from(READS),
        use=st.sampled_from(["function", "block", "generator"]),
    )
    def test_whatever_the_order(self, pauses: list[list[int]], which: Read, use: str) -> None:
        """
        Tasks that meet one stored error make all of their attempts, in whatever order they run.
        """
        error = ConnectionError("broken")
        calls = [0] * len(pauses)
        policy = retry(times=4, delay=0, reraise=True)

        async def attempt(number: int) -> None:
            calls[number] += 1
            for _ in range(pauses[number][calls[number] - 1]):
                await asyncio.sleep(0)
            which(error)

        @policy
        async def items(number: int) -> Any:
            await attempt(number)
            yield 1

        async def task(number: int) -> None:
            with pytest.raises(ConnectionError) as caught:
                if use == "function":
                    await policy(attempt)(number)
                elif use == "generator":
                    _ = [item async for item in items(number)]
                else:
                    async for one in policy:
                        async with one:
                            await attempt(number)
            assert caught.value is error

        async def main() -> None:
            await asyncio.gather(*(task(number) for number in range(len(pauses))))

        asyncio.run(main())
        assert [4] * len(pauses) == calls

    @pytest.mark.parametrize("order", ["first", "second", "together"])
    @pytest.mark.parametrize("group", ["gather", "TaskGroup", "nursery"])
    def test_both_orders(self, group: str, order: str, read: Read) -> None:
        """
        Also where one gives up in the middle of the other's last attempt.
        """
        error = ConnectionError("broken")
        calls: dict[str, int] = {"first": 0, "second": 0}

        async def pause() -> None:
            if group == "nursery":
                await trio.lowlevel.checkpoint()
            else:
                await asyncio.sleep(0)

        @retry(times=3, delay=0, reraise=True)
        async def fetch(name: str) -> None:
            calls[name] += 1
            for _ in range(1 if order in (name, "together") else 9):
                await pause()
            read(error)

        async def task(name: str) -> None:
            with pytest.raises(ConnectionError):
                await fetch(name)

        async def main() -> None:
            if group == "gather":
                await asyncio.gather(task("first"), task("second"))
            elif group == "TaskGroup":
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(task("first"))
                    tasks.create_task(task("second"))
            else:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(task, "first")
                    nursery.start_soon(task, "second")

        trio.run(main) if group == "nursery" else asyncio.run(main())
        assert {"first": 3, "second": 3} == calls

    def test_one_after_the_other(self, way: Any, read: Read, clock: Any) -> None:
        """
        A mark that is older than the attempt says nothing.
        """
        error = ConnectionError("broken")
        calls: list[int] = []

        def work() -> None:
            calls.append(1)
            read(error)

        for _ in range(3):
            with pytest.raises(ConnectionError):
                way.run(retry(times=3, reraise=True), work)

        assert 9 == len(calls)

    @pytest.mark.needs("threads")
    def test_given_up_by_another_meanwhile(self, way: Any, read: Read, clock: Any) -> None:
        """
        What another call gives up on while this attempt runs, with the very error, is not given up by us.
        """
        error = ConnectionError("broken")
        calls: list[int] = []

        def another() -> None:
            with contextlib.suppress(ConnectionError):
                retry(times=2, delay=0, reraise=True)(read)(error)

        def work() -> None:
            calls.append(1)
            thread = threading.Thread(target=another)
            thread.start()
            thread.join()
            read(error)

        with pytest.raises(ConnectionError):
            way.run(retry(times=3, reraise=True), work)

        assert 3 == len(calls)

    def test_swallowed_within_the_attempt(self, way: Any, read: Read, clock: Any) -> None:
        """
        So it is where the attempt itself has a call that gives up on it and swallows that, and then meets it again.
        """
        error = ConnectionError("broken")
        calls: list[int] = []

        def probe() -> None:
            with contextlib.suppress(ConnectionError):
                retry(times=2, delay=0, reraise=True)(read)(error)

        def work() -> None:
            calls.append(1)
            probe()
            read(error)

        with pytest.raises(ConnectionError):
            way.run(retry(times=3, reraise=True), work)

        assert 3 == len(calls)


@pytest.mark.needs("threads")
class TestThreads:
    @pytest.mark.parametrize("first", [0, 1])
    def test_both_orders(self, first: int, read: Read, clock: Any) -> None:
        """
        Threads that meet one stored error make all of their attempts: one gives up while the other's attempt runs.
        """
        error = ConnectionError("broken")
        calls = [0, 0]
        last_begun, given_up = threading.Event(), threading.Event()

        def attempt(number: int) -> None:
            calls[number] += 1
            if number == first and calls[number] == 3:
                assert last_begun.wait(30)
            if number != first and calls[number] == 2:  # it has begun, and fails when the other has given up
                last_begun.set()
                assert given_up.wait(30)
            read(error)

        def run(number: int) -> None:
            with contextlib.suppress(ConnectionError):
                retry(times=3, delay=0, reraise=True)(attempt)(number)
            if number == first:
                given_up.set()

        threads = [threading.Thread(target=run, args=[number]) for number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert [3, 3] == calls

    @pytest.mark.xfail(reason="threads mix the entries of one traceback", strict=False)
    def test_pools(self, read: Read, clock: Any) -> None:
        """
        Many threads of a pool.
        """
        error = ConnectionError("broken")
        counts: list[int] = []

        def run(_: int) -> None:
            calls = 0

            def attempt() -> None:
                nonlocal calls
                calls += 1
                read(error)

            with contextlib.suppress(ConnectionError):
                retry(times=3, delay=0, reraise=True)(attempt)()
            counts.append(calls)

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(run, range(200)))

        assert [3] * 200 == counts


def in_a_thread(fn: Callable[[], None]) -> None:
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        pool.submit(fn).result()


def mapped(fn: Callable[[], None]) -> None:
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        list(pool.map(lambda _: fn(), range(1)))


def waited_for(fn: Callable[[], None]) -> None:
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        (future,) = concurrent.futures.wait([pool.submit(fn)]).done
        future.result()


def asked_for(fn: Callable[[], None]) -> None:
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        error = pool.submit(fn).exception()
    if error is not None:
        raise error


def on_a_loop(fn: Callable[[], None]) -> None:
    async def main() -> None:
        await asyncio.to_thread(fn)

    asyncio.run(main())


def on_a_trio_loop(fn: Callable[[], None]) -> None:
    async def main() -> None:
        await trio.to_thread.run_sync(fn)

    trio.run(main)


def directly(fn: Callable[[], None]) -> None:
    fn()


def raised_by_name(fn: Callable[[], None]) -> None:
    try:
        fn()
    except ConnectionError as e:
        raise e


def raised_bare(fn: Callable[[], None]) -> None:
    try:
        fn()
    except ConnectionError:
        raise


def by_an_exit_stack(fn: Callable[[], None]) -> None:
    with contextlib.ExitStack() as stack:
        stack.callback(str)
        fn()


def by_a_context_manager(fn: Callable[[], None]) -> None:
    @contextlib.contextmanager
    def opened() -> Any:
        try:
            yield
        except ConnectionError as e:
            raise e

    with opened():
        fn()


def by_a_generator(fn: Callable[[], None]) -> None:
    def items() -> Any:
        yield fn()

    list(items())


PASSED_ON = [
    directly,
    raised_by_name,
    raised_bare,
    by_an_exit_stack,
    by_a_generator,
    *(pytest.param(one, marks=pytest.mark.needs("threads")) for one in (in_a_thread, mapped, waited_for, on_a_loop)),
    on_a_trio_loop,
]


class TestNested:
    @pytest.mark.parametrize("pass_on", PASSED_ON)
    @pytest.mark.parametrize("stored", [True, False])
    def test_they_do_not_multiply(self, pass_on: Any, stored: bool, read: Read, clock: Any) -> None:
        """
        What an inner retry gave up on passes the outer one, however it comes there.
        """
        error = ConnectionError("broken")
        calls: list[int] = []

        @retry(times=2, delay=0, reraise=True)
        def inner() -> None:
            calls.append(1)
            read(error if stored else ConnectionError("broken"))

        for _ in range(2):
            calls.clear()
            with pytest.raises(ConnectionError):
                retry(times=5, delay=0, reraise=True)(pass_on)(inner)
            assert [1, 1] == calls

    @pytest.mark.parametrize("how", ["await", "task", "gather", "TaskGroup", "shield", "wait_for", "as_completed"])
    @pytest.mark.parametrize("stored", [True, False])
    def test_async(self, how: str, stored: bool, read: Read) -> None:
        """
        Also through tasks of asyncio.
        """
        error = ConnectionError("broken")
        calls: list[int] = []

        @retry(times=2, delay=0, reraise=True)
        async def inner() -> None:
            calls.append(1)
            await asyncio.sleep(0)
            read(error if stored else ConnectionError("broken"))

        @retry(times=5, delay=0, reraise=True)
        async def outer() -> None:
            if how == "await":
                await inner()
            elif how == "task":
                await asyncio.create_task(inner())
            elif how == "gather":
                await asyncio.gather(inner())
            elif how == "shield":
                await asyncio.shield(inner())
            elif how == "wait_for":
                await asyncio.wait_for(inner(), 60)
            elif how == "as_completed":
                for future in asyncio.as_completed([inner()]):
                    await future
            else:
                async with asyncio.TaskGroup() as group:
                    group.create_task(inner())

        async def main() -> None:
            for _ in range(2):
                calls.clear()
                with pytest.raises((ConnectionError, ExceptionGroup)):
                    await outer()
                assert [1, 1] == calls

        asyncio.run(main())

    def test_side_by_side(self, read: Read) -> None:
        """
        Nested retries of many tasks that meet one stored error: neither multiply, nor lose attempts.
        """
        error = ConnectionError("broken")
        counts: list[int] = []

        async def task(number: int) -> None:
            calls = 0

            @retry(times=3, delay=0, reraise=True)
            async def inner() -> None:
                nonlocal calls
                calls += 1
                for _ in range(number % 4):
                    await asyncio.sleep(0)
                read(error)

            with pytest.raises(ConnectionError):
                await retry(times=5, delay=0, reraise=True)(inner)()
            counts.append(calls)

        async def main() -> None:
            await asyncio.gather(*(task(number) for number in range(12)))

        asyncio.run(main())
        assert [3] * 12 == counts


class TestSharedFutures:
    """A future that has failed raises its one error for whoever asks, also for several retries at a time."""

    @pytest.mark.parametrize("number", [2, 5])
    def test_of_asyncio(self, number: int) -> None:
        """
        Each retry makes all of its attempts.
        """
        calls = [0] * number

        async def main() -> None:
            future = asyncio.get_running_loop().create_future()
            future.set_exception(ConnectionError("broken"))

            async def attempt(index: int) -> None:
                calls[index] += 1
                for _ in range(index):
                    await asyncio.sleep(0)
                await future

            async def task(index: int) -> None:
                with pytest.raises(ConnectionError):
                    await retry(times=3, delay=0, reraise=True)(attempt)(index)

            await asyncio.gather(*(task(index) for index in range(number)))

        asyncio.run(main())
        assert [3] * number == calls

    @pytest.mark.xfail(reason="what a future of threads raises again counts as given up", strict=True)
    def test_of_threads(self, clock: Any) -> None:
        """
        Also where another thread gives up on it while our attempt runs.
        """
        future: concurrent.futures.Future[None] = concurrent.futures.Future()
        future.set_exception(ConnectionError("broken"))
        calls: list[int] = []

        def another() -> None:
            with contextlib.suppress(ConnectionError):
                retry(times=2, delay=0, reraise=True)(future.result)()

        def work() -> None:
            calls.append(1)
            thread = threading.Thread(target=another)
            thread.start()
            thread.join()
            future.result()

        with pytest.raises(ConnectionError):
            retry(times=3, delay=0, reraise=True)(work)()

        assert 3 == len(calls)


def test_hooks_see_everything(way: Any, clock: Any) -> None:
    """
    A function of the user is asked about what others gave up on as well.
    """
    seen: list[Exception] = []
    inner = retry(times=2, delay=0, reraise=True)(lambda: plainly(ConnectionError("broken")))

    with pytest.raises(RetryError):
        way.run(retry(times=3, on=lambda exc: not seen.append(exc)), inner)

    assert 3 == len(seen)


def test_rounds_are_cut_out_of_a_traceback() -> None:
    """
    Of an instance that is raised again and again, the first round and the last stay in the traceback.
    """
    error = OSError()

    def fail(line: int) -> None:
        if line:
            raise error
        raise error

    for line in (0, 1, 0, 1):
        with pytest.raises(OSError):  # noqa: PT011 - it has no text
            fail(line)
    last, *_, first = [entry for entry in entries(error) if entry.tb_frame.f_code is fail.__code__]

    trim(error)

    left = [entry for entry in entries(error) if entry.tb_frame.f_code is fail.__code__]
    assert [(last.tb_frame, last.tb_lineno), (first.tb_frame, first.tb_lineno)] == [
        (entry.tb_frame, entry.tb_lineno) for entry in left
    ]
