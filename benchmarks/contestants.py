"""
The libraries, each brought to the same configuration: three attempts, retry on `Exception`, exponential waits without
jitter, no logging. What a library cannot do is `None`, and its cell in the table stays empty.

They are imported here only, so that one that is not installed can be left out.
"""

import logging
import sys
from collections.abc import Callable
from importlib import import_module, metadata
from types import ModuleType
from typing import Any, ClassVar, TypeAlias

from spellings import APART

# Deliberately loose: the libraries differ in what they accept and return.
Decorator: TypeAlias = Callable[[Any], Any]

Watch: TypeAlias = Callable[[bool], None]

# What retries can be reported to, and what anew calls it.
HOOKS = {
    "logging": "LoggingHook",
    "structlog": "StructlogHook",
    "Prometheus": "PrometheusHook",
    "OpenTelemetry": "OpenTelemetryHook",
}

LIMIT = 3600.0  # no wait of ours is cut
TIMEOUT = 30.0


class Library:
    name: ClassVar[str]
    generators: ClassVar[bool] = False  # does it retry the two kinds of generator functions?

    def __init__(self) -> None:
        self.module: Any = import_module(self.name)
        logging.getLogger(self.name).setLevel(logging.CRITICAL)

    @property
    def version(self) -> str:
        return metadata.version(self.name)

    def policy(self, delay: float = 0.0) -> Decorator:
        raise NotImplementedError

    def jittered(self, delay: float) -> Decorator | None:
        """
        Waits spread by chance, in the library's own way.
        """
        return None

    def bounded(self) -> Decorator | None:
        """
        With a limit on the whole time.
        """
        return None

    def hearing(self, callback: Callable[[Any], None]) -> Decorator | None:
        """
        With a callback that hears of success.
        """
        return None

    def budgeted(self) -> Decorator | None:
        """
        With a budget that all calls share.
        """
        return None

    def caller(self) -> Callable[..., Any] | None:
        """
        Calls a function with retries, without decorating it.
        """
        return None

    def blocks(self) -> Callable[[], Any] | None:
        """
        Returns something to loop over, with attempts that are entered.
        """
        return None

    def async_blocks(self) -> Callable[[], Any] | None:
        """
        The same for `async for`.
        """
        return None

    def watching(self, hook: str) -> Watch | None:
        """
        Switches one of the library's own hooks on, or all of them off.
        """
        return None

    def _switch(self, setting: Callable[[list[Any]], None], hook: Any) -> Watch:
        def switch(on: bool) -> None:
            logging.getLogger(self.name).setLevel(logging.WARNING if on else logging.CRITICAL)
            setting([hook] if on else [])

        return switch


class Anew(Library):
    name = "anew"
    generators = True

    def __init__(self) -> None:
        super().__init__()
        import_module("anew.instrumentation").set_on_retry_hooks(())

    def policy(self, delay: float = 0.0) -> Decorator:
        return self._retry(delay=delay, jitter=False, max_delay=LIMIT)

    def jittered(self, delay: float) -> Decorator:
        return self._retry(delay=delay, max_delay=LIMIT)

    def bounded(self) -> Decorator:
        return self._retry(delay=0, jitter=False, timeout=TIMEOUT)

    def hearing(self, callback: Callable[[Any], None]) -> Decorator:
        return self._retry(delay=0, jitter=False, on_success=callback)

    def budgeted(self) -> Decorator:
        return self._retry(delay=0, jitter=False, budget=self.module.RetryBudget())

    def caller(self) -> Callable[..., Any]:
        call: Callable[..., Any] = self.module.retry(delay=0, jitter=False).call
        return call

    def blocks(self) -> Callable[[], Any]:
        policy: Any = self.policy()
        return lambda: policy

    def async_blocks(self) -> Callable[[], Any]:
        return self.blocks()

    def watching(self, hook: str) -> Watch:
        instrumentation = import_module("anew.instrumentation")
        setting = instrumentation.set_on_retry_hooks
        chosen = getattr(instrumentation, HOOKS[hook])()
        return self._switch(setting, chosen)

    def _retry(self, **options: Any) -> Decorator:
        policy: Decorator = self.module.retry(times=3, on=Exception, **options)
        return policy


class Stamina(Library):
    name = "stamina"
    generators = True

    def __init__(self) -> None:
        super().__init__()
        import_module("stamina.instrumentation").set_on_retry_hooks(())

    def policy(self, delay: float = 0.0) -> Decorator:
        return self._retry(delay, wait_jitter=0)

    def jittered(self, delay: float) -> Decorator:
        return self._retry(delay, wait_jitter=delay)

    def bounded(self) -> Decorator:
        return self._retry(0, wait_jitter=0, timeout=TIMEOUT)

    def caller(self) -> Callable[..., Any]:
        call: Callable[..., Any] = self.module.RetryingCaller(
            attempts=3, timeout=None, wait_initial=0, wait_max=LIMIT, wait_jitter=0
        ).on(Exception)
        return call

    def blocks(self) -> Callable[[], Any]:
        return lambda: self.module.retry_context(
            on=Exception, attempts=3, timeout=None, wait_initial=0, wait_max=LIMIT, wait_jitter=0
        )

    def async_blocks(self) -> Callable[[], Any]:
        return self.blocks()

    def watching(self, hook: str) -> Watch | None:
        instrumentation = import_module("stamina.instrumentation")
        setting = instrumentation.set_on_retry_hooks
        chosen = getattr(instrumentation, HOOKS[hook].replace("Hook", "OnRetryHook"), None)
        return None if chosen is None else self._switch(setting, chosen)

    def _retry(self, delay: float, *, timeout: float | None = None, **options: Any) -> Decorator:
        decorator: Decorator = self.module.retry(
            on=Exception, attempts=3, timeout=timeout, wait_initial=delay, wait_max=LIMIT, **options
        )
        return decorator


class Tenacity(Library):
    name = "tenacity"

    def policy(self, delay: float = 0.0) -> Decorator:
        return self._retry(wait=self.module.wait_exponential(multiplier=delay, max=LIMIT))

    def jittered(self, delay: float) -> Decorator:
        return self._retry(wait=self.module.wait_exponential_jitter(initial=delay, jitter=delay, max=LIMIT))

    def bounded(self) -> Decorator:
        module = self.module
        return self._retry(stop=module.stop_any(module.stop_after_attempt(3), module.stop_after_delay(TIMEOUT)))

    def caller(self) -> Callable[..., Any]:
        module = self.module
        call: Callable[..., Any] = module.Retrying(
            stop=module.stop_after_attempt(3), retry=module.retry_if_exception_type(Exception)
        )
        return call

    def blocks(self) -> Callable[[], Any]:
        module = self.module
        waits = module.wait_exponential(multiplier=0, max=LIMIT)
        return lambda: module.Retrying(
            stop=module.stop_after_attempt(3), retry=module.retry_if_exception_type(Exception), wait=waits
        )

    def _retry(self, **options: Any) -> Decorator:
        options.setdefault("stop", self.module.stop_after_attempt(3))
        decorator: Decorator = self.module.retry(retry=self.module.retry_if_exception_type(Exception), **options)
        return decorator


class Backoff(Library):
    name = "backoff"

    def policy(self, delay: float = 0.0) -> Decorator:
        return self._retry(delay, jitter=None)

    def jittered(self, delay: float) -> Decorator:
        return self._retry(delay)

    def bounded(self) -> Decorator:
        return self._retry(0, jitter=None, max_time=TIMEOUT)

    def hearing(self, callback: Callable[[Any], None]) -> Decorator:
        return self._retry(0, jitter=None, on_success=callback)

    def _retry(self, delay: float, **options: Any) -> Decorator:
        decorator: Decorator = self.module.on_exception(
            self.module.expo, Exception, max_tries=3, factor=delay, max_value=LIMIT, logger=None, **options
        )
        return decorator


class PythonBackoff(Backoff):
    """
    The successor of backoff, under the same import name.
    """

    name = "python-backoff"

    def __init__(self) -> None:
        module, self._folder = APART[self.name]
        self.module = _import_apart(module, self._folder)

    @property
    def version(self) -> str:
        return next(iter(metadata.distributions(name=self.name, path=[self._folder]))).version

    def blocks(self) -> Callable[[], Any]:
        return self._blocks(self.module.retry_context)

    def async_blocks(self) -> Callable[[], Any]:
        return self._blocks(self.module.aretry_context)

    def _blocks(self, context: Any) -> Callable[[], Any]:
        waits = self.module.expo
        return lambda: context(Exception, waits, max_tries=3, factor=0, max_value=LIMIT, jitter=None, logger=None)


class Nopanic(Library):
    name = "nopanic"
    generators = True

    def policy(self, delay: float = 0.0) -> Decorator:
        return self._retry(self.module.backoff.exponential(base=delay, cap=LIMIT))

    def jittered(self, delay: float) -> Decorator:
        return self._retry(self.module.backoff.full_jitter(base=delay, cap=LIMIT))

    def bounded(self) -> Decorator:
        return self._retry(0, max_time=TIMEOUT)

    def budgeted(self) -> Decorator:
        return self._retry(0, budget=self.module.RetryBudget())

    def caller(self) -> Callable[..., Any]:
        policy: Any = self._retry(0)
        call: Callable[..., Any] = policy.call
        return call

    def watching(self, hook: str) -> Watch | None:
        if hook != "logging":
            return None
        events = self.module.events
        cancels: list[Callable[[], None]] = []

        def setting(hooks: list[Any]) -> None:
            while cancels:
                cancels.pop()()
            cancels.extend(events.log_to(logger, logging.WARNING) for logger in hooks)

        return self._switch(setting, logging.getLogger(self.name))

    def _retry(self, waits: Any, **options: Any) -> Decorator:
        decorator: Decorator = self.module.retry(attempts=3, on=Exception, backoff=waits, **options)
        return decorator


class BackoffKit(Library):
    name = "backoffkit"

    def policy(self, delay: float = 0.0, *, jitter: bool = False) -> Decorator:
        decorator: Decorator = self.module.retry(times=3, delay=delay, jitter=jitter, max_delay=LIMIT, on=[Exception])
        return decorator

    def jittered(self, delay: float) -> Decorator:
        return self.policy(delay, jitter=True)


LIBRARIES: tuple[type[Library], ...] = (Anew, BackoffKit, Nopanic, Backoff, PythonBackoff, Stamina, Tenacity)
NAMES: tuple[str, ...] = tuple(library.name for library in LIBRARIES)


def _import_apart(name: str, folder: str) -> ModuleType:
    """
    Import what is in *folder*, beside another package of the same name.
    """

    def taken_out() -> dict[str, ModuleType]:
        ours = [module for module in sys.modules if module.partition(".")[0] == name]
        return {module: sys.modules.pop(module) for module in ours}

    others = taken_out()
    sys.path.insert(0, folder)
    try:
        module = import_module(name)
        if not str(module.__file__).startswith(folder):
            raise ImportError(f"{folder} holds no {name}")
        return module
    finally:
        sys.path.remove(folder)
        taken_out()
        sys.modules.update(others)


def silence_structlog() -> None:
    """
    Make its events, and show them to nobody.
    """
    structlog = import_module("structlog")
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory(), cache_logger_on_first_use=True)


def load(name: str) -> Library:
    """
    Import one library; `ImportError` if it is not installed.
    """
    return LIBRARIES[NAMES.index(name)]()
