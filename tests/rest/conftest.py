"""The application, for the tests of this room."""

from tests.serving import api, quick_api

__all__ = ["api", "quick_api"]
