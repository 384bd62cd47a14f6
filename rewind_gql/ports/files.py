"""Files that are there whole or not at all, whatever happens while they are written."""

import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from rewind_gql import clock

DRAFTS = ".drafts"
_LEFT_BEHIND_S = 3_600


class Entry(NamedTuple):
    """A file of a folder: where it is, how long, and when it was changed or touched."""

    path: Path
    size_bytes: int
    changed_ns: int


def write(root: Path, path: Path, body: bytes) -> None:
    """Put `body` at `path`, somewhere below the folder `root`, which must exist.

    It is written to a draft of its own first and then moved, so that readers, and whoever looks
    after a crash, see the old file or the new one. Only its owner may read it. Raises `OSError`,
    and leaves nothing behind then.
    """
    drafts = root / DRAFTS
    drafts.mkdir(mode=0o700, exist_ok=True)
    draft = drafts / secrets.token_hex(16)
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        _make_folders(root, path.parent)
        draft.replace(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def walk(folder: Path) -> Iterator[Entry]:
    """Every file below `folder`, in the order of names; nothing for a folder that is not there.

    What begins with a dot is left out, as is what goes while this looks.
    """
    try:
        with os.scandir(folder) as found:
            inside = sorted(found, key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in inside:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from walk(Path(entry.path))
            continue
        with suppress(FileNotFoundError):
            seen = entry.stat()
            yield Entry(Path(entry.path), seen.st_size, seen.st_mtime_ns)


def drop_drafts(root: Path) -> None:
    """Take away the drafts that a crash left behind an hour ago or earlier."""
    old = int((clock.now().timestamp() - _LEFT_BEHIND_S) * 1e9)
    for draft in walk(root / DRAFTS):
        if draft.changed_ns < old:
            draft.path.unlink(missing_ok=True)


def _make_folders(root: Path, folder: Path) -> None:
    """Make the folders from `root`, without it, down to `folder`."""
    if folder == root or folder.is_dir():
        return
    _make_folders(root, folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    """Make a move last; where folders cannot be opened, as on Windows, it lasts as it may."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
