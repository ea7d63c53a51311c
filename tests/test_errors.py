"""RetryError: its facts, its text, and its travels."""

from __future__ import annotations

import asyncio
import copy
import multiprocessing
import pickle
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import cloudpickle
import pytest
from workers import Picky, fail, fail_picky

from anew import RetryError, retry


class Stubborn(Exception):
    """Cannot be pickled nor copied at all."""

    def __reduce__(self) -> Any:
        raise RuntimeError("no")


class Special(RetryError):
    """A subclass of the user's."""


@pytest.fixture
def error() -> RetryError:
    try:
        try:
            raise ConnectionError("service down")
        except ConnectionError as exc:
            raise RetryError(3, exc, reason="timeout", elapsed=1.5) from exc
    except RetryError as error:
        return error


def test_facts() -> None:
    """
    The error can be made by hand, with the facts that a real one has.
    """
    failure = OSError("x")

    error = RetryError(3, failure)

    assert (3, failure, "attempts", 0.0) == (error.attempts, error.last_exception, error.reason, error.elapsed)
    assert (3, failure) == error.args


@pytest.mark.parametrize("fact", ["attempts", "last_exception", "reason", "elapsed"])
def test_facts_cannot_be_changed(error: RetryError, fact: str) -> None:
    """
    Facts are facts.
    """
    with pytest.raises(AttributeError):
        setattr(error, fact, None)


def test_text() -> None:
    """
    The text says how often, what last, and why where it is not the attempts.
    """
    assert "Failed after 3 attempt(s). Last error: ConnectionError: service down" == str(
        RetryError(3, ConnectionError("service down"))
    )
    assert "Failed after 1 attempt(s). Last error: TimeoutError (reason: timeout)" == str(
        RetryError(1, TimeoutError(), reason="timeout")
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
    A copy, pickled or not, has the four facts, the cause and the text.
    """
    error.add_note("a note")

    twin = copied(error)

    assert (3, "timeout", 1.5) == (twin.attempts, twin.reason, twin.elapsed)
    assert isinstance(twin.last_exception, ConnectionError)
    assert ("service down",) == twin.last_exception.args
    assert twin.last_exception is twin.__cause__
    assert str(error) == str(twin)
    assert ["a note"] == twin.__notes__
    assert (3, twin.last_exception) == twin.args


def test_copies_keep_other_causes(copied: Any) -> None:
    """
    A cause other than the last exception is kept too; so is its absence.
    """
    error = RetryError(3, OSError())
    error.__cause__ = KeyError("other")
    exiting = RetryError(3, OSError())
    exiting.__cause__ = KeyboardInterrupt()

    assert isinstance(copied(error).__cause__, KeyError)
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


@pytest.mark.parametrize("failure", [Picky(code=7), Stubborn("x")])
def test_a_stand_in_travels(failure: Exception) -> None:
    """
    For an exception that does not survive pickling, a plain one with its type's name and text goes.
    """
    twin = pickle.loads(pickle.dumps(RetryError(3, failure)))

    assert type(twin.last_exception) is Exception
    assert f"{type(failure).__name__}: {failure}" == str(twin.last_exception)


def test_an_unpicklable_cause_has_a_stand_in() -> None:
    """
    The same holds for a cause that is not the last exception.
    """
    error = RetryError(3, OSError())
    error.__cause__ = Picky(code=7)

    assert "Picky: code 7" == str(pickle.loads(pickle.dumps(error)).__cause__)


def test_what_cannot_be_copied_is_shared() -> None:
    """
    A deep copy shares an exception that refuses to be copied.
    """
    failure = Stubborn("x")

    assert failure is copy.deepcopy(RetryError(3, failure)).last_exception


def test_local_classes_travel_with_cloudpickle() -> None:
    """
    Where cloudpickle is loaded, exceptions that only it can carry arrive as themselves.
    """

    class Local(Exception):
        pass

    twin = pickle.loads(pickle.dumps(RetryError(3, Local("x"))))

    assert "Local" == type(twin.last_exception).__name__


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
