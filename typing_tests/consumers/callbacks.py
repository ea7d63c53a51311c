"""Callbacks must take what they are called with, and return nothing."""

from anew import RetryError, retry


class Watch:
    def failed(self, num: int, exc: ValueError) -> None:
        print(num, exc)

    def succeeded(self, attempts: int, *, loud: bool = False) -> None:
        print(attempts, loud)

    def gave_up(self, error: RetryError) -> None:
        print(error)

    def __call__(self, num: int, exc: Exception) -> None:
        print(num, exc)


def failed(num: int, exc: Exception) -> None:
    print(num, exc)


def succeeded(attempts: int) -> None:
    print(attempts)


def gave_up(error: RetryError) -> None:
    print(error)


def gave_up_with_anything(error: object) -> None:
    print(error)


def flexible(*args: object) -> None:
    print(args)


def none() -> None:
    pass


def one(num: int) -> None:
    print(num)


def three(num: int, exc: Exception, more: str) -> None:
    print(num, exc, more)


def named(*, num: int, exc: Exception) -> None:
    print(num, exc)


def text(num: str, exc: Exception) -> None:
    print(num, exc)


def swapped(exc: Exception, num: int) -> None:
    print(num, exc)


def counts(num: int, exc: Exception) -> int:
    return num


def any_success(attempts: str) -> None:
    print(attempts)


def narrow_failure(error: ValueError) -> None:
    print(error)


watch = Watch()
retry(on_retry=failed, on_success=succeeded, on_failure=gave_up)
retry(on=ValueError, on_retry=watch.failed, on_success=watch.succeeded, on_failure=watch.gave_up)
retry(on_retry=watch, on_failure=gave_up_with_anything)
retry(on_retry=flexible, on_success=flexible, on_failure=flexible)
retry(on_retry=None, on_success=None, on_failure=None)
retry(on=ValueError, on_retry=None)
retry(on_success=lambda attempts: print(attempts.bit_length()))
retry(on_failure=lambda error: print(error.last_exception))

retry(on_retry=none)  # E
retry(on_retry=one)  # E
retry(on_retry=three)  # E
retry(on_retry=named)  # E
retry(on_retry=text)  # E
retry(on_retry=swapped)  # E
retry(on_retry=counts)  # E
retry(on_retry="failed")  # E
retry(on_retry=lambda: print())  # E
retry(on_retry=lambda num: print(num))  # E
retry(on=ValueError, on_retry=none)  # E
retry(on=ValueError, on_retry=one)  # E
retry(on=ValueError, on_retry=three)  # E
retry(on=ValueError, on_retry=text)  # E
retry(on=ValueError, on_retry=counts)  # E
retry(on=ValueError, on_retry="failed")  # E

retry(on_success=none)  # E
retry(on_success=failed)  # E
retry(on_success=any_success)  # E
retry(on_success="succeeded")  # E
retry(on_success=len)  # E
retry(on_success=lambda attempts: print(attempts.missing))  # E: !zuban

retry(on_failure=none)  # E
retry(on_failure=failed)  # E
retry(on_failure=succeeded)  # E
retry(on_failure=narrow_failure)  # E
retry(on_failure=lambda error: print(error.attempt))  # E: !zuban
