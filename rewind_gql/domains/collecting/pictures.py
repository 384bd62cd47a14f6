"""What is known to find covers of releases by; they are known by their ids at Discogs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sqlalchemy import exists, func, select
from sqlmodel import col

from rewind_gql.domains.base import Pictured, numbers
from rewind_gql.domains.collecting.columns import mine
from rewind_gql.domains.collecting.tables import Item, Release
from rewind_gql.images.records import Thing
from rewind_gql.store.columns import among
from rewind_gql.store.read import Conn, Read

DOMAIN = "collecting"
RELEASES = "releases"


@dataclass(slots=True, kw_only=True)
class _Facts:
    discogs_id: int
    title: str
    year: int | None
    credits: list[dict[str, Any]]


_RELEASES = Read(
    select(col(Release.discogs_id), col(Release.title), col(Release.year), col(Release.credits))
    .where(mine(Release), among(col(Release.discogs_id), "ids")),
    _Facts,
)  # fmt: skip
_NEWEST = (
    select(func.max(col(Item.added_at)))
    .where(col(Item.release_id) == col(Release.id))
    .scalar_subquery()
)
_OWNED = exists().where(col(Item.release_id) == col(Release.id))
# First what is owned, the newest first; then what is wanted.
_IDS = Read(
    select(col(Release.discogs_id))
    .where(mine(Release))
    .order_by(_OWNED.desc(), _NEWEST.desc(), col(Release.id)),
    int,
)


async def releases(conn: Conn, user_id: int, ids: Sequence[str]) -> dict[str, Thing]:
    """What is known of releases, owned or wanted, by their ids at Discogs."""
    found = await conn.rows(_RELEASES, user_id=user_id, ids=numbers(ids))
    return {str(facts.discogs_id): _thing(facts) for facts in found}


async def release_ids(conn: Conn, user_id: int) -> list[str]:
    """Every release by its id at Discogs: owned ones, newest added first, then wanted ones."""
    return [str(each) for each in await conn.rows(_IDS, user_id=user_id)]


def _thing(facts: _Facts) -> Thing:
    return Thing(
        domain=DOMAIN,
        entity_type=RELEASES,
        entity_id=str(facts.discogs_id),
        artist=_credited(facts.credits),
        title=facts.title,
        year=facts.year,
        discogs_id=str(facts.discogs_id),
    )


def _credited(credits_: Sequence[dict[str, Any]]) -> str:
    """The artists as the sleeve joins them; where it is not known how, the last by an ampersand."""
    text = ""
    for at, credit in enumerate(credits_):
        text += credit["name"]
        if at + 1 < len(credits_):
            mark = (credit.get("join") or ("&" if at + 2 == len(credits_) else ",")).strip()
            text += f"{mark} " if mark == "," else f" {mark} "
    return text


PICTURES: Mapping[str, Pictured] = MappingProxyType({RELEASES: Pictured(releases, release_ids)})
