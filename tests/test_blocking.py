"""Sync waits in a running event loop block it, and a warning says so."""

from __future__ import annotations

import asyncio
import linecache
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import trio

from anew import RetryBudget, RetryError, TryAgain, _clock, retry, set_active, set_testing
from anew.instrumentation import set_on_retry_hooks

BLOCKS = r"^fetch waits for its next attempt in a running event loop, and blocks it; retry an async function, or call "
named = retry(name="fetch", times=2)


class InLoop:
    """Runs something sync in a coroutine; each run is an event loop of its own."""

    def __init__(self, run: Callable[[Any], Any]) -> None:
        self._run = run

    def __call__(self, fn: Callable[..., Any], *args: Any) -> Any:
        async def main() -> Any:
            return fn(*args)

        return self._run(main())


@pytest.fixture
def in_loop(run: Any) -> InLoop:
    """An event loop of asyncio, and of Trio."""
    return InLoop(run)


@pytest.fixture
def heard() -> Iterator[list[warnings.WarningMessage]]:
    """What a program hears that has not touched its filters."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("default")
        yield heard


def shown(warning: warnings.WarningMessage) -> str:
    """The line that is shown with a warning."""
    return linecache.getline(warning.filename, warning.lineno).strip()


class TestWarns:
    def test_all_callables(
        self, every_sync_way: Any, failing: Any, in_loop: InLoop, clock: Any, heard: list[Any]
    ) -> None:
        """
        It warns of each sync wait, and then waits.
        """
        assert "done" == in_loop(every_sync_way.run, named, failing(OSError))

        (warning,) = heard
        assert RuntimeWarning is warning.category
        assert str(warning.message).startswith(BLOCKS[1:])
        assert 1 == len(clock.waits)

    def test_the_place(self, every_sync_way: Any, failing: Any, in_loop: InLoop, heard: list[Any]) -> None:
        """
        It shows the line that called.
        """
        in_loop(every_sync_way.run, named, failing(OSError))

        (warning,) = heard
        assert Path(__file__).with_name("conftest.py") == Path(warning.filename)
        assert {
            "by_function": "return fetch()",
            "by_method": "return Client().fetch()",
            "by_call": "return policy.call(lambda *_, **__: work(), 1, key=2)",
            "by_partial_with_keyword": "return policy(partial(fetch))(key=1)",
            "by_block": "with attempt:",
            "by_block_entered_again": "with attempts:",
        }.get(every_sync_way.name, "(result,) = list(fetch())") == shown(warning)

    def test_the_name(self, in_loop: InLoop, failing: Any, heard: list[Any]) -> None:
        """
        It names the function.
        """

        @retry
        def order(work: Any) -> None:
            work()

        in_loop(order, failing(OSError))

        assert f"{order.__qualname__} waits" in str(heard[0].message)

    @pytest.mark.parametrize("wait", [{"on": lambda exc: 5}, {"backoff": lambda num: 3}, {"jitter": "decorrelated"}])
    def test_all_waits(self, in_loop: InLoop, failing: Any, heard: list[Any], wait: Any) -> None:
        """
        It warns of waits however they came about.
        """
        in_loop(retry(**wait).call, failing(OSError))

        assert 1 == len(heard)

    def test_waits_that_the_call_asks_for(self, in_loop: InLoop, failing: Any, heard: list[Any]) -> None:
        """
        Also of those that a `TryAgain` asks for.
        """
        in_loop(retry(delay=0).call, failing(TryAgain, TryAgain(after=1)))

        assert 1 == len(heard)

    def test_before_the_coroutine(self, in_loop: InLoop, clock: Any, heard: list[Any]) -> None:
        """
        A plain function that fails before it gives its coroutine is sync until then.
        """
        failures = [OSError]

        async def answer() -> str:
            return "done"

        def fetch() -> Any:
            if failures:
                raise failures.pop()
            return answer()

        coroutine = in_loop(retry(name="fetch")(fetch))

        assert 1 == len(heard)
        assert "done" == asyncio.run(coroutine)

    def test_callbacks_of_the_loop(self, failing: Any, heard: list[Any]) -> None:
        """
        What the loop itself calls blocks it, too.
        """
        work = failing(OSError)

        async def main() -> None:
            done = asyncio.Event()

            def called() -> None:
                named.call(work)
                done.set()

            asyncio.get_running_loop().call_soon(called)
            await done.wait()

        asyncio.run(main())

        assert ["named.call(work)"] == [shown(warning) for warning in heard]

    def test_guests(self, failing: Any, heard: list[Any]) -> None:
        """
        A loop that runs in a task of another is a loop.
        """

        async def inner() -> None:
            named.call(failing(OSError))

        async def outer() -> None:
            trio.run(inner)

        asyncio.run(outer())

        assert 1 == len(heard)


class TestOncePerPlace:
    def test_one_place(self, sync_way: Any, failing: Any, in_loop: InLoop, clock: Any, heard: list[Any]) -> None:
        """
        A place is warned of once, however often it waits, in however many loops.
        """

        def often() -> None:
            for _ in range(3):
                sync_way.run(named.replace(times=9), failing(OSError, OSError))

        in_loop(often)
        in_loop(often)

        assert 1 == len(heard)
        assert 12 == len(clock.waits)

    def test_one_call(self, sync_way: Any, failing: Any, in_loop: InLoop, clock: Any) -> None:
        """
        A call warns once, also where each warning is shown.
        """
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            in_loop(sync_way.run, retry(times=4), failing(OSError, OSError, OSError))

        assert 3 == len(clock.waits)
        assert 1 == len(heard)

    def test_two_places(self, failing: Any, in_loop: InLoop, heard: list[Any]) -> None:
        """
        Each place is a place.
        """

        def places() -> None:
            for _ in range(2):
                named.call(failing(OSError))
                named(failing(OSError))()

        in_loop(places)

        assert ["named.call(failing(OSError))", "named(failing(OSError))()"] == [shown(warning) for warning in heard]

    def test_deeper(self, failing: Any, in_loop: InLoop, heard: list[Any]) -> None:
        """
        A retry in a retry is called where it is called.
        """

        @named
        def inner(work: Any) -> None:
            work()

        @named
        def outer(work: Any) -> None:
            inner(work)
            raise OSError

        with pytest.raises(RetryError):
            in_loop(outer, failing(OSError))

        assert ["inner(work)", "return fn(*args)"] == [shown(warning) for warning in heard]

    def test_context_managers(self, failing: Any, in_loop: InLoop, heard: list[Any]) -> None:
        """
        With `@contextmanager` on top, the place is the `with`, not a line of the standard library.
        """
        work = failing()

        @contextmanager
        @named
        def connection() -> Iterator[str]:
            yield work()

        def places() -> None:
            work.failures.append(OSError)
            with connection():
                pass
            work.failures.append(OSError)
            with connection() as _:
                pass

        in_loop(places)

        assert ["with connection():", "with connection() as _:"] == [shown(warning) for warning in heard]

    def test_cached_properties(self, failing: Any, in_loop: InLoop, heard: list[Any]) -> None:
        """
        Nor is it one with `@cached_property` on top.
        """

        class Client:
            work = failing(OSError)

            @cached_property
            @named
            def settings(self) -> str:
                return self.work()

        def places() -> None:
            assert Client().settings == "done"

        in_loop(places)

        assert ['assert Client().settings == "done"'] == [shown(warning) for warning in heard]

    def test_code_without_a_module(self, failing: Any, in_loop: InLoop, heard: list[Any]) -> None:
        """
        Code that belongs to no module can be told as well.
        """
        code = compile("call(work)", "the console", "exec")

        in_loop(exec, code, {"call": named.call, "work": failing(OSError)})

        assert [("the console", 1)] == [(warning.filename, warning.lineno) for warning in heard]


class TestSilent:
    """All other warnings are errors here."""

    def test_async_waits(self, every_async_way: Any, failing: Any, clock: Any) -> None:
        """
        Async waits block nothing.
        """
        assert "done" == every_async_way.run(named, failing(OSError))
        assert 1 == len(clock.waits)

    @pytest.mark.parametrize(
        "options", [{"delay": 0}, {"on": lambda exc: 0}, {"on": lambda exc: -5}, {"backoff": lambda num: 0}]
    )
    def test_no_time(self, sync_way: Any, failing: Any, in_loop: InLoop, options: Any) -> None:
        """
        A wait of no time blocks nothing.
        """
        assert "done" == in_loop(sync_way.run, retry(**options), failing(OSError, OSError))

    def test_no_time_asked_for(self, sync_way: Any, failing: Any, in_loop: InLoop) -> None:
        """
        Not even if it is asked for.
        """
        assert "done" == in_loop(sync_way.run, named, failing(TryAgain(after=0)))

    def test_no_wait(self, sync_way: Any, failing: Any, hopeless: Any, in_loop: InLoop) -> None:
        """
        Where nothing is retried, there is nothing to warn of.
        """
        assert "done" == in_loop(sync_way.run, named, failing())
        with pytest.raises(RetryError):
            in_loop(sync_way.run, retry(times=1), hopeless())
        with pytest.raises(RetryError, match="timeout"):
            in_loop(sync_way.run, retry(delay=10, timeout=1), hopeless())
        with pytest.raises(RetryError, match="budget"):
            in_loop(sync_way.run, retry(budget=RetryBudget(floor=0)), hopeless())
        with pytest.raises(ConnectionError):
            in_loop(sync_way.run, retry(on=KeyError), hopeless())

    def test_modes(self, sync_way: Any, failing: Any, hopeless: Any, in_loop: InLoop) -> None:
        """
        Nor while testing, or where retries are off.
        """
        with set_testing(True, attempts=3):
            assert "done" == in_loop(sync_way.run, named, failing(OSError, OSError))
        set_active(False)
        try:
            with pytest.raises(RetryError):
                in_loop(sync_way.run, named, hopeless())
        finally:
            set_active(True)

    def test_no_loop(self, sync_way: Any, failing: Any, in_loop: InLoop) -> None:
        """
        Where no loop runs, before or after one has run, a wait harms nobody.
        """
        assert "done" == sync_way.run(named, failing(OSError))
        in_loop(int)
        assert "done" == sync_way.run(named, failing(OSError))

    @pytest.mark.needs("threads")
    def test_threads(self, sync_way: Any, failing: Any) -> None:
        """
        A thread may wait, also if a task started it.
        """

        async def on_asyncio() -> Any:
            return await asyncio.to_thread(sync_way.run, named, failing(OSError))

        async def on_trio() -> Any:
            return await trio.to_thread.run_sync(sync_way.run, named, failing(OSError))

        assert "done" == asyncio.run(on_asyncio())
        assert "done" == trio.run(on_trio)

    def test_ignored(self, sync_way: Any, failing: Any, in_loop: InLoop, clock: Any) -> None:
        """
        Who knows what he does can switch it off.
        """
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*blocks it", category=RuntimeWarning)
            assert "done" == in_loop(sync_way.run, named, failing(OSError))

        assert 1 == len(clock.waits)


class TestAsAnError:
    def test_raised_from_the_failure(self, every_sync_way: Any, hopeless: Any, in_loop: InLoop, clock: Any) -> None:
        """
        Turned into an error, it is raised from the failure; nothing is waited and nobody told.
        """
        told: list[object] = []
        work = hopeless()
        policy = retry(
            name="fetch", on_retry=lambda *what: told.append(what), on_failure=told.append, on_success=told.append
        )
        set_on_retry_hooks([told.append])
        try:
            with pytest.raises(RuntimeWarning, match=BLOCKS) as caught:
                in_loop(every_sync_way.run, policy, work)
        finally:
            set_on_retry_hooks(None)

        assert isinstance(caught.value.__cause__, ConnectionError)
        assert 1 == work.calls
        assert [] == clock.waits
        assert [] == told

    def test_reraise(self, sync_way: Any, hopeless: Any, in_loop: InLoop) -> None:
        """
        With `reraise=True`, too; the failure has not been given up on.
        """
        with pytest.raises(RuntimeWarning, match=BLOCKS) as caught:
            in_loop(sync_way.run, named.replace(reraise=True), hopeless())

        assert not hasattr(caught.value.__cause__, "__notes__")


class TestNobodyHears:
    def test_a_broken_stderr(self, sync_way: Any, failing: Any, in_loop: InLoop, monkeypatch: Any) -> None:
        """
        Where the warning cannot be shown the call goes on.
        """

        def broken(*_: object, **__: object) -> None:
            raise ValueError("I/O operation on closed file")

        with warnings.catch_warnings():
            warnings.simplefilter("always")
            monkeypatch.setattr(warnings, "showwarning", broken)

            assert "done" == in_loop(sync_way.run, retry(), failing(OSError))


@pytest.mark.needs("processes")
@pytest.mark.real_time
class TestPrograms:
    @pytest.fixture(params=["asyncio.run(main())", "trio.run(main)"], ids=["asyncio", "trio"])
    def program(self, request: pytest.FixtureRequest, tmp_path: Path) -> Path:
        """A program that blocks its loop five times, in two places."""
        path = tmp_path / "program.py"
        path.write_text(f"""
import {request.param.partition(".")[0]}

import anew

@anew.retry(times=None, delay=0.001)
def fetch(failures):
    if failures:
        raise failures.pop()
    return "done"

async def main():
    for _ in range(2):
        fetch([OSError, OSError])  # here
    for attempt in anew.retry(delay=0.001):
        with attempt:  # and here
            if attempt.num < 2:
                raise OSError
    print("done")

{request.param}
""")
        return path

    def test_what_is_printed(self, program: Path) -> None:
        """
        A program is told once for each place, with file, line and text.
        """
        run = subprocess.run([sys.executable, program], capture_output=True, text=True, check=True)
        told = [line for line in run.stderr.splitlines() if "attempt 1; next" not in line and "attempt 2; " not in line]

        assert "done\n" == run.stdout
        shown = [line for line in told if "RuntimeWarning" in line]
        assert 2 == len(shown)
        assert shown[0].startswith(f"{program}:14: RuntimeWarning: fetch waits for its next attempt in a running event")
        assert shown[1].startswith(f"{program}:16: RuntimeWarning: main waits for its next attempt in a running event")
        assert "  fetch([OSError, OSError])  # here" in told
        assert "  with attempt:  # and here" in told

    def test_strict_programs(self, program: Path) -> None:
        """
        With `-W error` it ends there, with the failure behind it.
        """
        run = subprocess.run([sys.executable, "-W", "error", program], capture_output=True, text=True, check=False)

        assert 1 == run.returncode
        assert "" == run.stdout
        assert "RuntimeWarning: fetch waits for its next attempt in a running event loop" in run.stderr
        assert "The above exception was the direct cause of the following exception" in run.stderr

    def test_programs_without_loops(self) -> None:
        """
        A program without a loop loads nothing for this.
        """
        code = (
            "import sys, anew; failures = [0]\n"
            "anew.retry(delay=0.001).call(lambda: 1 / failures.pop() if failures else 0)\n"
            "print(failures, *{'asyncio', 'trio'} & {*sys.modules})"
        )
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

        assert "[]\n" == run.stdout


class TestInEventLoop:
    def test_here(self, in_loop: InLoop) -> None:
        """
        It knows a running loop from none.
        """
        assert not _clock.in_event_loop()
        assert in_loop(_clock.in_event_loop)
        assert not _clock.in_event_loop()

    def test_without_asyncio(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        What is not loaded, or only half, does not run.
        """
        for module in (None, object()):
            monkeypatch.setitem(sys.modules, "asyncio", module)
            assert not _clock.in_event_loop()
        monkeypatch.delitem(sys.modules, "asyncio")
        assert not _clock.in_event_loop()
        monkeypatch.delitem(sys.modules, "trio")
        assert not _clock.in_event_loop()
