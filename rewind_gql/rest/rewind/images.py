"""Images over REST: redirected to, chosen, replaced, taken back."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from annotated_doc import Doc
from annotated_types import Ge, Le
from typing_extensions import TypedDict

from rewind_gql import log
from rewind_gql.across import pictures
from rewind_gql.across.pictures import Hints
from rewind_gql.errors import BadInput
from rewind_gql.images import views
from rewind_gql.images.finders.base import PICTURE_BYTES
from rewind_gql.images.records import Candidate, Key
from rewind_gql.images.remeasure import remeasure
from rewind_gql.images.search import Tried
from rewind_gql.rest.answers import Answer, Header
from rewind_gql.rest.bodies import Body
from rewind_gql.rest.dialects import REWIND
from rewind_gql.rest.params import REQUIRED
from rewind_gql.rest.shim import Access, Call
from rewind_gql.rest.uploads import file_part

IN_FORM_BYTES = 64 * 1024
"""What a form may have around its picture."""
PART = "image"
REDIRECT: Header = (b"cache-control", b"private, max-age=300")

DomainName = Annotated[
    Literal["listening", "watching", "collecting", "reading"], Doc("The domain of the thing.")
]
Kind = Annotated[
    Literal["albums", "artists", "movies", "shows", "releases", "articles"], Doc("What it is.")
]
EntityId = Annotated[str, Doc("Its id; for releases, that at Discogs.")]
Size = Annotated[
    Literal[
        "thumbnail", "small", "medium", "poster-sm", "large", "poster", "poster-lg", "backdrop",
        "original",
    ],
    Doc("The size, by its name."),
]  # fmt: skip
ArtistName = Annotated[str, Doc("Look for this artist instead of the stored one; admin keys only.")]
AlbumName = Annotated[str, Doc("Look for this album instead of the stored one; admin keys only.")]
Mbid = Annotated[str, Doc("Look by this MusicBrainz id instead of the stored one; admin only.")]
TmdbId = Annotated[str, Doc("Look by this TMDB id instead of the stored one; admin keys only.")]
BatchSize = Annotated[int, Ge(1), Le(200)]


@dataclass(frozen=True, slots=True, kw_only=True)
class FromAddress:
    """Where the picture lies."""

    source_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """How many pictures to measure, and behind which one to go on."""

    batch_size: BatchSize = 50
    after: str = ""


class Entity(TypedDict):
    """Which thing it is about."""

    domain: str
    entity_type: str
    entity_id: str


class Alternative(TypedDict):
    """A picture to choose."""

    source: str
    url: str
    width: int | None
    height: int | None


class FailedSource(TypedDict):
    """A source that could not be asked."""

    source: str
    reason: str | None


class Alternatives(TypedDict):
    """What there is to choose from."""

    entity: Entity
    current_source: str | None
    is_override: bool
    alternatives: list[Alternative]
    failed: list[FailedSource]


class ImageResult(TypedDict):
    """The picture a thing has now; without an address, it has none any more."""

    domain: str
    entity_type: str
    entity_id: str
    image_url: str | None
    source: str
    is_override: bool
    image_version: int
    thumbhash: str | None
    dominant_color: str | None
    accent_color: str | None


class Remeasured(TypedDict):
    """What was measured anew; `after` leads to the next batch."""

    updated: int
    failed: int
    remaining: int
    after: str | None


class PictureBody(Body):
    """A picture in a form, or where it lies in JSON. What is neither is 400, as clients know it."""

    max_bytes = PICTURE_BYTES + IN_FORM_BYTES
    also = {  # noqa: RUF012  # read only, as its type says
        "multipart/form-data": {
            "type": "object",
            "required": [PART],
            "properties": {PART: {"type": "string", "format": "binary"}},
        }
    }

    def read(self, raw: bytes, content_type: str) -> Any:
        """The bytes of the picture, or its address."""
        media = content_type.partition(";")[0].strip().lower()
        if media == "multipart/form-data":
            return file_part(raw, content_type, PART)
        if media != "application/json":
            raise BadInput("Send the picture as multipart/form-data, or its source_url as JSON")
        return super().read(raw, content_type)


async def image(
    call: Call,
    *,
    domain: DomainName,
    entity_type: Kind,
    entity_id: EntityId,
    size: Size,
    artist_name: ArtistName = "",
    album_name: AlbumName = "",
    mbid: Mbid = "",
    tmdb_id: TmdbId = "",
) -> Answer:
    """Get image by entity

    Redirects to the picture; its blur and its colours are in the headers. A picture that is missing
    is looked for, for a few seconds; when that takes longer, or nobody could be asked, 404 says
    when to ask again. Only what is stored of the thing is gone by; with an admin key, what the
    query says.
    """
    hints = Hints(artist_name=artist_name, album_name=album_name, mbid=mbid, tmdb_id=tmdb_id)
    if call.caller is None or call.caller.scope != "admin":
        hints = pictures.NO_HINTS
    key = Key(domain, entity_type, entity_id)
    found = await pictures.look(call.desk.images.pipeline, call.user_id, key, hints=hints)
    tag = f'"{found.domain}/{found.entity_type}/{found.entity_id}/{found.version}/{size}"'
    told = (
        (b"location", call.links.sized(found, size)),
        (b"etag", tag),
    )
    headers = [(name, value.encode()) for name, value in told] + looks(found)
    return Answer(302, [REDIRECT, REWIND.vary, (b"content-length", b"0"), *headers], b"")


def looks(found: views.Image) -> list[Header]:
    """The blur and the colours of a picture, as headers beside it."""
    told = (
        (b"x-thumbhash", found.thumbhash),
        (b"x-dominant-color", found.dominant_color),
        (b"x-accent-color", found.accent_color),
    )
    return [(name, value.encode()) for name, value in told if value]


async def alternatives(
    call: Call,
    *,
    domain: DomainName,
    entity_type: Kind,
    entity_id: EntityId,
    artist_name: ArtistName = "",
    album_name: AlbumName = "",
    mbid: Mbid = "",
    tmdb_id: TmdbId = "",
) -> Alternatives:
    """Browse image alternatives

    What every source has for the thing, in the order they are asked in; nothing is kept. Sources
    that did not answer in time are listed as failed.
    """
    key = Key(domain, entity_type, entity_id)
    hints = Hints(artist_name=artist_name, album_name=album_name, mbid=mbid, tmdb_id=tmdb_id)
    pipeline = call.desk.images.pipeline
    choice = await pictures.choice(pipeline, call.user_id, key, hints=hints)
    return {
        "entity": {"domain": domain, "entity_type": entity_type, "entity_id": entity_id},
        "current_source": choice.image.source if choice.image else None,
        "is_override": choice.image is not None and choice.image.is_override,
        "alternatives": [_alternative(each) for each in choice.found.candidates],
        "failed": [_failed(each) for each in choice.found.failed],
    }


async def set_override(
    call: Call,
    *,
    domain: DomainName,
    entity_type: Kind,
    entity_id: EntityId,
    body: FromAddress,
) -> ImageResult:
    """Set image override

    The picture in the form's part `image`, or at `source_url`, is that of the thing from now on,
    until the override is taken back. JPEG, PNG, WebP, GIF or AVIF, up to 20 MiB.
    """
    key, pipeline = Key(domain, entity_type, entity_id), call.desk.images.pipeline
    if isinstance(body, FromAddress):
        chosen = await pictures.override_from(pipeline, call.user_id, key, body.source_url)
    else:
        chosen = await pictures.override(pipeline, call.user_id, key, body)
    return _result(call, key, chosen)


async def delete_override(
    call: Call,
    *,
    domain: DomainName,
    entity_type: Kind,
    entity_id: EntityId,
    artist_name: ArtistName = "",
    album_name: AlbumName = "",
    mbid: Mbid = "",
    tmdb_id: TmdbId = "",
    force: Annotated[
        Literal["true", "false"], Doc("Take the chosen picture away even if no other is found.")
    ] = "false",
) -> ImageResult:
    """Revert image override

    Looks for the thing's picture anew; the chosen one stays until another is kept. When none is
    found, nothing changes, unless `force` says so.
    """
    key = Key(domain, entity_type, entity_id)
    hints = Hints(artist_name=artist_name, album_name=album_name, mbid=mbid, tmdb_id=tmdb_id)
    found = await pictures.revert(
        call.desk.images.pipeline, call.user_id, key, hints=hints, force=force == "true"
    )
    return _result(call, key, found)


async def regenerate_thumbhashes(call: Call, *, body: Batch = Batch()) -> Remeasured:
    """Regenerate thumbhashes

    Measures pictures again that were measured by older rules: their blur and their colours. Those
    that cannot be read are passed over; give `after` back to go on behind them.
    """
    images = call.desk.images
    done = await remeasure(
        call.desk.store,
        images.blobs,
        images.worker,
        call.user_id,
        limit=body.batch_size,
        after=body.after,
    )
    return {
        "updated": done.updated,
        "failed": done.failed,
        "remaining": done.remaining,
        "after": done.after,
    }


def _alternative(found: Candidate) -> Alternative:
    return {
        "source": found.source,
        "url": log.redact(found.url),
        "width": found.width,
        "height": found.height,
    }


def _failed(tried: Tried) -> FailedSource:
    return {"source": tried.finder, "reason": tried.reason}


def _result(call: Call, key: Key, found: views.Image | None) -> ImageResult:
    return {
        "domain": key.domain,
        "entity_type": key.entity_type,
        "entity_id": key.entity_id,
        "image_url": call.links.sized(found, "original") if found else None,
        "source": found.source if found else "none",
        "is_override": found is not None and found.is_override,
        "image_version": found.version if found else 0,
        "thumbhash": found.thumbhash if found else None,
        "dominant_color": found.dominant_color if found else None,
        "accent_color": found.accent_color if found else None,
    }


def _picture_body(function: Any) -> Body:
    return PictureBody(FromAddress, REQUIRED)


THING = "/{domain}/{entity_type}/{entity_id}"
ROUTES = (
    REWIND.page(
        f"/images{THING}/{{size}}",
        image,
        cache=None,
        status=302,
        lasting=True,
        refuses=(404, 503),
        name="getImage",
        tag="Images",
    ),
    REWIND.page(
        f"/admin/images{THING}/alternatives",
        alternatives,
        access=Access.ADMIN,
        cache=None,
        refuses=(404,),
        name="getImageAlternatives",
        tag="Images",
    ),
    REWIND.put(
        f"/admin/images{THING}",
        set_override,
        taking=_picture_body,
        refuses=(503,),
        name="setImageOverride",
        tag="Images",
    ),
    REWIND.delete(
        f"/admin/images{THING}/override",
        delete_override,
        refuses=(503,),
        name="deleteImageOverride",
        tag="Images",
    ),
    REWIND.post(
        "/admin/images/regenerate-thumbhashes",
        regenerate_thumbhashes,
        refuses=(503,),
        name="regenerateThumbhashes",
        tag="Images",
    ),
)
