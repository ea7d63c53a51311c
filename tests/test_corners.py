"""What no way of running of the other tests comes to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator, Iterator
from functools import partial
from typing import Any, NoReturn

import pytest

from anew import RetryError, is_testing, retry, set_testing
from anew.instrumentation import set_on_give_up_hooks


@pytest.fixture(autouse=True)
def _no_hooks(no_hooks: None) -> None: ...


def fail() -> NoReturn:
    raise OSError("down")


def test_a_stop_iteration_of_code_without_a_package() -> None:
    """
    What a hook that `exec` has made raises leaves as itself.
    """
    names: dict[str, Any] = {}
    exec("def on(exc): raise RuntimeError('own') from StopIteration()", names)  # noqa: S102 - code without a package

    with pytest.raises(RuntimeError, match="own"):
        retry(on=names["on"]).call(fail)


class TestBlocks:
    @pytest.mark.parametrize("option", ["on", "on_retry", "on_failure", "on_success"])
    def test_stop_iteration(self, option: str) -> None:
        """
        A StopIteration out of `on` or a callback leaves a function and a block as itself.
        """

        def stop(*_: Any) -> NoReturn:
            raise StopIteration("mine")

        def work() -> None:
            if option != "on_success":
                fail()

        options: Any = {option: stop}
        policy = retry(times=2, delay=0, **options)
        with pytest.raises(StopIteration, match="mine"):
            policy(work)()
        with pytest.raises(StopIteration, match="mine"):
            for attempt in policy:
                with attempt:
                    work()

    def test_error_of_a_predicate(self) -> None:
        """
        So does a RuntimeError.
        """

        def on(exc: Exception) -> bool:
            raise RuntimeError("mine")

        with pytest.raises(RuntimeError, match="mine"):
            for attempt in retry(on=on):
                with attempt:
                    fail()

    def test_a_callback_that_waits(self) -> None:
        """
        `with attempt` of an `async for` cannot await a callback that waits, though it does not look like one.
        """

        async def main() -> None:
            async for attempt in retry(delay=0, on_retry=lambda *_: asyncio.sleep(0)):
                with attempt:
                    fail()

        with pytest.raises(TypeError, match="async with attempt"):
            asyncio.run(main())


def test_nobody_hears_of_giving_up() -> None:
    with set_on_give_up_hooks([]), pytest.raises(RetryError):
        retry(times=1)(fail)()


def test_an_answer_of_on_success() -> None:
    """
    What `on_success` answers is nothing to us, unless it would have to be awaited.
    """
    answering: Any = lambda attempt: 5  # noqa: E731 - what it answers is the point

    assert 3 == retry(on_success=answering)(lambda: 3)()


def test_a_coroutine_that_is_heard() -> None:
    """
    A plain function that returns a coroutine is retried when that is awaited, and `on_success` hears of it.
    """
    heard: list[int] = []

    async def answer() -> int:
        return 3

    result: Any = retry(on_success=heard.append)(lambda: answer())()

    async def main() -> Any:
        return await result

    assert 3 == asyncio.run(main())
    assert [1] == heard


def test_iterators_of_a_partial() -> None:
    def rows(source: Iterator[int]) -> Iterator[int]:
        yield from source

    with pytest.raises(TypeError, match="iterator"):
        list(retry(replay=True)(partial(rows, iter([1, 2])))())


def test_empty_streams() -> None:
    """
    A stream without items is a success.
    """
    heard: list[int] = []

    async def hear(attempts: int) -> None:
        heard.append(attempts)

    def empty() -> Iterator[int]:
        yield from ()

    async def empty_async() -> AsyncIterator[int]:
        for item in ():
            yield item

    async def main() -> list[int]:
        return [item async for item in retry(on_success=hear)(empty_async)()]

    assert [] == list(retry(on_success=heard.append)(empty)())
    assert [] == asyncio.run(main())
    assert [1, 1] == heard


class TestTesting:
    def test_an_exception_without_a_copy(self) -> None:
        """
        The list of retries describes what cannot be copied.
        """

        class Uncopied(Exception):
            def __copy__(self) -> NoReturn:
                raise TypeError("there is one of me")

        def refuse() -> NoReturn:
            raise Uncopied("busy")

        with set_testing(True, attempts=2) as retries, pytest.raises(RetryError):
            retry(refuse)()

        assert ["Uncopied: busy"] == [str(details.exception) for details in retries]

    def test_entered_in_another_order(self) -> None:
        """
        When all contexts have ended, what was before the first call is restored, whatever the order of entering.
        """
        first = set_testing(True)
        second = set_testing(True, attempts=2)

        with second, first:
            assert is_testing()

        assert not is_testing()


def test_empty_generators() -> None:
    """
    A generator without items ends as it does undecorated, and its value is returned.
    """

    @retry
    def empty() -> Generator[int, None, str]:
        return "done"
        yield 0

    @retry
    async def async_empty() -> AsyncIterator[int]:
        return
        yield 0

    async def items() -> list[int]:
        return [item async for item in async_empty()]

    with pytest.raises(StopIteration) as stop:
        next(empty())

    assert "done" == stop.value.value
    assert [] == asyncio.run(items())
