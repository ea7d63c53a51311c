"""Retried methods override and are overridden like plain ones."""

from abc import ABC, abstractmethod

from typing_extensions import override

from anew import retry


class Store(ABC):
    @retry(times=3)
    def get(self, key: str) -> bytes:
        return key.encode()

    @retry(times=3)
    async def fetch(self, key: str) -> bytes:
        return key.encode()

    @abstractmethod
    def put(self, key: str) -> None: ...

    @abstractmethod
    async def push(self, key: str) -> None: ...


class Fine(Store):
    @override
    @retry(times=5)
    def get(self, key: str, default: bytes = b"") -> bytes:
        return default

    @retry(times=5)
    @override
    async def fetch(self, key: str) -> bytes:
        return await super().fetch(key)

    @override
    @retry(times=5)
    def put(self, key: str) -> None:
        print(key, super().get(key))

    @override
    @retry(times=5)
    async def push(self, key: str) -> None:
        print(key)


class Plain(Store):
    @override
    def get(self, key: str) -> bytes:
        return b""

    @override
    async def fetch(self, key: str) -> bytes:
        return b""

    @override
    def put(self, key: str) -> None:
        print(key)

    @override
    async def push(self, key: str) -> None:
        print(key)


class Wrong(Plain):
    @override  # E[parameter]
    @retry(times=5)  # E[parameter]
    def get(self, key: int) -> bytes:  # E[parameter]
        return b""

    @override  # E[return]
    @retry(times=5)  # E[return]
    async def fetch(self, key: str) -> str:  # E[return]
        return ""

    @override  # E[sync]
    @retry(times=5)  # E[sync]
    def push(self, key: str) -> None:  # E[sync]
        print(key)

    @override  # E[nothing]
    @retry(times=5)  # E[nothing]
    def gett(self, key: str) -> bytes:  # E[nothing]
        return b""


Fine().get("k", b"d")
Fine().get("k", "d")  # E
Fine().put(1)  # E
