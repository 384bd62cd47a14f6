"""Pictures drawn as SVG by templates: nothing in them runs, nothing comes from elsewhere."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from math import ceil
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rewind_gql.cards.asked import Look
from rewind_gql.cards.layout import bars, calendar, message, numbers, rows, tiles
from rewind_gql.cards.layout.sheet import Sheet
from rewind_gql.cards.lettering import plain
from rewind_gql.cards.palette import PALETTES
from rewind_gql.cards.pictures import Bars, Calendar, Message, Numbers, Picture, Rows, Tiles
from rewind_gql.images.records import Key
from rewind_gql.images.signature import media_type

FORM = 1
"""Raise when the same picture comes out as other bytes than before."""
_LAYOUTS: Mapping[type, Callable[[Any, int], Sheet]] = {
    Calendar: calendar.lay,
    Tiles: tiles.lay,
    Rows: rows.lay,
    Bars: bars.lay,
    Numbers: numbers.lay,
    Message: message.lay,
}


def _px(value: float) -> str:
    """A length with two decimals at most."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _printed(value: Any) -> Any:
    """What a template prints: words without what XML forbids; what templates made stays."""
    return plain(value) if type(value) is str else value


_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=_printed,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters["px"] = _px


def draw(picture: Picture, look: Look, *, width: int, art: Mapping[Key, bytes | str]) -> bytes:
    """A picture as an SVG document.

    `width` counts where the look has none. `art` holds covers, as bytes or as `data:` addresses;
    for those that are missing stand initials. Takes milliseconds, more with many covers.
    """
    sheet = _LAYOUTS[type(picture)](picture, look.width or width)
    told = {
        **sheet.told,
        "width": sheet.width,
        "height": ceil(sheet.height),
        "head": picture.head,
        "art": {key: _address(found) for key, found in art.items()},
        "palettes": _palettes(look),
    }
    return _TEMPLATES.get_template(sheet.template).render(told).encode("utf-8", "replace")


def _palettes(look: Look) -> list[Any]:
    """The colours to begin with, and those a dark page has instead."""
    if look.theme == "auto":
        return [PALETTES["light"], PALETTES["dark"]]
    return [PALETTES[look.theme]]


def _address(found: bytes | str) -> str:
    if isinstance(found, str):
        return found
    kind = media_type(found) or "application/octet-stream"
    return f"data:{kind};base64,{b64encode(found).decode('ascii')}"
