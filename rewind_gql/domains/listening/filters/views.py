"""What leaves of filtering: the rules, and what they say of a thing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from annotated_doc import Doc


@dataclass(slots=True, kw_only=True)
class Filter:
    """A rule by which music is hidden."""

    id: Annotated[int, Doc("Stable for the life of the database.")]
    filter_type: Annotated[str, Doc("Why: holiday, audiobook or custom.")]
    scope: Annotated[
        str,
        Doc(
            "What it looks at: album, track, artist, artist_track or track_regex; chapters and "
            "tags are the two built-in rules."
        ),
    ]
    pattern: Annotated[str, Doc("What it looks for, whatever the case.")]
    reason: Annotated[str | None, Doc("Why, in a person's words.")]
    enabled: Annotated[bool, Doc("Whether it counts.")]
    created_at: Annotated[datetime, Doc("When it was written.")]


@dataclass(slots=True, kw_only=True)
class Visibility:
    """Whether something counts, and who says so."""

    hidden: Annotated[bool, Doc("Whether its plays count nowhere and no list names it.")]
    filter_id: Annotated[int | None, Doc("The rule that means it, whatever a person said.")]
    shown: Annotated[bool | None, Doc("What a person said, whatever the rules say.")]
    by_artist: Annotated[bool, Doc("Whether it is hidden because its artist is.")]
