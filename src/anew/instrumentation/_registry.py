"""Who is told of retries and of giving up, and how.

Law: nothing that a hook does reaches the call, or another hook. All but the `set_` and `get_` functions are called
while a failure is handled, `leave` also by destructors: no `Exception` leaves them, and none is kept.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from anew._callables import discard_awaitable
from anew._checks import option_error

from ._hooks import RetryHookFactory, check_hook, log_failure, logged, telling
from ._ready import LoggingHook, PrometheusHook, StructlogHook

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from ._hooks import GiveUpDetails, GiveUpHook, RetryDetails, RetryHook

    # Of RetryHooks; but mypy and ty know the parameter of a lambda from a Callable only.
    Hooks: TypeAlias = Iterable[Callable[[RetryDetails], AbstractContextManager[object] | None] | RetryHookFactory]


def set_on_retry_hooks(hooks: Hooks | None) -> AbstractContextManager[None]:
    """Say who is told of retries: from now on and everywhere, in what was decorated earlier too.

    Works at once, as a plain call; and as a context manager, which restores what was before.

    Parameters:
        hooks: hooks, and factories of such. Empty: nobody is told. `None`: the defaults again, which are structlog if
            the application has configured it by the time of the retry, else `logging`; and Prometheus if the
            application has imported `prometheus_client`.

    Raises:
        TypeError: one of them cannot be a hook.
    """
    return _Setting("retry", checked_hooks("hooks", hooks))


def get_on_retry_hooks() -> tuple[RetryHook, ...]:
    """Return the hooks that would be told of a retry now. Factories are called, if they have not been."""
    return _built(chosen["retry"])


def set_on_give_up_hooks(hooks: Iterable[Callable[[GiveUpDetails], None]] | None) -> AbstractContextManager[None]:
    """Say who is told of calls that are given up: from now on and everywhere, in what was decorated earlier too.

    Works at once, as a plain call; and as a context manager, which restores what was before.

    Parameters:
        hooks: empty: nobody is told. `None`: the default again, which is Prometheus if the application has imported
            `prometheus_client` by then, and else nobody; the error itself is on its way.

    Raises:
        TypeError: one of them cannot be a hook.
    """
    return _Setting("give up", checked_hooks("hooks", hooks))


def get_on_give_up_hooks() -> tuple[GiveUpHook, ...]:
    """Return the hooks that would be told of giving up now."""
    hooks = chosen["give up"]
    return tuple(hook.gave_up for hook in _default("prometheus_client", PrometheusHook)) if hooks is None else hooks


def get_prometheus_counter() -> Any | None:
    """Return the `prometheus_client.Counter` that counts retries, if there is a `PrometheusHook` among the hooks."""
    return next((hook.counter for hook in get_on_retry_hooks() if isinstance(hook, PrometheusHook)), None)


def checked_hooks(option: str, hooks: Any) -> tuple[Any, ...] | None:
    """Return hooks and factories of such as a tuple, and `None` for `None`.

    Raises:
        TypeError: one of them cannot be a hook.
    """
    if hooks is None:
        return None
    if isinstance(hooks, str | bytes) or not isinstance(hooks, Iterable):
        raise option_error(TypeError, option, hooks, "an iterable of hooks, or None (the defaults)")
    checked: tuple[Any, ...] = tuple(cast("Any", hooks))
    for hook in checked:
        if not isinstance(hook, RetryHookFactory):
            check_hook(option, hook)
    return checked


def current(own: tuple[Any, ...] | None = None) -> tuple[RetryHook, ...]:
    """Return the hooks to tell of a retry: a policy's `own`, or else those of the process.

    Within a hook there are none: telling would have no end.
    """
    hooks = chosen["retry"] if own is None else own
    return () if hooks == () or telling.get() else _built(hooks)


def gave_up_hooks() -> tuple[GiveUpHook, ...]:
    """Return the hooks to tell of giving up; none within a hook."""
    return () if telling.get() else get_on_give_up_hooks()


def tell(hooks: Iterable[Any], details: RetryDetails | GiveUpDetails, kind: str = "retry") -> list[Any]:
    """Tell the hooks, and return what they have opened for the wait, each with its hook and entered, for `leave`."""
    opened: list[Any] = []
    was_telling = telling.get()
    try:
        telling.set(True)
        for hook in hooks:
            try:
                answer = hook(details)
                if answer is not None:
                    if discard_awaitable(answer) or not hasattr(cast("type[object]", type(answer)), "__exit__"):
                        raise option_error(TypeError, "what a hook returns", answer, "None or a context manager")  # noqa: TRY301 - logged like what it raises
                    answer.__enter__()
                    opened.append((hook, answer))
            except Exception as exc:
                log_failure(f"the {kind} hook %s failed; the call goes on", hook, exc)
    except BaseException as exc:
        leave(opened, type(exc), exc, exc.__traceback__)
        raise
    finally:
        telling.set(was_telling)
    return opened


def tell_gave_up(hooks: Iterable[GiveUpHook], details: GiveUpDetails) -> None:
    """Tell the hooks of giving up. There is no wait that could end: what they open closes at once."""
    leave(tell(hooks, details, "give-up"))


def leave(opened: list[Any], typ: Any = None, exc: BaseException | None = None, tb: Any = None) -> None:
    """Leave what hooks have opened, the newest first and each once, however often this is called.

    `typ`, `exc` and `tb` are of the exception that ends the wait, if one does; nothing can swallow it.
    """
    was_telling = telling.get()
    try:
        telling.set(True)
        while opened:
            hook, context = opened.pop()
            try:
                context.__exit__(typ, exc, tb)
            except BaseException as error:
                if error is exc:  # it is on its way already, and shows where it comes from
                    BaseException.with_traceback(error, tb)
                elif isinstance(error, Exception):
                    log_failure("leaving what the hook %s had opened failed; the call goes on", hook, error)
                else:
                    leave(opened, type(error), error, error.__traceback__)
                    raise
    finally:
        telling.set(was_telling)


def _built(hooks: tuple[Any, ...] | None) -> tuple[Any, ...]:
    if hooks is None:
        return (*(_default("structlog", StructlogHook) or [_LOGGING]), *_default("prometheus_client", PrometheusHook))
    built = [hook.built() if isinstance(hook, RetryHookFactory) else hook for hook in hooks]
    return tuple([hook for hook in built if hook is not None])


class _Setting:
    """Hooks that have been set; as a context manager, until its end."""

    __slots__ = ("_before", "_event")

    def __init__(self, event: str, hooks: tuple[Any, ...] | None) -> None:
        self._event, self._before = event, chosen[event]
        chosen[event] = hooks
        logged.clear()

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None:
        chosen[self._event] = self._before


def _default(library: str, hook: Callable[[], Any]) -> tuple[Any, ...]:
    """Return the ready hook for a library, if the application has imported it."""
    module: Any = sys.modules.get(library)
    try:
        # Without a configuration, structlog writes to stdout; and it may be there for a dependency only.
        unwanted = module is None or (library == "structlog" and module.is_configured() is False)
        return () if unwanted else (_made(hook, module),)
    except Exception:  # it is broken, or another thread is just importing it
        return ()


@cache
def _made(hook: Callable[[], Any], _: object) -> Any:
    return hook()


_LOGGING = LoggingHook()
chosen: dict[str, tuple[Any, ...] | None] = {"retry": None, "give up": None}
