"""Annotations of decorated callables, which Python 3.14 and later evaluate when they are asked for."""

from __future__ import annotations

import functools
import inspect
import sys
from types import ModuleType
from typing import Any, get_type_hints

import pytest

from anew import retry

pytestmark = pytest.mark.skipif(sys.version_info < (3, 14), reason="lazy annotations came with Python 3.14")

# Compiled apart: what this file imports from __future__ would make strings of the annotations. `Later` is not there
# yet, as a name that is imported under TYPE_CHECKING only never is.
SOURCE = """
import functools

class Service:
    def method(self, x: Later, *, k: int = 1) -> list[Later]: ...
    def __call__(self, x: Later) -> Later: ...

def function(x: Later, *args: int, k: Later = None) -> list[Later]: ...
async def coroutine(x: Later) -> Later: ...
def generator(x: Later) -> Later: yield
async def async_generator(x: Later) -> Later: yield

@functools.wraps(function)
def wrapper(*args, **kwargs): ...

undecorated = {
    "function": function,
    "coroutine function": coroutine,
    "generator": generator,
    "async generator": async_generator,
    "method": Service.method,
    "wrapper": wrapper,
    "bound": Service().method,
    "object": Service(),
    "partial": functools.partial(function, k=2),
}
"""
FUNCTIONS = ["function", "coroutine function", "generator", "async generator", "method", "wrapper"]
OTHERS = ["object", "partial"]
ANNOTATED = [*FUNCTIONS, "bound"]


@pytest.fixture
def module() -> Any:
    """A module whose annotations name `Later`, which it does not have."""
    module = ModuleType("lazy")
    exec(compile(SOURCE, "<lazy>", "exec", dont_inherit=True), vars(module))  # noqa: S102 - for the sake of its flags
    return module


@pytest.fixture(params=[retry, retry(times=5), retry(timeout=3)], ids=["bare", "policy", "timed"])
def decorate(request: pytest.FixtureRequest) -> Any:
    """Ways to decorate."""
    return request.param


class Later:
    """What the annotations name."""


@pytest.mark.parametrize("kind", [*ANNOTATED, *OTHERS])
def test_decorating_evaluates_nothing(module: Any, kind: str) -> None:
    """
    What an annotation names may be missing when its function is decorated, and for ever.
    """
    from annotationlib import Format

    undecorated = module.undecorated[kind]
    decorated = retry(times=5)(undecorated)

    signature: Any = inspect.signature
    assert signature(undecorated, annotation_format=Format.STRING) == signature(
        decorated, annotation_format=Format.STRING
    )


@pytest.mark.parametrize("kind", ANNOTATED)
def test_annotations(module: Any, decorate: Any, kind: str) -> None:
    """
    In every format, the annotations are those of what is decorated.
    """
    from annotationlib import Format, call_annotate_function, get_annotations

    undecorated = module.undecorated[kind]
    decorated = decorate(undecorated)

    assert get_annotations(undecorated, format=Format.STRING) == get_annotations(decorated, format=Format.STRING)
    assert "Later" == get_annotations(decorated, format=Format.FORWARDREF)["x"].__forward_arg__
    with pytest.raises(NameError):
        get_annotations(decorated, format=Format.VALUE)
    module.Later = Later
    assert Later is decorated.__annotations__["x"]
    assert undecorated.__annotations__ == decorated.__annotations__
    assert undecorated.__annotations__ == call_annotate_function(decorated.__annotate__, Format.VALUE)
    assert "Later" == call_annotate_function(decorated.__annotate__, Format.STRING)["x"]


@pytest.mark.parametrize("kind", ANNOTATED)
def test_signatures_and_hints(module: Any, decorate: Any, kind: str) -> None:
    """
    Once there is what the annotations name, signatures and type hints are right, though all was decorated before.
    """
    undecorated = module.undecorated[kind]
    decorated = decorate(undecorated)
    module.Later = Later

    assert inspect.signature(undecorated) == inspect.signature(decorated)
    assert get_type_hints(undecorated) == get_type_hints(decorated)


@pytest.mark.parametrize("kind", FUNCTIONS)
def test_wrappers_of_what_is_decorated(module: Any, decorate: Any, kind: str) -> None:
    """
    `functools.wraps` hands the annotations on, unevaluated, from what is decorated to its own wrapper.
    """
    undecorated = module.undecorated[kind]

    @functools.wraps(decorate(undecorated))
    def wrapped(*args: Any, **kwargs: Any) -> None: ...

    module.Later = Later

    assert get_type_hints(undecorated) == get_type_hints(wrapped)
    assert inspect.signature(undecorated) == inspect.signature(wrapped)
