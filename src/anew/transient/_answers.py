"""What servers answer: a status, and whether and when they want to be asked again.

Sources: RFC 9110, sections 5.6.7, 10.2.3 and 15; RFC 9651 and the IETF's draft of RateLimit header fields; the headers
of Azure, OpenAI, Stripe, GitHub and Discord; gRPC's proposal A6; google/rpc/error_details.proto.

Law: all of it is somebody else's text. What cannot be read is not there, and every number is finite. A number is a
status only where it is called so, or where headers, a response or an address stand beside it: a `code` may be anything.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, islice
from typing import Any, TypeAlias

from anew._checks import seconds

from ._looks import ANSWERS, BESIDE, STATUS, WAITS, Seen, attribute, called, class_of, each, integer_of, item, text_of

Headers: TypeAlias = dict[str, list[Any]]

# More headers than any server sends: what has no end is none.
_FAILURES, _MOST = range(400, 600), 1000
_ORDERS, _IN_MS = ("x-should-retry", "stripe-should-retry"), ("retry-after-ms", "x-ms-retry-after-ms")
_PUSHBACK, _PACKED = "grpc-retry-pushback-ms", ("grpc-status-details-bin", "google.rpc.retryinfo-bin")
_NAMES = ("retry-after", "date", *_ORDERS, *_IN_MS, _PUSHBACK, *_PACKED)
_COMMA = re.compile(r"(?i)(?<!mon|tue|wed|thu|fri|sat|sun|day),")  # of several fields, and not that of a date
# Clocks may differ by so many seconds, or the response is an old one. What is asked is finite, also with jitter on top.
_SKEW, _LONGEST = 3600.0, 1e300
# A number between the first two is no wait of 31 years, but a time since 1970, in seconds up to the third.
_EPOCH, _EPOCHS, _SECONDS = 1e9, 1e21, 1e11
_NUMBER, _PARTS = re.compile(r"[0-9]+(?:\.[0-9]+)?"), re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|h|m|s)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_NONE_LEFT, _RESET = re.compile(r";\s*r=0\s*(?:;|$)"), re.compile(r";\s*t=([0-9]+)")
# RetryInfo is one duration, and that seconds and nanoseconds, in the wire format of Protocol Buffers.
_VARINT = rb"([\x80-\xff]*[\x00-\x7f])"
_RETRY_INFO = re.compile(rb"(?s)(?:google\.rpc\.RetryInfo\x12.|^)\x0a.(?:\x08%b)?(?:\x10%b)?" % (_VARINT, _VARINT))


def status_of(seen: Seen, wanted: frozenset[int]) -> int | None:
    """Return the status that makes this a failure, or that is wanted."""
    response, own = seen.get("response"), STATUS[: 2 if seen.names.isdisjoint(BESIDE) else 4]
    places = ((response, STATUS), (seen.thing, own), (seen.get("meta"), STATUS))  # the last: elastic's
    numbers = (integer_of(attribute(place, name)) for place, names in places if place is not None for name in names)
    botocores = integer_of(item(item(response, "ResponseMetadata"), "HTTPStatusCode"))
    return next((one for one in numbers if one is not None and (one in wanted or one in _FAILURES)), botocores)


def order_of(seen: Seen, now: float) -> tuple[bool | None, float | None]:
    """Return whether a server says to come again, and the seconds that it asks to wait; `now`: seconds since 1970."""
    again: bool | None = None
    if seen.names.isdisjoint(ANSWERS) and class_of(seen.thing) is not dict:
        return None, None
    explicit, implicit = [own_wait(seen), *_retry_delays(seen.get("details"), depth=4)], list[float | None]()
    response, meta = seen.get("response"), seen.get("meta")
    metadata = item(seen.thing if response is None else response, "ResponseMetadata")
    sources = [attribute(place, "headers") for place in (response, seen.thing, meta) if place is not None]
    sources += [seen.get("resp_headers"), item(metadata, "HTTPHeaders")]  # websocket-client's, botocore's
    is_grpc = text_of(attribute(class_of(seen.thing), "__module__")).startswith("grpc")
    sources.append(called(seen.thing, "trailing_metadata") if is_grpc else None)
    for headers in [_read(source) for source in sources if source is not None]:
        for name in _ORDERS:
            again = {"true": True, "false": False}.get(_text(headers, name).lower(), again)
        pushback = _text(headers, _PUSHBACK)
        again = pushback.isdecimal() if pushback else again
        explicit += _asked(headers, now)
        implicit += _resets(headers, now)
    # What is said of the quota counts where nothing is said of this request.
    waits = [one for one in explicit if one is not None] or [one for one in implicit if one is not None]
    return again, min(max(waits), _LONGEST) if waits else None


def own_wait(seen: Seen) -> float | None:
    """Return the wait that is an attribute: Telegram's (whose public one warns), Discord's and others'."""
    waits = (seconds(seen.get(name)) for name in WAITS if name in seen.names)
    return next((wait for wait in waits if wait is not None and 0 <= wait < _LONGEST), None)


def _read(source: Any) -> Headers:
    """What matters here, from a mapping, from pairs, or from an object that has to be asked by name."""
    found: Headers = {}
    with suppress(Exception):  # a mock has all attributes, its class has not
        for key, value in islice(source.items() if hasattr(class_of(source), "items") else source, _MOST):
            found.setdefault(text_of(key).lower(), []).append(value)
    for name in () if found else (*_NAMES, *map(str.title, _NAMES)):
        with suppress(Exception):
            value = source.get(name) if hasattr(class_of(source), "get") else source[name]
            found.setdefault(name.lower(), []).extend([value] if text_of(value) else [])
    return found


def _text(headers: Headers, name: str) -> str:
    return text_of(next(iter(headers.get(name, ())), None)).strip()


def _asked(headers: Headers, now: float) -> Iterator[float | None]:
    for value in (_text(headers, name) for name in (*_IN_MS, _PUSHBACK)):
        yield float(value) / 1000 if _NUMBER.fullmatch(value) else None
    for field in _COMMA.split(",".join(map(text_of, headers.get("retry-after", ())))):
        yield _wait(field, headers, now)
    for value in chain.from_iterable(headers.get(name, ()) for name in _PACKED):
        if found := _RETRY_INFO.search(value) if type(value) is bytes else None:
            parts = [sum((byte & 0x7F) << 7 * at for at, byte in enumerate(part or b"")) for part in found.groups()]
            yield min(parts[0], 10**12) + min(parts[1], 10**9) / 1e9


def _resets(headers: Headers, now: float) -> Iterator[float | None]:
    """The time until there is more, where nothing remains."""
    for one in ",".join(map(text_of, headers.get("ratelimit", ()))).split(","):
        reset = _RESET.search(one)
        yield float(reset[1]) if reset and _NONE_LEFT.search(one) else None
    for name in [name for name in headers if "rate" in name and "reset" in name]:
        left = _text(headers, name.replace("reset-after", "reset").replace("reset", "remaining"))
        if _NUMBER.fullmatch(left) and float(left) == 0:
            yield _wait(_text(headers, name), headers, now)


def _wait(value: str, headers: Headers, now: float) -> float | None:
    field = value.strip().strip('"').strip()
    if _NUMBER.fullmatch(field):
        number = float(field)
        while _SECONDS < number < _EPOCHS:
            number /= 1000
        return max(0.0, number - now) if _EPOCH < float(field) < _EPOCHS else number
    length, date = _length(field), _date(field)
    if length is not None or date is None:
        return length
    # Where the server says what time it is, a clock that is wrong, here or there, does no harm.
    sent = _date(_text(headers, "date"))
    return max(0.0, date - (sent if sent is not None and abs(sent - now) <= _SKEW else now))


def _length(field: str) -> float | None:
    parts: list[tuple[str, str]] = _PARTS.findall(field)
    whole = bool(parts) and "".join(map("".join, parts)) == field
    return sum(float(number) * _UNITS[unit] for number, unit in parts) if whole else None


def _date(field: str) -> float | None:
    """Seconds since 1970, from any of the formats of RFC 9110; without a zone it is GMT."""
    with suppress(Exception):
        from datetime import UTC
        from email.utils import parsedate_to_datetime

        date = parsedate_to_datetime(field.encode("ascii").decode().removesuffix(" GMT") + " GMT")
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    return None


def _retry_delays(details: Any, depth: int) -> Iterator[float | None]:
    """Google's `RetryInfo`: as JSON, as a message, or in a list of either."""
    yield _length(text_of(item(details, "retryDelay")))
    for one in each(details) if depth else ():
        yield from _retry_delays(one, depth - 1) if type(one) not in (str, int) else ()
    delay = attribute(details, "retry_delay")
    whole, part = integer_of(attribute(delay, "seconds")), integer_of(attribute(delay, "nanos"))
    yield None if whole is None or not 0 <= whole < _SECONDS else whole + (part or 0) / 1e9
