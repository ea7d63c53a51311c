r"""An exception in one line that can be shown to anybody who may read a log.

Law: no `repr`, no line but the first, no control character, and no part of a URL that lets its holder in. What cannot
be shown safely is not shown: a description never fails.

The texts are made by clients and servers, so no grammar of URLs holds. What is hidden goes rather too far than not far
enough, but a text without URLs stays as it is.
- Queries and what is written like one, up to the next space: `/x?token=1&b=2`, `#access_token=1`, `;password=1`. A
  space inside of a query ends it, but what follows usually has another `&key=`. Quotes and brackets at the end stay.
- The user part of URLs, up to the last `@` before the path. Passwords are pasted into URLs without escapes, so one may
  hold a `/`; it is told from a port by what is no number.
- Both also in URLs that are escaped in others (`%2F%2Fuser%3Apw%40host%3Fkey%3D1`), or in JSON (`http:\/\/...`).
- The credentials of an HTTP header, which are quoted by clients that refuse to send it.
"""

from __future__ import annotations

from typing import Any, cast

_LONGEST, _LONGEST_MEMBER, _MEMBERS = 200, 60, 3
_LOOKED_AT = 1000  # characters; a server may have sent megabytes, or what is slow to search
_USER_PART = (
    r"(//|\\/\\/|%2F%2F)"
    r"""(?:[^\s/?#]*(?:@|%40)|[^\s/?#:@[]*:(?!\d{1,5}(?:[/?#\s"')\]>,.;]|$))\S*(?:@|%40))"""
)
_SECRETS = (
    (_USER_PART, r"\1...@"),
    (r"""(\?|%3F|[#;&](?=[\w.%\[\]-]+=))\S*[^\s"')\]}>,.:;\\]""", r"\1..."),
    (r"\b(bearer|basic) (?=\S*[\d=])[^\s\"',]{8,}", r"\1 ..."),
)


def describe(exc: BaseException, *, longest: int = _LONGEST, members: int = _MEMBERS) -> str:
    """Return the class name and the first line of the text, safe to show; of a group also the first members.

    Parameters:
        exc: the exception; of gRPC, whose text has many lines, status and details are shown.
        longest: at most so many characters of text.
        members: at most so many members of a group.
    """
    name = _printable(type(exc).__name__)
    try:
        text = _first_line(_status(exc) or str(exc))
        if issubclass(type(exc), BaseExceptionGroup):
            inner = [describe(one, longest=_LONGEST_MEMBER, members=0) for one in cast("Any", exc).exceptions[:members]]
            text = ": ".join(filter(None, (text, "; ".join(inner))))
    except Exception:
        text = "<no text: its str() failed>"
    text = text if len(text) <= longest else f"{text[: longest - 3]}..."
    return f"{name}: {text}" if text else name


def _status(exc: Any) -> str | None:
    """Return status and details of an exception that looks like one of gRPC: `UNAVAILABLE: connection refused`."""
    try:
        status, details = cast("Any", type(exc)).code(exc).name, exc.details()  # of the class: a property may warn
    except Exception:
        return None
    return f"{status}: {details}" if details else f"{status}"


def _first_line(text: str) -> str:
    import re

    line = (text.strip().splitlines() or [""])[0]
    # A user part that is cut in the middle has lost its `@`.
    line = _printable(line if len(line) <= _LOOKED_AT else f"{line[:_LOOKED_AT]}@")
    for pattern, shown in _SECRETS:
        line = re.sub(pattern, shown, line, flags=re.IGNORECASE)
    return line


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
