"""What is decorated keeps its kind and its looks."""

from __future__ import annotations

import abc
import asyncio
import functools
import inspect
import types
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any
from unittest.mock import AsyncMock, MagicMock, Mock, create_autospec

import pytest

import anew
from anew import RetryError, retry


def function(a: int, /, b: str = "b", *args: int, c: bytes = b"c", **kwargs: float) -> list[Any]:
    """A function."""
    return [a, b, args, c, kwargs]


async def coroutine_function(a: int, /, b: str = "b", *args: int, c: bytes = b"c", **kwargs: float) -> list[Any]:
    """A coroutine function."""
    return [a, b, args, c, kwargs]


def generator_function(a: int, /, b: str = "b", *args: int, c: bytes = b"c", **kwargs: float) -> Iterator[Any]:
    """A generator function."""
    yield from [a, b, args, c, kwargs]


async def async_generator_function(
    a: int, /, b: str = "b", *args: int, c: bytes = b"c", **kwargs: float
) -> AsyncIterator[Any]:
    """An async generator function."""
    for item in [a, b, args, c, kwargs]:
        yield item


FUNCTIONS = [function, coroutine_function, generator_function, async_generator_function]
for fn in FUNCTIONS:
    fn.attribute = [1]

KINDS = [
    inspect.isfunction,
    inspect.iscoroutinefunction,
    inspect.isgeneratorfunction,
    inspect.isasyncgenfunction,
    inspect.isroutine,
]


@pytest.fixture(params=FUNCTIONS, ids=lambda fn: fn.__name__)
def undecorated(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(params=[retry, retry(), retry(times=5, timeout=3)], ids=["bare", "options", "timeout"])
def decorate(request: pytest.FixtureRequest) -> Any:
    return request.param


def result_of(fn: Any, /, *args: Any, **kwargs: Any) -> Any:
    """Call a callable of any kind and give what it gives, in the end."""
    result = fn(*args, **kwargs)
    if inspect.isasyncgen(result):

        async def collect() -> list[Any]:
            return [item async for item in result]

        return asyncio.run(collect())
    if inspect.iscoroutine(result):

        async def wait() -> Any:
            return await result

        return asyncio.run(wait())
    return list(result) if inspect.isgenerator(result) else result


def test_looks(undecorated: Any, decorate: Any) -> None:
    """
    Kind, signature, names, doc, defaults, attributes and annotations stay.
    """
    decorated = decorate(undecorated)

    assert decorated is not undecorated
    assert undecorated is decorated.__wrapped__
    for tells in KINDS:
        assert tells(undecorated) == tells(decorated)
    assert inspect.signature(undecorated) == inspect.signature(decorated)
    for name in (
        "__name__",
        "__qualname__",
        "__module__",
        "__doc__",
        "__defaults__",
        "__kwdefaults__",
        "__annotations__",
        "attribute",
    ):
        assert getattr(undecorated, name) == getattr(decorated, name)


def test_arguments(undecorated: Any, decorate: Any) -> None:
    """
    Arguments arrive as they were given.
    """
    decorated = decorate(undecorated)

    assert [1, "b", (), b"c", {}] == result_of(decorated, 1)
    assert [1, "x", (2, 3), b"y", {"z": 4.0, "self": 5, "fn": 6}] == result_of(
        decorated, 1, "x", 2, 3, c=b"y", z=4.0, self=5, fn=6
    )


def test_arguments_through_call(undecorated: Any) -> None:
    """
    Arguments arrive through `call` as well, whatever their names.
    """
    assert [1, "b", (), b"c", {"self": 5, "fn": 6}] == result_of(retry().call, undecorated, 1, self=5, fn=6)


def test_code_of_the_wrong_kind() -> None:
    """
    A generator-based coroutine function is awaited, as its caller would.
    """

    @retry(times=2, delay=0)
    @types.coroutine
    def legacy() -> Iterator[Any]:
        calls.append(1)
        if len(calls) < 2:
            raise OSError
        return "done"
        yield

    calls: list[int] = []

    assert "done" == result_of(legacy)


class Base:
    """Methods of all kinds, decorated in either order."""

    def __init__(self) -> None:
        self.calls = 0

    def fail_twice(self, who: Any, value: int) -> tuple[Any, int]:
        log.append(who)
        if len(log) < 3:
            raise OSError
        return who, value

    @retry(delay=0)
    def method(self, value: int) -> Any:
        return self.fail_twice(self, value)

    @retry(delay=0)
    async def async_method(self, value: int) -> Any:
        return self.fail_twice(self, value)

    @classmethod
    @retry(delay=0)
    def inside_classmethod(cls, value: int) -> Any:
        return cls.fail_twice(None, cls, value)

    @retry(delay=0)
    @classmethod
    def around_classmethod(cls, value: int) -> Any:
        return cls.fail_twice(None, cls, value)

    @retry
    @classmethod
    async def bare_around_classmethod(cls, value: int) -> Any:
        return cls.fail_twice(None, cls, value)

    @staticmethod
    @retry(delay=0)
    def inside_staticmethod(value: int) -> Any:
        return Base.fail_twice(None, "static", value)

    @retry(delay=0)
    @staticmethod
    def around_staticmethod(value: int) -> Any:
        return Base.fail_twice(None, "static", value)

    @property
    @retry(delay=0)
    def inside_property(self) -> Any:
        return self.fail_twice(self, 7)


class Child(Base):
    """Inherits them."""


log: list[Any] = []


@pytest.mark.parametrize(
    ("name", "who"),
    [
        ("method", "instance"),
        ("async_method", "instance"),
        ("inside_classmethod", "class"),
        ("around_classmethod", "class"),
        ("bare_around_classmethod", "class"),
        ("inside_staticmethod", "static"),
        ("around_staticmethod", "static"),
    ],
)
def test_methods(name: str, who: str) -> None:
    """
    Methods, classmethods and staticmethods are retried with their instance or class, in either order of decorators.
    """
    log.clear()
    child = Child()

    result = result_of(getattr(child, name), 7)

    assert ({"instance": child, "class": Child, "static": "static"}[who], 7) == result
    assert 3 == len(log)


def test_properties() -> None:
    """
    The getter of a property is retried.
    """
    log.clear()
    child = Child()

    assert (child, 7) == child.inside_property


def test_abstract_methods_stay_abstract() -> None:
    """
    An abstract method stays abstract.
    """

    class Abstract(abc.ABC):
        @retry
        @abc.abstractmethod
        def must(self) -> None: ...

        @retry()
        @classmethod
        @abc.abstractmethod
        def class_must(cls) -> None: ...

    assert frozenset({"must", "class_must"}) == Abstract.__abstractmethods__


def test_bound_methods() -> None:
    """
    A bound method can be decorated.
    """
    log.clear()
    child = Child()
    bound = retry(delay=0)(functools.partial(child.fail_twice, "me"))

    assert ("me", 7) == bound(7)


class Service:
    """A service that can be called."""

    def __init__(self) -> None:
        self.attribute = "value"

    def __call__(self, value: int, *, key: str = "k") -> Any:
        return value, key


class AsyncService:
    async def __call__(self, value: int) -> int:
        return value


class GeneratorService:
    def __call__(self, value: int) -> Iterator[int]:
        yield value


def test_callable_objects() -> None:
    """
    A callable object becomes a function with the signature of the object and the name of its class.
    """
    decorated = retry()(Service())

    assert (3, "x") == decorated(3, key="x")
    assert inspect.signature(Service()) == inspect.signature(decorated)
    assert "Service" == decorated.__name__ == decorated.__qualname__
    assert "A service that can be called." == decorated.__doc__
    assert "value" == decorated.attribute


def test_callable_objects_of_other_callables() -> None:
    """
    The kind of a callable object is the kind of its `__call__`.
    """
    assert inspect.iscoroutinefunction(retry()(AsyncService()))
    assert 3 == result_of(retry()(AsyncService()), 3)
    assert inspect.isgeneratorfunction(retry(replay="skip")(GeneratorService()))
    assert [3] == result_of(retry(replay="skip")(GeneratorService()), 3)


@pytest.mark.parametrize("layers", [1, 2])
def test_partials(undecorated: Any, layers: int) -> None:
    """
    A partial keeps the kind, name and doc of its function, and its own signature.
    """
    wrapped = partial(undecorated, 1)
    if layers == 2:
        wrapped = partial(wrapped, c=b"x")

    decorated = retry()(wrapped)

    for tells in KINDS[1:4]:
        assert tells(undecorated) == tells(decorated)
    assert undecorated.__qualname__ == decorated.__qualname__
    assert undecorated.__doc__ == decorated.__doc__
    assert inspect.signature(wrapped) == inspect.signature(decorated)
    assert [1, "z"] == result_of(decorated, "z")[:2]


@pytest.mark.parametrize("fn", [partial(str.upper, "x"), partial("x".__add__, "y"), "x".upper, str.upper])
def test_methods_of_c(fn: Any) -> None:
    """
    Methods that C made, and partials of them, lack some names; what they have stays.
    """
    decorated = retry()(fn)

    args = ("z",) if fn is str.upper else ()
    assert fn(*args) == decorated(*args)
    assert decorated.__name__ in ("upper", "__add__")


def test_names_of_their_own() -> None:
    """
    Names that a partial was given are its own.
    """
    named = partial(function, 1)
    named.__name__ = "named"
    named.__doc__ = "Named."

    decorated = retry()(named)

    assert ("named", "Named.") == (decorated.__name__, decorated.__doc__)
    assert "function" == decorated.__qualname__


def test_builtins() -> None:
    """
    A builtin can be decorated.
    """
    decorated = retry()(sorted)

    assert [1, 2] == decorated([2, 1])
    assert inspect.signature(sorted) == inspect.signature(decorated)
    assert "sorted" == decorated.__name__


def test_builtins_are_retried(clock: Any) -> None:
    """
    A builtin is retried, too.
    """
    with pytest.raises(RetryError):
        retry()(sum)("x")

    assert 2 == len(clock.waits)


def test_lambdas() -> None:
    """
    A lambda can be decorated.
    """
    assert 4 == retry()(lambda x: x + 1)(3)


def marked(fn: Any) -> Any:
    """A function that is marked as a coroutine function."""
    if not hasattr(inspect, "markcoroutinefunction"):
        fn._is_coroutine = asyncio.coroutines._is_coroutine
        return fn
    return inspect.markcoroutinefunction(fn)


def test_marked_coroutine_functions_that_fail_at_the_call(clock: Any) -> None:
    """
    They are called as often as the policy says.
    """
    calls: list[int] = []

    @marked
    def fail() -> Any:
        calls.append(1)
        raise ConnectionError

    with pytest.raises(RetryError):
        asyncio.run(retry(times=3).call(fail))

    assert 3 == len(calls)


def marked_by_asyncio(fn: Any) -> Any:
    fn._is_coroutine = getattr(asyncio.coroutines, "_is_coroutine", None)
    return fn


@pytest.mark.parametrize(
    "mark",
    [
        pytest.param(
            getattr(inspect, "markcoroutinefunction", None),
            marks=pytest.mark.skipif(not hasattr(inspect, "markcoroutinefunction"), reason="since Python 3.12"),
        ),
        pytest.param(
            marked_by_asyncio,
            marks=pytest.mark.skipif(not hasattr(asyncio.coroutines, "_is_coroutine"), reason="until Python 3.13"),
        ),
    ],
)
def test_marked_coroutine_functions(mark: Any) -> None:
    """
    A function that is marked as a coroutine function is awaited.
    """
    marked = mark(lambda: asyncio.sleep(0, "done"))

    decorated = retry(on_retry=AsyncMock())(marked)

    assert inspect.iscoroutinefunction(decorated)


def test_another_mark_says_nothing() -> None:
    """
    What is called `_is_coroutine` and is not asyncio's mark is an attribute like any other.
    """

    def fetch() -> str:
        return "done"

    fetch._is_coroutine = True

    assert "done" == retry()(fetch)()


def test_autospecs() -> None:
    """
    Autospecs of async functions are async, those of sync functions are not.
    """
    assert inspect.iscoroutinefunction(retry()(create_autospec(coroutine_function)))
    assert not inspect.iscoroutinefunction(retry()(create_autospec(function)))


@pytest.mark.parametrize("mock", [Mock, MagicMock])
def test_mocks(mock: Any, clock: Any) -> None:
    """
    A mock is retried like a function, and counts its calls.
    """
    work = mock(side_effect=[OSError, OSError, 7])

    assert 7 == retry()(work)(1)
    assert 3 == work.call_count
    assert 2 == len(clock.waits)


def test_async_mocks(run: Any, clock: Any) -> None:
    """
    An AsyncMock is a coroutine function.
    """
    work = AsyncMock(side_effect=[OSError, OSError, 7])
    decorated = retry()(work)

    async def main() -> Any:
        return await decorated(1)

    assert inspect.iscoroutinefunction(decorated)
    assert 7 == run(main())
    assert 3 == work.await_count


@pytest.mark.parametrize("by_name", [True, False])
def test_functions_that_return_coroutines(run: Any, clock: Any, by_name: bool) -> None:
    """
    Where a plain function returns a coroutine, awaiting it is retried, and the function is called anew each time.
    """
    log.clear()

    async def fetch(value: int) -> int:
        log.append(value)
        if len(log) < 3:
            raise OSError
        return value

    def prepare(value: int) -> Any:
        return fetch(value)

    async def main() -> Any:
        coroutine = retry()(prepare)(value=7) if by_name else retry()(prepare)(7)
        assert inspect.iscoroutine(coroutine)
        assert "fetch" in coroutine.__qualname__
        return await coroutine

    assert not inspect.iscoroutinefunction(retry()(prepare))
    assert 7 == run(main())
    assert [7, 7, 7] == log
    assert 2 == len(clock.waits)


@pytest.mark.parametrize("options", [{}, {"timeout": 100}, {"on_success": Mock()}])
def test_failures_before_and_in_the_coroutine_count_together(run: Any, clock: Any, options: Any) -> None:
    """
    What a plain function raises before it returns a coroutine counts as an attempt, like what its coroutine raises.
    """
    log.clear()

    async def fetch() -> None:
        log.append("fetch")
        raise OSError

    def prepare() -> Any:
        log.append("prepare")
        if len(log) == 1:
            raise OSError
        return fetch()

    async def main() -> Any:
        await retry(times=3, delay=0, **options)(prepare)()

    with pytest.raises(RetryError) as caught:
        run(main())

    assert 3 == caught.value.attempts
    assert ["prepare", "prepare", "fetch", "prepare", "fetch"] == log


def test_a_coroutine_first_and_a_value_later(run: Any, clock: Any) -> None:
    """
    A plain function may return a coroutine at first and a value later.
    """
    log.clear()

    async def fetch() -> None:
        raise OSError

    def prepare() -> Any:
        log.append(1)
        return fetch() if len(log) == 1 else 7

    async def main() -> Any:
        return await retry()(prepare)()

    assert 7 == run(main())


def test_success_of_a_returned_coroutine_is_told_when_it_is_awaited(run: Any) -> None:
    """
    The success of a returned coroutine is told once, when it was awaited.
    """
    log.clear()

    async def fetch() -> str:
        log.append("awaited")
        return "done"

    async def main() -> Any:
        coroutine = retry(on_success=log.append)(lambda: fetch())()
        assert [] == log
        return await coroutine

    assert "done" == run(main())
    assert ["awaited", 1] == log


def test_tasks_and_futures_are_values(clock: Any) -> None:
    """
    A task or a future that a plain function returns comes back untouched.
    """

    async def fail() -> None:
        raise OSError

    async def main() -> None:
        task = asyncio.ensure_future(fail())
        assert task is retry()(lambda: task)()
        with pytest.raises(OSError):  # noqa: PT011 - it has no text
            await task

    asyncio.run(main())
    assert [] == clock.waits


def test_generators_that_functions_return_are_values(clock: Any) -> None:
    """
    So is a generator, with a warning: its failures are not retried.
    """
    gen = generator_function(1)

    with pytest.warns(RuntimeWarning, match="returned a generator, which is not retried"):
        assert gen is retry()(lambda: gen)()


def test_stacking() -> None:
    """
    A decorated function can be decorated, cached and wrapped.
    """
    decorated = functools.cache(retry()(retry(times=2)(lambda x: [x])))

    assert decorated(1) is decorated(1)
    assert [1] == decorated(1)


def test_singledispatch() -> None:
    """
    Generic functions dispatch as ever.
    """

    @functools.singledispatch
    @retry
    def show(value: object) -> str:
        return "object"

    @show.register
    @retry
    def _(value: int) -> str:
        return "int"

    assert ["object", "int"] == [show("x"), show(3)]


def test_signatures_of_what_is_public() -> None:
    """
    The signature of `retry` shows all options with their defaults.
    """
    defaults = {name: p.default for name, p in inspect.signature(retry).parameters.items() if name != "fn"}

    assert {
        "times": 3,
        "delay": 1.0,
        "backoff": "exponential",
        "jitter": True,
        "max_delay": 60.0,
        "timeout": None,
        "on": Exception,
        "on_retry": None,
        "on_success": None,
        "on_failure": None,
        "reraise": False,
        "replay": False,
        "budget": None,
        "hooks": None,
        "stop": None,
        "name": None,
    } == defaults


def test_public_names_say_where_they_live() -> None:
    """
    What is public names the module that users import it from.
    """
    assert {"anew"} == {getattr(anew, name).__module__ for name in anew.__all__ if name != "Options"}


class Proxy:
    """Answers to every name with another proxy, as clients of remote procedure calls do."""

    def __init__(self, name: str = "proxy") -> None:
        self.__dict__["name"] = name

    def __getattr__(self, name: str) -> Any:
        return Proxy(name)

    def __call__(self, *args: Any) -> Any:
        return args


@pytest.mark.parametrize("fn", [Proxy(), Mock(spec=function), AsyncMock(spec=coroutine_function)])
def test_proxies(fn: Any) -> None:
    """
    What answers to every name can be decorated; only names that are strings are taken over.
    """
    decorated = retry()(fn)

    assert isinstance(decorated.__name__, str)
    result_of(decorated, 1)


def test_wrong_arguments_of_a_call(run: Any, clock: Any) -> None:
    """
    An async function that is called with wrong arguments fails when it is awaited, and not before.
    """

    async def fetch() -> None: ...

    async def main() -> None:
        whole: Any = retry(times=2).call(fetch, 1)
        with pytest.raises(RetryError, match="after 2 attempt") as caught:
            await whole
        assert isinstance(caught.value.last_exception, TypeError)

    run(main())
