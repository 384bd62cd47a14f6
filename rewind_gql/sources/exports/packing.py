"""Files as they lie there, plain, in gzip or several in a zip, read bit by bit within limits."""

import gzip
import os
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from rewind_gql.errors import BadInput, RewindError
from rewind_gql.sources.exports.characters import PIECE, Bytes

ZIP = (b"PK\x03\x04", b"PK\x05\x06")
GZIP = b"\x1f\x8b"
MEMBERS = 10_000
# One provider packs an archive into another, and a file of that once more.
DEEPEST = 2
# Tables of names pack to a tenth or a thirtieth; what packs to a three-hundredth is a bomb.
UNPACKED_FREE = 256 * 1024 * 1024
UNPACKED_TIMES = 300
_DAMAGE = (zlib.error, EOFError, zipfile.BadZipFile, gzip.BadGzipFile)
_READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1


class Damaged(RewindError):
    """From here on the file is damaged."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file to read: its name, and how to open it."""

    name: str
    open: Callable[[], Bytes]


class Packed:
    """A file that somebody wants imported, with the files in it."""

    def __init__(self, path: Path) -> None:
        """Open it. Raises `BadInput` when it is not there or no file, or must not be read."""
        try:
            if not path.is_file():
                there = path.exists()
                raise BadInput(f"{path} is not a file" if there else f"There is no file {path}")
            self._raw: BinaryIO = path.open("rb")
        except OSError as refused:
            raise BadInput(f"{path} cannot be read: {refused.strerror}") from refused
        # A name of bytes that are no text must still be one in the ledger.
        self.name = os.fsencode(path.name).decode(errors="replace")
        self.size_bytes = path.stat().st_size
        self._left = max(UNPACKED_FREE, UNPACKED_TIMES * self.size_bytes)
        self._furthest = 0
        self._opened: list[zipfile.ZipFile | BinaryIO] = []

    def close(self) -> None:
        """Close it."""
        for each in reversed(self._opened):
            each.close()
        self._raw.close()

    def position(self) -> int:
        """How many of the file's bytes are read; it never falls while its members are read."""
        if not self._raw.closed:
            self._furthest = max(self._furthest, self._raw.tell())
        return min(self._furthest, self.size_bytes)

    def rewind(self) -> None:
        """Count from the beginning again."""
        self._furthest = 0
        self._raw.seek(0)

    def members(self) -> list[Member]:
        """The files in it in the order they lie there, those of archives in it included.

        Raises `BadInput` for a broken archive.
        """
        start = self._raw.read(len(ZIP[0]))
        self._raw.seek(0)
        if start in ZIP:
            found = list(self._zipped(self._raw, ""))
            if len(found) > MEMBERS:
                raise BadInput(f"{self.name} holds {len(found)} files; {MEMBERS} are the most")
            return found
        if start.startswith(GZIP):
            return [Member(self.name.removesuffix(".gz"), self._gunzipped)]
        return [Member(self.name, self._plain)]

    def _plain(self) -> Bytes:
        self._raw.seek(0)
        return self._raw

    def _gunzipped(self) -> Bytes:
        self._raw.seek(0)
        return _Unpacked(gzip.GzipFile(fileobj=self._raw), self._spend)

    def _zipped(self, raw: BinaryIO, folder: str, depth: int = 0) -> Iterator[Member]:
        try:
            archive = zipfile.ZipFile(raw)
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as broken:
            raise BadInput(f"{self.name} is a damaged zip archive: {broken}") from broken
        self._opened.append(archive)
        entries = [each for each in archive.infolist() if not _is_clutter(each)]
        if len(entries) > MEMBERS:
            raise BadInput(f"{self.name} holds {len(entries)} files; {MEMBERS} are the most")
        for entry in sorted(entries, key=lambda each: each.header_offset):
            if entry.flag_bits & _ENCRYPTED:
                raise BadInput(f"{self.name} is encrypted; unpack it first")
            if entry.filename.lower().endswith(".zip") and depth < DEEPEST:
                yield from self._inner(archive, entry, folder, depth)
            else:
                open_ = partial(self._unzipped, archive, entry)
                yield Member(f"{folder}{entry.filename}", open_)

    def _inner(
        self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: str, depth: int
    ) -> Iterator[Member]:
        """The files of an archive in the archive; itself, where it is damaged."""
        copy = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the archive
        self._opened.append(copy)
        name = f"{folder}{entry.filename}"
        try:
            stream = self._unzipped(archive, entry)
            while piece := stream.read(PIECE):
                copy.write(piece)
            found = list(self._zipped(copy, f"{name}/", depth + 1))
        except (Damaged, BadInput):
            found = [Member(name, partial(self._unzipped, archive, entry))]
        yield from found

    def _unzipped(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Bytes:
        if entry.compress_type not in _READABLE:
            raise Damaged(f"{entry.filename} is packed in a way that cannot be read here")
        try:
            stream: Any = archive.open(entry)
            return _Unpacked(stream, self._spend)
        except _DAMAGE as broken:
            raise Damaged(f"{entry.filename} is damaged: {broken}") from broken

    def _spend(self, size_bytes: int) -> None:
        self._left -= size_bytes
        if self._left < 0:
            raise Damaged(f"{self.name} unpacks to far more than a file of its size should")


class _Stream(Protocol):
    def read1(self, size: int, /) -> bytes: ...


class _Unpacked:
    """The content of a packed file, within what it may unpack to, up to where it is damaged."""

    def __init__(self, stream: _Stream, spend: Callable[[int], None]) -> None:
        self._stream = stream
        self._spend = spend

    def read(self, size: int, /) -> bytes:
        try:
            piece = self._stream.read1(size)
        except _DAMAGE as broken:
            raise Damaged(f"the archive is damaged or cut off: {broken}") from broken
        self._spend(len(piece))
        return piece


def _is_clutter(entry: zipfile.ZipInfo) -> bool:
    """Folders, and what operating systems add on their own."""
    parts = entry.filename.split("/")
    return entry.is_dir() or "__MACOSX" in parts or parts[-1].startswith(".")
