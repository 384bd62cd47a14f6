"""Last.fm's own oddities."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rewind_gql.clock import now, seconds
from rewind_gql.demo.records import Life, Listen, Person
from rewind_gql.demo.upstreams.edits import put, transform, without
from rewind_gql.demo.upstreams.effects import answer, asking
from rewind_gql.domains.listening import queries
from rewind_gql.domains.listening.records import Play
from rewind_gql.errors import SourceBusy, SourceChanged, SourceDenied
from rewind_gql.settings import Settings
from rewind_gql.sources import lastfm
from rewind_gql.sources.base import Batch, Position, Unreadable
from rewind_gql.store.engine import Store
from rewind_gql.text import match_key
from tests.databases import ME
from tests.sources.pretend import Rig, rig_on

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
RECENT = "getrecenttracks"
RAW: dict[str, Any] = {
    "artist": {"mbid": "", "#text": "Sigur Rós"},
    "album": {"mbid": "", "#text": ""},
    "mbid": "",
    "name": "Hoppípolla",
    "url": "https://www.last.fm/music/Sigur+R%C3%B3s/_/Hopp%C3%ADpolla",
    "date": {"uts": "1714564800", "#text": "01 May 2024, 12:00"},
}


def listen(number: int, at: datetime) -> Listen:
    """A play of song `number`."""
    return Listen(at, "Low", "Things We Lost in the Fire", f"Song {number}", "", "", "")


def a_life(*listens: Listen, playing: Listen | None = None) -> Life:
    """A life of these plays."""
    return Life(Person(registered_at=NOON), listens, (), (), playing)


def minutes(count: int, *, start: int = 0) -> list[Listen]:
    """Plays a minute apart."""
    return [listen(number, NOON + number * MINUTE) for number in range(start, start + count)]


Rigged = Callable[..., Any]


@pytest.fixture
async def rigged(
    sqlite_store: Store, settings: Callable[..., Settings]
) -> AsyncIterator[Callable[..., Any]]:
    """Makes the rig of a life."""

    def make(*listens: Listen, playing: Listen | None = None) -> Any:
        return rig_on(sqlite_store, settings, "lastfm", a_life(*listens, playing=playing))

    return make


async def heard(rig: Rig) -> list[tuple[int, str]]:
    """What is stored: second and song, oldest first."""
    stored = (await rig.stored()).elements()
    return sorted((at, title) for at, _, title in stored)


def played(batches: list[Batch[Play]]) -> set[datetime]:
    """The instants of all plays in these batches."""
    return {play.played_at for batch in batches for play in batch.records}


def told(*listens: Listen) -> list[tuple[int, str]]:
    """What should be stored of these plays."""
    return sorted((seconds(each.at), match_key(each.track)) for each in listens)


async def test_what_is_playing_now_is_no_play_on_any_page(rigged: Rigged) -> None:
    known = minutes(450)
    async with rigged(*known, playing=listen(999, NOON)) as rig:
        done = await rig.sync()

        assert done.items_inserted == 450
        assert await heard(rig) == told(*known)


async def test_playing_now_and_nothing_else(rigged: Rigged) -> None:
    async with rigged(playing=listen(999, NOON)) as rig:
        done = await rig.sync()

        assert (done.status, done.items_inserted) == ("skipped", 0)


async def test_one_play_comes_without_a_list_around_it(rigged: Rigged) -> None:
    async with rigged(listen(1, NOON)) as rig:
        await rig.sync()

        assert await heard(rig) == told(listen(1, NOON))


async def test_a_page_without_the_key_is_an_empty_one(rigged: Rigged) -> None:
    async with rigged() as rig:
        rig.faults.add(without("recenttracks", "track"), match=RECENT)

        done = await rig.sync()

        assert done.status == "skipped"


async def test_plays_of_somebody_else_are_never_stored(rigged: Rigged) -> None:
    known = minutes(5)
    async with rigged(*known) as rig:
        rig.faults.add(put("recenttracks", "@attr", "user", value="other"), match=RECENT, times=2)

        with pytest.raises(SourceBusy, match="another user"):
            await rig.batches()
        await rig.sync()

        assert await heard(rig) == told(*known)


async def test_the_users_name_may_be_written_in_another_case(rigged: Rigged) -> None:
    async with rigged(listen(1, NOON)) as rig:
        rig.faults.add(put("recenttracks", "@attr", "user", value="MarenOK"), match=RECENT)

        assert len(await rig.batches()) == 1


async def test_a_repeated_page_is_not_taken_for_the_one_asked_for(rigged: Rigged) -> None:
    known = minutes(450)
    async with rigged(*known) as rig:
        newest = {"to": str(seconds(now()))}
        rig.faults.add(asking(**newest), match=RECENT, nth=3)

        done = await rig.sync()

        assert done.status == "success"
        assert await heard(rig) == told(*known)


async def test_an_answer_that_forgets_the_plays_it_counts_is_asked_for_again(
    rigged: Rigged,
) -> None:
    known = minutes(450)
    async with rigged(*known) as rig:
        rig.faults.add(put("recenttracks", "track", value=[]), match=RECENT, nth=2)

        await rig.sync()

        assert await heard(rig) == told(*known)


async def test_plays_forgotten_twice_leave_the_cursor_where_it_was(rigged: Rigged) -> None:
    async with rigged(*minutes(450)) as rig:
        rig.faults.add(put("recenttracks", "track", value=[]), match=RECENT, nth=2, times=2)

        with pytest.raises(SourceBusy, match="without plays"):
            await rig.batches()


async def test_a_count_that_is_too_high_does_not_keep_the_walk_going(rigged: Rigged) -> None:
    known = minutes(250)
    async with rigged(*known) as rig:
        rig.faults.add(transform(_more(3)), match=RECENT, times=None)

        done = await rig.sync()

        assert done.status == "success"
        assert await heard(rig) == told(*known)


async def test_pages_grow_in_number_while_they_are_read(rigged: Rigged) -> None:
    known = minutes(450)
    async with rigged(*known) as rig:
        rig.faults.add(put("recenttracks", "@attr", "totalPages", value="99"), match=RECENT, nth=2)

        await rig.sync()

        assert await heard(rig) == told(*known)


async def test_plays_added_during_the_walk_move_nothing(rigged: Rigged) -> None:
    known = minutes(450)
    late = [listen(1_000 + number, NOON + number * MINUTE + MINUTE / 2) for number in range(300)]
    async with rigged(*known) as rig:
        rig.faults.add(_meanwhile(lambda: [rig.state.add(each) for each in late]), nth=2)

        await rig.sync()

        assert set(told(*known)) <= set(await heard(rig))


async def test_plays_deleted_during_the_walk_move_nothing(rigged: Rigged) -> None:
    known = minutes(450)
    async with rigged(*known) as rig:
        gone = known[300:]
        rig.faults.add(_meanwhile(lambda: [rig.state.remove(each) for each in gone]), nth=2)

        await rig.sync()

        assert set(told(*known[:300])) <= set(await heard(rig))


async def test_a_second_with_more_plays_than_a_page_is_read_to_its_end(rigged: Rigged) -> None:
    crowd = [listen(number, NOON) for number in range(450)]
    around = [listen(900, NOON - MINUTE), listen(901, NOON + MINUTE)]
    async with rigged(*crowd, *around) as rig:
        done = await rig.sync()

        assert done.status == "success"
        assert await heard(rig) == told(*crowd, *around)


async def test_a_crowded_second_at_the_very_end_of_the_window(rigged: Rigged) -> None:
    crowd = [listen(number, NOON) for number in range(401)]
    async with rigged(*crowd) as rig:
        await rig.sync()

        assert await heard(rig) == told(*crowd)


async def test_two_plays_of_one_track_in_one_second_are_two(rigged: Rigged) -> None:
    twice = [listen(1, NOON), listen(1, NOON)]
    async with rigged(*twice) as rig:
        await rig.sync()
        await rig.sync()

        assert await heard(rig) == told(*twice)


async def test_two_plays_of_one_second_on_either_side_of_a_page_are_two(rigged: Rigged) -> None:
    known = [*minutes(199, start=10), listen(1, NOON), listen(1, NOON)]
    async with rigged(*known) as rig:
        await rig.sync()

        assert await heard(rig) == told(*known)


async def test_a_play_handed_in_late_is_found_by_the_daily_look_back(rigged: Rigged) -> None:
    today = now().replace(microsecond=0)
    late = listen(7, today - 3 * DAY)
    async with rigged(listen(1, today - 4 * DAY), listen(2, today - 2 * HOUR)) as rig:
        done = (await rig.batches())[-1].cursor
        rig.state.add(late)

        soon = await rig.batches(Position(cursor=done, checkpoint=None, now=today + HOUR))
        daily = await rig.batches(Position(cursor=done, checkpoint=None, now=today + DAY + HOUR))

        assert late.at not in played(soon)
        assert late.at in played(daily)


async def test_only_the_newest_plays_are_asked_for_again(rigged: Rigged) -> None:
    async with rigged(*minutes(450)) as rig:
        await rig.sync()
        rig.faults.clear()

        await rig.sync()

        asked = rig.faults.requests
        assert len(asked) == 1
        assert seconds(now()) - int(asked[0].params["from"]) < 2 * HOUR.total_seconds()


async def test_empty_identifiers_are_none_at_all(rigged: Rigged) -> None:
    async with rigged(listen(1, NOON)) as rig:
        play: Play = (await rig.batches())[0].records[0]

        assert (play.artist_mbid, play.album_mbid, play.track_mbid) == (None, None, None)


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        (29, 200, SourceBusy),
        (11, 200, SourceBusy),
        (17, 403, SourceDenied),
        (10, 200, SourceDenied),
        (6, 404, SourceDenied),
        (6, 400, SourceChanged),
    ],
)
async def test_error_codes_count_whatever_the_status(
    rigged: Rigged, code: int, status: int, error: type[Exception]
) -> None:
    async with rigged(listen(1, NOON)) as rig:
        rig.faults.add(answer(status, body={"error": code, "message": "Oh"}), times=None)

        with pytest.raises(error):
            await rig.batches()


async def test_a_rate_limit_without_a_word_is_a_minute(rigged: Rigged) -> None:
    async with rigged(listen(1, NOON)) as rig:
        rig.faults.add(answer(200, body={"error": 29, "message": "Rate Limit Exceeded"}))

        with pytest.raises(SourceBusy) as busy:
            await rig.batches()

        assert busy.value.retry_after == 60


async def test_top_lists_and_profile_are_stored(
    sqlite_store: Store, settings: Callable[..., Settings], life: Life
) -> None:
    async with rig_on(sqlite_store, settings, "lastfm", life) as rig:
        charts = await rig.sync("top_lists")
        profile = await rig.sync("user_stats")

        assert (charts.status, profile.status) == ("success", "success")
        assert await rig.store.ask(queries.profile, ME) is not None
        for kind in ("artist", "album", "track"):
            assert await rig.store.ask(queries.chart, ME, kind=kind, period="overall")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"date": {"uts": "12"}}, "before Last.fm itself"),
        ({"date": None}, "no date"),
        ({"name": "   "}, "track has no name"),
        ({"artist": {"mbid": "", "#text": ""}}, "artist has no name"),
        ({"name": "ﷺ" * 400}, "400 characters"),
    ],
)
def test_a_play_that_cannot_be_is_refused(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        lastfm.parse_play(RAW | change)


def test_the_extended_shape_is_read_alike() -> None:
    extended = RAW | {"artist": {"name": "Sigur Rós", "mbid": "", "url": "", "image": []}}

    assert lastfm.parse_play(extended) == lastfm.parse_play(RAW)


def _more(by: int) -> Callable[[Any], Any]:
    """A page that counts more plays than there are."""

    def change(body: Any) -> Any:
        about = body["recenttracks"]["@attr"]
        about["total"] = str(int(about["total"]) + by)
        return body

    return change


def _meanwhile(act: Callable[[], Any]) -> Any:
    """Something that happens while a request is under way."""

    async def happened(exchange: Any) -> None:
        act()
        await exchange.go()

    return happened
