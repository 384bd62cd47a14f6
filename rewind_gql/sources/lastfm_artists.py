"""What Last.fm says of an artist, read: tags, words about them, who is like them."""

import re
from typing import Any

from rewind_gql.domains.listening.enrichment.records import (
    Alike,
    ArtistBio,
    ArtistTags,
    SimilarArtists,
    Tag,
    Wanted,
)
from rewind_gql.sources.base import Unreadable
from rewind_gql.sources.names import plain
from rewind_gql.text import clean

MAX_TAGS = 100
MAX_ALIKE = 50
MAX_NAME = 300

_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
# Every text ends with a link to the page it was taken from, some with a full stop behind it, and
# the long one with words about its licence behind that.
_READ_MORE = re.compile(
    r"\s*<a\s[^>]*>\s*read more on last\.fm\s*</a>\s*\.?.*\Z", re.DOTALL | re.IGNORECASE
)


def parse_tags(raw: Any, wanted: Wanted) -> ArtistTags:
    """The answer of artist.getTopTags; of an unknown artist the list is empty or not there."""
    rows = listed((raw["toptags"] or {}).get("tag"))
    tags = (_tag(row) for row in rows[:MAX_TAGS])
    return ArtistTags(wanted=wanted, tags=tuple(tag for tag in tags if tag.name))


def parse_bio(raw: Any, wanted: Wanted) -> ArtistBio:
    """The answer of artist.getInfo; nothing but the link at the end is no bio."""
    bio = raw["artist"].get("bio") or {}
    return ArtistBio(
        wanted=wanted, summary=told(bio.get("summary")), content=told(bio.get("content"))
    )


def parse_similar(raw: Any, wanted: Wanted) -> SimilarArtists:
    """The answer of artist.getSimilar, the nearest first; how near comes as text."""
    rows = listed((raw["similarartists"] or {}).get("artist"))
    alike = (_alike(row) for row in rows[:MAX_ALIKE])
    return SimilarArtists(wanted=wanted, artists=tuple(each for each in alike if each.name))


def listed(found: Any) -> list[Any]:
    """A list, though one item comes bare and none may come as nothing at all."""
    if found is None or found == {}:
        return []
    return found if isinstance(found, list) else [found]


def told(text: Any) -> str | None:
    """A text without its wrapping and without the link it ends with; None where nothing is left."""
    if not isinstance(text, str):
        return None
    return plain(_READ_MORE.sub("", _CDATA.sub(r"\1", text))) or None


def _tag(row: Any) -> Tag:
    return Tag(_name(row["name"]), int(float(row.get("count") or 0)))


def _alike(row: Any) -> Alike:
    url = row.get("url")
    return Alike(
        name=_name(row["name"]),
        score=score(row.get("match")),
        mbid=row.get("mbid") or None,
        url=url if isinstance(url, str) and url.startswith("http") else None,
    )


def score(text: Any) -> float:
    """How much alike, from 0 to 1; 0 for what cannot be read."""
    try:
        value = float(text)
    except (TypeError, ValueError):
        return 0.0
    return value if 0 <= value <= 1 else 0.0


def _name(text: Any) -> str:
    if not isinstance(text, str):
        raise Unreadable("a name is no text")
    return clean(text)[:MAX_NAME]
