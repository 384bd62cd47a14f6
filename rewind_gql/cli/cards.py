"""`rewind cards`: the charts there are, links to them for everybody, and files of them."""

import asyncio
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from rewind_gql import clock
from rewind_gql.auth import keys, links, queries, views
from rewind_gql.cards import links as cards
from rewind_gql.cards.asked import Look, When, read, read_look
from rewind_gql.cards.press import Press, Print
from rewind_gql.cards.shown import CARDS, card_named
from rewind_gql.cli import options
from rewind_gql.cli.session import opened, whose
from rewind_gql.errors import BadInput, NotFound
from rewind_gql.images import deps
from rewind_gql.ports.http import Clients
from rewind_gql.settings import Settings
from rewind_gql.store.read import Conn

app = options.command(group=True)

Name = Annotated[str, typer.Argument(help="The card, such as top-albums; see `rewind cards list`.")]
Theme = Annotated[str, typer.Option("--theme", help="auto, light or dark.")]
Width = Annotated[int | None, typer.Option("--width", help="Pixels, 320 to 1200.")]
Period = Annotated[
    str | None,
    typer.Option("--period", help="7day, 1month, 3month, 6month, 12month or overall."),
]
Year = Annotated[int | None, typer.Option("--year", help="A calendar year.")]
From = Annotated[str | None, typer.Option("--from", help="The first day, month or year.")]
To = Annotated[str | None, typer.Option("--to", help="The last day, month or year.")]
Limit = Annotated[int | None, typer.Option("--limit", help="So many at most.")]
User = Annotated[
    str | None,
    typer.Option("--user", help="Whose card: a username or an e-mail [default: the owner]."),
]


@app.callback()
def group() -> None:
    """Charts as SVG pictures, for READMEs and web pages.

    They are private: a key shows them, or a link that you make and can take back.
    """


@app.command("list")
def list_(as_json: options.AsJson = False) -> None:
    """Every card, and what it can be asked for beside a theme and a width."""
    if as_json:
        options.print_json(
            [
                {"name": card.name, "words": card.words, "parameters": card.rules.takes}
                for card in CARDS.values()
            ]
        )
        return
    rows = [[card.name, card.words, ", ".join(card.rules.takes)] for card in CARDS.values()]
    options.print_table(("card", "shows", "takes"), rows, empty="")


@app.command()
def link(
    name: Name,
    theme: Theme = "auto",
    width: Width = None,
    period: Period = None,
    year: Year = None,
    since: From = None,
    until: To = None,
    limit: Limit = None,
    origin: Annotated[
        str | None,
        typer.Option("--origin", help="Where this server is seen, such as https://example.org."),
    ] = None,
    user: User = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Make an address by which anybody may see one card, until you revoke it."""
    settings = options.settings(data_dir)
    look = _look(theme, width)
    given = _given(period, year, since, until, limit)
    made = asyncio.run(_link(settings, user, name, given))
    url = cards.public(_origin(settings, origin), made, look, _pepper(settings))
    if as_json:
        options.print_json({"id": made.id, "card": made.name, "url": url, "parameters": made.asked})
        return
    plain = look == Look()
    options.say(f"{url}\n")
    options.say(f"Anybody may see {name} there. Take it back with: rewind cards revoke {made.id}")
    options.say("\nIn a README:\n")
    options.say(cards.markdown(url, CARDS[name].words, both=plain))


@app.command("links")
def links_(
    origin: Annotated[
        str | None, typer.Option("--origin", help="Where this server is seen.")
    ] = None,
    user: User = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Every link, those taken back too."""
    settings = options.settings(data_dir)
    found = asyncio.run(_links(settings, user))
    shown = [_shown(settings, origin, each) for each in found]
    if as_json:
        options.print_json(shown)
        return
    rows = [
        [each["id"], each["card"], _words(each["parameters"]), each["url"] or "revoked"]
        for each in shown
    ]
    columns = ("id", "card", "asked for", "address")
    options.print_table(columns, rows, empty="No links yet: rewind cards link top-albums")


@app.command()
def revoke(
    link_id: Annotated[int, typer.Argument(help="The link's number, from `rewind cards links`.")],
    user: User = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Take a link back; it leads nowhere from the next request on."""
    settings = options.settings(data_dir)
    gone = asyncio.run(_revoke(settings, user, link_id))
    if as_json:
        options.print_json(_shown(settings, None, gone))
    else:
        options.say(f"Link {gone.id} ({gone.name}) is revoked; copies may be seen for 5 minutes.")


@app.command()
def draw(
    name: Name,
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")],
    theme: Theme = "auto",
    width: Width = None,
    period: Period = None,
    year: Year = None,
    since: From = None,
    until: To = None,
    limit: Limit = None,
    user: User = None,
    data_dir: options.DataDir = None,
) -> None:
    """Draw a card into a file."""
    look = _look(theme, width)
    given = _given(period, year, since, until, limit)
    made = asyncio.run(_draw(options.settings(data_dir), user, name, given, look))
    try:
        output.write_bytes(made.body)
    except OSError as wrong:
        raise BadInput(f"{output} cannot be written: {wrong.strerror}") from wrong
    options.say(f"{output}: {len(made.body):,} bytes")


async def _link(
    settings: Settings, user: str | None, name: str, given: dict[str, str]
) -> views.Link:
    async with opened(settings) as (store, owner), store.write() as conn:
        return await cards.create(conn, await whose(conn, user, owner), card=name, given=given)


async def _links(settings: Settings, user: str | None) -> list[views.Link]:
    async def listed(conn: Conn, owner: int) -> list[views.Link]:
        return await links.links(conn, await whose(conn, user, owner))

    async with opened(settings) as (store, owner):
        return await store.ask(listed, owner)


async def _revoke(settings: Settings, user: str | None, link_id: int) -> views.Link:
    async with opened(settings) as (store, owner), store.write() as conn:
        return await links.revoke(conn, await whose(conn, user, owner), link_id=link_id)


async def _draw(
    settings: Settings, user: str | None, name: str, given: dict[str, str], look: Look
) -> Print:
    card = card_named(name)
    async with opened(settings) as (store, owner):
        user_id, zone = await store.ask(_person, owner, user)
        when = When(clock.zone(zone), clock.now())
        asked = read(card.rules, given, today=when.today)
        clients = Clients()
        images = deps.made(settings, store, clients)
        try:
            return await Press(store, images).make(user_id, card, asked, look, when)
        finally:
            await images.close()
            await clients.close()


async def _person(conn: Conn, owner: int, user: str | None) -> tuple[int, str]:
    person = await queries.person(conn, user_id=await whose(conn, user, owner))
    if person is None:
        raise NotFound("This person is disabled")
    return person.user_id, person.time_zone


def _look(theme: str, width: int | None) -> Look:
    return read_look({"theme": theme} | ({} if width is None else {"width": str(width)}))


def _given(
    period: str | None, year: int | None, since: str | None, until: str | None, limit: int | None
) -> dict[str, str]:
    words = {"period": period, "year": year, "from": since, "to": until, "limit": limit}
    return {name: str(value) for name, value in words.items() if value is not None}


def _origin(settings: Settings, origin: str | None) -> str:
    """Where people see this server: as told, as pictures are, or else on this machine."""
    found = origin or settings.image_origin or f"http://{settings.host}:{settings.port}"
    parts = urlsplit(found)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise BadInput("--origin is written like https://example.org")
    return f"{parts.scheme}://{parts.netloc}"


def _pepper(settings: Settings) -> keys.Pepper:
    return keys.pepper(settings.secret_bytes())


def _shown(settings: Settings, origin: str | None, link: views.Link) -> dict[str, Any]:
    url = None
    if link.revoked_at is None:
        url = cards.public(_origin(settings, origin), link, Look(), _pepper(settings))
    return {
        "id": link.id,
        "card": link.name,
        "parameters": link.asked,
        "url": url,
        "created_at": link.created_at,
        "revoked_at": link.revoked_at,
    }


def _words(asked: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in asked.items())
