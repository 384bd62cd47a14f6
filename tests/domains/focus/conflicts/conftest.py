"""The day on which these tests play."""

from collections.abc import Iterator

import pytest
import time_machine

from tests.domains.focus.conflicts.made import NOW


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    """Let the clock stand where the tests say it is."""
    with time_machine.travel(NOW, tick=False):
        yield
