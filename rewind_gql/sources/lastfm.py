"""Last.fm: every play of a profile, its top lists and what it says of itself."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

from rewind_gql import clock
from rewind_gql.clock import Window
from rewind_gql.domains.listening import intake
from rewind_gql.domains.listening.records import PERIODS, Chart, ChartEntry, Play, Profile
from rewind_gql.errors import SourceBusy, SourceChanged, SourceDenied, SourceError
from rewind_gql.sources.base import KEEP, Batch, Position, Reject, Source, Unreadable, parse, stream
from rewind_gql.sources.names import artist_of, name_if_any, name_of

PAGE = 200
CHART = 50
HOUR_S = 3_600
# Offline players hand in plays up to about two weeks late, under the time they were heard.
LATE_S = 14 * 24 * HOUR_S
REREAD_S = 24 * HOUR_S
# Players with a wrong clock send years that never were; nobody scrobbled before 2002.
FIRST_S = 1_000_000_000

# https://www.last.fm/api/errorcodes
PASSING = {8, 11, 16}
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
        )


class Lastfm(Source):
    """Plays, top lists and profile of a Last.fm user."""

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
        if code in NEEDS_A_PERSON or (code == 6 and status == 404):
            return SourceDenied(said, code=str(code))
        return SourceChanged(said, code=str(code))

    @stream(sync_type="scrobbles", every=timedelta(minutes=15), into=intake.plays, kind="event")
    async def plays(self, at: Position) -> AsyncIterator[Batch[Play]]:
        """Plays up to now, newest first; a stop anywhere goes on where it was.

        Pages are walked by time, not by number: each asks for the 200 newest up to the oldest
        second seen, that second included. So nothing heard, deleted or handed in meanwhile can
        shift a page, and plays that share a second stay together. The cursor moves to the start
        of the walk, and only at its end.
        """
        done = at.cursor or {"until": 0, "reread": 0}
        walk = at.checkpoint or self._walk(done, clock.seconds(at.now))
        while True:
            page = await self._window(walk["from"], walk["to"])
            total = max(walk["total"], page.total)
            walk = {**walk, "total": total, "to": page.oldest + 1}
            last = not page.left
            yield Batch(
                page.plays,
                page.rejects,
                checkpoint=None if last else walk,
                cursor={"until": walk["now"], "reread": walk["reread"]} if last else KEEP,
                total=total,
                progress_done=None if last else total - page.left,
                covered=_covered(page.plays),
            )
            if last:
                return

    def _walk(self, done: Mapping[str, int], now: int) -> dict[str, int]:
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
                return replace(page, total=page.rows)
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
        rows = [row for row in _listed(found.get("track")) if not _playing(row)]
        heard = [uts for uts in map(_uts, rows) if uts is not None]
        inside = [uts for uts in heard if since <= uts < until]
        if heard and not inside:
            raise SourceBusy(
                "Last.fm answered with plays outside the window", retry_after=1, code="wrong_window"
            )
        place = f"before {clock.iso(clock.from_seconds(until))}, page {number}"
        plays, rejects = parse(rows, parse_play, place=place)
        oldest = min(inside, default=until)
        return _Page(plays, rejects, rows=len(rows), total=int(about["total"]), oldest=oldest)

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
            rows = _listed(body[f"top{kind}s"].get(kind))
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


def _listed(found: Any) -> list[Any]:
    """A list, though one item comes bare and none may come as nothing at all."""
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


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
