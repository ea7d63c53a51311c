"""Who is told of retries, and how.

Law: nothing that a hook does reaches the call, or another hook. `current`, `tell` and `leave` are called while a
failure is handled, `leave` also by destructors: no `Exception` leaves them, and none is kept.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from anew._callables import closed_awaitable
from anew._checks import option_error, safe_repr

from ._hooks import LibraryHook, RetryHookFactory, check_hook, complain, depth_of_quiet, here
from ._logging import LoggingHook

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from types import TracebackType

    from ._details import RetryDetails
    from ._hooks import RetryHook

    Opened: TypeAlias = list[AbstractContextManager[object]]

    # A RetryHook; but mypy and ty know the parameter of a lambda from a Callable only, not from a protocol.
    Hook: TypeAlias = Callable[[RetryDetails], AbstractContextManager[object] | None]
    Hooks: TypeAlias = Iterable[Hook | RetryHookFactory]
    """What the option `hooks` of a policy takes."""
    Ready: TypeAlias = type[LoggingHook | LibraryHook]


def set_on_retry_hooks(hooks: Iterable[Hook | RetryHookFactory | Ready] | None) -> None:
    """Say who is told of retries: from now on and everywhere, in what was decorated earlier too.

    Parameters:
        hooks: hooks, factories of such, and the classes of ready hooks. Empty: nobody is told. `None`: the defaults
            again, which are structlog if the application has imported it by the time of the retry, else `logging`; and
            Prometheus if the application has imported `prometheus_client`.

    Raises:
        TypeError: one of them cannot be a hook.
    """
    if hooks is None:
        _registry.hooks = None
        _registry.defaults = {}
        return
    _registry.hooks = _checked(hooks)


def _checked(hooks: Any) -> tuple[RetryHook | RetryHookFactory, ...]:
    try:
        chosen = None if isinstance(hooks, str | bytes) else tuple(hooks)
    except TypeError:
        chosen = None
    if chosen is None:
        raise option_error(TypeError, "hooks", hooks, "an iterable of hooks, or None (the defaults)")
    chosen = tuple(RetryHookFactory(hook) if _is_ready(hook) else hook for hook in chosen)
    for hook in chosen:
        if not isinstance(hook, RetryHookFactory):
            check_hook(hook)
    return chosen


def _is_ready(hook: object) -> bool:
    return isinstance(hook, type) and issubclass(hook, LoggingHook | LibraryHook)


def get_on_retry_hooks() -> tuple[RetryHook, ...]:
    """Give the hooks that would be told of a retry now. Factories are called, if they have not been."""
    hooks = _registry.hooks
    if hooks is None:
        log = _default("structlog") or _LOGGING
        count = _default("prometheus_client")
        return (log,) if count is None else (log, count)
    ready = (hook.built() if isinstance(hook, RetryHookFactory) else hook for hook in hooks)
    return tuple(hook for hook in ready if hook is not None)


def get_prometheus_counter() -> Any | None:
    """Give the `prometheus_client.Counter` that counts retries, if there is a `PrometheusHook` among the hooks."""
    from ._prometheus import PrometheusHook

    counters = (hook.counter for hook in get_on_retry_hooks() if isinstance(hook, PrometheusHook))
    return next(counters, None)


def current() -> tuple[RetryHook, ...]:
    """Give the hooks to tell; none within a hook, which would have no end."""
    hooks = _registry.hooks
    if hooks is not None and not hooks:
        return ()
    return () if depth_of_quiet() else get_on_retry_hooks()


def tell(hooks: Iterable[RetryHook], details: RetryDetails, opened: Opened) -> None:
    """Tell the hooks of a retry, and add to `opened` what they open for the wait, entered, to be left by `leave`."""
    depth = depth_of_quiet()
    try:
        here.quiet = depth + 1
        for hook in hooks:
            try:
                answer = hook(details)
                if answer is not None:
                    _enter(answer)
                    opened.append(answer)
            except Exception as exc:
                complain("the retry hook %s failed; the call goes on", hook, exc)
    except BaseException as exc:
        leave(opened, type(exc), exc, exc.__traceback__)
        raise
    finally:
        here.quiet = depth


def leave(
    opened: Opened,
    typ: type[BaseException] | None = None,
    exc: BaseException | None = None,
    tb: TracebackType | None = None,
) -> None:
    """Leave what hooks have opened, the newest first and each once, however often this is called.

    `typ`, `exc` and `tb` are of the exception that ends the wait, if one does; nothing can swallow it.
    """
    depth = depth_of_quiet()
    try:
        here.quiet = depth + 1
        while opened:
            context = opened.pop()
            try:
                _exit(context, typ, exc, tb)
            except BaseException as other:
                leave(opened, type(other), other, other.__traceback__)
                raise
    finally:
        here.quiet = depth


def _enter(answer: Any) -> None:
    typ = cast("type[object]", type(answer))
    if not (hasattr(typ, "__enter__") and hasattr(typ, "__exit__")):
        closed_awaitable(answer)
        raise TypeError(
            f"a retry hook answered {safe_repr(answer)}; allowed: None or a context manager, from a plain function"
        )
    answer.__enter__()


def _exit(context: Any, typ: Any, exc: BaseException | None, tb: TracebackType | None) -> None:
    try:
        context.__exit__(typ, exc, tb)
    except BaseException as error:
        if error is exc:
            BaseException.with_traceback(error, tb)  # it is on its way already, and shows where it comes from
        elif isinstance(error, Exception):
            complain("leaving %s, which a retry hook had opened, failed; the call goes on", context, error)
        else:
            raise


def _structlog_hook() -> LibraryHook:
    from ._structlog import StructlogHook

    return StructlogHook()


def _prometheus_hook() -> LibraryHook:
    from ._prometheus import PrometheusHook

    return PrometheusHook()


# By library: what its hook needs of it, which is missing while another thread is just importing it; and the hook.
_DEFAULTS: dict[str, tuple[str, Callable[[], LibraryHook]]] = {
    "structlog": ("get_logger", _structlog_hook),
    "prometheus_client": ("Counter", _prometheus_hook),
}
_LOGGING = LoggingHook()


class _Registry:
    __slots__ = ("defaults", "hooks")

    def __init__(self) -> None:
        self.hooks: tuple[RetryHook | RetryHookFactory, ...] | None = None
        self.defaults: dict[str, tuple[object, LibraryHook]] = {}  # with the module that each was made for


_registry = _Registry()


def _default(library: str) -> LibraryHook | None:
    """The default hook for a library, if the application has imported it and it works."""
    module = sys.modules.get(library)
    if module is None:
        return None
    made_for, hook = _registry.defaults.get(library, (None, None))
    if hook is None or made_for is not module:
        needed, make = _DEFAULTS[library]
        try:
            getattr(module, needed)
            hook = make()
        except Exception:
            return None
        _registry.defaults[library] = module, hook
    return hook if hook.works() else None
