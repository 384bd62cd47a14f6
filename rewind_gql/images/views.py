"""What leaves images: dataclasses whose fields carry their words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from annotated_doc import Doc


@dataclass(slots=True, kw_only=True)
class Image:
    """The picture of a thing, as it stands now."""

    domain: Annotated[str, Doc("Such as listening.")]
    entity_type: Annotated[str, Doc("Such as albums.")]
    entity_id: Annotated[str, Doc("The thing's id in that domain.")]
    content_hash: Annotated[str, Doc("SHA-256 of the original's bytes.")]
    media_type: Annotated[str, Doc("Such as image/jpeg.")]
    version: Annotated[int, Doc("Rises when the bytes change.")]
    source: Annotated[str, Doc("Who it is from, or manual.")]
    source_url: Annotated[str | None, Doc("Where it was found.")]
    attribution: Annotated[str | None, Doc("Words its source asks to be shown.")]
    is_override: Annotated[bool, Doc("Whether a person chose it.")]
    width: Annotated[int, Doc("Pixels of the original.")]
    height: Annotated[int, Doc("Pixels of the original.")]
    size_bytes: Annotated[int, Doc("Of the original.")]
    thumbhash: Annotated[str | None, Doc("A ThumbHash, base64; a blur of about 25 bytes.")]
    dominant_color: Annotated[str | None, Doc("Lower-case #rrggbb.")]
    accent_color: Annotated[str | None, Doc("Lower-case #rrggbb, visibly another.")]
    updated_at: Annotated[datetime, Doc("When it was last looked for or changed.")]


@dataclass(slots=True, kw_only=True)
class Former:
    """A picture a thing had before and can have back."""

    version: Annotated[int, Doc("What it was asked for by.")]
    content_hash: Annotated[str, Doc("SHA-256 of the original's bytes.")]
    media_type: Annotated[str, Doc("Such as image/jpeg.")]
    source: Annotated[str, Doc("Who it is from, or manual.")]
    source_url: Annotated[str | None, Doc("Where it was found.")]
    attribution: Annotated[str | None, Doc("Words its source asks to be shown.")]
    is_override: Annotated[bool, Doc("Whether a person chose it.")]
    width: Annotated[int, Doc("Pixels of the original.")]
    height: Annotated[int, Doc("Pixels of the original.")]
    thumbhash: Annotated[str | None, Doc("A ThumbHash, base64; a blur of about 25 bytes.")]
    replaced_at: Annotated[datetime, Doc("When another one took its place.")]


@dataclass(slots=True, kw_only=True)
class Standing:
    """How matters stand with the picture of a thing, whether there is one or not."""

    outcome: Annotated[
        str, Doc("One of found, none, unfit, failed, by the last search that counted.")
    ]
    image: Annotated[Image | None, Doc("The picture there is.")]
    is_override: Annotated[bool, Doc("Whether a person chose it.")]
    override_at: Annotated[datetime | None, Doc("When they did.")]
    facts: Annotated[dict[str, Any], Doc("What the last search went by.")]
    attempts: Annotated[int, Doc("Searches that found nothing by these facts.")]
    failures: Annotated[int, Doc("Searches in a row that could not be brought to an end.")]
    last_error: Annotated[str | None, Doc("Why the last search found nothing.")]
    retry_at: Annotated[datetime | None, Doc("When to look again.")]
    updated_at: Annotated[datetime, Doc("When it was last looked for or changed.")]


@dataclass(slots=True, kw_only=True)
class Tally:
    """How many things of one kind have a picture, or why they have none."""

    domain: Annotated[str, Doc("Such as listening.")]
    entity_type: Annotated[str, Doc("Such as albums.")]
    outcome: Annotated[str, Doc("One of found, none, unfit, failed.")]
    count: Annotated[int, Doc("Things.")]
