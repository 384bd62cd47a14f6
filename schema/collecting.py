"""Collecting in GraphQL: releases, copies and wants, and what of them was heard."""

from functools import partial
from typing import Annotated

import strawberry
from annotated_doc import Doc

from rewind_gql.across import cross_reference
from rewind_gql.domains.collecting import queries, views
from rewind_gql.domains.listening import queries as listening_queries
from rewind_gql.domains.listening import views as listening_views
from schema.context import Info
from schema.ids import number_of
from schema.images import Image, Wanted, image_of, release_key
from schema.listening import Album
from schema.mutations import Input, Mark, Payload, mutation
from schema.relay import Asked, Connection, Kind, Listing, Node, listing
from schema.shape import Choice, choices, described, edge, shape, taking


@choices
class MatchType(Choice):
    """How a copy was found among the albums that were heard."""

    EXACT = "exact", "Artist and title agree, or the owner said so."
    FUZZY = "fuzzy", "The artist agrees, and the title but for one or two letters."
    ARTIST_ONLY = "artist_only", "Only the artist was found."
    NONE = "none", "Nothing was found."


@choices
class CrossReferenceSort(Choice):
    """The order of the cross-reference."""

    PLAYS = "plays", "Most played first."
    ADDED = "added", "Newest added first."


@choices
class CrossReferenceFilter(Choice):
    """What of the cross-reference is shown."""

    ALL = "all", "Every copy."
    LISTENED = "listened", "Copies with plays, also those found by their artist only."
    UNLISTENED = "unlistened", "Copies without a play."


Sort = Annotated[CrossReferenceSort, Doc("The order of the list.")]
Filter = Annotated[CrossReferenceFilter, Doc("What is left in the list.")]
Id = Annotated[strawberry.ID, Doc("Its global id.")]


@shape(views.Label)
class Label(views.Label):
    """A label and the catalogue number under it."""


@shape(views.TrackLine)
class TrackLine(views.TrackLine):
    """One line of a release's tracklist."""


@shape(views.Match, match_type=MatchType)
class Match(views.Match):
    """What of an owned copy was heard, and how sure that is."""

    @edge(Album | None)
    async def album(self, info: Info) -> listening_views.Album | None:
        """The album it was found to be; none where only the artist was found."""
        if self.album_id is None:
            return None
        return await info.context.load(listening_queries.albums_by_id, self.album_id)


@shape(views.Pin)
class Pin(views.Pin):
    """The owner's word on what a copy is."""

    @edge(Album | None)
    async def album(self, info: Info) -> listening_views.Album | None:
        """The album it is; none when it is none of those that were heard."""
        if self.album_id is None:
            return None
        return await info.context.load(listening_queries.albums_by_id, self.album_id)


@shape(
    views.Release,
    discogs_id=int,
    labels=list[Label],
    tracklist=list[TrackLine],
)
class Release(views.Release, Node):
    """A release: one pressing or edition, owned or wanted."""

    @edge(Image | None)
    async def image(self, info: Info, wanted: Wanted) -> Image | None:
        """Its cover: the one chosen for it, that of the very album that was heard, or its own."""
        return await image_of(info, release_key(self), wanted)

    @edge("list[Item]")
    async def copies(self, info: Info) -> list[views.Item]:
        """Owned copies, newest added first; empty for what is only wanted."""
        return await info.context.load(queries.items_by_release, self.id) or []

    @edge("Want | None")
    async def want(self, info: Info) -> views.Want | None:
        """Its line on the wantlist."""
        return await info.context.load(queries.wants_by_release, self.id)

    @edge(list[Match])
    async def listening(self, info: Info) -> list[views.Match]:
        """What was heard of each owned copy."""
        copies = await info.context.load(queries.items_by_release, self.id) or []
        return await info.context.load_many(queries.matches_by_item, [copy.id for copy in copies])


@shape(views.Item)
class Item(views.Item, Node):
    """One owned copy of a release."""

    @edge(Image | None)
    async def image(self, info: Info, wanted: Wanted) -> Image | None:
        """The cover of its release."""
        release = await info.context.load(queries.releases_by_id, self.release_id)
        return None if release is None else await image_of(info, release_key(release), wanted)

    @edge(Release)
    async def release(self, info: Info) -> views.Release | None:
        """What it is a copy of."""
        return await info.context.load(queries.releases_by_id, self.release_id)

    @edge(Match | None)
    async def listening(self, info: Info) -> views.Match | None:
        """What of it was heard; none until it was compared."""
        return await info.context.load(queries.matches_by_item, self.id)

    @edge(Pin | None)
    async def pin(self, info: Info) -> views.Pin | None:
        """The owner's word on what it is, where there is one."""
        return await info.context.load(queries.pins_by_item, self.id)


@shape(views.Want)
class Want(views.Want, Node):
    """One line of the wantlist."""

    @edge(Release)
    async def release(self, info: Info) -> views.Release | None:
        """What is wanted."""
        return await info.context.load(queries.releases_by_id, self.release_id)


@shape(views.MatchedItem, item=Item, release=Release, match=Match)
class MatchedItem(views.MatchedItem):
    """An owned copy beside what of it was heard."""


@shape(views.MatchSummary)
class CrossReferenceSummary(views.MatchSummary):
    """The cross-reference in numbers, over the whole collection."""


@described
class Collecting:
    """Records owned and wanted."""

    @edge(Connection[Item])
    async def items(self, info: Info, asked: Asked) -> Listing[views.Item]:
        """Owned copies, newest added first."""
        part = asked.part(queries.ITEMS, queries.ITEMS_TYPES)
        return await listing(info, queries.items, queries.items_count, part)

    @edge(Item | None)
    async def item(self, info: Info, id: Id) -> views.Item | None:  # noqa: A002  # the argument's name
        """One owned copy."""
        return await info.context.load(queries.items_by_id, number_of("Item", id))

    @edge(Release | None)
    async def release(self, info: Info, id: Id) -> views.Release | None:  # noqa: A002  # the argument's name
        """One release, owned or wanted."""
        return await info.context.load(queries.releases_by_id, number_of("Release", id))

    @edge(Connection[Want])
    async def wantlist(self, info: Info, asked: Asked) -> Listing[views.Want]:
        """What is wanted, newest first; lines without a date last."""
        part = asked.part(queries.WANTS, queries.WANTS_TYPES)
        return await listing(info, queries.wants, queries.wants_count, part)

    @edge(Connection[MatchedItem])
    async def cross_reference(
        self,
        info: Info,
        asked: Asked,
        sort: Sort = CrossReferenceSort.PLAYS,
        filter: Filter = CrossReferenceFilter.ALL,  # noqa: A002  # the argument's name
    ) -> Listing[views.MatchedItem]:
        """Owned copies beside what of them was heard; ties by date added, newest first."""
        part = asked.part(
            queries.CROSS_REFERENCE[sort.inside], queries.CROSS_REFERENCE_TYPES[sort.inside]
        )
        query = partial(queries.cross_reference, sort=sort.inside, filter=filter.inside)
        count = partial(queries.cross_reference_count, filter=filter.inside)
        return await listing(info, query, count, part)

    @edge(CrossReferenceSummary)
    async def cross_reference_summary(self, info: Info) -> views.MatchSummary:
        """The cross-reference in numbers; all zero before the first comparison."""
        return await info.context.ask(queries.cross_reference_summary)


@described
class CollectingQuery:
    """Where questions about records begin."""

    @edge(Collecting)
    def collecting(self) -> Collecting:
        """Records owned and wanted."""
        return Collecting()


NODES = {
    "Release": Kind(queries.releases_by_id),
    "Item": Kind(queries.items_by_id),
    "Want": Kind(queries.wants_by_id),
}


@taking
class PinCrossReferenceInput(Input):
    """What the owner says of a copy."""

    item_id: Annotated[strawberry.ID, Doc("The copy.")]
    album_id: Annotated[
        strawberry.ID | None, Doc("The album it is; null when it is none of those heard.")
    ]


@described
class ItemPayload(Payload):
    """A copy after the owner spoke."""

    item: Annotated[Item | None, Doc("The copy, with its new `listening`.")] = None


@described
class CollectingMutation:
    """Where changes to records begin."""

    @mutation(ItemPayload)
    async def pin_cross_reference(self, info: Info, given: PinCrossReferenceInput) -> ItemPayload:
        """Say which album a copy is; it stays so whatever is compared later."""
        item_id = number_of("Item", given.item_id, path="item_id")
        album = given.album_id
        album_id = None if album is None else number_of("Album", album, path="album_id")
        context = info.context
        async with context.deps.store.write() as conn:
            await cross_reference.pin(
                conn, context.caller.user_id, item_id=item_id, album_id=album_id
            )
        return await _item(info, item_id)

    @mutation(ItemPayload)
    async def unpin_cross_reference(
        self,
        info: Info,
        item_id: Annotated[strawberry.ID, Doc("The copy.")],
        client_mutation_id: Mark = None,
    ) -> ItemPayload:
        """Take the owner's word on a copy back and compare it again."""
        number = number_of("Item", item_id, path="item_id")
        context = info.context
        async with context.deps.store.write() as conn:
            await cross_reference.unpin(conn, context.caller.user_id, item_id=number)
        return await _item(info, number)


async def _item(info: Info, item_id: int) -> ItemPayload:
    info.context.forget()
    item = await info.context.load(queries.items_by_id, item_id)
    return ItemPayload(errors=[], item=item)  # type: ignore[arg-type]  # a view stands for its shape
