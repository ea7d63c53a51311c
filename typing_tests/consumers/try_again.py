"""`TryAgain`: how it is raised, and that it does not change what `on_retry` is told."""

from datetime import timedelta
from typing import assert_type

from anew import RetryError, TryAgain, retry


class Job:
    pending: bool = True
    retry_after: float | None = None

    def status(self) -> str:
        return "pending" if self.pending else "done"


@retry(times=10, on=ConnectionError)
def wait_for(job: Job) -> str:
    if job.pending:
        raise TryAgain
    return job.status()


@retry(times=10)
async def wait_for_async(job: Job) -> str:
    if job.pending:
        raise TryAgain("not yet", after=job.retry_after)
    return job.status()


def from_cause(job: Job) -> str:
    try:
        return job.status()
    except KeyError as exc:
        raise TryAgain(after=2) from exc


assert_type(wait_for(Job()), str)
error: Exception = TryAgain()
assert_type(TryAgain().after, float | None)
TryAgain("not yet")
TryAgain(message="not yet")
TryAgain(after=2)
TryAgain(after=0.5)
TryAgain(after=timedelta(seconds=2))
TryAgain(after=None)
TryAgain("not yet", after=2.0)

TryAgain(2.0)  # E
TryAgain("not yet", 2.0)  # E
TryAgain(None)  # E
TryAgain(OSError())  # E
TryAgain(after="2")  # E
TryAgain(after=(1, 2))  # E
TryAgain(wait=2)  # E
TryAgain("not yet").after = 2.0  # E
TryAgain("not yet").wait()  # E
print(TryAgain().attempts)  # E
raised = TryAgain(after=2)
round(raised.after)  # E


def caught(job: Job) -> None:
    try:
        wait_for(job)
    except TryAgain as again:
        assert_type(again.after, float | None)
    except RetryError as err:
        assert_type(err.last_exception, Exception)
        if isinstance(err.last_exception, TryAgain):
            assert_type(err.last_exception.after, float | None)


class NotReady(TryAgain):
    def __init__(self, job: Job) -> None:
        super().__init__(job.status(), after=job.retry_after)
        self.job = job


# What `on_retry` is told of is typed by `on` alone.
def failed(num: int, exc: ConnectionError) -> None:
    print(num, exc)


def again(num: int, exc: TryAgain) -> None:
    print(num, exc.after)


retry(on=ConnectionError, on_retry=failed)
retry(on=[ConnectionError, TimeoutError], on_retry=lambda num, exc: print(num, exc.errno))
retry(on=TryAgain, on_retry=again)
retry(on=NotReady, on_retry=again)
retry(on=NotReady, on_retry=lambda num, exc: print(num, exc.job))
retry(on_retry=again)  # E
retry(on=ConnectionError, on_retry=again)  # E
