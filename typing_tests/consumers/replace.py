"""`policy.replace(...)` gives a policy of the same type, and leaves alone what carries types."""

from datetime import timedelta
from typing import assert_type

from anew import Options, Retry, RetryBudget, retry


def plain(url: str) -> bytes:
    return url.encode()


async def coroutine(url: str) -> bytes:
    return url.encode()


async def failed_async(num: int, exc: Exception) -> None:
    print(num, exc)


policy = retry(times=3, on=OSError)
changed: Options = {"times": 5}

assert_type(policy.replace(), Retry[None])
assert_type(policy.replace(times=5), Retry[None])
assert_type(policy.replace(times=None, delay=timedelta(seconds=1), backoff="fixed", jitter="full"), Retry[None])
assert_type(policy.replace(max_delay=None, timeout=10, reraise=True, replay="skip", name="x"), Retry[None])
assert_type(policy.replace(budget=RetryBudget()), Retry[None])
assert_type(policy.replace(budget=None), Retry[None])
assert_type(policy.replace(**changed), Retry[None])
assert_type(policy.replace(times=5)(plain)("x"), bytes)
assert_type(policy.replace(times=5).call(plain, "x"), bytes)
policy.replace(times=5)(plain)(1)  # E

policy.replace(on=ValueError)  # E
policy.replace(on_retry=print)  # E
policy.replace(on_success=print)  # E
policy.replace(on_failure=print)  # E
policy.replace(tims=5)  # E
policy.replace(5)  # E
policy.replace(times="5")  # E
policy.replace(delay="1")  # E
policy.replace(backoff="expo")  # E
policy.replace(jitter="ful")  # E
policy.replace(max_delay="1")  # E
policy.replace(timeout="1")  # E
policy.replace(reraise="yes")  # E
policy.replace(replay="skp")  # E
policy.replace(budget=5)  # E
policy.replace(name=1)  # E

# Async callbacks are not forgotten.
policy_async = retry(on_retry=failed_async).replace(times=5)
policy_async(plain)  # E


async def consumer() -> None:
    assert_type(await policy_async(coroutine)("x"), bytes)


# A policy is frozen, and has nothing else.
policy.times = 5  # E
policy.replac(times=5)  # E
policy.wraps(plain)  # E
