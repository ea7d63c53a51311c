"""The name of what is retried, as logs, errors and hooks show it; and what tools read off a decorated function."""

from __future__ import annotations

import asyncio
import functools
import inspect
import math
import operator
import runpy
import subprocess
import sys
import typing
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from anew import RetryError, retry
from anew._callables import name_of

HERE = Path(__file__).name


@pytest.fixture(autouse=True)
def _no_hooks(no_hooks: None) -> None: ...


def fail(*_: Any, **__: Any) -> Any:
    raise ConnectionError("refused")


class Client:
    def get(self) -> Any:
        return fail()

    @classmethod
    def made(cls) -> Any:
        return fail()

    @staticmethod
    def parsed() -> Any:
        return fail()

    def __call__(self) -> Any:
        return fail()

    class Inner:
        def get(self) -> Any:
            return fail()


lambda_ = lambda: fail()  # noqa: E731 - its name is the point


def line_of(fn: Any) -> int:
    return fn.__code__.co_firstlineno


# As gRPC makes them; the real package names the method in bytes or in text, by version.
Stub = type(
    "_UnaryUnaryMultiCallable",
    (),
    {
        "__module__": "grpc._channel",
        "__init__": lambda self, method: setattr(self, "_method", method),
        "__call__": fail,
    },
)
AioStub = type("UnaryUnaryMultiCallable", (Stub,), {"__module__": "grpc.aio._channel"})
NoStub = type("Stub", (Stub,), {"__module__": "mine"})

NAMES: list[tuple[str, Any]] = [
    ("fail", fail),
    ("Client.get", Client().get),
    ("Client.made", Client.made),
    ("Client.parsed", Client.parsed),
    ("Client.Inner.get", Client.Inner().get),
    ("Client", Client()),
    ("fail", functools.partial(fail, 1)),
    ("fail", functools.partial(functools.partial(fail, 1), key=2)),
    ("Client.get", functools.partial(Client().get)),
    (f"<lambda> ({HERE}:{line_of(lambda_)})", lambda_),
    (f"<lambda> ({HERE}:{line_of(lambda_)})", functools.partial(lambda_)),
    ("/package.Service/Method", Stub("/package.Service/Method")),
    ("/package.Service/Method", Stub(b"/package.Service/Method")),
    ("/package.Service/Method", AioStub(b"/package.Service/Method")),
    ("_UnaryUnaryMultiCallable", Stub(None)),
    ("_UnaryUnaryMultiCallable", Stub(3)),
    ("Stub", NoStub("/package.Service/Method")),
    ("Mock", Mock(side_effect=ConnectionError)),
]


@pytest.mark.parametrize(("name", "fn"), NAMES, ids=[f"{number}-{name}" for number, (name, _) in enumerate(NAMES)])
class TestNames:
    def test_by_call(self, name: str, fn: Any, clock: Any) -> None:
        """
        Whatever is called shows its name: in the error, and to hooks.
        """
        told: list[str] = []

        with pytest.raises(RetryError) as caught:
            retry(times=2, hooks=[lambda details: told.append(details.name)]).call(fn)

        assert [name] == told
        assert name == caught.value.name
        assert str(caught.value).startswith(f"{name} failed after 2 attempt(s). Last error: ConnectionError")

    def test_decorated(self, name: str, fn: Any, clock: Any) -> None:
        """
        So it does where it is decorated.
        """
        with pytest.raises(RetryError) as caught:
            retry(times=2)(fn)()

        assert name == caught.value.name

    def test_as_given(self, name: str, fn: Any, clock: Any) -> None:
        """
        A name that was given is shown in place of it.
        """
        with pytest.raises(RetryError) as caught:
            retry(times=2, name="orders")(fn)()

        assert "orders" == caught.value.name

    def test_in_the_note(self, name: str, fn: Any, clock: Any) -> None:
        """
        The note of `reraise` shows it as well.
        """
        with pytest.raises(ConnectionError) as caught:
            retry(times=2, reraise=True)(fn)()

        notes = caught.value.__notes__
        assert f"anew: {name} gave up after 2 attempt(s), reason: attempts (no attempts left)" == notes[-1]


def lambdas_in_a_function() -> Any:
    return lambda: fail()


def test_lambdas_show_where_they_are_on_windows() -> None:
    """
    Only the name of the file is shown, where paths have backslashes too.
    """
    fn: Any = lambda: None  # noqa: E731 - a lambda is the point
    fn.__code__ = fn.__code__.replace(co_filename="C:\\jobs\\nightly.py")

    assert name_of(fn).endswith(f"<lambda> (nightly.py:{line_of(fn)})")


def test_lambdas_show_where_they_are(clock: Any) -> None:
    """
    Two lambdas have two names.
    """
    one, other = lambdas_in_a_function(), lambda: fail()
    names = set()
    for fn in (one, other):
        with pytest.raises(RetryError) as caught:
            retry(times=1)(fn)()
        names.add(caught.value.name)

    assert 2 == len(names)
    assert f"lambdas_in_a_function.<locals>.<lambda> ({HERE}:{line_of(one)})" in names


class TestBlocks:
    MODULE = """
from anew import retry
for attempt in retry(times=2, delay=0):
    with attempt:
        raise ConnectionError("refused")
"""

    def name_of(self, error: pytest.ExceptionInfo[RetryError]) -> str | None:
        return error.value.name

    def test_at_module_level(self, tmp_path: Path) -> None:
        """
        A block at module level shows the module.
        """
        path = tmp_path / "orders_import.py"
        path.write_text(self.MODULE)

        with pytest.raises(RetryError) as caught:
            runpy.run_path(str(path), run_name="shop.orders_import")

        assert "shop.orders_import" == caught.value.name

    @pytest.mark.needs("processes")
    def test_in_a_script(self, tmp_path: Path) -> None:
        """
        In a script, that is `__main__`.
        """
        path = tmp_path / "script.py"
        path.write_text(self.MODULE)

        script = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=False)

        assert "RetryError: __main__ failed after 2 attempt(s)." in script.stderr
        assert "__main__ failed with ConnectionError: refused, attempt 1 of 2" in script.stderr

    def test_without_a_module(self) -> None:
        """
        Code that knows no module shows something all the same.
        """
        with pytest.raises(RetryError) as caught:
            exec(self.MODULE, {"__builtins__": __builtins__})  # noqa: S102 - code without a module

        assert caught.value.name in {"<module>", "builtins"}

    def test_in_functions_and_classes(self) -> None:
        """
        Else the function around it, by its qualified name; a class body is one.
        """

        def block() -> None:
            for attempt in retry(times=1):
                with attempt:
                    fail()

        with pytest.raises(RetryError) as caught:
            block()
        assert "TestBlocks.test_in_functions_and_classes.<locals>.block" == caught.value.name

        with pytest.raises(RetryError) as caught:

            class Body:
                for attempt in retry(times=1):
                    with attempt:
                        fail()

        assert "TestBlocks.test_in_functions_and_classes.<locals>.Body" == caught.value.name

    def test_in_a_lambda(self) -> None:
        """
        A lambda shows its place here, too.
        """
        enter = lambda: next(iter(retry(times=1))).__enter__()  # noqa: E731 - a lambda is the point

        assert enter().num == 1

    def test_async(self) -> None:
        """
        Async blocks do as well.
        """

        async def block() -> None:
            async for attempt in retry(times=1):
                async with attempt:
                    fail()

        with pytest.raises(RetryError) as caught:
            asyncio.run(block())
        assert "TestBlocks.test_async.<locals>.block" == caught.value.name


def annotated(number: int, *, text: str = "") -> list[str]:
    return [text] * number


async def annotated_async(number: int) -> list[str]:
    return [""] * number


def annotated_generator(number: int) -> Iterator[int]:
    yield number


async def annotated_async_generator(number: int) -> AsyncIterator[int]:
    yield number


class Annotated:
    def method(self, number: int) -> str:
        return str(number)

    def __call__(self, number: int) -> str:
        return str(number)


WITH_HINTS = [
    annotated,
    annotated_async,
    annotated_generator,
    annotated_async_generator,
    Annotated.method,
    Annotated().method,
]
WITHOUT_HINTS = [
    len,
    print,
    math.sqrt,
    operator.itemgetter(1),
    str.upper,
    "text".upper,
    [].append,
    functools.partial(annotated, 1),
    functools.partial(len),
    Annotated(),
    Mock(),
    lambda number: number,
]


class TestHints:
    @pytest.mark.parametrize("fn", WITH_HINTS, ids=lambda fn: fn.__qualname__)
    def test_as_of_the_function(self, fn: Any) -> None:
        """
        A decorated function has the hints of its function.
        """
        assert typing.get_type_hints(fn) == typing.get_type_hints(retry(fn))
        assert typing.get_type_hints(fn) == typing.get_type_hints(retry(timeout=5)(fn))

    @pytest.mark.parametrize("fn", WITHOUT_HINTS)
    def test_none_of_ours(self, fn: Any) -> None:
        """
        A wrapper has no annotations that its function lacks.
        """
        for policy in (retry(), retry(timeout=5), retry(on_success=lambda num: None)):
            assert {} == typing.get_type_hints(policy(fn))

    @pytest.mark.parametrize(
        "fn", [annotated, annotated_async, annotated_generator, len, functools.partial(annotated, 1)]
    )
    def test_signatures(self, fn: Any) -> None:
        """
        Signatures are those of the function.
        """
        assert inspect.signature(fn) == inspect.signature(retry()(fn))

    def test_future_annotations_of_names_that_are_not_there(self) -> None:
        """
        Names that exist for type checkers only are asked for by whoever asks, and not by us.
        """

        def fetch(session: Session) -> Session:  # noqa: F821 - no such name
            return session

        decorated = retry(fetch)

        assert {"session": "Session", "return": "Session"} == decorated.__annotations__
        with pytest.raises(NameError):
            typing.get_type_hints(decorated)

    def test_stacked(self) -> None:
        """
        Also through several decorators.
        """
        decorated = functools.cache(retry(retry(times=2)(annotated)))

        assert typing.get_type_hints(annotated) == typing.get_type_hints(decorated)
