"""Giving up with the exception itself; retries around retries; the same instance again and again."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import pickle
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
import trio

from anew import RetryError, _marks, retry


def depth(exc: BaseException) -> int:
    tb, count = exc.__traceback__, 0
    while tb is not None:
        tb, count = tb.tb_next, count + 1
    return count


def assert_grows_as_python_does(depths: list[int]) -> None:
    """Python adds entries with each call that raises a stored instance; a call adds those of eight rounds at most."""
    (step,) = {later - sooner for sooner, later in pairwise(depths[1:])}
    assert step <= 20


def test_the_last_exception_itself(every_way: Any, hopeless: Any) -> None:
    """
    `reraise=True` gives up with the last exception, its cause and context untouched, and a note.
    """
    made: list[Exception] = []

    def make() -> Exception:
        made.append(ConnectionError("service down"))
        return made[-1]

    with pytest.raises(ConnectionError) as caught:
        every_way.run(retry(times=3, reraise=True, name="fetch"), hopeless(make))

    assert made[-1] is caught.value
    assert caught.value.__cause__ is caught.value.__context__ is None
    assert ["anew: fetch gave up after 3 attempt(s), reason: attempts (no attempts left)"] == caught.value.__notes__


def test_the_note_tells_of_the_timeout(way: Any, hopeless: Any) -> None:
    """
    The note says why we stopped.
    """
    with pytest.raises(ConnectionError) as caught:
        way.run(retry(times=None, timeout=2, jitter=False, reraise=True), hopeless())

    (note,) = caught.value.__notes__
    assert "gave up after 2 attempt(s), reason: timeout (no time left)" in note


def test_no_note_on_what_is_not_ours(way: Any, failing: Any) -> None:
    """
    An exception that is not ours gets no note.
    """
    with pytest.raises(ValueError, match="a bug") as caught:
        way.run(retry(on=OSError, reraise=True), failing(ValueError("a bug")))

    assert not hasattr(caught.value, "__notes__")


def test_user_notes_stay(way: Any) -> None:
    """
    Notes that others wrote stay.
    """

    def work() -> None:
        exc = OSError("x")
        exc.add_note("theirs")
        raise exc

    with pytest.raises(OSError, match="x") as caught:
        way.run(retry(times=2, reraise=True), work)

    assert "theirs" == caught.value.__notes__[0]
    assert 2 == len(caught.value.__notes__)


def test_one_instance_again_and_again(every_way: Any, clock: Any) -> None:
    """
    The same instance, raised in every attempt of every call, is retried each time, and gathers nothing.
    """
    failure = ConnectionError("always me")
    calls = 0

    def work() -> None:
        nonlocal calls
        calls += 1
        raise failure

    policy = retry(times=3, reraise=True)
    depths = []
    for _ in range(5):
        with pytest.raises(ConnectionError) as caught:
            every_way.run(policy, work)
        assert failure is caught.value
        depths.append(depth(failure))

    assert 15 == calls
    assert 1 == len(failure.__notes__)
    assert_grows_as_python_does(depths)


@pytest.mark.parametrize("reraise", [True, False])
def test_traceback_of_one_instance_is_bounded(every_way: Any, no_hooks: None, reraise: bool) -> None:
    """
    Ten thousand attempts with the same instance do not make its traceback long.
    """
    failure = ConnectionError("always me")

    def work() -> None:
        raise failure

    with pytest.raises((ConnectionError, RetryError)):
        every_way.run(retry(times=1000, delay=0, reraise=reraise), work)

    assert depth(failure) < 40


@pytest.mark.parametrize("failures", [1, 3, 7, 8])
def test_traceback_of_one_instance_is_bounded_in_streams(clock: Any, no_hooks: None, failures: int) -> None:
    """
    The same holds for a stream that fails with one instance before each of many items.
    """
    failure, seen = ConnectionError("always me"), Counter[int]()

    @retry(times=10, replay="skip")
    def stream() -> Iterator[int]:
        for item in range(100):
            seen[item] += 1
            if seen[item] <= failures:
                raise failure
            yield item

    assert 100 == sum(1 for _ in stream())
    assert depth(failure) < 40


def test_a_stored_error_keeps_its_failing_line(every_way: Any) -> None:
    """
    An error that is stored and raised again still shows where it came from.
    """
    stored: list[Exception] = []

    def origin() -> None:
        raise ConnectionError("once")

    def work() -> None:
        if stored:
            raise stored[0]
        try:
            origin()
        except ConnectionError as exc:
            stored.append(exc)
            raise

    with pytest.raises(ConnectionError) as caught:
        every_way.run(retry(times=4, reraise=True), work)

    names, tb = [], caught.value.__traceback__
    while tb is not None:
        names.append(tb.tb_frame.f_code.co_name)
        tb = tb.tb_next
    assert "origin" == names[-1]


LAYERS = {
    "RetryError": {},
    "reraise": {"reraise": True},
    "types": {"on": [OSError, ValueError]},
    "types and reraise": {"on": [OSError, ValueError], "reraise": True},
}


@pytest.mark.parametrize("options", LAYERS.values(), ids=LAYERS.keys())
@pytest.mark.parametrize("shared", [True, False], ids=["one policy", "three policies"])
def test_nested_retries_do_not_multiply(hopeless: Any, options: Any, shared: bool) -> None:
    """
    Three layers of three attempts make three calls, not twenty-seven.
    """
    work = hopeless()
    policy = retry(times=3, **options)

    def layer(fn: Callable[[], Any]) -> Callable[[], Any]:
        return (policy if shared else retry(times=3, **options))(fn)

    with pytest.raises((RetryError, ConnectionError)):
        layer(lambda: layer(lambda: layer(lambda: work())())())()

    assert 3 == work.calls


@pytest.mark.parametrize("options", LAYERS.values(), ids=LAYERS.keys())
@pytest.mark.parametrize("shared", [True, False], ids=["one policy", "three policies"])
def test_nested_async_retries_do_not_multiply(run: Any, hopeless: Any, options: Any, shared: bool) -> None:
    """
    The same holds for coroutine functions.
    """
    work = hopeless()
    policy = retry(times=3, **options)

    def layer(fn: Any) -> Any:
        return (policy if shared else retry(times=3, **options))(fn)

    @layer
    async def inner() -> None:
        work()

    @layer
    async def middle() -> None:
        await inner()

    @layer
    async def outer() -> None:
        await middle()

    with pytest.raises((RetryError, ConnectionError)):
        run(outer())

    assert 3 == work.calls


def test_a_group_with_an_exhausted_member_counts_like_it(hopeless: Any) -> None:
    """
    Retries do not multiply through a task group either.
    """
    for reraise in (True, False):
        work = hopeless()

        @retry(times=2, reraise=reraise)
        async def inner() -> None:
            work()  # noqa: B023 - called within the same turn

        @retry(times=2)
        async def outer() -> None:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(inner())

        with pytest.raises(ExceptionGroup):
            asyncio.run(outer())

        assert 2 == work.calls


def test_a_fresh_group_is_a_failure(way: Any, hopeless: Any) -> None:
    """
    A group without exhausted members is retried like any exception, nested or not.
    """
    work = hopeless(lambda: ExceptionGroup("all", [OSError(), ExceptionGroup("some", [ValueError()])]))

    with pytest.raises(RetryError):
        way.run(retry(times=2), work)

    assert 2 == work.calls


@pytest.mark.parametrize("on", [RetryError, [RetryError], [OSError, RetryError], lambda exc: True])
def test_who_names_retry_error_gets_it(way: Any, hopeless: Any, on: Any) -> None:
    """
    Only who names `RetryError`, or asks a hook, retries exhausted calls.
    """
    work = hopeless(lambda: RetryError(1, OSError()))

    with pytest.raises(RetryError) as caught:
        way.run(retry(times=2, on=on), work)

    assert 2 == work.calls == caught.value.attempts


@pytest.mark.parametrize("on", [Exception, [Exception, KeyError], OSError, lambda exc: not isinstance(exc, RetryError)])
def test_who_does_not_name_it_does_not(way: Any, hopeless: Any, on: Any) -> None:
    """
    The default and other types let `RetryError` pass.
    """
    work = hopeless(lambda: RetryError(7, OSError()))

    with pytest.raises(RetryError) as caught:
        way.run(retry(times=2, on=on), work)

    assert (1, 7) == (work.calls, caught.value.attempts)


def test_naming_a_subclass_means_the_subclass(way: Any, hopeless: Any) -> None:
    """
    Who names a subclass of `RetryError` means just that.
    """

    class Special(RetryError):
        pass

    policy = retry(times=2, on=[Exception, Special])
    general, special = hopeless(lambda: RetryError(7, OSError())), hopeless(lambda: Special(7, OSError()))

    for work in (general, special):
        with pytest.raises(RetryError):
            way.run(policy, work)

    assert (1, 2) == (general.calls, special.calls)


def test_a_hook_sees_an_exhausted_exception(way: Any, hopeless: Any) -> None:
    """
    A hook is asked about everything, also about what another retry gave up on.
    """
    work = hopeless()
    inner = retry(times=2, delay=0, reraise=True)

    with pytest.raises(RetryError):
        way.run(retry(times=2, on=lambda exc: True), lambda: inner.call(work))

    assert 4 == work.calls


@pytest.mark.parametrize(
    "carry", [copy.copy, copy.deepcopy, lambda exc: pickle.loads(pickle.dumps(exc))], ids=["copy", "deepcopy", "pickle"]
)
def test_the_mark_does_not_travel(hopeless: Any, carry: Any) -> None:
    """
    A copy of an exhausted exception has the note as plain text, and counts as fresh elsewhere.
    """
    with pytest.raises(ConnectionError) as caught:
        retry(times=2, reraise=True).call(hopeless())

    twin = pickle.loads(pickle.dumps(caught.value)) if carry is copy.copy else carry(caught.value)
    work = hopeless(lambda: twin)
    with pytest.raises(RetryError):
        retry(times=3).call(work)

    assert 3 == work.calls
    assert type(twin.__notes__[0]) is str


@dataclasses.dataclass(frozen=True)
class Frozen(Exception):
    code: int = 3


class Locked(Exception):
    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(name)

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    def add_note(self, note: str) -> None:
        raise RuntimeError(note)


class Odd(Exception):
    __notes__ = ("a tuple",)


class Hidden(Exception):
    @property
    def __dict__(self) -> Any:
        raise RuntimeError("hidden")

    @property
    def __traceback__(self) -> Any:
        raise RuntimeError("hidden")


@pytest.mark.parametrize("typ", [Frozen, Locked, Odd, pytest.param(Hidden, marks=pytest.mark.needs("CPython"))])
def test_exceptions_that_resist(sync_way: Any, hopeless: Any, typ: Any) -> None:
    """
    An exception that cannot be marked leaves as it is.
    """
    work = hopeless(typ)

    try:  # pytest.raises() itself trips over some of them
        sync_way.run(retry(times=2, reraise=True), work)
    except typ:
        caught = True

    assert caught
    assert 2 == work.calls


def in_thread(call: Callable[[], None]) -> None:
    thread = threading.Thread(target=call)
    thread.start()
    thread.join()


def in_helper(call: Callable[[], None]) -> None:
    call()


@pytest.mark.parametrize("where", [in_helper, pytest.param(in_thread, marks=pytest.mark.needs("threads"))])
@pytest.mark.parametrize("shared", [True, False], ids=["one policy", "a policy per call"])
def test_one_instance_from_anywhere(where: Any, shared: bool, clock: Any) -> None:
    """
    From wherever it is called, a function that raises the same instance is tried afresh, and the instance stays short.
    """
    failure = ConnectionError("always me")
    calls = 0
    depths = []
    policy = retry(times=3, reraise=True)

    def fetch() -> None:
        nonlocal calls
        calls += 1
        raise failure

    def call() -> None:
        try:
            (policy if shared else retry(times=3, reraise=True)).call(fetch)
        except ConnectionError:
            pass
        depths.append(depth(failure))

    for _ in range(10):
        where(call)

    assert 30 == calls
    assert 1 == len(failure.__notes__)
    assert_grows_as_python_does(depths)


def test_one_instance_without_its_traceback(clock: Any) -> None:
    """
    An instance whose traceback is cleared each time is tried afresh as well.
    """
    failure = ConnectionError("always me")
    calls = 0

    @retry(times=3, reraise=True)
    def fetch() -> None:
        nonlocal calls
        calls += 1
        raise failure.with_traceback(None)

    for _ in range(10):
        with pytest.raises(ConnectionError):
            fetch()

    assert 30 == calls


def test_nested_retries_across_tasks(hopeless: Any) -> None:
    """
    Retries do not multiply across tasks either, one policy or several.
    """
    work = hopeless()
    policy = retry(times=3, reraise=True, delay=0)

    @policy
    async def inner() -> None:
        work()

    @policy
    async def outer() -> None:
        await asyncio.create_task(inner())

    with pytest.raises(ConnectionError):
        asyncio.run(outer())

    assert 3 == work.calls


def test_nested_retries_across_trio_tasks(hopeless: Any) -> None:
    """
    The same holds for a nursery, whose tasks the loop calls from one place.
    """
    work = hopeless()

    @retry(times=3, reraise=True, delay=0)
    async def inner() -> None:
        work()

    @retry(times=3, reraise=True, delay=0)
    async def outer() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(inner)

    with pytest.raises(ExceptionGroup):
        trio.run(outer)

    assert 3 == work.calls


def test_recursion_does_not_multiply(hopeless: Any) -> None:
    """
    A function that calls itself meets its own mark, and knows it from an old one.
    """
    work = hopeless()

    @retry(times=3, reraise=True, delay=0)
    def descend(level: int) -> None:
        if level:
            descend(level - 1)
        work()

    with pytest.raises(ConnectionError):
        descend(3)

    assert 3 == work.calls


def test_an_error_of_an_earlier_call_keeps_its_failing_line(clock: Any) -> None:
    """
    An error that one call gave up on and another raises again still shows where it came from.
    """

    def origin() -> None:
        raise ConnectionError("once")

    def first() -> None:
        origin()

    stored: list[Exception] = []

    def second() -> None:
        raise stored[0]

    policy = retry(times=2, reraise=True)
    for fn in (first, second, second):
        with pytest.raises(ConnectionError) as caught:
            policy.call(fn)
        stored.append(caught.value)

    names, tb = [], caught.value.__traceback__
    while tb is not None:
        names.append(tb.tb_frame.f_code.co_name)
        tb = tb.tb_next
    assert "origin" == names[-1]


def test_two_retries_that_await_the_same_future(clock: Any) -> None:
    """
    A failure that two retries see, without one being inside the other, is retried by both.
    """
    calls: list[str] = []

    async def main() -> None:
        shared = asyncio.get_running_loop().create_future()
        shared.set_exception(ConnectionError("down"))

        @retry(times=1, reraise=True)
        async def first() -> None:
            await shared

        async def deeper() -> None:
            await shared

        @retry(times=3)
        async def second() -> None:
            calls.append("second")
            await deeper()

        with pytest.raises(ConnectionError):
            await first()
        with pytest.raises(RetryError):
            await second()

    asyncio.run(main())

    assert 3 == len(calls)


def test_notes_in_a_tuple(hopeless: Any) -> None:
    """
    Notes that are no list are kept, and the mark counts.
    """
    work = hopeless(Odd)
    inner, outer = retry(times=2, reraise=True, delay=0), retry(times=2, delay=0)

    with pytest.raises(Odd) as caught:
        outer.call(lambda: inner.call(work))

    assert 2 == work.calls
    assert "a tuple" == caught.value.__notes__[0]


def test_another_thread_at_the_same_instance(failing: Any, clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Where the traceback of a shared instance changes under our hands, it stays as it is.
    """

    class Entry:
        """An entry of a traceback that cannot be cut."""

        tb_frame = "the frame that catches"

        def __init__(self, below: Entry | None = None) -> None:
            self.below = below

        @property
        def tb_next(self) -> Entry | None:
            return self.below

        @tb_next.setter
        def tb_next(self, below: Entry) -> None:
            raise ValueError("traceback loop detected")

    monkeypatch.setattr(_marks, "_GET_TRACEBACK", lambda exc: Entry(Entry(Entry(Entry()))))

    assert "done" == retry().call(failing(OSError, OSError))


def test_deep_recursion(clock: Any) -> None:
    """
    A function that calls itself many times over gives up once, and soon.
    """
    calls = 0

    @retry(times=3, reraise=True)
    def walk(depth: int) -> None:
        nonlocal calls
        calls += 1
        if depth == 0:
            raise OSError
        walk(depth - 1)

    with pytest.raises(OSError):  # noqa: PT011 - it has no text
        walk(200)

    assert 203 == calls
