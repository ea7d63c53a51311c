"""Methods bind, class methods and static methods too, in whichever order they are decorated."""

from functools import cached_property
from typing import Self, assert_type

from anew import retry


class Client:
    @retry(times=3)
    def get(self, key: str, default: bytes = b"") -> bytes:
        return key.encode() or default

    @retry(times=3)
    async def get_async(self, key: str) -> bytes:
        return key.encode()

    @retry(times=3)
    def opened(self, times: int) -> Self:
        return self

    @retry(times=3)
    async def opened_async(self) -> Self:
        return self

    @classmethod
    @retry(times=3)
    def connect(cls, url: str) -> Self:
        print(url)
        return cls()

    @staticmethod
    @retry(times=3)
    def parse(body: bytes) -> str:
        return body.decode()

    @property
    @retry(times=3)
    def size(self) -> int:
        return 1

    @cached_property
    @retry(times=3)
    def length(self) -> int:
        return 1


class Special(Client):
    pass


client = Client()
assert_type(client.get("k"), bytes)
assert_type(client.get("k", b"d"), bytes)
assert_type(Client.get(client, "k"), bytes)
assert_type(client.opened(1), Client)
assert_type(Special().opened(1), Special)
assert_type(Client.connect("u"), Client)
assert_type(Special.connect("u"), Special)
assert_type(client.parse(b""), str)
assert_type(Client.parse(b""), str)
assert_type(client.size, int)
assert_type(client.length, int)

client.get()  # E
client.get(1)  # E
client.get("k", "d")  # E
client.got("k")  # E
Client.get("k")  # E
Client.connect(1)  # E
Client.connect()  # E
Client.parse("")  # E
client.size = 2  # E
client.size()  # E


async def consumer() -> None:
    assert_type(await client.get_async("k"), bytes)
    assert_type(await Special().opened_async(), Special)
    await client.get_async(1)  # E
    client.get_async("k")  # E: !zuban


# A bound method is a function too.
get = retry(times=3)(client.get)
assert_type(get("k"), bytes)
get(1)  # E
