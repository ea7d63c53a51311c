"""Blocks: `for attempt in retry(...): with attempt: ...`; and the form in which checkers see that one returns."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack
from typing import assert_type

from anew import Attempt, Retry, retry

policy = retry(times=3, on=OSError, timeout=10)


def fetch(url: str) -> bytes:
    return url.encode()


def work(attempt: Attempt) -> bytes:
    return fetch(f"x?{attempt.num}")


for attempt in retry(times=3, on=OSError):
    assert_type(attempt, Attempt)
    with attempt as same:
        assert_type(same, Attempt)
        assert_type(attempt.num, int)
        assert_type(attempt.next_wait, float)
        assert_type(attempt.remaining, float | None)
        assert_type(work(attempt), bytes)
        work(attempt.num)  # E
        round(attempt.remaining)  # E
        attempt.num = 1  # E
        attempt.next_wait = 1.0  # E
        attempt.remaining = None  # E
        print(attempt.number)  # E
        attempt()  # E

for number, attempt in enumerate(policy):
    assert_type(attempt, Attempt)
    print(number)

assert_type([attempt.num for attempt in policy], list[int])
assert_type(next(iter(policy)), Attempt)
iterator: Iterator[Attempt] = iter(policy)
iterable: Iterable[Attempt] = policy
context: AbstractContextManager[Attempt, bool] = iter(policy)
also_context: AbstractContextManager[Attempt, bool] = next(iter(policy))


# This form returns, to all checkers: what is after it is not missing.
def returned() -> bytes:
    attempts = iter(policy)
    while True:
        with attempts:
            return fetch("x")


def returned_by_attempt() -> bytes:
    attempts = iter(retry(times=3))
    while True:
        with attempts as attempt:
            assert_type(attempt, Attempt)
            if attempt.num > 1:
                print("again")
            return work(attempt)


def after_break() -> bytes:
    attempts = iter(policy)
    while True:
        with attempts:
            body = fetch("x")
            break
    return body


def between_attempts() -> None:
    attempts = iter(policy)
    while True:
        with attempts:
            print(fetch("x"))
            return
        # Live code: whatever follows a failure.
        print("failed")


class Client:
    def __init__(self, policy: Retry) -> None:
        self.policy = policy

    def get(self, url: str) -> bytes:
        attempts = iter(self.policy)
        while True:
            with attempts:
                return fetch(url)


# To checkers, a `for` may end, though this one does not before it returns or raises.
def returned_from_for() -> bytes:  # E
    for attempt in policy:
        with attempt:
            return fetch("x")


# mypy and zuban want a `return None` to be written.
def optional_from_for() -> bytes | None:  # E: mypy, zuban
    for attempt in policy:
        with attempt:
            return fetch("x")


def returned_or_raised() -> bytes:
    for attempt in policy:
        with attempt:
            return fetch("x")
    raise AssertionError


def set_inside() -> bytes:
    body = b""
    for attempt in policy:
        with attempt:
            body = fetch("x")
    return body


# To mypy and zuban, it is no matter that a loop may never run.
def set_only_inside() -> bytes:
    for attempt in policy:
        with attempt:
            body = fetch("x")
    return body  # E: pyright, basedpyright, pyrefly, ty


def nothing_returned() -> None:
    for attempt in policy:
        with attempt:
            print(fetch("x"))
        print("failed, or succeeded")
    print("succeeded")


def rows() -> Iterator[int]:
    for attempt in policy:
        with attempt:
            yield attempt.num


def stacked() -> None:
    for attempt in policy:
        with ExitStack() as stack:
            assert_type(stack.enter_context(attempt), Attempt)
            print(fetch("x"))


# What is no block.
with policy:  # E
    pass

with retry:  # E
    pass

for attempt in retry:  # E[bare]
    print(attempt)  # E[bare]

for attempt in fetch:  # E[function]
    print(attempt)  # E[function]

next(policy)  # E
retry(on=policy)  # E: !zuban
iter(retry)  # E
Attempt()  # E
Attempt(1)  # E


class Mine(Attempt):  # E
    pass
