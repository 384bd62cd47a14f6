"""Tokens of connected accounts: entered on another device, renewed by one, lost by nobody."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.demo.cinema import Cinema
from rewind_gql.demo.upstreams import trakt
from rewind_gql.demo.upstreams.effects import answer, broken, stall
from rewind_gql.demo.upstreams.faults import Faults
from rewind_gql.demo.upstreams.serving import serve
from rewind_gql.errors import SourceBusy, SourceChanged, SourceDenied
from rewind_gql.images import leases
from rewind_gql.ports.http import IMPATIENT, Clients
from rewind_gql.settings import Settings
from rewind_gql.sources.auth import DeviceCode, Tokens, parse_code, parse_tokens
from rewind_gql.sources.trakt import Trakt
from rewind_gql.store.engine import Store
from rewind_gql.sync import queries, sources, tokens
from rewind_gql.sync.credentials import Vault
from rewind_gql.sync.deps import Deps
from rewind_gql.sync.tables import Credential
from tests.databases import ME
from tests.sources.pretend import Idle

SECRET = b"t" * 64


class Door:
    """A pretend Trakt and what was asked of it."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.doorman = trakt.Doorman(approving=True, interval_s=0)
        self.account = trakt.Account(Cinema((), ()))
        self.url = ""


@pytest.fixture
def door() -> Iterator[Door]:
    """A Trakt whose codes count as entered at once."""
    made = Door()
    with serve(trakt.app(made.account, made.faults, made.doorman)) as made.url:
        yield made


Make = Callable[[], Deps]


@pytest.fixture
async def worker(
    store: Store, settings: Callable[..., Settings], door: Door
) -> AsyncIterator[Make]:
    """Makes workers that share a database and nothing else."""
    made: list[Deps] = []

    def make() -> Deps:
        deps = Deps(
            store=store,
            settings=settings(
                unpaced=True,
                lastfm_base_url=door.url,
                discogs_base_url=door.url,
                trakt_base_url=door.url,
                trakt_auth_base_url=door.url,
                trakt_client_id=trakt.CLIENT_ID,
                trakt_client_secret=trakt.CLIENT_SECRET,
            ),
            jobs=Idle(),
            vault=Vault(SECRET),
            worker=f"worker {len(made)}",
            clients=Clients(patience=IMPATIENT),
        )
        made.append(deps)
        return deps

    yield make
    for deps in made:
        await deps.clients.close()


def account(deps: Deps) -> tokens.Account:
    """The one account there is, as this worker knows it."""
    given, _ = sources.options(deps.settings, Trakt)
    return tokens.account(deps, ME, Trakt, "", given)


async def shown(_: DeviceCode) -> None:
    """Nobody has to see the code."""


async def connected(deps: Deps) -> tokens.Account:
    """An account whose tokens are stored."""
    made = account(deps)
    await tokens.connect(deps, made, show=shown, slower_s=0.01)
    return made


async def worn(deps: Deps, of: tokens.Account) -> None:
    """Have the stored token nearly run out."""
    held = await deps.store.ask(deps.vault.of_account, ME, provider="trakt", account="")
    soon = clock.now() + timedelta(minutes=1)
    async with deps.store.write() as conn:
        old = Tokens(access=held["access_token"], refresh=held["refresh_token"], expires_at=soon)
        await tokens.put(deps, conn, of, old)


async def asked(door: Door) -> None:
    """A request for new tokens has come."""
    for _ in range(500):
        if door.doorman.refreshed:
            return
        await asyncio.sleep(0.02)


async def test_a_code_that_was_entered_connects(worker: Make, store: Store) -> None:
    deps = worker()
    codes: list[DeviceCode] = []

    async def show(code: DeviceCode) -> None:
        codes.append(code)

    await tokens.connect(deps, account(deps), show=show)

    assert [code.verification_url for code in codes] == ["https://trakt.tv/activate"]
    assert await tokens.fresh(deps, account(deps))


async def test_tokens_are_sealed_in_the_database(worker: Make, store: Store) -> None:
    deps = worker()
    await connected(deps)

    async with store.write() as conn:
        rows = (await conn.execute(select(col(Credential.name), col(Credential.sealed)))).all()

    assert {name for name, _ in rows} == {"access_token", "refresh_token", "expires_at"}
    assert not any("access-" in sealed or "refresh-" in sealed for _, sealed in rows)


async def test_a_good_token_is_used_as_it_is(worker: Make, door: Door) -> None:
    deps = worker()
    of = await connected(deps)

    first, second = await tokens.fresh(deps, of), await tokens.fresh(deps, of)

    assert first == second
    assert door.doorman.refreshed == 0


async def test_a_worn_token_is_renewed_and_both_of_the_pair_are_kept(
    worker: Make, door: Door
) -> None:
    deps = worker()
    of = await connected(deps)
    await worn(deps, of)
    first = await tokens.fresh(deps, of)
    await worn(deps, of)

    second = await tokens.fresh(deps, of)

    assert first != second
    assert (door.doorman.refreshed, door.doorman.refused) == (2, 0)


async def test_two_workers_refreshing_at_once_lose_nothing(worker: Make, door: Door) -> None:
    one, two = worker(), worker()
    await worn(one, await connected(one))
    door.faults.add(stall(0.5, after=0), match="/oauth/token")

    both = await asyncio.gather(
        *(tokens.fresh(deps, account(deps)) for deps in (one, two, one, two))
    )

    assert len({*both}) == 1
    assert (door.doorman.refreshed, door.doorman.refused) == (1, 0)


async def test_whoever_lost_the_lease_uses_what_the_other_stored(
    worker: Make, door: Door, store: Store
) -> None:
    one, two = worker(), worker()
    of = await connected(one)
    await worn(one, of)
    door.faults.add(stall(1.0, after=0), match="/oauth/token")
    slow = asyncio.create_task(tokens.fresh(one, of))
    await asked(door)
    async with store.write() as conn:  # as if the first had stopped for longer than its lease
        await leases.clear(conn, now=clock.now() + timedelta(hours=1))

    fast = await tokens.fresh(two, account(two))

    assert await slow == fast
    assert (door.doorman.refreshed, door.doorman.refused) == (1, 1)
    assert await tokens.fresh(one, of) == fast


async def test_a_worker_that_is_stopped_keeps_what_it_was_given(worker: Make, door: Door) -> None:
    deps = worker()
    of = await connected(deps)
    await worn(deps, of)
    door.faults.add(stall(0.5, after=0), match="/oauth/token")
    refreshing = asyncio.create_task(tokens.fresh(deps, of))
    await asked(door)

    refreshing.cancel()
    await asyncio.wait({refreshing})

    assert door.doorman.refreshed == 1
    assert await tokens.fresh(deps, of)
    assert (door.doorman.refreshed, door.doorman.refused) == (1, 0)


async def test_a_connection_that_was_ended_there_needs_a_person(worker: Make, door: Door) -> None:
    deps = worker()
    of = await connected(deps)
    await worn(deps, of)
    door.doorman.end()

    for _ in range(2):
        with pytest.raises(SourceDenied) as ended:
            await tokens.fresh(deps, of)

        words = "Trakt has ended the connection. Run: rewind connect trakt"
        assert (ended.value.message, ended.value.code) == (words, "disconnected")


async def test_nobody_connected_says_what_to_do(worker: Make) -> None:
    deps = worker()

    with pytest.raises(SourceDenied, match="rewind connect trakt") as none:
        await tokens.fresh(deps, account(deps))

    assert none.value.code == "not_connected"


async def test_a_sign_in_host_that_is_down_costs_no_token(worker: Make, door: Door) -> None:
    deps = worker()
    of = await connected(deps)
    await worn(deps, of)
    door.faults.add(broken(503), match="/oauth/token")

    with pytest.raises(SourceBusy):
        await tokens.fresh(deps, of)

    assert await tokens.fresh(deps, of)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (404, "invalid_code"),
        (409, "used_code"),
        (410, "expired_token"),
        (418, "access_denied"),
    ],
)
async def test_a_code_that_is_no_good_ends_the_wait(
    worker: Make, door: Door, status: int, code: str
) -> None:
    deps = worker()
    door.faults.add(answer(status), match="/oauth/device/token")

    with pytest.raises(SourceDenied) as denied:
        await connected(deps)

    assert denied.value.code == code
    assert door.faults.count("/oauth/device/token") == 1


@pytest.mark.parametrize(
    "effect",
    [
        answer(400),
        answer(429),
        answer(400, body={"error": "authorization_pending"}),
        broken(502),
    ],
)
async def test_a_code_not_entered_yet_is_waited_for(worker: Make, door: Door, effect: Any) -> None:
    deps = worker()
    door.faults.add(effect, match="/oauth/device/token", times=2)

    of = await connected(deps)

    assert door.faults.count("/oauth/device/token") == 3
    assert await tokens.fresh(deps, of)


async def test_whoever_asks_too_often_asks_less_often_from_then_on(
    worker: Make, door: Door
) -> None:
    deps = worker()
    door.faults.add(answer(429), match="/oauth/device/token")
    door.faults.add(answer(400), match="/oauth/device/token", nth=2)

    await tokens.connect(deps, account(deps), show=shown, slower_s=0.4)

    times = [each.at for each in door.faults.requests if each.path == "/oauth/device/token"]
    pauses = [(after - before).total_seconds() for before, after in pairwise(times)]
    assert len(pauses) == 2
    assert min(pauses) >= 0.39


async def test_an_answer_that_was_lost_takes_the_tokens_with_it_and_says_so(
    worker: Make, door: Door
) -> None:
    deps = worker()
    of = await connected(deps)
    await worn(deps, of)
    door.faults.add(stall(20, after=0), match="/oauth/token")
    with pytest.raises(SourceBusy):
        await tokens.fresh(deps, of)

    told = []
    for _ in range(2):
        with pytest.raises(SourceDenied, match="cut short before its answer was stored") as lost:
            await tokens.fresh(deps, of)
        told.append(lost.value.message)

    assert lost.value.code == "disconnected"
    assert told[0] == told[1]
    assert told[0].endswith("Run: rewind connect trakt")
    assert (door.doorman.refreshed, door.doorman.refused) == (1, 2)


async def test_connecting_again_forgets_what_was_lost(
    worker: Make, door: Door, store: Store
) -> None:
    deps = worker()
    of = await connected(deps)
    await worn(deps, of)
    door.faults.add(broken(503), match="/oauth/token")
    with pytest.raises(SourceBusy):
        await tokens.fresh(deps, of)

    await connected(deps)

    async with store.write() as conn:
        names = {*(await conn.execute(select(col(Credential.name)))).scalars()}
    assert names == tokens.TOKENS


async def test_what_cannot_be_opened_any_more_can_be_forgotten(worker: Make, store: Store) -> None:
    deps = worker()
    await connected(deps)
    other = replace(deps, vault=Vault(b"o" * 64))

    assert await tokens.disconnect(other, account(other)) is True

    assert await store.ask(tokens.connected, ME) == set()


async def test_disconnecting_forgets_here_and_there(worker: Make, door: Door, store: Store) -> None:
    deps = worker()
    of = await connected(deps)

    was, again = await tokens.disconnect(deps, of), await tokens.disconnect(deps, of)

    assert (was, again) == (True, False)
    assert door.faults.count("/oauth/revoke") == 1
    async with store.write() as conn:
        assert (await conn.execute(select(col(Credential.name)))).all() == []


async def test_only_a_connected_provider_is_on_the_schedule(worker: Make, store: Store) -> None:
    deps = worker()
    async with store.write() as conn:
        await sources.register(conn, ME, deps.settings)
    before = await store.ask(queries.sources, ME)
    of = await connected(deps)
    async with store.write() as conn:
        await sources.register(conn, ME, deps.settings)
    during = {each.sync_type for each in await store.ask(queries.sources, ME)}

    await tokens.disconnect(deps, of)
    async with store.write() as conn:
        await sources.register(conn, ME, deps.settings)

    after = await store.ask(queries.sources, ME)
    assert before == []
    assert during == {"trakt", "history"}
    assert [each.next_due_at for each in after] == [None, None]


@pytest.mark.parametrize("lasts_s", [86_400, 604_800])
def test_how_long_a_token_lasts_is_what_the_answer_says(lasts_s: int) -> None:
    made_at = clock.now() - timedelta(hours=1)

    found = parse_tokens(
        {
            "access_token": "a",
            "refresh_token": "r",
            "expires_in": lasts_s,
            "created_at": made_at.timestamp(),
        }
    )

    assert abs(found.expires_at - made_at - timedelta(seconds=lasts_s)) < timedelta(seconds=1)


CODE = {
    "device_code": "d",
    "user_code": "5055CC01",
    "verification_url": "https://trakt.tv/activate",
    "expires_in": 600,
}


@pytest.mark.parametrize(
    ("interval", "pause"), [({}, 5), ({"interval": None}, 5), ({"interval": 1e9}, 60)]
)
def test_a_code_is_asked_for_at_a_sensible_pace(interval: dict[str, Any], pause: float) -> None:
    assert parse_code({**CODE, **interval}).interval_s == pause


@pytest.mark.parametrize(
    "raw",
    [
        [],
        "text",
        {},
        {**CODE, "user_code": ""},
        {**CODE, "user_code": "\x1b[2J"},
        {**CODE, "verification_url": "https://trakt.tv/\x9b1m"},
        {**CODE, "expires_in": "soon"},
        {**CODE, "expires_in": 1e400},
        {**CODE, "interval": "often"},
    ],
)
def test_an_answer_without_a_code_is_none(raw: Any) -> None:
    with pytest.raises(SourceChanged):
        parse_code(raw)


@pytest.mark.parametrize(
    "raw",
    [
        {},
        [],
        "text",
        {"access_token": "", "refresh_token": "r", "expires_in": 1},
        {"expires_in": "?"},
    ],
)
def test_an_answer_without_tokens_is_none(raw: Any) -> None:
    with pytest.raises(SourceChanged):
        parse_tokens(raw)
