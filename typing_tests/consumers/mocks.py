"""`Any` and mocks as callbacks and hooks do not cost the function its type."""

from typing import Any, assert_type
from unittest.mock import AsyncMock, MagicMock, Mock

from anew import retry


def plain(url: str) -> bytes:
    return url.encode()


async def coroutine(url: str) -> bytes:
    return url.encode()


def with_any(anything: Any) -> None:
    assert_type(retry(on_retry=anything)(plain)("x"), bytes)
    assert_type(retry(on_success=anything)(plain)("x"), bytes)
    assert_type(retry(on_failure=anything)(plain)("x"), bytes)
    # zuban gives up when `on` is Any, as both overloads match.
    assert_type(retry(on=anything)(plain)("x"), bytes)  # E: zuban
    assert_type(retry(on=ValueError, on_retry=anything)(plain)("x"), bytes)
    assert_type(retry(on_retry=anything).call(plain, "x"), bytes)
    retry(on_retry=anything)(plain)(1)  # E
    retry(on=anything)(plain)(1)  # E: !zuban
    retry(on_retry=anything).call(plain, 1)  # E


assert_type(retry(on_retry=Mock())(plain)("x"), bytes)
assert_type(retry(on_retry=MagicMock())(plain)("x"), bytes)
assert_type(retry(on_success=Mock())(plain)("x"), bytes)
assert_type(retry(on_failure=Mock())(plain)("x"), bytes)
assert_type(retry(on=ValueError, on_retry=Mock())(plain)("x"), bytes)
assert_type(retry(on=[ValueError, OSError], on_retry=Mock())(plain)("x"), bytes)
assert_type(retry(on=Mock(return_value=True))(plain)("x"), bytes)  # E: zuban
retry(on_retry=Mock())(plain)(1)  # E
retry(on=ValueError, on_retry=Mock())(plain)(1)  # E


async def consumer(anything: Any) -> None:
    assert_type(await retry(on_retry=anything)(coroutine)("x"), bytes)
    assert_type(await retry(on_retry=Mock())(coroutine)("x"), bytes)
    assert_type(await retry(on_retry=AsyncMock())(coroutine)("x"), bytes)
    assert_type(await retry(on=ValueError, on_failure=AsyncMock())(coroutine)("x"), bytes)
    assert_type(await retry(on_retry=AsyncMock()).call(coroutine, "x"), bytes)
    await retry(on_retry=AsyncMock())(coroutine)(1)  # E
