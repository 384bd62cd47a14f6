"""Albums that are one across artists, in GraphQL: what is part of what, and how to part them."""

from typing import Annotated, Any, cast

import strawberry
from annotated_doc import Doc
from strawberry.types.base import StrawberryList, StrawberryOptional
from strawberry.types.lazy_type import LazyType

from rewind_gql.domains.listening import queries, views
from rewind_gql.sync import parting
from schema.context import Info
from schema.ids import number_of
from schema.mutations import Mark, Payload, mutation
from schema.shape import described, edge

# By its name, for that module imports this one.
_ALBUM = cast(Any, LazyType("Album", "schema.listening"))
_MAY_BE: Any = StrawberryOptional(_ALBUM)


@described
class GroupedAlbum:
    """An album that may be part of another, as those of a compilation's artists are."""

    id: strawberry.Private[int]

    @edge(StrawberryOptional(_ALBUM))
    async def part_of(self, info: Info) -> views.Album | None:
        """The album it is shown as part of, which has its plays; none of most."""
        return await info.context.load(queries.group_by_album, self.id)

    @edge(StrawberryList(_ALBUM))
    async def parts(self, info: Info) -> list[views.Album]:
        """The albums that are shown as part of it, as the sources credit them."""
        return await info.context.load(queries.parts_by_album, self.id) or []


@described
class PartAlbumPayload(Payload):
    """An album without its parts; every count follows at once."""

    album: Annotated[_MAY_BE, Doc("The album, with what is left of it.")] = None


@described
class GroupingMutation:
    """Where changes to what is one begin."""

    @mutation(PartAlbumPayload)
    async def part_album(
        self,
        info: Info,
        id: Annotated[strawberry.ID, Doc("The album.")],  # noqa: A002  # the argument's name
        client_mutation_id: Mark = None,
    ) -> PartAlbumPayload:
        """Show every album by itself again that is part of this one, and never group them again."""
        number = number_of("Album", id)
        context = info.context
        await parting.part_album(context.deps.store, context.caller.user_id, album_id=number)
        context.forget()
        return PartAlbumPayload(errors=[], album=await context.load(queries.albums_by_id, number))
