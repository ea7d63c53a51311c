"""What one judgement of `transient()` costs: at most 20 us for a chain of three."""

from __future__ import annotations

import timeit
from itertools import pairwise
from types import SimpleNamespace

from anew.transient import transient


def chain(*errors: Exception) -> Exception:
    """Each raised from the next."""
    for error, cause in pairwise(errors):
        error.__cause__ = cause
    return errors[0]


class StatusError(Exception):
    """As HTTP clients have them."""

    def __init__(self, count: int) -> None:
        super().__init__("503")
        headers = {f"X-Header-{number}": "value" for number in range(count)} | {"Retry-After": "5"}
        self.response = SimpleNamespace(status_code=503, headers=headers)


def library(module: str, name: str) -> Exception:
    """An error as that library's."""
    return type(name, (Exception,), {"__module__": module})("Connection error")


FAILURES = {
    "three connection errors": chain(
        library("openai", "APIConnectionError"), library("httpx", "NetworkError"), ConnectionResetError(104, "reset")
    ),
    "a status with 15 headers": StatusError(15),
    "an application's own": ValueError("?"),
    "an application's own, from a reset": chain(ValueError("?"), ConnectionResetError(104, "reset")),
}


def main() -> None:
    """Print the least time of many."""
    hook = transient()
    for what, error in FAILURES.items():
        best = min(timeit.repeat(lambda error=error: hook(error), number=500, repeat=100)) / 500
        print(f"{what:40}{best * 1e6:6.1f} us")


if __name__ == "__main__":
    main()
