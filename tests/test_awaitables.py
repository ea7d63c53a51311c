"""Plain functions that return awaitables: `call` retries them in a running event loop, a decorated function warns."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import gc
import types
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any
from unittest.mock import AsyncMock

import aiohttp
import httpx
import pytest
import trio
from http_server import Server, answer, hang_up

from anew import RetryBudget, RetryError, retry, set_active, set_testing
from anew.instrumentation import set_on_retry_hooks

Work = Callable[[], Any]


async def checkpoint() -> None:
    if asyncio._get_running_loop() is None:
        await trio.lowlevel.checkpoint()
    else:
        await asyncio.sleep(0)


async def worked(work: Work) -> Any:
    await checkpoint()
    return work()


class Request(Coroutine[Any, Any, Any]):
    """As aiohttp's: a coroutine by its methods, and an async context manager."""

    __slots__ = ("_coro", "_response")

    def __init__(self, work: Work) -> None:
        self._coro = worked(work)

    def send(self, value: Any) -> Any:
        return self._coro.send(value)

    def throw(self, *args: Any) -> Any:
        return self._coro.throw(*args)

    def close(self) -> None:
        self._coro.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._coro.__await__()

    async def __aenter__(self) -> Any:
        return await self

    async def __aexit__(self, *_: object) -> None: ...


class Pool:
    """As asyncpg's: awaiting it connects it, and gives itself; an async context manager before and after."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.result: Any = None
        self.log: list[str] = []

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._connected().__await__()

    async def _connected(self) -> Any:
        self.result = await worked(self.work)
        return self

    async def __aenter__(self) -> Any:
        self.log.append("in")
        return self.result

    async def __aexit__(self, *_: object) -> None:
        self.log.append("out")


class Connect:
    """As that of websockets: can be awaited, entered and looped over."""

    def __init__(self, work: Work) -> None:
        self.work = work

    def __await__(self) -> Generator[Any, Any, Any]:
        return worked(self.work).__await__()

    async def __aenter__(self) -> Any:
        return await self

    async def __aexit__(self, *_: object) -> None: ...

    async def __aiter__(self) -> AsyncIterator[Any]:
        yield await self


class UnaryCall:
    """As that of grpc.aio: its own iterator, and full of methods."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def __await__(self) -> Generator[Any, Any, Any]:
        return (yield from worked(self._work).__await__())

    def code(self) -> str:
        return "OK"

    def cancelled(self) -> bool:
        return False


@types.coroutine
def legacy(work: Work) -> Generator[Any, Any, Any]:
    return (yield from worked(work).__await__())


def pool_result(result: Any) -> Any:
    return result.result if isinstance(result, Pool) else result


async def numbered(work: Work) -> AsyncIterator[Any]:
    yield await worked(work)


AWAITABLES: dict[str, Callable[[Work], Any]] = {
    "coroutine": worked,
    "request": Request,
    "pool": Pool,
    "connect": Connect,
    "unary": UnaryCall,
    "legacy": lambda work: legacy(work),
    "mock": lambda work: AsyncMock(side_effect=work)(),
}
FUTURES: dict[str, Callable[[Work], Any]] = {
    "future": lambda work: done(work),
    "task": lambda work: asyncio.ensure_future(worked(work)),
    "asend": lambda work: anext(numbered(work)),  # on Trio, its generator would be collected first
    "gather": lambda work: first_of(asyncio.gather(worked(work))),
    "shield": lambda work: asyncio.shield(worked(work)),
    "executor": lambda work: asyncio.get_running_loop().run_in_executor(None, work),
    "wrapped": lambda work: asyncio.wrap_future(thread_of(work)),
}


def done(work: Work) -> asyncio.Future[Any]:
    future = asyncio.get_running_loop().create_future()
    try:
        future.set_result(work())
    except OSError as exc:
        future.set_exception(exc)
    return future


def thread_of(work: Work) -> concurrent.futures.Future[Any]:
    future: concurrent.futures.Future[Any] = concurrent.futures.Future()
    try:
        future.set_result(work())
    except OSError as exc:
        future.set_exception(exc)
    return future


async def first_of(future: Awaitable[list[Any]]) -> Any:
    return (await future)[0]


@pytest.fixture(params=AWAITABLES)
def awaitable(request: pytest.FixtureRequest) -> Callable[[Work], Any]:
    """Makes an awaitable, of any kind, that does some work."""
    return AWAITABLES[request.param]


@pytest.fixture(
    params=[pytest.param(name, marks=[pytest.mark.needs("threads")] if name == "executor" else []) for name in FUTURES]
)
def future(request: pytest.FixtureRequest) -> Callable[[Work], Any]:
    """Makes a future of asyncio, of any kind, of some work."""
    return FUTURES[request.param]


@contextmanager
def heard() -> Iterator[list[str]]:
    """What is warned of, once for each place."""
    told: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        yield told
    told += [f"{warning.filename.rpartition('/')[2]}:{warning.lineno} {warning.message}" for warning in caught]


class TestCall:
    def test_retried(self, awaitable: Any, failing: Any, run: Any, clock: Any) -> None:
        """
        What fails when it is awaited is retried: the function is called anew each time.
        """
        work = failing(OSError, OSError)

        async def main() -> Any:
            return await retry(jitter=False).call(awaitable, work)

        assert "done" == pool_result(run(main()))
        assert 3 == work.calls
        assert [1.0, 2.0] == [wait for wait in clock.waits if wait]

    def test_futures_are_retried(self, future: Any, failing: Any, clock: Any) -> None:
        """
        So are futures and tasks.
        """
        work = failing(OSError, OSError)

        async def main() -> Any:
            return await retry(jitter=False).call(future, work)

        assert "done" == asyncio.run(main())
        assert 3 == work.calls
        assert [1.0, 2.0] == [wait for wait in clock.waits if wait]

    @pytest.mark.parametrize("reraise", [True, False])
    def test_used_up(self, awaitable: Any, reraise: bool, hopeless: Any, run: Any, clock: Any) -> None:
        """
        When the attempts are used up, that is all.
        """
        work = hopeless()

        async def main() -> Any:
            return await retry(times=4, reraise=reraise).call(awaitable, work)

        with pytest.raises(ConnectionError if reraise else RetryError):
            run(main())
        assert 4 == work.calls

    def test_not_ours(self, awaitable: Any, failing: Any, run: Any) -> None:
        """
        What is not ours leaves as it is.
        """
        work = failing(OSError, KeyError("mine"))

        async def main() -> Any:
            return await retry(on=OSError).call(awaitable, work)

        with pytest.raises(KeyError, match="mine"):
            run(main())
        assert 2 == work.calls

    @pytest.mark.parametrize(
        "options",
        [
            {"timeout": 60},
            {"budget": RetryBudget(floor=1000)},
            {"on_success": lambda num: None},
            {"on_retry": lambda num, exc: None, "on_failure": lambda err: None},
            {"hooks": []},
            {"on": lambda exc: 0},
        ],
        ids=lambda options: "-".join(options),
    )
    def test_options(self, awaitable: Any, options: Any, failing: Any, run: Any, clock: Any) -> None:
        """
        Whatever the policy has besides.
        """
        work = failing(OSError, OSError)

        async def main() -> Any:
            return await retry(**options).call(awaitable, work)

        assert "done" == pool_result(run(main()))
        assert 3 == work.calls

    def test_what_is_told(self, awaitable: Any, failing: Any, run: Any, clock: Any) -> None:
        """
        Callbacks and hooks hear what they hear of an async function.
        """
        told: list[Any] = []
        policy = retry(
            name="fetch",
            on_retry=lambda num, exc: told.append((num, type(exc))),
            on_success=told.append,
            hooks=[lambda details: told.append((details.name, details.attempt, details.args))],
        )
        work = failing(OSError, KeyError)

        async def main() -> Any:
            return await policy.call(awaitable, work)

        run(main())
        assert [(1, OSError), ("fetch", 1, (work,)), (2, KeyError), ("fetch", 2, (work,)), 3] == told

    def test_timeout(self, awaitable: Any, run: Any, clock: Any) -> None:
        """
        The time counts from the call of the function.
        """

        def work() -> None:
            clock.advance(4)
            raise OSError

        async def main() -> Any:
            return await retry(times=None, timeout=9.5, delay=1, backoff="fixed", jitter=False).call(awaitable, work)

        with pytest.raises(RetryError) as caught:
            run(main())
        assert (2, "timeout") == (caught.value.attempts, caught.value.reason)

    @pytest.mark.parametrize("sync_failures", [1, 2, 3])
    def test_fails_before_it_returns(self, awaitable: Any, sync_failures: int, failing: Any, run: Any) -> None:
        """
        What fails before the awaitable is there counts as well; such a wait blocks the loop, and is warned of.
        """
        first, work = failing(*[OSError] * sync_failures), failing(OSError)

        def fetch() -> Any:
            first()
            return awaitable(work)

        async def main() -> Any:
            return await retry(times=5, delay=0).call(fetch)

        assert "done" == pool_result(run(main()))
        assert (sync_failures + 2, 2) == (first.calls, work.calls)

    def test_later_attempts_may_fail_at_once(self, awaitable: Any, failing: Any, run: Any, clock: Any) -> None:
        """
        A failure before the awaitable is there is retried without blocking, once there has been one.
        """
        work = failing(OSError)
        calls: list[int] = []

        def fetch() -> Any:
            calls.append(1)
            if len(calls) == 2:
                raise OSError
            return awaitable(work)

        async def main() -> Any:
            return await retry(times=5).call(fetch)

        assert "done" == pool_result(run(main()))
        assert 3 == len(calls)

    def test_a_value_after_an_awaitable(self, awaitable: Any, hopeless: Any, run: Any, clock: Any) -> None:
        """
        A function that answers from a cache at its second call answers.
        """
        answers: list[Any] = [awaitable(hopeless()), "cached"]

        async def main() -> Any:
            return await retry().call(lambda: answers.pop(0))

        assert "cached" == run(main())

    def test_methods_and_partials(self, awaitable: Any, failing: Any, run: Any, clock: Any) -> None:
        """
        Methods, partials and callable objects.
        """

        class Client:
            def __init__(self, work: Work) -> None:
                self.work = work

            def get(self, url: str, *, retries: int = 0) -> Any:
                return awaitable(self.work)

            def __call__(self, url: str, *, retries: int = 0) -> Any:
                return awaitable(self.work)

        async def main(form: str) -> Any:
            client = Client(failing(OSError, OSError))
            fn: Any = {"method": client.get, "partial": partial(client.get, retries=1), "object": client}[form]
            return await retry().call(fn, "/")

        for form in ("method", "partial", "object"):
            assert "done" == pool_result(run(main(form)))

    def test_it_is_a_coroutine(self, awaitable: Any, failing: Any, run: Any, clock: Any) -> None:
        """
        What `call` returns is a coroutine, by the name of what was called: it makes tasks.
        """

        async def main() -> Any:
            coro = retry(name="fetch").call(awaitable, failing(OSError))
            assert isinstance(coro, types.CoroutineType)
            return await coro

        assert "done" == pool_result(run(main()))

    def test_in_tasks(self, awaitable: Any, failing: Any, clock: Any) -> None:
        """
        Many at once.
        """
        policy = retry()
        works = [failing(*[OSError] * (number % 3)) for number in range(30)]

        async def main() -> Any:
            return await asyncio.gather(*(policy.call(awaitable, work) for work in works))

        assert ["done"] * 30 == [pool_result(result) for result in asyncio.run(main())]
        assert [number % 3 + 1 for number in range(30)] == [work.calls for work in works]

    def test_no_warning(self, awaitable: Any, failing: Any, run: Any) -> None:
        """
        `call` retries, so there is nothing to warn of.
        """

        async def main() -> Any:
            with heard() as told:
                await retry(delay=0).call(awaitable, failing(OSError))
            return told

        assert [] == run(main())

    @pytest.mark.parametrize("first", ["entered", "awaited"])
    def test_an_async_context_manager(self, first: str, failing: Any, run: Any, clock: Any) -> None:
        """
        `async with await policy.call(...)` enters what the awaitable gives.
        """
        work = failing(OSError, OSError)

        async def main() -> Any:
            if first == "entered":
                async with await retry().call(Pool, work) as result:
                    return result
            pool = await retry().call(Pool, work)
            async with pool as result:
                assert ["in"] == pool.log
                return result

        assert "done" == run(main())
        assert 3 == work.calls

    def test_nested(self, awaitable: Any, hopeless: Any, run: Any, clock: Any) -> None:
        """
        A call in a call does not multiply.
        """
        work = hopeless()
        inner, outer = retry(times=3, reraise=True), retry(times=5, reraise=True)

        async def main() -> Any:
            return await outer.call(lambda: inner.call(awaitable, work))

        with pytest.raises(ConnectionError):
            run(main())
        assert 3 == work.calls

    @pytest.mark.parametrize("attempts", [1, 2, 4])
    def test_testing(self, awaitable: Any, attempts: int, hopeless: Any, run: Any, clock: Any) -> None:
        """
        In tests there are as many attempts as tests say, and no wait.
        """
        work = hopeless()

        async def main() -> Any:
            with set_testing(True, attempts=attempts):
                await retry(times=9).call(awaitable, work)

        with pytest.raises(RetryError):
            run(main())
        assert attempts == work.calls
        assert 0 == sum(clock.waits)

    def test_deactivated(self, awaitable: Any, hopeless: Any, run: Any) -> None:
        """
        Retries that are off are off.
        """
        work = hopeless()
        set_active(False)
        try:
            with pytest.raises(RetryError):
                run(retry().call(lambda: once(awaitable, work)))
        finally:
            set_active(True)
        assert 1 == work.calls

    def test_stop(self, awaitable: Any, failing: Any, run: Any) -> None:
        """
        `stop` is for what blocks; the awaitable is closed.
        """
        import threading

        async def main() -> Any:
            await retry(stop=threading.Event()).call(awaitable, failing())

        with pytest.raises(TypeError, match=r"stop is for sync functions.*cancel its task instead"):
            run(main())
        gc.collect()


async def once(awaitable: Any, work: Work) -> Any:
    return await awaitable(work)


class TestOutsideOfALoop:
    @pytest.mark.parametrize("kind", ["request", "pool", "connect", "unary", "legacy"])
    @pytest.mark.parametrize("timeout", [None, 5])
    def test_a_value_is_a_value(self, kind: str, timeout: Any, failing: Any) -> None:
        """
        Where no event loop runs, futures of other libraries are values like any other.
        """
        made = AWAITABLES[kind](failing())
        policy = retry(timeout=timeout)

        with heard() as told:
            assert made is policy.call(lambda: made)
            assert made is policy(lambda: made)()
        assert [] == told
        for coro in (made, getattr(made, "_coro", None)):
            if hasattr(coro, "close"):
                coro.close()

    def test_a_coroutine_waits_for_its_loop(self, failing: Any, run: Any, clock: Any) -> None:
        """
        A coroutine is awaited later, by whoever has a loop.
        """
        work = failing(OSError, OSError)

        assert "done" == run(retry().call(lambda: worked(work)))
        assert 3 == work.calls

    @pytest.mark.needs("threads")
    def test_in_a_thread_beside_the_loop(self, failing: Any) -> None:
        """
        In a thread without a loop, too, while another thread runs one.
        """
        made = Pool(failing())

        async def main() -> Any:
            return await asyncio.to_thread(retry().call, lambda: made)

        assert made is asyncio.run(main())

    def test_what_failed_before_it_was_there(self, failing: Any, clock: Any) -> None:
        """
        What the function itself raises is retried there as ever.
        """
        first = failing(OSError, OSError, result=Pool(failing()))

        assert isinstance(retry().call(first), Pool)
        assert 3 == first.calls


def decorated(awaitable: Any, *works: Any, options: Any = None) -> Any:
    queue = list(works)

    @retry(**(options or {"delay": 0}))
    def fetch() -> Any:
        return awaitable(queue.pop(0))

    return fetch


class TestDecorated:
    @pytest.mark.parametrize("kind", sorted(AWAITABLES.keys() - {"coroutine", "mock"}))
    def test_warned_of(self, kind: str, failing: Any, run: Any) -> None:
        """
        A decorated plain function passes an awaitable on untouched, and says that it is not retried, once a place.
        """
        works = [failing(OSError) for _ in range(4)]
        fetch = decorated(AWAITABLES[kind], *works)

        async def main() -> list[str]:
            with heard() as told:
                for _ in range(3):
                    with contextlib.suppress(OSError):
                        await fetch()
                with contextlib.suppress(OSError):
                    await fetch()
            return told

        told = run(main())
        assert [1] * 4 == [work.calls for work in works]
        assert 2 == len(told)
        for text in told:
            assert text.startswith("test_awaitables.py:")
            assert text.endswith("fetch returned an awaitable, which is not retried; decorate an `async def` function")

    @pytest.mark.parametrize("options", [{"timeout": 9}, {"budget": RetryBudget()}, {"on_success": lambda num: None}])
    def test_warned_of_whatever_the_options(self, options: Any, failing: Any, run: Any) -> None:
        """
        With every driver of functions.
        """
        fetch = decorated(Pool, failing(), options=options)

        async def main() -> None:
            with pytest.warns(RuntimeWarning, match="not retried; decorate an `async def` function"):
                await fetch()

        run(main())

    def test_warned_of_after_a_retry(self, failing: Any, run: Any) -> None:
        """
        Also where the function itself was retried first.
        """
        first = failing(OSError, result=Pool(failing()))

        async def main() -> None:
            with pytest.warns(RuntimeWarning, match="not retried; decorate an `async def` function"):
                await retry(delay=0)(lambda: first())()

        run(main())
        assert 2 == first.calls

    def test_as_an_error(self, failing: Any, run: Any) -> None:
        """
        A program whose warnings are errors gets the error, and no "never awaited".
        """

        async def main() -> None:
            decorated(Pool, failing())()

        with pytest.raises(RuntimeWarning, match="returned an awaitable"):
            run(main())

    def test_futures_are_values(self, future: Any, failing: Any) -> None:
        """
        Futures and tasks are under way already: a function that starts them is right, and not warned of.
        """
        fetch = decorated(future, failing())

        async def main() -> Any:
            with heard() as told:
                result = fetch()
                assert result is not None
                done = await result
            return told, done

        if future is FUTURES["asend"]:
            pytest.skip("an awaitable like any other")
        assert ([], "done") == asyncio.run(main())

    def test_coroutines_are_retried(self, failing: Any, run: Any, clock: Any) -> None:
        """
        A coroutine is retried, and not warned of.
        """
        work = failing(OSError, OSError)

        async def main() -> Any:
            with heard() as told:
                result = await retry()(lambda: worked(work))()
            return told, result

        assert ([], "done") == run(main())
        assert 3 == work.calls


def wrapped_generator() -> Any:
    def decorator(fn: Any) -> Any:
        return lambda *args: fn(*args)

    @decorator
    def items() -> Iterator[int]:
        yield 1

    return items


def wrapped_async_generator() -> Any:
    async def items() -> AsyncIterator[int]:
        yield 1

    return lambda: items()


def a_context_manager() -> Any:
    @contextmanager
    def connected() -> Iterator[int]:
        yield 1

    return connected


def an_async_context_manager() -> Any:
    @asynccontextmanager
    async def connected() -> AsyncIterator[int]:
        yield 1

    return connected


def a_generator_expression() -> Any:
    return lambda: (number for number in range(3))


GENERATORS = [
    wrapped_generator,
    wrapped_async_generator,
    a_context_manager,
    an_async_context_manager,
    a_generator_expression,
]


class TestGenerators:
    @pytest.mark.parametrize("in_loop", [True, False])
    @pytest.mark.parametrize("make", GENERATORS)
    def test_warned_of(self, make: Any, in_loop: bool, run: Any) -> None:
        """
        A function that returns a generator, or a context manager made of one, cannot be retried, and says so.
        """
        fn = retry(name="items")(make())

        def call() -> list[str]:
            with heard() as told:
                for _ in range(3):
                    fn()
                fn()
            return told

        async def main() -> list[str]:
            return call()

        told = run(main()) if in_loop else call()
        assert 2 == len(told)
        for text in told:
            assert text.startswith("test_awaitables.py:")
            assert text.endswith(" returned a generator, which is not retried; decorate the generator function")

    @pytest.mark.parametrize("make", [a_context_manager, an_async_context_manager])
    def test_they_still_work(self, make: Any) -> None:
        """
        What they return is passed on untouched.
        """
        with pytest.warns(RuntimeWarning, match="returned a generator"):
            manager = retry()(make())()

        async def main() -> Any:
            async with manager as number:
                return number

        if make is a_context_manager:
            with manager as number:
                assert 1 == number
        else:
            assert 1 == asyncio.run(main())

    @pytest.mark.parametrize(
        "value",
        [iter([1]), map(str, [1]), range(3), [1], open, contextlib.nullcontext(), contextlib.ExitStack(), b"", None],
        ids=lambda value: type(value).__name__,
    )
    def test_other_values(self, value: Any) -> None:
        """
        Iterators, context managers and functions of other kinds are values.
        """
        assert value is retry()(lambda: value)()
        assert value is retry().call(lambda: value)


class TestNeverAwaited:
    @pytest.mark.parametrize("by", ["decorated", "call"])
    @pytest.mark.parametrize("options", [{}, {"timeout": 5}], ids=str)
    def test_cancelled_before_it_began(self, by: str, options: Any, failing: Any) -> None:
        """
        A task that is cancelled before it starts leaves no coroutine of which Python warns.
        """
        work = failing()
        policy = retry(**options)

        async def main() -> None:
            made = policy(lambda: worked(work))() if by == "decorated" else policy.call(lambda: worked(work))
            task = asyncio.create_task(made)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        with heard() as told:
            asyncio.run(main())
            gc.collect()
        assert [] == told
        assert 0 == work.calls

    @pytest.mark.parametrize("kind", ["coroutine", "request", "pool", "connect", "legacy"])
    def test_cancelled_before_it_began_by_call(self, kind: str, failing: Any) -> None:
        """
        Nor does one of any other awaitable.
        """
        work = failing()

        async def main() -> None:
            task = asyncio.create_task(retry().call(AWAITABLES[kind], work))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        with heard() as told:
            asyncio.run(main())
            gc.collect()
        assert [] == told
        assert 0 == work.calls

    def test_a_task_group_that_fails(self, failing: Any) -> None:
        """
        Nor do tasks of a group that fails at once.
        """
        work = failing()

        async def main() -> None:
            async with asyncio.TaskGroup() as group:
                for _ in range(5):
                    group.create_task(retry()(lambda: worked(work))())
                raise OSError

        with heard() as told:
            with pytest.raises(ExceptionGroup):
                asyncio.run(main())
            gc.collect()
        assert [] == told

    def test_cancelled_while_it_waits(self, awaitable: Any, hopeless: Any) -> None:
        """
        Nor does one that is cancelled between two attempts.
        """
        work = hopeless()

        async def main() -> None:
            task = asyncio.create_task(retry(times=None, delay=0).call(awaitable, work))
            while work.calls < 3:  # noqa: ASYNC110 - the work is sync
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        with heard() as told:
            asyncio.run(main())
            gc.collect()
        assert [] == told

    def test_what_is_never_awaited_is_warned_of(self, failing: Any) -> None:
        """
        A call whose coroutine the user forgets is warned of by Python, by its name.
        """

        async def main() -> None:
            retry().call(lambda: worked(failing()))

        with heard() as told:
            asyncio.run(main())
            gc.collect()
        assert 1 == len(told)
        assert told[0].endswith("coroutine 'worked' was never awaited")


@pytest.mark.needs("threads", "sockets")
class TestRealClients:
    @pytest.fixture
    def server(self) -> Iterator[Server]:
        with Server() as server:
            yield server

    @pytest.fixture(autouse=True)
    def _quiet(self) -> Iterator[None]:
        set_on_retry_hooks([])
        yield
        set_on_retry_hooks(None)

    @pytest.mark.parametrize("how", ["await", "async with await"])
    def test_aiohttp(self, server: Server, how: str, clock: Any) -> None:
        """
        What aiohttp makes with `session.get` is no coroutine, and retried all the same.
        """
        server.will(hang_up, hang_up, hang_up, answer(200))

        async def main() -> str:
            async with aiohttp.ClientSession() as session:
                if how == "await":
                    response = await retry(times=9).call(session.get, server.url)
                    return await response.text()
                async with await retry(times=9).call(session.get, server.url) as response:
                    return await response.text()

        assert "all is well" == asyncio.run(main())
        assert server.requests >= 4

    def test_aiohttp_decorated(self, server: Server, clock: Any) -> None:
        """
        Decorated, it is tried once, and a warning says so.
        """

        async def main() -> int:
            async with aiohttp.ClientSession() as session:
                with pytest.warns(RuntimeWarning, match=r"ClientSession\.get returned an awaitable"):
                    async with retry()(session.get)(server.url) as response:
                        return response.status

        assert 200 == asyncio.run(main())

    def test_httpx(self, server: Server, clock: Any) -> None:
        """
        The methods of httpx are coroutine functions.
        """
        server.will(hang_up, hang_up, answer(200))

        async def main() -> int:
            async with httpx.AsyncClient(trust_env=False) as client:
                response = await retry().call(client.get, server.url)
                return response.status_code

        assert 200 == asyncio.run(main())
        assert 3 == server.requests
