"""What the tests of this room share."""

from tests.valkey import redis_url

__all__ = ["redis_url"]
