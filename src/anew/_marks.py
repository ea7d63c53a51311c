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

# The attribute itself: a subclass may hide it.
_GET_TRACEBACK = vars(BaseException)["__traceback__"].__get__


class Note(str):
    """A line for the traceback that remembers who wrote it. Pickled or copied, it is a plain `str`."""

    author: object
    inside: frozenset[int]

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return str, (str(self),)


def mark(exc: BaseException, author: object, text: str) -> None:
    """Note on `exc` that `author` gave up on it, in place of earlier such notes."""
    try:
        note = Note(text)
        note.author = author
        note.inside = frozenset(id(frame) for frame in _callers(_frame(exc)))
        # Not add_note(): the exception may forbid to set attributes (a frozen dataclass).
        notes: list[Any] = vars(exc).setdefault("__notes__", [])
        notes[:] = [old for old in notes if not isinstance(old, Note)]
        notes.append(note)
    except Exception:
        return


def exhausted(exc: BaseException, author: object) -> bool:
    """Whether somebody within this very attempt has given up on `exc`, or on a member of this group.

    To be called by the frame that caught it. A mark says so if it was set further down this call, or by another author
    and nothing shows that it is old: the same instance may have been raised afresh. (Only a mark that comes out of
    another task or thread leaves no trace of either; then the author decides.)
    """
    here = _frame(exc)
    for one in members(exc):
        for note in _notes(one):
            if isinstance(note, Note) and (
                id(here) in note.inside or (note.author is not author and _before_old_rounds(one, here) is None)
            ):
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
        head = _traceback(exc)
        if head is None:
            return
        if num > 1:
            again = [tb for tb in _entries(head) if tb.tb_next is not None and tb.tb_next.tb_frame is head.tb_frame]
            if len(again) > 1:
                again[0].tb_next = again[-1].tb_next
        elif any(isinstance(note, Note) for note in _notes(exc)):
            last = _before_old_rounds(exc, head.tb_frame)
            if last is not None:
                last.tb_next = None
    except Exception:
        return


def _entries(tb: TracebackType | None) -> Iterator[TracebackType]:
    while tb is not None:
        yield tb
        tb = tb.tb_next


def _before_old_rounds(exc: BaseException, here: FrameType | None) -> TracebackType | None:
    """The last entry of the traceback before what `exc` went through before this call, if it did.

    What was caught above us, or was called from above us, did not happen within us.
    """
    above = set(_callers(here))
    last: TracebackType | None = None
    for tb in _entries(_traceback(exc)):
        if last is not None and (tb.tb_frame is here or tb.tb_frame in above or tb.tb_frame.f_back in above):
            return last
        last = tb
    return None


def _callers(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None and (frame := frame.f_back) is not None:
        yield frame


def _traceback(exc: BaseException) -> TracebackType | None:
    tb: TracebackType | None = _GET_TRACEBACK(exc)
    return tb


def _frame(exc: BaseException) -> FrameType | None:
    tb = _traceback(exc)
    return None if tb is None else tb.tb_frame


def _notes(exc: BaseException) -> list[Any]:
    try:
        notes = exc.__notes__
    except Exception:
        return []
    return notes if type(notes) is list else []
