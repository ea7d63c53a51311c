"""What is shown of an exception: one line that tells no secrets."""

from __future__ import annotations

import errno
import sys
import warnings
from types import SimpleNamespace
from typing import Any

import aiohttp
import httpx
import pytest
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from anew import RetryError, TryAgain
from anew._describe import describe

SECRET = "hunter2"  # noqa: S105 - it is shown to nobody


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError(SECRET)


class NoText(Exception):
    def __str__(self) -> Any:
        return 5  # noqa: PLE0307 - that it is no text is the point


class Status(Exception):
    """An exception as gRPC has them: in `str`, six lines of it."""

    def __init__(self, code: Any, details: Any) -> None:
        super().__init__("<_InactiveRpcError of RPC that terminated with:\n\tstatus = ...\n\tdebug = secrets>")
        self._code = code
        self._details = details

    def code(self) -> Any:
        return self._code

    def details(self) -> Any:
        return self._details


class WithCode(Exception):
    code = 503
    details = "not callable"


UNAVAILABLE = SimpleNamespace(name="UNAVAILABLE")


class TestText:
    @pytest.mark.parametrize(
        ("exc", "said"),
        [
            (ConnectionError("reset"), "ConnectionError: reset"),
            (ValueError(), "ValueError"),
            (ValueError("  \n "), "ValueError"),
            (KeyError("name"), "KeyError: 'name'"),
            (
                OSError(errno.ENOENT, "No such file", "x.txt"),
                f"FileNotFoundError: [Errno {errno.ENOENT}] No such file: 'x.txt'",
            ),
            (OSError("first\nsecond"), "OSError: first"),
            (OSError("\n  first\r\nsecond"), "OSError: first"),
            (OSError("first\u2028second"), "OSError: first"),
            (OSError("first\vsecond\x85third"), "OSError: first"),
            (OSError("a\tb\x1b[31mc\x00"), "OSError: a\\tb\\x1b[31mc\\x00"),
            (OSError("a\u202eb\u200bc\ud800"), "OSError: a\\u202eb\\u200bc\\ud800"),
            (OSError("Zeitüberschreitung 時間切れ"), "OSError: Zeitüberschreitung 時間切れ"),
            (Mute(), "Mute: <no text: its str() failed>"),
            (NoText(), "NoText: <no text: its str() failed>"),
            (TryAgain("queued"), "TryAgain: queued"),
            (RetryError(3, OSError("reset")), "RetryError: Failed after 3 attempt(s). Last error: OSError: reset"),
            (KeyboardInterrupt(), "KeyboardInterrupt"),
            (type("New\nLine", (Exception,), {})("x"), "New\\nLine: x"),
        ],
        ids=repr,
    )
    def test_texts(self, exc: BaseException, said: str) -> None:
        """
        The class, and the first line of the text, without control characters.
        """
        assert said == describe(exc)

    @pytest.mark.parametrize("length", [200, 201, 1000, 1001, 1_000_000])
    def test_lengths(self, length: int) -> None:
        """
        At most 200 characters of text are shown.
        """
        said = describe(OSError("x" * length)).removeprefix("OSError: ")

        assert said == ("x" * 200 if length == 200 else "x" * 197 + "...")

    def test_parameters_of_statements(self) -> None:
        """
        The parameters of SQLAlchemy, which stand on later lines, are not shown.
        """
        text = f"(UniqueViolation) duplicate key\n[SQL: INSERT ...]\n[parameters: ('{SECRET}',)]"

        assert "Exception: (UniqueViolation) duplicate key" == describe(Exception(text))

    def test_without_regular_expressions(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        Where secrets cannot be looked for, no text is shown.
        """
        monkeypatch.setitem(sys.modules, "re", None)

        assert "OSError: <no text: its str() failed>" == describe(OSError(f"https://u:{SECRET}@h"))


class TestUrls:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("https://user:hunter2@host/path?api_key=hunter2#frag", "https://...@host/path?..."),
            ("postgresql://u:hunter2@h/db", "postgresql://...@h/db"),
            ("redis://:hunter2@host", "redis://...@host"),
            ("redis://hunter2@host:6379/0", "redis://...@host:6379/0"),
            ("mongodb://u:hunter2@h1:1,h2:2/?a=hunter2", "mongodb://...@h1:1,h2:2/?..."),
            ("postgresql+asyncpg://u:p@ss:hunter2@h/db", "postgresql+asyncpg://...@h/db"),
            ("redis://:hun/ter2@host:6379/0 failed", "redis://...@host:6379/0 failed"),
            ("amqp://guest:1hun/ter2@host//", "amqp://...@host//"),
            ("redis://:hun#t?er2@host:6379/0", "redis://...@host:6379/0"),
            ("ftp://us%40er:hunter2%2Fw@h/", "ftp://...@h/"),
            ("for url 'https://h/p?key=hunter2'", "for url 'https://h/p?...'"),
            ('for url "https://u:hunter2@h"', 'for url "https://...@h"'),
            ("<https://h/p?hunter2>, (https://h/?hunter2) [https://h/?hunter2].", None),
            (
                "400, message='Bad', url='https://h/v1/x?key=hunter2&b=c'",
                "400, message='Bad', url='https://h/v1/x?...'",
            ),
            ("GET 'https://h/?a=1',params='hunter2'", "GET 'https://h/?...'"),
            ("exceeded with url: /x?token=hunter2 (Caused by X)", "exceeded with url: /x?... (Caused by X)"),
            ("control characters. '/x?q=a b&token=hunter2' (found", "control characters. '/x?... b&...' (found"),
            ("https://h/x?name=O'Brien&token=hunter2", "https://h/x?..."),
            ("https://h/x?a=1\thunter2", "https://h/x?..."),
            ("https://h/cb#access_token=hunter2&x=y", "https://h/cb#..."),
            ("jdbc:sqlserver://h;user=u;password=hunter2", "jdbc:sqlserver://h;..."),
            ("AccountName=a;AccountKey=hunter2==;Suffix=x", "AccountName=a;..."),
            ("https://p/https%3A%2F%2Fu%3Ahunter2%40h%2F%3Fk%3Dhunter2", "https://p/https%3A%2F%2F...@h%2F%3F..."),
            (r'{"url":"https:\/\/u:hunter2@h\/x?y=hunter2"}', r'{"url":"https:\/\/...@h\/x?..."}'),
            ("//u:hunter2@h/x", "//...@h/x"),
            ("Illegal header value b'Bearer sk-hunter2 '", "Illegal header value b'Bearer ... '"),
            ("bad header: 'basic aHVudGVyMg=='", "bad header: 'basic ...'"),
        ],
    )
    def test_secrets(self, text: str, said: str | None) -> None:
        """
        Queries and users of URLs are not shown, wherever and however URLs stand in a text.
        """
        found = describe(OSError(text))

        assert SECRET not in found
        assert "hun" not in found
        assert said is None or f"OSError: {said}" == found

    @pytest.mark.parametrize(
        "text",
        [
            "see https://docs.example.org/errors#anchor",
            "https://host:8080/users/a@b.c/x",
            "http://[::1]:8080/a@b",
            "mail to a@b.c",
            "git@github.com:a/b",
            "Did you mean this? Or that?",
            "INSERT INTO t VALUES (?, ?)",
            "text/html; charset=utf-8",
            "[Errno 111] Connect call failed ('127.0.0.1', 5432)",
            "Basic authentication failed; the bearer of this",
            "a // b",
            "100% of 5 & 6 # 7",
        ],
    )
    def test_other_texts(self, text: str) -> None:
        """
        What holds no secret stays as it is.
        """
        assert f"OSError: {text}" == describe(OSError(text))

    @pytest.mark.parametrize("before", range(960, 1010))
    def test_where_a_long_text_is_cut(self, before: int) -> None:
        """
        A password that is cut in two is not shown.
        """
        text = f"/?{'x' * before} https://user:{SECRET}@host/"

        assert "hun" not in describe(OSError(text))

    def test_clients(self) -> None:
        """
        Neither headers nor queries of the requests of known clients are shown.
        """
        headers = CIMultiDictProxy(CIMultiDict({"Authorization": SECRET}))
        url = URL(f"https://h/x?key={SECRET}")
        info = aiohttp.RequestInfo(url, "GET", headers, url)
        request = httpx.Request("GET", str(url))
        bad = httpx.Response(503, request=request)
        with pytest.raises(httpx.HTTPStatusError) as error:
            bad.raise_for_status()

        assert "ClientResponseError: 503, message='busy', url='https://h/x?...'" == describe(
            aiohttp.ClientResponseError(info, (), status=503, message="busy", headers=headers)
        )
        assert ("HTTPStatusError: Server error '503 Service Unavailable' for url 'https://h/x?...'") == describe(
            error.value
        )


class Warns(Exception):
    """As aiohttp's ClientResponseError."""

    @property
    def code(self) -> int:
        warnings.warn("use status", DeprecationWarning, stacklevel=2)
        return 503


class TestGrpc:
    def test_other_codes_are_not_asked_for(self) -> None:
        """
        A property that is named like gRPC's method is not read, as it may warn.
        """
        assert "Warns: busy" == describe(Warns("busy"))

    @pytest.mark.parametrize(
        ("exc", "said"),
        [
            (Status(UNAVAILABLE, "failed to connect"), "Status: UNAVAILABLE: failed to connect"),
            (Status(UNAVAILABLE, "first\nforged"), "Status: UNAVAILABLE: first"),
            (Status(UNAVAILABLE, None), "Status: UNAVAILABLE"),
            (Status(UNAVAILABLE, ""), "Status: UNAVAILABLE"),
            (Status(None, "x"), "Status: <_InactiveRpcError of RPC that terminated with:"),
            (WithCode("busy"), "WithCode: busy"),
        ],
        ids=["both", "lines", "no details", "empty", "no status", "not gRPC"],
    )
    def test_status_and_details(self, exc: Exception, said: str) -> None:
        """
        Of what looks like gRPC, status and details are shown.
        """
        assert said == describe(exc)


class TestGroups:
    def test_members(self) -> None:
        """
        A group shows its message and its first three members, of groups in it the message.
        """
        inner = ExceptionGroup("inner", [KeyError(1)])
        group = ExceptionGroup("unhandled", [OSError("reset"), inner, ValueError(), KeyError(2)])

        assert (
            "ExceptionGroup: unhandled (4 sub-exceptions): OSError: reset; "
            "ExceptionGroup: inner (1 sub-exception); ValueError"
        ) == describe(group)

    def test_bounded(self) -> None:
        """
        Long members leave room for the others, and the whole has the length of one text.
        """
        said = describe(ExceptionGroup("m" * 30, [OSError("x" * 500), Mute(), KeyError("y" * 500)]))

        assert len(said) <= len("ExceptionGroup: ") + 200
        assert all(name in said for name in ("OSError: xxx", "Mute", "KeyError: 'yyy"))

    def test_secrets(self) -> None:
        """
        Members tell no secrets.
        """
        said = describe(ExceptionGroup(f"https://u:{SECRET}@h", [OSError(f"https://h/?k={SECRET}")]))

        assert "ExceptionGroup: https://...@h (1 sub-exception): OSError: https://h/?..." == said

    def test_groups_without_a_text(self) -> None:
        """
        A group with a text that cannot be had still is described.
        """

        class Silent(ExceptionGroup[Exception]):
            def __str__(self) -> str:
                return ""

        assert "Silent: OSError: reset" == describe(Silent("x", [OSError("reset")]))

    def test_groups_that_share_members(self) -> None:
        """
        A group whose `repr` would not end is described at once.
        """
        group = ExceptionGroup("x", [OSError("reset")])
        for _ in range(100):
            group = ExceptionGroup("x", [group, group])

        assert len(describe(group)) < 250
