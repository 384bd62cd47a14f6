"""Who was asked for pictures by the runs that look for them, and how that went."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from annotated_doc import Doc
from sqlalchemy import bindparam, select
from sqlmodel import col

from rewind_gql.store.columns import Utc
from rewind_gql.store.read import Conn, Read
from rewind_gql.sync.ledger.words import PICTURES
from rewind_gql.sync.tables import Event


@dataclass(slots=True, kw_only=True)
class Asked:
    """How one source of pictures answered."""

    source: Annotated[str, Doc("As the order of finders has it, such as deezer.")]
    asked: Annotated[int, Doc("Things it was asked about.")]
    found: Annotated[int, Doc("Of them, those it had the picture of.")]
    none: Annotated[int, Doc("Those it had none of.")]
    unfit: Annotated[int, Doc("Those of which it had another one, or none that can be kept.")]
    failed: Annotated[int, Doc("Times it could not be asked.")]
    mean_ms: Annotated[int, Doc("Milliseconds a thing took, pauses and the download included.")]

    @property
    def error_rate(self) -> float:
        """The share of times it could not be asked, 0 to 1."""
        return self.failed / self.asked if self.asked else 0.0


_TOLD: Read[dict[str, Any]] = Read(
    select(col(Event.meta)).where(
        col(Event.user_id) == bindparam("user_id"),
        col(Event.ts) >= bindparam("since", type_=Utc),
        col(Event.provider) == PICTURES,
    ),
    dict,
)


async def asked(conn: Conn, user_id: int, *, since: datetime) -> list[Asked]:
    """Every source that was asked in a run since then, by its name.

    Source: the events of the runs; what somebody waited for in between is not among them.
    """
    counts: dict[str, Counter[str]] = {}
    for meta in await conn.rows(_TOLD, user_id=user_id, since=since):
        for source, told in meta.get("asked", {}).items():
            counts.setdefault(source, Counter()).update(told)
    return [_summed(source, counts[source]) for source in sorted(counts)]


def _summed(source: str, counted: Counter[str]) -> Asked:
    ms = counted.pop("ms", 0)
    total = counted.total()
    return Asked(
        source=source,
        asked=total,
        found=counted["found"],
        none=counted["none"],
        unfit=counted["unfit"],
        failed=counted["failed"],
        mean_ms=round(ms / total) if total else 0,
    )
