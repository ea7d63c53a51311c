"""A wrong option fails at the line where it is written."""

from __future__ import annotations

import inspect
import re
from datetime import timedelta
from decimal import Decimal
from functools import partial
from types import MethodType
from typing import Any, Optional, Union
from unittest.mock import AsyncMock, MagicMock, Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anew import Retry, RetryError, retry
from anew._checks import duration, integer
from anew._options import DEFAULTS

INF, NAN = float("inf"), float("nan")


def print_two(a: object, b: object) -> None: ...


async def async_function(*args: object) -> None: ...


def generator_function(*args: object) -> Any:
    yield


async def async_generator_function(*args: object) -> Any:
    yield


class AsyncCallable:
    async def __call__(self, exc: object) -> bool:
        return True


WRONG = {
    "times": [
        (TypeError, ["3", 3.0, True, False, [3], Decimal(3)]),
        (ValueError, [0, -1]),
    ],
    "delay": [
        (TypeError, ["1", None, True, [1], Decimal(1), 1j]),
        (ValueError, [-1, -0.1, NAN, INF, -INF, 10**400, -(10**400), timedelta(seconds=-1)]),
    ],
    "max_delay": [
        (TypeError, ["1", True, [1]]),
        (ValueError, [-1, NAN, INF, timedelta(-1), 0.5]),
    ],
    "timeout": [
        (TypeError, ["1", True, [1]]),
        (ValueError, [0, 0.0, -1, NAN, INF, timedelta(0), timedelta(-1)]),
    ],
    "backoff": [
        (TypeError, [None, 2, 2.0, True, float, lambda: 1, lambda a, b, c=1: 1, async_function, generator_function]),
        (ValueError, ["expo", "", "Exponential"]),
    ],
    "jitter": [
        (TypeError, [None, 1, 0, 0.5, [], lambda: 1]),
        (ValueError, ["fulll", "", timedelta(seconds=-1)]),
    ],
    "on": [
        (
            TypeError,
            [
                None,
                "ValueError",
                b"ValueError",
                ValueError(),
                3,
                int,
                BaseException,
                KeyboardInterrupt,
                [ValueError, KeyboardInterrupt],
                [ValueError, "OSError"],
                [ValueError()],
                [[ValueError]],
                lambda: True,
                lambda a, b: True,
                lambda a, *, b: True,
                async_function,
                generator_function,
                async_generator_function,
                partial(async_function),
                AsyncCallable(),
                AsyncMock(),
            ],
        ),
        (ValueError, [[], (), set(), iter([])]),
    ],
    "on_retry": [(TypeError, ["print", 3, True, lambda exc: None, lambda a, b, c: None, generator_function])],
    "on_success": [(TypeError, ["print", 3, lambda: None, lambda a, b: None, generator_function])],
    "on_failure": [(TypeError, ["print", 3, lambda: None, lambda a, b: None, async_generator_function])],
    "reraise": [(TypeError, [None, 1, 0, "yes"])],
    "replay": [(TypeError, [None, 1.5, 3]), (ValueError, ["skipp", ""])],
    "name": [(TypeError, [3, True, b"x"]), (ValueError, [""])],
}


@pytest.mark.parametrize(
    ("option", "error", "value"),
    [(option, error, value) for option, rows in WRONG.items() for error, values in rows for value in values],
    ids=lambda value: str(value)[:30] if isinstance(value, str | type) else None,
)
def test_wrong_option(option: str, error: type[Exception], value: Any) -> None:
    """
    The message names the option, and what is allowed.
    """
    with pytest.raises(error, match=option) as caught:
        retry(**{option: value})

    assert " must be " in str(caught.value)
    assert ", got " in str(caught.value)


@pytest.mark.parametrize(
    ("on", "advice"),
    [
        (KeyboardInterrupt, "subclasses of Exception: cancellation and exit always get through"),
        ([OSError, print], "seconds or timedelta, or any_of(...) of types and functions"),
        ([OSError, 3], "seconds or timedelta"),
    ],
)
def test_advice(on: Any, advice: str) -> None:
    """
    The message says what to write in place of what is nearly right.
    """
    with pytest.raises(TypeError, match=f"{re.escape(advice)}, got "):
        retry(on=on)


def test_defaults() -> None:
    """
    The options have the defaults that the signature shows.
    """
    shown = {name: parameter.default for name, parameter in inspect.signature(retry).parameters.items()}

    assert DEFAULTS == {name: default for name, default in shown.items() if name != "fn"}


@pytest.mark.parametrize("option", WRONG)
def test_wrong_option_is_shown(option: str) -> None:
    """
    The message shows the value that was given.
    """

    class Junk:
        def __repr__(self) -> str:
            return "<junk>"

    with pytest.raises(TypeError, match=f"^{option} must be .*, got <junk>$"):
        retry(**{option: Junk()})


@pytest.mark.parametrize(
    "options",
    [
        {"times": 1},
        {"times": None},
        {"delay": 0},
        {"delay": 0, "max_delay": 0},
        {"delay": timedelta(seconds=2), "max_delay": 2},
        {"max_delay": None},
        {"timeout": timedelta(milliseconds=1)},
        {"backoff": "fixed"},
        {"backoff": "linear"},
        {"backoff": "fibonacci"},
        {"backoff": lambda n: n},
        {"backoff": lambda n, base=2: base**n},
        {"backoff": Mock(return_value=1)},
        {"jitter": "full"},
        {"jitter": "decorrelated"},
        {"jitter": timedelta(0)},
        {"on": OSError},
        {"on": iter([OSError])},
        {"on": MagicMock(return_value=True)},
        {"on": partial(lambda flag, exc: flag, True)},
        {"on_retry": print},
        {"on_retry": lambda *args: None},
        {"on_retry": MethodType(lambda self, attempt, exc: None, 1)},
        {"on_retry": Mock()},
        {"on_success": [].append},
        {"on_failure": AsyncMock()},
        {"on_failure": async_function},
        {"replay": "skip"},
        {"name": "x"},
    ],
)
def test_right_options(options: dict[str, Any]) -> None:
    """
    What the documentation allows is allowed.
    """
    assert isinstance(retry(**options), Retry)


def test_delay_above_max_delay() -> None:
    """
    A delay above the cap is a contradiction.
    """
    with pytest.raises(ValueError, match=r"^delay must be at most max_delay, which is 1, got 2$"):
        retry(delay=2, max_delay=1)


@pytest.mark.parametrize("backoff", ["fixed", "linear", "fibonacci", lambda n: n])
def test_decorrelated_grows_by_itself(backoff: Any) -> None:
    """
    Decorrelated jitter would ignore another backoff: refused.
    """
    with pytest.raises(
        ValueError, match=r"backoff must be left out with jitter='decorrelated', which has its own growth, got "
    ):
        retry(jitter="decorrelated", backoff=backoff)


def test_unknown_option() -> None:
    """
    An option that does not exist is refused.
    """
    with pytest.raises(TypeError, match="attempts"):
        retry(attempts=3)


def test_strategies_are_listed() -> None:
    """
    A misspelt strategy is answered with the known ones.
    """
    with pytest.raises(ValueError, match="'exponential', 'linear', 'fixed', 'fibonacci'"):
        retry(backoff="exponental")


@pytest.mark.parametrize("fn", [ValueError, 3, "fetch", object(), property(lambda self: 1), type("C", (), {})])
def test_bare_is_for_functions(fn: Any) -> None:
    """
    `@retry` without parentheses takes a function, and says so.
    """
    with pytest.raises(TypeError, match="bare @retry must stand on a function, got "):
        retry(fn)


@pytest.mark.parametrize(
    "fn", [type("C", (), {}), property(lambda self: 1), classmethod(property(lambda self: 1)), 3, None]
)
def test_only_callables_can_be_decorated(fn: Any) -> None:
    """
    A class or a property cannot be decorated.
    """
    with pytest.raises(TypeError, match="decorated"):
        retry()(fn)


def test_classes_can_be_called() -> None:
    """
    A class can be called through a policy.
    """
    assert 3 == retry().call(int, "3")


@pytest.mark.parametrize("option", ["on_retry", "on_success", "on_failure"])
@pytest.mark.parametrize("callback", [async_function, partial(async_function), AsyncMock(), AsyncCallable().__call__])
def test_async_callbacks_on_sync_functions(option: str, callback: Any) -> None:
    """
    Nobody could await an async callback of a sync function: refused when it is decorated or called.
    """
    if option == "on_retry":
        callback = AsyncMock()
    policy = retry(**{option: callback})

    with pytest.raises(TypeError, match=r"async callbacks are for async functions; .* is a function"):
        policy(lambda: None)
    with pytest.raises(TypeError, match=r"async callbacks are for async functions; .* is a generator function"):
        policy.call(generator_function)
    assert callable(policy(async_function))
    assert callable(policy(async_generator_function))


@pytest.mark.parametrize("replay", [True, "skip"])
@pytest.mark.parametrize("fn", [lambda: None, async_function, print, partial(print)])
def test_replay_is_for_generators(replay: Any, fn: Any) -> None:
    """
    `replay` on anything but a generator would be ignored: refused.
    """
    with pytest.raises(TypeError, match=r"replay=.* is for generator functions; .* is a"):
        retry(replay=replay)(fn)


def test_replace() -> None:
    """
    `replace` changes what it names and leaves the rest.
    """
    policy = retry(times=5, on=OSError, on_retry=print, jitter=timedelta(seconds=1))

    assert repr(policy).replace("times=5", "times=7") == repr(policy.replace(times=7))
    assert "times=5" in repr(policy)


@pytest.mark.parametrize("options", [{"times": 0}, {"delay": 100}, {"backoff": "no"}])
def test_replace_checks(options: Any) -> None:
    """
    `replace` refuses what `retry` refuses.
    """
    with pytest.raises(ValueError, match=" must be "):
        retry().replace(**options)


@pytest.mark.parametrize("option", ["on", "on_retry", "on_success", "on_failure"])
def test_replace_refuses(option: str) -> None:
    """
    What carries types cannot be replaced, and the message says why, and what to write.
    """
    message = rf"^replace\(\) cannot change {option}, which decides the types of the policy; write the policy anew"
    with pytest.raises(TypeError, match=message):
        retry().replace(**{option: OSError})


def test_replace_refuses_what_does_not_exist() -> None:
    """
    A misspelt option is refused with the known ones.
    """
    with pytest.raises(TypeError, match=r"^options must be of times, delay, .*, name, got tmies$"):
        retry().replace(tmies=5)


def test_repr() -> None:
    """
    A policy shows the call that makes it, without the defaults.
    """
    policy = retry(times=None, delay=timedelta(seconds=2), on=[OSError, ValueError], on_failure=generator_free)

    assert "retry()" == repr(retry())
    assert "retry(times=None, delay=2.0, on=[OSError, ValueError], on_failure=generator_free)" == repr(policy)
    assert "retry(on=OSError)" == repr(retry(on=OSError))


def generator_free(error: RetryError) -> None: ...


@pytest.mark.parametrize(("value", "fits"), [(0, False), (1, True), (5, True), (6, False)])
def test_limits_of_integers(value: int, fits: bool) -> None:
    """
    An integer may be the least and the most that it is allowed to be.
    """
    if fits:
        assert value == integer("x", value, "an integer from 1 to 5", 1, 5)
    else:
        with pytest.raises(ValueError, match=f"x must be an integer from 1 to 5, got {value}"):
            integer("x", value, "an integer from 1 to 5", 1, 5)


def test_limits_of_durations() -> None:
    """
    A message says whether 0 is allowed.
    """
    assert 0.0 == duration("x", 0)
    with pytest.raises(ValueError, match="x must be a finite duration >= 0 in seconds or as timedelta, got -1"):
        duration("x", -1)
    with pytest.raises(ValueError, match="x must be a finite duration > 0 in seconds or as timedelta, got 0"):
        duration("x", 0, positive=True)


def test_policies_never_change() -> None:
    """
    A policy cannot be changed, nor made by hand.
    """
    policy = retry()

    with pytest.raises(AttributeError, match="times"):
        policy.times = 5
    with pytest.raises(TypeError, match=r"made by retry\(...\)"):
        Retry(3)


junk = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(),
    st.lists(st.integers()),
    st.timedeltas(),
)


@given(st.sampled_from(sorted(WRONG)), junk)
def test_any_value_is_taken_or_refused_here(option: str, value: Any) -> None:
    """
    Whatever is given for an option, there is a policy or an error that names the option, never anything else.
    """
    try:
        policy = retry(**{option: value})
    except (TypeError, ValueError) as exc:
        assert option in str(exc)  # noqa: PT017 - an error is one of two right answers
    else:
        assert isinstance(policy, Retry)


class FalsyHook:
    """A hook that is false."""

    def __len__(self) -> int:
        return 0

    def __call__(self, exc: Exception) -> bool:
        return True


class StaticHook:
    """A hook whose call takes no self."""

    @staticmethod
    def __call__(exc: Exception) -> bool:
        return True


@pytest.mark.parametrize("hook", [FalsyHook(), StaticHook(), StaticHook().__call__, FalsyHook().__call__])
def test_odd_hooks(failing: Any, hook: Any) -> None:
    """
    A hook is a hook, whatever its truth and however it is bound.
    """
    assert "done" == retry(on=hook).call(failing(OSError))


@pytest.mark.parametrize("fn", [None, 3, property(lambda self: 1)])
def test_only_callables_can_be_called(fn: Any) -> None:
    """
    What cannot be called is no failure to retry, but a mistake of the line that calls.
    """
    with pytest.raises(TypeError, match="what is retried or decorated must be callable"):
        retry().call(fn)


@pytest.mark.parametrize("value", [0, timedelta(0)])
def test_the_value_is_shown_as_written(value: Any) -> None:
    """
    A message shows the value as it was written.
    """
    with pytest.raises(ValueError, match=f"got {re.escape(repr(value))}$"):
        retry(timeout=value)


def test_callbacks_that_cannot_be_compared() -> None:
    """
    A policy shows itself without comparing callbacks.
    """

    class Callback:
        def __eq__(self, other: object) -> bool:
            raise RuntimeError

        __hash__ = None

        def __call__(self, *args: object) -> None: ...

    assert "on_retry=" in repr(retry(on_retry=Callback()))


class NoIteration:
    __iter__ = None


def test_what_says_that_it_cannot_be_iterated() -> None:
    """
    A class may say of itself that it is no iterable.
    """
    with pytest.raises(TypeError, match=r"^on must be "):
        retry(on=NoIteration())


@pytest.mark.parametrize(
    "on",
    [ValueError | OSError, Union[ValueError, OSError], Optional[ValueError], list[ValueError], type[ValueError]],  # noqa: UP007, UP045 - typing's spelling is tested
)
def test_what_typing_makes_of_types_is_no_hook(on: Any) -> None:
    """
    A union is not several types, nor a function.
    """
    with pytest.raises(TypeError, match=r"^on must be "):
        retry(on=on)


@pytest.mark.parametrize(
    "options",
    [
        {"on_failure": RetryError},
        {"on_success": list},
        {"on_retry": partial(print_two, 1)},
        {"on": partial(print_two, 1, 2)},
        {"on_failure": list[int]},
    ],
)
def test_callbacks_that_cannot_work(options: Any) -> None:
    """
    A class is no callback, and a partial must leave room for what it will be given.
    """
    with pytest.raises(TypeError, match=f"^{next(iter(options))} must be .*, got "):
        retry(**options)


def test_partials_as_callbacks(failing: Any) -> None:
    """
    A partial that fits is a callback.
    """
    heard: list[Any] = []
    callback = partial(lambda where, attempt, exc, *, flag=False: where.append((attempt, flag)), heard, flag=True)

    retry(on_retry=callback).call(failing(OSError))
    retry(on_retry=partial(lambda where, attempt, exc: where.append(attempt), heard)).call(failing(OSError))

    assert [(1, True), 1] == heard


def test_delays_beyond_all_clocks(failing: Any, clock: Any) -> None:
    """
    Without a cap, any finite delay is allowed.
    """
    retry(delay=1.7e308, max_delay=None).call(failing(OSError))

    assert 1 == len(clock.waits)


class Unshowable:
    """A value that cannot be shown."""

    def __repr__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize("option", WRONG)
def test_values_that_cannot_be_shown(option: str) -> None:
    """
    A wrong value that has nothing to show is told by its type.
    """
    with pytest.raises(TypeError, match=f"^{option} must be .*, got <Unshowable>$"):
        retry(**{option: Unshowable()})
