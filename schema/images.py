"""Images in GraphQL: the field that every pictured thing has."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any

import strawberry
from annotated_doc import Doc

from rewind_gql.across import pictures
from rewind_gql.domains.collecting import views as collected
from rewind_gql.errors import BadInput
from rewind_gql.images import views
from rewind_gql.images.derived import shown, snapped
from rewind_gql.images.links import SIZES, Transform
from rewind_gql.images.placeholder import data_url
from rewind_gql.images.presets import LONGEST_PX
from rewind_gql.images.records import Key
from rewind_gql.store.read import Wanted as Columns
from schema.context import Info
from schema.shape import Bundle, Choice, choices, described, edge

_PRIVATE: Any = strawberry.Private
Write = Callable[[views.Image], str]


@choices
class ImageSize(Choice):
    """A size by its name: width x height in pixels, filled or not as `fit` says."""

    THUMBNAIL = "thumbnail", "64 x 64."
    SMALL = "small", "150 x 150."
    MEDIUM = "medium", "300 x 300."
    LARGE = "large", "600 x 600."
    POSTER_SM = "poster-sm", "240 x 360."
    POSTER = "poster", "342 x 513."
    POSTER_LG = "poster-lg", "500 x 750."
    BACKDROP = "backdrop", "780 x 439."
    ORIGINAL = "original", "As it was found, untouched."


@choices
class ImageFit(Choice):
    """How a picture is brought into sides it does not have."""

    COVER = "cover", "Fills them, cut around the centre; enlarged where it is too small."
    CROP = "crop", "The same, but never enlarged."
    CONTAIN = "contain", "Fits inside them, whole; enlarged where it is too small."
    SCALE_DOWN = "scale-down", "The same, but never enlarged."


@choices
class ImageFormat(Choice):
    """The kind of file a picture comes as."""

    AUTO = "auto", "The best of those that whoever fetches it asks for."
    AVIF = "avif", "AVIF."
    WEBP = "webp", "WebP."
    JPEG = "jpeg", "JPEG; what is see-through becomes white."
    PNG = "png", "PNG."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted(Bundle):
    """The arguments of every `image` field."""

    size: Annotated[ImageSize, Doc("A size by its name; not looked at beside sides.")] = (
        ImageSize.MEDIUM
    )
    width: Annotated[
        int | None, Doc("Pixels, 1 to 2000, up to the next ten; alone, the height follows.")
    ] = None
    height: Annotated[
        int | None, Doc("Pixels, 1 to 2000, up to the next ten; alone, the width follows.")
    ] = None
    fit: Annotated[ImageFit, Doc("How it is brought into the sides, given or named.")] = (
        ImageFit.COVER
    )
    format: Annotated[ImageFormat, Doc("The kind of file.")] = ImageFormat.AUTO

    def transform(self) -> Transform | None:
        """What is asked for; None for the bytes untouched. Raises `BadInput` for sides too long."""
        for name, side in (("width", self.width), ("height", self.height)):
            if side is not None and not 1 <= side <= LONGEST_PX:
                raise BadInput(f"{name} must be between 1 and {LONGEST_PX}", path=name)
        if self.width or self.height:
            form, fit = self.format.inside, self.fit.inside
            return snapped(Transform(width=self.width, height=self.height, fit=fit, format=form))
        named = SIZES.get(self.size.inside)
        if named is None and self.format is ImageFormat.AUTO:
            return None
        return replace(named or Transform(), fit=self.fit.inside, format=self.format.inside)


@described
class Image:
    """The picture of a thing, and what to show until it has loaded."""

    url: Annotated[str, Doc("Where anybody may fetch it; the address changes when it does.")]
    width: Annotated[int, Doc("Pixels of what is fetched there.")]
    height: Annotated[int, Doc("Pixels of what is fetched there.")]
    thumbhash: Annotated[str | None, Doc("A ThumbHash, base64: its blur in some 25 bytes.")]
    dominant_color: Annotated[str | None, Doc("Lower-case #rrggbb.")]
    accent_color: Annotated[str | None, Doc("Lower-case #rrggbb, visibly another.")]
    original_width: Annotated[int, Doc("Pixels of the original.")]
    original_height: Annotated[int, Doc("Pixels of the original.")]
    media_type: Annotated[str, Doc("Of the original, such as image/jpeg.")]
    source: Annotated[str, Doc("Who it is from, such as deezer; manual for a person's choice.")]
    attribution: Annotated[str | None, Doc("Words its source asks to be shown beside it.")]
    is_override: Annotated[bool, Doc("Whether a person chose it.")]
    content_hash: Annotated[
        str, Doc("SHA-256 of the original in hex; REWIND_IMAGE_PLACEHOLDERS takes such.")
    ]
    version: Annotated[int, Doc("Rises when the picture becomes another one.")]
    updated_at: Annotated[datetime, Doc("When it was last looked for or changed.")]
    named: _PRIVATE[Callable[[Info], Awaitable[str]]]

    @edge(str | None)
    def thumbhash_data_url(self) -> str | None:
        """The blur as a `data:` address of a PNG some 32 pixels across, ready to be shown."""
        return data_url(self.thumbhash) if self.thumbhash else None

    @edge(str)
    async def alt(self, info: Info) -> str:
        """What it shows, in words for those who do not see it."""
        words: str = await self.named(info)
        return words


class Shown:
    """An `Image`: a picture in the size that is wanted, most of which nobody asks for."""

    __slots__ = ("_image", "_key", "_transform", "_write")

    def __init__(
        self, image: views.Image, key: Key, transform: Transform | None, write: Write
    ) -> None:
        self._image = image
        self._key = key
        self._transform = transform
        self._write = write

    def __getattr__(self, name: str) -> Any:
        """What is said of the picture itself."""
        return getattr(self._image, name)

    @property
    def url(self) -> str:
        """Where it is fetched."""
        return self._write(self._image)

    @property
    def width(self) -> int:
        """Pixels of what is fetched there."""
        return shown(self._image, self._transform)[0]

    @property
    def height(self) -> int:
        """Pixels of what is fetched there."""
        return shown(self._image, self._transform)[1]

    @property
    def thumbhash(self) -> str | None:
        """Its blur."""
        return self._image.thumbhash

    @property
    def dominant_color(self) -> str | None:
        """Its colour."""
        return self._image.dominant_color

    @property
    def original_width(self) -> int:
        """Pixels of the original."""
        return self._image.width

    @property
    def original_height(self) -> int:
        """Pixels of the original."""
        return self._image.height

    async def named(self, info: Info) -> str:
        """What it shows, in words."""
        return await words(info, self._key)


_LOOKS_AT = {
    "__typename": (),
    "url": ("media_type", "version"),
    "width": ("width", "height"),
    "height": ("width", "height"),
    "thumbhash": ("thumbhash",),
    "thumbhashDataUrl": ("thumbhash",),
    "dominantColor": ("dominant_color",),
    "accentColor": ("accent_color",),
    "originalWidth": ("width",),
    "originalHeight": ("height",),
    "alt": (),
}
"""What those fields of an `Image` look at that are asked for a lot."""
_OTHERS = frozenset(
    {"mediaType", "source", "attribution", "isOverride", "contentHash", "version", "updatedAt"}
)


@lru_cache(512)
def _columns(names: frozenset[str] | None) -> Columns:
    """What an operation with fields of these names looks at of any picture; None: perhaps all.

    It is the same wherever in the operation, so that all pictures come by one statement.
    """
    if names is None or not names.isdisjoint(_OTHERS):
        return None
    return frozenset(column for name in names for column in _LOOKS_AT.get(name, ()))


async def images_of(info: Info, keys: Sequence[Key], wanted: Wanted) -> list[Shown | None]:
    """The pictures of things in the size that is wanted; all of one step in one statement."""
    transform = _transform(wanted)
    write = info.context.links.writer(transform)
    only = _columns(getattr(info, "names", None))
    found = await info.context.load_all(pictures.images_by_entity, keys, only=only)
    return [
        None if image is None else Shown(image, key, transform, write)
        for key, image in zip(keys, found, strict=True)
    ]


async def image_of(info: Info, key: Key, wanted: Wanted) -> Shown | None:
    """The picture of one thing."""
    [image] = await images_of(info, [key], wanted)
    return image


@lru_cache(512)
def _transform(wanted: Wanted) -> Transform | None:
    """What is asked for, which is the same for all things of a list. Raises as `transform` does."""
    return wanted.transform()


def release_key(release: collected.Release) -> Key:
    """What the cover of a release is known by."""
    return Key("collecting", "releases", str(release.discogs_id))


async def words(info: Info, key: Key) -> str:
    """What the picture of a thing shows: whose cover it is, or who."""
    things = await info.context.load(pictures.things_by_key, key)
    if things is None:
        return ""
    by = f" by {things.artist}" if things.artist else ""
    return f"Cover of {things.title}{by}" if things.title else things.artist
