"""What a callable is, told from its code flags.

Law: `inspect` is not imported here; it costs four times as much as all of anew.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from functools import partial
from types import CodeType, FunctionType, MethodType
from typing import Any, Literal, TypeAlias, cast

Kind: TypeAlias = Literal["function", "coroutine function", "generator function", "async generator function"]

# Of the data model, "Code objects"; inspect gives them their names.
_VARARGS, _GENERATOR, _COROUTINE, _ITERABLE_COROUTINE, _ASYNC_GENERATOR = 0x04, 0x20, 0x80, 0x100, 0x200


def kind_of(fn: Callable[..., Any]) -> Kind:
    """What calling `fn` gives: as `inspect.iscoroutinefunction` and its sisters tell, and for objects as well.

    A generator-based coroutine function (`types.coroutine`) counts as a coroutine function.
    """
    if type(fn) is FunctionType and not fn.__dict__:  # nearly all are; the rest of us would say the same
        flags = fn.__code__.co_flags
    else:
        fn = unwrap(fn)
        code = code_of(fn)
        flags = _COROUTINE if _is_marked(fn) else 0 if code is None else code.co_flags
    if flags & (_COROUTINE | _ITERABLE_COROUTINE):
        return "coroutine function"
    if flags & _GENERATOR:
        return "generator function"
    if flags & _ASYNC_GENERATOR:
        return "async generator function"
    return "function"


def unwrap(fn: Any) -> Any:
    """What is called in the end behind bound methods and partials."""
    while True:
        if isinstance(fn, MethodType):
            fn = fn.__func__
        elif isinstance(fn, partial):
            fn = fn.func
        else:
            return fn


def code_of(fn: object) -> CodeType | None:
    """The code that runs when `fn` is called, if there is Python code."""
    code = getattr(fn, "__code__", None)
    if code is None and not isinstance(fn, type):
        code = getattr(getattr(type(fn), "__call__", None), "__code__", None)
    # A mock's code is a mock: its flags count only if they are flags.
    return code if isinstance(getattr(code, "co_flags", None), int) else None


def _is_marked(fn: Any) -> bool:
    # Whoever set a mark has imported the module that can tell it.
    if getattr(fn, "_is_coroutine_marker", None) is not None:
        inspect: Any = sys.modules.get("inspect")
        return bool(inspect and inspect.iscoroutinefunction(fn))
    mark = getattr(fn, "_is_coroutine", None)
    return mark is not None and mark is getattr(sys.modules.get("asyncio.coroutines"), "_is_coroutine", None)


def name_of(fn: Any) -> str:
    """The qualified name of the function, or of the class of an object, that is called in the end; or of code."""
    fn = unwrap(fn)
    if isinstance(fn, CodeType):
        return fn.co_qualname
    name = getattr(fn, "__qualname__", None)
    return name if isinstance(name, str) else type(fn).__qualname__


def accepts(fn: object, count: int) -> bool:
    """Whether `fn` can be called with `count` positional arguments, as far as its code tells."""
    if isinstance(fn, partial):
        return bool(fn.keywords) or accepts(fn.func, count + len(fn.args))
    function = fn
    if isinstance(fn, MethodType):
        function, count = fn.__func__, count + 1
    elif not isinstance(fn, FunctionType):
        bound = getattr(fn, "__call__", None)
        if isinstance(bound, MethodType):
            function, count = bound.__func__, count + 1
    if not isinstance(function, FunctionType):
        return True
    code = function.__code__
    if code.co_kwonlyargcount > len(function.__kwdefaults__ or ()):
        return False
    required = code.co_argcount - len(function.__defaults__ or ())
    return required <= count and (count <= code.co_argcount or bool(code.co_flags & _VARARGS))


def closed_awaitable(answer: Any) -> bool:
    """Whether this is an awaitable where none is allowed; a coroutine is closed, so that it does not complain."""
    if answer is None or not isinstance(answer, Awaitable):
        return False
    close: Any = getattr(cast("object", answer), "close", None)
    if close is not None:
        close()
    return True
