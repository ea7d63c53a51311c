"""The one judgement, row by row."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from anew import RetryError, retry
from anew._decision import GiveUp, RetryIn, decide


def judge(exc: Exception, num: int = 1, elapsed: float = 0.0, drawn: float = 0.5, **options: Any) -> Any:
    policy = retry(**{"jitter": False, **options})._policy
    return decide(policy, exc, num, elapsed, policy.delay, lambda: drawn)


@pytest.mark.parametrize(
    ("verdict", "options"),
    [
        (RetryIn(1.0), {}),
        (RetryIn(2.0), {"num": 2}),
        (GiveUp("attempts"), {"num": 3}),
        (RetryIn(4.0), {"num": 3, "times": None}),
        (RetryIn(0.75), {"jitter": True, "drawn": 0.25}),
        (RetryIn(1.0), {"elapsed": 9.0, "timeout": 10}),
        (GiveUp("timeout"), {"elapsed": 9.1, "timeout": 10}),
        (GiveUp("attempts"), {"elapsed": 9.1, "timeout": 10, "num": 3}),
        (None, {"on": ValueError}),
        (None, {"on": ValueError, "num": 3}),
        (None, {"on": lambda exc: False}),
        (RetryIn(1.0), {"on": lambda exc: True}),
        (RetryIn(2.5), {"on": lambda exc: 2.5}),
        (RetryIn(99.0), {"on": lambda exc: 99}),
        (GiveUp("timeout"), {"on": lambda exc: 99, "timeout": 98}),
        (GiveUp("attempts"), {"on": lambda exc: 99, "num": 3}),
        # Zero is a number, not False: retry at once. So is anything below.
        (RetryIn(0.0), {"on": lambda exc: 0}),
        (RetryIn(0.0), {"on": lambda exc: 0.0}),
        (RetryIn(0.0), {"on": lambda exc: -3}),
        (RetryIn(0.0), {"on": lambda exc: timedelta(-1)}),
        # A factor below zero means zero.
        (RetryIn(0.0), {"backoff": lambda num: -1}),
        (RetryIn(0.0), {"backoff": lambda num: -0.5}),
        (RetryIn(0.0), {"backoff": lambda num: 0}),
        (RetryIn(0.0), {"backoff": lambda num: -(10**400)}),
        # A factor that overflows means the cap.
        (RetryIn(7.0), {"backoff": lambda num: 10**400, "max_delay": 7}),
        (RetryIn(7.0), {"backoff": lambda num: 2.0 ** (num + 2000), "max_delay": 7}),
    ],
)
def test_verdicts(verdict: Any, options: dict[str, Any]) -> None:
    """
    Ours? Attempts? How long? Timeout? In this order.
    """
    assert verdict == judge(OSError(), **options)


@pytest.mark.parametrize(
    ("option", "answer", "error"),
    [
        ("on", None, TypeError),
        ("on", "2", TypeError),
        ("on", [], TypeError),
        ("on", float("nan"), ValueError),
        ("on", float("inf"), ValueError),
        ("on", 10**400, ValueError),
        ("backoff", None, TypeError),
        ("backoff", "1", TypeError),
        ("backoff", True, TypeError),
        ("backoff", float("nan"), ValueError),
    ],
)
def test_junk(option: str, answer: Any, error: type[Exception]) -> None:
    """
    What `on` or `backoff` answers and is not usable is a bug, told of at once, from the failure it was asked about.
    """
    failure = OSError("the cause")

    with pytest.raises(error, match=f"{option} answered") as caught:
        judge(failure, **{option: lambda _: answer})

    assert failure is caught.value.__cause__


def test_hooks_are_asked_on_the_last_attempt_too() -> None:
    """
    The hook tells what is ours, so the last failure is put to it as well.
    """
    asked: list[Exception] = []

    judge(OSError(), num=3, on=lambda exc: bool(asked.append(exc)) or True)

    assert 1 == len(asked)


def test_no_dice_where_nothing_is_random() -> None:
    """
    Without jitter nothing is drawn.
    """
    policy = retry(delay=0)._policy

    assert RetryIn(0.0) == decide(policy, OSError(), 1, 0.0, 0.0, lambda: pytest.fail("drawn"))


def test_types_do_not_mean_retry_errors() -> None:
    """
    Types never match a RetryError, alone or in a group, unless it is named.
    """
    error = RetryError(3, OSError())
    group = ExceptionGroup("all", [ValueError(), ExceptionGroup("some", [error])])

    assert judge(error) is None
    assert judge(group) is None
    assert judge(group, on=ExceptionGroup) is None
    assert RetryIn(1.0) == judge(error, on=[RetryError])
    assert RetryIn(1.0) == judge(group, on=[ExceptionGroup, RetryError])


def test_verdicts_are_plain_values() -> None:
    """
    Verdicts are told apart by what they say.
    """
    assert {RetryIn(1.0), GiveUp("attempts"), GiveUp("timeout")} == {
        RetryIn(1.0, asked=True),
        GiveUp("attempts"),
        GiveUp("timeout"),
    }
    assert RetryIn(1.0) != GiveUp("attempts")
    assert GiveUp("attempts") != RetryIn(1.0)
    assert "[RetryIn(1.0), GiveUp('attempts')]" == repr([RetryIn(1.0), GiveUp("attempts")])
