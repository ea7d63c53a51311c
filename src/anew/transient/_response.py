"""What a failed response says: its status, and when it wants to be asked again.

Law: no client is imported. A response is known by its looks, wherever an exception keeps it; and all of it is somebody
else's object, which may lack what we ask for, raise when asked, or be a mock. Then it says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any, cast

# The later names also stand for other things; the first that is an integer counts.
_STATUS = ("status_code", "http_status", "status", "code")

_FAILURES = range(400, 600)

# Server and client may disagree about the time by this many seconds. If it is more, the response is an old one.
_SKEW = 3600.0

# More than any server sends; headers that have no end are none.
_MOST_HEADERS = 1000

# Finite, also with jitter on top.
_LONGEST = 1e300


def status_of(exc: BaseException) -> int | None:
    """The status that makes this a failure."""
    return next((status for status, _ in _responses(exc) if status in _FAILURES), None)


def asked_wait(exc: BaseException, now: float) -> float | None:
    """The seconds that `Retry-After` asks for, the longest where it asks several times.

    `now` is the time in seconds since 1970.
    """
    waits: list[float] = []
    for _, headers in _responses(exc):
        for value in _values(headers, "retry-after"):
            waits += [wait for field in _split(value) if (wait := _wait(field, headers, now)) is not None]
    return max(waits, default=None)


def attribute(thing: object, name: str) -> Any:
    """The attribute, or `None` if there is none to be had."""
    try:
        return getattr(thing, name, None)
    except Exception:
        return None


def item(thing: object, key: str) -> Any:
    """The value in a dictionary, or `None` if it is not there, or this is no dictionary."""
    return dict[str, Any].get(cast("dict[str, Any]", thing), key) if issubclass(type(thing), dict) else None


def _responses(exc: BaseException) -> Iterator[tuple[int | None, Any]]:
    """Status and headers, from each place where clients keep them."""
    response = attribute(exc, "response")
    for one in (response, exc):
        statuses = (_integer(attribute(one, name)) for name in _STATUS)
        yield next((status for status in statuses if status is not None), None), attribute(one, "headers")
    metadata = item(response, "ResponseMetadata")  # botocore
    yield _integer(item(metadata, "HTTPStatusCode")), item(metadata, "HTTPHeaders")


def _integer(value: object) -> int | None:
    # isinstance() believes mocks.
    return int.__int__(cast("int", value)) if issubclass(type(value), int) and type(value) is not bool else None


def _values(headers: object, name: str) -> list[str]:
    """What stands under this name, in capitals or not: in a mapping, in pairs, or where one has to ask by name."""
    values: list[str] = []
    source: Any = headers
    looks = type(headers)  # a mock has all attributes, its class has not
    with suppress(Exception):
        for key, value in islice(source.items() if hasattr(looks, "items") else source, _MOST_HEADERS):
            if _text(key).lower() == name:
                values.append(_text(value))
    if not values:
        for spelling in (name, name.title()):
            with suppress(Exception):
                values.append(_text(source.get(spelling) if hasattr(looks, "get") else source[spelling]))
    return [value.strip() for value in values]


def _text(value: Any) -> str:
    if issubclass(type(value), str):
        return str.__str__(value)
    if issubclass(type(value), bytes):
        return bytes.decode(value, "latin-1")
    return str(value) if type(value) in (int, float) else ""


def _split(value: str) -> list[str]:
    """The fields of a header that came several times, and was joined with commas; the weekday of a date has one too."""
    fields, parts = list[str](), list[str]()
    for part in value.split(","):
        if parts or part:
            parts.append(part)
        if any(character.isdigit() for character in part):
            fields.append(",".join(parts))
            parts = list[str]()
    fields.append(",".join(parts))
    return [field.strip() for field in fields]


def _wait(field: str, headers: object, now: float) -> float | None:
    whole, dot, fraction = field.partition(".")
    if field.isascii() and whole.isdecimal() and (fraction.isdecimal() or not dot):
        return min(float(field), _LONGEST)
    date = _date(field)
    if date is None:
        return None
    # Where the server says what time it is, a clock that is wrong, here or there, does no harm.
    for value in _values(headers, "date"):
        sent = _date(value)
        if sent is not None and abs(sent - now) <= _SKEW:
            return max(0.0, date - sent)
    return max(0.0, date - now)


def _date(field: str) -> float | None:
    """Seconds since 1970, from any of the formats of RFC 9110, section 5.6.7; without a zone it is GMT."""
    if not field.isascii():
        return None
    for text in (field, f"{field} GMT"):  # one of the formats is not understood without it
        with suppress(Exception):
            from datetime import UTC
            from email.utils import parsedate_to_datetime

            date = parsedate_to_datetime(text)
            return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    return None
