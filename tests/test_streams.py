"""Streams that make progress: with `replay`, attempts, waits and time count since the last new item."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anew import RetryError, TryAgain, retry, set_testing

Read = Callable[[Any, Callable[[], Iterator[Any]]], list[Any]]


@pytest.fixture(params=["sync", "asyncio", "trio"])
def read(request: pytest.FixtureRequest) -> Read:
    """Reads a stream under a policy: what it delivered, and what ended it."""

    def by_generator(policy: Any, runs: Callable[[], Iterator[Any]]) -> list[Any]:
        @policy
        def stream() -> Iterator[Any]:
            yield from runs()

        got: list[Any] = []
        try:
            got.extend(stream())  # item by item: what came before a failure is kept
        except Exception as exc:
            got.append(exc)
        return got

    def by_async_generator(policy: Any, runs: Callable[[], Iterator[Any]]) -> list[Any]:
        import asyncio

        import trio

        @policy
        async def stream() -> AsyncIterator[Any]:
            for item in runs():
                yield item

        async def main() -> list[Any]:
            got: list[Any] = []
            try:
                async for item in stream():
                    got.append(item)
            except Exception as exc:
                got.append(exc)
            return got

        return asyncio.run(main()) if request.param == "asyncio" else trio.run(main)

    return by_generator if request.param == "sync" else by_async_generator


@pytest.fixture(params=[True, "skip"], ids=["replay", "skip"])
def replay(request: pytest.FixtureRequest) -> Any:
    """The two modes in which a stream is started over."""
    return request.param


@pytest.fixture(autouse=True)
def _no_hooks(no_hooks: None) -> None: ...


class Source:
    """A stream of numbers, whose nth run breaks before the position that is named."""

    def __init__(self, *breaks: int | None, length: int = 10, then: Any = None) -> None:
        self.breaks, self.length, self.then = list(breaks), length, then
        self.runs = 0

    def __call__(self) -> Iterator[int]:
        self.runs += 1
        at = self.breaks.pop(0) if self.breaks else self.then
        for number in range(self.length):
            if number == at:
                raise ConnectionError(f"broken at {number}")
            yield number
        if at is not None and at >= self.length:
            raise ConnectionError("broken at the end")


def new_items(got: list[Any]) -> list[int]:
    items: list[int] = []
    for item in got:
        if isinstance(item, int) and item not in items:
            items.append(item)
    return items


class TestAttempts:
    def test_a_long_download(self, read: Read, replay: Any, clock: Any) -> None:
        """
        A stream that breaks after each new item is read to its end, however long it is.
        """
        source = Source(*range(1, 200), length=200)

        got = read(retry(times=2, replay=replay, delay=0), source)

        assert [*range(200)] == new_items(got)
        assert 200 == source.runs
        assert replay is True or [*range(200)] == got

    @pytest.mark.parametrize("times", [1, 2, 3, 5])
    @pytest.mark.parametrize("at", [0, 1, 5, 9])
    def test_always_at_the_same_place(self, read: Read, replay: Any, at: int, times: int, clock: Any) -> None:
        """
        A stream that always breaks at the same place ends: the first run makes progress, and then `times` is over.
        """
        source = Source(then=at)

        got = read(retry(times=times, replay=replay, delay=0), source)

        assert isinstance(got[-1], RetryError)
        assert (times, "attempts") == (got[-1].attempts, got[-1].reason)
        assert times == source.runs
        assert [*range(at)] == new_items(got)

    def test_going_back_is_no_progress(self, read: Read, replay: Any, clock: Any) -> None:
        """
        New is what is beyond the farthest that was delivered: a run that comes less far counts as a failure.
        """
        source = Source(5, 3, 4, 2, then=5)

        got = read(retry(times=4, replay=replay, delay=0), source)

        assert isinstance(got[-1], RetryError)
        assert 4 == got[-1].attempts
        assert 4 == source.runs

    def test_one_item_is_enough(self, read: Read, replay: Any, clock: Any) -> None:
        """
        One new item is progress.
        """
        source = Source(5, 3, 4, 6, 1, 2, 7, 0, 0, None)

        got = read(retry(times=4, replay=replay, delay=0), source)

        assert [*range(10)] == new_items(got)
        assert 10 == source.runs

    def test_attempts_since_the_last_item(self, read: Read, replay: Any, clock: Any) -> None:
        """
        The error's attempts are those since the last new item.
        """
        source = Source(2, 4, 6, then=6)

        (*_, error) = read(retry(times=3, replay=replay, delay=0), source)

        assert isinstance(error, RetryError)
        assert 3 == error.attempts
        assert 5 == source.runs

    def test_on_success_hears_of_all(self, read: Read, replay: Any, clock: Any) -> None:
        """
        A success tells how many attempts there were in all.
        """
        told: list[int] = []

        read(retry(times=2, replay=replay, delay=0, on_success=told.append), Source(2, 4, 6))

        assert [4] == told

    def test_a_generator_without_items(self, read: Read, replay: Any, clock: Any) -> None:
        """
        Without an item there is no progress.
        """
        source = Source(0, 0, 0, 0)

        got = read(retry(times=3, replay=replay, delay=0), source)

        assert 3 == source.runs
        assert isinstance(got[-1], RetryError)

    def test_breaks_after_the_last_item(self, read: Read, replay: Any, clock: Any) -> None:
        """
        A stream that breaks after its last item is started over as well.
        """
        source = Source(10, 10)

        got = read(retry(times=3, replay=replay, delay=0), source)

        assert [*range(10)] == new_items(got)
        assert 3 == source.runs

    @settings(max_examples=60)
    @given(
        st.lists(st.one_of(st.none(), st.integers(0, 12)), max_size=25),
        st.integers(1, 4),
        st.sampled_from([True, "skip"]),
    )
    def test_against_a_model(self, breaks: list[int | None], times: int, replay: Any) -> None:
        """
        Whatever breaks where, it ends as a model of few lines says.
        """
        source = Source(*breaks, length=8)

        @retry(times=times, replay=replay, delay=0, hooks=[])
        def stream() -> Iterator[int]:
            yield from source()

        got: list[int] = []
        error: RetryError | None = None
        try:
            got.extend(stream())
        except RetryError as err:
            error = err

        farthest, failures, runs, expected = 0, 0, 0, list[int]()
        for at in [*breaks, None]:
            runs += 1
            reached = 8 if at is None else min(at, 8)
            expected += [*range(0 if replay is True else farthest, reached)]
            if reached > farthest:
                farthest, failures = reached, 0
            if at is None:
                break
            failures += 1
            if failures == times:
                break
        assert (runs, expected) == (source.runs, got)
        assert (times if failures == times else None) == (error and error.attempts)


class TestWaitsAndTime:
    def test_waits_begin_anew(self, read: Read, replay: Any, clock: Any) -> None:
        """
        After a new item the waits begin anew.
        """
        source = Source(2, 2, 2, 5, 5, 5, 7)

        read(retry(times=4, replay=replay, jitter=False), source)

        assert [1, 2, 4, 1, 2, 4, 1] == [wait for wait in clock.waits if wait]

    def test_decorrelated_waits_begin_anew(self, read: Read, replay: Any, clock: Any, draws: Any) -> None:
        """
        Also those that depend on the wait before.
        """
        draws(0.999999)
        source = Source(2, 2, 2, 5, 5)

        read(retry(times=4, replay=replay, jitter="decorrelated"), source)

        assert pytest.approx([3, 9, 27, 3, 9], rel=1e-3) == [wait for wait in clock.waits if wait]

    def test_time_begins_anew(self, read: Read, replay: Any, clock: Any) -> None:
        """
        After a new item the time of `timeout` begins anew.
        """
        source = Source(*range(1, 10), length=10)

        def slow() -> Iterator[int]:
            for item in source():
                clock.advance(3)
                yield item

        got = read(retry(times=None, timeout=60, replay=replay, delay=0), slow)

        assert [*range(10)] == new_items(got)
        assert clock.now - 1000 > 60

    def test_time_that_brings_nothing(self, read: Read, replay: Any, clock: Any) -> None:
        """
        Time in which nothing new comes ends it.
        """
        source = Source(then=5)

        got = read(retry(times=None, timeout=20, replay=replay, delay=4, backoff="fixed", jitter=False), source)

        assert isinstance(got[-1], RetryError)
        assert "timeout" == got[-1].reason
        assert 6 == got[-1].attempts == source.runs

    def test_a_consumer_that_takes_its_time(self, read: Read, replay: Any, clock: Any) -> None:
        """
        The time that a consumer takes with the last item counts: nobody can tell it from the stream's.
        """
        source = Source(1, None)

        @retry(times=None, timeout=20, replay=replay, delay=4, backoff="fixed", jitter=False)
        def stream() -> Iterator[int]:
            yield from source()

        stream_ = stream()
        next(stream_)
        clock.advance(30)
        with pytest.raises(RetryError) as caught:
            next(stream_)
        assert "timeout" == caught.value.reason

    def test_hooks_are_told(self, read: Read, replay: Any, clock: Any) -> None:
        """
        Hooks hear the number of the failure since the last new item.
        """
        told: list[Any] = []

        read(
            retry(
                times=4,
                replay=replay,
                jitter=False,
                hooks=[lambda details: told.append((details.attempt, details.wait, details.waited_so_far))],
            ),
            Source(2, 2, 5, 5),
        )

        assert [(1, 1, 0), (2, 2, 1), (1, 1, 0), (2, 2, 1)] == told

    def test_a_stream_that_asks(self, read: Read, replay: Any, clock: Any) -> None:
        """
        A stream that asks for another attempt by TryAgain is judged in the same way.
        """
        runs: list[int] = []

        def pages() -> Iterator[int]:
            runs.append(1)
            for number in range(5):
                if number == len(runs):
                    raise TryAgain("not yet", after=2)
                yield number

        got = read(retry(times=2, replay=replay), pages)

        assert [*range(5)] == new_items(got)
        assert 5 == len(runs)

    @pytest.mark.parametrize("attempts", [1, 3])
    def test_testing(self, read: Read, replay: Any, attempts: int, clock: Any) -> None:
        """
        In tests, too, attempts count since the last new item.
        """
        source = Source(2, 4, then=4)

        with set_testing(True, attempts=attempts):
            got = read(retry(times=9, replay=replay), source)

        assert isinstance(got[-1], RetryError)
        assert attempts == got[-1].attempts
        assert ({1: 1, 3: 4})[attempts] == source.runs


class TestIterators:
    @pytest.mark.parametrize("make", [iter, lambda rows: (row for row in rows), lambda rows: map(int, rows), enumerate])
    @pytest.mark.parametrize("as_keyword", [True, False])
    def test_refused(self, make: Any, as_keyword: bool, replay: Any) -> None:
        """
        A generator with `replay` that is given an iterator says so at its first step, and names the argument.
        """

        @retry(replay=replay)
        def doubled(table: str, rows: Any) -> Iterator[int]:
            for row in rows:
                yield 2 * row

        rows = make([1, 2, 3])
        stream = doubled("t", rows=rows) if as_keyword else doubled("t", rows)

        with pytest.raises(TypeError, match=r"the argument rows of .*doubled is an iterator"):
            next(stream)

    def test_refused_in_a_task(self, replay: Any, run: Any) -> None:
        """
        So does an async one.
        """

        @retry(replay=replay)
        async def doubled(rows: Any) -> AsyncIterator[int]:
            for row in rows:
                yield 2 * row

        async def main() -> None:
            await anext(doubled(iter([1])))

        with pytest.raises(TypeError, match=r"the argument rows of .*doubled is an iterator"):
            run(main())

    def test_an_open_file(self, replay: Any, tmp_path: Any) -> None:
        """
        An open file is one as well.
        """
        path = tmp_path / "rows"
        path.write_text("1\n2\n")

        @retry(replay=replay)
        def lines(file: Any) -> Iterator[str]:
            yield from file

        with path.open() as file, pytest.raises(TypeError, match="the argument file"):
            next(lines(file))

    @pytest.mark.parametrize("rows", [[1, 2], (1, 2), range(1, 3), {1: 0, 2: 0}, {1: 0, 2: 0}.keys()], ids=repr)
    def test_what_can_be_read_again(self, rows: Any, replay: Any, clock: Any) -> None:
        """
        What can be read again is right.
        """
        failures = [OSError]

        @retry(replay=replay)
        def doubled(rows: Any) -> Iterator[int]:
            for row in rows:
                yield 2 * row
                if failures:
                    raise failures.pop()

        assert {2, 4} == {*doubled(rows)}

    def test_without_replay(self) -> None:
        """
        Without `replay` an iterator is as good as anything.
        """

        @retry
        def doubled(rows: Any) -> Iterator[int]:
            for row in rows:
                yield 2 * row

        assert [2, 4] == list(doubled(iter([1, 2])))

    def test_methods(self, replay: Any) -> None:
        """
        An object that is an iterator may have methods that are retried.
        """

        class Cursor:
            def __iter__(self) -> Cursor:
                return self

            def __next__(self) -> int:
                raise StopIteration

            @retry(replay=replay)
            def rows(self, table: str) -> Iterator[int]:
                yield 1

        assert [1] == list(Cursor().rows("t"))
