"""Providers one can write to and a worker, for the tests of this room."""

from tests.sync.outbox.desk import desk, life, providers

__all__ = ["desk", "life", "providers"]
