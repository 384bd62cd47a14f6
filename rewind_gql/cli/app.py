"""The `rewind` command: finds the command asked for, and says what went wrong in words."""

import difflib
import importlib
import sys
import traceback
from pathlib import Path

import typer

from rewind_gql import __version__, log
from rewind_gql.cli import options
from rewind_gql.errors import BadSettings, RewindError

COMMANDS = {
    "serve": "Serve GraphQL and REST, and sync on schedule.",
    "demo": "Sync an invented life from pretend providers and serve it.",
    "sync": "Bring sources up to date now, with a progress bar each.",
    "import": "Read a file a provider let you export.",
    "images": "Find pictures, count them, look after them.",
    "cards": "Draw charts, and make links by which anybody may see them.",
    "connect": "Let this server use your account at Trakt.",
    "disconnect": "Forget that account's tokens.",
    "sources": "What is synced, how far, and what comes next.",
    "keys": "Make, list and revoke API keys.",
    "documents": "Trust GraphQL documents that keys may be limited to.",
    "users": "Add people who sign in with a password, and shut them out.",
    "config": "Every setting, its value and where it comes from.",
    "doctor": "Check settings, database, counts and ledger.",
    "rebuild": "Count everything again from the rows.",
    "migrate": "Bring the database to the newest form.",
    "worker": "Run jobs from Redis (when REWIND_REDIS_URL is set).",
}

HELP = """Usage: rewind COMMAND [OPTIONS]

Own and show your digital life: services synced into one database, served by GraphQL and REST.

Commands:
{commands}

`rewind COMMAND --help` tells more. Settings come from the environment, then from rewind.toml;
`rewind config show` lists them all. `rewind --version` prints the version.
"""

DATABASES = ("asyncpg", "sqlalchemy", "sqlite3")
FAILED = 1
MISUSED = 2
STOPPED = 130


def main() -> None:
    """Run the command line; whatever goes wrong becomes one message and an exit code, no trace."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # both are text files
    log.configure(level="warning")
    name, *rest = sys.argv[1:] or ["--help"]
    if name in ("-h", "--help", "help"):
        commands = "\n".join(f"  {known:<10} {text}" for known, text in COMMANDS.items())
        typer.echo(HELP.format(commands=commands), nl=False)
    elif name == "--version":
        typer.echo(f"rewind {__version__}")
    elif name not in COMMANDS:
        sys.exit(_unknown(name))
    else:
        sys.exit(_run(name, rest))


def _run(name: str, arguments: list[str]) -> int:
    """Import the command's module, only now, and run it."""
    try:
        module = importlib.import_module(f"rewind_gql.cli.{name.replace('import', 'import_')}")
        module.app(args=arguments, prog_name=f"rewind {name}")
    except RewindError as error:
        code = MISUSED if isinstance(error, BadSettings) else FAILED
        return _said(error.message, type(error).__name__, code, as_json="--json" in arguments)
    except KeyboardInterrupt:
        return STOPPED
    except Exception as error:  # the outermost handler: words for people, never a trace
        log.get("cli").debug("failed", exc_info=True)
        return _said(_broken(error), "Internal", FAILED, as_json="--json" in arguments)
    return 0


def _unknown(name: str) -> int:
    close = difflib.get_close_matches(name, COMMANDS, n=1)
    hint = f"Did you mean `rewind {close[0]}`?" if close else "`rewind --help` lists all there are."
    typer.echo(f"rewind: there is no command {name!r}. {hint}", err=True)
    return MISUSED


def _broken(error: Exception) -> str:
    """What to say of an error nobody foresaw: the database's own words, or what and where."""
    cause = getattr(error, "orig", None) or error
    words = log.redact((str(cause) or type(cause).__name__).splitlines()[0])
    if isinstance(cause, OSError) or type(error).__module__.startswith(DATABASES):
        return (
            f"The database or its folder does not work: {words}. Is it full, or not writable, or "
            "not there? `rewind doctor` looks it over."
        )
    place = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"This is a mistake of ours: {type(error).__name__}: {words} "
        f"({Path(place.filename).name}, line {place.lineno}). REWIND_LOG_LEVEL=debug shows more."
    )


def _said(message: str, kind: str, code: int, *, as_json: bool) -> int:
    """Print what went wrong; gives the exit code."""
    if as_json:
        options.print_json({"error": message, "kind": kind})
    else:
        typer.echo(f"rewind: {message}", err=True)
    return code
