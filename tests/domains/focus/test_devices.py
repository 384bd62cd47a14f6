"""Devices that call, take each other's place, are signed out, and say what they still have."""

from typing import Any
from uuid import UUID

import pytest

from rewind_gql.domains.focus import devices, queries, records, views
from rewind_gql.errors import BadInput
from rewind_gql.store.engine import Store
from tests.databases import ME, OTHER
from tests.domains.focus.made import DAY, HOUR, MAC, MINUTE, NOON, SECOND, WEB, seen

INSTALL = UUID("3b241101-e2bb-4255-8caf-4136c566a962")
ELSEWHERE = UUID("3b241101-e2bb-4255-8caf-4136c566a963")
NEWER = "mac-app-v1.3.0"


async def register(
    store: Store, device_id: str = MAC, *, now: Any = NOON, **more: Any
) -> tuple[views.Device, bool]:
    """Register a device."""
    told = records.Device(device_id=device_id, **more)
    async with store.write() as conn:
        return await devices.register(conn, ME, told, now=now)


async def revoke(store: Store, device_id: str = MAC) -> views.Device:
    """Sign a device out."""
    async with store.write() as conn:
        return await devices.revoke(conn, ME, device_id=device_id, now=NOON)


async def beat(store: Store, *, now: Any = NOON, **told: Any) -> views.Device:
    """Let the device give a sign of life."""
    nothing = {
        "pending": 0,
        "oldest_pending_at": None,
        "prefs_version": None,
        "clock_offset_ms": None,
        "version": None,
    }
    async with store.write() as conn:
        return await devices.beat(conn, ME, MAC, **{**nothing, **told}, now=now)


async def deliver(
    store: Store, count: int, *, pending_after: int | None = None, now: Any = NOON
) -> views.Device:
    """Note that sessions of the device came in."""
    async with store.write() as conn:
        return await devices.delivered(
            conn, ME, MAC, count=count, pending_after=pending_after, now=now
        )


async def states(store: Store) -> dict[str, tuple[str, str | None]]:
    """The state of every device, and what took its place."""
    found = await store.ask(queries.all_devices, ME)
    return {each.device_id: (each.state, each.superseded_by) for each in found}


async def test_the_first_call_makes_the_device(store: Store) -> None:
    made = await seen(store, MAC, device_type="mac_app", name="Study", platform="macOS 16")

    found = await store.ask(queries.device, ME, device_id=MAC)
    assert found == made
    assert (made.device_type, made.name, made.platform) == ("mac_app", "Study", "macOS 16")
    assert (made.state, made.first_seen_at, made.last_seen_at) == ("active", NOON, NOON)
    assert (made.last_sync_at, made.pending_reported) == (None, 0)


async def test_what_a_new_device_does_not_say_is_read_from_its_id(store: Store) -> None:
    made = await seen(store, "windows-app-v1.1.0")

    assert (made.device_type, made.version) == ("windows_app", "1.1.0")


async def test_a_call_within_half_a_minute_writes_nothing(
    store: Store, statements: list[str]
) -> None:
    await seen(store)
    statements.clear()

    again = await seen(store, now=NOON + 29 * SECOND)

    assert again.last_seen_at == NOON
    assert len(statements) == 1


async def test_a_later_call_is_noted(store: Store) -> None:
    await seen(store)

    again = await seen(store, now=NOON + 30 * SECOND)

    assert again.last_seen_at == NOON + 30 * SECOND
    assert await store.ask(queries.device, ME, device_id=MAC) == again


async def test_what_a_device_says_anew_is_kept_at_once(store: Store) -> None:
    await seen(store, device_type="mac_app", name="Study")

    again = await seen(store, version="1.2.4", now=NOON + SECOND)

    assert (again.version, again.name, again.device_type) == ("1.2.4", "Study", "mac_app")
    assert await store.ask(queries.device, ME, device_id=MAC) == again


async def test_a_clock_that_went_back_does_not_unsee_a_device(store: Store) -> None:
    await seen(store)

    again = await seen(store, name="Study", now=NOON - HOUR)

    assert again.last_seen_at == NOON


async def test_due_tells_whether_a_call_would_write(store: Store) -> None:
    known = await seen(store, name="Study")
    same = records.Device(device_id=MAC, name="Study")

    assert not devices.due(known, same, now=NOON + SECOND)
    assert devices.due(known, same, now=NOON + MINUTE)
    assert devices.due(known, records.Device(device_id=MAC, name="Loft"), now=NOON)
    assert devices.due(None, same, now=NOON)


async def test_registering_tells_whether_the_device_is_new(store: Store) -> None:
    first = await register(store, device_type="mac_app")
    second = await register(store, name="Study")

    assert (first[1], second[1]) == (True, False)
    assert second[0].name == "Study"
    assert second[0].id == first[0].id


@pytest.mark.parametrize(
    "told",
    [{"device_id": "a b"}, {"device_type": "Mac App"}, {"name": "x" * 201}, {"version": "\0"}],
)
async def test_words_of_another_form_are_refused(store: Store, told: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        await seen(store, **{"device_id": MAC, **told})


async def test_a_new_id_of_the_same_install_takes_the_old_ones_place_at_once(store: Store) -> None:
    await seen(store, MAC, install_id=INSTALL)

    await seen(store, NEWER, install_id=INSTALL, now=NOON + SECOND)

    assert await states(store) == {MAC: ("superseded", NEWER), NEWER: ("active", None)}
    assert [each.device_id for each in await store.ask(queries.devices, ME)] == [NEWER]


async def test_an_install_told_of_later_counts_too(store: Store) -> None:
    await seen(store, MAC, install_id=INSTALL)
    await seen(store, "fresh")

    await seen(store, "fresh", install_id=INSTALL, now=NOON + SECOND)

    assert await states(store) == {MAC: ("superseded", "fresh"), "fresh": ("active", None)}


async def test_an_old_version_put_back_takes_its_place_again(store: Store) -> None:
    await seen(store, MAC, install_id=INSTALL)
    await seen(store, NEWER, install_id=INSTALL, now=NOON + SECOND)

    revived = await seen(store, MAC, now=NOON + 2 * SECOND)

    assert revived.state == "active"
    assert await states(store) == {MAC: ("active", None), NEWER: ("superseded", MAC)}


async def test_a_new_version_without_install_waits_until_the_old_is_silent(store: Store) -> None:
    await seen(store, MAC)
    await seen(store, NEWER, now=NOON + HOUR)
    before = await states(store)

    await seen(store, NEWER, now=NOON + DAY)

    assert before == {MAC: ("active", None), NEWER: ("active", None)}
    assert await states(store) == {MAC: ("superseded", NEWER), NEWER: ("active", None)}


async def test_a_superseded_version_comes_back_by_calling(store: Store) -> None:
    await seen(store, MAC)
    await seen(store, NEWER, now=NOON + DAY)

    revived = await seen(store, MAC, now=NOON + DAY + SECOND)

    assert (revived.state, revived.superseded_by) == ("active", None)
    assert await states(store) == {MAC: ("active", None), NEWER: ("active", None)}


async def test_two_machines_on_two_versions_do_not_fight(store: Store) -> None:
    for hours in range(0, 96, 8):
        device_id = (MAC, NEWER)[hours // 8 % 2]
        await seen(store, device_id, now=NOON + hours * HOUR)

    assert await states(store) == {MAC: ("active", None), NEWER: ("active", None)}


async def test_an_older_version_does_not_take_the_place_of_a_newer(store: Store) -> None:
    await seen(store, MAC)
    await seen(store, NEWER, now=NOON + HOUR)

    await seen(store, MAC, now=NOON + 2 * DAY)

    assert await states(store) == {MAC: ("active", None), NEWER: ("active", None)}


async def test_versions_of_two_installs_are_two_devices(store: Store) -> None:
    await seen(store, MAC, install_id=INSTALL)

    await seen(store, NEWER, install_id=ELSEWHERE, now=NOON + 2 * DAY)

    assert await states(store) == {MAC: ("active", None), NEWER: ("active", None)}


async def test_ids_without_versions_do_not_take_each_others_place(store: Store) -> None:
    await seen(store, "iphone-15")

    await seen(store, "iphone-16", now=NOON + 2 * DAY)

    assert len(await store.ask(queries.devices, ME)) == 2


async def test_devices_of_another_person_are_left_alone(store: Store) -> None:
    async with store.write() as conn:
        told = records.Device(device_id=MAC, install_id=INSTALL)
        await devices.seen(conn, OTHER, told, now=NOON)

    await seen(store, NEWER, install_id=INSTALL)

    (theirs,) = await store.ask(queries.devices, OTHER)
    assert theirs.state == "active"


async def test_a_device_that_is_signed_out_is_kept_but_not_in_use(store: Store) -> None:
    await seen(store)

    revoked = await revoke(store)

    assert revoked.state == "revoked"
    assert await store.ask(queries.devices, ME) == []
    assert await store.ask(queries.device, ME, device_id=MAC) == revoked


async def test_signing_out_twice_is_as_good_as_once(store: Store) -> None:
    await seen(store)
    first = await revoke(store)

    second = await revoke(store)

    assert second == first


async def test_a_device_nobody_knows_cannot_be_signed_out(store: Store) -> None:
    with pytest.raises(devices.DeviceNotFound):
        await revoke(store)


async def test_a_device_that_is_signed_out_is_refused(store: Store) -> None:
    await seen(store)
    await revoke(store)

    with pytest.raises(devices.DeviceRevoked) as refused:
        await seen(store, now=NOON + SECOND)
    with pytest.raises(devices.DeviceRevoked):
        await register(store)
    with pytest.raises(devices.DeviceRevoked):
        await beat(store)

    assert (refused.value.status, refused.value.code) == (401, "DEVICE_REVOKED")


async def test_a_password_brings_a_device_back_but_not_its_old_tokens(store: Store) -> None:
    await seen(store)
    before = await store.ask(queries.standing, ME, device_id=MAC)
    await revoke(store)
    gone = await store.ask(queries.standing, ME, device_id=MAC)

    async with store.write() as conn:
        back = await devices.seen(
            conn, ME, records.Device(device_id=MAC), now=NOON + SECOND, proven=True
        )

    assert back.state == "active"
    assert (before, gone) == (0, None)
    assert await store.ask(queries.standing, ME, device_id=MAC) == 1


async def test_nothing_stands_for_a_device_nobody_knows(store: Store) -> None:
    assert await store.ask(queries.standing, ME, device_id=MAC) is None


async def test_a_device_with_something_left_keeps_since_when(store: Store) -> None:
    await seen(store)
    await beat(store, pending=3)

    later = await beat(store, pending=2, now=NOON + HOUR)

    assert (later.pending_reported, later.pending_since) == (2, NOON)
    assert later.last_sync_at is None
    assert later.last_seen_at == NOON + HOUR


async def test_a_device_may_say_itself_since_when(store: Store) -> None:
    await seen(store)

    told = await beat(store, pending=3, oldest_pending_at=NOON - DAY)

    assert told.pending_since == NOON - DAY


async def test_a_device_with_nothing_left_has_synced(store: Store) -> None:
    await seen(store)
    await beat(store, pending=3)

    done = await beat(store, now=NOON + HOUR)

    assert (done.pending_reported, done.pending_since) == (0, None)
    assert done.last_sync_at == NOON + HOUR


async def test_a_sign_of_life_keeps_what_it_says_of_clock_and_preferences(store: Store) -> None:
    await seen(store)
    await beat(store, prefs_version=4, clock_offset_ms=-420_000, version="1.2.4")

    later = await beat(store, now=NOON + MINUTE)

    assert (later.prefs_version_seen, later.clock_offset_ms) == (4, -420_000)
    assert later.version == "1.2.4"
    assert await store.ask(queries.device, ME, device_id=MAC) == later


async def test_what_is_delivered_is_no_longer_left(store: Store) -> None:
    await seen(store)
    await beat(store, pending=3)

    after = await deliver(store, 2, now=NOON + HOUR)

    assert (after.pending_reported, after.pending_since) == (1, NOON)
    assert after.last_sync_at == NOON + HOUR


async def test_more_than_was_left_leaves_nothing(store: Store) -> None:
    await seen(store)
    await beat(store, pending=3)

    after = await deliver(store, 5)

    assert (after.pending_reported, after.pending_since) == (0, None)


async def test_a_device_that_says_more_is_left_has_not_synced(store: Store) -> None:
    await seen(store)

    after = await deliver(store, 500, pending_after=120)

    assert (after.pending_reported, after.pending_since) == (120, NOON)
    assert after.last_sync_at is None


async def test_an_upload_of_nothing_that_says_nothing_is_left_has_synced(store: Store) -> None:
    await seen(store)

    silent = await deliver(store, 0)
    done = await deliver(store, 0, pending_after=0)

    assert (silent.last_sync_at, done.last_sync_at) == (None, NOON)


async def test_nothing_can_be_delivered_by_a_device_nobody_knows(store: Store) -> None:
    with pytest.raises(devices.DeviceNotFound):
        await deliver(store, 1)


async def test_devices_in_use_come_newest_seen_first(store: Store) -> None:
    await seen(store, MAC)
    await seen(store, WEB, now=NOON + MINUTE)
    await seen(store, "cli", now=NOON - MINUTE)

    found = await store.ask(queries.devices, ME)

    assert [each.device_id for each in found] == [WEB, MAC, "cli"]


async def test_devices_are_found_by_name_and_by_number_in_one_statement(
    store: Store, statements: list[str]
) -> None:
    made = [await seen(store, f"cli-{at}") for at in range(5)]
    statements.clear()

    by_name = await store.ask(queries.devices_by_name, ME, [*(f"cli-{at}" for at in range(9))])
    by_id = await store.ask(queries.devices_by_id, ME, [each.id for each in made])
    theirs = await store.ask(queries.devices_by_id, OTHER, [each.id for each in made])

    assert by_name == {each.device_id: each for each in made}
    assert by_id == {each.id: each for each in made}
    assert theirs == {}
    assert len(statements) == 3
