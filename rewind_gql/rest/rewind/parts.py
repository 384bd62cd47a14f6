"""Parts that bodies of several domains share: pages, images."""

from typing import Annotated

from annotated_doc import Doc
from annotated_types import Ge, Le
from typing_extensions import TypedDict

from rewind_gql.images import views
from rewind_gql.images.links import Links

# A page number has no limit of its own; this one keeps the offset within 64 bits.
MAX_PAGE = 1_000_000_000

PageNumber = Annotated[int, Ge(1), Le(MAX_PAGE), Doc("Which page, from 1.")]


class Pagination(TypedDict):
    """Where a page stands among all."""

    page: int
    limit: int
    total: int
    total_pages: int


class Image(TypedDict):
    """An image of a thing: its address, and what to show until it has loaded."""

    url: str
    cdn_url: str
    thumbhash: str | None
    dominant_color: str | None
    accent_color: str | None


def attachment(image: views.Image | None, links: Links, size: str = "medium") -> Image | None:
    """A picture as bodies carry it; its address under both names that clients look for."""
    if image is None:
        return None
    url = links.sized(image, size)
    return {
        "url": url,
        "cdn_url": url,
        "thumbhash": image.thumbhash,
        "dominant_color": image.dominant_color,
        "accent_color": image.accent_color,
    }


def pagination(*, page: int, limit: int, total: int) -> Pagination:
    """The pagination block of a list; no pages where there is nothing."""
    pages = -(-total // limit)
    return {"page": page, "limit": limit, "total": total, "total_pages": pages}


def number(value: float) -> float:
    """A whole number as clients of JavaScript servers know it: 1, not 1.0."""
    return int(value) if value.is_integer() else value
