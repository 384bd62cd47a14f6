"""What a database holds beside what it ought to hold, counted by SQL of the tests' own."""

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from rewind_gql.clock import seconds
from rewind_gql.demo.life import Life
from rewind_gql.domains.listening import derive
from rewind_gql.store import migrate
from rewind_gql.store.engine import Store, parse_url, sqlite_path
from rewind_gql.sync import inspection
from tests.databases import ME

PLAYS = """
    SELECT artist.name, coalesce(album.name, ''), track.name, {second}
    FROM listening_play play
    JOIN listening_track track ON track.id = play.track_id
    JOIN listening_artist artist ON artist.id = track.artist_id
    LEFT JOIN listening_album album ON album.id = play.album_id
"""
SECOND = {
    "sqlite": "play.played_at / 1000000",
    "postgresql": "extract(epoch FROM play.played_at)::bigint",
}
COPIES = "SELECT instance_id FROM collecting_item"
WANTS = """
    SELECT release.discogs_id
    FROM collecting_want JOIN collecting_release release ON release.id = release_id
"""
LEDGER = {
    "runs without exactly one last event": """
        SELECT run.id FROM sync_run run LEFT JOIN sync_event event
        ON event.run_id = run.id AND event.ended_at IS NOT NULL
        GROUP BY run.id HAVING count(event.seq) <> 1
    """,
    "runs that have not ended": "SELECT id FROM sync_run WHERE ended_at IS NULL",
    "parts in progress": "SELECT run_id FROM sync_run_part WHERE status = 'in_progress'",
    "runs that are not the sum of their parts": """
        SELECT run.id FROM sync_run run JOIN sync_run_part part ON part.run_id = run.id
        GROUP BY run.id
        HAVING sum(part.inserted) <> max(run.items_inserted)
            OR sum(part.updated) <> max(run.items_updated)
            OR sum(part.skipped) <> max(run.items_skipped)
    """,
    "gaps in the events": """
        SELECT count(*) FROM sync_event
        HAVING count(*) <> max(seq) OR count(*) <> (SELECT last_seq FROM sync_counter)
    """,
}


async def rows(url: str, sql: str) -> list[tuple[Any, ...]]:
    """What a statement answers, without a line of the product's own code."""
    if url.startswith("sqlite"):
        path = url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(f"file:{path}?mode=rw", uri=True)) as connection:
            return connection.execute(sql).fetchall()
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


@dataclass
class Verdict:
    """How many processes were killed, and what the databases they left behind are short of."""

    kills: int = 0
    rounds: int = 0
    lost: int = 0
    doubled: int = 0
    faults: list[str] = field(default_factory=list)
    takeovers_s: list[float] = field(default_factory=list)
    moments: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: "Verdict") -> "Verdict":
        return Verdict(
            self.kills + other.kills,
            self.rounds + other.rounds,
            self.lost + other.lost,
            self.doubled + other.doubled,
            self.faults + other.faults,
            self.takeovers_s + other.takeovers_s,
            self.moments + other.moments,
        )

    def __str__(self) -> str:
        longest = f", longest takeover {max(self.takeovers_s):.1f} s" if self.takeovers_s else ""
        return (
            f"{self.kills} kills in {self.rounds} rounds: {self.lost} rows lost, "
            f"{self.doubled} doubled, {len(self.faults)} faults{longest}"
        )

    @property
    def at(self) -> str:
        """What the killed processes were doing, most often first."""
        return ", ".join(f"{doing} {times}" for doing, times in self.moments.most_common())

    @property
    def clean(self) -> bool:
        """Whether nothing is missing, nothing too many and nothing contradicts itself."""
        return not (self.lost or self.doubled or self.faults)


async def judge(url: str, someone: Life, *, shelf: bool) -> Verdict:
    """What is wrong with a database that ought to hold this life; without its shelf if so said."""
    verdict = Verdict(rounds=1)
    kind = "sqlite" if url.startswith("sqlite") else "postgresql"
    _compare(verdict, _plays(someone), await rows(url, PLAYS.format(second=SECOND[kind])))
    if shelf:
        _compare(verdict, [(copy.instance_id,) for copy in someone.copies], await rows(url, COPIES))
        wanted = [(want.sleeve.release_id,) for want in someone.wants]
        _compare(verdict, wanted, await rows(url, WANTS))
    for words, sql in LEDGER.items():
        if found := await rows(url, sql):
            verdict.faults.append(f"{words}: {found[:5]}")
    verdict.faults += await _own_words(url)
    return verdict


def _plays(someone: Life) -> list[tuple[Any, ...]]:
    return [(each.artist, each.album, each.track, seconds(each.at)) for each in someone.listens]


def _compare(verdict: Verdict, wanted: list[tuple[Any, ...]], found: list[tuple[Any, ...]]) -> None:
    ought, holds = Counter(wanted), Counter(found)
    verdict.lost += (ought - holds).total()
    verdict.doubled += (holds - ought).total()


async def _own_words(url: str) -> list[str]:
    """What the product's own checks find: counts, ledger, and the file itself."""
    store = await Store.open(url)
    try:
        found = await store.ask(derive.drift, ME) + await store.ask(inspection.faults, ME)
    finally:
        await store.close()
    if store.dialect == "sqlite":
        found += migrate.integrity(sqlite_path(parse_url(url)))
    return found
