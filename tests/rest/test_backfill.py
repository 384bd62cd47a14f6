"""Missing images looked for over REST: what comes of them, and what takes too long."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlmodel import col

from rewind_gql.demo.upstreams.effects import broken
from rewind_gql.rest.rewind import backfill
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from rewind_gql.sync import pictures
from rewind_gql.sync.credentials import Vault
from rewind_gql.sync.deps import Deps
from rewind_gql.sync.run import run
from rewind_gql.sync.tables import Run
from tests.databases import ME
from tests.rest.gallery import Gallery, gallery
from tests.serving import Kept

COUNTS = ["queued", "succeeded", "skipped", "failed", "errors"]
HEARD, SHELF = "/v1/listening/admin/backfill-images", "/v1/admin/collecting/backfill-images"
BY_ID = "/v1/listening/admin/refresh-artist-images"


class Working(Kept):
    """A queue whose runs are worked on at once, in this process."""

    def __init__(self, made: Gallery) -> None:
        super().__init__()
        desk = made.api.desk
        self.deps = Deps(
            store=desk.store,
            settings=desk.settings,
            jobs=Kept(),
            vault=Vault(b"v" * 64),
            worker="test",
            images=desk.images,
        )
        self.tasks: list[asyncio.Task[Any]] = []

    async def enqueue(
        self, name: str, /, *, job_id: str, delay_s: float = 0.0, **kwargs: Any
    ) -> bool:
        self.tasks.append(asyncio.create_task(run(self.deps, **kwargs)))
        return await super().enqueue(name, job_id=job_id, delay_s=delay_s, **kwargs)


@pytest.fixture
async def there(store: Store, settings: Callable[..., Settings]) -> AsyncIterator[Gallery]:
    """A stocked application whose runs are worked on, on both databases."""
    async with gallery(store, settings) as made, Stocked(made):
        yield made


@pytest.fixture
async def quick(sqlite_store: Store, settings: Callable[..., Settings]) -> AsyncIterator[Gallery]:
    """The same on SQLite alone."""
    async with gallery(sqlite_store, settings) as made, Stocked(made):
        yield made


class Stocked:
    """Stocks an application and puts it to work for the length of a block."""

    def __init__(self, made: Gallery) -> None:
        self._made = made
        self._queue = Working(made)

    async def __aenter__(self) -> None:
        await self._made.stock()
        object.__setattr__(self._made.api.desk, "jobs", self._queue)

    async def __aexit__(self, *_: object) -> None:
        self._made.shop.gate.set()
        await asyncio.gather(*self._queue.tasks)
        await self._queue.deps.clients.close()


async def post(made: Gallery, path: str, body: Any = None) -> httpx.Response:
    """One request with the admin key."""
    return await made.api.ask(path, method="POST", key="admin", json=body)


async def test_missing_pictures_of_albums_are_found_and_counted(there: Gallery) -> None:
    answered = await post(there, HEARD, {})

    body = answered.json()
    assert answered.status_code == 200
    assert list(body) == ["success", "results", "status", "run_id"]
    assert (body["success"], body["status"]) == (True, "completed")
    assert list(body["results"]) == ["albums"]
    assert list(body["results"]["albums"]) == COUNTS
    assert [*body["results"]["albums"].values()] == [2, 1, 1, 0, []]


async def test_all_kinds_have_counts_of_their_own(quick: Gallery) -> None:
    body = (await post(quick, HEARD, {"type": "all"})).json()

    assert list(body["results"]) == ["albums", "artists"]
    assert body["results"]["artists"]["queued"] == 2


async def test_what_nobody_has_is_looked_for_again_on_request(quick: Gallery) -> None:
    await post(quick, HEARD)

    without = (await post(quick, HEARD)).json()
    again = (await post(quick, HEARD, {"retry": True})).json()

    assert without["results"]["albums"]["queued"] == 0
    assert again["results"]["albums"]["queued"] == 1


async def test_an_artist_is_named_by_a_part(quick: Gallery) -> None:
    body = (await post(quick, HEARD, {"artist": "LIN", "limit": 5})).json()

    assert [*body["results"]["albums"].values()] == [1, 0, 1, 0, []]


async def test_who_could_not_be_asked_is_told_thing_by_thing(there: Gallery) -> None:
    there.faults.add(broken(), match="/search", times=None)

    body = (await post(there, HEARD)).json()

    counts = body["results"]["albums"]
    assert (counts["queued"], counts["failed"], len(counts["errors"])) == (2, 2, 2)
    assert sorted(counts["errors"][0]) == ["entity_id", "error"]
    assert "127.0.0.1" not in counts["errors"][0]["error"]


async def test_covers_of_records_are_found(there: Gallery) -> None:
    body = (await post(there, SHELF, {"limit": 10})).json()

    results = body["results"]
    assert list(results) == ["domain", "entityType", *COUNTS]
    assert (results["domain"], results["entityType"]) == ("collecting", "releases")
    assert (results["queued"], results["succeeded"]) == (2, 2)


async def test_without_a_token_no_artist_is_looked_for_by_id(quick: Gallery) -> None:
    body = (await post(quick, BY_ID)).json()

    results = body["results"]
    assert (results["domain"], results["entityType"], results["queued"]) == (
        "listening",
        "artists",
        0,
    )


@pytest.mark.parametrize(("limit", "most"), [("0", 1), ("7", 7), ("501", 500), ("-9", 1)])
async def test_a_limit_that_is_not_allowed_is_the_nearest_that_is(
    quick: Gallery, limit: str, most: int
) -> None:
    await post(quick, f"{BY_ID}?limit={limit}")

    async with quick.store.write() as conn:
        meta = (await conn.execute(select(col(Run.meta)))).scalar_one()
    assert meta["args"]["limit"] == most


async def test_what_takes_too_long_goes_on_in_the_run_that_is_named(
    quick: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backfill, "WAIT_S", 0.0)
    quick.shop.gate.clear()

    body = (await post(quick, HEARD)).json()

    assert (body["success"], body["status"]) == (True, "running")
    assert body["run_id"].startswith("pull_")


async def test_a_run_that_looks_for_others_is_let_through_first(quick: Gallery) -> None:
    desk = quick.api.desk
    other = await pictures.ask_for(desk, ME, "listening", pictures.Wanted(which="again"))

    body = (await post(quick, HEARD)).json()

    assert body["run_id"] != other.run_id
    assert (body["status"], body["results"]["albums"]["queued"]) == ("completed", 0)


async def test_one_that_takes_too_long_refuses(
    quick: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backfill, "WAIT_S", 0.0)
    quick.shop.gate.clear()
    other = await pictures.ask_for(quick.api.desk, ME, "listening", pictures.Wanted(which="again"))

    answered = await post(quick, HEARD)

    assert answered.status_code == 409
    assert other.run_id in answered.json()["error"]


@pytest.mark.parametrize("path", [HEARD, SHELF])
@pytest.mark.parametrize("limit", [0, 201, "ten"])
async def test_a_limit_out_of_range_is_refused(quick: Gallery, path: str, limit: Any) -> None:
    answered = await post(quick, path, {"limit": limit})

    assert answered.status_code == 400
    assert answered.json()["details"][0]["path"] == "limit"


@pytest.mark.parametrize("path", [HEARD, SHELF, BY_ID])
async def test_it_takes_an_admin_key(quick: Gallery, path: str) -> None:
    answered = await quick.api.ask(path, method="POST", key="read")

    assert answered.status_code in (401, 403)


async def test_a_run_that_fails_is_500(quick: Gallery) -> None:
    object.__setattr__(quick.api.desk, "jobs", _without_images(quick))

    answered = await post(quick, HEARD)

    assert answered.status_code == 500
    assert answered.json() == {"error": "This worker looks for no pictures", "status": 500}


def _without_images(made: Gallery) -> Working:
    queue = Working(made)
    queue.deps = replace(queue.deps, images=None)
    return queue
