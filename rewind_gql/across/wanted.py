"""Which things still want a picture, and how far the finding of them has come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from annotated_doc import Doc

from rewind_gql.across.pictures import albums_of
from rewind_gql.domains import DOMAINS
from rewind_gql.domains.base import Domain
from rewind_gql.images import queries
from rewind_gql.images.pipeline import Outcome, Pipeline
from rewind_gql.images.queries import Seen, Which
from rewind_gql.images.records import Key, Thing
from rewind_gql.store.read import Conn


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A thing to find a picture for.

    `things` are those whose picture it may have, first to last, itself last. `is_there` is whether
    it has one, which may get a better one, and `version` that one's.
    """

    things: tuple[Thing, ...]
    is_there: bool = False
    version: int = 0

    @property
    def thing(self) -> Thing:
        """The thing itself."""
        return self.things[-1]


@dataclass(slots=True, kw_only=True)
class Census:
    """How many things of a kind have a picture, and why the others have none."""

    domain: Annotated[str, Doc("Such as listening.")]
    entity_type: Annotated[str, Doc("Such as albums.")]
    things: Annotated[int, Doc("Things that are not hidden.")] = 0
    pictures: Annotated[int, Doc("Of them, those with a picture.")] = 0
    none: Annotated[int, Doc("Those for which nobody has one.")] = 0
    unfit: Annotated[int, Doc("Those for which nobody has a fit one.")] = 0
    failed: Annotated[int, Doc("Those whose search was cut short.")] = 0
    unseen: Annotated[int, Doc("Those never looked for.")] = 0
    due: Annotated[int, Doc("Those that are looked for by the next run.")] = 0

    @property
    def missing_share(self) -> float:
        """The share of things without a picture, 0 to 1."""
        return (self.things - self.pictures) / self.things if self.things else 0.0


@dataclass(frozen=True, slots=True)
class _Surveyed:
    """A thing, what is known of its picture, and the album it is, whose picture it has."""

    thing: Thing
    seen: Seen | None
    album: Thing | None
    lent: bool

    @property
    def is_there(self) -> bool:
        return self.lent or (self.seen is not None and self.seen.is_there)


async def wanted(
    conn: Conn,
    user_id: int,
    domain: str,
    kind: str,
    *,
    now: datetime,
    which: Which = "missing",
    before: datetime | None = None,
) -> list[Wanted]:
    """The things of a kind that a picture is to be looked for by now, the most wanted first.

    `which` and `before` are those of `images.queries.wants`. A release that is an album with a
    picture is not among them, for it has that one.
    Source: three statements, and two more for releases, however many things there are.
    """
    return [
        Wanted(
            things=(each.album, each.thing) if each.album else (each.thing,),
            is_there=each.is_there,
            version=each.seen.version if each.seen else 0,
        )
        for each in await _survey(conn, user_id, domain, kind)
        if not each.lent and queries.wants(each.thing, each.seen, now, which=which, before=before)
    ]


async def find(
    pipeline: Pipeline, user_id: int, things: Sequence[Thing], *, force: bool = False
) -> Outcome:
    """The first picture that is found of these, looked for as `Pipeline.find` does.

    Where there is none, what came of the last of them.
    """
    outcome = Outcome(outcome="none")
    for thing in things:
        outcome = await pipeline.find(user_id, thing, force=force)
        if outcome.image:
            break
    return outcome


async def census(conn: Conn, user_id: int, *, now: datetime) -> list[Census]:
    """How matters stand with the pictures of every kind of thing that has some, by domain."""
    return [
        await _census(conn, user_id, domain, kind, now)
        for domain, card in DOMAINS.items()
        for kind in card.pictures
    ]


async def _census(conn: Conn, user_id: int, domain: str, kind: str, now: datetime) -> Census:
    counted = Census(domain=domain, entity_type=kind)
    for each in await _survey(conn, user_id, domain, kind):
        counted.things += 1
        if each.is_there:
            counted.pictures += 1
        elif each.seen is None:
            counted.unseen += 1
        elif each.seen.outcome == "failed":
            counted.failed += 1
        elif each.seen.outcome == "unfit":
            counted.unfit += 1
        else:
            counted.none += 1
        counted.due += not each.lent and queries.wants(each.thing, each.seen, now)
    return counted


async def _survey(conn: Conn, user_id: int, domain: str, kind: str) -> list[_Surveyed]:
    """Every thing of a kind worth a picture, in the order of its domain."""
    card: Domain = DOMAINS[domain]
    pictured = card.pictures[kind]
    ids = await pictured.ids(conn, user_id)
    known = await pictured.things(conn, user_id, ids)
    things = [known[each] for each in ids if each in known]
    albums = await albums_of(conn, user_id, [thing.key for thing in things])
    # The pictures of the albums that are lent come in the same statement.
    keys = {thing.key for thing in things} | {album.key for album in albums.values()}
    seen = await queries.seen(conn, user_id, keys)
    return [_surveyed(thing, seen, albums.get(thing.key)) for thing in things]


def _surveyed(thing: Thing, seen: dict[Key, Seen], album: Thing | None) -> _Surveyed:
    lender = seen.get(album.key) if album else None
    own = seen.get(thing.key)
    chosen = own is not None and own.is_override
    lent = lender is not None and lender.is_there and not chosen
    return _Surveyed(thing, own, album, lent)
