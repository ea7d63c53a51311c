"""The type of the exception that `on_retry` hears of comes from `on`; a narrower callback is refused."""

from collections.abc import Iterable
from typing import Any

from anew import retry


class Unavailable(Exception):
    retry_after: float = 1.0


class Busy(Unavailable):
    queue: int = 0


def any_error(num: int, exc: Exception) -> None:
    print(num, exc)


def base_error(num: int, exc: BaseException) -> None:
    print(num, exc)


def value_error(num: int, exc: ValueError) -> None:
    print(num, exc)


def unavailable(num: int, exc: Unavailable) -> None:
    print(num, exc.retry_after)


def busy(num: int, exc: Busy) -> None:
    print(num, exc.queue)


def os_or_value_error(num: int, exc: OSError | ValueError) -> None:
    print(num, exc)


def key_or_index_error(num: int, exc: KeyError | IndexError) -> None:
    print(num, exc)


# One type.
retry(on=ValueError, on_retry=value_error)
retry(on=ValueError, on_retry=any_error)
retry(on=ValueError, on_retry=os_or_value_error)
retry(on=Busy, on_retry=unavailable)
retry(on=ValueError, on_retry=lambda num, exc: print(num.bit_length(), exc.args))
retry(on=Busy, on_retry=lambda num, exc: print(exc.queue, exc.retry_after))
retry(on=Unavailable, on_retry=busy)  # E
retry(on=Exception, on_retry=value_error)  # E
retry(on=KeyError, on_retry=value_error)  # E
retry(on=Unavailable, on_retry=lambda num, exc: print(exc.queue))  # E: !zuban
retry(on=Unavailable, on_retry=lambda num, exc: print(num.queue))  # E: !zuban

# zuban takes the exception from the callback here.
retry(on=ValueError, on_retry=base_error)  # E: zuban

# Tuples, lists, sets of types.
retry(on=(ValueError,), on_retry=value_error)
retry(on=[Busy], on_retry=unavailable)
retry(on={ValueError}, on_retry=value_error)
retry(on=frozenset({ValueError}), on_retry=value_error)
retry(on=(Busy, Unavailable), on_retry=unavailable)
retry(on=[Busy, Unavailable], on_retry=unavailable)
retry(on={Busy, Unavailable}, on_retry=unavailable)
retry(on=[OSError, ValueError], on_retry=any_error)
retry(on=(Unavailable,), on_retry=busy)  # E
retry(on=[Unavailable], on_retry=busy)  # E
retry(on={Unavailable}, on_retry=busy)  # E
retry(on=(Busy, Unavailable), on_retry=busy)  # E
retry(on=[Busy, Unavailable], on_retry=busy)  # E
retry(on={Busy, Unavailable}, on_retry=busy)  # E
retry(on=[OSError, ValueError], on_retry=value_error)  # E
retry(on=(OSError, ValueError), on_retry=value_error)  # E
retry(on=(Busy, Unavailable), on_retry=lambda num, exc: print(exc.queue))  # E: !zuban
retry(on=[Busy, Unavailable], on_retry=lambda num, exc: print(exc.retry_after))

# mypy, and zuban with mypy's options, join different types to what they have in common.
retry(on=[OSError, ValueError], on_retry=os_or_value_error)  # E: mypy, zuban
retry(on=(OSError, ValueError), on_retry=os_or_value_error)  # E: mypy, zuban
retry(on={KeyError, IndexError}, on_retry=key_or_index_error)  # E: mypy, zuban


def declared(one: type[Busy], some: Iterable[type[Busy]], many: tuple[type[OSError] | type[ValueError], ...]) -> None:
    retry(on=one, on_retry=busy)
    retry(on=some, on_retry=busy)
    retry(on=many, on_retry=os_or_value_error)  # E: zuban
    retry(on=many, on_retry=value_error)  # E
    retry(on=(kind for kind in some), on_retry=busy)


# A hook may be asked about any exception.
def decides(exc: Exception) -> bool:
    return isinstance(exc, Busy)


def waits(exc: Exception) -> float | bool:
    return exc.retry_after if isinstance(exc, Unavailable) else False


retry(on=decides, on_retry=any_error)
retry(on=waits, on_retry=any_error)
retry(on=lambda exc: bool(exc.args), on_retry=any_error)
retry(on=decides, on_retry=lambda num, exc: print(num.bit_length(), exc.args))
retry(on=decides, on_retry=busy)  # E
retry(on=lambda exc: bool(exc.args), on_retry=busy)  # E
retry(on=decides, on_retry=lambda num, exc: print(exc.queue))  # E: !zuban

# The default is Exception.
retry(on_retry=any_error)
retry(on_retry=base_error)
retry(on_retry=lambda num, exc: print(num.bit_length(), exc.args))
retry(on_retry=busy)  # E
retry(on_retry=lambda num, exc: print(exc.queue))  # E: !zuban


def not_annotated_precisely(num: Any, exc: Any) -> None:
    print(num, exc)


retry(on=ValueError, on_retry=not_annotated_precisely)
retry(on=[ValueError, OSError], on_retry=not_annotated_precisely)
retry(on_retry=not_annotated_precisely)
