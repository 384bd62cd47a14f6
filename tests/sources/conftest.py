"""An invented life for the sources to read."""

from datetime import UTC, datetime

import pytest

from rewind_gql.demo.life import life as invented
from rewind_gql.demo.records import Life

UNTIL = datetime(2025, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def life() -> Life:
    """A year of a life: more plays than three pages of Last.fm hold, and the whole shelf."""
    return invented(UNTIL, plays=650, years=1)
