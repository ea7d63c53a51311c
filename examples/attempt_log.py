"""Prints one row for each attempt, as it ends: its number, the wait before it, and what came of it.

`on_retry`, `on_success` and `on_failure` tell what came of it. The wait is measured, not computed: from hearing of the
failure to the moment httpx sends the next request.
"""

import textwrap
import time
from collections.abc import Callable
from typing import Any

import httpx

from anew import RetryError


class AttemptLog:
    """For one call at a time; `title` begins the next."""

    def __init__(self) -> None:
        # For the clients: `event_hooks=log.hooks`, and for async ones `event_hooks=log.async_hooks`.
        self.hooks: dict[str, list[Callable[..., Any]]] = {"request": [self._sending]}
        self.async_hooks: dict[str, list[Callable[..., Any]]] = {"request": [self._async_sending]}
        self.failures: list[Exception] = []
        self.waits: list[float] = []
        self._failed_at = 0.0

    def title(self, text: str) -> None:
        self.failures.clear()
        self.waits.clear()
        self._failed_at = 0.0
        print(f"\n{text}\n\n  attempt  waited  outcome")

    def failed(self, attempt: int, exc: Exception) -> None:
        """For `on_retry`."""
        self.failures.append(exc)
        self._row(attempt, describe(exc))
        self._failed_at = time.perf_counter()

    def succeeded(self, attempts: int) -> None:
        """For `on_success`."""
        self._row(attempts, "success")

    def gave_up(self, error: RetryError) -> None:
        """For `on_failure`."""
        self._row(error.attempts, describe(error.last_exception))

    def _sending(self, request: httpx.Request) -> None:
        if self._failed_at:
            self.waits.append(time.perf_counter() - self._failed_at)

    async def _async_sending(self, request: httpx.Request) -> None:
        self._sending(request)

    def _row(self, attempt: int, outcome: str) -> None:
        waited = f"{self.waits[-1]:.2f} s" if self.waits else ""
        row = f"  {attempt:^7}  {waited:>6}  {outcome}"
        print(textwrap.fill(row, width=100, subsequent_indent=" " * 19), flush=True)


def describe(exc: BaseException) -> str:
    """The failure in one line, in the words of whoever found it: anyio leaves them to the error below its own."""
    if isinstance(exc, httpx.HTTPStatusError):
        after = exc.response.headers.get("Retry-After")
        status = f"{exc.response.status_code} {exc.response.reason_phrase}"
        return status if after is None else f"{status}, Retry-After: {after}"
    if isinstance(exc, httpx.TimeoutException):
        return f"{type(exc).__name__}: no answer in time"
    text, below = str(exc), exc.__cause__ or exc.__context__
    while not text and below:
        text, below = str(below), below.__cause__ or below.__context__
    return f"{type(exc).__name__}: {text}"
