"""Marks: how a retry knows that another one, further down, has given up on a failure already.

Law: nothing here keeps an exception, a frame or a traceback alive, and nothing here fails.

Theory of operation. With `reraise=True` an exhausted exception leaves as itself, with a note (PEP 678). The note is the
mark. Marks are numbered, and an attempt remembers the newest number at its start. A failure is exhausted if its mark is
newer than the attempt, and the frame that set the mark is in its traceback. An older mark says nothing: the same
instance is raised again (a mock, a singleton), and that is a new failure. Numbers are unique without a lock. Of two
threads, the one with the lower number may store it last; so the newest number is a start for attempts, and no limit.

One stored instance may also be raised by two tasks at a time. Then the mark of the first can be newer than the attempt
of the second. But between the second attempt and the marking frame, the traceback has an entry that stands at a `raise`
and did not call the entry below it. Where a `raise` passes on what was caught, the entry below is of a frame that is
still running, and stands above as well; and futures, pools and their like raise again what their task raised.

A generator that a consumer throws an exception into stands at a `yield`: the newest entry of its frame in the traceback
is at the instruction where the frame was suspended. A failure of its own stands at another instruction, also in a
`yield from`, where it stands at SEND. In a coroutine an `await` is no evidence, because event loops throw the failures
of futures into it.
"""

from __future__ import annotations

from _weakref import ref
from contextlib import suppress
from itertools import count, islice, pairwise
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

# The attribute itself: a subclass may hide it.
_GET_TRACEBACK = BaseException.__dict__["__traceback__"].__get__

_RAISES_AGAIN = ("anew", "anyio", "asyncio", "concurrent", "gevent", "joblib", "multiprocessing", "outcome", "trio")
_YIELDS = (1, 2)  # as RESUME numbers them: `yield`, `yield from`

newest = 0
"""The number of the newest mark, which attempts read."""
_numbers = count(1)


class Note(str):
    """A line for the traceback that is also a mark. Pickled or copied, it is a plain `str`."""

    number: int
    frame: int  # id of the frame that caught the exception
    owner: ref[Any]  # what lives as long as that frame does; else its id may be another's

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return str, (str(self),)


def next_number() -> int:
    """Take the next number."""
    global newest
    newest = number = next(_numbers)
    return number


def mark(exc: BaseException, text: str, owner: object) -> None:
    """Note on `exc` that its attempts are used up, in place of earlier such notes. For the frame that caught it.

    `owner` is held by that frame, and by nothing that outlives it.
    """
    with suppress(Exception):
        note = Note(text)
        note.frame, note.owner, note.number = id(next(entries(exc)).tb_frame), ref(owner), next_number()
        # Not add_note(): the exception may forbid to set attributes (a frozen dataclass).
        vars(exc)["__notes__"] = [*(old for old in getattr(exc, "__notes__", ()) if not isinstance(old, Note)), note]


def exhausted(exc: BaseException, since: int) -> bool:
    """Whether a retry has given up on `exc`, or on a member of this group, since the mark with that number."""
    return any(_gave_up(one, note) for one in members(exc) for note in _notes_since(one, since))


def members(exc: BaseException) -> list[BaseException]:
    """Return `exc` and, if it is a group, everything in it at any depth."""
    found, todo = {id(exc): exc}, [exc]
    for one in todo:
        if issubclass(type(one), BaseExceptionGroup):
            inner: dict[int, BaseException] = {id(member): member for member in cast("Any", one).exceptions}
            todo += [member for key, member in inner.items() if key not in found]
            found |= inner
    return todo


def trim(exc: BaseException) -> None:
    """Cut the rounds between the first and the last off the traceback of an instance that one call raises repeatedly.

    A round begins with the frame that caught it. Without this, every attempt would add its entries. What thousands of
    calls before have left on a stored instance is not looked at.
    """
    head = _GET_TRACEBACK(exc)
    # Ten rounds, each two hundred frames deep.
    ends = [above for above, below in pairwise(islice(entries(exc), 2000)) if below.tb_frame is head.tb_frame]
    if ends:
        with suppress(ValueError):  # another thread has raised the same instance meanwhile
            ends[0].tb_next = ends[-1].tb_next


def thrown_in(exc: BaseException, depth: int = 0) -> bool:
    """Whether a consumer threw `exc` into the generator whose frame is entry number `depth` of the traceback."""
    # Where the generator has caught it and raises it again, the entry of the `yield` is the next one.
    two = [*islice(entries(exc), depth, depth + 2)]
    return any(tb.tb_frame is two[0].tb_frame and _suspension(tb) in _YIELDS for tb in two)


def _suspension(tb: TracebackType) -> int:
    """Return the kind of suspension at which the entry stands, or 0.

    What follows the suspension is RESUME, whose argument names its kind: 1 `yield`, 2 `yield from`, 3 `await`. Python
    3.13 stands at RESUME itself, 3.12 before it, and 3.11 before it or, in a `yield from`, behind it.
    """
    code, at = tb.tb_frame.f_code.co_code, tb.tb_lasti
    here = _opname(code[at])
    at += {"YIELD_VALUE": 2, "JUMP_BACKWARD_NO_INTERRUPT": -2}.get(here, 0)
    return code[at + 1] & 3 if _opname(code[at]) == "RESUME" else int(here == "YIELD_VALUE")  # PyPy has no RESUME


def _opname(code: int) -> str:
    from opcode import opname

    return opname[code]


def _gave_up(exc: BaseException, note: Note) -> bool:
    """Whether the failure came from the frame that set the mark, and was not raised anew on its way."""
    passed, raised = set[int](), False
    # Once, and no further than to the mark: thousands of calls before may have left entries on a stored instance, and
    # other threads may be raising it.
    for tb in entries(exc) if note.owner() is not None else ():
        is_new = raised and id(tb.tb_frame) not in passed
        if is_new or id(tb.tb_frame) == note.frame:
            return not is_new
        passed.add(id(tb.tb_frame))
        raised = _raises_anew(tb)
    return False


def _raises_anew(tb: TracebackType) -> bool:
    """Whether the entry stands at a `raise`, of code that does not raise again what its tasks raised."""
    package = str(tb.tb_frame.f_globals.get("__name__")).partition(".")[0]
    return _opname(tb.tb_frame.f_code.co_code[tb.tb_lasti]) == "RAISE_VARARGS" and package not in _RAISES_AGAIN


def entries(exc: BaseException) -> Iterator[TracebackType]:
    """Return the entries of the traceback, from the frame that caught the exception to the one that raised it."""
    tb: TracebackType | None = _GET_TRACEBACK(exc)
    while tb is not None:
        yield tb
        tb = tb.tb_next


def _notes_since(exc: BaseException, since: int) -> list[Note]:
    with suppress(Exception):
        return [note for note in getattr(exc, "__notes__", ()) if isinstance(note, Note) and note.number > since]
    return []
