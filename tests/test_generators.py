"""Generators, sync and async: no item twice, and everything else as undecorated."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import weakref
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anew import RetryError, retry


class Stream:
    """Numbers from 0 that fail at `fails_at`, as often as `failures` says."""

    def __init__(self, length: int = 5, fails_at: int = 0, failures: int = 0) -> None:
        self.length, self.fails_at, self.failures = length, fails_at, failures
        self.runs = 0
        self.closed = 0

    def step(self, number: int) -> int:
        if number == self.fails_at and self.failures:
            self.failures -= 1
            raise ConnectionError(f"at {number}")
        return number

    def sync(self) -> Generator[int, Any, str]:
        self.runs += 1
        try:
            for number in range(self.length):
                yield self.step(number)
            self.step(self.length)
            return "returned"
        finally:
            self.closed += 1

    async def later(self) -> AsyncGenerator[int, Any]:
        self.runs += 1
        try:
            for number in range(self.length):
                yield self.step(number)
            self.step(self.length)
        finally:
            self.closed += 1


Consumer = Callable[[Any, Stream], list[int]]


def consume_sync(policy: Any, stream: Stream) -> list[int]:
    got: list[int] = []
    gen = policy(stream.sync)()
    with contextlib.closing(gen):
        try:
            for item in gen:
                got.append(item)
        except Exception as exc:
            got.append(exc)
    return got


def consume_async(policy: Any, stream: Stream) -> list[int]:
    async def main() -> list[int]:
        got: list[int] = []
        async with contextlib.aclosing(policy(stream.later)()) as gen:
            try:
                async for item in gen:
                    got.append(item)
            except Exception as exc:
                got.append(exc)
        return got

    return asyncio.run(main())


@pytest.fixture(params=[consume_sync, consume_async])
def consume(request: pytest.FixtureRequest) -> Consumer:
    return request.param


def test_failure_before_the_first_item_is_retried(consume: Consumer, clock: Any) -> None:
    """
    Until the first item, failures are retried.
    """
    stream = Stream(fails_at=0, failures=2)

    assert [0, 1, 2, 3, 4] == consume(retry(), stream)
    assert 3 == stream.runs == stream.closed
    assert 2 == len(clock.waits)


@pytest.mark.parametrize("fails_at", [1, 3, 5])
def test_failure_after_the_first_item_passes_through(consume: Consumer, clock: Any, fails_at: int) -> None:
    """
    After the first item a failure leaves as it is: no item is delivered twice.
    """
    stream = Stream(fails_at=fails_at, failures=1)

    *items, failure = consume(retry(), stream)

    assert list(range(fails_at)) == items
    assert isinstance(failure, ConnectionError)
    assert not hasattr(failure, "__notes__")
    assert 1 == stream.runs
    assert [] == clock.waits


def test_replay_starts_over(consume: Consumer) -> None:
    """
    `replay=True` starts over, and the consumer sees the items again.
    """
    stream = Stream(fails_at=2, failures=2)

    assert [0, 1, 0, 1, 0, 1, 2, 3, 4] == consume(retry(replay=True), stream)
    assert 3 == stream.runs


@pytest.mark.parametrize("fails_at", range(6))
def test_skip_delivers_once(consume: Consumer, fails_at: int) -> None:
    """
    `replay="skip"` starts over and drops what was delivered: everything arrives, once.
    """
    stream = Stream(fails_at=fails_at, failures=2)

    assert [0, 1, 2, 3, 4] == consume(retry(replay="skip"), stream)
    assert 3 == stream.runs


def test_skip_over_a_shorter_run_just_ends(consume: Consumer) -> None:
    """
    With `"skip"`, a new run that is shorter than what was delivered ends the stream.
    """
    stream = Stream(length=4, fails_at=3, failures=1)
    step = stream.step

    def shrink(number: int) -> int:
        try:
            return step(number)
        except ConnectionError:
            stream.length = 2
            raise

    stream.step = shrink

    assert [0, 1, 2] == consume(retry(replay="skip"), stream)
    assert 2 == stream.runs


def test_skip_counts_failures_while_dropping(consume: Consumer) -> None:
    """
    With `"skip"`, a failure among the items to drop counts like any other.
    """
    stream = Stream(fails_at=3, failures=1)
    step = stream.step

    def worse(number: int) -> int:
        try:
            return step(number)
        except ConnectionError:
            stream.fails_at, stream.failures = 1, 1 if stream.runs == 1 else 0
            raise

    stream.step = worse

    assert [0, 1, 2, 3, 4] == consume(retry(replay="skip"), stream)
    assert 3 == stream.runs


@pytest.mark.parametrize("replay", [True, "skip"])
def test_times_counts_over_the_whole_stream(consume: Consumer, replay: Any) -> None:
    """
    The attempts are those of the whole stream, items in between or not.
    """
    stream = Stream(fails_at=2, failures=9)

    *_, error = consume(retry(times=3, replay=replay), stream)

    assert isinstance(error, RetryError)
    assert 3 == error.attempts == stream.runs


@pytest.mark.parametrize("replay", [False, True, "skip"])
def test_success_is_told_once(consume: Consumer, replay: Any) -> None:
    """
    Success is told with the first item, and with `replay` at the end; once in any case.
    """
    heard: list[tuple[int, int]] = []
    stream = Stream()
    policy = retry(replay=replay, on_success=lambda attempts: heard.append((attempts, stream.closed)))

    consume(policy, stream)

    assert [(1, 1 if replay else 0)] == heard


@pytest.mark.parametrize("replay", [False, True, "skip"])
def test_empty_streams_succeed(consume: Consumer, replay: Any) -> None:
    """
    A generator without items is a success.
    """
    heard: list[int] = []

    assert [] == consume(retry(replay=replay, on_success=heard.append), Stream(length=0, failures=2, fails_at=0))
    assert [3] == heard


@pytest.mark.parametrize("replay", [False, True, "skip"])
def test_abandoned_streams_tell_nothing(replay: Any) -> None:
    """
    A consumer that leaves early closes the generator; that is neither success nor failure.
    """
    heard: list[Any] = []
    stream = Stream()
    gen = retry(replay=replay, on_success=heard.append, on_failure=heard.append)(stream.sync)()

    next(gen)
    gen.close()

    assert 1 == stream.closed
    assert ([] if replay else [1]) == heard


def test_return_value() -> None:
    """
    The return value reaches who delegates to the generator.
    """

    def outer(replay: Any, sending: Any = None) -> Generator[int, Any, None]:
        result.append((yield from retry(replay=replay)(Stream(length=1, fails_at=0, failures=1).sync)()))

    for replay in (False, True, "skip"):
        result: list[str] = []
        assert [0] == list(outer(replay))
        assert ["returned"] == result


def test_nothing_runs_before_the_first_step() -> None:
    """
    Calling the generator function runs nothing, as ever.
    """
    stream = Stream()

    retry()(stream.sync)()

    assert 0 == stream.runs


def test_timeout_counts_from_the_first_step(clock: Any) -> None:
    """
    The time between the call and the first step does not count.
    """
    gen = retry(timeout=2, jitter=False)(Stream(fails_at=0, failures=1).sync)()
    clock.advance(100)

    assert 0 == next(gen)


class Thrown(Exception):
    """Thrown in by the consumer."""


def echo() -> Generator[Any, Any, str]:
    """A generator that answers to all that is sent and thrown in, and says how it ended."""
    got: Any = "start"
    while True:
        try:
            got = yield ("item", got)
        except Thrown as exc:
            got = f"caught {exc}"
        if got == "return":
            return "returned"
        if got == "raise":
            raise ConnectionError("raised")
        if got == "exit":
            try:
                yield "exiting"
            except GeneratorExit:
                return "left"
        if got == "stubborn":
            try:
                yield "waiting"
            except GeneratorExit:
                yield "staying"


async def aecho() -> AsyncGenerator[Any, Any]:
    """The same, async."""
    got: Any = "start"
    while True:
        try:
            got = yield ("item", got)
        except Thrown as exc:
            got = f"caught {exc}"
        if got == "return":
            return
        if got == "raise":
            raise ConnectionError("raised")
        if got == "exit":
            try:
                yield "exiting"
            except GeneratorExit:
                return
        if got == "stubborn":
            try:
                yield "waiting"
            except GeneratorExit:
                yield "staying"


steps = st.lists(
    st.one_of(
        st.just(("next",)),
        st.tuples(st.just("send"), st.sampled_from(["a", 0, "return", "raise", "exit", "stubborn"])),
        st.tuples(
            st.just("throw"),
            st.sampled_from(
                [
                    Thrown("x"),
                    ValueError("y"),
                    GeneratorExit(),
                    StopIteration(3),
                    StopAsyncIteration(),
                    KeyboardInterrupt(),
                ]
            ),
        ),
        st.just(("close",)),
    ),
    max_size=8,
)


def observe(gen: Any, script: list[Any]) -> list[Any]:
    seen: list[Any] = []
    for name, *args in script:
        try:
            if name == "next":
                seen.append(next(gen))
            elif name == "send":
                seen.append(gen.send(*args))
            elif name == "throw":
                seen.append(gen.throw(type(args[0])(*args[0].args)))
            else:
                gen.close()
                seen.append("closed")
        except BaseException as exc:
            seen.append((type(exc), str(exc), getattr(exc, "value", None)))
    return seen


async def aobserve(gen: Any, script: list[Any]) -> list[Any]:
    seen: list[Any] = []
    for name, *args in script:
        try:
            if name == "next":
                seen.append(await anext(gen))
            elif name == "send":
                seen.append(await gen.asend(*args))
            elif name == "throw":
                seen.append(await gen.athrow(type(args[0])(*args[0].args)))
            else:
                await gen.aclose()
                seen.append("closed")
        except BaseException as exc:
            seen.append((type(exc), str(exc)))
    return seen


@given(steps, st.sampled_from([False, True, "skip"]))
def test_driven_by_hand(script: list[Any], replay: Any) -> None:
    """
    Whatever a consumer does, a decorated generator answers like an undecorated one.
    """
    policy = retry(replay=replay, on=lambda exc: not isinstance(exc, ConnectionError))

    assert observe(echo(), script) == observe(policy(echo)(), script)


def drive(coroutine: Any) -> Any:
    """Run a coroutine that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it waits")


@given(steps, st.sampled_from([False, True, "skip"]))
def test_async_driven_by_hand(script: list[Any], replay: Any) -> None:
    """
    Whatever a consumer does, a decorated async generator answers like an undecorated one.
    """
    policy = retry(replay=replay, on=lambda exc: not isinstance(exc, ConnectionError))

    assert drive(aobserve(aecho(), script)) == drive(aobserve(policy(aecho)(), script))


@pytest.mark.parametrize("replay", [False, True, "skip"])
def test_what_the_consumer_throws_in_is_never_retried(replay: Any, clock: Any) -> None:
    """
    An exception thrown in by the consumer leaves the generator, although `on` would mean it.
    """
    gen = retry(replay=replay)(Stream().sync)()
    next(gen)

    with pytest.raises(OSError, match="thrown in") as caught:
        gen.throw(OSError("thrown in"))

    assert [] == clock.waits
    assert not hasattr(caught.value, "__notes__")


@pytest.mark.parametrize("replay", [False, True, "skip"])
def test_what_leaves_during_a_throw_passes(replay: Any) -> None:
    """
    So does an exception that the generator raises in answer to it.
    """

    def convert() -> Generator[int, Any, None]:
        try:
            yield 1
        except KeyError as exc:
            raise ConnectionError("converted") from exc

    gen = retry(replay=replay)(convert)()
    next(gen)

    with pytest.raises(ConnectionError, match="converted") as caught:
        gen.throw(KeyError())

    assert isinstance(caught.value.__cause__, KeyError)


@pytest.mark.parametrize("replay", [False, True, "skip"])
def test_what_leaves_during_an_athrow_passes(run: Any, replay: Any) -> None:
    """
    So does an exception that an async generator raises in answer to it.
    """

    async def convert() -> AsyncGenerator[int, Any]:
        try:
            yield 1
        except KeyError as exc:
            raise ConnectionError("converted") from exc

    async def main() -> None:
        gen = retry(replay=replay)(convert)()
        await anext(gen)
        with pytest.raises(ConnectionError, match="converted"):
            await gen.athrow(KeyError())

    run(main())


@pytest.mark.parametrize(("replay", "items"), [(True, [0, 1, 0, 1, 2]), ("skip", [0, 1])])
def test_replay_after_a_send(replay: Any, items: list[int]) -> None:
    """
    Once something was sent in, `"skip"` cannot repeat the run, so a later failure passes; `True` starts over anyway.
    """
    stream = Stream(length=3, fails_at=2, failures=1)
    gen = retry(replay=replay)(stream.sync)()
    got = [next(gen), gen.send("a word")]

    with contextlib.suppress(ConnectionError):
        got.extend(gen)

    assert items == got


@pytest.mark.parametrize(("replay", "items"), [(True, [0, 1, 0, 1, 2]), ("skip", [0, 1])])
def test_async_replay_after_a_send(run: Any, replay: Any, items: list[int]) -> None:
    """
    The same holds for async generators.
    """
    stream = Stream(length=3, fails_at=2, failures=1)

    async def main() -> list[int]:
        gen = retry(replay=replay)(stream.later)()
        got = [await anext(gen), await gen.asend("a word")]
        with contextlib.suppress(ConnectionError):
            async for item in gen:
                got.append(item)
        return got

    assert items == run(main())


def catching() -> Generator[str, Any, None]:
    for number in range(3):
        try:
            yield f"item {number}"
        except Thrown:
            yield "caught"
        if number == 1 and failures:
            raise failures.pop()


failures: list[Exception] = []


@pytest.mark.parametrize(("replay", "again"), [(True, True), ("skip", False), (False, False)])
def test_replay_after_a_throw(replay: Any, again: bool) -> None:
    """
    Once something was thrown in and caught, the same.
    """
    failures[:] = [ConnectionError()]
    gen = retry(replay=replay)(catching)()
    next(gen)
    assert "caught" == gen.throw(Thrown())

    got: list[str] = []
    with contextlib.suppress(ConnectionError):
        got.extend(gen)

    assert (["item 1", "item 0", "item 1", "item 2"] if again else ["item 1"]) == got


def test_contextmanager(clock: Any) -> None:
    """
    A context manager on top enters with retries, and the body's exceptions are the body's.
    """
    opened: list[str] = []

    @contextlib.contextmanager
    @retry(times=3)
    def connection() -> Generator[int]:
        opened.append("open")
        if len(opened) < 3:
            raise ConnectionError
        try:
            yield 7
        finally:
            opened.append("close")

    with pytest.raises(ConnectionError, match="in the body"), connection() as value:
        assert 7 == value
        raise ConnectionError("in the body")

    assert ["open", "open", "open", "close"] == opened
    assert 2 == len(clock.waits)


def test_asynccontextmanager(run: Any, clock: Any) -> None:
    """
    The same holds for async context managers.
    """
    opened: list[str] = []

    @contextlib.asynccontextmanager
    @retry(times=3)
    async def connection() -> AsyncGenerator[int, None]:
        opened.append("open")
        if len(opened) < 3:
            raise ConnectionError
        try:
            yield 7
        finally:
            opened.append("close")

    async def main() -> None:
        with pytest.raises(ConnectionError, match="in the body"):
            async with connection() as value:
                assert 7 == value
                raise ConnectionError("in the body")

    run(main())

    assert ["open", "open", "open", "close"] == opened
    assert 2 == len(clock.waits)


@pytest.mark.parametrize("boom", [KeyError, StopIteration])
def test_a_callback_that_raises_closes_the_generator(boom: type[Exception]) -> None:
    """
    When `on_success` raises at the first item, the generator is closed before the error leaves.
    """
    stream = Stream()

    def on_success(attempts: int) -> None:
        raise boom

    gen = retry(on_success=on_success)(stream.sync)()
    with pytest.raises((KeyError, RuntimeError)):
        next(gen)

    assert 1 == stream.closed


@pytest.mark.parametrize("boom", [KeyError, StopAsyncIteration])
def test_a_callback_that_raises_closes_the_async_generator(run: Any, boom: type[Exception]) -> None:
    """
    The same holds for async generators.
    """
    stream = Stream()

    async def on_success(attempts: int) -> None:
        raise boom

    async def main() -> None:
        gen = retry(on_success=on_success)(stream.later)()
        with pytest.raises((KeyError, RuntimeError)):
            await anext(gen)
        assert 1 == stream.closed

    run(main())


def test_every_exit_closes_the_inner_async_generator(run: Any) -> None:
    """
    Before a consumer's `aclose()` returns, the inner generator has been closed, clean-up awaited.
    """
    stream = Stream()

    async def main() -> None:
        gen = retry()(stream.later)()
        await anext(gen)
        await gen.aclose()
        assert 1 == stream.closed

    run(main())


def test_wrong_arguments_are_no_failure(consume: Consumer, clock: Any) -> None:
    """
    A call that does not fit the signature fails at once: the generator has not even begun.
    """

    def nothing(number: int) -> Generator[int]:
        yield number

    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        next(retry()(nothing)())

    assert [] == clock.waits


def test_delegating_to_a_decorated_generator() -> None:
    """
    `yield from` a decorated generator carries sends, throws and the result through.
    """

    def outer() -> Generator[Any, Any, Any]:
        return (yield from retry()(echo)())

    script: list[Any] = [("next",), ("send", "a"), ("throw", Thrown("x")), ("send", "return")]

    assert observe(echo(), script) == observe(outer(), script)


class Item:
    """Something large that is delivered."""


@pytest.mark.needs("reference counts")
@pytest.mark.parametrize("replay", [False, True, "skip"])
def test_delivered_items_are_not_kept(replay: Any, clock: Any) -> None:
    """
    What was delivered, or sent in, is the consumer's alone.
    """
    refs: list[weakref.ref[Item]] = []
    alive: list[bool] = []

    def items() -> Generator[Item, Any, None]:
        for number in range(3):
            item = Item()
            refs.append(weakref.ref(item))
            yield item
            del item
            alive.extend(ref() is not None for ref in refs)
            if number == 1 and len(refs) == 2:
                raise ConnectionError

    gen = retry(replay=replay)(items)()
    with contextlib.suppress(ConnectionError):
        for item in gen:
            del item

    assert not any(alive)


def test_closing_is_no_success(run: Any) -> None:
    """
    A replayed generator that answers to its being closed with a return was not a success.
    """
    heard: list[Any] = []

    def polite() -> Generator[int]:
        try:
            yield 1
        except GeneratorExit:
            return

    async def apolite() -> AsyncGenerator[int]:
        try:
            yield 1
        except GeneratorExit:
            return

    async def main() -> None:
        agen = policy(apolite)()
        await anext(agen)
        await agen.aclose()

    policy = retry(replay=True, on_success=heard.append, on_failure=heard.append)
    gen = policy(polite)()
    next(gen)
    gen.close()
    run(main())

    assert [] == heard


def test_what_was_thrown_in_is_not_the_context_of_later_failures() -> None:
    """
    After a generator has dealt with what was thrown in, that is over.
    """

    def contexts() -> Generator[Any, Any, None]:
        try:
            yield "start"
        except KeyError:
            pass
        yield sys.exc_info()[1]
        raise ConnectionError

    gen = retry()(contexts)()
    next(gen)

    assert gen.throw(KeyError()) is None
    with pytest.raises(ConnectionError) as caught:
        next(gen)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("replay", [False, True])
def test_a_stream_that_ends_at_a_send(run: Any, replay: Any) -> None:
    """
    An async generator that returns in answer to what was sent in has ended, and that is a success.
    """
    heard: list[int] = []

    async def main() -> None:
        gen = retry(replay=replay, on_success=heard.append)(aecho)()
        await anext(gen)
        with pytest.raises(StopAsyncIteration):
            await gen.asend("return")

    run(main())

    assert [1] == heard


@pytest.mark.parametrize("replay", [False, True, "skip"])
def test_a_stream_left_open_at_the_end_of_the_loop(replay: Any, caplog: Any) -> None:
    """
    A loop that shuts down closes a stream that was left open, once, and has nothing to complain about.
    """
    closed: list[str] = []

    @retry(replay=replay)
    async def stream() -> AsyncGenerator[int, None]:
        try:
            yield 1
            yield 2
        finally:
            await asyncio.sleep(0)
            closed.append("closed")

    async def main() -> Any:
        items = stream()
        async for _ in items:
            break
        return items

    items = asyncio.run(main())

    assert ["closed"] == closed
    assert [] == caplog.records
    del items


@pytest.mark.needs("reference counts")
@pytest.mark.parametrize("replay", [True, "skip"])
def test_items_are_not_kept_through_the_wait(replay: Any, clock: Any) -> None:
    """
    What an async generator delivered, or dropped, is not kept while it waits.
    """
    refs: list[weakref.ref[Item]] = []
    alive: list[bool] = []
    runs = 0

    async def items() -> AsyncGenerator[Item, None]:
        nonlocal runs
        runs += 1
        alive.extend(ref() is not None for ref in refs)
        for _ in range(3 if runs == 1 else 2):
            item = Item()
            refs.append(weakref.ref(item))
            yield item
            del item
        raise ConnectionError

    async def main() -> None:
        with contextlib.suppress(RetryError):
            async for item in retry(replay=replay)(items)():
                del item

    asyncio.run(main())

    assert alive
    assert not any(alive)
