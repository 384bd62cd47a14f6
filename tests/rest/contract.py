"""What clients of listening and collecting were promised: operations, what they take and answer.

An operation's line is its method, path, name and parameters; after `body`, the fields of its body.
A `!` is required, `=1..50:10` a range and a default, `=a|b:a` a choice, `=:x` a text and a default.
"""

import re
from dataclasses import dataclass
from typing import Any

_PAGE = "page=1..:1"
_DATES = "date from to"
_PERIOD = "period=7day|1month|3month|6month|12month|overall:7day"
_TOP = f"{_PERIOD} {_PAGE} limit=1..50:10 {_DATES} include_sparklines=bool:false"
_ORDER = "order=asc|desc:desc"
_PAGED = f"{_PAGE} limit=1..100:20"
_NEWEST = f"limit=1..50:10 {_PAGE} {_DATES}"
_ADDED = "sort=:date_added order=:desc"
_KINDS = "scrobbles|top_lists|stats|full|backfill|artist_tags|artist_bios|artist_similar"

_LINES = f"""
GET /listening/now-playing getListeningNowPlaying
GET /listening/recent getListeningRecent {_NEWEST}
GET /listening/recent/albums getListeningRecentAlbums limit=1..20:10
GET /listening/top/artists getListeningTopArtists {_TOP}
GET /listening/top/albums getListeningTopAlbums {_TOP}
GET /listening/top/tracks getListeningTopTracks {_TOP} artist_id=1.. artist_name
GET /listening/stats getListeningStats {_DATES}
GET /listening/history getListeningHistory {_PAGE} limit=1..200:50 from to artist=: album=:
GET /listening/artists listListeningArtists {_PAGED} sort=playcount|name:playcount {_ORDER} search=:
GET /listening/albums listListeningAlbums {_PAGED} sort=playcount|name|recent:playcount {_ORDER}\
 artist=: search=:
GET /listening/artists/{{id}} getListeningArtist
GET /listening/albums/{{id}} getListeningAlbum
GET /listening/calendar getListeningCalendar year=..
GET /listening/trends getListeningTrends metric=scrobbles|artists|albums|tracks:scrobbles from to
GET /listening/streaks getListeningStreaks
GET /listening/years listListeningYears
GET /listening/year/{{year}} getListeningYearInReview month=1..12 include_sparklines=bool:false
GET /listening/genres getListeningGenres {_DATES} group_by=week|month|year:month limit=1..50:10\
 compare_to=previous_year
GET /listening/admin/filters listListeningFilters
POST /listening/admin/filters createListeningFilter body filter_type! pattern! scope! reason
DELETE /listening/admin/filters/{{id}} deleteListeningFilter
POST /listening/admin/backfill-images backfillListeningImages body type=albums|artists|all:albums\
 limit=1..200:50 retry=bool:false artist=:
POST /listening/admin/enrich-apple-music enrichListeningAppleMusic limit=..:50
POST /listening/admin/enrich-artists enrichListeningArtists limit=..:100
POST /listening/admin/refresh-artist-images refreshListeningArtistImages limit=..:100
GET /collecting/vinyl listCollectingVinyl {_PAGED} format genre artist {_ADDED} q {_DATES}
GET /collecting/stats getCollectingStats {_DATES}
GET /collecting/recent getCollectingRecent {_NEWEST}
GET /collecting/vinyl/{{id}} getCollectingVinylRecord
GET /collecting/wantlist listCollectingWantlist {_PAGED} {_ADDED}
GET /collecting/formats listCollectingFormats
GET /collecting/genres listCollectingGenres
GET /collecting/artists listCollectingArtists limit=1..100:20
GET /collecting/cross-reference getCollectingCrossReference {_PAGED} sort=:plays filter=:all
GET /collecting/calendar getCollectingCalendar year=0..9999
POST /admin/collecting/backfill-images adminCollectingBackfillImages body limit=1..200:50
GET /collecting/media listCollectingMedia {_PAGED} format genre sort=:collected_at order=:desc q\
 {_DATES}
GET /collecting/media/stats getCollectingMediaStats
GET /collecting/media/recent getCollectingMediaRecent {_NEWEST}
GET /collecting/media/formats listCollectingMediaFormats
GET /collecting/media/cross-reference getCollectingMediaCrossReference {_PAGED} filter=:all
GET /collecting/media/{{id}} getCollectingMediaItem
POST /admin/collecting/media adminAddCollectingMedia body tmdb_id=1.. imdb_id title year=1..9999\
 media_type!=bluray|uhd_bluray|hddvd|dvd|digital resolution hdr audio audio_channels
POST /admin/collecting/media/{{id}}/remove adminRemoveCollectingMedia
POST /admin/collecting/media/backfill-images adminCollectingMediaBackfillImages body limit=1..200:50
POST /admin/collecting/vinyl adminAddCollectingVinyl body discogs_id=1.. title artist year=1..9999
POST /admin/sync/listening adminSyncListening body type={_KINDS}:scrobbles
POST /admin/sync/collecting adminSyncDiscogsCollection
POST /admin/sync/trakt adminSyncTraktCollection
POST /admin/sync/apple-music-albums adminSyncAppleMusicAlbums
"""

_TERM = re.compile(r"(\w+)(!?)(?:=([^:]*)(?::(.*))?)?")
BILLION = 10**9
"""Where no most is promised, ours is at least this."""


@dataclass(frozen=True, slots=True)
class Term:
    """A parameter, or a field of a body: its name, and what it may be."""

    name: str
    required: bool
    kind: str
    default: str | None

    def fits(self, schema: dict[str, Any], *, required: bool) -> bool:
        """Whether a schema says the same."""
        told = schema.get("default")
        # An empty text and none at all are the same to whoever asks.
        return (
            required == self.required
            and ("" if told in (None, "") else str(told).lower()) == (self.default or "")
            and self._allows(_bare(schema))
        )

    def _allows(self, schema: dict[str, Any]) -> bool:
        if self.kind == "bool":
            return bool(schema["type"] == "boolean")
        if "|" in self.kind or "enum" in schema or "const" in schema:
            return schema.get("enum", [schema.get("const")]) == self.kind.split("|")
        if ".." in self.kind:
            low, high = self.kind.split("..")
            least, most = str(schema.get("minimum", "")), int(schema.get("maximum", BILLION))
            enough = most == int(high) if high else most >= BILLION
            return schema["type"] == "integer" and least == low and enough
        return bool(schema["type"] == "string")


def _bare(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without the null that means the same as nothing given."""
    kinds = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    return kinds[0] if kinds else schema


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation: how it is asked, and what clients call it."""

    method: str
    path: str
    name: str
    params: tuple[Term, ...]
    fields: tuple[Term, ...]


def _terms(words: str) -> tuple[Term, ...]:
    found = [_TERM.fullmatch(word) for word in words.split()]
    return tuple(
        Term(name, bool(mark), kind or "", default)
        for name, mark, kind, default in (each.groups() for each in found if each)
    )


def _operation(line: str) -> Operation:
    method, path, name, *rest = line.split(" ", 3)
    asked, _, sent = "".join(rest).partition("body")
    return Operation(method, f"/v1{path}", name, _terms(asked), _terms(sent))


OPERATIONS = tuple(map(_operation, _LINES.strip().splitlines()))
