"""What becomes of a call, on every kind of callable."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from anew import RetryError, retry


class Falsy(Exception):
    """An exception that is false, has no text and equals nothing."""

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        raise RuntimeError("no text")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no equality")

    __hash__ = Exception.__hash__


def test_success_at_once(every_way: Any, failing: Any, clock: Any) -> None:
    """
    A call that succeeds is made once, and nothing is waited for.
    """
    work = failing()

    assert "done" == every_way.run(retry(), work)
    assert 1 == work.calls
    assert [] == clock.waits


@pytest.mark.parametrize("result", [None, False, 0, ValueError("a value, not a failure")])
def test_any_result_is_a_result(every_way: Any, failing: Any, result: object) -> None:
    """
    What is returned is returned, whatever it is.
    """
    assert result is every_way.run(retry(), failing(OSError, result=result))


@pytest.mark.parametrize("failures", [0, 1])
@pytest.mark.parametrize("options", [{}, {"on_success": print}], ids=repr)
def test_results_are_not_compared(every_way: Any, failing: Any, failures: int, options: Any) -> None:
    """
    What is returned may be an array, whose comparisons have no truth.
    """

    class Array:
        __eq__ = __ne__ = __bool__ = lambda *_: pytest.fail("asked")
        __hash__ = None

    result = Array()

    assert result is every_way.run(retry(**options), failing(*[OSError] * failures, result=result))


def test_success_after_failures(every_way: Any, failing: Any, clock: Any) -> None:
    """
    Failures are retried until an attempt succeeds, with growing waits.
    """
    work = failing(OSError("first"), OSError("second"))

    assert "done" == every_way.run(retry(times=3, jitter=False), work)
    assert 3 == work.calls
    assert [1.0, 2.0] == clock.waits


@pytest.mark.parametrize("times", [1, 2, 3, 7])
def test_times_counts_calls(every_way: Any, hopeless: Any, clock: Any, times: int) -> None:
    """
    `times` is the total number of calls, the first included; there is no wait after the last.
    """
    work = hopeless()

    with pytest.raises(RetryError) as caught:
        every_way.run(retry(times=times), work)

    assert times == work.calls == caught.value.attempts
    assert times - 1 == len(clock.waits)
    assert "attempts" == caught.value.reason


def test_no_limit(way: Any, no_hooks: None, failing: Any) -> None:
    """
    `times=None` goes on until it succeeds.
    """
    work = failing(*[OSError] * 1000)

    assert "done" == way.run(retry(times=None, delay=0), work)
    assert 1001 == work.calls


def test_retry_error_tells_all(every_way: Any, hopeless: Any, clock: Any) -> None:
    """
    The error carries the attempts, the last exception (also as its cause) and the seconds since the first failure.
    """
    with pytest.raises(RetryError) as caught:
        every_way.run(retry(times=3, jitter=False), hopeless())

    error = caught.value
    assert 3 == error.attempts
    assert isinstance(error.last_exception, ConnectionError)
    assert error.last_exception is error.__cause__
    assert 3.0 == error.elapsed
    assert error.name
    assert f"{error.name} failed after 3 attempt(s). Last error: ConnectionError: service down" == str(error)


def test_failing_line_is_in_the_traceback(every_way: Any, hopeless: Any) -> None:
    """
    The traceback of the last exception leads to the line that failed.
    """
    with pytest.raises(RetryError) as caught:
        every_way.run(retry(times=2), hopeless())

    tb = caught.value.last_exception.__traceback__
    names = []
    while tb is not None:
        names.append(tb.tb_frame.f_code.co_name)
        tb = tb.tb_next
    assert "work" == names[-1]


def test_nothing_chains(every_way: Any, hopeless: Any) -> None:
    """
    The last exception does not drag the earlier ones behind it.
    """
    with pytest.raises(RetryError) as caught:
        every_way.run(retry(times=5), hopeless())

    assert caught.value.last_exception.__context__ is None


def test_causes_are_untouched(every_way: Any) -> None:
    """
    An exception that was raised from another keeps its cause.
    """

    def work() -> None:
        try:
            raise KeyError("inner")
        except KeyError as exc:
            raise OSError("outer") from exc

    with pytest.raises(RetryError) as caught:
        every_way.run(retry(times=2), work)

    assert isinstance(caught.value.last_exception.__cause__, KeyError)


def test_falsy_exceptions(every_way: Any, hopeless: Any) -> None:
    """
    An exception that is false, textless and incomparable is a failure like any other.
    """
    work = hopeless(Falsy)

    with pytest.raises(RetryError, match=r"Falsy: <no text: its str\(\) failed>"):
        every_way.run(retry(times=2), work)

    assert 2 == work.calls


def stops(name: str) -> tuple[type[Exception], ...]:
    """What Python turns into a RuntimeError before the retry sees it, as it would pass for the end of the callable."""
    if name.startswith("a_generator"):
        return StopIteration, StopAsyncIteration
    return (StopIteration,) if name.startswith(("by_generator", "a_function", "a_call", "a_coroutine")) else ()


@pytest.mark.parametrize("typ", [StopIteration, StopAsyncIteration])
@pytest.mark.parametrize("reraise", [True, False])
def test_stop_exceptions_never_become_none(every_way: Any, hopeless: Any, typ: type[Exception], reraise: bool) -> None:
    """
    StopIteration and StopAsyncIteration are orders: they leave at once, and never end as a value.
    """
    work = hopeless(lambda: typ("x"))

    with pytest.raises((RetryError, typ, RuntimeError)):
        every_way.run(retry(times=2, reraise=reraise), work)

    # A RuntimeError is a failure like any other.
    assert (2 if typ in stops(every_way.name) else 1) == work.calls


@pytest.mark.parametrize("typ", [StopIteration, StopAsyncIteration])
def test_stop_exceptions_by_name(every_way: Any, failing: Any, typ: type[Exception]) -> None:
    """
    Where `on` names them, they are retried.
    """
    work = failing(typ, typ)

    assert "done" == every_way.run(retry(on=[typ, RuntimeError]), work)
    assert 3 == work.calls


@pytest.mark.parametrize("typ", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_exits_always_get_through(every_way: Any, failing: Any, clock: Any, typ: type[BaseException]) -> None:
    """
    What is not an Exception is never retried, and no hook is asked about it.
    """
    work = failing(typ)
    asked: list[object] = []

    with pytest.raises(typ):
        every_way.run(retry(times=3, on=lambda exc: bool(asked.append(exc)) or True), work)

    assert 1 == work.calls
    assert [] == clock.waits == asked


def test_an_exit_that_is_also_an_exception(way: Any, failing: Any) -> None:
    """
    An Exception that is a KeyboardInterrupt too is an order to leave.
    """

    class Quit(KeyboardInterrupt, Exception):
        pass

    work = failing(Quit)

    with pytest.raises(Quit):
        way.run(retry(times=3), work)

    assert 1 == work.calls


ON = {
    "type": ConnectionError,
    "tuple": (ConnectionError, KeyError),
    "list": [KeyError, ConnectionError],
    "set": {KeyError, ConnectionError},
    "hook": lambda exc: isinstance(exc, (ConnectionError, KeyError)),
}


@pytest.fixture(params=ON.values(), ids=ON.keys())
def on(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_on_means_it(way: Any, failing: Any, on: Any) -> None:
    """
    What `on` names is retried, its subclasses too.
    """
    assert "done" == way.run(retry(on=on), failing(ConnectionResetError))


def test_on_does_not_mean_it(way: Any, failing: Any, on: Any) -> None:
    """
    What `on` does not name leaves as it is, at once.
    """
    failure = ValueError("a bug")
    work = failing(failure)

    with pytest.raises(ValueError, match="a bug") as caught:
        way.run(retry(on=on), work)

    assert failure is caught.value
    assert 1 == work.calls
    assert not hasattr(failure, "__notes__")


def test_not_ours_after_ours(every_way: Any, failing: Any) -> None:
    """
    A failure that is not ours ends the retries of one that was.
    """
    work = failing(ConnectionError, ValueError("a bug"))

    with pytest.raises(ValueError, match="a bug") as caught:
        every_way.run(retry(on=ConnectionError), work)

    assert 2 == work.calls
    assert caught.value.__context__ is None


@pytest.mark.parametrize("answer", [2, 2.0, timedelta(seconds=2)])
def test_hook_sets_the_wait(way: Any, failing: Any, clock: Any, answer: Any) -> None:
    """
    A number or timedelta from the hook is waited exactly: neither jittered nor capped.
    """
    way.run(retry(on=lambda exc: answer, delay=0.5, max_delay=1.0), failing(OSError))

    assert [2.0] == clock.waits


@pytest.mark.parametrize("answer", [0, -3])
def test_hook_says_at_once(way: Any, failing: Any, clock: Any, answer: Any) -> None:
    """
    Zero is a number, not False: retry at once. So is anything below.
    """
    work = failing(OSError)

    assert "done" == way.run(retry(on=lambda exc: answer), work)
    assert 0.0 == sum(clock.waits)


@pytest.mark.parametrize("option", ["on", "backoff"])
def test_junk_comes_out(every_way: Any, failing: Any, option: str) -> None:
    """
    What `on` or `backoff` answers and is not usable is an error that leaves at once, raised from the failure.
    """
    failure = OSError("the cause")

    with pytest.raises(TypeError, match=f"the answer of {option} ") as caught:
        every_way.run(retry(**{option: lambda _: None}), failing(failure))

    assert failure is caught.value.__cause__


def test_hook_raises(every_way: Any, failing: Any) -> None:
    """
    What a hook raises comes out, with the failure as its context.
    """
    failure = OSError("the cause")

    with pytest.raises(ZeroDivisionError) as caught:
        every_way.run(retry(on=lambda exc: bool(1 / 0)), failing(failure))

    assert failure is caught.value.__context__


def test_hook_answers_a_coroutine(way: Any, failing: Any) -> None:
    """
    A coroutine from a hook is closed, not awaited, and refused.
    """

    async def later() -> bool:
        return True

    with pytest.raises(TypeError, match="the answer of on must be a finite duration"):
        way.run(retry(on=lambda exc: later()), failing(OSError))


def test_backoff_answers_a_coroutine(way: Any, failing: Any) -> None:
    """
    A coroutine from a backoff function is closed, and refused.
    """

    async def later() -> float:
        return 1.0

    with pytest.raises(TypeError, match="the answer of backoff for failure 1 must be a finite number, got"):
        way.run(retry(backoff=lambda n: later()), failing(OSError))


def test_timeout_gives_up_before_a_wait(every_way: Any, hopeless: Any, clock: Any) -> None:
    """
    A wait that would end past the timeout is not begun, and the reason is told.
    """
    heard: list[int] = []
    policy = retry(times=None, timeout=5, jitter=False, on_retry=lambda num, exc: heard.append(num))

    with pytest.raises(RetryError) as caught:
        every_way.run(policy, hopeless())

    assert [1.0, 2.0] == clock.waits
    assert "timeout" == caught.value.reason
    assert 3 == caught.value.attempts
    assert [1, 2] == heard
    assert str(caught.value).endswith("ConnectionError: service down (reason: timeout)")


def test_timeout_counts_the_attempts_too(every_way: Any, clock: Any) -> None:
    """
    The time of the attempts counts, from the first call on.
    """

    def work() -> None:
        clock.advance(4)
        raise OSError

    with pytest.raises(RetryError) as caught:
        every_way.run(retry(times=None, timeout=9.5, backoff="fixed", jitter=False), work)

    assert 2 == caught.value.attempts
    assert [1.0] == clock.waits


def test_timeout_itself_is_in_time(way: Any, hopeless: Any, clock: Any) -> None:
    """
    An attempt may start at the timeout, to the second.
    """
    work = hopeless()

    with pytest.raises(RetryError):
        way.run(retry(times=None, timeout=3, backoff="fixed", jitter=False), work)

    assert 4 == work.calls
    assert [1.0, 1.0, 1.0] == clock.waits


def test_attempts_come_before_timeout(way: Any, hopeless: Any) -> None:
    """
    Where attempts and time run out together, the reason is the attempts.
    """
    with pytest.raises(RetryError) as caught:
        way.run(retry(times=1, timeout=0.1), hopeless())

    assert "attempts" == caught.value.reason


def test_timeout_binds_hooks(way: Any, hopeless: Any, clock: Any) -> None:
    """
    A wait that a hook asks for is subject to the timeout.
    """
    with pytest.raises(RetryError) as caught:
        way.run(retry(timeout=5, on=lambda exc: 6), hopeless())

    assert "timeout" == caught.value.reason
    assert [] == clock.waits


def test_a_group_with_an_exit_in_it(way: Any, hopeless: Any) -> None:
    """
    A group that holds an order to leave gets through like it.
    """

    class Quit(KeyboardInterrupt, Exception):
        pass

    work = hopeless(lambda: ExceptionGroup("all", [ValueError(), Quit()]))

    with pytest.raises(ExceptionGroup):
        way.run(retry(times=3, on=lambda exc: True), work)

    assert 1 == work.calls


def test_groups_that_share_members(failing: Any) -> None:
    """
    A group of groups of the same groups is looked through once.
    """
    group = ExceptionGroup("leaf", [ValueError()])
    for _ in range(40):
        group = ExceptionGroup("node", [group, group])

    assert "done" == retry().call(failing(group))


@pytest.mark.parametrize("slow", ["on", "on_retry"])
def test_slow_functions_of_the_user_take_of_the_time(every_way: Any, slow: str, hopeless: Any, clock: Any) -> None:
    """
    No attempt starts after `timeout`, also where `on` or `on_retry` took the time.
    """
    work = hopeless()

    def wait(*_: object) -> bool:
        clock.advance(1)
        return True

    with pytest.raises(RetryError) as caught:
        every_way.run(retry(times=9, delay=0.1, jitter=False, timeout=0.5, **{slow: wait}), work)

    assert "timeout" == caught.value.reason
    assert 1 == work.calls


def test_waits_count_from_the_failure_where_time_is_short(every_way: Any, hopeless: Any, clock: Any) -> None:
    """
    A callback that takes its time shortens a wait that would else end after `timeout`.
    """

    def wait(*_: object) -> None:
        clock.advance(0.3)

    with pytest.raises(RetryError):
        every_way.run(retry(times=2, delay=0.4, jitter=False, timeout=0.5, on_retry=wait), hopeless())

    assert [0.2] == [round(seconds, 6) for seconds in clock.waits]


def test_exceptions_that_lie_about_their_class(way: Any, clock: Any) -> None:
    """
    An exception is what it is, also if it fails to say what.
    """

    class Mute(Exception):
        @property
        def __class__(self) -> Any:
            raise RuntimeError

    calls = 0

    def work() -> str:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise Mute
        return "done"

    assert "done" == way.run(retry(), work)
