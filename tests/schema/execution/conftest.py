"""What graphql-core leaves behind is collected here, and not by a test that comes later."""

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="module")
def collected() -> Iterator[None]:
    """Collect at the end of a module, while its filters still stand."""
    yield
    gc.collect()
