"""Plays that somebody took out at Last.fm: they go here too, within a day and never by mistake."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select
from sqlmodel import col

from rewind_gql.clock import seconds
from rewind_gql.demo.records import Life, Listen, Person
from rewind_gql.demo.upstreams.edits import put, without
from rewind_gql.domains.listening import derive, intake, records
from rewind_gql.domains.listening.gone import FEW
from rewind_gql.domains.listening.tables import Album, Removed, Track
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from rewind_gql.sync import views
from rewind_gql.text import match_key
from tests.databases import ME
from tests.sources.pretend import Rig, rig_on

NOON = datetime(2025, 5, 1, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
RECENT = "getrecenttracks"
Rigged = Callable[..., Any]


def listen(number: int, at: datetime, album: str = "Hope") -> Listen:
    """A play of song `number`."""
    return Listen(at, "Low", album, f"Song {number}", "", "", "")


def lately(count: int) -> list[Listen]:
    """Plays of the last days, three minutes apart."""
    return [listen(number, NOON - HOUR - number * 3 * MINUTE) for number in range(count)]


@pytest.fixture(autouse=True)
def traveller() -> Iterator[time_machine.Traveller]:
    """The noon of a day."""
    with time_machine.travel(NOON) as travelling:
        yield travelling


@pytest.fixture
async def rigged(store: Store, settings: Callable[..., Settings]) -> AsyncIterator[Rigged]:
    """Makes the rig of a life."""

    def make(*listens: Listen) -> Any:
        life = Life(Person(registered_at=NOON - 900 * DAY), listens, (), (), None)
        return rig_on(store, settings, "lastfm", life)

    return make


async def tomorrow(rig: Rig, traveller: Any, days: int = 1) -> views.Run:
    """A sync a little more than a day later."""
    traveller.move_to(NOON + days * (DAY + HOUR))
    return await rig.sync()


async def heard(rig: Rig) -> list[tuple[int, str]]:
    """What is stored: second and song."""
    return sorted((at, title) for at, _, title in (await rig.stored()).elements())


def told(*listens: Listen) -> list[tuple[int, str]]:
    """What should be stored of these plays."""
    return sorted((seconds(each.at), match_key(each.track)) for each in listens)


async def removed(rig: Rig) -> list[datetime]:
    """When the plays began that were taken away."""
    async with rig.store.write() as conn:
        statement = select(col(Removed.played_at)).order_by(col(Removed.played_at))
        return list((await conn.execute(statement)).scalars())


async def test_what_was_taken_out_goes_and_is_kept_aside(rigged: Rigged, traveller: Any) -> None:
    plays = lately(450)
    lost = [plays[3], plays[200], plays[201], plays[449]]
    async with rigged(*plays) as rig:
        await rig.sync()
        for each in lost:
            rig.state.remove(each)

        done = await tomorrow(rig, traveller)

        assert (done.status, done.items_updated) == ("success", 4)
        assert await heard(rig) == told(*(each for each in plays if each not in lost))
        assert await removed(rig) == sorted(each.at for each in lost)
        assert await rig.store.ask(derive.drift, ME) == []


@pytest.mark.either
async def test_a_track_is_on_the_album_of_the_newest_play_that_is_left(
    rigged: Rigged, traveller: Any
) -> None:
    early, late = listen(1, NOON - 5 * HOUR), listen(1, NOON - HOUR, album="Best Of")
    async with rigged(early, late) as rig:
        await rig.sync()
        rig.state.remove(late)

        await tomorrow(rig, traveller)

        async with rig.store.write() as conn:
            named = select(col(Album.name)).join(Track, col(Track.album_id) == col(Album.id))
            assert list((await conn.execute(named)).scalars()) == ["Hope"]


@pytest.mark.either
async def test_within_the_day_nothing_is_compared(rigged: Rigged, traveller: Any) -> None:
    plays = lately(30)
    async with rigged(*plays) as rig:
        await rig.sync()
        rig.state.remove(plays[2])
        traveller.move_to(NOON + HOUR)

        await rig.sync()

        assert await heard(rig) == told(*plays)


@pytest.mark.either
async def test_what_is_older_than_two_weeks_stays(rigged: Rigged, traveller: Any) -> None:
    old, new = listen(1, NOON - 20 * DAY), listen(2, NOON - DAY)
    async with rigged(old, new) as rig:
        await rig.sync()
        rig.state.remove(old)

        await tomorrow(rig, traveller)

        assert await heard(rig) == told(old, new)


@pytest.mark.either
async def test_one_of_two_plays_in_one_second_may_go(rigged: Rigged, traveller: Any) -> None:
    twice = [listen(1, NOON - HOUR), listen(1, NOON - HOUR)]
    async with rigged(*twice) as rig:
        await rig.sync()
        rig.state.remove(twice[0])

        await tomorrow(rig, traveller)

        assert await heard(rig) == told(twice[0])


@pytest.mark.either
async def test_what_others_told_of_stays(rigged: Rigged, traveller: Any) -> None:
    play = records.Play(artist="Low", track="Song 9", played_at=NOON - 2 * DAY)
    async with rigged(*lately(5)) as rig:
        await rig.sync()
        async with rig.store.write() as conn:
            await intake.plays(conn, ME, [play], source="spotify")

        await tomorrow(rig, traveller)

        assert len(await heard(rig)) == 6


@pytest.mark.either
async def test_what_was_imported_before_the_first_sync_stays(rigged: Rigged) -> None:
    play = records.Play(artist="Low", track="Song 9", played_at=NOON - 2 * DAY)
    async with rigged(*lately(5)) as rig:
        async with rig.store.write() as conn:
            await intake.plays(conn, ME, [play], source="lastfm")

        await rig.sync()

        assert len(await heard(rig)) == 6


@pytest.mark.either
async def test_what_comes_back_stays(rigged: Rigged, traveller: Any) -> None:
    plays = lately(30)
    async with rigged(*plays) as rig:
        await rig.sync()
        rig.state.remove(plays[2])
        await tomorrow(rig, traveller)
        back = records.Play(artist="Low", track=plays[2].track, played_at=plays[2].at)
        async with rig.store.write() as conn:
            await intake.plays(conn, ME, [back], source="lastfm")

        await tomorrow(rig, traveller, days=2)

        assert await heard(rig) == told(*plays)


@pytest.mark.either
async def test_many_go_only_when_a_person_says_so(rigged: Rigged, traveller: Any) -> None:
    plays = lately(100)
    async with rigged(*plays) as rig:
        await rig.sync()
        for each in plays[: FEW + 1]:
            rig.state.remove(each)

        done = await tomorrow(rig, traveller)

        row = await rig.row()
        assert (done.status, row.pause_reason) == ("failed", "needs_confirmation")
        assert await heard(rig) == told(*plays)


@pytest.mark.either
@pytest.mark.parametrize(
    "odd",
    [
        put("recenttracks", "@attr", "total", value="31"),
        put("recenttracks", "track", 0, "name", value=""),
    ],
)
async def test_an_answer_that_may_lack_something_takes_nothing_away(
    rigged: Rigged, traveller: Any, odd: Any
) -> None:
    plays = lately(30)
    async with rigged(*plays) as rig:
        await rig.sync()
        rig.state.remove(plays[2])
        rig.faults.add(odd, times=1, match=RECENT)

        await tomorrow(rig, traveller)

        assert await heard(rig) == told(*plays)


async def test_a_walk_that_was_stopped_compares_all_of_it(rigged: Rigged, traveller: Any) -> None:
    plays = lately(450)
    async with rigged(*plays) as rig:
        await rig.sync()
        for each in (plays[3], plays[300]):
            rig.state.remove(each)
        rig.faults.add(without("recenttracks"), match=RECENT, nth=2)

        stopped = await tomorrow(rig, traveller)
        again = await rig.sync()

        assert (stopped.status, again.status) == ("failed", "success")
        assert len(await heard(rig)) == 448
