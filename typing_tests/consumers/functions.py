"""Functions come back as themselves: parameters, defaults, names, return type."""

from typing import assert_type

from anew import retry


@retry(times=3)
def fetch(url: str, size: int = 1, *, strict: bool = False) -> bytes:
    return url.encode()[:size] if strict else b""


assert_type(fetch("x"), bytes)
assert_type(fetch("x", 2, strict=True), bytes)
assert_type(fetch(url="x", size=2), bytes)
assert_type(fetch.__name__, str)

fetch()  # E
fetch(1)  # E
fetch("x", "2")  # E
fetch("x", 2, True)  # E
fetch("x", stric=True)  # E
fetch("x").encode()  # E
text: str = fetch("x")  # E


@retry(times=3)
def total(*numbers: int, **named: float) -> float:
    return sum(numbers) + sum(named.values())


assert_type(total(), float)
assert_type(total(1, 2, three=3.0), float)

total("1")  # E
total(three="3")  # E


@retry(times=3)
def keyword_only(*, url: str) -> bytes:
    return url.encode()


assert_type(keyword_only(url="x"), bytes)

keyword_only("x")  # E
keyword_only(uri="x")  # E


@retry(times=3)
def positional_only(url: str, /) -> bytes:
    return url.encode()


assert_type(positional_only("x"), bytes)

positional_only(url="x")  # E


@retry(times=3)
def nothing() -> None:
    return None


done: None = nothing()
number: int = nothing()  # E

# Not functions at all.
retry(times=3)(5)  # E
retry(times=3)("fetch")  # E
retry(times=3)(fetch("x"))  # E
retry(times=3)(fetch, fetch)  # E
retry(times=3)()  # E
