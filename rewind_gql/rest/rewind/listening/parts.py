"""Parts that bodies of listening share: parameters, names, pictures, plays over time."""

from collections.abc import Iterable
from typing import Annotated, Literal, NotRequired

from annotated_doc import Doc
from annotated_types import Ge, Le
from typing_extensions import TypedDict

from rewind_gql import clock
from rewind_gql.across.pictures import images_by_entity
from rewind_gql.domains.listening import views
from rewind_gql.domains.listening.records import Period
from rewind_gql.errors import BadInput
from rewind_gql.images.links import Links
from rewind_gql.images.records import Key
from rewind_gql.images.views import Image as Cover
from rewind_gql.rest.answers import Cache
from rewind_gql.rest.rewind.parts import Image, attachment
from rewind_gql.store.read import Conn

TAG = "Listening"
CACHE = Cache("private", 3_600)
LASTING = Cache("private", 86_400)
"""For what is over, such as a year: only a late play can change it."""
EARLIEST = 2_000

Granularity = Literal["day", "week", "month", "year"]
PeriodName = Annotated[Period, Doc("The days that end with today, or all; not beside dates.")]
TopLimit = Annotated[int, Ge(1), Le(50), Doc("Places on a page.")]
Sparklines = Annotated[bool, Doc("Add plays over time to each item; only `true` or `1` does.")]
EntityId = Annotated[int, Ge(0), Doc("Its number here.")]


class Name(TypedDict):
    """Somebody or something, by number and name."""

    id: int
    name: str


class Sparkline(TypedDict):
    """Plays over time, the oldest first, none left out."""

    granularity: Granularity
    points: list[int]


class Sparkled(TypedDict):
    """What has plays over time where they were asked for."""

    sparkline: NotRequired[Sparkline]


class Pictures:
    """The pictures of some things, as bodies carry them."""

    def __init__(self, covers: dict[Key, Cover], links: Links) -> None:
        self._printed = {key: attachment(cover, links) for key, cover in covers.items()}

    def artist(self, artist_id: int) -> Image | None:
        """The picture of an artist."""
        return self._printed.get(artist_key(artist_id))

    def album(self, album_id: int | None) -> Image | None:
        """The cover of an album; none of none."""
        return None if album_id is None else self._printed.get(album_key(album_id))


def artist_key(artist_id: int) -> Key:
    """What the picture of an artist is known by."""
    return Key("listening", "artists", str(artist_id))


def album_key(album_id: int) -> Key:
    """What the cover of an album is known by."""
    return Key("listening", "albums", str(album_id))


async def covers_of(
    conn: Conn,
    user_id: int,
    *,
    artists: Iterable[int] = (),
    albums: Iterable[int | None] = (),
) -> dict[Key, Cover]:
    """The pictures of these artists and albums; one statement, or none for nothing."""
    keys = {artist_key(each) for each in artists}
    keys |= {album_key(each) for each in albums if each is not None}
    return await images_by_entity(conn, user_id, list(keys)) if keys else {}


def named(artist: views.Artist) -> Name:
    """An artist by number and name."""
    return {"id": artist.id, "name": artist.name}


def sparkled(points: list[int] | None, granularity: str | None) -> Sparkled:
    """Plays over time; nothing at all where they were not asked for."""
    if points is None or granularity is None:
        return {}
    return {"sparkline": {"granularity": granularity, "points": points}}  # type: ignore[typeddict-item]  # one of the four


def year_within(year: int, *, path: str = "year") -> int:
    """The year, if it may be asked about. Raises `BadInput` for one long ago or far off."""
    latest = clock.today().year + 1
    if not EARLIEST <= year <= latest:
        raise BadInput(f"Invalid {path}: it must lie between {EARLIEST} and {latest}", path=path)
    return year


def lasting(year: int) -> Cache:
    """How long an answer about a year may be kept."""
    return LASTING if year < clock.today().year else CACHE
