"""`rewind documents`: add, list and remove the documents that keys may be limited to."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from rewind_gql.auth import documents, manifests, views
from rewind_gql.auth.documents import Trusted
from rewind_gql.cli import options
from rewind_gql.cli.session import opened, whose
from rewind_gql.errors import BadInput, NotFound
from rewind_gql.settings import Settings
from rewind_gql.store.read import Conn
from schema.documents import operations_in
from schema.root import schema

SHOWN = 20
"""How many broken documents are told one by one."""
app = options.command(group=True)

User = Annotated[
    str | None,
    typer.Option("--user", help="Whose documents: a username or an e-mail [default: the owner]."),
]


@app.callback()
def group() -> None:
    """GraphQL documents you trust, asked for by `documentId`.

    A key made by `rewind keys create --trusted-only` runs these and does nothing else.
    """


@app.command()
def add(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...|DIR",
            help="GraphQL, or a list of documents by Relay, graphql-codegen or Apollo.",
        ),
    ],
    user: User = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Check documents against the schema and trust them: all, or, if one is broken, none."""
    settings = options.settings(data_dir)
    batch = _read(paths)
    fresh = asyncio.run(_add(settings, user, batch))
    if as_json:
        shown = [{"document_id": each.document_id, "name": each.name} for each in batch]
        options.print_json({"added": fresh, "documents": shown})
        return
    for each in batch:
        options.say(f"{each.document_id}  {each.name}")
    options.say(f"\n{len(batch)} trusted, {fresh} of them new.")


@app.command("list")
def list_(
    user: User = None, data_dir: options.DataDir = None, as_json: options.AsJson = False
) -> None:
    """Every document you trust."""
    found = asyncio.run(_list(options.settings(data_dir), user))
    if as_json:
        options.print_json(
            [{name: getattr(each, name) for name in views.Document.__slots__} for each in found]
        )
        return
    rows = [
        [each.document_id, each.name, each.characters, f"{each.added_at:%Y-%m-%d %H:%M}"]
        for each in found
    ]
    columns = ("id", "operations", "characters", "added (UTC)")
    options.print_table(columns, rows, empty="None yet: rewind documents add FILE")


@app.command()
def remove(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID...", help="As `rewind documents list` has it.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every one of them.")] = False,
    user: User = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Trust documents no more: they are refused from the next request on."""
    if bool(ids) == everything:
        raise BadInput("Name documents by their ids, or all of them by --all")
    gone = asyncio.run(_remove(options.settings(data_dir), user, ids))
    if as_json:
        options.print_json({"removed": gone})
    else:
        options.say(f"{len(gone)} removed.")


def _read(paths: Sequence[Path]) -> list[Trusted]:
    """The documents in these files, by id. Raises `BadInput`, which tells of every broken one."""
    found: dict[str, Trusted] = {}
    wrong: list[str] = []
    for path in manifests.files(paths):
        for each in manifests.read(path):
            try:
                name = ", ".join(filter(None, operations_in(schema, each.text)))
            except BadInput as broken:
                wrong.append(f"{path}: {_where(path, each)}{broken.message}")
                continue
            known = found.setdefault(each.document_id, each._replace(name=name[:200] or None))
            if known.text != each.text:
                wrong.append(f"{path}: the id {each.document_id} stands for two texts")
    if wrong:
        more = [f"and {len(wrong) - SHOWN} more"] if len(wrong) > SHOWN else []
        raise BadInput("\n  ".join(["Nothing was added.", *wrong[:SHOWN], *more]))
    return list(found.values())


def _where(path: Path, document: Trusted) -> str:
    """Which document of a list is meant; a file of GraphQL is one."""
    return "" if path.suffix in manifests.GRAPHQL else f"{document.document_id}: "


async def _add(settings: Settings, user: str | None, batch: Sequence[Trusted]) -> int:
    async with opened(settings) as (store, owner), store.write() as conn:
        return await documents.add(conn, await whose(conn, user, owner), batch)


async def _list(settings: Settings, user: str | None) -> list[views.Document]:
    async def listed(conn: Conn, owner: int) -> list[views.Document]:
        return await documents.documents(conn, await whose(conn, user, owner))

    async with opened(settings) as (store, owner):
        return await store.ask(listed, owner)


async def _remove(settings: Settings, user: str | None, ids: Sequence[str] | None) -> list[str]:
    async with opened(settings) as (store, owner), store.write() as conn:
        user_id = await whose(conn, user, owner)
        if ids is None:
            ids = [each.document_id for each in await documents.documents(conn, user_id)]
        gone = await documents.remove(conn, user_id, ids)
    unknown = [each for each in ids if each not in gone]
    if unknown:
        raise NotFound(f"There is no document {', '.join(unknown)}; {len(gone)} removed")
    return gone
