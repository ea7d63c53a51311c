"""The one judgement, row by row."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from anew import RetryError, retry
from anew._decide import GiveUp, LetOut, RetryIn, decide, in_time


def judge(exc: Exception, num: int = 1, elapsed: float = 0.0, drawn: float = 0.5, **options: Any) -> Any:
    policy = retry(**{"jitter": False, **options})._policy
    left = float("inf") if policy.timeout is None else policy.timeout - elapsed
    return decide(policy, exc, num, policy.delay, lambda policy: left, lambda: drawn)


@pytest.mark.parametrize(
    ("verdict", "options"),
    [
        (RetryIn(seconds=1.0, asked=False), {}),
        (RetryIn(seconds=2.0, asked=False), {"num": 2}),
        (GiveUp(reason="attempts"), {"num": 3}),
        (GiveUp(reason="attempts"), {"num": 4}),
        (RetryIn(seconds=4.0, asked=False), {"num": 3, "times": None}),
        (RetryIn(seconds=0.75, asked=False), {"jitter": True, "drawn": 0.25}),
        (RetryIn(seconds=1.0, asked=False), {"elapsed": 9.0, "timeout": 10}),
        (RetryIn(seconds=0.75, asked=False), {"elapsed": 9.0, "timeout": 10, "jitter": True}),
        (RetryIn(seconds=0.625, asked=False), {"elapsed": 9.25, "timeout": 10, "jitter": True}),
        (GiveUp(reason="timeout"), {"elapsed": 9.6, "timeout": 10, "jitter": True}),
        (GiveUp(reason="timeout"), {"elapsed": 9.1, "timeout": 10}),
        (GiveUp(reason="attempts"), {"elapsed": 9.1, "timeout": 10, "num": 3}),
        (LetOut(why="not ours"), {"on": ValueError}),
        (LetOut(why="not ours"), {"on": ValueError, "num": 3}),
        (LetOut(why="not ours"), {"on": lambda exc: False}),
        (RetryIn(seconds=1.0, asked=False), {"on": lambda exc: True}),
        (RetryIn(seconds=2.5, asked=True), {"on": lambda exc: 2.5}),
        (RetryIn(seconds=1.0, asked=True), {"on": lambda exc: 1.0, "delay": 5}),
        (RetryIn(seconds=99.0, asked=True), {"on": lambda exc: 99}),
        (GiveUp(reason="timeout"), {"on": lambda exc: 99, "timeout": 98}),
        (GiveUp(reason="attempts"), {"on": lambda exc: 99, "num": 3}),
        # Zero is a number, not False: retry at once. So is anything below.
        (RetryIn(seconds=0.0, asked=True), {"on": lambda exc: 0}),
        (RetryIn(seconds=0.0, asked=True), {"on": lambda exc: 0.0}),
        (RetryIn(seconds=0.0, asked=True), {"on": lambda exc: -3}),
        (RetryIn(seconds=0.0, asked=True), {"on": lambda exc: timedelta(-1)}),
        # A factor below zero means zero.
        (RetryIn(seconds=0.0, asked=False), {"backoff": lambda num: -1}),
        (RetryIn(seconds=0.0, asked=False), {"backoff": lambda num: -0.5}),
        (RetryIn(seconds=0.0, asked=False), {"backoff": lambda num: 0}),
        (RetryIn(seconds=0.0, asked=False), {"backoff": lambda num: -(10**400)}),
        # A factor that overflows means the cap.
        (RetryIn(seconds=7.0, asked=False), {"backoff": lambda num: 10**400, "max_delay": 7}),
        (RetryIn(seconds=7.0, asked=False), {"backoff": lambda num: 2.0 ** (num + 2000), "max_delay": 7}),
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

    with pytest.raises(error, match=f"the answer of {option} ") as caught:
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

    verdict = decide(policy, OSError(), 1, 0.0, lambda policy: 0.0, lambda: pytest.fail("drawn"))
    assert RetryIn(seconds=0.0, asked=False) == verdict


def test_types_do_not_mean_retry_errors() -> None:
    """
    Types never match a RetryError, alone or in a group, unless it is named.
    """
    error = RetryError(3, OSError())
    group = ExceptionGroup("all", [ValueError(), ExceptionGroup("some", [error])])

    assert LetOut(why="exhausted") == judge(error)
    assert LetOut(why="exhausted") == judge(group)
    assert LetOut(why="exhausted") == judge(group, on=ExceptionGroup)
    assert RetryIn(seconds=1.0, asked=False) == judge(error, on=[RetryError])
    assert RetryIn(seconds=1.0, asked=False) == judge(group, on=[ExceptionGroup, RetryError])


@pytest.mark.parametrize(
    ("verdict", "wait", "left"),
    [
        (RetryIn(seconds=1.0, asked=False), RetryIn(seconds=1.0, asked=False), 1.0),
        (RetryIn(seconds=0.5, asked=False), RetryIn(seconds=1.0, asked=False), 0.5),
        (RetryIn(seconds=0.0, asked=False), RetryIn(seconds=1.0, asked=False), 0.0),
        (GiveUp(reason="timeout"), RetryIn(seconds=1.0, asked=False), -0.001),
        (GiveUp(reason="timeout"), RetryIn(seconds=1.0, asked=True), 0.999),
        (RetryIn(seconds=1.0, asked=True), RetryIn(seconds=1.0, asked=True), 1.0),
    ],
)
def test_less_time_is_left_than_was(verdict: Any, wait: Any, left: float) -> None:
    """
    A drawn wait is cut to what is left, down to nothing; one that was asked for is not.
    """
    assert verdict == in_time(wait, left)


@pytest.mark.parametrize("times", [2, None])
def test_one_attempt_in_a_group_is_no_retry(times: int | None) -> None:
    """
    A `RetryError` of one attempt counts as what it was, within a group too; one of several is exhausted.
    """
    single, several = RetryError(1, OSError()), RetryError(2, OSError())

    assert RetryIn(seconds=1.0, asked=False) == judge(ExceptionGroup("group", [single, OSError()]), times=times)
    assert LetOut(why="exhausted") == judge(ExceptionGroup("group", [single, several]), times=times)


def test_orders() -> None:
    """
    An order passes, unless `on` names its class; so does a group that holds one.
    """
    order: Any = type("Retry", (Exception,), {"__module__": "celery.exceptions"})

    assert LetOut(why="order") == judge(order())
    assert LetOut(why="order") == judge(order(), on=lambda exc: True)
    assert LetOut(why="order") == judge(ExceptionGroup("group", [OSError(), order()]))
    assert RetryIn(seconds=1.0, asked=False) == judge(order(), on=[order, OSError])
