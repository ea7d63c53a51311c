"""The judgement: is this failure worth another attempt, and when?

Law: judged in this order: an order of the server to stop; what somebody below has retried already; an order of the
server to retry; the most telling exception of the chain; else it is not ours.
"""

import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Any

from . import _calls, _databases, _http, _sdks, _sockets
from ._answers import order_of, own_wait, status_of
from ._looks import LONGEST_CHAIN, Kind, Look, Seen, attribute, says

STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 527, 529})
"""The HTTP statuses that may be different the next time.

Those of RFC 9110 and RFC 6585, of Cloudflare (520 to 524, 527), and 529 for servers that are overloaded.
"""

# A failure that lasts, unless the server says until when, as GitHub does.
_WITH_A_WAIT = frozenset({403, 409, 413, 423})

# Before names that do not say `yes`.
_MARKS: dict[str, Kind] = {"!": "never", "*": "spent", ">": "inside", "?": "either"}
_ROWS: dict[tuple[str, str], Kind | Look] = {}
for _family in (_sockets, _http, _sdks, _databases, _calls):
    for _packages, _names in _family.ROWS.items():
        _marked = [(name.lstrip("!*>?"), _MARKS.get(name[0], "yes")) for name in _names.split()]
        _ROWS |= {(package, name): kind for package in _packages.split() for name, kind in _marked}
    for (_packages, _names), _look in _family.LOOKS.items():
        _ROWS |= {(package, name): _look for package in _packages.split() for name in _names.split()}
_PACKAGES = {package for package, _ in _ROWS}
_WRAPPERS = ("inside", "either")
_TLS = re.compile(r"(?i)certificate|wrong version number|hostname mismatch")
_NAMES_A_CONNECTION = re.compile(r"(?i)connect|time_?d?_?out|network|transport")


def judge(exc: BaseException, wanted: frozenset[int], limit: float, now: float) -> bool | float | None:
    """Return whether the failure is worth another attempt, or the seconds that were asked for.

    `None` is a refusal: the server said no, or asked for more than `limit` seconds.
    """
    kinds: list[Kind | None] = []
    orders: list[tuple[bool | None, float | None]] = []
    for one in islice(_chain(Seen(exc)), LONGEST_CHAIN):
        # Past the one that tells, all that counts is whether there is one that spoils it.
        speaks = len(kinds) == len(orders) and not {*kinds}.difference(_WRAPPERS)
        orders += [order_of(one, now)] if speaks else []
        kinds.append(_kind(one, wanted) if speaks else _row(one.thing)[0])
        if kinds[0] is None:
            break
    wait = max((wait for _, wait in orders if wait is not None), default=None)
    said = [again for again, _ in orders]
    if False in said or (wait is not None and wait > limit):
        return None
    if "spent" in kinds:
        return False
    if True not in said:
        telling = kinds[len(orders) - 1]
        yes = telling == "yes" or (telling == "asks" and orders[-1][1] is not None)
        if "never" in kinds or not (yes or (telling in _WRAPPERS and "either" in kinds)):
            return False
    return wait or True


def _chain(first: Seen) -> Iterator[Seen]:
    """The exception, and all that it names as what is behind it."""
    todo, known = [first], {id(first.thing)}
    for seen in todo:
        yield seen
        for one in seen.behind():
            if id(one) not in known:
                known.add(id(one))
                todo.append(Seen(one))


def _kind(seen: Seen, wanted: frozenset[int]) -> Kind | None:
    kind, counts = _row(seen.thing)
    status = None if counts else status_of(seen, wanted)
    if status is not None:
        return "yes" if status in wanted else "asks" if status in _WITH_A_WAIT else "no"
    by_state = _databases.by_sqlstate(seen.get("sqlstate") or seen.get("pgcode"))
    return kind or ("yes" if own_wait(seen) else by_state) or ("inside" if _rows(type(seen.thing))[1] else None)


def _row(exc: Any) -> tuple[Kind | None, bool]:
    """What the tables say, and whether that counts more than a status."""
    for row in _rows(type(exc))[0]:
        if isinstance(row, str):
            kind = "never" if row == "yes" and says(exc, _TLS) else row
            return kind, kind in ("never", "spent")
        kind = row(exc)
        if kind is not None:
            return kind, kind not in _WRAPPERS
    return None, False


@lru_cache(maxsize=512)
def _rows(cls: type) -> tuple[tuple[Kind | Look, ...], bool]:
    """What the tables have of a class, and whether it is a library's and its name says connection or timeout."""
    modules = [(base, attribute(base, "__module__")) for base in cls.__mro__]
    names = [(module.partition(".")[0] if type(module) is str else "", base.__name__) for base, module in modules]
    libraries = {package for package, name in names if _NAMES_A_CONNECTION.search(name)}
    files = [str(attribute(sys.modules.get(package), "__file__")) for package in libraries - _PACKAGES]
    says_so = not libraries.isdisjoint(_PACKAGES) or any("-packages" in file for file in files)
    return tuple(_ROWS[name] for name in names if name in _ROWS), says_so
