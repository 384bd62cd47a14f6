"""A real Redis for the ports that speak to one."""

from tests.valkey import redis_url

__all__ = ["redis_url"]
