"""What is said of a picture: what was measured in it, or why it cannot be had."""

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from rewind_gql.errors import BadInput, TooMany
from rewind_gql.images.signature import SUFFIXES

ANALYSIS_VERSION = 1
"""Raise when thumbhashes or colours come out otherwise than before, so that all are made again."""


class Unfit(BadInput):
    """This is no picture that can be kept."""


class WorkerBusy(TooMany):
    """Pictures cannot be worked on just now."""

    status: ClassVar[int] = 503
    code: ClassVar[str] = "UNAVAILABLE"

    def __init__(self, message: str | None = None, *, retry_after: int = 5) -> None:
        super().__init__(message, retry_after=retry_after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Swatch:
    """A colour of a picture, lower-case `#rrggbb`, and the part of the picture it stands for."""

    color: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What is known of a picture from its bytes alone. Sides are those of the upright picture."""

    width: int
    height: int
    media_type: str
    thumbhash: str
    dominant: str
    accent: str
    palette: tuple[Swatch, ...]


_COLOR = re.compile(r"#[0-9a-f]{6}")
_THUMBHASH = re.compile(r"[A-Za-z0-9+/]{4,60}={0,2}")


def measured(said: Any) -> Measured:
    """What the image process says it measured, if it is of the form it must have.

    That process reads what strangers send, and some of this becomes headers of answers. Raises
    `WorkerBusy` when it is not.
    """
    try:
        palette = tuple(
            Swatch(color=_matching(_COLOR, one["color"]), weight=float(one["weight"]))
            for one in said["palette"]
        )
        if said["media_type"] not in SUFFIXES:
            raise ValueError
        return Measured(
            width=int(said["width"]),
            height=int(said["height"]),
            media_type=said["media_type"],
            thumbhash=_matching(_THUMBHASH, said["thumbhash"]),
            dominant=_matching(_COLOR, said["dominant"]),
            accent=_matching(_COLOR, said["accent"]),
            palette=palette,
        )
    except (LookupError, TypeError, ValueError):
        raise WorkerBusy("The image process is not to be trusted.") from None


def _matching(form: re.Pattern[str], text: str) -> str:
    if not form.fullmatch(text):
        raise ValueError
    return text
