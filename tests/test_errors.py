"""RetryError: its facts, its text, and its travels."""

from __future__ import annotations

import asyncio
import copy
import json
import multiprocessing
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest
from conftest import cloudpickle
from workers import Picky, fail, fail_picky

from anew import RetryError, retry


class Untrue(Exception):
    """Has no truth value."""

    def __bool__(self) -> bool:
        raise RuntimeError("no")


class Stubborn(Exception):
    """Cannot be pickled nor copied at all."""

    def __reduce__(self) -> Any:
        raise RuntimeError("no")


class Locked(Exception):
    """Holds what can be neither pickled nor copied."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.lock = threading.Lock()


class Deceitful(Exception):
    """Pickles, and comes back as something else."""

    def __reduce__(self) -> Any:
        return str, ("no exception",)


class Unspeakable(Exception):
    """Has no text, and cannot be pickled."""

    def __str__(self) -> str:
        raise RuntimeError("no")

    __reduce__ = Stubborn.__reduce__


def deep() -> Exception:
    """An exception that is too deep for pickle."""
    exc = ValueError("deep")
    exc.inside = None
    for _ in range(100_000):
        exc.inside = [exc.inside]
    return exc


# What does not survive pickling, and the text that stands in.
FRAGILE = {
    "loads not": (lambda: Picky(code=7), "Picky: code 7"),
    "reduces not": (lambda: Stubborn("x"), "Stubborn: x"),
    "holds a lock": (lambda: Locked("x"), "Locked: x"),
    "loads as text": (lambda: Deceitful("x"), "Deceitful: x"),
    "has no text": (Unspeakable, "Unspeakable: <no text: its str() failed>"),
    "is too deep": (deep, "ValueError: deep"),
}


@pytest.fixture(
    params=[pytest.param(name, marks=[pytest.mark.needs("a deep stack")] if "deep" in name else []) for name in FRAGILE]
)
def fragile(request: pytest.FixtureRequest) -> tuple[Exception, str]:
    make, text = FRAGILE[request.param]
    return make(), text


class Special(RetryError):
    """A subclass of the user's."""


class OfUrl(RetryError):
    """A subclass whose arguments are others."""

    def __init__(self, url: str, *, last: Exception) -> None:
        super().__init__(3, last, "timeout", 1.5)
        self.url = url


class Outage(RetryError, OSError):
    """A subclass that is caught as an `OSError`, which keeps no more than two of its arguments."""


@pytest.fixture
def error() -> RetryError:
    try:
        try:
            raise ConnectionError("service down")
        except ConnectionError as exc:
            raise RetryError(3, exc, reason="timeout", elapsed=1.5, name="fetch") from exc
    except RetryError as error:
        return error


def facts(error: RetryError) -> tuple[Any, ...]:
    return error.attempts, error.last_exception, error.reason, error.elapsed, error.name


def test_facts() -> None:
    """
    The error can be made by hand, with the facts that a real one has, by position or by keyword.
    """
    failure = OSError("x")

    assert (3, failure, "attempts", 0.0, None) == facts(RetryError(3, failure))
    assert (3, failure, "timeout", 1.5, "fetch") == facts(RetryError(3, failure, "timeout", 1.5, "fetch"))
    assert (3, failure, "stopped", 1.5, "fetch") == facts(
        RetryError(attempts=3, last_exception=failure, reason="stopped", elapsed=1.5, name="fetch")
    )
    assert (3, failure, "attempts", 0.0, None) == RetryError(3, failure).args


@pytest.mark.parametrize("fact", ["attempts", "last_exception", "reason", "elapsed", "name"])
def test_facts_cannot_be_changed(error: RetryError, fact: str) -> None:
    """
    Facts are facts.
    """
    with pytest.raises(AttributeError):
        setattr(error, fact, None)


@pytest.mark.parametrize("value", ["text", None, 7, ["a", "b"], KeyboardInterrupt("ctrl-c"), ValueError])
def test_what_is_no_exception_is_wrapped(value: Any) -> None:
    """
    In place of an exception anything is taken, and wrapped in one.
    """
    last = RetryError(3, value).last_exception

    assert Exception is type(last)
    assert (value,) == last.args
    assert str(value) == str(last)


def test_text() -> None:
    """
    The text says what was retried, how often, what failed last, and why where it is not the attempts.
    """
    assert "Failed after 3 attempt(s). Last error: ConnectionError: service down" == str(
        RetryError(3, ConnectionError("service down"))
    )
    assert "Failed after 1 attempt(s). Last error: TimeoutError (reason: timeout)" == str(
        RetryError(1, TimeoutError(), reason="timeout")
    )
    assert "fetch failed after 3 attempt(s). Last error: ConnectionError: service down (reason: stopped)" == str(
        RetryError(3, ConnectionError("service down"), "stopped", name="fetch")
    )


COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "cloudpickle": lambda error: cloudpickle.loads(cloudpickle.dumps(error)),
    **{
        f"pickle-{protocol}": lambda error, protocol=protocol: pickle.loads(pickle.dumps(error, protocol))
        for protocol in range(3, pickle.HIGHEST_PROTOCOL + 1)  # up to 2, pickle makes OSErrors of ConnectionErrors
    },
}


@pytest.fixture(params=COPIES.values(), ids=COPIES.keys())
def copied(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_copies_have_all_facts(error: RetryError, copied: Any) -> None:
    """
    A copy, pickled or not, has the five facts, the cause and the text.
    """
    error.add_note("a note")

    twin = copied(error)

    assert (3, twin.last_exception, "timeout", 1.5, "fetch") == facts(twin) == twin.args
    assert isinstance(twin.last_exception, ConnectionError)
    assert ("service down",) == twin.last_exception.args
    assert twin.last_exception is twin.__cause__
    assert str(error) == str(twin)
    assert ["a note"] == twin.__notes__
    assert {"__notes__": ["a note"]} == vars(twin)


def test_copies_keep_other_causes(copied: Any) -> None:
    """
    A cause other than the last exception is kept too; so is its absence.
    """
    error = RetryError(3, OSError())
    error.__cause__ = KeyError("other")
    exiting = RetryError(3, OSError())
    exiting.__cause__ = KeyboardInterrupt()
    untrue = RetryError(3, OSError())
    untrue.__cause__ = Untrue()

    assert isinstance(copied(error).__cause__, KeyError)
    assert isinstance(copied(untrue).__cause__, Untrue)
    assert isinstance(copied(exiting).__cause__, KeyboardInterrupt)
    assert copied(RetryError(3, OSError())).__cause__ is None
    assert not copied(RetryError(3, OSError())).__suppress_context__


def test_copies_keep_the_class(copied: Any) -> None:
    """
    A subclass stays a subclass, with its attributes.
    """
    error = Special(3, OSError())
    error.extra = [1]

    twin = copied(error)

    assert type(twin) is Special
    assert [1] == twin.extra


@pytest.mark.parametrize(
    "error",
    [OfUrl("http://x", last=OSError("down")), Outage(3, OSError("down"), "timeout", 1.5)],
    ids=["url", "outage"],
)
def test_copies_of_subclasses(error: RetryError, copied: Any) -> None:
    """
    A subclass may have an `__init__` of its own, or another exception's.
    """
    twin = copied(error)

    assert type(error) is type(twin)
    assert "down" == str(twin.last_exception)
    assert (3, twin.last_exception, "timeout", 1.5, None) == facts(twin) == twin.args
    assert vars(error) == vars(twin)


def test_copies_share(error: RetryError) -> None:
    """
    A copy has the same last exception, and a deep copy has one of its own.
    """
    assert error.last_exception is copy.copy(error).last_exception
    assert error.last_exception is not copy.deepcopy(error).last_exception


def test_a_stand_in_travels(fragile: tuple[Exception, str]) -> None:
    """
    For an exception that does not survive pickling, a plain one with its type's name and text goes.
    """
    failure, text = fragile
    error = RetryError(3, failure, "timeout", 1.5, "fetch")
    error.__cause__ = failure

    twin = pickle.loads(pickle.dumps(error))

    assert type(twin.last_exception) is Exception
    assert (text,) == twin.last_exception.args
    assert twin.last_exception is twin.__cause__
    assert (3, "timeout", 1.5, "fetch") == (twin.attempts, *facts(twin)[2:])


def test_an_unpicklable_cause_has_a_stand_in() -> None:
    """
    The same holds for a cause that is not the last exception.
    """
    error = RetryError(3, OSError())
    error.__cause__ = Picky(code=7)

    assert "Picky: code 7" == str(pickle.loads(pickle.dumps(error)).__cause__)


def carried_by_args(error: RetryError) -> RetryError:
    """As a carrier does that calls the class."""
    return type(error)(*error.args)


def carried_by_args_and_state(error: RetryError) -> RetryError:
    """As mpire does."""
    typ, args, state = pickle.loads(pickle.dumps((type(error), error.args, error.__dict__)))
    twin = typ.__new__(typ)
    twin.args = args
    twin.__dict__.update(state)
    return twin


def carried_as_json(error: RetryError) -> RetryError:
    """As Celery does with JSON for its format."""
    return type(error)(*json.loads(json.dumps(error.args, default=repr)))


CARRIERS = [carried_by_args, carried_by_args_and_state, carried_as_json]


@pytest.mark.parametrize("carry", CARRIERS)
@pytest.mark.parametrize("typ", [RetryError, Special])
def test_carriers_that_take_args(typ: type[RetryError], carry: Any) -> None:
    """
    All facts travel by `args` alone.
    """
    error = typ(3, ConnectionError("service down"), "timeout", 1.5, "fetch")

    twin = carry(error)

    assert typ is type(twin)
    assert (3, "timeout", 1.5, "fetch") == (twin.attempts, *facts(twin)[2:])
    assert "service down" in str(twin.last_exception)
    assert str(twin).startswith("fetch failed after 3 attempt(s). Last error: ")
    assert str(twin).endswith(" (reason: timeout)")


@pytest.mark.parametrize("carry", CARRIERS)
def test_carriers_of_what_does_not_pickle(fragile: tuple[Exception, str], carry: Any) -> None:
    """
    What `args` gives can be pickled, and loaded, whatever the last exception is; the error itself keeps that.
    """
    failure, text = fragile
    error = RetryError(3, failure, "timeout", 1.5, "fetch")

    twin = carry(error)

    assert type(twin.last_exception) is Exception
    assert text in str(twin.last_exception)
    assert (3, "timeout", 1.5, "fetch") == (twin.attempts, *facts(twin)[2:])
    assert failure is error.last_exception


def test_args_are_what_the_error_has() -> None:
    """
    An exception that pickles is in `args` itself, and args that are set are facts like those it is made with.
    """
    failure = OSError("x")
    error = RetryError(3, failure, name="fetch")
    assert failure is error.args[1]

    error.args = [2, "text"]

    assert (2, error.last_exception, "attempts", 0.0, None) == facts(error) == error.args
    assert "Failed after 2 attempt(s). Last error: Exception: text" == str(error)
    with pytest.raises(TypeError):
        error.args = ()


@pytest.mark.parametrize("carry", [*COPIES.values(), carried_by_args, carried_by_args_and_state])
def test_errors_that_hold_each_other(carry: Any) -> None:
    """
    Exceptions that hold the error which holds them travel, and in no time.
    """
    last, cause = KeyError("last"), KeyError("cause")
    error = RetryError(3, last)
    error.__cause__ = cause
    last.error = cause.error = error.error = error

    twin = carry(error)

    assert (3, ("last",)) == (twin.attempts, twin.last_exception.args)


@pytest.mark.needs("threads")
def test_in_many_threads() -> None:
    """
    One error is pickled in many threads at once.
    """
    error = RetryError(3, ConnectionError("service down"))
    found: list[str] = []

    def carry() -> None:
        for _ in range(50):
            twin = pickle.loads(pickle.dumps(error))
            found.append(type(twin.last_exception).__name__ + type(error.args[1]).__name__)

    threads = [threading.Thread(target=carry) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert ["ConnectionErrorConnectionError"] * 200 == found


@pytest.mark.needs("cloudpickle")
def test_local_classes_travel_with_cloudpickle() -> None:
    """
    Where cloudpickle is loaded, exceptions that only it can carry arrive as themselves.
    """

    class Local(Exception):
        pass

    twin = pickle.loads(pickle.dumps(RetryError(3, Local("x"))))

    assert "Local" == type(twin.last_exception).__name__


@pytest.mark.needs("cloudpickle")
@pytest.mark.parametrize("vendor", ["joblib.externals", "ray", "pyspark"])
def test_local_classes_travel_with_vendored_cloudpickles(monkeypatch: pytest.MonkeyPatch, vendor: str) -> None:
    """
    So they do where another library brings its own cloudpickle.
    """

    class Local(Exception):
        pass

    error = RetryError(3, Local("x"))
    with monkeypatch.context() as patch:
        patch.delitem(sys.modules, "cloudpickle")
        without = pickle.dumps(error)
        patch.setitem(sys.modules, f"{vendor}.cloudpickle", cloudpickle)
        vendored = pickle.dumps(error)

    assert "Exception" == type(pickle.loads(without).last_exception).__name__
    assert "Local" == type(pickle.loads(vendored).last_exception).__name__
    assert "Exception" == type(error.args[1]).__name__


def test_where_a_module_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    What cloudpickle carried has a stand-in where it cannot be unpacked.
    """

    class Local(Exception):
        def __reduce__(self) -> Any:
            return unpack, ()

    def unpack() -> None:
        if gone:
            raise ImportError

    gone: list[int] = []
    pickled = pickle.dumps(RetryError(3, Local("x")))
    pickled = pickled.replace(b"cloudpickle.cloudpickle", b"cloudpickle.cloudpickl_")

    assert "Local: x" == str(pickle.loads(pickled).last_exception)


@pytest.mark.needs("processes")
def test_where_cloudpickle_is_missing(tmp_path: Any) -> None:
    """
    What cloudpickle carried has a stand-in where it cannot be unpacked.
    """

    class Local(Exception):
        pass

    path = tmp_path / "error"
    path.write_bytes(pickle.dumps(RetryError(3, Local("x"))))
    program = (
        "import pickle, sys; sys.modules['cloudpickle'] = None\n"
        f"print(repr(pickle.load(open({str(path)!r}, 'rb')).last_exception))"
    )

    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    assert "Exception('Local: x')" == out.strip()


@pytest.mark.needs("processes")
@pytest.mark.real_time
@pytest.mark.parametrize(("work", "typ"), [(fail, ConnectionError), (fail_picky, Exception)])
def test_out_of_a_process_pool(work: Any, typ: type[Exception]) -> None:
    """
    A process pool hands the error over, and goes on working.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        futures = [pool.submit(work, number) for number in (1, 2)]
        errors = [future.exception() for future in futures]

    for error in errors:
        assert isinstance(error, RetryError)
        assert (2, "attempts") == (error.attempts, error.reason)
        assert type(error.last_exception) is typ


@pytest.mark.needs("processes")
@pytest.mark.real_time
def test_out_of_multiprocessing() -> None:
    """
    So does multiprocessing's own pool.
    """
    with multiprocessing.get_context("spawn").Pool(1) as pool, pytest.raises(RetryError) as caught:
        pool.apply(fail, (1,))

    assert 2 == caught.value.attempts
    assert ("service down", 1) == caught.value.last_exception.args


def test_in_a_group() -> None:
    """
    The error is found by `except*`, like any other.
    """

    @retry(times=1)
    async def fetch() -> None:
        raise OSError

    async def main() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(fetch())

    found = []
    try:
        asyncio.run(main())
    except* RetryError as group:
        found = list(group.exceptions)

    assert [1] == [error.attempts for error in found if isinstance(error, RetryError)]


class Misreduced(Exception):
    """Pickles to something that is no exception."""

    def __reduce__(self) -> Any:
        return int, ("5",)


def test_what_unpickles_to_something_else_has_a_stand_in() -> None:
    """
    Where an exception pickles to something that is none, the text stands in.
    """
    twin = pickle.loads(pickle.dumps(RetryError(3, Misreduced("x"))))

    assert "Misreduced: x" == str(twin.last_exception)
