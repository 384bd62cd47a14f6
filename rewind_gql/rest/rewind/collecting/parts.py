"""Parts that bodies of collecting share: parameters, copies, covers, counts."""

from collections.abc import Iterable
from typing import Annotated, Any

import orjson
from annotated_doc import Doc
from annotated_types import Ge, Le
from typing_extensions import TypedDict

from rewind_gql import clock
from rewind_gql.across.pictures import images_by_entity
from rewind_gql.domains.collecting import views
from rewind_gql.domains.collecting.queries import Order
from rewind_gql.images.links import Links
from rewind_gql.images.records import Key
from rewind_gql.images.views import Image as Cover
from rewind_gql.rest.answers import Cache
from rewind_gql.rest.params import Lenient
from rewind_gql.rest.rewind.parts import Image, attachment
from rewind_gql.store.read import Conn

# Answers carry a validator, so that a client may ask again soon: a sync can change any of them.
CACHE = Cache("private", 60)
TAG = "Collecting"

Limit = Annotated[int, Ge(1), Le(100), Doc("Items on a page.")]
RecentLimit = Annotated[int, Ge(1), Le(50), Doc("Items on a page.")]
Direction = Annotated[Order, Lenient(), Doc("asc or desc; other words mean desc.")]
ItemId = Annotated[int, Ge(0), Doc("The number of the item here.")]


class Copy(TypedDict):
    """An owned copy and what it is a copy of; details and labels are JSON texts."""

    id: int
    discogs_id: int
    title: str
    artists: list[str]
    year: int | None
    format: str
    format_detail: str
    label: str
    genres: list[str]
    styles: list[str]
    image: Image | None
    date_added: str | None
    rating: int | None
    discogs_url: str | None


class Named(TypedDict):
    """How many items are filed under a name."""

    name: str
    count: int


class Names(TypedDict):
    """Names with the number of items under each, most first."""

    data: list[Named]


def counts(found: Iterable[views.Count]) -> list[Named]:
    """Counts as bodies list them."""
    return [{"name": each.name, "count": each.copies} for each in found]


def release_key(release: views.Release) -> Key:
    """What the cover of a release is known by."""
    return Key("collecting", "releases", str(release.discogs_id))


async def covers_of(conn: Conn, user_id: int, keys: Iterable[Key]) -> dict[Key, Cover]:
    """The pictures of these things; one statement, or none for nothing."""
    wanted = [*{*keys}]
    return await images_by_entity(conn, user_id, wanted) if wanted else {}


def printed(covers: dict[Key, Cover], links: Links) -> dict[Key, Image | None]:
    """Pictures as bodies carry them."""
    return {key: attachment(cover, links) for key, cover in covers.items()}


def copy(owned: views.OwnedRelease, cover: Image | None) -> Copy:
    """An owned copy as lists show it."""
    item, release = owned.item, owned.release
    return {
        "id": item.id,
        "discogs_id": release.discogs_id,
        "title": release.title,
        "artists": release.artists,
        "year": release.year,
        "format": format_of(release),
        "format_detail": as_text(release.format_descriptions),
        "label": as_text([{"name": each.name, "catno": each.catno} for each in release.labels]),
        "genres": release.genres,
        "styles": release.styles,
        "image": cover,
        "date_added": views.as_written(item.added_at, item.added_offset_min),
        "rating": item.rating,
        "discogs_url": release.discogs_url,
    }


def format_of(release: views.Release) -> str:
    """The main format; `Unknown` where none is known."""
    return release.formats[0] if release.formats else "Unknown"


def as_text(value: Any) -> str:
    """A list as JSON in a text, as clients of lists know it."""
    return orjson.dumps(value).decode()


def within(asked: clock.Window) -> dict[str, Any]:
    """A window as the filters of lists take it."""
    return {"since": asked.since, "until": asked.until}


def given(text: str | None) -> str | None:
    """A text parameter; one left empty asks for nothing."""
    return text or None


def one_of(text: str | None) -> tuple[str, ...] | None:
    """The same where a filter takes several."""
    return (text,) if text else None
