"""`retry` on top of `classmethod` and `staticmethod`: right at run time, and as far as checkers can follow."""

from typing import assert_type

from anew import retry


class Client:
    @retry(times=3)
    @staticmethod
    def parse(body: bytes) -> str:
        return body.decode()

    @retry(times=3)
    @classmethod
    def connect(cls, url: str) -> int:
        return len(url)

    @retry(times=3)
    @staticmethod
    async def parse_async(body: bytes) -> str:
        return body.decode()


assert_type(Client.parse(b""), str)
assert_type(Client.connect("u"), int)

Client.parse("")  # E
Client.connect(1)  # E


async def consumer() -> None:
    assert_type(await Client.parse_async(b""), str)
    await Client.parse_async("")  # E
