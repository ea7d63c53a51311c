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
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import count, islice
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from types import FrameType, TracebackType

# The attribute itself: a subclass may hide it.
_GET_TRACEBACK = BaseException.__dict__["__traceback__"].__get__

_RAISES_AGAIN = ("anyio", "asyncio", "concurrent", "gevent", "joblib", "multiprocessing", "outcome", "trio")
_GENERATOR = 0x20  # a code flag

_numbers = count(1)


class _Marks:
    """All marks of this process. Attempts read the number of the newest, so it is a slot: nothing is read faster."""

    __slots__ = ("newest",)
    newest: int


marks = _Marks()
marks.newest = 0


class Note(str):
    """A line for the traceback that is also a mark. Pickled or copied, it is a plain `str`."""

    number: int
    frame: int  # id of the frame that caught the exception
    owner: ref[Any]  # what lives as long as that frame does; else its id may be another's

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return str, (str(self),)


def next_number() -> int:
    """Take the next number."""
    marks.newest = number = next(_numbers)
    return number


def mark(exc: BaseException, text: str, owner: object) -> None:
    """Note on `exc` that its attempts are used up, in place of earlier such notes. For the frame that caught it.

    `owner` is held by that frame, and by nothing that outlives it.
    """
    try:
        note = Note(text)
        note.frame, note.owner = id(next(_entries(exc)).tb_frame), ref(owner)
        note.number = next_number()
        # Not add_note(): the exception may forbid to set attributes (a frozen dataclass).
        vars(exc)["__notes__"] = [*(old for old in getattr(exc, "__notes__", ()) if not isinstance(old, Note)), note]
    except Exception:
        return


def exhausted(exc: BaseException, since: int) -> bool:
    """Whether a retry has given up on `exc`, or on a member of this group, since the mark with that number."""
    return any(_gave_up(one, note) for one in members(exc) for note in _marks(one, since))


def members(exc: BaseException) -> Iterable[BaseException]:
    """Return `exc` and, if it is a group, everything in it at any depth."""
    found = {id(exc): exc}
    todo = [exc]
    while todo:
        one = todo.pop()
        if issubclass(type(one), BaseExceptionGroup):
            inner: Iterable[BaseException] = cast("Any", one).exceptions
            todo.extend(member for member in inner if id(member) not in found)
            found.update((id(member), member) for member in inner)
    return found.values()


def trim(exc: BaseException) -> None:
    """Cut the rounds between the first and the last off the traceback of an instance that one call raises repeatedly.

    A round begins with the frame that caught it. Without this, every attempt would add its entries.
    """
    head: TracebackType | None = _GET_TRACEBACK(exc)
    tb, first = head, None
    while head is not None and tb is not None and tb.tb_next is not None:
        if tb.tb_next.tb_frame is head.tb_frame:
            if first is not None:  # there is no fourth: what follows may be what thousands of calls before have left
                with suppress(ValueError):  # another thread has raised the same instance meanwhile
                    first.tb_next = tb.tb_next
                return
            first = tb
        tb = tb.tb_next


def thrown_in(exc: BaseException, depth: int = 0) -> bool:
    """Whether a consumer threw `exc` into the generator whose frame is entry number `depth` of the traceback."""
    entries = list(islice(_entries(exc), depth, depth + 2))
    flags = entries[0].tb_frame.f_code.co_flags if entries else 0
    # Where the generator has caught it and raises it again, the entry of the `yield` is the next one.
    own = [tb for tb in entries if tb.tb_frame is entries[0].tb_frame]
    return any(_is_suspended(tb, delegating=bool(flags & _GENERATOR)) for tb in own)


def _is_suspended(tb: TracebackType, *, delegating: bool) -> bool:
    """Whether the entry stands at a `yield`, or, where `delegating` counts, at a `yield from`.

    What follows the suspension is RESUME, whose argument names its kind: 1 `yield`, 2 `yield from`, 3 `await`. Python
    3.13 stands at RESUME itself, 3.12 before it, and 3.11 before it or, in a `yield from`, behind it.
    """
    code, at = tb.tb_frame.f_code.co_code, tb.tb_lasti
    at += {"YIELD_VALUE": 2, "JUMP_BACKWARD_NO_INTERRUPT": -2}.get(here := _opname(code[at]), 0)
    is_kind = code[at + 1] & 3 in ((1, 2) if delegating else (1,))
    return is_kind if _opname(code[at]) == "RESUME" else here == "YIELD_VALUE"  # PyPy has no RESUME


def _opname(code: int) -> str:
    from opcode import opname

    return opname[code]


def _gave_up(exc: BaseException, note: Note) -> bool:
    """Whether the failure came from the frame that set the mark, and was not raised anew on its way."""
    if note.owner() is None:
        return False
    running = set[int]()
    for tb in _entries(exc):
        if id(tb.tb_frame) == note.frame:
            return True
        running.add(id(tb.tb_frame))
        if _is_new_raise(tb, running):
            return False
    return False


def _is_new_raise(tb: TracebackType, running: set[int]) -> bool:
    if tb.tb_next is None or id(tb.tb_next.tb_frame) in running:
        return False
    if _opname(tb.tb_frame.f_code.co_code[tb.tb_lasti]) != "RAISE_VARARGS":
        return False
    return str(tb.tb_frame.f_globals.get("__name__")).partition(".")[0] not in _RAISES_AGAIN


def frames(exc: BaseException) -> list[FrameType]:
    """Return the frames of the traceback, the newest first."""
    return [tb.tb_frame for tb in _entries(exc)]


def _entries(exc: BaseException) -> Iterator[TracebackType]:
    tb: TracebackType | None = _GET_TRACEBACK(exc)
    while tb is not None:
        yield tb
        tb = tb.tb_next


def _marks(exc: BaseException, since: int) -> list[Note]:
    try:
        return [note for note in getattr(exc, "__notes__", ()) if isinstance(note, Note) and note.number > since]
    except Exception:
        return []
