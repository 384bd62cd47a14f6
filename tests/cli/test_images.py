"""`rewind images`: found, counted, looked after, gone on with after Ctrl-C."""

import json
import signal
import sqlite3
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rewind_gql.demo.upstreams import itunes
from rewind_gql.demo.upstreams.effects import stall, too_many
from rewind_gql.demo.upstreams.faults import Faults
from rewind_gql.demo.upstreams.serving import serve
from rewind_gql.store.engine import Store
from tests.cli.world import PATIENCE_S, Ran, begin, rewind
from tests.sync.pictured import ORDER, heard, sold

COUNT = 14


@dataclass
class Shelf:
    """A folder with albums in its database, and the settings that lead to a shop with covers."""

    folder: Path
    faults: Faults
    settings: dict[str, str]

    def images(self, *arguments: str) -> Ran:
        """Run one of the commands."""
        return rewind("images", *arguments, folder=self.folder, **self.settings)

    def json(self, *arguments: str) -> Any:
        """What one prints for machines."""
        return json.loads(self.images(*arguments, "--json").out)

    def rows(self, question: str) -> list[Any]:
        """What its database answers."""
        with sqlite3.connect(self.folder / "data" / "rewind.db") as made:
            return made.execute(question).fetchall()


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Shelf]:
    """Albums nobody has looked for the pictures of."""
    done = rewind("images", "status", folder=tmp_path)
    assert done.code == 0, done.said
    store = await Store.open(f"sqlite:///{tmp_path / 'data' / 'rewind.db'}")
    await heard(store, COUNT)
    await store.close()
    faults = Faults()
    with serve(itunes.app(sold(COUNT), faults)) as url:
        names = ("LASTFM_BASE_URL", "DISCOGS_BASE_URL", "ITUNES_BASE_URL")
        yield Shelf(
            tmp_path,
            faults,
            {
                **dict.fromkeys(names, url),
                "REWIND_UNPACED": "1",
                "REWIND_IMAGE_ORDER": ORDER,
                "REWIND_IMAGE_PRIVATE_ORIGINS": url,
            },
        )


async def test_missing_pictures_are_found(shelf: Shelf) -> None:
    done = shelf.images("backfill")

    assert done.code == 0
    assert f"listening pictures: success: {COUNT} new" in done.err
    assert "listening albums" in done.out
    assert "0.0%" in done.out


async def test_machines_are_told_of_runs_and_kinds(shelf: Shelf) -> None:
    told = shelf.json("backfill", "--domain", "listening", "--limit", "3")

    [run] = told["runs"]
    assert (run["provider"], run["items_inserted"]) == ("images", 3)
    [albums] = [each for each in told["kinds"] if each["entity_type"] == "albums"]
    assert (albums["things"], albums["pictures"], albums["unseen"]) == (COUNT, 3, COUNT - 3)
    assert albums["missing_share"] == round(1 - 3 / COUNT, 4)


async def test_failed_ones_are_tried_again_on_request(shelf: Shelf) -> None:
    shelf.faults.add(too_many(3_600), match="/search", times=None)
    outage = shelf.images("backfill")
    shelf.faults.clear()

    due = shelf.json("backfill")
    failed = shelf.json("backfill", "--failed")

    assert (outage.code, due["runs"][0]["items_processed"]) == (1, 0)
    assert failed["runs"][0]["items_inserted"] == COUNT


async def test_stopped_by_ctrl_c_the_next_one_goes_on(shelf: Shelf) -> None:
    shelf.faults.add(stall(60), match="Side+13", times=None)
    first = begin("images", "backfill", folder=shelf.folder, **shelf.settings)
    _until(shelf, "SELECT 1 FROM sync_run WHERE items_processed >= 10")

    first.send_signal(signal.SIGINT)
    first.communicate(timeout=PATIENCE_S)
    shelf.faults.clear()
    second = shelf.images("backfill", "--domain", "listening")

    assert first.returncode == 130
    assert second.code == 0
    assert shelf.rows("SELECT count(*) FROM images_picture WHERE content_hash IS NOT NULL") == [
        (COUNT,)
    ]
    assert len(shelf.rows("SELECT id FROM sync_run WHERE domain = 'listening'")) == 1


async def test_status_counts_without_looking(shelf: Shelf) -> None:
    told = shelf.json("status")

    assert [each["entity_type"] for each in told] == ["albums", "artists", "releases", "movies"]
    assert (told[0]["things"], told[0]["pictures"], told[0]["due"]) == (COUNT, 0, COUNT)
    assert shelf.faults.count() == 0


async def test_damage_is_found_and_repaired(shelf: Shelf) -> None:
    shelf.images("backfill", "--domain", "listening", "--limit", "2")
    kept = sorted((shelf.folder / "data" / "images").rglob("originals/*/*"))
    kept[0].write_bytes(b"other")

    found = shelf.images("check")
    mended = shelf.images("check", "--repair")
    after = shelf.json("check")

    assert (found.code, "1 damaged" in found.out) == (1, True)
    assert (mended.code, "1 fetched again" in mended.out) == (0, True)
    assert (after["checked"], after["damaged"]) == (2, [])


async def test_while_the_store_is_away_nothing_is_touched(shelf: Shelf) -> None:
    shelf.images("backfill", "--domain", "listening", "--limit", "2")
    originals = shelf.folder / "data" / "images" / "originals"
    away = originals.rename(shelf.folder / "away")
    question = "SELECT * FROM images_picture ORDER BY id"
    before, asked = shelf.rows(question), shelf.faults.count()

    done = shelf.images("check", "--repair")

    assert (done.code, "seems to be away" in done.out) == (1, True)
    assert (shelf.rows(question), shelf.faults.count()) == (before, asked)
    away.rename(originals)
    assert shelf.json("check")["damaged"] == []


async def test_by_force_what_the_store_does_not_have_is_fetched_again(shelf: Shelf) -> None:
    shelf.images("backfill", "--domain", "listening", "--limit", "2")
    (shelf.folder / "data" / "images" / "originals").rename(shelf.folder / "away")

    done = shelf.images("check", "--repair", "--force")

    assert (done.code, "2 fetched again" in done.out) == (0, True)
    assert "let go of" in done.err


async def test_pictures_are_measured_anew_where_the_rules_changed(shelf: Shelf) -> None:
    shelf.images("backfill", "--domain", "listening", "--limit", "2")
    with sqlite3.connect(shelf.folder / "data" / "rewind.db") as made:
        made.execute("UPDATE images_blob SET analysis_version = 0, thumbhash = NULL")

    done = shelf.images("remeasure")

    assert (done.code, done.out) == (0, "2 measured anew, 0 could not be read\n")
    assert shelf.rows("SELECT count(*) FROM images_blob WHERE thumbhash IS NULL") == [(0,)]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("backfill", "--missing", "--failed"), "not both"),
        (("check", "--force"), "goes with --repair"),
        (("backfill", "--domain", "focus"), "there are of listening, collecting"),
    ],
)
def test_what_makes_no_sense_is_refused(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    done = rewind("images", *arguments, folder=tmp_path)

    assert done.code == 1
    assert words in done.err


@pytest.mark.parametrize("limit", ["0", "99999999999999999999"])
def test_a_limit_out_of_range_is_refused(tmp_path: Path, limit: str) -> None:
    done = rewind("images", "backfill", "--limit", limit, folder=tmp_path)

    assert done.code == 2
    assert "--limit" in done.err


def _until(shelf: Shelf, question: str) -> None:
    """Wait until the database answers something."""
    end = time.monotonic() + PATIENCE_S
    while not shelf.rows(question):
        assert time.monotonic() < end
        time.sleep(0.02)
