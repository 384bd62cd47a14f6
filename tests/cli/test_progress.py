"""What `rewind sync` draws where somebody looks: a bar for each source."""

import os
import pty
import re
import subprocess
from pathlib import Path

from rewind_gql.demo.upstreams import effects
from tests.cli.world import COMMAND, World, environment

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
DONE = re.compile(r"✓ (\w+ \w+) +━{28} ([\d,]+)/([\d,]+) +[\d,]+/s +\d:\d\d:\d\d")
UNDER_WAY = re.compile(r"[^✓] lastfm scrobbles +[━╸╺ ]+ (\d+)/(\d+) +[\d,]+/s +\S+ \d+:\d\d left")


def drawn(folder: Path, **settings: str) -> str:
    """All that a sync writes on a terminal, without colours and moves."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "sync"],
        cwd=folder,
        env=environment(TERM="xterm-256color", **settings),
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    pieces = []
    try:
        while piece := os.read(ours, 65_536):
            pieces.append(piece)
    except OSError:
        pass  # how Linux says that nobody writes any more
    finally:
        os.close(ours)
    assert process.wait() == 0
    return CONTROL.sub("", b"".join(pieces).decode())


def test_every_source_has_a_bar_with_its_count_rate_and_time(tmp_path: Path, world: World) -> None:
    world.lastfm.add(effects.stall(0.2), match="getrecenttracks", times=None)

    seen = drawn(tmp_path, **world.settings)

    last = seen[seen.rindex("✓ lastfm scrobbles") :]
    bars = {name: (done, total) for name, done, total in DONE.findall(last)}
    steps = [int(done) for done, _ in UNDER_WAY.findall(seen)]
    assert set(bars) == {
        "lastfm scrobbles",
        "lastfm top_lists",
        "lastfm user_stats",
        "lastfm artist_tags",
        "lastfm artist_bios",
        "lastfm artist_similar",
        "discogs full",
        "discogs details",
    }
    assert all(done == total for done, total in bars.values())
    assert steps == sorted(steps)
    assert len(set(steps)) > 2
    assert "room=sync" not in seen
