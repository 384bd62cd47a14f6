"""Preferences: what each may be, whose word stands, and what was overwritten."""

from datetime import date
from typing import Any

import pytest

from rewind_gql.domains.focus import preferences, queries
from rewind_gql.errors import BadInput
from rewind_gql.store.engine import Store
from tests.databases import ME, OTHER
from tests.domains.focus.made import (
    HOUR,
    MAC,
    NOON,
    WEB,
    counted,
    move,
    prefer,
    send,
    session,
)


async def change(
    store: Store, values: dict[str, Any], *, device_id: str = MAC, base_version: int | None = None
) -> Any:
    """Set preferences, and give all that comes of it."""
    async with store.write() as conn:
        return await preferences.change(
            conn, ME, values, device_id=device_id, base_version=base_version, now=NOON
        )


async def test_before_the_first_change_there_are_defaults(store: Store) -> None:
    found = await store.ask(queries.preferences, ME)

    assert (found.version, found.updated_at) == (0, None)
    assert set(found.values) == set(preferences.FIELDS)
    assert found.values["default_duration"] == 25
    assert found.values["timezone"] == "Europe/Oslo"
    for name, field in preferences.FIELDS.items():
        assert field.check(name, found.values[name]) == found.values[name]


async def test_a_change_is_kept_as_the_next_version(store: Store) -> None:
    await prefer(store, daily_goal=10)

    after = await prefer(store, sound_enabled=False, theme_preference="dark", now=NOON + HOUR)

    assert after == await store.ask(queries.preferences, ME)
    assert (after.values["daily_goal"], after.values["sound_enabled"]) == (10, False)
    assert (after.values["theme_preference"], after.version) == ("dark", 2)
    assert after.updated_at == NOON + HOUR


async def test_setting_what_is_set_already_changes_nothing(store: Store) -> None:
    await prefer(store, daily_goal=10)

    after = await prefer(store, daily_goal=10, now=NOON + HOUR)

    assert (after.version, after.updated_at) == (1, NOON)


async def test_setting_a_default_is_a_change(store: Store) -> None:
    after = await prefer(store, default_duration=25)

    assert after.version == 1


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("daily_goal", 0, "daily_goal must be between 1 and 20"),
        ("daily_goal", 21, "daily_goal must be between 1 and 20"),
        ("daily_goal", "8", "daily_goal must be between 1 and 20"),
        ("daily_goal", 4.5, "daily_goal must be between 1 and 20"),
        ("daily_goal", True, "daily_goal must be between 1 and 20"),
        ("daily_goal", None, "daily_goal must be between 1 and 20"),
        ("daily_goal", float("nan"), "daily_goal must be between 1 and 20"),
        ("default_duration", 4, "default_duration must be between 5 and 120"),
        ("short_break_duration", 31, "short_break_duration must be between 1 and 30"),
        ("long_break_duration", 61, "long_break_duration must be between 5 and 60"),
        (
            "notification_sound",
            "gong",
            "notification_sound must be chime, bell, soft or none",
        ),
        ("theme_preference", [], "theme_preference must be light, dark or auto"),
        ("focus_mode", "Strict", "focus_mode must be relaxed, normal or strict"),
        ("timezone", "Oslo", "timezone must be an IANA time zone, such as Europe/Oslo"),
        ("timezone", "", "timezone must be an IANA time zone, such as Europe/Oslo"),
        ("timezone", "../../etc/passwd", "timezone must be an IANA time zone, such as Europe/Oslo"),
        ("auto_start_breaks", 1, "auto_start_breaks must be true or false"),
    ],
)
def test_a_value_out_of_range_is_refused_in_words(name: str, value: Any, words: str) -> None:
    with pytest.raises(BadInput) as refused:
        preferences.FIELDS[name].check(name, value)

    assert (refused.value.message, refused.value.path) == (words, name)


@pytest.mark.parametrize(
    ("name", "edges"),
    [
        ("daily_goal", (1, 20)),
        ("default_duration", (5, 120)),
        ("short_break_duration", (1, 30)),
        ("long_break_duration", (5, 60)),
    ],
)
def test_both_ends_of_a_range_are_in_it(name: str, edges: tuple[int, int]) -> None:
    assert [preferences.FIELDS[name].check(name, float(edge)) for edge in edges] == [*edges]


async def test_one_wrong_value_keeps_all_others_out(store: Store) -> None:
    with pytest.raises(BadInput):
        await change(store, {"sound_enabled": False, "daily_goal": 99})

    assert (await store.ask(queries.preferences, ME)).version == 0


async def test_names_nobody_knows_are_said_back(store: Store) -> None:
    after, ignored, _ = await change(store, {"colour": "red", "daily_goal": 9, "font": 1})

    assert ignored == ["colour", "font"]
    assert after.values["daily_goal"] == 9


async def test_the_last_writer_wins_field_by_field(store: Store) -> None:
    await change(store, {"daily_goal": 9, "focus_mode": "strict"})

    after, _, conflicts = await change(store, {"daily_goal": 12}, device_id=WEB)

    assert (after.values["daily_goal"], after.values["focus_mode"]) == (12, "strict")
    assert conflicts == []


async def test_overwriting_what_another_device_changed_meanwhile_is_noted(store: Store) -> None:
    await change(store, {"daily_goal": 9, "focus_mode": "strict"})
    await change(store, {"daily_goal": 12}, device_id=WEB)

    after, _, conflicts = await change(store, {"daily_goal": 15}, base_version=1)

    assert after.values["daily_goal"] == 15
    (conflict,) = (await store.ask(queries.conflicts_by_id, ME, conflicts)).values()
    assert (conflict.type, conflict.state) == ("preference_conflict", "resolved")
    assert conflict.resolved_by == "auto"
    (member,) = (await store.ask(queries.members_by_conflict, ME, conflicts))[conflict.id]
    assert member.variant == {"field": "daily_goal", "old": 12, "new": 15}


@pytest.mark.parametrize(
    ("values", "device_id", "base_version"),
    [
        ({"daily_goal": 15}, MAC, 2),
        ({"daily_goal": 15}, WEB, 1),
        ({"daily_goal": 12}, MAC, 1),
        ({"focus_mode": "normal"}, MAC, 1),
    ],
    ids=["it was seen", "its own change", "the same value", "another field"],
)
async def test_nothing_is_noted_where_nothing_was_overwritten(
    store: Store, values: dict[str, Any], device_id: str, base_version: int
) -> None:
    await change(store, {"focus_mode": "strict", "daily_goal": 9})
    await change(store, {"daily_goal": 12}, device_id=WEB)

    _, _, conflicts = await change(store, values, device_id=device_id, base_version=base_version)

    assert conflicts == []


async def test_another_time_zone_counts_every_day_again(store: Store) -> None:
    await send(store, session(NOON.replace(hour=23, minute=30)))  # 00:30 the next day in Oslo
    before = await counted(store)

    await prefer(store, timezone="America/New_York")

    assert list(before) == [(date(2025, 3, 13), "focus", "Thesis", "work")]
    assert list(await counted(store)) == [(date(2025, 3, 12), "focus", "Thesis", "work")]


async def test_the_persons_own_zone_stands_until_one_is_set(store: Store) -> None:
    await move(store, "Asia/Tokyo")
    before = await store.ask(queries.zone, ME)

    await prefer(store, timezone="America/New_York")

    assert before.key == "Asia/Tokyo"
    assert (await store.ask(queries.zone, ME)).key == "America/New_York"
    assert (await store.ask(queries.zone, OTHER)).key == "Europe/Oslo"


async def test_today_is_the_day_where_the_person_is(store: Store) -> None:
    late = NOON.replace(hour=23, minute=30)

    assert await store.ask(queries.today, ME, now=late) == date(2025, 3, 13)


async def test_preferences_of_one_person_are_not_anothers(store: Store) -> None:
    await prefer(store, daily_goal=10)

    theirs = await store.ask(queries.preferences, OTHER)

    assert (theirs.version, theirs.values["daily_goal"]) == (0, 8)
