"""The iTunes search: links to Apple Music without a key, twenty questions a minute."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, TypeVar

from rewind_gql.domains.listening.enrichment import intake, tasks
from rewind_gql.domains.listening.enrichment.records import (
    Apple,
    ArtistLink,
    Looked,
    TrackLink,
    Wanted,
)
from rewind_gql.domains.listening.enrichment.tasks import Task
from rewind_gql.errors import SourceBusy, SourceChanged, SourceError
from rewind_gql.images.matching import search_artist, search_title
from rewind_gql.sources.base import Batch, Position, Source, stream
from rewind_gql.sources.looking import looked_up
from rewind_gql.sources.naming import near_track, nearest, same_album, same_artist

R = TypeVar("R", bound=Looked)

RESULTS = 5
TOO_OFTEN = (403, 429)
QUIET_S = 90.0
ELSEWHERE = "US"


class Itunes(Source):
    """Pages at Apple Music of the artists and tracks that were heard, found by their names."""

    name = "itunes"
    title = "iTunes"
    docs = "https://performance-partners.apple.com/search-api"
    domain = "listening"
    base_url = "https://itunes.apple.com"
    base_url_setting = "itunes_base_url"
    account_setting = "itunes_account"  # nobody signs in there
    needs = ("itunes_links",)
    pace = 0.3
    unit = "lookup"

    def refusal(self, status: int, headers: Mapping[str, str], body: Any) -> SourceError | None:
        """One call too many is a 403 without a word; the limit is counted by the minute."""
        if status in TOO_OFTEN:
            pause = None if "retry-after" in headers else QUIET_S
            said = f"iTunes answered {status}: too many calls"
            return SourceBusy(said, retry_after=pause, code=str(status), kind="rate_limit")
        return None

    @stream(
        sync_type="track_links", every=timedelta(hours=6), into=intake.track_links, kind="profile"
    )
    async def tracks(self, at: Position) -> AsyncIterator[Batch[TrackLink]]:
        """Tracks never looked for, newest first."""
        async for batch in self._each(at, tasks.TRACK_LINKS, self._track, TrackLink):
            yield batch

    @stream(
        sync_type="artist_links", every=timedelta(days=1), into=intake.artist_links, kind="profile"
    )
    async def artists(self, at: Position) -> AsyncIterator[Batch[ArtistLink]]:
        """Artists without a page yet, most played first."""
        async for batch in self._each(at, tasks.ARTIST_LINKS, self._artist, ArtistLink):
            yield batch

    async def _each(
        self,
        at: Position,
        task: Task,
        look: Callable[[Wanted], Awaitable[R]],
        failed: Callable[..., R],
    ) -> AsyncIterator[Batch[R]]:
        wanted = await self.ask(tasks.wanted, task=task, now=at.now, limit=at.limit)
        async for batch in looked_up(wanted, look, failed):
            yield batch

    async def _track(self, wanted: Wanted) -> TrackLink:
        term = f"{search_artist(wanted.artist)} {search_title(wanted.name)}"
        async for rows in self._stores(term, "song", "track"):
            if found := parse_track(rows, wanted):
                return found
        return TrackLink(wanted=wanted)

    async def _artist(self, wanted: Wanted) -> ArtistLink:
        term = search_artist(wanted.artist)
        async for rows in self._stores(term, "musicArtist", "artist", attribute="artistTerm"):
            if found := parse_artist(rows, wanted):
                return found
        return ArtistLink(wanted=wanted)

    async def _stores(
        self, term: str, entity: str, kind: str, **more: str
    ) -> AsyncIterator[list[dict[str, Any]]]:
        """The results in the store of the owner's country, then of the one in the US."""
        own = self.option("itunes_country") or ELSEWHERE
        for country in dict.fromkeys((own, ELSEWHERE)):
            asked = {"term": term, "media": "music", "entity": entity, "country": country}
            body = await self.get_json("search", limit=RESULTS, **asked, **more)
            rows = body.get("results") if isinstance(body, dict) else None
            if not isinstance(rows, list):
                raise SourceChanged("iTunes answered without results", code="no_list")
            yield [row for row in rows if row["wrapperType"] == kind]


def parse_track(rows: list[dict[str, Any]], wanted: Wanted) -> TrackLink | None:
    """The nearest of these songs by artist and title; None when none is the one wanted.

    Its album's page is kept only where the album is the one the track was heard on.
    """

    def near(row: dict[str, Any]) -> tuple[int, int] | None:
        if not apple(row, "track"):
            return None
        return near_track(wanted.artist, wanted.name, row["artistName"], row["trackName"])

    row = nearest(rows, near)
    if row is None:
        return None
    of_album = same_album(wanted.artist, wanted.album, str(row.get("collectionName") or ""))
    by = same_artist(wanted.artist, row["artistName"])
    return TrackLink(
        wanted=wanted,
        link=apple(row, "track"),
        preview_url=address(row.get("previewUrl")),
        duration_ms=int(row.get("trackTimeMillis") or 0) or None,
        artist=apple(row, "artist") if by else None,
        album=apple(row, "collection") if of_album else None,
    )


def parse_artist(rows: list[dict[str, Any]], wanted: Wanted) -> ArtistLink | None:
    """The first of these artists who has that name and a page."""
    for row in rows:
        link = apple(row, "artist")
        if link and same_artist(wanted.artist, row["artistName"]):
            return ArtistLink(wanted=wanted, link=link)
    return None


def apple(row: Mapping[str, Any], kind: str) -> Apple | None:
    """Id and page of what a row tells of; an artist's page goes by two names."""
    url = address(row.get(f"{kind}ViewUrl") or row.get(f"{kind}LinkUrl"))
    number = row.get(f"{kind}Id")
    return Apple(id=str(int(number)), url=url) if url and number else None


def address(text: Any) -> str | None:
    """A web address; None for anything else."""
    return text if isinstance(text, str) and text.startswith("https://") else None
