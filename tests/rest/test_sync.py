"""Syncs asked for over REST."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from rewind_gql.rest.rewind.listening import admin
from rewind_gql.sync import ledger
from tests.databases import ME
from tests.rest.test_system import source
from tests.serving import Api, Kept

LISTENING = "/v1/admin/sync/listening"


class Worked(Kept):
    """A queue whose sync jobs end at once, in the way the test says."""

    def __init__(self, api: Api, status: str, **values: Any) -> None:
        super().__init__()
        self._api = api
        self._status = status
        self._values = values
        self._tasks: list[asyncio.Task[None]] = []

    async def enqueue(
        self, name: str, /, *, job_id: str, delay_s: float = 0.0, **kwargs: Any
    ) -> bool:
        self._tasks.append(asyncio.create_task(self._work(**kwargs)))
        return await super().enqueue(name, job_id=job_id, delay_s=delay_s, **kwargs)

    async def _work(self, run_id: str, attempt: int) -> None:
        async with self._api.desk.store.write() as conn:
            lease = timedelta(seconds=60)
            await ledger.claim(conn, run_id, attempt, worker="test", lease=lease)
            await ledger.close(conn, ME, run_id, attempt, self._status, **self._values)


def working(api: Api, status: str, **values: Any) -> None:
    """Have the application's syncs end like this."""
    object.__setattr__(api.desk, "jobs", Worked(api, status, **values))


async def test_a_short_sync_is_waited_for(api: Api) -> None:
    await source(api)
    working(api, "success", items_inserted=5, items_updated=2, items_processed=7)

    answered = await api.ask(LISTENING, method="POST", key="admin")

    body = answered.json()
    assert answered.status_code == 200
    assert list(body) == ["status", "items_synced", "timestamp"]
    assert (body["status"], body["items_synced"]) == ("completed", 7)


async def test_a_long_one_is_pointed_to(quick_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin, "WAIT_S", 0.0)
    await source(quick_api)

    first = await quick_api.ask(LISTENING, method="POST", key="admin")
    second = await quick_api.ask(LISTENING, method="POST", key="admin")

    assert first.status_code == 202
    assert first.json() == second.json()
    assert first.json().keys() == {"status", "run_id", "remaining"}


async def test_a_failed_one_says_why(quick_api: Api) -> None:
    await source(quick_api)
    working(quick_api, "failed", fault=ledger.Fault(kind="auth", text="Invalid API key"))

    answered = await quick_api.ask(LISTENING, method="POST", key="admin")

    assert (answered.status_code, answered.json()["error"]) == (500, "Invalid API key")


async def test_everything_runs_one_after_the_other(quick_api: Api) -> None:
    for kind in ("top_lists", "scrobbles", "user_stats"):
        await source(quick_api, kind)
    working(quick_api, "success", items_inserted=1, items_processed=1)

    answered = await quick_api.ask(LISTENING, method="POST", key="admin", json={"type": "full"})

    assert answered.json()["items_synced"] == 3


async def test_the_kind_can_be_chosen(quick_api: Api) -> None:
    await source(quick_api, "user_stats")
    working(quick_api, "success")

    answered = await quick_api.ask(LISTENING, method="POST", key="admin", json={"type": "stats"})

    assert answered.status_code == 200


async def test_an_unknown_kind_is_named_with_those_there_are(quick_api: Api) -> None:
    await source(quick_api)

    answered = await quick_api.ask(LISTENING, method="POST", key="admin", json={"type": "x"})

    assert answered.status_code == 400
    assert [each["path"] for each in answered.json()["details"]] == ["type"]


@pytest.mark.parametrize("domain", ["running", "nothing", "a%00b", "%F0%9F%8E%B5"])
async def test_a_domain_without_a_source_is_refused(api: Api, domain: str) -> None:
    answered = await api.ask(f"/v1/admin/sync/{domain}", method="POST", key="admin")

    assert answered.status_code in {400, 404}
    assert answered.json()["status"] == answered.status_code


async def test_it_takes_an_admin_key(quick_api: Api) -> None:
    answered = await quick_api.ask(LISTENING, method="POST")

    assert answered.json() == {"error": "Forbidden", "status": 403}
