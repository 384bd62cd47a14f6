"""Trakt: the films a person owns on discs and as files, and those they watched."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from rewind_gql import clock
from rewind_gql.domains.collecting.films import remove_media_except
from rewind_gql.domains.watching import intake, queries
from rewind_gql.domains.watching.records import Watch
from rewind_gql.errors import SourceBusy, SourceChanged, SourceDenied, SourceError
from rewind_gql.ports.http import Reply
from rewind_gql.sources.auth import SignIn
from rewind_gql.sources.base import Batch, Position, Source, parse, stream
from rewind_gql.sources.trakt_rows import Owned, number, owned, parse_owned, parse_watch

API_VERSION = "2"
PAGE = 250
"""The most that a page of today's endpoints holds."""
AT_ONCE = 500
OVERLAP = timedelta(days=7)
WINDOW_S, BROKEN_S = 10.0, 30.0
TOO_MANY, LOCKED, FULL = 429, 423, 420

PAGES, ITEMS = "x-pagination-page-count", "x-pagination-item-count"


class Trakt(Source):
    """Owned and watched films of a Trakt account."""

    name = "trakt"
    title = "Trakt"
    docs = "https://docs.trakt.tv"
    domain = "collecting"
    base_url = "https://api.trakt.tv"
    base_url_setting = "trakt_base_url"
    account_setting = "trakt_user"
    needs = ("trakt_client_id", "trakt_client_secret")
    pace = 3.0  # a thousand in five minutes
    unit = "film"
    sign_in = SignIn(
        title="Trakt",
        base_url="https://auth.trakt.tv",
        base_url_setting="trakt_auth_base_url",
        client_id="trakt_client_id",
        client_secret="trakt_client_secret",  # noqa: S106  # the name of a setting
    )

    def headers(self) -> Mapping[str, str]:
        """The app, the version of the API, and the account's token."""
        return {
            "trakt-api-version": API_VERSION,
            "trakt-api-key": self.option("trakt_client_id"),
            "Authorization": f"Bearer {self.token}",
        }

    def refusal(self, status: int, headers: Mapping[str, str], body: Any) -> SourceError | None:
        """Bodies of refusals are often empty; a pause may come without its length."""
        if status == LOCKED:
            return SourceDenied("Trakt has locked this account", code="account_locked")
        if status == FULL:
            return SourceDenied("Trakt lets this account own no more films", code="account_limit")
        if status != TOO_MANY and status < 500:
            return None
        many = status == TOO_MANY
        pause = None if "retry-after" in headers else WINDOW_S if many else BROKEN_S
        kind = "rate_limit" if many else "upstream"
        return SourceBusy(
            f"Trakt answered {status}", retry_after=pause, code=str(status), kind=kind
        )

    @stream(sync_type="trakt", every=timedelta(days=1), into=owned, kind="series")
    async def media(self, at: Position) -> AsyncIterator[Batch[Owned]]:
        """What is owned on what; then what was not listed is removed.

        Nothing is where the list changed between its pages, for then it may lack some: the next
        run removes it.
        """
        entries, whole = await self.owned()
        unread: set[int | None] = set()
        read: list[Owned] = []
        for start in range(0, len(entries), AT_ONCE):
            chosen = entries[start : start + AT_ONCE]
            found, rejects = parse(chosen, parse_owned)
            read += found
            unread |= {*map(_trakt_id, chosen)} - {each.movie.trakt_id for each in found}
            yield Batch(found, rejects, total=len(entries), progress_done=start + len(chosen))
        if None in unread or not whole:  # nobody can tell which film that is, so none may go
            return
        remove = partial(
            remove_media_except,
            seen=await self._stored(read),
            unread=[each for each in unread if each is not None],
            confirmed=at.confirmed,
        )
        yield Batch(total=len(entries), progress_done=len(entries), after=remove)

    @stream(sync_type="history", every=timedelta(hours=1), into=intake.watches)
    async def watches(self, at: Position) -> AsyncIterator[Batch[Watch]]:
        """Watches of films: those of the last days where any came, all where the number differs.

        Trakt asks by when a film was watched, not by when that was noted, and tells of nothing that
        was removed; the number of all tells that something is missing or too much here.
        """
        known = at.cursor if isinstance(at.cursor, dict) else {}
        moved = _moved((await self.send("GET", "/sync/last_activities")).document)
        again = not known or not known.get("whole", True)
        if not again and known["moved"] == moved:
            return
        if known and known["newest"] is not None:
            since = clock.from_microseconds(known["newest"]) - OVERLAP
            async for batch, _ in self._history(start_at=clock.iso(since)):
                yield batch
        reply = await self.send("GET", "/sync/history/movies", params={"page": 1, "limit": 1})
        total = _header(reply, ITEMS)
        held = await self.ask(queries.watch_count, source=self.name)
        unread, whole = known.get("unread", 0), True
        if again or total is None or held + unread != total:
            unread, rows, seen = 0, 0, set[str]()
            totals: set[int | None] = set()
            async for batch, ids in self._history():
                seen |= ids
                unread += len(batch.rejects)
                rows = batch.progress_done or 0
                totals.add(batch.total)
                yield batch
            # A walk during which something went may have missed something else.
            whole = totals in ({None}, {rows})
            if totals == {len(seen)}:
                yield Batch(after=_unwatched(seen, confirmed=at.confirmed))
        newest = await self.ask(queries.newest_watch, source=self.name)
        yield Batch(
            cursor={
                "moved": moved,
                "newest": newest and clock.microseconds(newest),
                "unread": unread,
                "whole": whole,
            }
        )

    async def owned(self) -> tuple[list[Any], bool]:
        """Every entry of the collection of films, and whether no page contradicts another."""
        entries: list[Any] = []
        totals: set[int | None] = set()
        pages = page = 1
        while page <= pages:
            reply = await self.send(
                "GET",
                "/sync/collection/movies",
                params={"extended": "metadata", "page": page, "limit": PAGE},
            )
            entries += _rows(reply)
            totals.add(_header(reply, ITEMS))
            # Without these headers the whole list is on the one page there is.
            pages = _header(reply, PAGES) or 1
            page += 1
        return entries, totals in ({None}, {len(entries)})

    async def trakt_id(self, tmdb_id: int) -> int | None:
        """Trakt's number of a film; None when it does not know TMDB's."""
        found = await self.send("GET", f"/search/tmdb/{tmdb_id}", params={"type": "movie"})
        return next((_trakt_id(row) for row in _rows(found)), None)

    async def add(self, entry: Mapping[str, Any]) -> tuple[int, int]:
        """Put a film into the collection, or change what it is owned on; once or often.

        Gives how many were added, and how many were there already. Raises `SourceChanged` with code
        not_found for a film Trakt does not know.
        """
        told = (await self.send("POST", "/sync/collection", body={"movies": [entry]})).document
        if told.get("not_found", {}).get("movies"):
            raise SourceChanged("Trakt does not know this film", code="not_found")
        there = told.get("existing", {}).get("movies", 0) + told.get("updated", {}).get("movies", 0)
        return int(told.get("added", {}).get("movies", 0)), int(there)

    async def remove(self, ids: Mapping[str, int | str | None]) -> int:
        """Take a film out of the collection, whatever it is owned on; once or often.

        Gives how many were removed.
        """
        known = {name: number for name, number in ids.items() if number}
        body = {"movies": [{"ids": known}]}
        told = (await self.send("POST", "/sync/collection/remove", body=body)).document
        return int(told.get("deleted", {}).get("movies", 0))

    async def _stored(self, read: Sequence[Owned]) -> set[tuple[int, str]]:
        """Which film here is owned on what, by these entries, which are stored by now."""
        seen: set[tuple[int, str]] = set()
        for start in range(0, len(read), AT_ONCE):
            chosen = read[start : start + AT_ONCE]
            tmdb = sorted({each.movie.tmdb_id for each in chosen if each.movie.tmdb_id})
            trakt = sorted({each.movie.trakt_id for each in chosen if each.movie.trakt_id})
            by_tmdb = await self.ask(queries.movies_by_tmdb, tmdb)
            by_trakt = await self.ask(queries.movies_by_trakt, trakt)
            for each in chosen:
                film = by_tmdb.get(each.movie.tmdb_id or 0) or by_trakt.get(
                    each.movie.trakt_id or 0
                )
                if film is not None:
                    seen.add((film.id, each.media.media_type))
        return seen

    async def _history(self, **params: str) -> AsyncIterator[tuple[Batch[Watch], set[str]]]:
        """Each page as a batch whose total is that of all there are, and the names of its watches.

        The walk begins anew after a stop, for only a whole one may remove anything.
        """
        pages = page = 1
        done = 0
        while page <= pages:
            reply = await self.send(
                "GET",
                "/sync/history/movies",
                params={**params, "page": page, "limit": PAGE},
            )
            rows = _rows(reply)
            watches, rejects = parse(rows, parse_watch, place=f"page {page}")
            done += len(rows)
            total = _header(reply, ITEMS)
            ids = {str(raw["id"]) for raw in rows if isinstance(raw, dict) and "id" in raw}
            yield Batch(watches, rejects, total=total, progress_done=done), ids
            pages = _header(reply, PAGES) or 1
            page += 1


def _unwatched(seen: set[str], *, confirmed: bool) -> Any:
    return partial(
        intake.remove_watches_except, source=Trakt.name, source_ids=seen, confirmed=confirmed
    )


def _rows(reply: Reply) -> list[Any]:
    if not isinstance(reply.document, list):
        raise SourceChanged("Trakt answered without a list", code="no_list")
    return reply.document


def _header(reply: Reply, name: str) -> int | None:
    text = reply.headers.get(name, "")
    return int(text) if text.isascii() and text.isdigit() else None


def _moved(activities: Any) -> str:
    """When a film was last watched or unwatched, as Trakt writes it."""
    try:
        return str(activities["movies"]["watched_at"])
    except (LookupError, TypeError) as odd:
        raise SourceChanged("Trakt answered without activities", code="shape") from odd


def _trakt_id(raw: Any) -> int | None:
    """The film's number in an entry, also in one that cannot be read otherwise."""
    try:
        return number(raw["movie"]["ids"]["trakt"])
    except (LookupError, TypeError):
        return None
