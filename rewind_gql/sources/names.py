"""The names that sources hand on: one line, never empty, short enough to be found again."""

from functools import lru_cache
from typing import Any

from rewind_gql.sources.base import Unreadable
from rewind_gql.text import clean, match_key, without_guests

# A database index holds keys of a few kilobytes; folding makes some signs many times longer.
KEY_BYTES = 2_000
SHORT = 50
TEXT_CHARS = 10_000


def name_of(text: Any, what: str) -> str:
    """A name in one line. Raises `Unreadable` when there is none or it is no name at all."""
    return _name(text if isinstance(text, str) else "", what)


def name_if_any(text: Any, what: str) -> str | None:
    """A name in one line, None for an empty one. Raises `Unreadable` as `name_of` does."""
    return name_of(text, what) if text and isinstance(text, str) and not text.isspace() else None


@lru_cache(maxsize=20_000)
def artist_of(text: str | None) -> str:
    """An artist's name without guests. Raises `Unreadable` as `name_of` does."""
    return without_guests(name_of(text, "artist"))


def plain(text: str) -> str:
    """A longer text as every database can hold it, its lines kept."""
    return text.replace("\x00", "").replace("\r\n", "\n").strip()[:TEXT_CHARS]


@lru_cache(maxsize=20_000)
def _name(text: str, what: str) -> str:
    name = clean(text)
    if not name:
        raise Unreadable(f"the {what} has no name")
    if len(name) > SHORT and max(map(_bytes, (name, match_key(name)))) > KEY_BYTES:
        raise Unreadable(f"the {what}'s name has {len(name)} characters")
    return name


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
