"""The status page asked as a browser asks it: signing in, its cookie, its guard, its acts."""

import re

import httpx
import pytest

from rewind_gql.sync import ledger, queries
from tests.databases import ME, OTHER
from tests.server.status.rows import a_source
from tests.serving import Api, new_key

COOKIE = "rewind_status"


@pytest.fixture
async def page(quick_api: Api) -> Api:
    """The application with a source that was never synced."""
    async with quick_api.desk.store.write() as conn:
        await a_source(conn, ME)
    return quick_api


async def sign_in(api: Api, key: str, **headers: str) -> httpx.Response:
    return await api.client.post("/status/sign-in", data={"key": key}, headers=headers)


async def shown(api: Api, path: str = "/status") -> str:
    return (await api.client.get(path)).text


async def post(api: Api, act: str, *, csrf: str | None = None, **fields: str) -> httpx.Response:
    token = csrf if csrf is not None else await csrf_of(api)
    return await api.client.post(
        f"/status/{act}", data={"csrf": token, **fields}, headers={"Accept": "application/json"}
    )


async def csrf_of(api: Api) -> str:
    found = re.search(r'name="csrf" value="(\w+)"', await shown(api))
    return found[1] if found else ""


async def source_id(api: Api) -> str:
    [source] = await api.desk.store.ask(queries.sources, ME)
    return str(source.id)


async def test_without_a_session_there_is_a_door_and_nothing_else(page: Api) -> None:
    door = await page.client.get("/status")
    now = await page.client.get("/status/now")
    events = await page.client.get("/status/events")

    assert door.status_code == 200
    assert "Sign in" in door.text
    assert "lastfm" not in door.text.lower()
    assert (now.status_code, now.text) == (401, "")
    assert events.status_code == 401


async def test_a_key_signs_in_once_by_a_cookie_no_script_and_no_other_site_can_use(
    page: Api,
) -> None:
    answer = await sign_in(page, page.admin)

    cookie = answer.headers["set-cookie"].lower()
    assert (answer.status_code, answer.headers["location"]) == (303, "/status")
    assert all(part in cookie for part in ("httponly", "samesite=lax", "path=/status"))
    assert page.admin.lower() not in cookie
    assert "Sync now" in await shown(page)


async def test_over_https_the_cookie_is_for_https_alone(page: Api) -> None:
    answer = await page.client.post("https://rewind/status/sign-in", data={"key": page.admin})

    assert "secure" in answer.headers["set-cookie"].lower()


@pytest.mark.parametrize("key", ["", "nonsense", "rw_live_wrong", "ключ", "x" * 5_000])
async def test_what_is_no_key_is_told_so_at_the_door(page: Api, key: str) -> None:
    answer = await sign_in(page, key)

    assert answer.status_code == 401
    assert "not a key of this server" in answer.text
    assert COOKIE not in answer.headers.get("set-cookie", "")


async def test_a_form_too_long_to_be_one_is_refused(page: Api) -> None:
    answer = await sign_in(page, "x" * 20_000)

    assert answer.status_code == 413


async def test_a_form_of_too_many_fields_is_refused(page: Api) -> None:
    fields = {f"field{number}": "x" for number in range(60)}

    answer = await page.client.post("/status/sign-in", data={"key": page.admin, **fields})

    assert answer.status_code == 400


async def test_a_revoked_key_ends_its_session_at_once(page: Api) -> None:
    key = await new_key(page.desk, "read")
    await sign_in(page, key)
    assert "Sign out" in await shown(page)

    made = (await page.ask("/v1/admin/keys", key="admin")).json()["data"][-1]
    await page.ask(f"/v1/admin/keys/{made['id']}", method="DELETE", key="admin")

    assert "Sign out" not in await shown(page)


async def test_signing_out_ends_the_session_for_good(page: Api) -> None:
    await sign_in(page, page.admin)
    cookie = page.client.cookies[COOKIE]
    await post(page, "sign-out")

    page.client.cookies.set(COOKIE, cookie)
    answer = await page.client.get("/status")

    assert "Sign out" not in answer.text


async def test_a_read_key_looks_and_cannot_act(page: Api) -> None:
    await sign_in(page, page.read)

    html = await shown(page)
    answer = await post(page, "sync", source=await source_id(page))

    assert "Sync now" not in html
    assert answer.status_code == 403
    assert "admin key" in answer.json()["said"]


@pytest.mark.parametrize("token", ["", "0" * 64])
async def test_a_form_without_the_pages_own_token_does_nothing(page: Api, token: str) -> None:
    await sign_in(page, page.admin)

    answer = await post(page, "sync", csrf=token, source=await source_id(page))

    assert answer.status_code == 403
    assert await page.desk.store.ask(queries.runs_count, ME) == 0


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}]
)
async def test_a_form_from_another_site_does_nothing(page: Api, headers: dict[str, str]) -> None:
    await sign_in(page, page.admin)
    fields = {"csrf": await csrf_of(page), "source": await source_id(page)}

    acted = await page.client.post(
        "/status/sync", data=fields, headers={"Accept": "application/json", **headers}
    )
    signed = await sign_in(page, page.admin, **headers)

    assert acted.status_code == 403
    assert signed.status_code == 403
    assert await page.desk.store.ask(queries.runs_count, ME) == 0


async def test_syncing_begins_a_run_once_and_cancelling_ends_it(page: Api) -> None:
    await sign_in(page, page.admin)
    source = await source_id(page)

    first, second = await post(page, "sync", source=source), await post(page, "sync", source=source)
    [run] = (await page.desk.store.ask(queries.active_runs_by_source, ME, [int(source)])).values()
    cancelled = await post(page, "cancel", run=run.id)

    assert "begins" in first.json()["said"]
    assert "already" in second.json()["said"]
    assert "cancelled" in cancelled.json()["said"]
    assert await page.desk.store.ask(queries.runs_count, ME) == 1


async def test_pausing_and_resuming_show_in_the_page(page: Api) -> None:
    await sign_in(page, page.admin)
    source = await source_id(page)

    await post(page, "pause", source=source)
    paused = await shown(page, "/status/now")
    await post(page, "resume", source=source)
    resumed = await shown(page, "/status/now")

    assert "Paused by you" in paused
    assert "Paused by you" not in resumed


@pytest.mark.parametrize(
    ("act", "fields"),
    [
        ("sync", {}),
        ("sync", {"source": "x"}),
        ("sync", {"source": "999999"}),
        ("sync", {"source": "9" * 40}),
        ("cancel", {"run": "nope"}),
        ("cancel", {}),
        ("resolve", {"conflict": "1", "resolution": "KEEP_ALL"}),
        ("resolve", {"conflict": "one"}),
        ("undo", {"conflict": "77"}),
    ],
)
async def test_bad_forms_get_words_and_never_a_failure(
    page: Api, act: str, fields: dict[str, str]
) -> None:
    await sign_in(page, page.admin)

    answer = await post(page, act, **fields)

    assert answer.status_code in (400, 404)
    assert answer.json()["said"]


async def test_without_script_an_act_comes_back_to_the_page_and_says_what_it_did(
    page: Api,
) -> None:
    await sign_in(page, page.admin)
    fields = {"csrf": await csrf_of(page), "source": await source_id(page)}

    answer = await page.client.post("/status/sync", data=fields)
    first, again = await shown(page), await shown(page)

    assert (answer.status_code, answer.headers["location"]) == (303, "/status")
    assert "begins." in first
    assert "begins." not in again


async def test_nobody_sees_what_is_somebody_elses(page: Api) -> None:
    async with page.desk.store.write() as conn:
        source = await a_source(conn, OTHER, provider="discogs")
        begun = await ledger.trigger(conn, OTHER, source_id=source, trigger="manual")
    await sign_in(page, page.admin)

    html = await shown(page)
    answer = await post(page, "cancel", run=begun.run_id)

    assert "Discogs" not in html
    assert answer.status_code == 404


async def test_words_from_providers_are_escaped(page: Api) -> None:
    await sign_in(page, page.admin)
    source = int(await source_id(page))
    async with page.desk.store.write() as conn:
        begun = await ledger.trigger(conn, ME, source_id=source, trigger="manual")
        fault = ledger.Fault(kind="upstream", text="<script>alert(1)</script>")
        await ledger.close(conn, ME, begun.run_id, 1, "failed", fault=fault)

    html = await shown(page)

    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


async def test_the_page_may_load_nothing_from_elsewhere_and_is_kept_nowhere(page: Api) -> None:
    await sign_in(page, page.admin)

    answer = await page.client.get("/status")

    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert not re.findall(r"https?://(?!www\.w3\.org)", answer.text)


async def test_its_files_are_kept_for_ever_under_the_name_of_their_content(page: Api) -> None:
    html = await shown(page)

    [style] = re.findall(r'href="(/status/status\.css\?v=\w+)"', html)
    kept, plain = await page.client.get(style), await page.client.get("/status/status.js")
    unknown = await page.client.get("/status/frame.html")

    assert "immutable" in kept.headers["cache-control"]
    assert plain.headers["cache-control"] == "no-cache"
    assert unknown.status_code == 404


async def test_the_whole_page_costs_the_same_however_many_sources_there_are(page: Api) -> None:
    await sign_in(page, page.admin)
    seen: list[str] = []
    page.desk.store.watchers.append(seen.append)
    await shown(page)
    one = len(seen)
    async with page.desk.store.write() as conn:
        for number in range(20):
            await a_source(conn, ME, account=f"account {number}")

    seen.clear()
    await shown(page)

    assert len(seen) == one
