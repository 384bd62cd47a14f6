"""`rewind doctor`: check settings, database, counts and ledger."""

import asyncio
import stat
from dataclasses import asdict, dataclass
from typing import Literal

import typer

from rewind_gql.auth import documents
from rewind_gql.cli import options
from rewind_gql.cli.session import opened
from rewind_gql.domains.focus import derive as focus
from rewind_gql.domains.listening import derive
from rewind_gql.errors import BadInput, BadSettings
from rewind_gql.settings import Settings
from rewind_gql.sources import SOURCES
from rewind_gql.store import migrate
from rewind_gql.store.engine import Store, parse_url, sqlite_path
from rewind_gql.sync import inspection, tokens
from rewind_gql.sync import sources as registry
from rewind_gql.sync.credentials import Vault
from schema.documents import operations_in
from schema.root import schema

app = options.command()

LEDGER_REMEDY = "a lost run is mended by a running server, or by the next sync or import"
SIGNS = {"ok": ("✓", "green"), "note": ("•", "yellow"), "bad": ("✗", "red")}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: how it is, and what to do about it."""

    what: str
    state: Literal["ok", "note", "bad"]
    words: str


@app.command()
def run(data_dir: options.DataDir = None, as_json: options.AsJson = False) -> None:
    """Look everything over and say what is wrong and what to do; changes nothing of yours.

    Compares every count with the plays themselves, checks the database file, the ledger, the
    secret's rights, whether sources have what they need and trusted documents can still be run.
    Ends with 1 when something is wrong.
    """
    settings = options.settings(data_dir)
    found = asyncio.run(examine(settings))
    if as_json:
        options.print_json([asdict(finding) for finding in found])
    else:
        for finding in found:
            sign, style = SIGNS[finding.state]
            options.out.print(sign, style=style, end=" ")
            options.say(f"{finding.what}: {finding.words}")
    raise typer.Exit(int(any(finding.state == "bad" for finding in found)))


async def examine(settings: Settings) -> list[Finding]:
    """Every finding, in the order a person would look; a database that is damaged ends the look."""
    found = [_secret(settings)]
    try:
        before = await migrate.revision(settings.url)
        found += await _file(settings)
    except BadSettings as unusable:
        return [*found, Finding("database", "bad", unusable.message)]
    if any(finding.what == "database file" and finding.state == "bad" for finding in found):
        return found
    async with opened(settings) as (store, user_id):
        found.append(_revision(before))
        drift = await store.ask(derive.drift, user_id)
        found += _listed("counts", drift, "equal the plays", "`rewind rebuild` counts again")
        drift = await store.ask(focus.drift, user_id)
        found += _listed("focus", drift, "equals the sessions", "`rewind rebuild` counts again")
        faults = await store.ask(inspection.faults, user_id, event_days=settings.sync.event_days)
        found += _listed("ledger", faults, "is consistent", LEDGER_REMEDY)
        found += [
            Finding("schedule", "note", words)
            for words in await store.ask(inspection.paused, user_id)
        ]
        found += _documents(await store.ask(documents.texts, user_id))
        if found[0].state != "bad":
            found += await _credentials(store, user_id, settings)
    return found


def _secret(settings: Settings) -> Finding:
    if settings.secret is not None:
        return Finding("secret", "ok", "comes from the settings")
    try:
        settings.secret_bytes()
    except BadSettings as unusable:
        return Finding("secret", "bad", unusable.message)
    path = settings.data_dir / "secret.key"
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        return Finding("secret", "bad", f"others may read {path}; run chmod 600 on it")
    return Finding("secret", "ok", f"{path} can be read by its owner only; keep a copy elsewhere")


def _revision(before: str | None) -> Finding:
    newest = migrate.head()
    if before == newest:
        return Finding("database", "ok", f"is at the newest form, {newest}")
    return Finding("database", "note", f"was at {before or 'nothing'} and is now at {newest}")


async def _file(settings: Settings) -> list[Finding]:
    """What SQLite says of its own file; PostgreSQL looks after itself."""
    url = parse_url(settings.url)
    if url.get_backend_name() != "sqlite":
        return [Finding("database", "ok", "PostgreSQL answers")]
    if not sqlite_path(url).exists():
        return []
    problems = await asyncio.to_thread(migrate.integrity, sqlite_path(url))
    return _listed("database file", problems, "is whole", "put back a copy from backups/")


async def _credentials(store: Store, user_id: int, settings: Settings) -> list[Finding]:
    """Whether each source has what it needs, and stored secrets can be opened."""
    vault = Vault(settings.secret_bytes())
    found = []
    for name, card in SOURCES.items():
        if lacking := registry.missing(settings, card):
            found.append(Finding(name, "note", f"is not configured: needs {', '.join(lacking)}"))
            continue
        try:
            account = registry.account(settings, card)
            sealed = await store.ask(vault.of_account, user_id, provider=name, account=account)
        except BadSettings as locked:
            found.append(Finding(name, "bad", locked.message))
            continue
        if card.sign_in and not sealed.keys() >= tokens.TOKENS:
            found.append(Finding(name, "note", f"is not connected: rewind connect {name}"))
        else:
            found.append(Finding(name, "ok", "has what it needs"))
    return found


def _documents(texts: list[tuple[str, str]]) -> list[Finding]:
    """Whether trusted documents fit the schema, which may have changed since they were added."""
    if not texts:
        return []
    broken = []
    for document_id, text in texts:
        try:
            operations_in(schema, text)
        except BadInput as wrong:
            broken.append(f"{document_id} cannot be run any more: {wrong.message}")
    return _listed("documents", broken, "fit the schema", "add a newer one, then remove it")


def _listed(what: str, problems: list[str], good: str, remedy: str) -> list[Finding]:
    if not problems:
        return [Finding(what, "ok", good)]
    return [Finding(what, "bad", f"{problem} ({remedy})") for problem in problems]
