"""What hides music, in GraphQL: the rules, what they say of a thing, and what a person says."""

from collections.abc import Mapping
from typing import Annotated, Any, cast

import strawberry
from annotated_doc import Doc
from strawberry.types.base import StrawberryOptional
from strawberry.types.lazy_type import LazyType

from rewind_gql.domains.listening import filters, queries
from rewind_gql.domains.listening import views as listened
from rewind_gql.domains.listening.filters import views
from rewind_gql.domains.listening.playing import NowPlaying as Playing
from rewind_gql.errors import BadInput
from rewind_gql.sync import refilter
from schema.context import Info
from schema.ids import as_number, number_of, parse_id
from schema.mutations import Input, Mark, Payload, mutation
from schema.relay import Kind, Node
from schema.shape import Choice, choices, described, edge, shape, taking

# By their names, for that module imports this one.
_ARTIST, _ALBUM, _TRACK = (
    cast(Any, LazyType(name, "schema.listening")) for name in ("Artist", "Album", "Track")
)
_KINDS: Mapping[str, filters.Kind] = {"Artist": "artist", "Album": "album", "Track": "track"}
UNKNOWN = views.Visibility(hidden=False, filter_id=None, shown=None, by_artist=False)


@choices
class FilterType(Choice):
    """Why music is hidden."""

    HOLIDAY = "holiday", "It belongs to a season."
    AUDIOBOOK = "audiobook", "It is read, not sung."
    CUSTOM = "custom", "For a reason of your own."


@choices
class FilterScope(Choice):
    """What a rule looks at."""

    ALBUM = "album", "Albums whose name holds the pattern."
    TRACK = "track", "Tracks whose name holds the pattern."
    ARTIST = "artist", "The artist whose name is the pattern."
    ARTIST_TRACK = (
        "artist_track",
        "Tracks with the very name behind || by artists whose name holds what is before it.",
    )
    TRACK_REGEX = "track_regex", "Tracks in whose name the regular expression is found."
    CHAPTERS = "chapters", "Built in: numbered chapters of the album they are on."
    TAGS = "tags", "Built in: artists whose tags tell of the spoken word."


@choices
class Showing(Choice):
    """What a person says of an artist, an album or a track."""

    SHOWN = "shown", "It counts, whatever the rules say."
    HIDDEN = "hidden", "It counts nowhere, whatever the rules say."
    BY_RULES = "by_rules", "The rules decide."


_SHOWN: Mapping[Any, bool | None] = {
    Showing.SHOWN: True,
    Showing.HIDDEN: False,
    Showing.BY_RULES: None,
}


@shape(views.Filter, filter_type=FilterType, scope=FilterScope)
class Filter(views.Filter, Node):
    """A rule by which music is hidden. Taken away, it gives back all that it hid."""


@shape(views.Visibility, shown=None)
class Visibility(views.Visibility):
    """Whether something counts, and who says so."""

    @edge(Showing)
    def said(self) -> Showing:
        """What a person said of it."""
        said: Showing = next(each for each, shown in _SHOWN.items() if shown == self.shown)
        return said

    @edge(Filter | None)
    async def filter(self, info: Info) -> views.Filter | None:
        """The rule that means it, though a person may say something else; none where none does."""
        if self.filter_id is None:
            return None
        return await info.context.load(filters.filters_by_id, self.filter_id)


@shape(Playing)
class NowPlaying(Playing):
    """What is playing, or what was heard last."""

    @edge(StrawberryOptional(_TRACK))
    async def track(self, info: Info) -> listened.Track | None:
        """What it is in the library, where it is there."""
        if self.track_id is None:
            return None
        return await info.context.load(queries.tracks_by_id, self.track_id)

    @edge(StrawberryOptional(_ARTIST))
    async def artist(self, info: Info) -> listened.Artist | None:
        """Who it is in the library, where they are there."""
        if self.artist_id is None:
            return None
        return await info.context.load(queries.artists_by_id, self.artist_id)

    @edge(StrawberryOptional(_ALBUM))
    async def album(self, info: Info) -> listened.Album | None:
        """The album in the library, where it is there."""
        if self.album_id is None:
            return None
        return await info.context.load(queries.albums_by_id, self.album_id)


@described
class HideableArtist:
    """An artist who may be hidden."""

    id: strawberry.Private[int]

    @edge(Visibility)
    async def visibility(self, info: Info) -> views.Visibility:
        """Whether they are hidden, and why."""
        return await info.context.load(filters.visibility_by_artist, self.id) or UNKNOWN


@described
class HideableAlbum:
    """An album that may be hidden."""

    id: strawberry.Private[int]

    @edge(Visibility)
    async def visibility(self, info: Info) -> views.Visibility:
        """Whether it is hidden, and why."""
        return await info.context.load(filters.visibility_by_album, self.id) or UNKNOWN


@described
class HideableTrack:
    """A track that may be hidden."""

    id: strawberry.Private[int]

    @edge(Visibility)
    async def visibility(self, info: Info) -> views.Visibility:
        """Whether it is hidden, and why."""
        return await info.context.load(filters.visibility_by_track, self.id) or UNKNOWN


@described
class ListeningNow:
    """What plays, and what is hidden of it."""

    @edge(NowPlaying | None)
    async def now_playing(self, info: Info) -> Playing | None:
        """What is playing this moment, else what was heard last; null when nobody can tell.

        The provider is asked at most once in some seconds, for three seconds at most.
        """
        context = info.context
        deps = context.deps
        return await deps.players.now(deps.store, deps.settings, deps.jobs, context.caller.user_id)

    @edge(list[Filter])
    async def filters(self, info: Info) -> list[views.Filter]:
        """Every rule that hides music, those not enabled too; for admin keys."""
        info.context.require("admin")
        return await info.context.ask(filters.filters)


@taking
class AddFilterInput(Input):
    """A rule."""

    filter_type: Annotated[FilterType, Doc("Why.")]
    scope: Annotated[FilterScope, Doc("What it looks at; not one of the built-in ones.")]
    pattern: Annotated[str, Doc("What it looks for, 1 to 200 characters.")]
    reason: Annotated[str | None, Doc("Why, in your words.")] = None


@taking
class SetVisibilityInput(Input):
    """What is to be said of something."""

    id: Annotated[strawberry.ID, Doc("The artist, album or track.")]
    said: Annotated[Showing, Doc("What is said of it.")]


@described
class FilterPayload(Payload):
    """A rule after a change. What it means is hidden or shown soon after."""

    filter: Annotated[Filter | None, Doc("The rule.")] = None


@described
class RemoveFilterPayload(Payload):
    """A rule that is gone. What it alone hid is shown soon after."""

    removed: Annotated[strawberry.ID | None, Doc("The id it had.")] = None


@described
class SetVisibilityPayload(Payload):
    """Something after a change; every count follows at once."""

    node: Annotated[Node | None, Doc("The artist, album or track.")] = None
    visibility: Annotated[Visibility | None, Doc("What is said of it now.")] = None


@described
class FilterMutation:
    """Where changes to what is hidden begin."""

    @mutation(FilterPayload)
    async def add_filter(self, info: Info, given: AddFilterInput) -> FilterPayload:
        """Add a rule; one that was taken away or not enabled is there again."""
        context = info.context
        async with context.deps.store.write() as conn:
            made = await filters.add(
                conn,
                context.caller.user_id,
                filter_type=given.filter_type.inside,
                scope=given.scope.inside,
                pattern=given.pattern,
                reason=given.reason,
            )
        await refilter.enqueue(context.deps.jobs, context.caller.user_id)
        return FilterPayload(errors=[], filter=made)  # type: ignore[arg-type]  # a view stands for its shape

    @mutation(FilterPayload)
    async def set_filter_enabled(
        self,
        info: Info,
        id: Annotated[strawberry.ID, Doc("The rule.")],  # noqa: A002  # the argument's name
        enabled: Annotated[bool, Doc("Whether it is to count.")],
        client_mutation_id: Mark = None,
    ) -> FilterPayload:
        """Let a rule count or not."""
        context = info.context
        async with context.deps.store.write() as conn:
            changed = await filters.enable(
                conn, context.caller.user_id, filter_id=number_of("Filter", id), enabled=enabled
            )
        await refilter.enqueue(context.deps.jobs, context.caller.user_id)
        return FilterPayload(errors=[], filter=changed)  # type: ignore[arg-type]  # a view stands for its shape

    @mutation(RemoveFilterPayload)
    async def remove_filter(
        self,
        info: Info,
        id: Annotated[strawberry.ID, Doc("The rule.")],  # noqa: A002  # the argument's name
        client_mutation_id: Mark = None,
    ) -> RemoveFilterPayload:
        """Take a rule away."""
        context = info.context
        async with context.deps.store.write() as conn:
            number = number_of("Filter", id)
            await filters.remove(conn, context.caller.user_id, filter_id=number)
        await refilter.enqueue(context.deps.jobs, context.caller.user_id)
        return RemoveFilterPayload(errors=[], removed=id)

    @mutation(SetVisibilityPayload)
    async def set_visibility(self, info: Info, given: SetVisibilityInput) -> SetVisibilityPayload:
        """Show or hide an artist, an album or a track, whatever the rules say.

        What is an artist's stays hidden as long as the artist is.
        """
        context = info.context
        name, key = parse_id(given.id, path="id")
        if name not in _KINDS:
            raise BadInput("This is not the id of an artist, an album or a track", path="id")
        number = as_number(key, path="id")
        await refilter.set_shown(
            context.deps.store,
            context.caller.user_id,
            kind=_KINDS[name],
            entity_id=number,
            shown=_SHOWN[given.said],
        )
        context.forget()
        node: Any = await context.load(_NODES[name], number)
        said: Any = await context.load(_VISIBILITY[name], number)
        return SetVisibilityPayload(errors=[], node=node, visibility=said)


_VISIBILITY: Mapping[str, Any] = {
    "Artist": filters.visibility_by_artist,
    "Album": filters.visibility_by_album,
    "Track": filters.visibility_by_track,
}
_NODES: Mapping[str, Any] = {
    "Artist": queries.artists_by_id,
    "Album": queries.albums_by_id,
    "Track": queries.tracks_by_id,
}
NODES = {"Filter": Kind(filters.filters_by_id)}
