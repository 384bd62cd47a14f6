"""What hides music: rules, what they are put to, and what a person says instead."""

from rewind_gql.domains.listening.filters.judging import (
    Kind,
    NothingThere,
    artist_ids,
    judge_artists,
    judge_moved,
    judge_new,
    set_shown,
)
from rewind_gql.domains.listening.filters.matching import BUILT_IN, FilterType, Judge, Scope
from rewind_gql.domains.listening.filters.queries import (
    visibility_by_album,
    visibility_by_artist,
    visibility_by_track,
)
from rewind_gql.domains.listening.filters.rules import (
    FilterExists,
    FilterNotFound,
    Standing,
    add,
    applied,
    begin,
    behind,
    changed,
    enable,
    filters,
    filters_by_id,
    judge,
    remove,
    standing,
)

__all__ = [
    "BUILT_IN",
    "FilterExists",
    "FilterNotFound",
    "FilterType",
    "Judge",
    "Kind",
    "NothingThere",
    "Scope",
    "Standing",
    "add",
    "applied",
    "artist_ids",
    "begin",
    "behind",
    "changed",
    "enable",
    "filters",
    "filters_by_id",
    "judge",
    "judge_artists",
    "judge_moved",
    "judge_new",
    "remove",
    "set_shown",
    "standing",
    "visibility_by_album",
    "visibility_by_artist",
    "visibility_by_track",
]
