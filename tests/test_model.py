"""A model of what becomes of a call, against all ways to make one."""

from __future__ import annotations

from typing import Any, NamedTuple

from conftest import ASYNC, MIXED, SYNC, Clock, Failing, Way
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anew import RetryError, retry


class Ours(Exception):
    """Is retried."""


class Theirs(Exception):
    """Is not."""


class Outcome(NamedTuple):
    kind: str
    calls: int
    waits: list[float]


def model(failures: list[Any], times: int | None, timeout: float | None, delay: float, backoff: str) -> Outcome:
    """What the documentation says, as a loop that a reader would write."""
    waits: list[float] = []
    growth = {"fixed": lambda n: 1, "linear": lambda n: n, "exponential": lambda n: 2 ** (n - 1)}[backoff]
    for num, failure in enumerate(failures, 1):
        if failure is Theirs:
            return Outcome("theirs", num, waits)
        if num == times:
            return Outcome("attempts", num, waits)
        wait = min(delay * growth(num), 10.0)
        if timeout is not None and sum(waits) + wait > timeout:
            return Outcome("timeout", num, waits)
        waits.append(wait)
    return Outcome("success", len(failures) + 1, waits)


# The clock is emptied by the test itself.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    way=st.sampled_from([*SYNC, *ASYNC, *MIXED]),
    failures=st.lists(st.sampled_from([Ours, Ours, Ours, Theirs]), max_size=6),
    times=st.none() | st.integers(1, 6),
    timeout=st.none() | st.sampled_from([0.5, 1.0, 3.0, 7.0, 30.0]),
    delay=st.sampled_from([0, 1.0, 2.5]),
    backoff=st.sampled_from(["fixed", "linear", "exponential"]),
    reraise=st.booleans(),
)
def test_outcomes(
    way: Way, failures: list[Any], times: Any, timeout: Any, delay: Any, backoff: Any, reraise: bool, clock: Clock
) -> None:
    """
    Calls, waits and the end are those of the model, for any failures and options.
    """
    clock.waits.clear()
    heard: list[Any] = []
    work = Failing(*failures)
    policy = retry(
        times=times,
        delay=delay,
        backoff=backoff,
        timeout=timeout,
        reraise=reraise,
        jitter=False,
        max_delay=10,
        on=Ours,
        on_retry=lambda num, exc: heard.append(num),
        on_success=lambda num: heard.append(("success", num)),
        on_failure=lambda error: heard.append((error.reason, error.attempts)),
    )
    try:
        way.run(policy, work)
    except Theirs:
        kind = "theirs"
    except RetryError as error:
        kind = error.reason
    except Ours as exc:
        notes = getattr(exc, "__notes__", [])
        assert len(notes) == (times != 1)  # one attempt is no retry, and says nothing
        kind = "timeout" if any("reason: timeout" in note for note in notes) else "attempts"
    else:
        kind = "success"

    expected = model(failures, times, timeout, delay, backoff)
    # A sync wait of zero seconds does not reach the clock.
    waits = [wait for wait in clock.waits if wait]
    assert expected._replace(waits=[wait for wait in expected.waits if wait]) == Outcome(kind, work.calls, waits)
    last = [] if kind == "theirs" else [(kind, expected.calls)]
    assert [*range(1, len(expected.waits) + 1), *last] == heard
