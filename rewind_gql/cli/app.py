"""The `rewind` command: finds the command asked for, and says what went wrong in words."""

import difflib
import importlib
import sys

import orjson
import typer

from rewind_gql import __version__
from rewind_gql.errors import BadSettings, RewindError

COMMANDS = {
    "serve": "Serve GraphQL and REST, and sync on schedule.",
    "demo": "Sync an invented life from pretend providers and serve it.",
    "sync": "Bring sources up to date now, with a progress bar each.",
    "import": "Read a file a provider let you export.",
    "sources": "What is synced, how far, and what comes next.",
    "keys": "Make, list and revoke API keys.",
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

FAILED = 1
MISUSED = 2
STOPPED = 130


def main() -> None:
    """Run the command line; errors of ours become one message and an exit code, never a trace."""
    name, *rest = sys.argv[1:] or ["--help"]
    if name in ("-h", "--help", "help"):
        commands = "\n".join(f"  {known:<9} {text}" for known, text in COMMANDS.items())
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
        return _said(error, as_json="--json" in arguments)
    except KeyboardInterrupt:
        return STOPPED
    return 0


def _unknown(name: str) -> int:
    close = difflib.get_close_matches(name, COMMANDS, n=1)
    hint = f"Did you mean `rewind {close[0]}`?" if close else "`rewind --help` lists all there are."
    typer.echo(f"rewind: there is no command {name!r}. {hint}", err=True)
    return MISUSED


def _said(error: RewindError, *, as_json: bool) -> int:
    """Print what went wrong and give the exit code."""
    if as_json:
        shown = {"error": error.message, "kind": type(error).__name__}
        typer.echo(orjson.dumps(shown).decode())
    else:
        typer.echo(f"rewind: {error.message}", err=True)
    return MISUSED if isinstance(error, BadSettings) else FAILED
