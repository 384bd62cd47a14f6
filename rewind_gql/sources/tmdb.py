"""TMDB: what the films are that other sources only name."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from rewind_gql.domains.base import Stored
from rewind_gql.domains.watching import intake, queries
from rewind_gql.domains.watching.queries import Wanted
from rewind_gql.domains.watching.records import MovieDetail
from rewind_gql.errors import SourceBusy, SourceChanged, SourceError
from rewind_gql.sources.base import Batch, Position, Source, Work, parse, stream
from rewind_gql.sources.names import name_of, plain
from rewind_gql.store.engine import Writing
from rewind_gql.text import clean, match_key

AT_ONCE = 20
MOST = 10_000
COUNTRY = "US"
IN_CINEMAS = 3
# https://developer.themoviedb.org/docs/errors: theirs, not ours, and over soon.
PASSING = {9, 11, 24, 25, 43, 46}
YEARS_APART = 1
LOWEST, HIGHEST = 0.0, 10.0
IMDB_NAME = re.compile(r"tt[0-9]{1,15}")


class Tmdb(Source):
    """Films by their numbers, by IMDb's names, or by title and year."""

    name = "tmdb"
    title = "TMDB"
    docs = "https://developer.themoviedb.org/reference/intro/getting-started"
    domain = "watching"
    base_url = "https://api.themoviedb.org/3"
    base_url_setting = "tmdb_base_url"
    account_setting = ""  # there is one token for all
    needs = ("tmdb_api_key",)
    pace = 20.0
    unit = "film"
    describes = True

    def headers(self) -> Mapping[str, str]:
        """The read access token."""
        return {"Authorization": f"Bearer {self.option('tmdb_api_key')}"}

    def refusal(self, status: int, headers: Mapping[str, str], body: Any) -> SourceError | None:
        """Some of its numbered errors pass by themselves, whatever their status."""
        code = body.get("status_code") if isinstance(body, dict) else None
        if status < 400 or code not in PASSING:
            return None
        kind = "rate_limit" if status == 429 else "upstream"
        return SourceBusy(f"TMDB: {body.get('status_message')}", code=str(status), kind=kind)

    @stream(sync_type="films", every=timedelta(hours=1), into=intake.details, kind="task")
    async def details(self, at: Position) -> AsyncIterator[Batch[MovieDetail]]:
        """The films that are due; one that is not known there is asked for again after a month."""
        pending = await self.ask(queries.pending_details, limit=MOST)
        for start in range(0, len(pending), AT_ONCE):
            chosen = pending[start : start + AT_ONCE]
            found, unknown = await self._found(chosen)
            details, rejects = parse(found, lambda pair: parse_movie(pair[1], pair[0]))
            unread = {movie_id for movie_id, _ in found} - {each.movie_id for each in details}
            yield Batch(
                details,
                rejects,
                total=len(pending),
                progress_done=start + len(chosen),
                after=_undescribed([*unread], unknown),
            )

    async def movie(self, tmdb_id: int) -> dict[str, Any] | None:
        """The film of that number as TMDB describes it; None when there is none, or no more."""
        try:
            found = await self.get_json(
                f"/movie/{tmdb_id}", append_to_response="credits,release_dates", language="en-US"
            )
        except SourceChanged as gone:
            if gone.code != "404":
                raise
            return None
        return _object(found)

    async def by_imdb(self, imdb_id: str) -> int | None:
        """TMDB's number of a film by IMDb's name for it; None also for what is no such name."""
        if not IMDB_NAME.fullmatch(imdb_id):
            return None
        found = _object(await self.get_json(f"/find/{imdb_id}", external_source="imdb_id"))
        return next((_number(each.get("id")) for each in found.get("movie_results") or ()), None)

    async def search(self, title: str, year: int | None) -> list[dict[str, Any]]:
        """What TMDB has under a title, best first: `id`, `title` and `release_date` of each."""
        found = _object(
            await self.get_json("/search/movie", query=title, year=year, include_adult="false")
        )
        return [each for each in found.get("results") or () if _number(each.get("id"))]

    async def _found(
        self, wanted: Sequence[Wanted]
    ) -> tuple[list[tuple[int, dict[str, Any]]], list[int]]:
        """What TMDB says of each film with its id here, and the ids of those it does not know."""
        found: list[tuple[int, dict[str, Any]]] = []
        unknown: list[int] = []
        for film in wanted:
            number = film.tmdb_id or await self._number_of(film)
            said = await self.movie(number) if number else None
            if said is None:
                unknown.append(film.id)
            else:
                found.append((film.id, said))
        return found, unknown

    async def _number_of(self, film: Wanted) -> int | None:
        """TMDB's number of a film: by IMDb's name, else of the one film of its title and year."""
        if film.imdb_id:
            return await self.by_imdb(film.imdb_id)
        if film.year is None:
            return None
        for each in await self.search(film.title, film.year):
            same = match_key(clean(str(each.get("title")))) == match_key(film.title)
            year = _year(each.get("release_date"))
            if same and year is not None and abs(year - film.year) <= YEARS_APART:
                return _number(each["id"])
        return None


def parse_movie(raw: dict[str, Any], movie_id: int) -> MovieDetail:
    """A film's own page; zeros and empty texts stand for what is not known."""
    crew = (raw.get("credits") or {}).get("crew") or ()
    return MovieDetail(
        movie_id=movie_id,
        tmdb_id=int(raw["id"]),
        title=name_of(raw["title"], "film"),
        year=_year(raw.get("release_date")),
        imdb_id=raw.get("imdb_id") or None,
        tagline=_words(raw.get("tagline")),
        overview=_words(raw.get("overview")),
        runtime_min=_number(raw.get("runtime"), most=100_000),
        vote_average=_vote(raw.get("vote_average")),
        certification=_certification(raw.get("release_dates") or {}),
        poster_path=raw.get("poster_path") or None,
        backdrop_path=raw.get("backdrop_path") or None,
        genres=_names(raw.get("genres") or ()),
        directors=_names(each for each in crew if each.get("job") == "Director"),
    )


def _certification(releases: Mapping[str, Any]) -> str | None:
    """The American one: of the cinemas where they have one, else the first that is not empty."""
    countries = releases.get("results") or ()
    dates = [
        each
        for country in countries
        if country.get("iso_3166_1") == COUNTRY
        for each in country.get("release_dates") or ()
        if (each.get("certification") or "").strip()
    ]
    dates.sort(key=lambda each: each.get("type") != IN_CINEMAS)
    return next((each["certification"].strip() for each in dates), None)


def _names(rows: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for row in rows if (name := clean(row["name"]))))


def _words(raw: Any) -> str | None:
    return plain(raw) or None if isinstance(raw, str) else None


def _vote(raw: Any) -> float | None:
    return float(raw) if isinstance(raw, int | float) and LOWEST < raw <= HIGHEST else None


def _year(raw: Any) -> int | None:
    """The year of a date such as 1998-03-12; None for an empty or impossible one."""
    try:
        return date.fromisoformat(raw).year
    except (TypeError, ValueError):
        return None


def _number(raw: Any, *, most: int = 2**53) -> int | None:
    return raw if isinstance(raw, int) and 0 < raw <= most else None


def _object(raw: Any) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise SourceChanged("TMDB answered without an object", code="no_object")
    return raw


def _undescribed(unread: Sequence[int], unknown: Sequence[int]) -> Work | None:
    """Remember when to ask again for what could not be read, and for what is not known."""
    if not unread and not unknown:
        return None

    async def work(conn: Writing, user_id: int) -> Stored:
        await intake.details_failed(conn, user_id, unread)
        await intake.details_unknown(conn, user_id, unknown)
        return Stored()

    return work
