"""What is playing now, asked of a pretend Last.fm on a real socket."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from rewind_gql import clock
from rewind_gql.demo.records import Listen
from rewind_gql.demo.upstreams import lastfm
from rewind_gql.demo.upstreams.edits import transform
from rewind_gql.demo.upstreams.effects import answer, broken, reset, stall, too_many
from rewind_gql.demo.upstreams.faults import Faults
from rewind_gql.demo.upstreams.serving import serve
from rewind_gql.domains.listening import filters, playing
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from rewind_gql.sync import sources
from rewind_gql.sync.playing import Players
from tests.databases import ME
from tests.demo.upstreams.shelves import a_life
from tests.rest.life import hear, play
from tests.serving import Api, desk_of, serving

NOW = "/v1/listening/now-playing"
NOTHING = {"is_playing": False, "track": None, "scrobbled_at": None}
AT = clock.from_seconds(1_770_000_000)


def listen(artist: str, track: str, *, minutes: int = 0, album: str = "") -> Listen:
    """A play as the pretend Last.fm knows it."""
    at = AT + timedelta(minutes=minutes)
    return Listen(at, artist, album, track, "", "", "", "", 200)


@dataclass
class Stage:
    """The application, and the Last.fm it asks."""

    api: Api
    scrobbles: lastfm.Scrobbles
    faults: Faults

    async def now(self) -> Any:
        """What is playing, asked afresh."""
        object.__setattr__(self.api.desk, "players", Players())
        return await self.again()

    async def again(self) -> Any:
        """What is playing, asked right after."""
        answered = await self.api.ask(NOW)
        assert answered.status_code == 200
        assert answered.headers["cache-control"] == "no-store"
        return answered.json()

    async def rule(self, scope: str, pattern: str) -> None:
        """A new rule."""
        given = {"filter_type": "custom", "reason": None}
        async with self.api.desk.store.write() as conn:
            await filters.add(conn, ME, scope=scope, pattern=pattern, **given)


@pytest.fixture
async def stage(sqlite_store: Store, settings: Callable[..., Settings]) -> AsyncIterator[Stage]:
    """A Last.fm with two plays and nothing playing."""
    life = replace(a_life(), listening_now=None)
    scrobbles, faults = lastfm.Scrobbles(life), Faults()
    for each in (
        listen("Low", "Words", minutes=1, album="Hope"),
        listen("Can", "Spoon", minutes=2),
    ):
        scrobbles.add(each)
    with serve(lastfm.app(scrobbles, faults)) as url:
        made = settings(
            lastfm_base_url=f"{url}/2.0/",
            lastfm_user=life.person.lastfm,
            lastfm_api_key=lastfm.KEY,
        )
        async with sqlite_store.write() as conn:
            await sources.register(conn, ME, made)
        async with serving(desk_of(sqlite_store, made)) as api:
            yield Stage(api, scrobbles, faults)


async def test_what_plays_is_told_without_a_time(stage: Stage) -> None:
    stage.scrobbles.playing(listen("Low", "Lazy", album="Hope"))

    told = await stage.now()

    assert (told["is_playing"], told["scrobbled_at"]) == (True, None)
    assert told["track"] == {
        "id": None,
        "name": "Lazy",
        "artist": {"id": None, "name": "Low", "apple_music_url": None},
        "album": {"id": None, "name": "Hope", "image": None},
        "url": "https://www.last.fm/music/Low/_/Lazy",
        "apple_music_url": None,
        "preview_url": None,
    }


async def test_else_the_newest_play_is_told_with_its_time(stage: Stage) -> None:
    told = await stage.now()

    assert (told["is_playing"], told["track"]["name"]) == (False, "Spoon")
    assert told["scrobbled_at"] == clock.iso(AT + timedelta(minutes=2))


async def test_what_the_library_has_is_told_by_its_ids(stage: Stage) -> None:
    await hear(stage.api.desk.store, play("Lazy", "Belle & Sebastian", album="Tigermilk"))
    stage.scrobbles.playing(listen("Belle and Sebastian feat. Low", "lazy"))

    track = (await stage.now())["track"]

    assert track["artist"]["id"]
    assert track["id"]
    assert (track["album"]["id"] is not None, track["album"]["name"]) == (True, "Tigermilk")


@pytest.mark.parametrize(
    ("scope", "pattern"),
    [("artist", "can"), ("track", "spoon"), ("artist_track", "can||spoon"), ("track_regex", "^sp")],
)
@pytest.mark.parametrize("stored", [False, True])
async def test_what_a_rule_hides_is_passed_over(
    stage: Stage, scope: str, pattern: str, stored: bool
) -> None:
    await stage.rule(scope, pattern)
    if stored:
        await hear(stage.api.desk.store, play("Spoon", "Can"))

    told = await stage.now()

    assert told["track"]["name"] == "Words"


async def test_a_hidden_album_hides_what_is_on_it(stage: Stage) -> None:
    stage.scrobbles.playing(listen("Low", "Words", album="A Very Special Xmas"))
    await stage.rule("album", "xmas")

    assert (await stage.now())["track"]["name"] == "Spoon"


async def test_when_all_is_hidden_nothing_is_told(stage: Stage) -> None:
    await stage.rule("track_regex", ".")

    assert await stage.now() == NOTHING


@pytest.mark.parametrize(
    "effect",
    [
        broken(),
        too_many(retry_after=60),
        reset(hard=True),
        answer(200, body=b"<html>"),
        answer(200, body={"error": 17, "message": "Login: User required to be logged in"}),
        answer(200, body={"unheard": "of"}),
        transform(lambda body: {"recenttracks": {**body["recenttracks"], "track": [{}, {}]}}),
        transform(
            lambda body: {"recenttracks": {**body["recenttracks"], "@attr": {"user": "another"}}}
        ),
    ],
)
async def test_whatever_happens_to_the_provider_it_is_no_error(stage: Stage, effect: Any) -> None:
    stage.faults.add(effect, times=None)

    assert await stage.now() == NOTHING


async def test_a_silent_provider_is_waited_for_three_seconds(stage: Stage) -> None:
    stage.faults.add(stall(30), times=None)
    began = asyncio.get_running_loop().time()

    told = await stage.now()

    assert told == NOTHING
    assert asyncio.get_running_loop().time() - began < 4


async def test_many_who_ask_at_once_cost_one_question_held_for_a_while(stage: Stage) -> None:
    told = await asyncio.gather(stage.now(), *(stage.again() for _ in range(9)))
    later = await stage.again()

    assert all(each == later for each in told)
    assert stage.faults.count("getrecenttracks") == 1


async def test_after_a_while_it_is_asked_again(stage: Stage) -> None:
    object.__setattr__(stage.api.desk, "players", Players(held_s=0.0))
    await stage.again()
    stage.scrobbles.add(listen("Low", "Sunflower", minutes=3))

    assert (await stage.again())["track"]["name"] == "Sunflower"


async def test_what_a_player_says_comes_first_until_it_ends(stage: Stage) -> None:
    async with stage.api.desk.store.write() as conn:
        await playing.tell(conn, ME, artist="Low", track="Said", source="listenbrainz")
    said = await stage.now()
    async with stage.api.desk.store.write() as conn:
        await playing.tell(
            conn, ME, artist="Low", track="Over", duration_ms=-60_000, source="listenbrainz"
        )
    over = await stage.now()

    assert (said["is_playing"], said["track"]["name"]) == (True, "Said")
    assert over["track"]["name"] == "Spoon"


async def test_without_an_account_the_newest_stored_play_is_told(quick_api: Api) -> None:
    empty = await quick_api.ask(NOW)
    await hear(quick_api.desk.store, play("Words", "Low"), play("Spoon", "Can", minutes=1))

    told = (await quick_api.ask(NOW)).json()

    assert empty.json() == NOTHING
    assert (told["is_playing"], told["track"]["name"]) == (False, "Spoon")
    assert told["scrobbled_at"]


async def test_the_library_is_asked_two_questions_however_many_plays_there_are(
    stage: Stage,
) -> None:
    for n in range(30):
        stage.scrobbles.add(listen(f"a{n}", f"t{n}", minutes=10 + n))
    await stage.now()
    seen: list[str] = []
    stage.api.desk.store.watchers.append(seen.append)

    await stage.again()

    assert len([each for each in seen if "listening_" in each]) <= 3


async def test_it_takes_a_key(quick_api: Api) -> None:
    assert (await quick_api.ask(NOW, key=None)).status_code == 401
