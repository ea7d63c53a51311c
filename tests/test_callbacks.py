"""What callbacks are told, and what they may do."""

from __future__ import annotations

import asyncio
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest

from anew import RetryError, retry


class Boom(Exception):
    """Raised by callbacks."""


class Ears:
    """Callbacks that remember what they hear; async ones if `later`."""

    def __init__(self, later: bool = False) -> None:
        self.heard: list[tuple[Any, ...]] = []
        self.later = later

    def options(self) -> dict[str, Any]:
        return {name: self.ear(name) for name in ("on_retry", "on_success", "on_failure")}

    def ear(self, name: str) -> Any:
        def now(*args: Any) -> None:
            self.heard.append((name, *args))

        async def later(*args: Any) -> None:
            self.heard.append((name, *args))

        return later if self.later else now


def test_success_after_failures(every_way: Any, failing: Any) -> None:
    """
    `on_retry` hears of each failure before its wait, `on_success` of the attempts it took.
    """
    ears = Ears()
    first, second = OSError(1), OSError(2)

    every_way.run(retry(**ears.options()), failing(first, second))

    assert [("on_retry", 1, first), ("on_retry", 2, second), ("on_success", 3)] == ears.heard


def test_success_at_once(every_way: Any, failing: Any) -> None:
    """
    `on_success` hears of a call that needed one attempt.
    """
    ears = Ears()

    every_way.run(retry(**ears.options()), failing())

    assert [("on_success", 1)] == ears.heard


def test_giving_up(every_way: Any, hopeless: Any) -> None:
    """
    `on_failure` hears the error that is raised, cause included, and `on_retry` nothing of the last failure.
    """
    ears = Ears()

    with pytest.raises(RetryError) as caught:
        every_way.run(retry(times=2, **ears.options()), hopeless())

    assert ["on_retry", "on_failure"] == [name for name, *_ in ears.heard]
    assert caught.value is ears.heard[-1][1]


def test_giving_up_with_the_exception_itself(every_way: Any, hopeless: Any) -> None:
    """
    With `reraise=True`, `on_failure` hears a RetryError all the same.
    """
    ears = Ears()

    with pytest.raises(ConnectionError) as caught:
        every_way.run(retry(times=2, reraise=True, **ears.options()), hopeless())

    error = ears.heard[-1][1]
    assert isinstance(error, RetryError)
    assert caught.value is error.last_exception is error.__cause__


def test_what_is_not_ours_is_not_told(every_way: Any, failing: Any) -> None:
    """
    Nobody hears of a failure that is not ours.
    """
    ears = Ears()

    with pytest.raises(ValueError, match="a bug"):
        every_way.run(retry(on=OSError, **ears.options()), failing(ValueError("a bug")))

    assert [] == ears.heard


def test_on_retry_comes_before_the_wait(every_way: Any, failing: Any, clock: Any) -> None:
    """
    `on_retry` is called before the wait, not after it.
    """
    times = []

    every_way.run(retry(jitter=False, on_retry=lambda attempt, exc: times.append(clock.now)), failing(OSError))

    assert [1000.0] == times


def test_async_callbacks(every_async_way: Any, failing: Any, hopeless: Any) -> None:
    """
    Async functions await async callbacks.
    """
    ears = Ears(later=True)

    every_async_way.run(retry(**ears.options()), failing(OSError))
    with pytest.raises(RetryError):
        every_async_way.run(retry(times=2, reraise=False, **ears.options()), hopeless())
    with pytest.raises(ConnectionError):
        every_async_way.run(retry(times=2, reraise=True, **ears.options()), hopeless())

    names = [name for name, *_ in ears.heard]
    assert ["on_retry", "on_success", "on_retry", "on_failure", "on_retry", "on_failure"] == names


@pytest.mark.parametrize("option", ["on_retry", "on_success", "on_failure"])
def test_mocks(way: Any, failing: Any, hopeless: Any, option: str) -> None:
    """
    A mock serves as a callback.
    """
    mock = Mock()

    way.run(retry(**{option: mock}), failing(OSError))
    with pytest.raises(RetryError):
        way.run(retry(times=2, **{option: mock}), hopeless())

    assert mock.called


def test_async_mocks(async_way: Any, failing: Any) -> None:
    """
    An AsyncMock is awaited.
    """
    mock = AsyncMock()

    async_way.run(retry(on_retry=mock), failing(OSError))

    mock.assert_awaited_once()


@pytest.mark.parametrize("option", ["on_retry", "on_success", "on_failure"])
@pytest.mark.parametrize("boom", [Boom, StopIteration, StopAsyncIteration, KeyboardInterrupt])
def test_what_callbacks_raise_comes_out(every_way: Any, failing: Any, hopeless: Any, option: str, boom: Any) -> None:
    """
    A callback that raises ends the call with its error, with the failure in its context, and is not retried.
    """
    calls = []

    def callback(*args: object) -> None:
        calls.append(args)
        raise boom

    failure = OSError("the cause")
    work = hopeless(lambda: failure) if option == "on_failure" else failing(failure)

    # In generators and coroutines, Python makes a RuntimeError of what would pass for their end.
    with pytest.raises((boom, RuntimeError)) as caught:
        every_way.run(retry(times=2, **{option: callback}), work)

    assert 1 == len(calls)
    if option != "on_success":
        chain = []
        exc: BaseException | None = caught.value
        while exc is not None:
            chain.append(exc)
            exc = exc.__context__
        assert failure in chain


@pytest.mark.parametrize(
    ("option", "failures"), [("on_retry", 1), ("on_success", 0), ("on_success", 1), ("on_failure", 2)]
)
def test_awaitable_answers_in_sync_calls(every_sync_way: Any, failing: Any, option: str, failures: int) -> None:
    """
    A sync call cannot await what a callback answers: closed, and a TypeError that says whose it was.
    """

    async def later() -> None: ...

    work = failing(*[OSError] * failures)

    with pytest.raises(TypeError, match=f"{option} of fetch answered an awaitable, but fetch is not async"):
        every_sync_way.run(retry(times=2, name="fetch", **{option: lambda *_: later()}), work)


def test_other_awaitables_are_refused_too(hopeless: Any) -> None:
    """
    A future cannot be closed, but is refused all the same.
    """
    loop = asyncio.new_event_loop()
    future = loop.create_future()

    with pytest.raises(TypeError, match="answered an awaitable"):
        retry(on_retry=lambda attempt, exc: future).call(hopeless())

    loop.close()


def test_awaitable_answers_in_async_calls(every_async_way: Any, failing: Any) -> None:
    """
    An async call awaits what a plain callback answers, if it can be awaited.
    """
    heard = []

    async def later() -> None:
        heard.append("later")

    every_async_way.run(retry(on_retry=lambda attempt, exc: later()), failing(OSError))

    assert ["later"] == heard


def test_async_callbacks_of_a_call(run: Any) -> None:
    """
    In an event loop, what is called may answer an awaitable, so callbacks may be async; what is decorated may not.
    """
    heard: list[int] = []

    async def hear(attempts: int) -> None:
        heard.append(attempts)

    async def fetch() -> str:
        return "done"

    async def main() -> None:
        assert "done" == await retry(on_success=hear)(fetch)()
        assert "done" == await retry(on_success=hear).call(lambda: fetch())
        with pytest.raises(TypeError, match="async callbacks are for async functions"):
            retry(on_success=hear)(lambda: fetch())

    run(main())

    assert [1, 1] == heard
