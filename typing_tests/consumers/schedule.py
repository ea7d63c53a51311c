"""`policy.schedule(n)`: the waits of a policy as a tuple of named tuples."""

from collections.abc import Sequence
from typing import assert_type

from anew import retry

policy = retry(times=5, on=OSError)


async def failed_async(num: int, exc: Exception) -> None:
    print(num, exc)


schedule = policy.schedule(5)
assert_type(retry(on_retry=failed_async).schedule(3)[0].mean, float | None)

for wait in schedule:
    assert_type(wait.lowest, float)
    assert_type(wait.mean, float | None)
    assert_type(wait.highest, float)
    lowest, mean, highest = wait
    assert_type((lowest, mean, highest), tuple[float, float | None, float])
    print(wait.longest)  # E
    wait.mean = 1.0  # E
    lowest, highest = wait  # E

for lowest, mean, highest in schedule:
    assert_type(lowest + highest, float)
    assert_type(mean, float | None)
    print(lowest + mean)  # E

# It is a tuple.
assert_type(len(schedule), int)
assert_type(schedule[0].highest, float)
assert_type(schedule[-1][0], float)
assert_type([wait.mean for wait in schedule[1:]], list[float | None])
assert_type(sum((wait.highest for wait in schedule), 0.0), float)
assert_type(max(schedule).highest, float)
waits: tuple[tuple[float, float | None, float], ...] = schedule
sequence: Sequence[tuple[float, float | None, float]] = schedule
print(schedule == policy.schedule(5), {schedule: policy})
schedule[0] = schedule[1]  # E
schedule.append(schedule[0])  # E
schedule[0].mean = 1.0  # E
print(schedule["wait"])  # E
print(schedule.mean)  # E

policy.schedule()  # E
policy.schedule("5")  # E
policy.schedule(5.0)  # E
policy.schedule(None)  # E
policy.schedule(5, 6)  # E
policy.schedule(n=5)  # E
retry.schedule(5)  # E
