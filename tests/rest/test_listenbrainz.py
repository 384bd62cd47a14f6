"""Scrobblers that know ListenBrainz: what they send, ask and are told, on both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest
import time_machine
from sqlalchemy import select
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.auth import users
from rewind_gql.domains.listening import derive, intake, queries, records
from rewind_gql.domains.listening.playing import told
from rewind_gql.store.engine import Store
from rewind_gql.store.page import Slice
from rewind_gql.sync.tables import Reject, Run
from tests.databases import ME
from tests.serving import Api, new_key

NOW = datetime(2026, 3, 18, 20, 0, tzinfo=UTC)
SUBMIT, CHECK = "/1/submit-listens", "/1/validate-token"
MBID = "63aa26c3-d59b-4da4-84ac-716b54f1ef4d"


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    """An evening with a clock that runs."""
    with time_machine.travel(NOW):
        yield


def heard(track: str = "Roads", *, minutes: int = 10, **more: Any) -> dict[str, Any]:
    """A listen that began so many minutes ago."""
    metadata = {"artist_name": "Portishead", "track_name": track, "release_name": "Dummy"}
    at = clock.seconds(NOW - timedelta(minutes=minutes))
    return {"listened_at": at, "track_metadata": metadata | more}


def body(*listens: Any, kind: str = "single") -> dict[str, Any]:
    """A request's body."""
    return {"listen_type": kind, "payload": list(listens)}


async def send(
    api: Api, sent: Any, *, key: str | None = None, scheme: str = "Token"
) -> httpx.Response:
    """One request as scrobblers send it: some do not say that it is JSON."""
    content = sent if isinstance(sent, bytes) else orjson.dumps(sent)
    given = {"Authorization": f"{scheme} {key or await scrobbling(api)}"}
    return await api.client.post(SUBMIT, content=content, headers=given)


async def ask(api: Api, path: str, key: str | None = None, **params: Any) -> httpx.Response:
    """One question of a scrobbler."""
    given = {"Authorization": f"Token {key or await scrobbling(api)}"}
    return await api.client.get(path, headers=given, params=params)


async def scrobbling(api: Api) -> str:
    """A key for scrobblers."""
    return await new_key(api.desk, "scrobble")


async def plays(store: Store) -> list[tuple[str, str, str | None, datetime]]:
    """What is stored, newest first."""
    page = await store.ask(queries.recent, ME, part=Slice(limit=100))
    return [
        (each.artist.name, each.track.name, each.album and each.album.name, each.played_at)
        for each in page.items
    ]


async def runs(store: Store) -> list[Any]:
    """Every run there is."""
    async with store.write() as conn:
        return list((await conn.execute(select(Run).order_by(col(Run.last_seq)))).all())


async def test_a_listen_is_stored_and_counted_at_once(api: Api, store: Store) -> None:
    answered = await send(api, body(heard()))

    assert (answered.status_code, answered.json()) == (200, {"status": "ok"})
    assert await plays(store) == [
        ("Portishead", "Roads", "Dummy", NOW - timedelta(minutes=10)),
    ]
    assert await store.ask(derive.drift, ME) == []
    assert await store.ask(queries.plays_count, ME, since=None, until=None) == 1


async def test_all_that_a_scrobbler_knows_is_kept(api: Api, store: Store) -> None:
    info = {
        "artist_mbids": [MBID],
        "recording_mbid": MBID,
        "release_mbid": "no id",
        "duration": 305,
        "submission_client": "navidrome",
    }

    await send(api, body(heard(additional_info=info)))

    page = await store.ask(queries.recent, ME, part=Slice(limit=1))
    [play] = page.items
    [run] = await runs(store)
    assert (play.artist.mbid, play.track.mbid, play.track.duration_ms) == (MBID, MBID, 305_000)
    assert (play.source, play.album and play.album.mbid) == ("scrobbler", None)
    assert run.meta == {"listen_type": "single", "client": "navidrome"}


async def test_each_request_is_a_run_of_the_ledger(api: Api, store: Store) -> None:
    await send(api, body(heard("One"), heard("Two", minutes=5), kind="import"))

    [run] = await runs(store)
    assert run.id.startswith("sdk_")
    assert (run.provider, run.domain, run.source, run.status) == (
        "scrobbler",
        "listening",
        "sdk",
        "success",
    )
    assert (run.items_inserted, run.items_failed) == (2, 0)
    assert (run.covered_from, run.covered_to) == (
        NOW - timedelta(minutes=10),
        NOW - timedelta(minutes=5),
    )


async def test_what_is_sent_again_is_not_stored_again(api: Api, store: Store) -> None:
    await send(api, body(heard()))

    again = await send(api, body(heard()))

    assert again.json() == {"status": "ok"}
    assert len(await plays(store)) == 1
    assert [run.status for run in await runs(store)] == ["success", "skipped"]


@pytest.mark.parametrize("late_s", [0, 7, 100])
async def test_what_another_source_tells_too_is_one_play(
    api: Api, store: Store, late_s: int
) -> None:
    at = NOW - timedelta(minutes=10) + timedelta(seconds=late_s)
    known = records.Play(artist="Portishead", track="Roads", played_at=at)
    async with store.write() as conn:
        await intake.plays(conn, ME, [known], source="lastfm")

    await send(api, body(heard()))

    assert [played_at for *_, played_at in await plays(store)] == [at]


async def test_one_bad_listen_of_several_is_kept_as_a_reject(api: Api, store: Store) -> None:
    nameless = heard("Two", artist_name=" ")

    answered = await send(api, body(heard("One"), nameless, 5, kind="import"))

    async with store.write() as conn:
        rejects = (await conn.execute(select(col(Reject.place), col(Reject.reason)))).all()
    assert (answered.status_code, answered.json()) == (200, {"status": "ok", "rejected": 2})
    assert [track for _, track, *_ in await plays(store)] == ["One"]
    assert sorted(tuple(row) for row in rejects) == [
        ("listen 2", "the artist has no name"),
        ("listen 3", "a listen must be a JSON object"),
    ]
    assert [run.status for run in await runs(store)] == ["partial"]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"", "no JSON document"),
        (b"{", "no JSON document"),
        (b"[]", "must be a JSON object"),
        ({}, "listen_type must be"),
        (body(heard(), kind="loved"), "listen_type must be"),
        ({"listen_type": ["single"], "payload": [1]}, "listen_type must be"),
        ({"listen_type": "single"}, "payload must be a list"),
        (body(), "payload must be a list"),
        ({"listen_type": "single", "payload": {"0": 1}}, "payload must be a list"),
        (body(heard(), heard()), "must be one listen"),
        (body(*[heard()] * 1_001, kind="import"), "at most 1000"),
        (body({"listened_at": 1_773_540_842}), "has no track_metadata"),
        (body({"track_metadata": heard()["track_metadata"]}), "unix seconds"),
        (body(heard() | {"listened_at": "soon"}), "unix seconds"),
        (body(heard() | {"listened_at": True}), "unix seconds"),
        (body(heard() | {"listened_at": 10**18}), "no time in unix seconds"),
        (body(heard() | {"listened_at": 5}), "before any scrobbling"),
        (body(heard() | {"listened_at": 1_773_865_200_000}), "no time|future"),
        (body(heard(minutes=-90)), "lies in the future"),
        (body(heard(artist_name=None)), "artist has no name"),
        (body(heard(artist_name=["A"])), "artist has no name"),
        (body(heard(track_name="")), "track has no name"),
        (body(heard(track_name="x" * 3_000)), "3000 characters"),
        (body(heard(minutes=1) | {"track_metadata": None}), "has no track_metadata"),
        (body({"track_metadata": {"artist_name": "Low"}}, kind="playing_now"), "no name"),
        (body(7, kind="playing_now"), "has no track_metadata"),
    ],
)
async def test_what_is_no_listen_is_refused_in_its_words(
    quick_api: Api, sent: Any, said: str
) -> None:
    answered = await send(quick_api, sent)

    told = answered.json()
    assert (answered.status_code, told["code"]) == (400, 400)
    assert any(each in told["error"] for each in said.split("|"))
    assert await plays(quick_api.desk.store) == []


async def test_names_with_odd_signs_are_stored_without_them(api: Api, store: Store) -> None:
    answered = await send(api, body(heard("Ro\x00ads\ud83d"[:5] + " \n")))

    assert answered.status_code == 200
    assert [track for _, track, *_ in await plays(store)] == ["Ro ad"]


async def test_what_is_playing_is_told_and_is_no_play(api: Api, store: Store) -> None:
    playing = {"track_metadata": heard(additional_info={"duration_ms": 60_000})["track_metadata"]}

    answered = await send(api, body(playing, kind="playing_now"))

    found = await store.ask(told, ME, now=clock.now())
    later = await store.ask(told, ME, now=NOW + timedelta(minutes=5))
    asked = await ask(api, "/1/user/user 1/playing-now")
    assert answered.json() == {"status": "ok"}
    assert found is not None
    assert (found.artist, found.track, found.album) == ("Portishead", "Roads", "Dummy")
    assert (later, await plays(store), await runs(store)) == (None, [], [])
    assert asked.json()["payload"]["count"] == 1
    assert asked.json()["payload"]["listens"][0]["track_metadata"]["track_name"] == "Roads"


@pytest.mark.parametrize("scheme", ["Token", "token", "Bearer", "Token  Token"])
async def test_a_key_for_scrobblers_lets_in_however_it_is_named(
    quick_api: Api, scheme: str
) -> None:
    assert (await send(quick_api, body(heard()), scheme=scheme)).status_code == 200


async def test_an_admin_key_may_send_and_a_read_key_may_not(quick_api: Api) -> None:
    sent = [
        await send(quick_api, body(heard()), key=key)
        for key in (
            quick_api.admin,
            quick_api.read,
            "rw_scrob_nonsense",
        )
    ]

    assert [each.status_code for each in sent] == [200, 403, 401]
    assert [each.json().get("code") for each in sent] == [None, 403, 401]


async def test_without_a_key_nothing_is_taken(quick_api: Api) -> None:
    answered = await quick_api.client.post(SUBMIT, json=body(heard()))

    assert (answered.status_code, answered.json()["code"]) == (401, 401)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/listening/recent"),
        ("POST", "/v1/admin/keys"),
        ("GET", "/api/v1/sync/runs"),
        ("GET", "/api/sync/status"),
        ("GET", "/v1/health/sync"),
    ],
)
async def test_a_key_for_scrobblers_opens_nothing_else(
    quick_api: Api, method: str, path: str
) -> None:
    key = await scrobbling(quick_api)

    answered = await quick_api.ask(path, method=method, key=key)

    assert answered.status_code in (401, 403)


async def test_a_key_is_checked_without_sending_anything(quick_api: Api) -> None:
    key = await scrobbling(quick_api)

    by_header = await ask(quick_api, CHECK, key)
    by_query = await quick_api.client.get(CHECK, params={"token": key})
    with_body = await quick_api.client.request(
        "GET", CHECK, content=b"{}", headers={"Authorization": f"Token {key}"}
    )

    valid = {"code": 200, "message": "Token valid.", "valid": True, "user_name": "user 1"}
    assert [each.json() for each in (by_header, by_query, with_body)] == [valid] * 3


@pytest.mark.parametrize("key", ["nonsense", "rw_scrob_nonsense", "read"])
async def test_a_key_that_may_not_send_is_not_valid(quick_api: Api, key: str) -> None:
    answered = await ask(quick_api, CHECK, quick_api.read if key == "read" else key)

    assert (answered.status_code, answered.json()["valid"]) == (200, False)


async def test_no_key_to_check_is_a_bad_request(quick_api: Api) -> None:
    answered = await quick_api.client.get(CHECK)

    assert (answered.status_code, answered.json()["code"]) == (400, 400)


async def test_recent_listens_are_told_newest_first_between_two_times(api: Api) -> None:
    listens = [heard(f"{minutes}", minutes=minutes) for minutes in (40, 30, 20, 10)]
    await send(api, body(*listens, kind="import"))
    thirty, ten = (listens[at]["listened_at"] for at in (1, 3))

    async def tracks(**given: int) -> list[str]:
        answered = await ask(api, "/1/user/user 1/listens", **given)
        found = answered.json()["payload"]
        assert found["count"] == len(found["listens"])
        assert (found["latest_listen_ts"], found["oldest_listen_ts"]) == (
            ten,
            listens[0]["listened_at"],
        )
        return [each["track_metadata"]["track_name"] for each in found["listens"]]

    assert await tracks() == ["10", "20", "30", "40"]
    assert await tracks(count=2) == ["10", "20"]
    assert await tracks(max_ts=thirty, count=2) == ["40"]
    assert await tracks(min_ts=thirty, count=1) == ["20"]
    assert await tracks(min_ts=thirty, max_ts=ten) == ["20"]


async def test_a_listen_is_told_with_what_is_known_of_it(api: Api) -> None:
    info = {"artist_mbids": [MBID], "recording_mbid": MBID, "duration_ms": 305_000}
    await send(api, body(heard(additional_info=info)))

    answered = await ask(api, "/1/user/USER%201/listens")

    [listen] = answered.json()["payload"]["listens"]
    assert listen["listened_at"] == heard()["listened_at"]
    assert len(listen["recording_msid"]) == 36
    assert listen["track_metadata"] == {
        "artist_name": "Portishead",
        "track_name": "Roads",
        "release_name": "Dummy",
        "additional_info": {
            "recording_mbid": MBID,
            "artist_mbids": [MBID],
            "music_service_name": "scrobbler",
            "duration_ms": 305_000,
        },
        "mbid_mapping": {"recording_mbid": MBID, "artist_mbids": [MBID]},
    }


async def test_listens_are_counted(api: Api) -> None:
    before = await ask(api, "/1/user/user 1/listen-count")
    await send(api, body(heard("One"), heard("Two"), kind="import"))

    after = await ask(api, "/1/user/user 1/listen-count")

    counts = [each.json()["payload"]["count"] for each in (before, after)]
    assert counts == [0, 2]


async def test_nobody_is_told_of_anybody_else(quick_api: Api) -> None:
    async with quick_api.desk.store.write() as conn:
        await users.add(conn, username="other", password_hash="none")

    asked = [
        await ask(quick_api, f"/1/user/other/{what}")
        for what in (
            "listens",
            "listen-count",
            "playing-now",
        )
    ]

    assert [(each.status_code, each.json()["code"]) for each in asked] == [(404, 404)] * 3


@pytest.mark.parametrize(
    "given",
    [
        {"count": 0},
        {"count": 1_001},
        {"count": "many"},
        {"count": [1, 2]},
        {"max_ts": -1},
        {"max_ts": "today"},
        {"min_ts": 10**20},
        {"min_ts": 5, "max_ts": 5},
        {"min_ts": 1.5},
    ],
)
async def test_a_bad_parameter_is_refused(quick_api: Api, given: dict[str, Any]) -> None:
    answered = await ask(quick_api, "/1/user/user 1/listens", **given)

    assert (answered.status_code, answered.json()["code"]) == (400, 400)
    assert answered.json()["error"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/1/nothing", 404), ("GET", SUBMIT, 405), ("DELETE", "/1/user/user 1/listens", 405)],
)
async def test_what_is_not_there_is_told_in_its_words(
    quick_api: Api, method: str, path: str, status: int
) -> None:
    answered = await quick_api.client.request(method, path)

    assert (answered.status_code, answered.json()["code"]) == (status, status)


async def test_a_body_that_is_too_large_is_refused(quick_api: Api) -> None:
    answered = await send(quick_api, b" " * 10_240_001)

    assert (answered.status_code, answered.json()["code"]) == (413, 413)


async def test_the_seconds_until_more_is_let_through_are_told(quick_api: Api) -> None:
    key = await new_key(quick_api.desk, "scrobble", rate_limit_rpm=1)

    first, second = [await send(quick_api, body(heard()), key=key) for _ in range(2)]

    assert (first.status_code, second.status_code, second.json()["code"]) == (200, 429, 429)
    for answered in (first, second):
        assert 0 <= int(answered.headers["x-ratelimit-reset-in"]) <= 61
        assert answered.headers["x-ratelimit-remaining"] == "0"


async def test_the_artist_put_together_of_several_is_the_first(quick_api: Api) -> None:
    together = {"artist_names": ["Nick Cave", "Warren Ellis"]}
    listen = heard(artist_name="Nick Cave, Warren Ellis", additional_info=together)
    comma = heard("Two", artist_name="Tyler, the Creator")

    await send(quick_api, body(listen, comma, kind="import"))

    found = await plays(quick_api.desk.store)
    assert {artist for artist, *_ in found} == {"Nick Cave", "Tyler, the Creator"}
