"""What worker processes run: importable by name in a fresh interpreter."""

from __future__ import annotations

from anew import retry


class Picky(Exception):
    """Cannot be unpickled: its argument is required, and not in `args`."""

    def __init__(self, *, code: int) -> None:
        super().__init__(f"code {code}")
        self.code = code


@retry(times=2, delay=0)
def fail(number: int) -> None:
    """Fail with an exception that pickles."""
    raise ConnectionError("service down", number)


@retry(times=2, delay=0)
def fail_picky(number: int) -> None:
    """Fail with an exception that does not."""
    raise Picky(code=number)
