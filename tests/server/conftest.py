"""What the tests of this room share."""

from tests.serving import api, quick_api
from tests.valkey import redis_url

__all__ = ["api", "quick_api", "redis_url"]
