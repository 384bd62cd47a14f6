"""Trakt's own habits: bare refusals, lists of one page or many, removals, watches added late."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from rewind_gql.demo.cinema import UNDATED, Cinema, Owned, Seen
from rewind_gql.demo.films import FILMS
from rewind_gql.demo.records import Life
from rewind_gql.demo.upstreams import trakt
from rewind_gql.demo.upstreams.edits import put
from rewind_gql.demo.upstreams.effects import answer
from rewind_gql.demo.upstreams.exchange import Effect, Exchange
from rewind_gql.domains.collecting.tables import Media
from rewind_gql.domains.watching.tables import Movie, Watch
from rewind_gql.errors import SourceBusy, SourceDenied
from rewind_gql.settings import Settings
from rewind_gql.sources import SOURCES
from rewind_gql.sources.trakt_rows import media_type
from rewind_gql.store.engine import Store
from tests.sources.pretend import PRETENDS, Rig, rig_on

AT = datetime(2025, 3, 1, 20, tzinfo=UTC)
DAY = timedelta(days=1)


def owned(at: int, kind: str | None = "bluray", resolution: str | None = None) -> Owned:
    """The film at that place of the invented ones, on some medium."""
    return Owned(FILMS[at], kind, resolution, None, None, None, AT + at * DAY)


def meanwhile(change: Callable[[], object]) -> Effect:
    """Answer, and then have something change."""

    async def answered(exchange: Exchange) -> None:
        await exchange.go()
        change()

    return answered


def seen(number: int, at: int = 0, *, when: datetime = AT) -> Seen:
    """A play of the film at that place."""
    return Seen(number, FILMS[at], when, "watch")


@asynccontextmanager
async def rig_with(
    store: Store, settings: Callable[..., Settings], life: Life, cinema: Cinema, **more: Any
) -> AsyncIterator[Rig]:
    """An account with just these films."""
    known = PRETENDS["trakt"]
    pretend = type(known)(
        **{name: getattr(known, name) for name in known.__dataclass_fields__}
        | {"state": lambda _: trakt.Account(cinema, **more)}
    )
    async with rig_on(store, settings, "trakt", life, pretend=pretend) as rig:
        yield rig


async def media(rig: Rig) -> list[tuple[str, str]]:
    """What is owned on what."""
    statement = (
        select(col(Movie.title), col(Media.media_type))
        .join(Media, col(Media.movie_id) == col(Movie.id))
        .order_by(col(Movie.title), col(Media.media_type))
    )
    async with rig.store.write() as conn:
        return [(title, kind) for title, kind in (await conn.execute(statement)).all()]


async def watches(rig: Rig) -> set[str]:
    """The plays that are stored."""
    async with rig.store.write() as conn:
        return {*(await conn.execute(select(col(Watch.source_id)))).scalars()}


@pytest.mark.parametrize(
    ("kind", "resolution", "ours"),
    [
        (None, None, "bluray"),
        ("bluray", "hd_1080p", "bluray"),
        ("BluRay", "UHD_4K", "uhd_bluray"),
        ("digital", "uhd_4k", "digital"),
        ("hddvd", None, "hddvd"),
        ("dvd", "sd_480p", "dvd"),
        ("vhs", None, "other"),
        ("laserdisc", None, "other"),
    ],
)
def test_every_medium_has_a_word_of_ours(
    kind: str | None, resolution: str | None, ours: str
) -> None:
    assert media_type(kind, resolution) == ours


async def test_a_film_owned_twice_is_one_film_on_two_media(
    sqlite_store: Store, settings: Callable[..., Settings], life: Life
) -> None:
    both = Cinema((owned(0, "dvd"), owned(0, "bluray", "uhd_4k"), owned(1, None)), ())
    async with rig_with(sqlite_store, settings, life, both) as rig:
        done = await rig.sync("trakt")

        assert (done.status, done.items_inserted) == ("success", 3)
        assert await media(rig) == [
            (FILMS[1].title, "bluray"),
            (FILMS[0].title, "dvd"),
            (FILMS[0].title, "uhd_bluray"),
        ]


async def test_what_was_taken_off_the_shelf_goes_here_too(
    sqlite_store: Store, settings: Callable[..., Settings], life: Life
) -> None:
    ten = Cinema(tuple(owned(at) for at in range(8)), ())
    async with rig_with(sqlite_store, settings, life, ten) as rig:
        await rig.sync("trakt")
        rig.state.disown(FILMS[3].tmdb_id)

        done = await rig.sync("trakt")

        assert done.status == "success"
        assert len(await media(rig)) == 7
        assert (FILMS[3].title, "bluray") not in await media(rig)


async def test_an_empty_list_removes_nothing_until_a_person_says_so(
    sqlite_store: Store, settings: Callable[..., Settings], life: Life
) -> None:
    three = Cinema(tuple(owned(at) for at in range(3)), ())
    async with rig_with(sqlite_store, settings, life, three) as rig:
        await rig.sync("trakt")
        rig.state.clear()

        done = await rig.sync("trakt")

        assert done.status in ("failed", "partial")
        assert (await rig.row("trakt")).pause_reason == "needs_confirmation"
        assert len(await media(rig)) == 3


async def test_a_list_that_changed_between_its_pages_removes_nothing(
    sqlite_store: Store, settings: Callable[..., Settings], life: Life
) -> None:
    fifty = Cinema(tuple(owned(at) for at in range(50)), ())
    async with rig_with(sqlite_store, settings, life, fifty) as rig:
        await rig.sync("trakt")
        newest = rig.state.owned()[0].film
        gone = meanwhile(lambda: rig.state.disown(newest.tmdb_id))
        rig.faults.add(gone, match="collection/movies")

        await rig.sync("trakt")
        then = await media(rig)
        await rig.sync("trakt")

        assert len(then) == 50
        assert {*then} - {*await media(rig)} == {(newest.title, "bluray")}


async def test_a_film_that_cannot_be_read_stays_on_the_shelf(
    sqlite_store: Store, settings: Callable[..., Settings], life: Life
) -> None:
    three = Cinema(tuple(owned(at) for at in range(3)), ())
    async with rig_with(sqlite_store, settings, life, three) as rig:
        await rig.sync("trakt")
        rig.faults.add(put(1, "collected_at", value="yesterday"), match="collection/movies")

        done = await rig.sync("trakt")

        assert (done.status, done.items_failed) == ("partial", 1)
        assert len(await media(rig)) == 3


async def test_a_film_without_a_number_at_tmdb_is_kept_by_trakts(
    sqlite_store: Store, settings: Callable[..., Settings], life: Life
) -> None:
    one = Cinema((owned(0),), ())
    async with rig_with(sqlite_store, settings, life, one, unlinked=[FILMS[0].tmdb_id]) as rig:
        await rig.sync("trakt")
        rig.state.unlinked.clear()

        again = await rig.sync("trakt")

        async with rig.store.write() as conn:
            rows = (await conn.execute(select(col(Movie.tmdb_id), col(Movie.imdb_id)))).all()
        assert [tuple(row) for row in rows] == [(FILMS[0].tmdb_id, f"tt{FILMS[0].tmdb_id}")]
        assert again.items_inserted == 0


async def test_a_watch_of_no_known_time_has_none(
    sqlite_store: Store, settings: Callable[..., Settings], life: Life
) -> None:
    one = Cinema((), (seen(7, when=UNDATED),))
    async with rig_with(sqlite_store, settings, life, one) as rig:
        await rig.sync("history")

        async with rig.store.write() as conn:
            at = (await conn.execute(select(col(Watch.watched_at)))).scalar_one()
        assert at is None


async def test_nothing_moved_costs_one_request(
    sqlite_store: Store, settings: Callable[..., Settings], life: Life
) -> None:
    async with rig_with(sqlite_store, settings, life, Cinema((), (seen(1),))) as rig:
        await rig.sync("history")
        before = len(rig.faults.requests)

        await rig.sync("history")

        assert [each.path for each in rig.faults.requests[before:]] == ["/sync/last_activities"]


async def test_a_watch_of_long_ago_is_found_by_the_number_of_all(
    sqlite_store: Store, settings: Callable[..., Settings], life: Life
) -> None:
    async with rig_with(sqlite_store, settings, life, Cinema((), (seen(1),))) as rig:
        await rig.sync("history")
        rig.state.watch(seen(2, 1, when=AT - 900 * DAY))

        await rig.sync("history")

        assert await watches(rig) == {"1", "2"}


async def test_a_watch_that_was_removed_goes_here_too(
    sqlite_store: Store, settings: Callable[..., Settings], life: Life
) -> None:
    six = Cinema((), tuple(seen(number) for number in range(1, 7)))
    async with rig_with(sqlite_store, settings, life, six) as rig:
        await rig.sync("history")
        rig.state.unwatch(1)

        await rig.sync("history")

        assert await watches(rig) == {"2", "3", "4", "5", "6"}


async def test_a_history_half_gone_waits_for_a_person(
    sqlite_store: Store, settings: Callable[..., Settings], life: Life
) -> None:
    two = Cinema((), (seen(1), seen(2, when=AT + DAY)))
    async with rig_with(sqlite_store, settings, life, two) as rig:
        await rig.sync("history")
        rig.state.unwatch(1)

        await rig.sync("history")

        assert (await rig.row("history")).pause_reason == "needs_confirmation"
        assert await watches(rig) == {"1", "2"}


async def test_a_walk_disturbed_by_a_removal_removes_nothing_and_is_done_again(
    sqlite_store: Store, settings: Callable[..., Settings], life: Life
) -> None:
    many = Cinema((), tuple(seen(number, when=AT + number * DAY) for number in range(1, 51)))
    async with rig_with(sqlite_store, settings, life, many) as rig:
        await rig.sync("history")
        rig.state.unwatch(5)
        gone = meanwhile(lambda: rig.state.unwatch(50, told=False))
        rig.faults.add(gone, match="page=1&limit=250", nth=2)

        await rig.sync("history")
        then = await watches(rig)
        await rig.sync("history")

        assert len(then) == 50
        assert await watches(rig) == {str(number) for number in range(1, 50)} - {"5"}


async def test_one_film_watched_twice_at_once_is_two_watches(
    sqlite_store: Store, settings: Callable[..., Settings], life: Life
) -> None:
    two = Cinema((), (seen(1), seen(2)))
    async with rig_with(sqlite_store, settings, life, two) as rig:
        await rig.sync("history")

        assert await watches(rig) == {"1", "2"}


async def test_a_token_refused_before_its_time_is_renewed_once(
    sqlite_store: Store, settings: Callable[..., Settings], life: Life
) -> None:
    async with rig_with(sqlite_store, settings, life, Cinema((owned(0),), ())) as rig:
        rig.faults.add(answer(401), match="collection/movies")

        done = await rig.sync("trakt")

        assert done.status == "success"
        assert rig.faults.count("/oauth/token") == 1
        assert rig.faults.count("collection/movies") == 2


@pytest.mark.parametrize(
    ("status", "headers", "pause"),
    [(429, {}, 10), (429, {"retry-after": "7"}, None), (503, {}, 30), (522, {}, 30)],
)
def test_a_refusal_without_a_word_is_waited_out(
    status: int, headers: dict[str, str], pause: float | None
) -> None:
    busy = SOURCES["trakt"].refusal(Any, status, headers, "")  # type: ignore[arg-type]  # asks nothing of itself

    assert isinstance(busy, SourceBusy)
    assert busy.retry_after == pause


@pytest.mark.parametrize(("status", "code"), [(420, "account_limit"), (423, "account_locked")])
def test_what_a_person_must_see_to_is_told_in_words(status: int, code: str) -> None:
    denied = SOURCES["trakt"].refusal(Any, status, {}, "")  # type: ignore[arg-type]  # asks nothing of itself

    assert isinstance(denied, SourceDenied)
    assert denied.code == code
    assert "account" in denied.message
