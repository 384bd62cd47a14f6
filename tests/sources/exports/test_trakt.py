"""Trakt's files: history and collection as the API writes them, and what is wrong with them."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from rewind_gql.demo.records import Life
from rewind_gql.domains.collecting.tables import Media
from rewind_gql.domains.watching.tables import Watch
from rewind_gql.errors import BadInput
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from rewind_gql.sync.imports import import_file
from tests.sources.exports.conftest import contents
from tests.sources.pretend import rig_on

Make = Callable[..., Path]


def film(trakt: int = 5, **more: Any) -> dict[str, Any]:
    """A film as Trakt writes it."""
    ids = {"trakt": trakt, "slug": "f", "imdb": None, "tmdb": None}
    return {"title": f"Film {trakt}", "year": 1998, "ids": ids, **more}


def played(number: int = 1, **more: Any) -> dict[str, Any]:
    """A line of the history."""
    at = "2026-03-14T21:03:12.000Z"
    return {
        "id": number,
        "watched_at": at,
        "action": "watch",
        "type": "movie",
        "movie": film(),
        **more,
    }


def owned(trakt: int = 5, **more: Any) -> dict[str, Any]:
    """An entry of the collection."""
    return {"collected_at": "2025-11-01T10:00:00.000Z", "movie": film(trakt), **more}


def test_a_history_is_read_and_episodes_are_counted(file: Make) -> None:
    episode = {**played(2), "type": "episode", "episode": {}, "show": {}}
    del episode["movie"]

    found = contents(file(json.dumps([played(), episode])))

    assert (found.formats, found.rejects) == (["trakt-history"], [])
    assert [(w.source_id, w.movie.trakt_id, w.watched_at) for w in found.records] == [
        ("1", 5, datetime(2026, 3, 14, 21, 3, 12, tzinfo=UTC))
    ]
    assert found.notes == ["left out, watches of episodes: 1"]


def test_a_collection_is_read_with_and_without_what_it_is_on(file: Make) -> None:
    uhd = {"media_type": "bluray", "resolution": "uhd_4k", "hdr": "hdr10", "3d": False}

    found = contents(file(json.dumps([owned(1, metadata=uhd), owned(2)])))

    assert found.formats == ["trakt-collection"]
    assert [(each.media.media_type, each.media.hdr) for each in found.records] == [
        ("uhd_bluray", "hdr10"),
        ("bluray", None),
    ]


def test_a_history_is_found_inside_one_large_object(file: Make) -> None:
    whole = {"username": "maren", "followers": [], "history": [played(1), played(2)]}

    found = contents(file(json.dumps(whole)))

    assert (found.formats, len(found.records)) == (["trakt-history"], 2)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ({"watched_at": "yesterday"}, "isoformat"),
        ({"watched_at": "2026-03-14T21:03:12"}, "has no offset"),
        ({"watched_at": None}, "TypeError"),
        ({"id": "one"}, "no number"),
        ({"id": -1}, "no number"),
        ({"id": 10**30}, "no number"),
        ({"movie": None}, "TypeError"),
        ({"movie": film(title="")}, "no name"),
        ({"movie": film(ids={})}, "no number"),
        ({"movie": film(title="x" * 5_000)}, "characters"),
    ],
)
def test_a_line_that_cannot_be_read_is_a_reject(
    file: Make, broken: dict[str, Any], reason: str
) -> None:
    found = contents(file(json.dumps([played(1), played(2, **broken), played(3)])))

    assert [watch.source_id for watch in found.records] == ["1", "3"]
    assert [(place, reason in why) for place, why in found.refused] == [("item 2", True)]


@pytest.mark.parametrize(
    "body",
    ["{}", "[]", '[{"watched_at": 1}]', '[{"collected_at": "x", "show": {}}]', '{"history": {}}'],
)
def test_other_files_are_not_taken_for_these(file: Make, body: str) -> None:
    with pytest.raises(BadInput):
        contents(file(body))


def test_a_file_cut_off_keeps_what_was_whole(file: Make) -> None:
    text = json.dumps([played(1), played(2), played(3)])

    found = contents(file(text[: len(text) - 60]))

    assert [watch.source_id for watch in found.records] == ["1", "2"]
    assert len(found.rejects) == 1


async def test_the_same_watches_by_both_doors_are_stored_once(
    sqlite_store: Store, settings: Callable[..., Settings], life: Life, tmp_path: Path
) -> None:
    async with rig_on(sqlite_store, settings, "trakt", life) as rig:
        source = rig.source()
        rows = (await source.send("GET", "/sync/history/movies", params={"limit": 40})).document
        path = tmp_path / "history-1.json"
        path.write_text(json.dumps(rows), encoding="utf-8")
        await rig.sync("history")
        async with rig.store.write() as conn:
            before = len((await conn.execute(select(col(Watch.id)))).all())

        done = await import_file(rig.deps, 1, path)

        async with rig.store.write() as conn:
            after = len((await conn.execute(select(col(Watch.id)))).all())
        assert (done.status, done.inserted, done.skipped) == ("skipped", 0, 40)
        assert before == after


async def test_an_imported_collection_is_what_the_account_has(
    sqlite_store: Store, settings: Callable[..., Settings], life: Life, tmp_path: Path
) -> None:
    async with rig_on(sqlite_store, settings, "trakt", life) as rig:
        path = tmp_path / "library_collection_movies.json"
        path.write_text(json.dumps([owned(1), owned(2)]), encoding="utf-8")

        done = await import_file(rig.deps, 1, path)

        async with rig.store.write() as conn:
            kinds = (await conn.execute(select(col(Media.media_type)))).scalars().all()
        assert (done.status, done.inserted, kinds) == ("success", 2, ["bluray", "bluray"])
