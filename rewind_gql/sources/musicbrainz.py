"""MusicBrainz: the ids of artists and albums that no other source told, by their names."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

from rewind_gql import __version__
from rewind_gql.domains.listening.enrichment import intake, tasks
from rewind_gql.domains.listening.enrichment.records import Identified, Wanted
from rewind_gql.domains.listening.enrichment.tasks import Task
from rewind_gql.errors import SourceBusy, SourceError
from rewind_gql.images.matching import comparable, search_artist, search_title
from rewind_gql.sources.base import Batch, Position, Source, stream
from rewind_gql.sources.looking import looked_up
from rewind_gql.sources.naming import same_album, same_artist

RESULTS = 5
SURE = 90
"""How sure their search must be, of 100."""
PAUSE_S = 90.0

_SPECIAL = re.compile(r'([+\-&|!(){}\[\]^"~*?:\\/])')
_MBID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class MusicBrainz(Source):
    """Ids of artists and albums that were heard, where a search leaves no doubt."""

    name = "musicbrainz"
    title = "MusicBrainz"
    docs = "https://musicbrainz.org/doc/MusicBrainz_API"
    domain = "listening"
    base_url = "https://musicbrainz.org/ws/2"
    base_url_setting = "musicbrainz_base_url"
    account_setting = "musicbrainz_account"  # nobody signs in there
    needs = ("musicbrainz_contact",)
    pace = 0.9
    unit = "lookup"

    def headers(self) -> dict[str, str]:
        """Who asks, and how to reach them; without that they answer nobody."""
        contact = self.option("musicbrainz_contact").encode("ascii", "replace").decode()
        return {"User-Agent": f"RewindGQL/{__version__} ( {contact} )"}

    def params(self) -> dict[str, str]:
        """The form of every answer, which is XML otherwise."""
        return {"fmt": "json"}

    def refusal(self, status: int, headers: Mapping[str, str], body: Any) -> SourceError | None:
        """A 503 means one of two things: too many questions, or too much to do for everybody."""
        said = body.get("error", "") if isinstance(body, dict) else ""
        if status == 503 and "rate limit" in str(said):
            return SourceBusy(
                "MusicBrainz was asked too often",
                retry_after=None if "retry-after" in headers else PAUSE_S,
                code="503",
                kind="rate_limit",
            )
        return None

    @stream(sync_type="mbids", every=timedelta(days=1), into=intake.artist_mbids, kind="profile")
    async def artists(self, at: Position) -> AsyncIterator[Batch[Identified]]:
        """Artists without an id, most played first."""
        async for batch in self._each(at, tasks.ARTIST_MBIDS, self._artist):
            yield batch

    @stream(sync_type="mbids", every=timedelta(days=1), into=intake.album_mbids, kind="profile")
    async def albums(self, at: Position) -> AsyncIterator[Batch[Identified]]:
        """Albums without one, most played first."""
        async for batch in self._each(at, tasks.ALBUM_MBIDS, self._album):
            yield batch

    async def _each(
        self, at: Position, task: Task, look: Callable[[Wanted], Awaitable[Identified]]
    ) -> AsyncIterator[Batch[Identified]]:
        wanted = await self.ask(tasks.wanted, task=task, now=at.now, limit=at.limit)
        async for batch in looked_up(wanted, look, Identified):
            yield batch

    async def _artist(self, wanted: Wanted) -> Identified:
        query = f'artist:"{escaped(search_artist(wanted.artist))}"'
        body = await self.get_json("artist", query=query, limit=RESULTS)
        return Identified(wanted=wanted, mbid=the_artist(body["artists"], wanted.artist))

    async def _album(self, wanted: Wanted) -> Identified:
        artist, title = search_artist(wanted.artist), search_title(wanted.name)
        query = f'release:"{escaped(title)}" AND artist:"{escaped(artist)}"'
        body = await self.get_json("release", query=query, limit=RESULTS)
        return Identified(wanted=wanted, mbid=the_album(body["releases"], wanted))


def the_artist(rows: list[dict[str, Any]], name: str) -> str | None:
    """The id of the one artist of that name; None when nobody has it, or several have."""
    named = [
        str(row["id"])
        for row in rows
        if int(row.get("score") or 0) >= SURE and same_artist(name, str(row["name"]))
    ]
    return named[0] if len(named) == 1 and _MBID.fullmatch(named[0]) else None


def the_album(rows: list[dict[str, Any]], wanted: Wanted) -> str | None:
    """The id of the best edition of an album by that artist; one of the very title comes first."""
    fitting = [row for row in rows if int(row.get("score") or 0) >= SURE and _is_album(row, wanted)]
    title = comparable(wanted.name)
    fitting.sort(key=lambda row: comparable(str(row["title"])) != title)
    mbid = str(fitting[0]["id"]) if fitting else ""
    return mbid if _MBID.fullmatch(mbid) else None


def _is_album(row: dict[str, Any], wanted: Wanted) -> bool:
    credit = row.get("artist-credit") or []
    written = "".join(f"{each['name']}{each.get('joinphrase') or ''}" for each in credit)
    first = str(credit[0]["name"]) if credit else ""
    by = same_artist(wanted.artist, written) or same_artist(wanted.artist, first)
    return by and same_album(wanted.artist, wanted.name, str(row["title"]))


def escaped(text: str) -> str:
    """A name for a query in quotes: what has a meaning to their search has none."""
    return _SPECIAL.sub(r"\\\1", text)
