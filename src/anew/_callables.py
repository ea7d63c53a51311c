"""What a callable is, and whose line it was that called: told from code and frames.

Law: `inspect` is not imported here; it costs four times as much as all of anew. Of
`warn_at_caller` nothing leaves but a warning that has been turned into an error.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial, update_wrapper
from os import fsdecode
from types import AsyncGeneratorType, CodeType, CoroutineType, FrameType, FunctionType, GeneratorType, MethodType
from typing import Any, Literal, TypeAlias, cast

from ._checks import safe_repr

Kind: TypeAlias = Literal["function", "coroutine function", "generator function", "async generator function"]

_GENERATORS = (GeneratorType, AsyncGeneratorType)
VALUES = frozenset({type(None), bool, bytes, dict, float, int, list, str, tuple})
"""Types of results that need no look; see `result_kind`."""
# Of the data model, "Code objects"; inspect gives them their names.
_VARARGS, _GENERATOR, _COROUTINE, _ITERABLE_COROUTINE, _ASYNC_GENERATOR = 0x04, 0x20, 0x80, 0x100, 0x200


def kind_of(fn: Callable[..., Any]) -> Kind:
    """What calling `fn` gives: as `inspect.iscoroutinefunction` and its sisters tell, and for objects as well.

    A generator-based coroutine function (`types.coroutine`) counts as a coroutine function.
    """
    if type(fn) is FunctionType and not fn.__dict__:  # the short way for nearly all; the long one gives the same answer
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
    if isinstance(fn, MethodType):
        return unwrap(fn.__func__)
    return unwrap(fn.func) if isinstance(fn, partial) else fn


def code_of(fn: object) -> CodeType | None:
    """The code that runs when `fn` is called, if there is Python code."""
    code = getattr(fn, "__code__", None)
    if code is None and not isinstance(fn, type):
        code = getattr(getattr(type(fn), "__call__", None), "__code__", None)
    # A mock's code is a mock: its flags count only if they are flags.
    return code if isinstance(getattr(code, "co_flags", None), int) else None


def result_kind(result: Any) -> Literal["value", "coroutine", "future", "awaitable", "generator"]:
    """What a plain function has returned, told from its type."""
    typ: Any = cast("Any", type(result))
    if typ is CoroutineType:
        return "coroutine"
    if hasattr(typ, "__await__") or (typ is GeneratorType and result.gi_code.co_flags & _ITERABLE_COROUTINE):
        return "future" if hasattr(typ, "_asyncio_future_blocking") else "awaitable"
    # The last is what @contextmanager and @asynccontextmanager make.
    is_generator = typ in _GENERATORS or (typ.__module__ == "contextlib" and hasattr(typ, "_recreate_cm"))
    return "generator" if is_generator else "value"


def refuse_iterators(fn: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Refuse arguments that the first attempt would use up, so that the next one would go on without what was lost.

    Raises:
        TypeError: an argument is an iterator.
    """
    while isinstance(fn, partial):
        fn, args, kwargs = fn.func, (*fn.args, *args), {**fn.keywords, **kwargs}
    if not isinstance(fn, FunctionType):
        args = (None, *args)  # itself, or what it is bound to
    code = code_of(unwrap(fn))
    names = () if code is None else code.co_varnames[: code.co_argcount]
    for name, value in [*zip((*names, *["*"] * len(args)), args, strict=False), *kwargs.items()]:
        typ: Any = cast("Any", type(value))
        # A database cursor starts over with each execute().
        if name != "self" and (hasattr(typ, "__next__") or hasattr(typ, "__anext__")) and not hasattr(typ, "execute"):
            raise TypeError(
                f"the argument {name} of {name_of(fn)} is an iterator, which a replayed generator would find used up; "
                "pass a list, or a function that makes a new iterator"
            )


def _is_marked(fn: Any) -> bool:
    # Whoever set a mark has imported the module that can tell it.
    if getattr(fn, "_is_coroutine_marker", None) is not None:
        inspect: Any = sys.modules.get("inspect")
        return bool(inspect and inspect.iscoroutinefunction(fn))
    mark = getattr(fn, "_is_coroutine", None)
    return mark is not None and mark is getattr(sys.modules.get("asyncio.coroutines"), "_is_coroutine", None)


def name_of(fn: Any) -> str:
    """The qualified name of the function, or of the class of an object, that is called in the end; or of code.

    A lambda shows its place besides, and a stub of gRPC its method.
    """
    fn = unwrap(fn)
    if isinstance(fn, str):
        return fn
    name = fn.co_qualname if isinstance(fn, CodeType) else getattr(fn, "__qualname__", None)
    if not isinstance(name, str):
        method = getattr(fn, "_method", None) if type(fn).__module__.partition(".")[0] == "grpc" else None
        return fsdecode(method) if isinstance(method, bytes | str) else type(fn).__qualname__
    if name.endswith("<lambda>") and (code := fn if isinstance(fn, CodeType) else code_of(fn)) is not None:
        return f"{name} ({code.co_filename.replace(chr(92), '/').rpartition('/')[2]}:{code.co_firstlineno})"
    return name


def written(value: Any) -> str:
    """Return an option as it is written: functions and types by their names."""
    if isinstance(value, tuple):
        names = [written(one) for one in cast("tuple[object, ...]", value)]
        return names[0] if len(names) == 1 and isinstance(value[0], type) else f"[{', '.join(names)}]"
    return name_of(value) if callable(value) and not hasattr(type(value), "skips_exhausted") else safe_repr(value)


def accepts(fn: object, count: int) -> bool:
    """Whether `fn` can be called with `count` positional arguments, as far as its code tells."""
    if isinstance(fn, partial):
        return bool(fn.keywords) or accepts(fn.func, count + len(fn.args))
    function = fn if isinstance(fn, FunctionType | MethodType | type) else getattr(fn, "__call__", None)
    if isinstance(function, MethodType):
        function, count = function.__func__, count + 1
    if not isinstance(function, FunctionType):
        return True
    code, defaults = function.__code__, len(function.__defaults__ or ())
    return (
        code.co_kwonlyargcount <= len(function.__kwdefaults__ or ())
        and code.co_argcount - defaults <= count
        and (count <= code.co_argcount or bool(code.co_flags & _VARARGS))
    )


def is_function(fn: Any, count: int, kinds: tuple[Kind, ...] = ("function",)) -> bool:
    """Whether this is a function of one of these kinds, or an object like one, that takes so many arguments."""
    # What typing makes of types can be called as well.
    return callable(fn) and not hasattr(fn, "__origin__") and kind_of(fn) in kinds and accepts(fn, count)


def discard_awaitable(answer: Any) -> bool:
    """Whether this is an awaitable where none is allowed; a coroutine is closed, so that Python does not warn of it."""
    if answer is None or not isinstance(answer, Awaitable):
        return False
    if isinstance(answer, Coroutine):
        cast("Any", answer).close()
    return True


def copy_metadata(wrapper: Any, fn: Any) -> Any:
    """Return the wrapper with the names, doc, attributes, annotations and defaults of `fn`."""
    if type(fn) is FunctionType:  # isinstance() believes mocks
        update_wrapper(wrapper, fn)
        wrapper.__defaults__, wrapper.__kwdefaults__ = fn.__defaults__, fn.__kwdefaults__
        return wrapper
    update_wrapper(wrapper, fn, assigned=())
    inner = unwrap(fn)
    named = inner if isinstance(getattr(inner, "__qualname__", None), str) else cast("Any", type(inner))
    own: dict[str, Any] = wrapper.__dict__
    for attribute, kind in _COPIED.items():
        value: object = own.get(attribute, getattr(named if kind is str else fn, attribute, None))
        if isinstance(value, kind):
            setattr(wrapper, attribute, value)
    if callable(lazy := getattr(fn, "__annotate__", None)):  # from Python 3.14 on: not to be evaluated here
        wrapper.__annotate__ = lazy
    else:
        annotations = getattr(fn, "__annotations__", None)
        wrapper.__annotations__ = annotations if type(annotations) is dict else {}
    return wrapper


# With names go `__module__` and `__doc__`, all of what is called in the end; defaults are those of what is decorated.
_NAMES: dict[str, type] = dict.fromkeys(("__module__", "__name__", "__qualname__", "__doc__"), str)
_COPIED = {**_NAMES, "__defaults__": tuple, "__kwdefaults__": dict}


# Whose lines are not the caller's: what stands below a `@contextmanager` is called by a `with`.
_NOT_THE_CALLERS = (f"{__package__}.", "contextlib.", "functools.")

current_frame: Callable[[int], FrameType] = getattr(sys, "_getframe")  # noqa: B009 - the plain attribute is private to pyright
"""Return the frame so many levels up; the public way, `inspect.currentframe`, is slow to import."""


def caller() -> tuple[FrameType, int]:
    """Return the innermost frame that is the caller's, and its level, where that of the function that asks is 1."""
    frame, level = current_frame(1), 1
    while frame.f_back is not None and f"{_module(frame)}.".startswith(_NOT_THE_CALLERS):
        frame, level = frame.f_back, level + 1
    return frame, level


def warn_at_caller(message: str, exc: Exception | None = None, category: type[Warning] = RuntimeWarning) -> None:
    """Warn at the line of the caller, once for each place, as filters for warnings say.

    Raises:
        Warning: warnings of this category have been turned into errors; from `exc`.
    """
    try:
        import warnings

        warnings.warn(message, category, stacklevel=caller()[1])
    except category as warning:  # turned into an error
        raise warning from exc
    except Exception:  # no place to warn at, or no stream to write to
        return


def in_notebook_cell() -> bool:
    """Whether the running event loop runs a cell of IPython or Jupyter: the user waits for the cell, and not the loop.

    A task that the cell has started is no part of the cell: between the task and the loop is no frame of a shell.
    """
    return innermost("IPython", "ipykernel", "asyncio", "trio", "uvloop") in {"IPython", "ipykernel"}


def innermost(*packages: str) -> str | None:
    """Return which of these packages has the innermost frame that one of them has."""
    frame: FrameType | None = current_frame(1)
    while frame is not None and _module(frame).partition(".")[0] not in packages:
        frame = frame.f_back
    return None if frame is None else _module(frame).partition(".")[0]


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "<string>"))  # as `warnings` calls code that has no module
