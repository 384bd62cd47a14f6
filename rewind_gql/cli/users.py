"""`rewind users`: who may sign in, and with which password."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from getpass import getpass
from pathlib import Path
from typing import Annotated, Any, Concatenate

import typer

from rewind_gql.auth import passwords, users, views
from rewind_gql.cli import options
from rewind_gql.cli.session import opened
from rewind_gql.errors import BadInput
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Writing

app = options.command(group=True)

_MOST = 8_192  # bytes of a password's file; far more than the longest

PasswordFile = Annotated[
    str | None,
    typer.Option(
        "--password-file",
        help="File with the password, or - for standard input [default: ask for it].",
    ),
]
Who = Annotated[str, typer.Argument(metavar="NAME", help="A username or an e-mail.")]


@app.callback()
def group() -> None:
    """People who sign in with a password, as programs on their devices do.

    The owner, whose server this is, is there from the start and comes in by key. To sign in too:
    `rewind users add NAME --owner`, or `rewind users password me` to do so by the name `me`.
    """


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The username to sign in with.")],
    email: Annotated[str | None, typer.Option("--email", help="To sign in with as well.")] = None,
    time_zone: Annotated[
        str | None,
        typer.Option("--time-zone", help="IANA name of theirs [default: REWIND_TIME_ZONE]."),
    ] = None,
    owner: Annotated[
        bool, typer.Option("--owner", help="Let the owner sign in by this name; add nobody.")
    ] = False,
    password_file: PasswordFile = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Add a person, with data of their own; or, with --owner, let the owner sign in."""
    if owner and time_zone:
        raise BadInput("The owner has a time zone already; leave --time-zone or --owner out.")
    settings = options.settings(data_dir)
    made = asyncio.run(
        _add(
            settings,
            password_file,
            users.name_owner if owner else users.add,
            username=name,
            email=email,
            **({} if owner else {"time_zone": time_zone or settings.time_zone}),
        )
    )
    _tell(made, f"{made.username} can sign in.", as_json=as_json)


@app.command("list")
def list_(data_dir: options.DataDir = None, as_json: options.AsJson = False) -> None:
    """Everybody, the owner first."""
    found = asyncio.run(_list(options.settings(data_dir)))
    if as_json:
        options.print_json([_shown(user) for user in found])
        return
    rows = [
        [
            user.id,
            user.username or f"({user.name})",
            user.email,
            user.time_zone,
            f"{user.created_at:%Y-%m-%d}",
            _state(user),
        ]
        for user in found
    ]
    options.print_table(("id", "name", "e-mail", "time zone", "since", "signs in"), rows, empty="")


@app.command()
def password(
    name: Who,
    password_file: PasswordFile = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Give somebody another password; whatever they are signed in with ends."""
    changed = asyncio.run(_password(options.settings(data_dir), password_file, name))
    _tell(changed, f"{changed.username} has a new password.", as_json=as_json)


@app.command()
def disable(name: Who, data_dir: options.DataDir = None, as_json: options.AsJson = False) -> None:
    """Shut somebody out: their sign-ins end, their keys do not work."""
    gone = asyncio.run(_change(options.settings(data_dir), name, users.disable))
    _tell(gone, f"{_name(gone)} is shut out.", as_json=as_json)


@app.command()
def enable(name: Who, data_dir: options.DataDir = None, as_json: options.AsJson = False) -> None:
    """Let somebody in again; their keys work, and they sign in anew."""
    back = asyncio.run(_change(options.settings(data_dir), name, users.enable))
    _tell(back, f"{_name(back)} is let in again.", as_json=as_json)


async def _add(
    settings: Settings,
    file: str | None,
    act: Callable[..., Awaitable[views.User]],
    *,
    username: str,
    email: str | None,
    **more: str,
) -> views.User:
    named = {"username": users.checked_username(username), "email": users.checked_email(email)}
    async with opened(settings) as (store, _):
        kept = await passwords.hashed(_asked(file))
        async with store.write() as conn:
            return await act(conn, password_hash=kept, **named, **more)


async def _password(settings: Settings, file: str | None, name: str) -> views.User:
    async with opened(settings) as (store, _):
        found = await store.system(users.named, name=name)
        kept = await passwords.hashed(_asked(file))
        async with store.write() as conn:
            return await users.set_password(conn, found.id, password_hash=kept)


async def _change(
    settings: Settings,
    name: str,
    act: Callable[Concatenate[Writing, int, ...], Awaitable[views.User]],
) -> views.User:
    async with opened(settings) as (store, _), store.write() as conn:
        found = await users.named(conn, name=name)
        return await act(conn, found.id)


async def _list(settings: Settings) -> list[views.User]:
    async with opened(settings) as (store, _):
        return await store.system(users.people)


def _asked(file: str | None) -> str:
    """The password from the terminal, typed twice unseen, or from a file without its line's end.

    Raises `BadInput` where there is neither, and for one that is not accepted.
    """
    if file is not None:
        return passwords.accepted(_read(file))
    if not sys.stdin.isatty():
        raise BadInput("There is no terminal to ask for the password; use --password-file.")
    first = passwords.accepted(getpass("Password: "))
    if getpass("Once more: ") != first:
        raise BadInput("The two are not the same; nothing was changed.")
    return first


def _read(file: str) -> str:
    try:
        raw = sys.stdin.buffer.read(_MOST) if file == "-" else _start_of(Path(file))
        return raw.decode().removesuffix("\n").removesuffix("\r")
    except OSError as unreadable:
        raise BadInput(f"{file} cannot be read ({unreadable.strerror}).") from unreadable
    except UnicodeDecodeError as wrong:
        raise BadInput("The password is not text in UTF-8.") from wrong


def _start_of(path: Path) -> bytes:
    with path.open("rb") as opened_file:
        return opened_file.read(_MOST)


def _tell(user: views.User, words: str, *, as_json: bool) -> None:
    if as_json:
        options.print_json(_shown(user))
    else:
        options.say(words)


def _name(user: views.User) -> str:
    return user.username or user.name


def _state(user: views.User) -> str:
    if user.disabled:
        return "shut out"
    return "yes" if user.has_password else "by key only"


def _shown(user: views.User) -> dict[str, Any]:
    return {name: getattr(user, name) for name in views.User.__slots__}
