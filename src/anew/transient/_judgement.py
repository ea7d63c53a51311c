"""The judgement: is this failure worth another attempt, and when?

Law: judged in this order: an order of the server to stop; what somebody below has retried already; an order of the
server to retry; the most telling exception of the chain; else it is not ours.
"""

import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice, product
from typing import Any

from . import _calls, _databases, _http, _sockets
from ._answers import order_of, own_wait, status_of
from ._looks import ANSWERS, LONGEST_CHAIN, Kind, Look, Seen, attribute, class_of, says, text_of

# A failure that lasts, unless the server says until when, as GitHub does.
_WITH_A_WAIT = frozenset({403, 409, 413, 423})

# Before names that do not say `yes`.
_MARKS: dict[str, Kind] = {"!": "never", "*": "spent", ">": "inside", "?": "either"}
_ROWS: dict[tuple[str, str], Kind | Look] = {}
for _key, _what in [row for family in (_sockets, _http, _databases, _calls) for row in family.TABLE.items()]:
    _packages, _, _names = _key.partition(": ")
    for _package, _name in product(_packages.split(), (_what if isinstance(_what, str) else _names).split()):
        _ROWS[_package, _name.lstrip("!*>?")] = _MARKS.get(_name[0], "yes") if isinstance(_what, str) else _what
_PACKAGES = {package for package, _ in _ROWS}
_WRAPPERS = ("inside", "either")
_TLS = re.compile(r"(?i)certificate|wrong version number|hostname mismatch")
_NAMES_A_CONNECTION = re.compile(r"(?i)connect|time_?d?_?out|network|transport")


def judge(exc: Any, wanted: frozenset[int], limit: float, now: float) -> bool | float | None:
    """Return whether the failure is worth another attempt, or the seconds that were asked for.

    `None` is a refusal: the server said no, or asked for more than `limit` seconds.
    """
    kinds: list[Kind | None] = []
    orders: list[tuple[bool | None, float | None]] = []
    for one in islice(_chain(Seen(exc)), LONGEST_CHAIN):
        # Past the one that tells, all that counts is whether there is one that spoils it.
        speaks = not kinds or (kinds[-1] in _WRAPPERS and len(kinds) == len(orders))
        orders += [order_of(one, now)] if speaks else []
        kinds.append(_kind(one, wanted) if speaks else _row(one.thing)[0])
        if kinds[0] is None:
            break
    wait = max([wait for _, wait in orders if wait is not None], default=0.0)
    said = [again for again, _ in orders]
    if False in said or wait > limit:
        return None
    kind = kinds[len(orders) - 1]
    yes = kind == "yes" or (kind == "asks" and orders[-1][1] is not None) or (kind in _WRAPPERS and "either" in kinds)
    return "spent" not in kinds and (True in said or (yes and "never" not in kinds)) and (wait or True)


def _chain(first: Seen) -> Iterator[Seen]:
    """The exception, and all that it names as what is behind it."""
    todo, known = [first], {id(first.thing)}
    for seen in todo:
        yield seen
        new = {id(one): Seen(one) for one in seen.behind() if id(one) not in known}
        known.update(new)
        todo += new.values()


def _kind(seen: Seen, wanted: frozenset[int]) -> Kind | None:
    kind, counts = _row(seen.thing)
    status = None if counts or seen.names.isdisjoint(ANSWERS) else status_of(seen, wanted)
    if status is not None:
        return "yes" if status in wanted else "asks" if status in _WITH_A_WAIT else "no"
    if kind is not None or own_wait(seen) is not None:
        return kind or "yes"
    state = _databases.by_sqlstate(seen.get("sqlstate")) or _databases.by_sqlstate(seen.get("pgcode"))
    return state or ("inside" if _rows(class_of(seen.thing))[1] else None)


def _row(exc: BaseException) -> tuple[Kind | None, bool]:
    """What the tables say, and whether that counts more than a status."""
    for row in _rows(class_of(exc))[0]:
        kind = row(exc) if callable(row) else "never" if row == "yes" and says(exc, _TLS) else row
        if kind is not None:
            return kind, kind in ("never", "spent") or (callable(row) and kind not in _WRAPPERS)
    return None, False


@lru_cache(maxsize=512)
def _rows(cls: type[object]) -> tuple[tuple[Kind | Look, ...], bool]:
    """What the tables have of a class, and whether it is a library's and its name says connection or timeout."""
    names = [(text_of(attribute(base, "__module__")).partition(".")[0], base.__name__) for base in cls.__mro__]
    libraries = {package for package, name in names if _NAMES_A_CONNECTION.search(name)}
    files = [str(attribute(sys.modules.get(package), "__file__")) for package in libraries - _PACKAGES]
    says_so = not libraries.isdisjoint(_PACKAGES) or any("-packages" in file for file in files)
    return tuple(_ROWS[name] for name in names if name in _ROWS), says_so
