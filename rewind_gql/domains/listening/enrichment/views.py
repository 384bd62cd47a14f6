"""What leaves of enrichment: tags, words about an artist, and who is like them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from annotated_doc import Doc

from rewind_gql.domains.listening.views import Artist


@dataclass(slots=True, kw_only=True)
class Tag:
    """A genre listeners give an artist."""

    name: Annotated[str, Doc("Its label.")]
    count: Annotated[int, Doc("How many mean it; 100 for the most common tag.")]


@dataclass(slots=True, kw_only=True)
class Bio:
    """What is written about an artist."""

    summary: Annotated[str | None, Doc("In a few sentences.")]
    content: Annotated[str | None, Doc("At length.")]
    synced_at: Annotated[datetime | None, Doc("When it was read.")]


@dataclass(slots=True, kw_only=True)
class Facts:
    """What is known of an artist beyond their name."""

    id: int
    tags: list[Tag] | None
    bio: Bio


@dataclass(slots=True, kw_only=True)
class SimilarArtist:
    """Somebody like an artist."""

    name: Annotated[str, Doc("Their name.")]
    score: Annotated[float, Doc("How much alike, from 0 to 1.")]
    url: Annotated[str | None, Doc("Their page on Last.fm.")]
    plays: Annotated[int, Doc("How often you heard them; 0 where you never did.")]
    artist: Annotated[Artist | None, Doc("Who they are in your library; none where you never did.")]
