"""What the tests of engines share: servers, each of which starts for one test and ends with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from engine_servers import Postgres, Server, postgresql, redis

from anew.instrumentation import set_on_retry_hooks


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes long, unless it is asked for: `pytest -m big`."""
    if not config.option.markexpr:
        big = [item for item in items if item.get_closest_marker("big")]
        config.hook.pytest_deselected(items=big)
        items[:] = [item for item in items if item not in big]


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Nobody listens, here and in forked children: hundreds of retries need no log."""
    set_on_retry_hooks([])
    yield
    set_on_retry_hooks(None)


@pytest.fixture
def redis_server() -> Iterator[Server]:
    """A Redis server on a socket of its own."""
    with redis() as server:
        yield server


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server that can be stopped and started."""
    with postgresql() as server:
        yield server
