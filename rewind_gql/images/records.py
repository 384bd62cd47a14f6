"""What the pipeline is told of a thing, and what a finder hands back."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, NamedTuple


class Key(NamedTuple):
    """Which thing a picture is of."""

    domain: str
    entity_type: str
    entity_id: str

    def __str__(self) -> str:
        return "/".join(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """What wants a picture, and all that is known to find one by. Empty text is unknown."""

    domain: str
    entity_type: str
    entity_id: str
    artist: str = ""
    title: str = ""
    year: int | None = None
    mbid: str = ""
    release_group_mbid: str = ""
    apple_id: str = ""
    tmdb_id: str = ""
    discogs_id: str = ""
    plex_thumb: str = ""
    page_url: str = ""
    image_url: str = ""

    @property
    def key(self) -> Key:
        """Which thing it is."""
        return Key(self.domain, self.entity_type, self.entity_id)

    def facts(self) -> dict[str, Any]:
        """What is known to find a picture by: a search with the same facts is the same search."""
        own = Key._fields
        return {name: value for name, value in asdict(self).items() if value and name not in own}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An address where a picture of a thing should be.

    `headers` hold secrets the fetch needs, such as a Plex token; they are never stored nor shown.
    `exact` is false for a name that only begins alike.
    """

    source: str
    url: str
    width: int | None = None
    height: int | None = None
    attribution: str | None = None
    exact: bool = True
    headers: dict[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one finder says: candidates, best first, or why there are none."""

    outcome: Literal["found", "none", "unfit", "failed", "skipped"]
    candidates: tuple[Candidate, ...] = ()
    reason: str | None = None
    retry_after: float | None = None
