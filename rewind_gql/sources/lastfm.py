"""Last.fm: every play of a profile, its top lists, what it says of itself and of artists."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from rewind_gql import clock
from rewind_gql.clock import Window
from rewind_gql.domains.base import Stored
from rewind_gql.domains.listening import gone, intake
from rewind_gql.domains.listening.enrichment import intake as enriched
from rewind_gql.domains.listening.enrichment import tasks
from rewind_gql.domains.listening.enrichment.records import (
    ArtistBio,
    ArtistTags,
    Looked,
    SimilarArtists,
    Wanted,
)
from rewind_gql.domains.listening.enrichment.tasks import Task
from rewind_gql.domains.listening.playing import Latest
from rewind_gql.domains.listening.records import PERIODS, Chart, ChartEntry, Play, Profile
from rewind_gql.errors import SourceBusy, SourceChanged, SourceDenied, SourceError
from rewind_gql.sources.base import (
    KEEP,
    Batch,
    Position,
    Reject,
    Source,
    Unreadable,
    Work,
    parse,
    stream,
)
from rewind_gql.sources.lastfm_artists import (
    MAX_ALIKE,
    listed,
    parse_bio,
    parse_similar,
    parse_tags,
)
from rewind_gql.sources.looking import looked_up
from rewind_gql.sources.names import artist_of, name_if_any, name_of
from rewind_gql.store.engine import Writing

R = TypeVar("R", bound=Looked)

PAGE = 200
CHART = 50
LATEST = 20
HOUR_S = 3_600
# Offline players hand in plays up to about two weeks late, under the time they were heard.
LATE_S = 14 * 24 * HOUR_S
REREAD_S = 24 * HOUR_S
# Players with a wrong clock send years that never were; nobody scrobbled before 2002.
FIRST_S = 1_000_000_000

# https://www.last.fm/api/errorcodes
PASSING = {8, 11, 16}
UNKNOWN = 6
RATE_LIMIT = 29
NEEDS_A_PERSON = {4, 9, 10, 14, 15, 17, 26}
PAUSE_S = 60.0


@dataclass(frozen=True, slots=True)
class _Page:
    """The newest plays of a window: how many rows they came in, how many it holds, the oldest."""

    plays: list[Play]
    rejects: list[Reject]
    rows: int
    total: int
    oldest: int
    whole: bool = True
    """Whether all rows could be read and none of those counted is missing."""

    @property
    def left(self) -> int:
        """Rows of the window that are not on this page."""
        return max(self.total - self.rows, 0)

    def followed_by(self, more: "_Page") -> "_Page":
        """This page and the next one of the same window as one."""
        return _Page(
            [*self.plays, *more.plays],
            [*self.rejects, *more.rejects],
            rows=self.rows + more.rows,
            total=more.total,
            oldest=min(self.oldest, more.oldest),
            whole=self.whole and more.whole,
        )


class Lastfm(Source):
    """Plays, top lists and profile of a Last.fm user, and what is known of the artists."""

    name = "lastfm"
    title = "Last.fm"
    docs = "https://www.last.fm/api/show/user.getRecentTracks"
    domain = "listening"
    base_url = "https://ws.audioscrobbler.com/2.0/"
    base_url_setting = "lastfm_base_url"
    account_setting = "lastfm_user"
    needs = ("lastfm_api_key", "lastfm_user")
    pace = 5.0
    unit = "scrobble"

    def params(self) -> Mapping[str, Any]:
        """The key, the user and the format of every request."""
        key = self.option("lastfm_api_key")
        return {"api_key": key, "user": self.account, "format": "json"}

    def refusal(self, status: int, headers: Mapping[str, str], body: Any) -> SourceError | None:
        """Their error codes, which come with any status, 200 included."""
        if not isinstance(body, dict) or not isinstance(body.get("error"), int):
            return None
        code, said = body["error"], f"Last.fm: {body.get('message', '')}"
        if code == RATE_LIMIT:
            pause = None if "retry-after" in headers else PAUSE_S
            return SourceBusy(said, retry_after=pause, code=str(code), kind="rate_limit")
        if code in PASSING:
            return SourceBusy(said, code=str(code))
        # An account that is not there, rather than an artist nobody has heard of.
        nobody = code == UNKNOWN and status == 404 and "artist" not in said
        if code in NEEDS_A_PERSON or nobody:
            return SourceDenied(said, code=str(code))
        return SourceChanged(said, code=str(code))

    @stream(sync_type="scrobbles", every=timedelta(minutes=15), into=intake.plays, kind="event")
    async def plays(self, at: Position) -> AsyncIterator[Batch[Play]]:
        """Plays up to now, newest first; a stop anywhere goes on where it was.

        Pages are walked by time, not by number: each asks for the 200 newest up to the oldest
        second seen, that second included. So nothing heard, deleted or handed in meanwhile can
        shift a page, and plays that share a second stay together. The cursor moves to the start
        of the walk, and only at its end. What a walk over two weeks does not find any more was
        taken out there, and goes here with its last page.
        """
        done = at.cursor or {"until": 0, "reread": 0}
        walk = at.checkpoint or self._walk(done, clock.seconds(at.now))
        while True:
            page = await self._window(walk["from"], walk["to"])
            last = not page.left
            if at.cursor and walk["reread"] == walk["now"]:
                walk = await self._compared(walk, page)
            total = max(walk["total"], page.total)
            walk = {**walk, "total": total, "to": page.oldest + 1}
            missing = walk.get("gone", []) if last else []
            yield Batch(
                page.plays,
                page.rejects,
                checkpoint=None if last else walk,
                cursor={"until": walk["now"], "reread": walk["reread"]} if last else KEEP,
                total=total,
                progress_done=None if last else total - page.left,
                covered=_covered(page.plays),
                after=_without(missing, of=walk.get("held", 0), confirmed=at.confirmed),
                facts={"removed": len(missing)} if missing else None,
            )
            if last:
                return

    async def _compared(self, walk: Mapping[str, Any], page: _Page) -> dict[str, Any]:
        """The walk with the plays that are stored for a page's time and are not on it.

        The oldest second of a full page is left to the next one, which holds all of it.
        """
        if not page.whole or (page.left and page.rows < PAGE):
            return {**walk}
        since = page.oldest + 1 if page.left else walk["from"]
        window = {"since": clock.from_seconds(since), "until": clock.from_seconds(walk["to"])}
        stored = await self.ask(gone.held, source=self.name, **window)
        return {
            **walk,
            "held": walk.get("held", 0) + len(stored),
            "gone": [*walk.get("gone", []), *gone.absent(stored, page.plays)],
        }

    def _walk(self, done: Mapping[str, int], now: int) -> dict[str, Any]:
        """The window to read: from a little before the cursor, once a day from two weeks before."""
        deep = now - done["reread"] >= REREAD_S
        since = max(done["until"] - (LATE_S if deep else HOUR_S), 0)
        reread = now if deep else done["reread"]
        return {"from": since, "to": now, "now": now, "reread": reread, "total": 0}

    async def _window(self, since: int, until: int) -> _Page:
        """The newest plays of `[since, until)`, usually one page of them.

        More pages are read when one does not reach below the newest second, as where an old import
        gave a thousand plays one date: the walk goes on by time, and would stay where it is.
        """
        page = await self._page(since, until, 1)
        if page.total and not page.rows:
            # Now and then an answer forgets the plays it counts. The count may be too high, too.
            page = await self._page(since, until, 1)
            if page.total > PAGE and not page.rows:
                raise SourceBusy("Last.fm answered without plays", retry_after=1, code="no_plays")
        number = 1
        while page.left and page.oldest >= until - 1:
            number += 1
            more = await self._page(since, until, number)
            page = page.followed_by(more)
            if not more.rows:
                return replace(page, total=page.rows, whole=False)
        return page

    async def _page(self, since: int, until: int, number: int) -> _Page:
        """One page of a window, without the one playing now."""
        body = await self.get_json(
            method="user.getrecenttracks",
            limit=PAGE,
            page=number,
            to=until,
            **{"from": since or None},
        )
        found = body["recenttracks"] if isinstance(body, dict) else None
        if not isinstance(found, dict) or not isinstance(found.get("@attr"), dict):
            raise SourceChanged("Last.fm answered without recenttracks", code="no_list")
        about = found["@attr"]
        # Now and then they answer with somebody else's plays.
        if str(about.get("user", "")).casefold() != self.account.casefold():
            raise SourceBusy("Last.fm answered for another user", retry_after=1, code="wrong_user")
        rows = [row for row in listed(found.get("track")) if not _playing(row)]
        heard = [uts for uts in map(_uts, rows) if uts is not None]
        inside = [uts for uts in heard if since <= uts < until]
        if heard and not inside:
            raise SourceBusy(
                "Last.fm answered with plays outside the window", retry_after=1, code="wrong_window"
            )
        place = f"before {clock.iso(clock.from_seconds(until))}, page {number}"
        plays, rejects = parse(rows, parse_play, place=place)
        oldest = min(inside, default=until)
        total = int(about["total"])
        return _Page(plays, rejects, len(rows), total, oldest, whole=not rejects)

    async def latest(self) -> list[Latest]:
        """What is playing now, if anything is, and the newest plays, newest first."""
        body = await self.get_json(method="user.getrecenttracks", limit=LATEST, page=1)
        found = body["recenttracks"]
        if str(found["@attr"].get("user", "")).casefold() != self.account.casefold():
            raise SourceBusy("Last.fm answered for another user", code="wrong_user")
        rows, _ = parse(listed(found.get("track")), parse_latest)
        return rows

    @stream(sync_type="top_lists", every=timedelta(days=1), into=intake.charts, kind="score")
    async def top_artists(self, at: Position) -> AsyncIterator[Batch[Chart]]:
        """Their own list of the most played artists, for each of the six periods."""
        async for batch in self._charts("artist"):
            yield batch

    @stream(sync_type="top_lists", every=timedelta(days=1), into=intake.charts, kind="score")
    async def top_albums(self, at: Position) -> AsyncIterator[Batch[Chart]]:
        """Their own list of the most played albums, for each of the six periods."""
        async for batch in self._charts("album"):
            yield batch

    @stream(sync_type="top_lists", every=timedelta(days=1), into=intake.charts, kind="score")
    async def top_tracks(self, at: Position) -> AsyncIterator[Batch[Chart]]:
        """Their own list of the most played tracks, for each of the six periods."""
        async for batch in self._charts("track"):
            yield batch

    async def _charts(self, kind: Any) -> AsyncIterator[Batch[Chart]]:
        for number, period in enumerate(PERIODS, 1):
            body = await self.get_json(
                method=f"user.gettop{kind}s", period=period, limit=CHART, page=1
            )
            rows = listed(body[f"top{kind}s"].get(kind))
            read = partial(parse_chart_entry, kind=kind, period=period)
            entries, rejects = parse(rows, read, place=period)
            chart = Chart(kind=kind, period=period, entries=tuple(entries))
            yield Batch([chart], rejects, total=len(PERIODS), progress_done=number)

    @stream(sync_type="user_stats", every=timedelta(days=1), into=intake.profile, kind="profile")
    async def profile(self, at: Position) -> AsyncIterator[Batch[Profile]]:
        """What the profile says of itself."""
        body = await self.get_json(method="user.getinfo")
        profiles, rejects = parse([body["user"]], parse_profile)
        yield Batch(profiles, rejects, total=1)

    @stream(sync_type="artist_tags", every=timedelta(hours=2), into=enriched.tags, kind="profile")
    async def tags(self, at: Position) -> AsyncIterator[Batch[ArtistTags]]:
        """What listeners call the artists that were heard, for those not asked about yet."""
        async for batch in self._each(at, tasks.TAGS, self._tags, ArtistTags):
            yield batch

    @stream(sync_type="artist_bios", every=timedelta(days=1), into=enriched.bios, kind="profile")
    async def bios(self, at: Position) -> AsyncIterator[Batch[ArtistBio]]:
        """What is written about them."""
        async for batch in self._each(at, tasks.BIOS, self._bio, ArtistBio):
            yield batch

    @stream(
        sync_type="artist_similar", every=timedelta(days=1), into=enriched.similar, kind="profile"
    )
    async def similar(self, at: Position) -> AsyncIterator[Batch[SimilarArtists]]:
        """Who is like them."""
        async for batch in self._each(at, tasks.SIMILAR, self._similar, SimilarArtists):
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

    async def _tags(self, wanted: Wanted) -> ArtistTags:
        raw = await self._of_artist("artist.gettoptags", wanted)
        return parse_tags(raw, wanted) if raw else ArtistTags(wanted=wanted)

    async def _bio(self, wanted: Wanted) -> ArtistBio:
        raw = await self._of_artist("artist.getinfo", wanted)
        return parse_bio(raw, wanted) if raw else ArtistBio(wanted=wanted)

    async def _similar(self, wanted: Wanted) -> SimilarArtists:
        raw = await self._of_artist("artist.getsimilar", wanted, limit=MAX_ALIKE)
        return parse_similar(raw, wanted) if raw else SimilarArtists(wanted=wanted)

    async def _of_artist(self, method: str, wanted: Wanted, **more: Any) -> Any:
        """What they say of an artist, by the MusicBrainz id, which may be out of date, or by name.

        None for somebody they do not know.
        """
        by_id = [{"mbid": wanted.mbid}] if wanted.mbid else []
        for who in (*by_id, {"artist": wanted.artist}):
            try:
                return await self.get_json(method=method, **who, **more)
            except SourceChanged as refused:
                if refused.code != str(UNKNOWN):
                    raise
        return None


def parse_play(raw: dict[str, Any]) -> Play | None:
    """One `track` object as a play; None for the one playing now, which has no date yet."""
    if _playing(raw):
        return None
    uts = _uts(raw)
    if uts is None:
        raise Unreadable("the play has no date")
    if uts < FIRST_S:
        raise Unreadable(f"the date {clock.iso(clock.from_seconds(uts))} is before Last.fm itself")
    artist, album = raw["artist"], raw.get("album") or {}
    credited = artist.get("#text") or artist.get("name")
    return Play(
        artist=artist_of(credited),
        artist_url=_artist_url(raw.get("url")) if artist_of(credited) == credited else None,
        track=name_of(raw["name"], "track"),
        album=name_if_any(album.get("#text"), "album"),
        played_at=clock.from_seconds(uts),
        artist_mbid=artist.get("mbid") or None,
        album_mbid=album.get("mbid") or None,
        track_mbid=raw.get("mbid") or None,
        url=raw.get("url") or None,
    )


def parse_latest(raw: dict[str, Any]) -> Latest:
    """One `track` object as something heard lately; the one playing now has no date."""
    artist, album = raw["artist"], raw.get("album") or {}
    uts = None if _playing(raw) else _uts(raw)
    if uts is None and not _playing(raw):
        raise Unreadable("the play has no date")
    return Latest(
        artist=artist_of(artist.get("#text") or artist.get("name")),
        track=name_of(raw["name"], "track"),
        album=name_if_any(album.get("#text"), "album"),
        url=raw.get("url") or None,
        played_at=None if uts is None else clock.from_seconds(uts),
    )


def _artist_url(track_url: Any) -> str | None:
    """The artist's page, which a track's address begins with."""
    at = track_url.find("/_/") if isinstance(track_url, str) else -1
    return track_url[:at] if at > 0 else None


def parse_chart_entry(raw: dict[str, Any], kind: Any, period: Any) -> ChartEntry:
    """One line of a top list; counts and ranks come as text."""
    owner = raw if kind == "artist" else raw["artist"]
    return ChartEntry(
        kind=kind,
        period=period,
        rank=int(raw["@attr"]["rank"]),
        plays=int(raw["playcount"]),
        name=artist_of(raw["name"]) if kind == "artist" else name_of(raw["name"], kind),
        artist=artist_of(owner["name"]),
        mbid=raw.get("mbid") or None,
        artist_mbid=owner.get("mbid") or None,
        url=raw.get("url") or None,
    )


def parse_profile(raw: dict[str, Any]) -> Profile:
    """The `user` object; `registered` is a number in one place and text in the other."""
    registered = int((raw.get("registered") or {}).get("unixtime") or 0)
    return Profile(
        name=raw["name"],
        url=raw.get("url") or None,
        country=None if raw.get("country") in ("", "None") else raw.get("country"),
        plays=int(raw["playcount"]),
        registered_at=clock.from_seconds(registered) if registered else None,
    )


def _without(ids: Sequence[int], *, of: int, confirmed: bool) -> Work | None:
    """Take away these plays, which are not there any more."""
    if not ids:
        return None

    async def work(conn: Writing, user_id: int) -> Stored:
        return await gone.remove(conn, user_id, ids, of=of, confirmed=confirmed)

    return work


def _playing(raw: Any) -> bool:
    about = raw.get("@attr") if isinstance(raw, dict) else None
    return isinstance(about, dict) and about.get("nowplaying") == "true"


def _uts(raw: Any) -> int | None:
    date = raw.get("date") if isinstance(raw, dict) else None
    uts = date.get("uts") if isinstance(date, dict) else None
    return int(str(uts)) if str(uts).isdecimal() else None


def _covered(plays: list[Play]) -> Window | None:
    if not plays:
        return None
    heard = [play.played_at for play in plays]
    return Window(min(heard), max(heard))
