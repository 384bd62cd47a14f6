"""Collecting written to over REST: records and films added at their providers, and taken out."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from annotated_doc import Doc
from annotated_types import Ge, Le, MaxLen, MinLen
from typing_extensions import TypedDict

from rewind_gql.across import pictures
from rewind_gql.domains.collecting.outbox import Kind
from rewind_gql.errors import Refused
from rewind_gql.images.records import Key
from rewind_gql.rest.bodies import ONE_LINE, WHOLE
from rewind_gql.rest.dialects import REWIND
from rewind_gql.rest.params import Named
from rewind_gql.rest.rewind.collecting.parts import TAG
from rewind_gql.rest.shim import Call, Said
from rewind_gql.sync import outbox

REFUSES = (404, 409, 422, 502, 503, 504)
KEY = b"idempotency-key"

Number = Annotated[int, Ge(1), Le(2**53), WHOLE]
Year = Annotated[int, Ge(1), Le(9999), WHOLE]
Text = Annotated[str, MinLen(1), MaxLen(500), ONE_LINE]
Word = Annotated[str, MinLen(1), MaxLen(50), ONE_LINE]
MediaId = Annotated[int, Ge(0), Named("media ID"), Doc("The number of the item here.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRelease:
    """Which release to add: by its number, else by title and artist."""

    discogs_id: Number | None = None
    title: Text | None = None
    artist: Text | None = None
    year: Year | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMedia:
    """Which film to add, and on what: by one of its numbers, else by title."""

    media_type: Literal["bluray", "uhd_bluray", "hddvd", "dvd", "digital"]
    tmdb_id: Number | None = None
    imdb_id: Word | None = None
    title: Text | None = None
    year: Year | None = None
    resolution: Word | None = None
    hdr: Word | None = None
    audio: Word | None = None
    audio_channels: Word | None = None


class AddedRelease(TypedDict):
    """The release that was added."""

    title: str
    artist: str
    year: int | None
    discogs_id: int
    format: str


class Instance(TypedDict):
    """The copy as Discogs knows it."""

    instance_id: int


class AddedCopy(TypedDict):
    """A copy that was added."""

    status: Literal["added"]
    release: AddedRelease
    discogs: Instance
    image_processed: bool


class AddedMovie(TypedDict):
    """The film that was added."""

    title: str
    year: int | None
    tmdb_id: int


class TraktCounts(TypedDict):
    """What Trakt did: films it added, and films it had already."""

    added: int
    existing: int


class AddedMedia(TypedDict):
    """A film that was added."""

    status: Literal["added"]
    movie: AddedMovie
    media_type: str
    trakt: TraktCounts
    image_processed: bool


class Removed(TypedDict):
    """A film that was taken out."""

    status: Literal["removed"]
    message: str


class UnderWay(TypedDict):
    """An order that is still being seen to."""

    status: Literal["running"]
    message: str


async def add_release(call: Call, *, body: NewRelease) -> AddedCopy | Said:
    """Add music to collection

    Adds a copy at Discogs and here, once per `Idempotency-Key`. Several releases of that name
    without a year are 422 with candidates; what takes longer than 25 seconds is 202 and goes on.
    """
    given = _given(body, ("discogs_id", "title", "artist", "year"))
    answer = await _ordered(call, "add_release", given)
    if isinstance(answer, Said):
        return answer
    release_id = answer["discogs_id"]
    return {
        "status": "added",
        "release": {
            "title": answer["title"],
            "artist": answer["artist"],
            "year": answer["year"],
            "discogs_id": release_id,
            "format": answer["format"],
        },
        "discogs": {"instance_id": answer["instance_id"]},
        "image_processed": await _pictured(call, Key("collecting", "releases", str(release_id))),
    }


async def add_media(call: Call, *, body: NewMedia) -> AddedMedia | Said:
    """Add physical media

    Adds a film on a medium at Trakt and here, once per `Idempotency-Key`. Several films of that
    name without a year are 422 with candidates; what takes longer than 25 seconds is 202.
    """
    answer = await _ordered(call, "add_media", _given(body, _FILM))
    if isinstance(answer, Said):
        return answer
    return {
        "status": "added",
        "movie": {
            "title": answer["title"],
            "year": answer["year"],
            "tmdb_id": answer["tmdb_id"],
        },
        "media_type": answer["media_type"],
        "trakt": {"added": answer["added"], "existing": answer["existing"]},
        "image_processed": await _pictured(
            call, Key("watching", "movies", str(answer["movie_id"]))
        ),
    }


async def remove_media(
    call: Call,
    *,
    id: MediaId,  # noqa: A002  # the path's name
) -> Removed | Said:
    """Remove physical media

    Takes the film out of the collection at Trakt and here, whatever it is owned on.
    """
    answer = await _ordered(call, "remove_media", {"media_id": id})
    if isinstance(answer, Said):
        return answer
    return {"status": "removed", "message": f"Removed {answer['title']} from the collection"}


_FILM = (
    *("media_type", "tmdb_id", "imdb_id", "title", "year"),
    *("resolution", "hdr", "audio", "audio_channels"),
)


def _given(body: Any, names: tuple[str, ...]) -> dict[str, Any]:
    found = {name: getattr(body, name) for name in names}
    return {name: value for name, value in found.items() if value is not None}


async def _ordered(call: Call, kind: Kind, request: dict[str, Any]) -> dict[str, Any] | Said:
    """The answer to an order once it is done, or what to say instead."""
    desk, user_id = call.desk, call.user_id
    order = await outbox.submit(
        desk.store, desk.jobs, user_id, kind=kind, request=request, key=call.header(KEY)
    )
    try:
        done = await outbox.answered(desk.store, user_id, order, wait_s=outbox.WAIT_S)
        return outbox.told(done)
    except outbox.Ambiguous as unclear:
        body = {"status": "ambiguous", "message": unclear.message}
        return Said(422, {**body, "candidates": unclear.candidates})
    except outbox.UnderWay as waiting:
        return Said(202, UnderWay(status="running", message=waiting.message))


async def _pictured(call: Call, key: Key) -> bool:
    """Whether the thing has a picture by now; what is not found at once is looked for later."""
    try:
        await pictures.look(call.desk.images.pipeline, call.user_id, key)
    except Refused:
        return False
    return True


ROUTES = (
    REWIND.post(
        "/admin/collecting/vinyl",
        add_release,
        others={202: UnderWay},
        refuses=REFUSES,
        returns=AddedCopy,
        name="adminAddCollectingVinyl",
        tag=TAG,
    ),
    REWIND.post(
        "/admin/collecting/media",
        add_media,
        others={202: UnderWay},
        refuses=REFUSES,
        returns=AddedMedia,
        name="adminAddCollectingMedia",
        tag=TAG,
    ),
    REWIND.post(
        "/admin/collecting/media/{id}/remove",
        remove_media,
        others={202: UnderWay},
        refuses=REFUSES,
        returns=Removed,
        name="adminRemoveCollectingMedia",
        tag=TAG,
    ),
)
