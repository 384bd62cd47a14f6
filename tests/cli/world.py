"""The `rewind` command as a real process, and the pretend providers it syncs from."""

import atexit
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from rewind_gql.demo.life import Life, life
from rewind_gql.demo.upstreams import discogs, lastfm, serving
from rewind_gql.demo.upstreams.faults import Faults
from tests.cli.forking import Forker

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "rewind_gql.cli")
UNTIL = datetime(2026, 3, 18, 20, 15, 30, tzinfo=UTC)
PATIENCE_S = 100
_SETTINGS = ("REWIND_", "LASTFM_", "DISCOGS_", "TRAKT_", "TMDB_", "ITUNES_", "SYNC_", "PORT")
_OURS = ("REWIND_", "LASTFM_", "DISCOGS_", "TRAKT_", "TMDB_", "SYNC_", "PYTHONDONTWRITEBYTECODE")


@dataclass(kw_only=True)
class World:
    """A life, the pretend providers that know it, and the settings that lead to them."""

    life: Life
    settings: dict[str, str]
    lastfm: Faults = field(default_factory=Faults)
    discogs: Faults = field(default_factory=Faults)


def small_life(*, plays: int = 1_500, copies: int = 40, wants: int = 10) -> Life:
    """A year of listening with its oddities, and a short shelf."""
    whole = life(UNTIL, plays=plays, years=1)
    return replace(whole, copies=whole.copies[:copies], wants=whole.wants[:wants])


@contextmanager
def pretending(someone: Life) -> Iterator[World]:
    """Pretend providers of a life, on loopback, for the length of a block."""
    world = World(life=someone, settings={})
    with ExitStack() as stack:
        plays = lastfm.app(lastfm.Scrobbles(someone), world.lastfm)
        records = discogs.app(discogs.Shelf(someone), world.discogs)
        world.settings = {
            "REWIND_UNPACED": "1",
            "LASTFM_BASE_URL": f"{stack.enter_context(serving.serve(plays))}/2.0/",
            "LASTFM_API_KEY": lastfm.KEY,
            "LASTFM_USER": someone.person.lastfm,
            "DISCOGS_BASE_URL": stack.enter_context(serving.serve(records)),
            "DISCOGS_TOKEN": discogs.TOKEN,
            "DISCOGS_USER": someone.person.discogs,
        }
        yield world


def environment(**given: str) -> dict[str, str]:
    """This process's environment without settings of ours, and with those given."""
    kept = {
        name: value
        for name, value in os.environ.items()  # noqa: TID251  # for a child, not for us
        if not name.startswith(_OURS) and name != "PORT"
    }
    if sys.dont_write_bytecode:
        # A child that may not keep what it compiles spends most of its time compiling.
        cache = Path(tempfile.gettempdir(), f"rewind-compiled-{os.getuid()}")
        kept["PYTHONPYCACHEPREFIX"] = str(cache)
    # Nobody here has pictures, unless a test says who does.
    own = {"PYTHONPATH": str(ROOT), "COLUMNS": "100", "REWIND_IMAGE_FIND": "false"}
    return {**kept, **own, **given}


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """All that it said."""
        return self.out + self.err


@cache
def _forker() -> Forker:
    made = Forker.start(ROOT, environment())
    atexit.register(made.close)
    return made


def rewind(*arguments: str | bytes, folder: Path, **settings: str) -> Ran:
    """Run one command in a folder, with these settings in its environment, until it ends.

    Variables that are not ours may matter to Python itself, which then has to start anew.
    """
    if all(name.startswith(_SETTINGS) for name in settings):
        with tempfile.TemporaryDirectory() as told:
            out, err = Path(told, "out"), Path(told, "err")
            names = [os.fsdecode(each) for each in arguments]
            own = environment(**settings, OUT=str(out), ERR=str(err))
            code = _forker().run(names, folder, own)
            return Ran(code, out.read_bytes().decode(), err.read_bytes().decode())
    done = subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        env=environment(**settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def begin(
    *arguments: str, folder: Path, program: Sequence[str] = COMMAND, **settings: str
) -> "subprocess.Popen[bytes]":
    """Start a command that the caller sees to the end of."""
    return subprocess.Popen(
        [*program, *arguments],
        cwd=folder,
        env=environment(**settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
