"""Mutations that write to providers: releases and films added to a collection, and taken out."""

from typing import Annotated, Any

import strawberry
from annotated_doc import Doc

from rewind_gql.domains.collecting import films, queries
from rewind_gql.domains.collecting.outbox import Kind
from rewind_gql.domains.watching import queries as watching
from rewind_gql.errors import BadInput
from rewind_gql.sync import outbox
from schema.collecting import Item
from schema.context import Info
from schema.errors import user_error
from schema.films import Media, MediaType, Movie
from schema.ids import number_of
from schema.mutations import Input, Mark, Payload, key_of_mark, mutation
from schema.shape import described, taking

TITLE_CHARS = 500
LARGEST = 2**53


@taking
class AddReleaseInput(Input):
    """Which release to add: by its number, or by artist and title."""

    discogs_id: Annotated[int | None, Doc("Release id at Discogs; decides where it is given.")] = (
        None
    )
    artist: Annotated[str | None, Doc("Who it is by.")] = None
    title: Annotated[str | None, Doc("What it is called.")] = None
    year: Annotated[int | None, Doc("Year of the edition; the first of that year is taken.")] = None


@taking
class AddMediaInput(Input):
    """Which film to add, and on what: by one of its numbers, or by title."""

    media_type: Annotated[MediaType, Doc("What it is kept on; OTHER cannot be added.")]
    tmdb_id: Annotated[int | None, Doc("Number at TMDB; decides where it is given.")] = None
    imdb_id: Annotated[str | None, Doc("Name at IMDb, such as tt0111161.")] = None
    title: Annotated[str | None, Doc("What it is called.")] = None
    year: Annotated[int | None, Doc("Year of its release; the first of that year is taken.")] = None
    resolution: Annotated[str | None, Doc("Such as uhd_4k or hd_1080p.")] = None
    hdr: Annotated[str | None, Doc("Such as dolby_vision or hdr10.")] = None
    audio: Annotated[str | None, Doc("Such as dolby_atmos or dts_hd_ma.")] = None
    audio_channels: Annotated[str | None, Doc("Such as 7.1.")] = None


@described
class AddingCandidate:
    """One of several things that were perhaps meant."""

    discogs_id: Annotated[int | None, Doc("Release id at Discogs, of a release.")] = None
    tmdb_id: Annotated[int | None, Doc("Number at TMDB, of a film.")] = None
    title: Annotated[str | None, Doc("What it is called.")] = None
    year: Annotated[int | None, Doc("Year of its release.")] = None
    format: Annotated[str | None, Doc("What a release is pressed on.")] = None
    country: Annotated[str | None, Doc("Country of a release.")] = None


@described
class AddReleasePayload(Payload):
    """The copy that was added."""

    item: Annotated[Item | None, Doc("The new copy.")] = None
    candidates: Annotated[
        list[AddingCandidate] | None,
        Doc("What to choose from; there only where it was not clear what is meant."),
    ] = None


@described
class AddMediaPayload(Payload):
    """The film that was added."""

    media: Annotated[Media | None, Doc("The film on what it was added on.")] = None
    candidates: Annotated[
        list[AddingCandidate] | None,
        Doc("What to choose from; there only where it was not clear what is meant."),
    ] = None


@described
class RemoveMediaPayload(Payload):
    """The film that was taken out."""

    movie: Annotated[Movie | None, Doc("The film, which is not owned any more.")] = None


@described
class AddingMutation:
    """Where changes to collections begin that providers are told of."""

    @mutation(AddReleasePayload)
    async def add_release(self, info: Info, given: AddReleaseInput) -> AddReleasePayload:
        """Add a copy of a release to the collection at Discogs, and here."""
        request = _request(given, ("discogs_id", "artist", "title", "year"))
        try:
            answer = await _ordered(info, "add_release", request, given.client_mutation_id)
        except outbox.Ambiguous as unclear:
            return AddReleasePayload(errors=[user_error(unclear)], candidates=_candidates(unclear))
        context = info.context
        context.forget()
        item: Any = await context.load(queries.items_by_id, answer["item_id"])
        return AddReleasePayload(errors=[], item=item)

    @mutation(AddMediaPayload)
    async def add_media(self, info: Info, given: AddMediaInput) -> AddMediaPayload:
        """Add a film on a medium to the collection at Trakt, and here."""
        if given.media_type is MediaType.OTHER:
            raise BadInput("OTHER cannot be added", path="media_type")
        request = _request(given, _FILM) | {"media_type": given.media_type.inside}
        try:
            answer = await _ordered(info, "add_media", request, given.client_mutation_id)
        except outbox.Ambiguous as unclear:
            return AddMediaPayload(errors=[user_error(unclear)], candidates=_candidates(unclear))
        context = info.context
        context.forget()
        owned = await context.load(films.media_by_movie, answer["movie_id"]) or []
        media: Any = next((m for m in owned if m.media_type == given.media_type.inside), None)
        return AddMediaPayload(errors=[], media=media)

    @mutation(RemoveMediaPayload)
    async def remove_media(
        self,
        info: Info,
        id: Annotated[strawberry.ID, Doc("The film on what it is owned on.")],  # noqa: A002  # its name
        client_mutation_id: Mark = None,
    ) -> RemoveMediaPayload:
        """Take a film out of the collection at Trakt and here, whatever it is owned on."""
        request = {"media_id": number_of("Media", id)}
        answer = await _ordered(info, "remove_media", request, client_mutation_id)
        context = info.context
        context.forget()
        movie: Any = await context.load(watching.movies_by_id, answer["movie_id"])
        return RemoveMediaPayload(errors=[], movie=movie)


_FILM = (
    *("tmdb_id", "imdb_id", "title", "year"),
    *("resolution", "hdr", "audio", "audio_channels"),
)


async def _ordered(
    info: Info, kind: Kind, request: dict[str, Any], mark: str | None
) -> dict[str, Any]:
    """The answer to an order, once it is done. Raises what it was refused with."""
    context = info.context
    store, user_id = context.deps.store, context.caller.user_id
    order = await outbox.submit(
        store,
        context.deps.jobs,
        user_id,
        kind=kind,
        request=request,
        key=key_of_mark(mark),
    )
    return outbox.told(await outbox.answered(store, user_id, order))


def _request(given: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """What was given of these; text within bounds. Raises `BadInput` for numbers beyond them."""
    found: dict[str, Any] = {}
    for name in names:
        value = getattr(given, name)
        if value in (None, strawberry.UNSET, ""):
            continue
        if isinstance(value, int) and not 0 < value <= LARGEST:
            raise BadInput(f"must be from 1 to {LARGEST}", path=name)
        if isinstance(value, str) and not (value.isprintable() and len(value) <= TITLE_CHARS):
            raise BadInput(f"must be at most {TITLE_CHARS} printable characters", path=name)
        found[name] = value
    return found


def _candidates(unclear: outbox.Ambiguous) -> list[AddingCandidate]:
    return [
        AddingCandidate(
            discogs_id=each.get("discogs_id"),
            tmdb_id=each.get("tmdb_id"),
            title=each.get("title"),
            year=each.get("year") or _year(each.get("release_date")),
            format=each.get("format"),
            country=each.get("country"),
        )
        for each in unclear.candidates
    ]


def _year(released: str | None) -> int | None:
    return int(released[:4]) if released and released[:4].isdecimal() else None
