"""Top lists as they are shown: of a period or a window, with names and plays over time."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from rewind_gql.clock import Window
from rewind_gql.domains.listening import periods, views
from rewind_gql.domains.listening.periods import Span
from rewind_gql.domains.listening.queries.counts import totals
from rewind_gql.domains.listening.queries.named import artist_named
from rewind_gql.domains.listening.queries.places import artist_places, top_page, top_places
from rewind_gql.domains.listening.queries.points import series
from rewind_gql.domains.listening.queries.ranking import Kind
from rewind_gql.domains.listening.queries.shown import SHOWN
from rewind_gql.domains.listening.queries.summaries import month_totals
from rewind_gql.domains.listening.queries.window import lifetime
from rewind_gql.domains.listening.records import Period
from rewind_gql.errors import NotFound
from rewind_gql.store.read import Conn

BEST = 10
EVER = Window(None, None)


class Asked(NamedTuple):
    """Which part of which top list is wanted: a window stands in place of the period."""

    period: Period
    window: Window = EVER
    sparklines: bool = False
    limit: int = 10
    page: int = 1

    @property
    def offset(self) -> int:
        """How many places come before the page."""
        return (self.page - 1) * self.limit

    def bounds(self, today: date) -> Window:
        """The instants between which plays count."""
        return periods.window_of(self.period, today) if self.window == EVER else self.window


async def top_list(
    conn: Conn, user_id: int, *, kind: Kind, asked: Asked, today: date
) -> views.TopList[Any]:
    """What is most played, by page; ties as in `top_artists`.

    Shape: to any depth; a page past the end is empty.
    Source: that of `top_places`.
    """
    since, until = asked.bounds(today)
    places, total = await top_page(
        conn,
        user_id,
        kind=kind,
        since=since,
        until=until,
        limit=asked.limit,
        offset=asked.offset,
    )
    return await _listed(conn, user_id, kind, asked, today, places, total)


async def top_tracks_of(
    conn: Conn, user_id: int, *, artist_id: int | None, name: str, asked: Asked, today: date
) -> views.TopList[Any]:
    """The same of one artist's tracks: the artist of that id, or the most played of that name.

    Raises `NotFound` when nobody's name holds `name`; an id that is nobody's gives an empty list.
    """
    chosen = artist_id or await artist_named(conn, user_id, name)
    if chosen is None:
        raise NotFound("No artist has such a name")
    since, until = asked.bounds(today)
    places, total = await artist_places(
        conn,
        user_id,
        artist_id=chosen,
        since=since,
        until=until,
        limit=asked.limit,
        offset=asked.offset,
    )
    found = await _listed(conn, user_id, "track", asked, today, places, total)
    found.artist_id = chosen
    return found


async def year_review(
    conn: Conn, user_id: int, *, year: int, month: int | None = None, sparklines: bool = False
) -> views.YearReview:
    """A UTC year in numbers and top lists, with its months; or one month of it."""
    whole = periods.drawn_year(year, month)
    window: dict[str, Any] = {"since": whole.since, "until": whole.until}
    span = whole if sparklines else None
    kinds: tuple[Kind, ...] = ("artist", "album", "track")
    tops = {
        kind: await _rows(
            conn,
            user_id,
            kind,
            await top_places(conn, user_id, kind=kind, limit=BEST, **window),
            0,
            span,
        )
        for kind in kinds
    }
    return views.YearReview(
        totals=await totals(conn, user_id, **window),
        artists=tops["artist"],
        albums=tops["album"],
        tracks=tops["track"],
        months=await month_totals(conn, user_id, **window) if month is None else [],
        granularity=span.granularity if span else None,
    )


async def _listed(
    conn: Conn,
    user_id: int,
    kind: Kind,
    asked: Asked,
    today: date,
    places: Sequence[views.Ranked],
    total: int,
) -> views.TopList[Any]:
    span = await _span(conn, user_id, asked, today) if asked.sparklines else None
    return views.TopList(
        rows=await _rows(conn, user_id, kind, places, asked.offset, span),
        total=total,
        artist_id=None,
        granularity=span.granularity if span else None,
    )


async def _span(conn: Conn, user_id: int, asked: Asked, today: date) -> Span | None:
    """How plays over time are drawn; None where nothing was ever heard."""
    life = await lifetime(conn, user_id)
    if asked.window == EVER:
        return periods.drawn(asked.period, today, life[0] if life else None)
    return periods.drawn_window(asked.window, today, life) if life else None


async def _rows(
    conn: Conn,
    user_id: int,
    kind: Kind,
    places: Sequence[views.Ranked],
    offset: int,
    span: Span | None,
) -> list[views.TopRow[Any]]:
    ids = [place.entity_id for place in places]
    if not ids:
        return []
    points: dict[int, list[int]] = {}
    if span is not None:
        points = await series(conn, user_id, kind=kind, ids=ids, span=span)
    shown = await SHOWN[kind](conn, user_id, ids)
    return [
        views.TopRow(
            rank=rank,
            plays=place.plays,
            **shown[place.entity_id]._asdict(),
            points=points.get(place.entity_id),
        )
        for rank, place in enumerate(places, start=offset + 1)
    ]
