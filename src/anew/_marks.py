"""What we leave on an exception that goes out as itself, and what we take off it again.

Law: nothing here keeps an exception, a frame or a traceback alive, and nothing here fails.

With `reraise=True` an exhausted exception leaves as it is, with a note (PEP 678). The note is also the mark by which
other retries know that somebody has retried already. Where the same instance is raised again and again (a mock, a
singleton), it must neither be taken for exhausted nor gather notes and tracebacks.

Python only ever prepends to a traceback. So its length when the mark was set tells, later, where in it the marking
frame is; and the frames before it tell whether it ran within the present attempt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from types import FrameType, TracebackType

# The attribute itself: a subclass may hide it.
_GET_TRACEBACK = vars(BaseException)["__traceback__"].__get__

_COROUTINE = 0x80 | 0x200  # code flags of coroutines and async generators


class Note(str):
    """A line for the traceback that remembers who wrote it, and where. Pickled or copied, it is a plain `str`."""

    author: object
    frame: int  # id of the frame that caught the exception
    length: int  # of the traceback then; 0: it has been cut since
    oldest: int  # how many entries at its end are the first round's
    number: int  # of this mark, in the process

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return str, (str(self),)


# Gives a number above that of all marks until now, and below that of all to come.
now: Callable[[], int] = count(1).__next__


def mark(exc: BaseException, author: object, text: str) -> None:
    """Note on `exc` that `author` gave up on it, in place of earlier such notes. For the frame that caught it."""
    try:
        note = Note(text)
        note.author, note.number = author, now()
        entries = list(_entries(exc))
        note.frame, note.length = id(entries[0].tb_frame), len(entries)
        note.oldest = min([note.length, *(old.oldest for old in _marks(exc))])
        # Not add_note(): the exception may forbid to set attributes (a frozen dataclass).
        vars(exc)["__notes__"] = [*(old for old in getattr(exc, "__notes__", ()) if not isinstance(old, Note)), note]
    except Exception:
        return


def has_notes(exc: BaseException) -> bool:
    """Whether there may be a mark on `exc`; most failures have no notes at all."""
    try:
        return getattr(exc, "__notes__", None) is not None
    except Exception:
        return False


def exhausted(exc: BaseException, author: object, since: int | None = None) -> bool:
    """Whether a retry within this very attempt has given up on `exc`, or on a member of this group.

    `since` is what `now()` gave when the attempt began, if it is one of a block.
    """
    here = next((tb.tb_frame for tb in _entries(exc)), None)
    return any(_within(one, note, author, here, since) for one in members(exc) for note in _marks(one))


def members(exc: BaseException) -> Iterable[BaseException]:
    """`exc` and, if it is a group, everything in it at any depth."""
    found = {id(exc): exc}
    todo = [exc]
    while todo:
        one = todo.pop()
        if isinstance(one, BaseExceptionGroup):
            inner: Iterable[BaseException] = cast("Any", one).exceptions
            todo.extend(member for member in inner if id(member) not in found)
            found.update((id(member), member) for member in inner)
    return found.values()


def trim(exc: BaseException, author: object, num: int) -> None:
    """Take rounds off the traceback of an instance that is raised again and again.

    The newest round stays, and the oldest if it ends elsewhere: an error that was stored and raised again has its
    failing line there.
    """
    try:
        if num > 1:
            _trim_rounds(_GET_TRACEBACK(exc))
        else:
            _trim_old(exc, author)
    except (IndexError, ValueError):  # another thread was at the same instance
        return


def thrown_in(exc: BaseException) -> bool:
    """Whether a consumer threw `exc` into the generator that has just caught it, as far as the traceback tells."""
    frames = [tb.tb_frame for tb in _entries(exc)]
    here = frames[0] if frames else None
    return not {here, *_callers(here)}.isdisjoint(frames[1:])


def _trim_old(exc: BaseException, author: object) -> None:
    for note in _marks(exc):
        entries = list(_entries(exc))
        newer = entries[: -note.length]
        if note.length and newer and not _within(exc, note, author, newer[0].tb_frame):
            known = (entries[-1].tb_frame.f_code, entries[-1].tb_lineno)
            shown = any(known == (tb.tb_frame.f_code, tb.tb_lineno) for tb in newer)
            newer[-1].tb_next = None if shown else entries[-note.oldest]
            note.length = 0


def _trim_rounds(head: TracebackType | None) -> None:
    """Let the first round be followed by the last: rounds begin with the frame that caught them."""
    first = last = None
    tb = head
    while head is not None and tb is not None and tb.tb_next is not None:
        if tb.tb_next.tb_frame is head.tb_frame:
            first, last = first or tb, tb
        tb = tb.tb_next
    if first is not None and last is not None and first is not last:
        first.tb_next = last.tb_next


def _within(exc: BaseException, note: Note, author: object, here: FrameType | None, since: int | None = None) -> bool:
    """Whether the mark was set further down the attempt that the frame `here` has just caught the failure of.

    It was not if the traceback is gone, or if it shows that `exc` has passed frames above us, or called from there.
    Where nothing shows (another task or thread), another author's mark counts, and one's own does not.
    """
    entries = list(_entries(exc))
    if not 0 < note.length <= len(entries):
        return False
    path = [tb.tb_frame for tb in entries[: len(entries) - note.length + 1]]
    if path == [here] and since is not None:  # one block in another: it has not been raised again
        return note.number > since
    if path[0] is here:
        del path[0]
    if not path or id(path[-1]) != note.frame:
        return False
    above = {here, *_callers(here)}
    if not above.isdisjoint(path):
        return False
    seen = {here}
    for frame in path:
        for caller in _calls(frame):
            if caller in seen:
                break
            if caller in above:
                return False
            seen.add(caller)
    return note.author is not author or (here is not None and here in _calls(path[-1]))


def _calls(frame: FrameType) -> Iterator[FrameType]:
    """The frames that called this one, as far as they are known: an event loop that resumed a task did not call it."""
    for caller in _callers(frame):
        if frame.f_code.co_flags & _COROUTINE and not caller.f_code.co_flags & _COROUTINE:
            return
        yield caller
        frame = caller


def _callers(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None and (frame := frame.f_back) is not None:
        yield frame


def _entries(exc: BaseException) -> Iterator[TracebackType]:
    tb: TracebackType | None = _GET_TRACEBACK(exc)
    while tb is not None:
        yield tb
        tb = tb.tb_next


def _marks(exc: BaseException) -> list[Note]:
    try:
        return [note for note in getattr(exc, "__notes__", ()) if isinstance(note, Note)]
    except Exception:
        return []
