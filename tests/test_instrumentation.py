"""Hooks: who is told of retries and of giving up, and that no call suffers from it."""

from __future__ import annotations

import contextvars
import copy
import gc
import logging
import pickle
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import AsyncMock, MagicMock, Mock

import pytest

import anew
from anew import instrumentation
from anew.instrumentation import (
    GiveUpDetails,
    LoggingHook,
    PrometheusHook,
    RetryDetails,
    RetryHookFactory,
    StructlogHook,
    get_on_give_up_hooks,
    get_on_retry_hooks,
    set_on_give_up_hooks,
    set_on_retry_hooks,
)
from anew.instrumentation._registry import checked_hooks, current, gave_up_hooks, leave, tell, tell_gave_up


@pytest.fixture(autouse=True)
def _defaults() -> Iterator[None]:
    with set_on_retry_hooks(None), set_on_give_up_hooks(None):
        yield


def details(**facts: Any) -> RetryDetails:
    """The details of some retry."""
    some: dict[str, Any] = {
        "name": "fetch",
        "attempt": 1,
        "wait": 1.4,
        "waited_so_far": 0.0,
        "elapsed": 0.0,
        "exception": ConnectionError("reset"),
        "args": (),
        "kwargs": {},
    }
    return RetryDetails(**{**some, **facts})


def told(**facts: Any) -> Any:
    """Tell the hooks in force of a retry, as the engine does; what they open is the caller's to leave."""
    return tell(current(), details(**facts))


def gave_up(**facts: Any) -> GiveUpDetails:
    """The details of some call that is given up."""
    some: dict[str, Any] = {
        "name": "fetch",
        "reason": "attempts",
        "attempts": 3,
        "elapsed": 1.5,
        "exception": ConnectionError("reset"),
        "args": (),
        "kwargs": {},
    }
    return GiveUpDetails(**{**some, **facts})


class Door:
    """A context manager that notes what is done with it."""

    def __init__(self, log: list[Any], name: str = "door", failure: BaseException | None = None) -> None:
        self.log = log
        self.name = name
        self.failure = failure

    def __enter__(self) -> None:
        self.log.append(f"{self.name} opened")

    def __exit__(self, typ: object, exc: object, tb: object) -> bool:
        self.log.append((f"{self.name} closed", typ, exc, tb))
        if self.failure is not None:
            raise self.failure
        return True


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no")


FACTS: dict[str, Any] = {
    "name": "fetch",
    "attempt": 2,
    "wait": 1.5,
    "waited_so_far": 0.5,
    "elapsed": 3.0,
    "exception": ConnectionError("reset"),
    "args": ("https://example.org",),
    "kwargs": {"token": "secret"},
    "times": 5,
}


GAVE_UP: dict[str, Any] = {
    "name": "fetch",
    "reason": "timeout",
    "attempts": 5,
    "elapsed": 3.0,
    "exception": ConnectionError("reset"),
    "args": ("https://example.org",),
    "kwargs": {"token": "secret"},
}


class TestDetails:
    @pytest.mark.parametrize(("typ", "facts"), [(RetryDetails, FACTS), (GiveUpDetails, GAVE_UP)])
    def test_facts(self, typ: Any, facts: Any) -> None:
        """
        All facts are there, under the names they were given by.
        """
        told = typ(**facts)

        assert facts == {name: getattr(told, name) for name in facts}

    def test_no_limit(self) -> None:
        """
        Without a limit of attempts, `times` is None.
        """
        assert details().times is None

    def test_repr_shows_no_arguments(self) -> None:
        """
        The repr shows everything but the arguments of the call.
        """
        assert (
            "RetryDetails(name='fetch', elapsed=3.0, attempt=2, times=5, wait=1.5, waited_so_far=0.5, "
            "error_type='ConnectionError', error='ConnectionError: reset')"
        ) == repr(RetryDetails(**FACTS))
        assert (
            "GiveUpDetails(name='fetch', elapsed=3.0, attempts=5, reason='timeout', "
            "error_type='ConnectionError', error='ConnectionError: reset')"
        ) == repr(GiveUpDetails(**GAVE_UP))

    def test_repr_of_what_has_no_text(self) -> None:
        """
        An exception without a text does not spoil the repr of the details.
        """
        assert "error='Mute: <no text: its str() failed>'" in repr(details(exception=Mute()))

    def test_slotted(self) -> None:
        """
        Nothing can be added.
        """
        retry: Any = details()

        assert not hasattr(retry, "__dict__")
        with pytest.raises(AttributeError):
            retry.more = 7

    def test_keywords_only(self) -> None:
        """
        The facts are given by name.
        """
        with pytest.raises(TypeError):
            RetryDetails(*FACTS.values())
        with pytest.raises(TypeError):
            GiveUpDetails(*GAVE_UP.values())

    @pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
    def test_copies(self, clone: Callable[[Any], Any]) -> None:
        """
        Details pickle, copy and deep-copy.
        """
        clone = clone(RetryDetails(**FACTS))

        assert repr(RetryDetails(**FACTS)) == repr(clone)
        assert (FACTS["args"], FACTS["kwargs"]) == (clone.args, clone.kwargs)

    def test_equal_to_itself_only(self) -> None:
        """
        Details are compared by identity: nobody's exceptions or arguments are asked whether they are equal.
        """
        retry = details()

        assert retry == retry  # noqa: PLR0124 - it is equal to itself, and to nothing else
        assert details(exception=retry.exception) != retry
        assert {retry: 1}[retry] == 1

    def test_the_calls_keywords_are_its_own(self) -> None:
        """
        A hook that changes the keyword arguments does not change those of the next attempt.
        """
        kwargs = {"url": "https://example.org"}
        details(kwargs=kwargs).kwargs.clear()

        assert {"url": "https://example.org"} == kwargs


class CallableHook:
    def __call__(self, details: RetryDetails) -> None: ...

    def method(self, details: RetryDetails) -> None: ...


def a_function(details: RetryDetails) -> None: ...


@contextmanager
def a_context_manager(details: RetryDetails) -> Iterator[None]:
    yield


async def a_coroutine() -> None: ...


async def a_coroutine_function(details: RetryDetails) -> None: ...


def a_generator_function(details: RetryDetails) -> Iterator[None]:
    yield


def without_arguments() -> None: ...


FUNCTIONS = "hooks must be plain functions that take one argument, the details"


class TestSetting:
    @pytest.mark.parametrize(
        "hook",
        [
            a_function,
            a_context_manager,
            CallableHook(),
            CallableHook().method,
            partial(lambda prefix, details: None, "anew"),
            lambda *args: None,
            [].append,
            print,
            Mock(),
            LoggingHook(),
        ],
        ids=lambda hook: type(hook).__name__,
    )
    def test_hooks(self, hook: Any) -> None:
        """
        What takes one argument can be a hook.
        """
        set_on_retry_hooks([hook])

        assert (hook,) == get_on_retry_hooks()

    @pytest.mark.parametrize("make", [list, tuple, iter, dict.fromkeys])
    def test_any_iterable(self, make: Any) -> None:
        """
        Hooks come in any iterable, which is read once.
        """
        set_on_retry_hooks(make([a_function, print]))

        assert (a_function, print) == get_on_retry_hooks() == get_on_retry_hooks()

    def test_off(self) -> None:
        """
        An empty iterable switches hooks off.
        """
        set_on_retry_hooks([])

        assert () == get_on_retry_hooks()
        assert [] == told()

    def test_none_means_the_defaults(self) -> None:
        """
        None brings the defaults back.
        """
        default = get_on_retry_hooks()
        set_on_retry_hooks([])
        set_on_retry_hooks(None)

        assert [type(hook) for hook in default] == [type(hook) for hook in get_on_retry_hooks()]

    @pytest.mark.parametrize(
        ("hooks", "message"),
        [
            (5, "hooks must be an iterable of hooks, or None (the defaults), got 5"),
            ("structlog", "hooks must be an iterable of hooks, or None (the defaults), got 'structlog'"),
            (b"", "hooks must be an iterable of hooks, or None (the defaults), got b''"),
            (["structlog"], f"{FUNCTIONS}, got 'structlog'"),
            ([None], f"{FUNCTIONS}, got None"),
            ([Door], f"{FUNCTIONS}, got {Door!r}"),
            ([LoggingHook], f"{FUNCTIONS}, got {LoggingHook!r}"),
            ([list[int]], f"{FUNCTIONS}, got list[int]"),
            ([a_coroutine_function], f"{FUNCTIONS}, got {a_coroutine_function!r}"),
            ([a_generator_function], f"{FUNCTIONS}, got {a_generator_function!r}"),
            ([without_arguments], f"{FUNCTIONS}, got {without_arguments!r}"),
        ],
    )
    def test_refused(self, hooks: Any, message: str) -> None:
        """
        What cannot be a hook is refused where it is set, and nothing changes.
        """
        set_on_retry_hooks([a_function])
        set_on_give_up_hooks([print])
        with pytest.raises(TypeError) as error:
            set_on_retry_hooks(hooks)
        with pytest.raises(TypeError) as twin:
            set_on_give_up_hooks(hooks)

        assert message == str(error.value) == str(twin.value)
        assert (a_function,) == get_on_retry_hooks()
        assert (print,) == get_on_give_up_hooks()

    def test_async_mocks_are_refused(self) -> None:
        """
        A mock of a coroutine function is one.
        """
        with pytest.raises(TypeError, match="plain functions"):
            set_on_retry_hooks([AsyncMock()])

    def test_a_function_alone_is_refused(self) -> None:
        """
        A hook that is not in a list is refused.
        """
        with pytest.raises(TypeError, match="hooks must be an iterable of hooks"):
            set_on_retry_hooks(a_function)

    @pytest.mark.parametrize(
        ("set_hooks", "get_hooks"),
        [(set_on_retry_hooks, get_on_retry_hooks), (set_on_give_up_hooks, get_on_give_up_hooks)],
    )
    def test_as_a_context_manager(self, set_hooks: Any, get_hooks: Any) -> None:
        """
        Hooks can be set for a while: what was before is restored, however the while ends.
        """
        set_hooks([a_function])
        with set_hooks([print]) as nothing:
            assert nothing is None
            assert (print,) == get_hooks()
            with set_hooks([]):
                assert () == get_hooks()
            assert (print,) == get_hooks()
        with suppress(ZeroDivisionError), set_hooks([print]):
            raise ZeroDivisionError

        assert (a_function,) == get_hooks()

    def test_restoring_the_defaults(self) -> None:
        """
        The defaults that were before are restored as such.
        """
        before = get_on_retry_hooks()
        with set_on_retry_hooks([]):
            pass

        assert before == get_on_retry_hooks()


class TestTelling:
    def test_in_order(self) -> None:
        """
        Hooks are told in the order in which they were set, all of the same details.
        """
        seen: list[Any] = []
        set_on_retry_hooks([lambda one: seen.append((1, one)), lambda one: seen.append((2, one))])
        retry = details()

        assert [] == tell(current(), retry)
        assert [(1, retry), (2, retry)] == seen

    def test_contexts_are_entered_at_once(self) -> None:
        """
        What a hook returns is entered before the next hook is told, and left in the reverse order.
        """
        log: list[Any] = []
        set_on_retry_hooks([lambda _: Door(log, "a"), lambda _: log.append("told"), lambda _: Door(log, "b")])
        opened = told()

        assert ["a opened", "told", "b opened"] == log

        leave(opened)

        assert [("b closed", None, None, None), ("a closed", None, None, None)] == log[3:]

    def test_what_raises_is_logged(self, caplog: Any) -> None:
        """
        A hook that raises is logged with its traceback, and the others are told all the same.
        """
        seen: list[Any] = []

        def broken(details: RetryDetails) -> None:
            raise ZeroDivisionError("oh")

        set_on_retry_hooks([partial(broken), seen.append])

        assert [] == told()
        assert 1 == len(seen)
        (record,) = caplog.records
        assert ("anew", logging.ERROR) == (record.name, record.levelno)
        assert (
            f"the retry hook {broken.__qualname__} failed; the call goes on: ZeroDivisionError: oh"
        ) == record.getMessage()
        assert "in broken" in caplog.text
        assert "ZeroDivisionError: oh" in caplog.text

    def test_a_bare_raise(self) -> None:
        """
        A hook that raises the failure itself does not reach the call either.
        """

        def broken(details: RetryDetails) -> None:
            raise details.exception

        set_on_retry_hooks([broken])

        assert [] == told()

    @pytest.mark.parametrize("answer", [5, True, "yes", Mock(), LoggingHook, ExitStack])
    def test_other_answers_are_logged(self, caplog: Any, answer: Any) -> None:
        """
        An answer that is no context manager is an error in the log.
        """
        set_on_retry_hooks([lambda _: answer])

        assert [] == told()
        assert "what a hook returns must be None or a context manager, got" in caplog.text

    def test_answers_that_can_only_be_entered(self, caplog: Any) -> None:
        """
        What could be entered and not left is not entered.
        """
        entered: list[Any] = []

        class Half:
            def __enter__(self) -> None:
                entered.append(self)

        set_on_retry_hooks([lambda _: Half()])

        assert [] == told()
        assert [] == entered
        assert "what a hook returns must be None or a context manager, got" in caplog.text

    def test_coroutines_are_closed(self, caplog: Any) -> None:
        """
        A coroutine that is answered nonetheless is closed, so that it does not complain, and logged.
        """
        set_on_retry_hooks([lambda one: a_coroutine_function(one)])

        assert [] == told()
        assert "must be None or a context manager, got <coroutine object a_coroutine_function at" in caplog.text

    def test_async_context_managers(self, caplog: Any) -> None:
        """
        An async context manager is no context manager.
        """

        @asynccontextmanager
        async def span(details: RetryDetails) -> Any:
            yield

        set_on_retry_hooks([span])

        assert [] == told()
        assert "what a hook returns must be None or a context manager, got" in caplog.text

    def test_what_fails_to_open(self, caplog: Any) -> None:
        """
        A context that cannot be entered is logged, and not left.
        """

        @contextmanager
        def broken(details: RetryDetails) -> Iterator[None]:
            raise ZeroDivisionError("oh")
            yield

        set_on_retry_hooks([broken])

        assert [] == told()
        assert "ZeroDivisionError: oh" in caplog.text

    def test_mocks(self) -> None:
        """
        A MagicMock is a hook whose answer is entered and left.
        """
        mock = MagicMock()
        set_on_retry_hooks([mock])
        leave(told())

        context = mock.return_value
        assert (1, 1) == (context.__enter__.call_count, context.__exit__.call_count)

    @pytest.mark.parametrize("exc", [KeyboardInterrupt(), SystemExit(1), GeneratorExit()], ids=repr)
    def test_exits_get_through(self, exc: BaseException, caplog: Any) -> None:
        """
        Ctrl-C in a hook gets through, and what was opened by then is closed with it.
        """
        log: list[Any] = []

        def interrupted(details: RetryDetails) -> None:
            raise exc

        set_on_retry_hooks([lambda _: Door(log), interrupted, lambda _: Door(log, "never")])
        with pytest.raises(type(exc)) as raised:
            told()

        assert exc is raised.value
        opened, (closed, typ, what, tb) = log
        assert ("door opened", "door closed", type(exc), exc) == (opened, closed, typ, what)
        assert tb is not None
        assert [] == caplog.records
        set_on_retry_hooks([log.append])
        told()
        assert isinstance(log[-1], RetryDetails)

    def test_a_broken_log(self, monkeypatch: Any) -> None:
        """
        Logging that raises does not reach the call.
        """
        monkeypatch.setattr(logging.Logger, "error", Mock(side_effect=OSError))
        set_on_retry_hooks([lambda _: 1 / 0])

        assert [] == told()

    def test_no_log(self, monkeypatch: Any) -> None:
        """
        Where logging cannot even be imported, there is silence.
        """
        monkeypatch.setitem(sys.modules, "logging", None)
        set_on_retry_hooks([lambda _: 1 / 0])

        assert [] == told()

    def test_hooks_that_retry(self, failing: Any) -> None:
        """
        What a hook retries itself is told to nobody, in the telling and in the leaving.
        """
        calls: list[str] = []

        @contextmanager
        def hook(details: RetryDetails) -> Iterator[None]:
            calls.append(f"told, {len(told())} opened within, {len(current())} hooks within")
            yield
            calls.append(f"left, {len(told())} opened within, {len(current())} hooks within")

        set_on_retry_hooks([hook])
        leave(told())
        leave(told())

        once = ["told, 0 opened within, 0 hooks within", "left, 0 opened within, 0 hooks within"]
        assert [*once, *once] == calls
        assert (hook,) == current()

    def test_hooks_that_leave(self) -> None:
        """
        A wait that ends within a hook, when something is freed there, does not make the hook heard.
        """
        log: list[Any] = []

        def hook(details: RetryDetails) -> None:
            leave([(hook, Door(log))])
            log.append(current())

        set_on_retry_hooks([hook])
        told()

        assert ["door closed", ()] == [log[0][0], log[1]]

    def test_hooks_may_ask_who_is_told(self) -> None:
        """
        A hook that asks for the hooks is told of all.
        """
        seen: list[Any] = []
        set_on_retry_hooks([lambda _: seen.append(get_on_retry_hooks())])
        told()

        assert [get_on_retry_hooks()] == seen

    @pytest.mark.needs("threads")
    def test_other_threads_are_told(self) -> None:
        """
        While one thread tells its hooks, others tell theirs.
        """
        together = threading.Barrier(4, timeout=10)
        seen: list[Any] = []

        def hook(details: RetryDetails) -> None:
            together.wait()
            seen.append(details.name)

        set_on_retry_hooks([hook])
        threads = [threading.Thread(target=told, kwargs={"name": str(number)}) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert ["0", "1", "2", "3"] == sorted(seen)


class TestLeaving:
    def test_once(self) -> None:
        """
        What is opened is left once, however often that is asked for.
        """
        log: list[Any] = []
        opened: list[Any] = [(a_function, Door(log))]
        leave(opened)
        leave(opened)

        assert 1 == len(log)

    def test_not_again_from_within(self) -> None:
        """
        A context whose leaving makes others ask for it is left once as well.
        """
        log: list[Any] = []
        opened: list[Any] = []

        @contextmanager
        def reentrant() -> Iterator[None]:
            yield
            leave(opened)
            log.append("left")

        context = reentrant()
        opened += [(a_function, Door(log)), (a_function, context)]
        context.__enter__()
        leave(opened)

        assert [("door closed", None, None, None), "left"] == log

    def test_nothing_is_swallowed(self) -> None:
        """
        What ends the wait is shown to the contexts, and they cannot hold it back.
        """
        log: list[Any] = []
        with pytest.raises(KeyboardInterrupt), ExitStack() as stack:
            stack.push(partial(leave, [(a_function, suppress(KeyboardInterrupt)), (a_function, Door(log))]))
            raise KeyboardInterrupt

        ((_, typ, exc, tb),) = log
        assert KeyboardInterrupt is typ is type(exc)
        assert exc.__traceback__ is tb

    @pytest.mark.parametrize("exc", [KeyboardInterrupt(), OSError()], ids=repr)
    def test_the_same_again(self, exc: BaseException, caplog: Any) -> None:
        """
        A context that raises again what it was shown is no error, and its own frames do not stay in the traceback.
        """
        log: list[Any] = []

        def interrupted() -> None:
            raise exc

        with pytest.raises(type(exc)) as raised:
            interrupted()
        traceback = raised.value.__traceback__
        leave([(a_function, Door(log)), (a_function, Door(log, failure=exc))], type(exc), exc, traceback)

        assert 2 == len(log)
        assert traceback is exc.__traceback__
        assert [] == caplog.records

    def test_what_fails_is_logged(self, caplog: Any) -> None:
        """
        A context that fails to close is logged with its traceback, and the others are left all the same.
        """
        log: list[Any] = []
        leave([(a_function, Door(log, "a")), (a_function, Door(log, "b", failure=ZeroDivisionError("oh")))])

        assert ["b closed", "a closed"] == [entry[0] for entry in log]
        (record,) = caplog.records
        assert ("anew", logging.ERROR) == (record.name, record.levelno)
        assert (
            "leaving what the hook a_function had opened failed; the call goes on: ZeroDivisionError: oh"
        ) == record.getMessage()
        assert "ZeroDivisionError: oh" in caplog.text

    def test_exits_leave_last(self) -> None:
        """
        Ctrl-C while a context is left gets through, after the others are left with it.
        """
        log: list[Any] = []
        interrupt = KeyboardInterrupt()
        with pytest.raises(KeyboardInterrupt) as raised:
            leave([(a_function, Door(log, "a")), (a_function, Door(log, "b", failure=interrupt))])

        assert interrupt is raised.value
        assert [("b closed", None), ("a closed", interrupt)] == [(entry[0], entry[2]) for entry in log]
        assert current()

    @pytest.mark.needs("processes", "reference counts")
    def test_destructors(self) -> None:
        """
        What nobody leaves is left by a destructor, also while the interpreter shuts down.
        """
        script = """
import builtins
from anew.instrumentation import _registry

class Door:
    def __exit__(self, *exc):
        sys.__stdout__.write("left\\n")
        raise OSError

class Pause:
    def __init__(self):
        self.opened = [(print, Door())]
    def __del__(self):
        _registry.leave(self.opened)

Pause()
last = Pause()
builtins.very_last = Pause()
"""
        done = run(script)

        assert ["left", "left", "left"] == done.stdout.split()
        assert "Exception ignored" not in done.stderr


def run(script: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run Python with the anew that this test run is about."""
    source = str(Path(anew.__file__).parent.parent)
    script = f"import sys; sys.path.insert(0, {source!r})\n{script}"
    return subprocess.run(
        [sys.executable, *options, "-c", script], check=True, capture_output=True, encoding="utf-8", timeout=60
    )


class TestFactory:
    def test_at_the_first_retry(self) -> None:
        """
        A hook is built at the first retry, and then used.
        """
        seen: list[Any] = []

        def build() -> Any:
            seen.append("built")
            return lambda details: seen.append(details.attempt)

        set_on_retry_hooks([RetryHookFactory(build)])

        assert [] == seen

        told(attempt=1)
        told(attempt=2)

        assert ["built", 1, 2] == seen

    def test_asking_builds(self) -> None:
        """
        Who asks for the hooks gets them built.
        """
        set_on_retry_hooks([RetryHookFactory(lambda: print), a_function])

        assert (print, a_function) == get_on_retry_hooks()

    def test_reusable(self) -> None:
        """
        A factory can be set again and again, and builds once.
        """
        build = Mock(return_value=a_function)
        factory = RetryHookFactory(build)
        for hooks in ([factory], [], [factory, factory]):
            set_on_retry_hooks(hooks)
            get_on_retry_hooks()

        assert (a_function, a_function) == get_on_retry_hooks()
        assert 1 == build.call_count

    def test_of_a_class(self) -> None:
        """
        A class can build its instance.
        """
        set_on_retry_hooks([RetryHookFactory(LoggingHook)])
        (hook,) = get_on_retry_hooks()

        assert LoggingHook is type(hook)

    def test_repr(self) -> None:
        """
        The repr says what is built by.
        """
        assert "RetryHookFactory(LoggingHook)" == repr(RetryHookFactory(LoggingHook))

    @pytest.mark.parametrize("build", [None, a_function, a_coroutine, a_generator_function])
    def test_refused(self, build: Any) -> None:
        """
        What cannot be called without arguments builds nothing.
        """
        with pytest.raises(TypeError, match="build must be a plain function without arguments, got"):
            RetryHookFactory(build)

    @pytest.mark.parametrize("failure", [ImportError("no such module"), ZeroDivisionError("oh")], ids=repr)
    def test_failing(self, failure: Exception, caplog: Any) -> None:
        """
        A builder that fails is logged once with its traceback, and then there is no such hook.
        """
        build = Mock(side_effect=failure, __qualname__="build")
        seen: list[Any] = []
        set_on_retry_hooks([RetryHookFactory(build), seen.append])
        told()
        told()

        assert 2 == len(seen)
        assert (seen.append,) == get_on_retry_hooks()
        (record,) = caplog.records
        assert ("anew", logging.ERROR) == (record.name, record.levelno)
        assert record.getMessage().startswith("build could not build its retry hook; retries go on without it: ")
        assert record.exc_info[1] is failure

    @pytest.mark.parametrize("hook", [None, LoggingHook, a_coroutine_function, RetryHookFactory(LoggingHook)])
    def test_building_no_hook(self, hook: Any, caplog: Any) -> None:
        """
        What is built must be a hook.
        """
        set_on_retry_hooks([RetryHookFactory(lambda: hook)])

        assert () == get_on_retry_hooks() == get_on_retry_hooks()
        assert 1 == caplog.text.count("without it: TypeError: the hook must be plain functions that take one argument")

    def test_interrupted(self) -> None:
        """
        Ctrl-C while a hook is built gets through, and it is built the next time.
        """
        build = Mock(side_effect=[KeyboardInterrupt, a_function])
        set_on_retry_hooks([RetryHookFactory(build)])
        with pytest.raises(KeyboardInterrupt):
            told()

        assert (a_function,) == current()

    def test_builders_that_retry(self) -> None:
        """
        A builder that retries, or asks for the hooks, does not wait for itself, and is told of nothing.
        """
        seen: list[Any] = []

        def build() -> Any:
            seen.append((told(), current(), get_on_retry_hooks()))
            return seen.append

        set_on_retry_hooks([a_function, RetryHookFactory(build)])
        told()

        assert ([], (), (a_function,)) == seen[0]
        assert 2 == len(seen)

    @pytest.mark.needs("threads")
    def test_no_thread_waits(self) -> None:
        """
        While one thread builds a hook, others go without; later all have it.
        """
        building, built = threading.Event(), threading.Event()

        def build() -> Any:
            building.set()
            built.wait(10)
            return a_function

        factory = RetryHookFactory(build)
        set_on_retry_hooks([factory, print])
        first = threading.Thread(target=told)
        first.start()
        building.wait(10)
        meanwhile = current()
        built.set()
        first.join()

        assert (print,) == meanwhile
        assert (a_function, print) == current()

    @pytest.mark.needs("threads")
    def test_many_threads(self) -> None:
        """
        Many threads that arrive together have it built once.
        """
        count = 16
        together = threading.Barrier(count, timeout=10)
        build = Mock(return_value=a_function)

        def work() -> None:
            together.wait()
            told()

        set_on_retry_hooks([RetryHookFactory(build)])
        threads = [threading.Thread(target=work) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert 1 == build.call_count
        assert (a_function,) == current()

    @pytest.mark.needs("threads")
    def test_builders_that_wait_for_others(self) -> None:
        """
        A builder that waits for a thread that retries is not waited for by that thread.
        """
        heard: list[Any] = []

        def build() -> Any:
            thread = threading.Thread(target=lambda: heard.append(get_on_retry_hooks()))
            thread.start()
            thread.join()
            return a_function

        set_on_retry_hooks([RetryHookFactory(build), print])

        assert (a_function, print) == current()
        assert [(print,)] == heard

    @pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
    def test_copies(self, clone: Callable[[Any], Any]) -> None:
        """
        Factories pickle and copy, as the policies do that have them; each copy builds its own.
        """
        factory = RetryHookFactory(LoggingHook)
        own = checked_hooks("hooks", [factory])
        copied = checked_hooks("hooks", [clone(factory)])

        assert LoggingHook is type(current(own)[0])
        assert LoggingHook is type(current(copied)[0])
        assert current(own) != current(copied)


class TestOwnHooks:
    def test_instead_of_those_of_the_process(self) -> None:
        """
        A policy with hooks of its own is told of to these, and to no others.
        """
        set_on_retry_hooks([a_function])
        own = checked_hooks("hooks", iter([print, RetryHookFactory(lambda: len)]))

        assert (print, len) == current(own)
        assert () == current(())
        assert (a_function,) == current(checked_hooks("hooks", None)) == current()

    def test_none_within_a_hook(self) -> None:
        """
        What a hook retries itself is told to nobody, whoever would hear of it.
        """
        seen: list[Any] = []
        tell((lambda _: seen.append((current((print,)), gave_up_hooks())),), details())

        assert [((), ())] == seen

    def test_refused(self) -> None:
        """
        What cannot be a hook is refused, with the name of the option.
        """
        with pytest.raises(
            TypeError, match=r"^hooks must be plain functions that take one argument, the details, got 5$"
        ):
            checked_hooks("hooks", [5])


class TestGivingUp:
    def test_in_order(self) -> None:
        """
        Hooks are told in the order in which they were set, all of the same details.
        """
        seen: list[Any] = []
        set_on_give_up_hooks([lambda one: seen.append((1, one)), lambda one: seen.append((2, one))])
        end = gave_up()
        tell_gave_up(gave_up_hooks(), end)

        assert [(1, end), (2, end)] == seen

    def test_off(self) -> None:
        """
        An empty iterable switches hooks off, and None brings the default back.
        """
        default = get_on_give_up_hooks()
        set_on_give_up_hooks([])
        off = get_on_give_up_hooks()
        set_on_give_up_hooks(None)

        assert () == off
        assert default == get_on_give_up_hooks()

    def test_default(self, monkeypatch: Any) -> None:
        """
        By default they are counted if the application has imported prometheus_client, and nothing is logged.
        """
        import prometheus_client

        imported = get_on_give_up_hooks()
        monkeypatch.delitem(sys.modules, "prometheus_client")

        assert PrometheusHook is type(imported[0].__self__)
        assert () == get_on_give_up_hooks()
        del prometheus_client

    def test_what_raises_is_logged(self, caplog: Any) -> None:
        """
        A hook that raises is logged with its traceback, and the others are told all the same.
        """
        seen: list[Any] = []

        def broken(details: GiveUpDetails) -> None:
            raise ZeroDivisionError("oh")

        tell_gave_up((broken, seen.append), gave_up())

        assert 1 == len(seen)
        (record,) = caplog.records
        assert record.getMessage().startswith(f"the give-up hook {broken.__qualname__} failed; the call goes on")
        assert "in broken" in caplog.text

    def test_awaitables_are_logged(self, caplog: Any) -> None:
        """
        A coroutine that is answered nonetheless is closed, so that it does not complain, and logged.
        """
        tell_gave_up((lambda _: a_coroutine(),), gave_up())

        assert "got <coroutine object a_coroutine at" in caplog.text

    def test_contexts_close_at_once(self) -> None:
        """
        There is no wait: a context manager is entered and left.
        """
        log: list[Any] = []
        tell_gave_up((lambda _: Door(log),), gave_up())

        assert ["door opened", ("door closed", None, None, None)] == log

    def test_exits_get_through(self) -> None:
        """
        Ctrl-C in a hook gets through, and silences nobody.
        """
        set_on_give_up_hooks([Mock(side_effect=KeyboardInterrupt)])
        with pytest.raises(KeyboardInterrupt):
            tell_gave_up(gave_up_hooks(), gave_up())

        assert 1 == len(gave_up_hooks())
        assert current()

    def test_none_within_a_hook(self) -> None:
        """
        What a hook retries itself is told to nobody.
        """
        seen: list[Any] = []
        tell_gave_up((lambda _: seen.append((current(), gave_up_hooks())),), gave_up())

        assert [((), ())] == seen


class TestQuiet:
    def fail(self, clock: Any, *seconds: float, hook: Any) -> None:
        """Tell a hook again and again, with so much time in between."""
        set_on_retry_hooks([hook])
        told()
        for pause in seconds:
            clock.advance(pause)
            told()

    def test_a_line_a_minute(self, clock: Any, caplog: Any) -> None:
        """
        A hook that keeps failing is logged with its traceback once, and then by one line a minute.
        """
        self.fail(clock, 1, 58, 1, 1, 59, 3600, hook=lambda _: 1 / 0)

        assert [True, False, False, False] == [record.exc_info is not None for record in caplog.records]
        assert 1 == len({record.getMessage() for record in caplog.records})
        assert "failed; the call goes on: ZeroDivisionError: division by zero" in caplog.text

    def test_each_hook(self, clock: Any, caplog: Any) -> None:
        """
        Each hook is logged for itself, and its contexts too.
        """

        @contextmanager
        def closes_badly(_: Any) -> Iterator[None]:
            yield
            raise ZeroDivisionError

        set_on_retry_hooks([lambda _: 1 / 0, lambda _: int("x"), closes_badly])
        for _ in range(3):
            leave(told())

        assert 3 == len(caplog.records)

    def test_set_anew(self, clock: Any, caplog: Any) -> None:
        """
        Hooks that are set anew are logged anew.
        """

        def broken(_: Any) -> None:
            raise ZeroDivisionError

        self.fail(clock, 1, hook=broken)
        self.fail(clock, 1, hook=broken)

        assert 2 == caplog.text.count("Traceback")

    def test_clocks_that_go_back(self, clock: Any, caplog: Any) -> None:
        """
        A clock that was set back does not make a hook silent.
        """
        self.fail(clock, -1e6, hook=lambda _: 1 / 0)

        assert 2 == len(caplog.records)

    def test_hooks_for_one_call_each(self, caplog: Any) -> None:
        """
        Failing hooks that are made for one call each do not pile up.
        """
        caplog.set_level(logging.CRITICAL, "anew")  # what is logged is kept by the tests
        refs: list[Any] = []
        for _ in range(1000):
            hook = Mock(side_effect=ZeroDivisionError)
            refs.append(weakref.ref(hook))
            tell((hook,), details())
        del hook
        gc.collect()

        assert 150 > sum(ref() is not None for ref in refs)


class TestTasksAndThreads:
    def test_thread_locals_that_are_not_local(self) -> None:
        """
        Where greenlets are switched in a hook, others are told; so the guard is no thread-local of before the patch.
        """
        seen: list[Any] = []

        def hook(details: RetryDetails) -> None:
            seen.append(contextvars.Context().run(lambda: len(current())))

        set_on_retry_hooks([hook])
        told()

        assert [1] == seen


class TestDefaults:
    @pytest.fixture(autouse=True)
    def _nothing_imported(self, monkeypatch: Any) -> None:
        for library in ("structlog", "prometheus_client"):
            monkeypatch.delitem(sys.modules, library, raising=False)

    def test_logging(self) -> None:
        """
        Retries are logged with logging, if the application has imported nothing else.
        """
        (hook,) = get_on_retry_hooks()

        assert LoggingHook is type(hook)

    def test_nothing_is_imported(self) -> None:
        """
        Not for want of opportunity: structlog and prometheus_client can be imported, and are not.
        """
        told()

        assert not {"structlog", "prometheus_client"} & {*sys.modules}

    @pytest.mark.parametrize("library", ["structlog", "prometheus_client"])
    @pytest.mark.parametrize(
        "make",
        [lambda library: None, ModuleType, lambda library: Mock(spec=[]), lambda library: Broken()],
        ids=["blocked", "being imported", "something else", "broken"],
    )
    def test_libraries_that_are_not_there(self, library: str, make: Any, monkeypatch: Any, caplog: Any) -> None:
        """
        A library that is blocked, broken or just being imported counts as not imported, in silence.
        """
        monkeypatch.setitem(sys.modules, library, make(library))
        (hook,) = get_on_retry_hooks()

        assert LoggingHook is type(hook)
        assert [] == caplog.records

    @pytest.mark.parametrize(("library", "needed"), [("structlog", "get_logger"), ("prometheus_client", "Counter")])
    def test_libraries_that_do_not_work(self, library: str, needed: str, monkeypatch: Any, caplog: Any) -> None:
        """
        A library that fails when it is used counts as not imported, in silence.
        """
        monkeypatch.setitem(sys.modules, library, Mock(**{needed: Mock(side_effect=ZeroDivisionError("oh"))}))
        for _ in range(3):
            (hook,) = get_on_retry_hooks()
            assert LoggingHook is type(hook)

        assert [] == caplog.records

    def test_libraries_imported_later(self, monkeypatch: Any) -> None:
        """
        What the application imports later is used from then on, and remembered.
        """
        before = get_on_retry_hooks()
        monkeypatch.setitem(sys.modules, "structlog", ModuleType("structlog"))
        during = get_on_retry_hooks()
        sys.modules["structlog"].is_configured = lambda: True
        sys.modules["structlog"].get_logger = Mock()
        after = get_on_retry_hooks()

        assert [LoggingHook, LoggingHook, StructlogHook] == [type(hook) for (hook,) in (before, during, after)]
        assert after == get_on_retry_hooks()

    def test_libraries_imported_anew(self, monkeypatch: Any) -> None:
        """
        A library that broke is tried again when another takes its place.
        """
        monkeypatch.setitem(sys.modules, "structlog", Mock(get_logger=Mock(side_effect=ZeroDivisionError)))
        (first,) = get_on_retry_hooks()
        monkeypatch.setitem(sys.modules, "structlog", Mock())
        (second,) = get_on_retry_hooks()

        assert [LoggingHook, StructlogHook] == [type(hook) for hook in (first, second)]

    def test_defaults_set_anew(self, monkeypatch: Any) -> None:
        """
        A library that broke is tried again when the defaults are set again.
        """
        broken = Mock(get_logger=Mock(side_effect=[ZeroDivisionError, Mock()]))
        monkeypatch.setitem(sys.modules, "structlog", broken)
        (first,) = get_on_retry_hooks()
        set_on_retry_hooks(None)
        (second,) = get_on_retry_hooks()

        assert [LoggingHook, StructlogHook] == [type(hook) for hook in (first, second)]

    def test_structlog_that_is_not_configured(self, monkeypatch: Any) -> None:
        """
        An application's structlog is used from when the application configures it: it may be there for a dependency.
        """
        structlog = Mock(is_configured=Mock(return_value=False))
        monkeypatch.setitem(sys.modules, "structlog", structlog)
        (before,) = get_on_retry_hooks()
        structlog.is_configured.return_value = True
        (after,) = get_on_retry_hooks()

        assert [LoggingHook, StructlogHook] == [type(hook) for hook in (before, after)]


class Broken(ModuleType):
    def __init__(self) -> None:
        super().__init__("broken")

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)


class TestModule:
    @pytest.mark.needs("processes")
    def test_nothing_heavy_is_imported(self) -> None:
        """
        Importing the module imports nothing that is heavy or somebody else's.
        """
        done = run("import anew.instrumentation; print(*sys.modules)")

        heavy = {"logging", "threading", "dataclasses", "inspect", "asyncio", "datetime", "typing_extensions"}
        others = {"structlog", "prometheus_client", "opentelemetry"}
        assert set() == {*done.stdout.split()} & (heavy | others)

    def test_all_names_are_there(self) -> None:
        """
        All public names can be had, listed and starred, whatever they take to import.
        """
        namespace: dict[str, Any] = {}
        exec("from anew.instrumentation import *", namespace)  # noqa: S102 - a star import stands at the top of a module

        assert {*instrumentation.__all__} == {*namespace} - {"__builtins__"}
        assert {*instrumentation.__all__} <= {*dir(instrumentation)}

    def test_names_say_where_they_are_from(self) -> None:
        """
        What is public is documented, and says that it is from here.
        """
        for name in instrumentation.__all__:
            thing = getattr(instrumentation, name)
            assert thing.__doc__
            assert "anew.instrumentation" == thing.__module__

    def test_other_names(self) -> None:
        """
        Other names are missing as from any module.
        """
        with pytest.raises(AttributeError, match=r"module 'anew\.instrumentation' has no attribute 'LogginHook'"):
            _ = instrumentation.LogginHook
