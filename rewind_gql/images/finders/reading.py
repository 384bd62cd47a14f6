"""Reading providers' documents, in which anything may be missing or of another type."""

import re
from collections.abc import Sequence
from typing import Any

from rewind_gql.errors import SourceChanged

_MBID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NUMBER = re.compile(r"[0-9]{1,20}", re.ASCII)
_ADDRESS = re.compile(r"https?://[^\s\\]+", re.IGNORECASE)


def rows(document: Any, *path: str) -> list[dict[str, Any]]:
    """The objects of the list at `path`, none where it is missing.

    Raises `SourceChanged` when the document itself is no object.
    """
    if not isinstance(document, dict):
        raise SourceChanged("the answer is not the object that is documented")
    value: Any = document
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return objects(value)


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; none when it is no list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def inner(row: dict[str, Any], key: str) -> dict[str, Any]:
    """The object under a key; an empty one when there is none."""
    value = row.get(key)
    return value if isinstance(value, dict) else {}


def words(row: dict[str, Any], key: str) -> str:
    """The text under a key; empty when there is none."""
    value = row.get(key)
    return value if isinstance(value, str) else ""


def address(row: dict[str, Any], key: str) -> str:
    """The web address under a key; empty when there is none."""
    value = words(row, key).strip()
    return value if _ADDRESS.fullmatch(value) else ""


def whole(row: dict[str, Any], key: str) -> int | None:
    """The count under a key, written as a number or as text; None when there is none."""
    value = str(row.get(key))
    return int(value) if _NUMBER.fullmatch(value) else None


def mbid(value: str) -> str:
    """A MusicBrainz id in small letters; empty when it is none."""
    plain = value.strip().lower()
    return plain if _MBID.fullmatch(plain) else ""


def number_id(value: str) -> str:
    """An id made of digits; empty when it is none."""
    plain = value.strip()
    return plain if _NUMBER.fullmatch(plain) else ""


def by_likes(pictures: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Pictures by how many like them, then the newest first; both are numbers written as text."""
    return sorted(
        pictures, key=lambda each: (whole(each, "likes") or 0, whole(each, "id") or 0), reverse=True
    )
