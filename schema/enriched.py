"""What others know of artists, in GraphQL: tags, words, who is like them."""

from typing import Annotated, Any

import strawberry
from annotated_doc import Doc
from strawberry.types.base import StrawberryOptional
from strawberry.types.lazy_type import LazyType

from rewind_gql.domains.listening.enrichment import queries, views
from schema.context import Info
from schema.shape import described, edge, shape

_ARTIST: Any = LazyType("Artist", "schema.listening")
NOTHING = views.Bio(summary=None, content=None, synced_at=None)

HeardOnly = Annotated[bool, Doc("Only those you hear, too.")]


@shape(views.Tag)
class ArtistTag(views.Tag):
    """A genre listeners give an artist."""


@shape(views.Bio)
class ArtistBio(views.Bio):
    """What is written about an artist."""


@shape(views.SimilarArtist, artist=StrawberryOptional(_ARTIST))
class SimilarArtist(views.SimilarArtist):
    """Somebody like an artist."""


@described
class KnownArtist:
    """What others know of an artist."""

    id: strawberry.Private[int]

    @edge(list[ArtistTag] | None)
    async def tags(self, info: Info) -> list[views.Tag] | None:
        """The genres listeners give them, the most common first; none before they were asked."""
        facts = await info.context.load(queries.facts_by_artist, self.id)
        return facts.tags if facts else None

    @edge(ArtistBio)
    async def bio(self, info: Info) -> views.Bio:
        """What is written about them, as far as it was read."""
        facts = await info.context.load(queries.facts_by_artist, self.id)
        return facts.bio if facts else NOTHING

    @edge(list[SimilarArtist])
    async def similar_artists(
        self, info: Info, heard_only: HeardOnly = False
    ) -> list[views.SimilarArtist]:
        """Who is like them, the nearest first, and how often you hear them."""
        found = await info.context.load(queries.similar_by_artist, self.id) or []
        shown = [each for each in found if each.plays or not heard_only]
        info.context.spend(len(shown))
        return shown
