"""What we leave on an exception that goes out as itself, and what we take off it again.

Law: nothing here keeps an exception, a frame or a traceback alive, and nothing here can fail.

With `reraise=True` an exhausted exception leaves as it is, with a note (PEP 678). The note is also the mark by which
other retries know that somebody has retried already. Where the same instance is raised again and again (a mock, a
singleton), it must neither be taken for exhausted nor gather notes and tracebacks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from types import FrameType, TracebackType


class Note(str):
    """A line for the traceback that remembers who wrote it. Pickled or copied, it is a plain `str`."""

    author: object
    inside: frozenset[int]

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return str, (str(self),)


def mark(exc: BaseException, author: object, text: str) -> None:
    """Note on `exc`, once, that `author` gave up on it. To be called by the frame that caught it."""
    try:
        note = Note(text)
        note.author = author
        note.inside = frozenset(id(frame) for frame in _callers(exc))
        # Not add_note(): the exception may forbid to set attributes (a frozen dataclass).
        notes: list[Any] = vars(exc).setdefault("__notes__", [])
        notes[:] = [old for old in notes if _author(old) is not author]
        notes.append(note)
    except Exception:
        return


def exhausted(exc: BaseException, author: object) -> bool:
    """Whether somebody within this very attempt has given up on `exc`, or on a member of this group.

    A mark of another author says so. A mark of the same author does if it was set further down this call; else it is
    from an earlier one, and the same instance was raised afresh.
    """
    here = _frame(exc)
    for one in members(exc):
        for note in _notes(one):
            if isinstance(note, Note) and (note.author is not author or id(here) in note.inside):
                return True
    return False


def members(exc: BaseException) -> Iterable[BaseException]:
    """`exc` and, if it is a group, everything in it at any depth."""
    found = [exc]
    if isinstance(exc, BaseExceptionGroup):
        for one in found:
            if isinstance(one, BaseExceptionGroup):
                found.extend(cast("Any", one).exceptions)
    return found


def trim(exc: BaseException, num: int) -> None:
    """Take old rounds off the traceback of an instance that is raised again and again.

    Python prepends the new traceback to the old one each time. Of the rounds of one call the newest and the oldest
    stay (an error that was stored and raised again has its failing line in the oldest); what an instance with a mark
    brings from earlier calls goes.
    """
    try:
        head = exc.__traceback__
        if head is None:
            return
        if num > 1:
            again = [tb for tb in _entries(head) if tb.tb_next is not None and tb.tb_next.tb_frame is head.tb_frame]
            if len(again) > 1:
                again[0].tb_next = again[-1].tb_next
        elif any(isinstance(note, Note) for note in _notes(exc)):
            above = {head.tb_frame, *_callers(exc)}
            again = [tb for tb in _entries(head) if tb.tb_next is not None and tb.tb_next.tb_frame in above]
            if again:
                again[0].tb_next = None
    except Exception:
        return


def _entries(tb: TracebackType | None) -> Iterator[TracebackType]:
    while tb is not None:
        yield tb
        tb = tb.tb_next


def _callers(exc: BaseException) -> Iterator[FrameType]:
    """The frames above the one that caught `exc`."""
    frame = _frame(exc)
    while frame is not None and (frame := frame.f_back) is not None:
        yield frame


def _frame(exc: BaseException) -> FrameType | None:
    tb = exc.__traceback__
    return None if tb is None else tb.tb_frame


def _author(note: object) -> object:
    return note.author if isinstance(note, Note) else None


def _notes(exc: BaseException) -> list[Any]:
    try:
        notes = exc.__notes__
    except Exception:
        return []
    return notes if type(notes) is list else []
