"""`any_of()`: one hook of exception types, functions and hooks of our own."""

from __future__ import annotations

import asyncio
import pickle
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from anew import RetryError, any_of, retry
from anew.transient import STATUSES, transient


class Mine(Exception):
    """An application's own."""


class Told(Exception):
    """A failure with a status and headers."""

    def __init__(self, status: int = 503, **headers: str) -> None:
        super().__init__(status)
        self.status_code = status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def never(exc: Exception) -> bool:
    return False


def always(exc: Exception) -> bool:
    return True


class TestAnswers:
    @pytest.mark.parametrize(
        ("parts", "answer"),
        [
            ([Mine], True),
            ([KeyError], False),
            ([KeyError, Mine], True),
            ([(KeyError, Mine)], True),
            ([{KeyError: 1, Mine: 2}], True),
            ([never], False),
            ([never, always], True),
            ([transient()], False),
            ([transient(), Mine], True),
            ([any_of(any_of(never, Mine))], True),
            ([lambda exc: 2], 2.0),
            ([lambda exc: 2, lambda exc: 3.5, never], 3.5),
            ([lambda exc: timedelta(seconds=4), Mine, always], 4.0),
            ([lambda exc: 0, Mine], 0.0),
            ([lambda exc: -1], 0.0),
        ],
    )
    def test_any_yes_is_a_yes(self, parts: list[Any], answer: Any) -> None:
        """
        Any yes is a yes, and the longest wait that is asked for holds.
        """
        assert answer == any_of(*parts)(Mine())
        assert type(answer) is type(any_of(*parts)(Mine()))

    def test_every_part_is_asked(self) -> None:
        """
        A part that has said yes does not keep the others from asking for a wait.
        """
        assert 7 <= any_of(Told, transient())(Told(retry_after="7")) <= 8.75
        assert 9.0 == any_of(transient(), lambda exc: 9)(Told(retry_after="7"))

    @pytest.mark.parametrize("headers", [{"retry_after": "61"}, {"x_should_retry": "false"}])
    @pytest.mark.parametrize("others", [[always], [Told], [lambda exc: 5], [any_of(Told)]])
    def test_a_servers_refusal_vetoes(self, headers: dict[str, str], others: list[Any]) -> None:
        """
        What the server refuses is not retried, whatever other parts say, in any order and at any depth.
        """
        error = Told(**headers)

        for hook in any_of(transient(), *others), any_of(*others, transient()), any_of(*others, any_of(transient())):
            assert hook(error) is False
            assert hook.judge(error) is None

    def test_an_answer_of_no_is_no_veto(self) -> None:
        """
        What one hook does not count as transient, another part may.
        """
        assert any_of(transient(), Told)(Told(404)) is True
        assert any_of(transient(statuses={*STATUSES, 404}), never)(Told(404)) is True

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            (None, TypeError),
            ("yes", TypeError),
            ([], TypeError),
            (float("nan"), ValueError),
            (float("inf"), ValueError),
        ],
    )
    def test_junk(self, answer: Any, error: type[Exception]) -> None:
        """
        An answer that means nothing is an error, as that of a function alone.
        """
        cause = Mine()
        with pytest.raises(
            error, match=r"^the answer of on must be a finite duration in seconds or as timedelta, True or False, got "
        ) as caught:
            any_of(lambda exc: answer)(cause)

        assert caught.value.__cause__ is cause

    def test_awaitables(self) -> None:
        """
        A coroutine is refused, and closed.
        """

        async def late() -> bool:
            return True

        with pytest.raises(TypeError, match=r"^the answer of on must be .* got <coroutine"):
            any_of(lambda exc: late())(Mine())


class TestNested:
    @pytest.mark.parametrize("reraise", [True, False])
    @pytest.mark.parametrize("parts", [[transient()], [ConnectionError], [always], [transient(), always, Exception]])
    def test_layers_do_not_multiply(self, parts: list[Any], reraise: bool, hopeless: Any, clock: Any) -> None:
        """
        What a retry further down gave up on is not retried again, by no kind of part.
        """
        work = hopeless()
        policy = retry(times=3, on=any_of(*parts), reraise=reraise)

        with pytest.raises((RetryError, ConnectionError)):
            policy.call(lambda: policy.call(lambda: policy.call(work)))

        assert 3 == work.calls

    def test_retry_errors_that_are_named(self, hopeless: Any, clock: Any) -> None:
        """
        A RetryError is retried if it is named, at any depth; a base of it names it not.
        """
        error = RetryError(3, ConnectionError())

        def calls(hook: Any, exc: Exception) -> int:
            work = hopeless(lambda: exc)
            with pytest.raises(type(exc)):
                retry(times=2, on=hook, reraise=True).call(work)
            return work.calls

        assert 2 == calls(any_of(RetryError), error)
        assert 2 == calls(any_of(any_of((RetryError, KeyError)), never), error)
        assert 1 == calls(any_of(Exception, always), error)
        assert 1 == calls(any_of(Exception), ExceptionGroup("", [error]))


class TestMaking:
    def test_types(self) -> None:
        """
        All types that are named are told, once each, those of hooks inside included.
        """
        hook: Any = any_of(Mine, transient(), any_of(KeyError, any_of((OSError, Mine))), always)

        assert (Mine, KeyError, OSError) == hook.types

    @pytest.mark.parametrize(
        ("hook", "text"),
        [
            (any_of(Mine), "any_of(Mine)"),
            (any_of(transient(), Mine, always), "any_of(transient(limit=60.0), Mine, always)"),
            (any_of([KeyError, Mine], any_of(never)), "any_of([KeyError, Mine], any_of(never))"),
            (any_of(partial(print, "secret")), "any_of(print)"),
        ],
    )
    def test_repr(self, hook: Any, text: str) -> None:
        """
        Its repr is how it was written.
        """
        assert text == repr(hook)

    def test_pickle(self) -> None:
        """
        It pickles, alone and in a policy, if its parts do.
        """
        hook = pickle.loads(pickle.dumps(any_of(transient(limit=5), (KeyError, ValueError))))

        assert "any_of(transient(limit=5.0), [KeyError, ValueError])" == repr(hook)
        assert hook(ValueError()) is True
        assert hook(Told(retry_after="6")) is False
        pickle.loads(pickle.dumps(retry(on=hook)))

    @pytest.mark.parametrize(
        ("error", "parts"),
        [
            (ValueError, []),
            (ValueError, [[]]),
            (TypeError, ["Mine"]),
            (TypeError, [b"Mine"]),
            (TypeError, [3]),
            (TypeError, [None]),
            (TypeError, [int]),
            (TypeError, [[int]]),
            (TypeError, [Mine()]),
            (TypeError, [[transient(), Mine]]),
            (TypeError, [lambda: True]),
            (TypeError, [transient]),
            (TypeError, [asyncio.sleep]),
            (TypeError, [list[Mine]]),
            (TypeError, [KeyboardInterrupt]),
            (TypeError, [[asyncio.CancelledError]]),
        ],
    )
    def test_wrong_parts(self, error: type[Exception], parts: list[Any]) -> None:
        """
        A wrong part fails where it is written, and the message says what is allowed.
        """
        with pytest.raises(
            error, match=r"^parts must be (one or more|an exception type|a plain function|subclasses of Exception)"
        ):
            any_of(*parts)
