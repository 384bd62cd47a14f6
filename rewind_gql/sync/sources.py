"""What can be synced here: sources registered from the settings and built for a run."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

from pydantic import SecretStr
from sqlalchemy import bindparam, or_, select, update
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.errors import BadSettings, SourceDenied
from rewind_gql.settings import Settings, variable
from rewind_gql.sources import SOURCES
from rewind_gql.sources.base import Source as Card
from rewind_gql.store.columns import among
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Read
from rewind_gql.store.upsert import upsert
from rewind_gql.sync import ledger, tokens
from rewind_gql.sync.deps import Deps
from rewind_gql.sync.ledger.words import PICTURES
from rewind_gql.sync.tables import Source

KEY = ("user_id", "provider", "account", "domain", "sync_type")

A = TypeVar("A")
P = ParamSpec("P")
S = TypeVar("S", bound=Card)


_REGISTERED: Read[tuple[int, str, str]] = Read(
    select(col(Source.id), col(Source.provider), col(Source.account)).where(
        col(Source.user_id) == bindparam("user_id"), col(Source.provider) != PICTURES
    )
)


def account(settings: Settings, card: type[Card]) -> str:
    """The account at the provider, empty where the settings leave it to the provider."""
    return str(getattr(settings, card.account_setting, None) or "")


def missing(settings: Settings, card: type[Card]) -> list[str]:
    """The environment variables that a source still needs."""
    return [variable(name) for name in lacking(card, lambda name: getattr(settings, name, None))]


def lacking(card: type[Card], given: Callable[[str], Any]) -> list[str]:
    """The settings a source still needs; of groups one of which would do, those of the first."""
    found = [name for name in card.needs if not given(name)]
    groups = card.needs_one_of
    if groups and not any(all(map(given, group)) for group in groups):
        found += [name for name in groups[0] if not given(name)]
    return found


def options(settings: Settings, card: type[Card]) -> tuple[dict[str, str], list[str]]:
    """The provider's settings as text, and the values among them that are secret."""
    found: dict[str, str] = {}
    secrets: list[str] = []
    names = [name for name in type(settings).model_fields if name.startswith(f"{card.name}_")]
    groups = [name for group in card.needs_one_of for name in group]
    for name in dict.fromkeys([*names, *card.needs, *groups]):
        value: Any = getattr(settings, name, None)
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
            secrets.append(value)
        if value is not None:
            found[name] = str(value)
    return found, secrets


async def register(
    conn: Writing,
    user_id: int,
    settings: Settings,
    *,
    cards: Mapping[str, type[Card]] = SOURCES,
) -> None:
    """Make `sync_source` rows for every provider the settings name. Safe to run at every start.

    New sources are due at once, in the order their streams are written in. A provider one connects
    with is registered once somebody has. One that waited for credentials is tried again; one whose
    settings are gone leaves the schedule.
    """
    connected = await tokens.connected(conn, user_id)
    configured = [
        card
        for card in cards.values()
        if not missing(settings, card) and (card.sign_in is None or card.name in connected)
    ]
    rows = [row for card in configured for row in _rows(user_id, settings, card)]
    await upsert(conn, Source, rows, key=KEY, update=("interval_s",))
    known = {(card.name, account(settings, card)) for card in configured}
    registered = await conn.rows(_REGISTERED, user_id=user_id)
    here = [at for at, provider, name in registered if (provider, name) in known]
    gone = [at for at, provider, name in registered if (provider, name) not in known]
    mine = col(Source.user_id) == user_id
    waiting = col(Source.pause_reason) == "auth_required"
    back = {"paused": False, "pause_reason": None, "next_due_at": clock.now()}
    listed = among(col(Source.id), "ids")
    again = or_(waiting, col(Source.next_due_at).is_(None))
    await conn.execute(
        update(Source).where(mine, listed, again, _not_manual()).values(**back), {"ids": here}
    )
    await conn.execute(update(Source).where(mine, listed).values(next_due_at=None), {"ids": gone})


def _rows(user_id: int, settings: Settings, card: type[Card]) -> list[dict[str, Any]]:
    """A new row for each sync type of a source."""
    now = clock.now()
    return [
        {
            "user_id": user_id,
            "provider": card.name,
            "account": account(settings, card),
            "domain": card.domain,
            "sync_type": sync_type,
            "interval_s": int(every.total_seconds()),
            "cursor": {},
            "checkpoint": {},
            "next_due_at": now + place * clock.MICROSECOND,
            "paused": False,
            "consecutive_failures": 0,
        }
        for place, (sync_type, every) in enumerate(_types(card, settings).items())
    ]


def _not_manual() -> Any:
    return or_(col(Source.pause_reason).is_(None), col(Source.pause_reason) != "manual")


def _types(card: type[Card], settings: Settings) -> dict[str, timedelta]:
    """The sync types of a source, each with the shortest interval of its streams."""
    found: dict[str, timedelta] = {}
    for stream in card.streams():
        if not all(getattr(settings, name, None) for name in stream.needs):
            continue
        found[stream.sync_type] = min(stream.every, found.get(stream.sync_type, stream.every))
    return found


async def build(deps: Deps, claimed: ledger.Claimed) -> Card:
    """The source a run works with. Raises `SourceDenied` when its settings are not there."""
    card = deps.sources.get(claimed.provider)
    if card is None:
        raise SourceDenied(f"There is no source named {claimed.provider}", code="unknown_source")
    return await ready(deps, claimed.user_id, card, claimed.account or "")


async def ready(deps: Deps, user_id: int, card: type[S], account_: str) -> S:
    """A source to ask for one account, with a token that is good for a while where it has one.

    Raises `SourceDenied` when its settings are not there or its account is not connected.
    """
    found, secrets = options(deps.settings, card)
    try:
        sealed = await deps.store.ask(
            deps.vault.of_account, user_id, provider=card.name, account=account_
        )
    except BadSettings as locked:
        raise SourceDenied(locked.message, code="sealed") from locked
    given = found | {name: sealed[name] for name in sealed.keys() - tokens.NAMES}
    if lacks := [variable(name) for name in lacking(card, given.get)]:
        raise SourceDenied(f"{card.name} needs {', '.join(lacks)}", code="not_configured")
    client = deps.clients.get(
        card.name,
        account_,
        given.get(card.base_url_setting) or card.base_url,
        pace=None if deps.settings.unpaced else card.pace,
    )

    async def ask(
        query: Callable[Concatenate[Any, int, P], Any], /, *args: P.args, **kw: P.kwargs
    ) -> Any:
        return await deps.store.ask(query, user_id, *args, **kw)

    token, renew = "", None
    if card.sign_in is not None:
        renew = partial(tokens.fresh, deps, tokens.account(deps, user_id, card, account_, given))
        token = await renew()
    return card(
        client,
        ask,
        account=account_,
        options=given,
        secrets=[*secrets, *sealed.values()],
        token=token,
        renew=renew,
    )
