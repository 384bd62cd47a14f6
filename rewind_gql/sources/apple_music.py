"""Apple Music: its catalogue for what was heard anywhere, and what was played there lately."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from rewind_gql import clock
from rewind_gql.domains.listening import intake as listening
from rewind_gql.domains.listening.enrichment import intake, tasks
from rewind_gql.domains.listening.enrichment.records import (
    AlbumFacts,
    Apple,
    ArtistLink,
    Looked,
    TrackLink,
    Wanted,
)
from rewind_gql.domains.listening.enrichment.tasks import Task
from rewind_gql.domains.listening.records import Play
from rewind_gql.errors import SourceChanged, SourceDenied, SourceError
from rewind_gql.images.matching import search_artist, search_title
from rewind_gql.ports.developer_token import developer_headers
from rewind_gql.sources.apple_plays import (
    looked_at,
    new_in_front,
    parse_song,
    remembered,
    timed,
)
from rewind_gql.sources.base import Batch, Position, Source, parse, stream
from rewind_gql.sources.looking import looked_up
from rewind_gql.sources.naming import near_track, nearest, same_album, same_artist

R = TypeVar("R", bound=Looked)

RESULTS = 5
RECENT = 30
"""As many as the list of recent tracks gives at once."""
TYPES = "songs,library-songs"
IDS = 25
FIRST_YEAR, LAST_YEAR = 1900, 2100
VARIOUS = {
    "various artists", "verschiedene interpreten", "multi-interprètes", "artistes variés",
    "varios artistas", "vários artistas", "vários intérpretes", "artisti vari", "diverse artiesten",
    "blandade artister", "diverse artister", "diverse kunstnere", "eri esittäjiä",
    "různí interpreti", "różni wykonawcy", "ヴァリアス・アーティスト",
}  # fmt: skip
"""Whose a compilation is in the languages of the stores."""

Facts = tuple[int | None, int | None, bool | None]
"""The year an album came out, how many tracks it has, whether it is by various artists."""

_YEAR = re.compile(r"\d{4}")
_OF_ALBUM = re.compile(r"/(\d+)(?:\?|$)", re.ASCII)


class AppleMusic(Source):
    """Pages, years and track counts by the catalogue, and the plays of a listener."""

    name = "apple_music"
    title = "Apple Music"
    docs = "https://developer.apple.com/documentation/applemusicapi"
    domain = "listening"
    base_url = "https://api.music.apple.com/v1"
    base_url_setting = "apple_music_base_url"
    account_setting = "apple_music_account"  # one token, one listener
    needs = ("apple_music_storefront",)
    needs_one_of = (
        ("apple_music_developer_token",),
        ("apple_music_team_id", "apple_music_key_id", "apple_music_private_key"),
    )
    pace = 5.0
    unit = "lookup"

    def headers(self) -> dict[str, str]:
        """The developer token, the listener's where there is one, and where the former is from."""
        headers = developer_headers(
            given=self.option("apple_music_developer_token"),
            team_id=self.option("apple_music_team_id"),
            key_id=self.option("apple_music_key_id"),
            private_key=self.option("apple_music_private_key"),
            origin=self.option("apple_music_origin"),
        )
        if user := self.option("apple_music_user_token"):
            headers["Music-User-Token"] = user
        return headers

    def refusal(self, status: int, headers: Mapping[str, str], body: Any) -> SourceError | None:
        """Which of the two tokens is not taken; what it says for itself is often nothing."""
        if status == 401:
            return SourceDenied("Apple Music does not take the developer token", code="401")
        if status == 403:
            said = "Apple Music does not take the listener's token; authorize again for a new one"
            return SourceDenied(said, code="403")
        return None

    @stream(
        sync_type="recent_plays",
        every=timedelta(minutes=4),
        into=listening.plays,
        needs=("apple_music_user_token",),
    )
    async def plays(self, at: Position) -> AsyncIterator[Batch[Play]]:
        """What is new in the list of recent tracks, at about the time it was played.

        The first list only shows where to begin. Such a play is the same as one of the same track
        that another source tells exactly.
        """
        body = await self.get_json("me/recent/played/tracks", limit=RECENT, types=TYPES)
        rows = body["data"] if isinstance(body, dict) else None
        if not isinstance(rows, list):
            raise SourceChanged("Apple Music answered without a list", code="no_list")
        songs, rejects = parse(rows, parse_song)
        ids = [song.id for song in songs]
        known = at.cursor or {"lists": [], "at": 0}
        now = clock.seconds(at.now)
        count = new_in_front(known["lists"], ids) if at.cursor else 0
        plays: list[Play] = []
        if count:
            plays = timed(songs[:count], since=looked_at(known), until=at.now)
        message = None if count is not None else "the list changed in a way that tells nothing"
        stale = count == 0 and known["lists"] and ids != known["lists"][0]
        lists = known["lists"] if stale else remembered(known["lists"], ids)
        yield Batch(plays, rejects, cursor={"lists": lists, "at": now}, message=message)

    @stream(
        sync_type="album_facts", every=timedelta(days=1), into=intake.album_facts, kind="profile"
    )
    async def albums(self, at: Position) -> AsyncIterator[Batch[AlbumFacts]]:
        """The year and the number of tracks of albums whose page is known."""
        asked = await self.ask(tasks.wanted, task=tasks.ALBUM_FACTS, now=at.now, limit=at.limit)
        done = 0
        for group in _groups(asked, IDS):
            ids = ",".join(dict.fromkeys(each.apple_id or "" for each in group))
            try:
                body = await self.get_json(self._catalog("albums"), ids=ids)
            except SourceChanged as refused:  # of several that are not there, none is given
                if refused.code != "404":
                    raise
                body = {"data": []}
            rows, rejects = parse(body["data"], parse_album)
            known = dict(rows)
            done += len(group)
            facts = [_facts(each, known.get(each.apple_id or "")) for each in group]
            yield Batch(facts, rejects, total=len(asked), progress_done=done)

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
        return parse_track(await self._search("songs", term), wanted)

    async def _artist(self, wanted: Wanted) -> ArtistLink:
        rows = await self._search("artists", search_artist(wanted.artist))
        return parse_artist(rows, wanted)

    async def _search(self, kind: str, term: str) -> list[dict[str, Any]]:
        body = await self.get_json(self._catalog("search"), term=term, types=kind, limit=RESULTS)
        rows: list[dict[str, Any]] = body["results"].get(kind, {}).get("data", [])
        return rows

    def _catalog(self, path: str) -> str:
        return f"catalog/{self.option('apple_music_storefront')}/{path}"


def parse_album(raw: dict[str, Any]) -> tuple[str, Facts]:
    """An album's id, when it came out, how many tracks it has, and if it is by various artists."""
    facts = raw["attributes"]
    dated = _YEAR.match(str(facts.get("releaseDate") or ""))
    year = int(dated[0]) if dated else 0
    tracks = max(int(facts.get("trackCount") or 0), 0)
    many = str(facts.get("artistName") or "").casefold() in VARIOUS
    known = year if FIRST_YEAR <= year <= LAST_YEAR else None
    return str(raw["id"]), (known, tracks or None, many)


def parse_track(rows: Sequence[dict[str, Any]], wanted: Wanted) -> TrackLink:
    """The nearest of these songs by artist and title; without a link when none is it."""

    def near(row: dict[str, Any]) -> tuple[int, int] | None:
        facts = row["attributes"]
        return near_track(wanted.artist, wanted.name, facts["artistName"], facts["name"])

    row = nearest([row for row in rows if _apple(row)], near)
    if row is None:
        return TrackLink(wanted=wanted)
    facts = row["attributes"]
    previews = facts.get("previews") or [{}]
    sample = previews[0].get("url")
    on = same_album(wanted.artist, wanted.album, str(facts.get("albumName") or ""))
    return TrackLink(
        wanted=wanted,
        link=_apple(row),
        preview_url=sample if isinstance(sample, str) else None,
        duration_ms=int(facts.get("durationInMillis") or 0) or None,
        album=_album_of(facts["url"]) if on else None,
    )


def parse_artist(rows: Sequence[dict[str, Any]], wanted: Wanted) -> ArtistLink:
    """The first of these artists who has that name; without a link when none has."""
    for row in rows:
        if _apple(row) and same_artist(wanted.artist, row["attributes"]["name"]):
            return ArtistLink(wanted=wanted, link=_apple(row))
    return ArtistLink(wanted=wanted)


def _facts(wanted: Wanted, known: Facts | None) -> AlbumFacts:
    year, tracks, many = known or (None, None, None)
    return AlbumFacts(wanted=wanted, released_year=year, total_tracks=tracks, compilation=many)


def _apple(row: Mapping[str, Any]) -> Apple | None:
    url = row["attributes"].get("url")
    if not isinstance(url, str) or not url.startswith("https://"):
        return None
    return Apple(id=str(row["id"]), url=url)


def _album_of(song_url: str) -> Apple | None:
    """The album whose page shows a song: its number is the last in the path."""
    page = song_url.partition("?")[0]
    number = _OF_ALBUM.search(page)
    return Apple(id=number[1], url=page) if number else None


def _groups(wanted: Sequence[Wanted], size: int) -> list[Sequence[Wanted]]:
    return [wanted[at : at + size] for at in range(0, len(wanted), size)]
