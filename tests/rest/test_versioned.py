"""GET by the versions of what an answer was made of: kept, judged, and never another's."""

from datetime import UTC, datetime

import httpx
import pytest
import time_machine

from tests.databases import OTHER
from tests.rest.life import hear, play
from tests.serving import Api, new_key

RECENT = "/v1/listening/recent"
STREAKS = "/v1/listening/streaks"


async def held(api: Api, path: str, tag: str, **given: str) -> httpx.Response:
    """What somebody who has the answer of this tag is told."""
    return await api.ask(path, headers={"If-None-Match": tag}, **given)


async def test_what_is_kept_costs_no_statement(quick_api: Api) -> None:
    await hear(quick_api.desk.store, play("Carol", "Slint"))
    first = await quick_api.ask(RECENT)
    seen: list[str] = []
    quick_api.desk.store.watchers.append(seen.append)

    again = await quick_api.ask(RECENT)
    told = await held(quick_api, RECENT, first.headers["etag"])

    assert seen == []
    assert again.content == first.content
    assert (again.status_code, told.status_code, told.content) == (200, 304, b"")


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', 'W/"v1.0.0", W/{} ', "*"])
async def test_every_form_of_the_header_is_understood(quick_api: Api, form: str) -> None:
    tag = (await quick_api.ask(RECENT)).headers["etag"]

    told = await held(quick_api, RECENT, form.format(tag))

    assert told.status_code == 304
    assert told.headers["etag"] == tag
    assert "content-type" not in told.headers


async def test_several_lines_of_the_header_are_one_list(quick_api: Api) -> None:
    first = await quick_api.ask(RECENT)
    lines = [
        ("Authorization", f"Bearer {quick_api.read}"),
        ("If-None-Match", '"another"'),
        ("If-None-Match", first.headers["etag"]),
    ]

    again = await quick_api.client.get(RECENT, headers=lines)

    assert again.status_code == 304


async def test_a_write_makes_another_tag(api: Api) -> None:
    tag = (await api.ask(RECENT)).headers["etag"]

    await hear(api.desk.store, play("Carol", "Slint"))
    told = await held(api, RECENT, tag)

    assert told.status_code == 200
    assert told.headers["etag"] != tag


async def test_a_write_elsewhere_does_not(api: Api) -> None:
    tag = (await api.ask(RECENT)).headers["etag"]

    await hear(api.desk.store, play("Carol", "Slint"), user_id=OTHER)
    await api.desk.gate.usage.flush()

    assert (await held(api, RECENT, tag)).status_code == 304


async def test_a_tag_is_good_for_its_key_and_question_alone(api: Api) -> None:
    tag = (await api.ask(RECENT)).headers["etag"]
    other = await new_key(api.desk, "read", user_id=OTHER)

    told = [
        await held(api, RECENT, tag, key="admin"),
        await held(api, RECENT, tag, key=other),
        await held(api, f"{RECENT}?limit=3", tag),
        await held(api, RECENT, tag[:-3] + '00"'),
    ]

    assert [each.status_code for each in told] == [200] * 4


async def test_an_answer_of_today_is_none_of_tomorrow(api: Api) -> None:
    with time_machine.travel(datetime(2026, 3, 18, 23, 59, tzinfo=UTC), tick=False) as at:
        await hear(api.desk.store, play("Carol", "Slint"))
        first = await api.ask(STREAKS)
        tag = first.headers["etag"]
        same = await held(api, STREAKS, tag)
        at.shift(120)
        later = await held(api, STREAKS, tag)
        at.shift(2 * 86_400)
        ended = await held(api, STREAKS, later.headers["etag"])

    assert (same.status_code, later.status_code, ended.status_code) == (304, 200, 200)
    assert first.content != ended.content


async def test_refusals_and_strangers_are_told_no_version(api: Api) -> None:
    refused = await api.ask(RECENT, key=None)
    missing = await api.ask("/v1/listening/artists/999999")

    assert "x-data-version" not in refused.headers
    assert "etag" not in missing.headers
