"""A real Redis for the tests of this folder, emptied before each."""

from collections.abc import Iterator

import pytest
from redis import Redis

from tests.redis_server import RedisServer, redis_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """One server for a module."""
    with redis_server(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture
def redis(server: RedisServer) -> Iterator[Redis]:
    """A client of an empty database."""
    with Redis.from_url(server.url) as client:
        client.flushall()
        yield client
