"""The rules that hide music, over REST."""

from typing import Any

import pytest

from rewind_gql.domains.listening import filters
from tests.databases import ME, OTHER
from tests.rest.life import hear, play
from tests.serving import Api

pytestmark = pytest.mark.either

FILTERS = "/v1/listening/admin/filters"
RULE = {"filter_type": "holiday", "scope": "album", "pattern": "Yule", "reason": "Seasonal"}


async def post(api: Api, **given: Any) -> Any:
    """Add a rule."""
    return await api.ask(FILTERS, method="POST", key="admin", json={**RULE, **given})


async def listed(api: Api) -> list[Any]:
    """Every rule."""
    answered = await api.ask(FILTERS, key="admin")
    assert answered.status_code == 200
    found: list[Any] = answered.json()["data"]
    return found


async def test_a_rule_is_made_listed_and_taken_away(api: Api) -> None:
    made = await post(api)

    body = made.json()
    assert made.status_code == 201
    assert body | {"id": 0, "created_at": ""} == {
        "id": 0,
        "filter_type": "holiday",
        "pattern": "yule",
        "scope": "album",
        "reason": "Seasonal",
        "enabled": True,
        "created_at": "",
    }
    assert body in await listed(api)

    gone = await api.ask(f"{FILTERS}/{body['id']}", method="DELETE", key="admin")

    assert (gone.status_code, gone.json()) == (200, {"success": True, "deleted_id": body["id"]})
    assert body not in await listed(api)


async def test_a_change_has_the_library_looked_at(quick_api: Api) -> None:
    jobs: Any = quick_api.desk.jobs
    made = (await post(quick_api)).json()

    await quick_api.ask(f"{FILTERS}/{made['id']}", method="DELETE", key="admin")

    assert [(name, given) for name, given in jobs.jobs if name == "refilter"] == [
        ("refilter", {"user_id": ME})
    ] * 2
    assert (await quick_api.desk.store.ask(filters.standing, ME)).wanted == 2


async def test_they_are_listed_by_type_then_scope(quick_api: Api) -> None:
    await post(quick_api, filter_type="custom", scope="track_regex", pattern=r"\d{4}$")

    found = await listed(quick_api)

    places = [(each["filter_type"], each["scope"] or "") for each in found]
    assert [kind for kind, _ in places] == sorted(kind for kind, _ in places)
    assert {each["pattern"] for each in found if each["scope"] is None} == {
        "numbered chapters",
        "spoken word tags",
    }


async def test_the_rules_of_the_beginning_hide_no_holiday_by_themselves(quick_api: Api) -> None:
    found = await listed(quick_api)

    assert not any(each["enabled"] for each in found if each["filter_type"] == "holiday")
    assert not any(each["enabled"] for each in found if each["scope"] == "track_regex")
    assert any(each["enabled"] for each in found if each["scope"] is None)


async def test_the_same_rule_twice_is_409(quick_api: Api) -> None:
    await post(quick_api, pattern="yule")

    again = await post(quick_api, pattern=" YULE ")

    assert (again.status_code, again.json()["status"]) == (409, 409)


async def test_adding_one_that_is_not_enabled_enables_it(quick_api: Api) -> None:
    found = await listed(quick_api)
    off = next(
        each for each in found if each["pattern"] == "christmas" and each["scope"] == "album"
    )

    made = await post(quick_api, pattern="Christmas", reason=None)

    assert made.json() == {**off, "enabled": True}
    assert (await post(quick_api, pattern="Christmas")).status_code == 409


async def test_one_that_was_taken_away_can_come_back(quick_api: Api) -> None:
    made = (await post(quick_api)).json()
    await quick_api.ask(f"{FILTERS}/{made['id']}", method="DELETE", key="admin")

    again = await post(quick_api)

    assert again.status_code == 201
    assert again.json()["id"] == made["id"]


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"filter_type": "loud"}, "filter_type"),
        ({"filter_type": None}, "filter_type"),
        ({"scope": "planet"}, "scope"),
        ({"scope": "chapters"}, "scope"),
        ({"pattern": "  "}, "pattern"),
        ({"pattern": "x" * 201}, "pattern"),
        ({"pattern": 7}, "pattern"),
        ({"scope": "track_regex", "pattern": "("}, "pattern"),
        ({"scope": "track_regex", "pattern": "(?=a)b"}, "pattern"),
        ({"scope": "artist_track", "pattern": "low"}, "pattern"),
        ({"scope": "artist_track", "pattern": "low||"}, "pattern"),
        ({"reason": "x" * 501}, "reason"),
    ],
)
async def test_what_is_no_rule_is_400_and_says_why(
    quick_api: Api, given: dict[str, Any], path: str
) -> None:
    answered = await post(quick_api, **given)

    body = answered.json()
    assert (answered.status_code, body["status"]) == (400, 400)
    assert [detail["path"] for detail in body["details"]] == [path]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"filter_type":"holiday"}'])
async def test_a_body_that_says_nothing_is_400(quick_api: Api, body: bytes) -> None:
    json = {"Content-Type": "application/json"}

    answered = await quick_api.ask(FILTERS, method="POST", key="admin", content=body, headers=json)

    assert answered.status_code == 400


@pytest.mark.parametrize(("at", "status"), [("999", 404), ("0", 400), ("12abc", 400), ("-1", 400)])
async def test_what_is_not_there_cannot_be_taken_away(quick_api: Api, at: str, status: int) -> None:
    answered = await quick_api.ask(f"{FILTERS}/{at}", method="DELETE", key="admin")

    assert (answered.status_code, answered.json()["status"]) == (status, status)


async def test_somebody_elses_rule_is_not_there(quick_api: Api) -> None:
    async with quick_api.desk.store.write() as conn:
        given = {"filter_type": "custom", "scope": "artist", "pattern": "low", "reason": None}
        theirs = await filters.add(conn, OTHER, **given)

    answered = await quick_api.ask(f"{FILTERS}/{theirs.id}", method="DELETE", key="admin")

    assert answered.status_code == 404
    assert theirs.id not in [each["id"] for each in await listed(quick_api)]


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_it_takes_an_admin_key(quick_api: Api, method: str) -> None:
    path = f"{FILTERS}/1" if method == "DELETE" else FILTERS

    answered = await quick_api.ask(path, method=method)

    assert answered.status_code == 403


async def test_a_play_that_a_rule_means_is_not_told(api: Api) -> None:
    await post(api, filter_type="custom", scope="artist", pattern="low")

    await hear(api.desk.store, play("Words", "Low"), play("Spoon", "Can", minutes=1))

    answered = await api.ask("/v1/listening/recent")
    assert [each["artist"]["name"] for each in answered.json()["data"]] == ["Can"]
