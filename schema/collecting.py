"""Collecting in GraphQL: releases, copies and wants, and what of them was heard."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Annotated

import strawberry
from annotated_doc import Doc

from rewind_gql.across import cross_reference, films, unowned
from rewind_gql.domains.collecting import queries, views
from rewind_gql.domains.listening import queries as listening_queries
from rewind_gql.domains.listening import views as listening_views
from rewind_gql.domains.watching.queries import movies_by_id
from schema.collecting_counts import (
    CollectedArtist,
    CollectingYear,
    CollectionCount,
    CollectionFolder,
    CollectionNote,
    CollectionNoteField,
    CollectionStats,
    CollectionValue,
    FilmStats,
    FilmsWatched,
    First,
    some,
)
from schema.collecting_lists import (
    Direction,
    FacetKind,
    Films,
    FilmSort,
    ItemSort,
    SortOrder,
    WantSort,
)
from schema.collecting_lists import Filter as ItemFilters
from schema.context import Info
from schema.films import Media
from schema.ids import number_of
from schema.images import Image, Shown, Wanted, image_of, images_of, release_key
from schema.listening import Album, TopAlbum
from schema.mutations import Input, Mark, Payload, mutation
from schema.relay import Asked, Connection, Kind, Listing, Node, listing
from schema.shape import Choice, choices, described, each, edge, shape, taking
from schema.windows import Window


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
ItemsBy = Annotated[ItemSort, Doc("What the list is sorted by.")]
FilmsBy = Annotated[FilmSort, Doc("What the list is sorted by.")]
WantsBy = Annotated[WantSort, Doc("What the list is sorted by.")]
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


async def _covers(
    releases: Sequence[views.Release], info: Info, wanted: Wanted
) -> list[Shown | None]:
    """Its cover: the one chosen for it, that of the very album that was heard, or its own."""
    return await images_of(info, [release_key(release) for release in releases], wanted)


async def _releases(items: Sequence[views.Item], info: Info) -> list[views.Release | None]:
    """What it is a copy of."""
    return await info.context.load_all(queries.releases_by_id, [it.release_id for it in items])


@shape(
    views.Release,
    discogs_id=int,
    labels=list[Label],
    tracklist=list[TrackLine],
)
class Release(views.Release, Node):
    """A release: one pressing or edition, owned or wanted."""

    image = each(Image | None, _covers)

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

    @edge(list[CollectionNote])
    async def notes(self, info: Info) -> list[views.Note]:
        """What the owner noted with it, in the order of their fields."""
        return await info.context.load(queries.notes_by_item, self.id) or []

    @edge(Image | None)
    async def image(self, info: Info, wanted: Wanted) -> Shown | None:
        """The cover of its release."""
        release = await info.context.load(queries.releases_by_id, self.release_id)
        return None if release is None else await image_of(info, release_key(release), wanted)

    release = each(Release, _releases)

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


@shape(views.HeardWant, want=Want, match_type=MatchType)
class HeardWant(views.HeardWant):
    """A wanted release that is heard already."""

    @edge(Album | None)
    async def album(self, info: Info) -> listening_views.Album | None:
        """The album it is."""
        return await info.context.load(listening_queries.albums_by_id, self.album_id)


def _along(info: Info, listed: Listing[views.MatchedItem]) -> Listing[views.MatchedItem]:
    """The same; the releases that came along need not be asked for again."""
    found = {each.release.id: each.release for each in listed.nodes}
    info.context.know(queries.releases_by_id, found)
    return listed


@described
class Collecting:
    """Records and films owned, and what is wanted."""

    @edge(Connection[Item])
    async def items(
        self,
        info: Info,
        asked: Asked,
        sort: ItemsBy = ItemSort.DATE_ADDED,
        order: Direction = SortOrder.DESC,
        filter: ItemFilters = None,  # noqa: A002  # the argument's name
    ) -> Listing[views.Item]:
        """Owned copies, newest added first unless told; unknown years count as lowest."""
        by, only = sort.inside, filter.only() if filter else queries.EVERY
        part = asked.part(queries.ITEMS[by], queries.ITEMS_TYPES[by])
        query = partial(queries.items, sort=by, order=order.inside, only=only)
        return await listing(info, query, partial(queries.items_count, only=only), part)

    @edge(Item | None)
    async def item(self, info: Info, id: Id) -> views.Item | None:  # noqa: A002  # the argument's name
        """One owned copy."""
        return await info.context.load(queries.items_by_id, number_of("Item", id))

    @edge(Release | None)
    async def release(self, info: Info, id: Id) -> views.Release | None:  # noqa: A002  # the argument's name
        """One release, owned or wanted."""
        return await info.context.load(queries.releases_by_id, number_of("Release", id))

    @edge(Connection[Want])
    async def wantlist(
        self,
        info: Info,
        asked: Asked,
        sort: WantsBy = WantSort.DATE_ADDED,
        order: Direction = SortOrder.DESC,
    ) -> Listing[views.Want]:
        """What is wanted, newest first unless told; without a date or year it counts as lowest."""
        by = sort.inside
        part = asked.part(queries.WANTS[by], queries.WANTS_TYPES[by])
        query = partial(queries.wants, sort=by, order=order.inside)
        return await listing(info, query, queries.wants_count, part)

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
        return _along(info, await listing(info, query, count, part))

    @edge(CrossReferenceSummary)
    async def cross_reference_summary(self, info: Info) -> views.MatchSummary:
        """The cross-reference in numbers; all zero before the first comparison."""
        return await info.context.ask(queries.cross_reference_summary)

    @edge(Connection[TopAlbum])
    async def played_not_owned(self, info: Info, asked: Asked) -> Listing[listening_views.TopAlbum]:
        """Albums most played of all time that no owned copy is, in any edition."""
        part = asked.part(unowned.UNOWNED, unowned.UNOWNED_TYPES)
        return await listing(info, unowned.albums, unowned.albums_count, part)

    @edge(Connection[MatchedItem])
    async def owned_never_played(self, info: Info, asked: Asked) -> Listing[views.MatchedItem]:
        """Owned copies whose album was never played, newest added first."""
        part = asked.part(queries.UNHEARD, queries.UNHEARD_TYPES)
        return _along(info, await listing(info, queries.unheard, queries.unheard_count, part))

    @edge(Connection[HeardWant])
    async def wanted_and_played(self, info: Info, asked: Asked) -> Listing[views.HeardWant]:
        """What is wanted and heard already, most played first."""
        part = asked.part(queries.HEARD_WANTS, queries.HEARD_WANTS_TYPES)
        return await listing(info, queries.heard_wants, queries.heard_wants_count, part)

    @edge(CollectionStats)
    async def stats(self, info: Info, window: Window) -> views.RecordStats:
        """Owned records in numbers: all of them, or those added in a window."""
        return await info.context.ask(queries.record_stats, **window.bounds())

    @edge(list[CollectionCount])
    async def counts(
        self,
        info: Info,
        kind: Annotated[FacetKind, Doc("What to count by.")],
        first: First = 100,
    ) -> list[views.Count]:
        """Owned copies by what they are filed under, most first, ties by name."""
        return await info.context.ask(queries.filed_under, kind=kind.inside, limit=some(first))

    @edge(list[CollectionCount])
    async def decades(self, info: Info) -> list[views.Count]:
        """Owned copies by the decade of the edition, oldest first; unknown years are left out."""
        found = await info.context.ask(queries.filed_under, kind="decade")
        return sorted(found, key=lambda each: each.name)

    @edge(list[CollectedArtist])
    async def artists(self, info: Info, first: First = 20) -> list[views.ArtistCount]:
        """The artists of most owned copies, ties by name."""
        return await info.context.ask(queries.artists, limit=some(first))

    @edge(CollectingYear)
    async def calendar(
        self,
        info: Info,
        year: Annotated[
            int | None, Doc("2000 to the next; the present UTC year unless told.")
        ] = None,
    ) -> views.Year:
        """Records and films added in a year, day by day."""
        return await info.context.ask(queries.calendar, year=year)

    @edge(list[CollectionValue])
    async def value_history(
        self,
        info: Info,
        since: Annotated[date | None, Doc("From this day's month on.")] = None,
        until: Annotated[date | None, Doc("Up to this day's month.")] = None,
    ) -> list[views.ValuePoint]:
        """What the collection was worth, a point a month, oldest first."""
        return await info.context.ask(queries.value_history, since=since, until=until)

    @edge(list[CollectionFolder])
    async def folders(self, info: Info) -> list[views.Folder]:
        """The owner's folders and how much is in each."""
        return await info.context.ask(queries.folders)

    @edge(list[CollectionNoteField])
    async def note_fields(self, info: Info) -> list[views.NoteField]:
        """The fields the owner notes things in, in their order."""
        return await info.context.ask(queries.note_fields)

    @edge(Connection[Media])
    async def films(
        self,
        info: Info,
        asked: Asked,
        sort: FilmsBy = FilmSort.COLLECTED_AT,
        order: Direction = SortOrder.DESC,
        filter: Films = None,  # noqa: A002  # the argument's name
    ) -> Listing[views.Media]:
        """Owned films, one for each kind of medium, newest collected first unless told."""
        by, only = sort.inside, filter.only() if filter else films.EVERY
        part = asked.part(films.FILMS[by], films.FILMS_TYPES[by])
        query = partial(films.films, sort=by, order=order.inside, only=only)
        found = await listing(info, query, partial(films.films_count, only=only), part)
        info.context.know(movies_by_id, {each.movie.id: each.movie for each in found.nodes})
        return Listing(found.page.of([each.media for each in found.nodes]), found.count)

    @edge(FilmStats)
    async def film_stats(self, info: Info) -> views.FilmStats:
        """Owned films in numbers."""
        return await info.context.ask(films.film_stats)

    @edge(FilmsWatched)
    async def films_watched(self, info: Info) -> views.WatchSummary:
        """What of the owned films was watched."""
        return await info.context.ask(films.watch_summary)


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
