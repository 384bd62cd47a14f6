"""Where bytes are kept under a key: in a folder, or in a bucket of S3 or of something like it."""

import asyncio
import errno
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from rewind_gql import log
from rewind_gql.errors import BadInput, BadSettings, Refused
from rewind_gql.ports import files
from rewind_gql.settings import Settings

CONNECT_S = 3
REQUEST_S = 15
TRIES_S = 10
_SEGMENT = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"
_KEY = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT})*", re.ASCII)
_MAX_KEY = 512
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_ABSENT = (FileNotFoundError, IsADirectoryError, NotADirectoryError)

_log = log.get("blobs")


class BlobsAway(Refused):
    """The image store cannot be reached just now."""

    status: ClassVar[int] = 503
    code: ClassVar[str] = "UNAVAILABLE"

    def __init__(self, message: str | None = None, *, retry_after: int = 30) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Stat(NamedTuple):
    """What is known of a blob without reading it."""

    key: str
    size_bytes: int
    modified_at: datetime


class Blobs(Protocol):
    """Bytes under keys such as `originals/ab/abcd`.

    Every method raises `BlobsAway` when the store is full or out of reach, and `BadInput` for a key
    that is none: segments of letters, digits, `-`, `_` and inner dots, parted by slashes.
    """

    async def put(self, key: str, body: bytes) -> None:
        """Keep `body` under `key`, all of it or nothing; what was there is replaced."""
        ...

    async def get(
        self,
        key: str,
        range: tuple[int, int] | None = None,  # noqa: A002  # what the header asks for
    ) -> bytes | None:
        """The bytes under `key`; None when there are none.

        Of `range`, from its first byte up to but without its last, as much as there is.
        """
        ...

    async def head(self, key: str) -> Stat | None:
        """Size and date of what is under `key`; None when there is nothing."""
        ...

    async def delete(self, key: str) -> None:
        """Take away what is under `key`, if there is anything."""
        ...

    def list(self, prefix: str = "") -> AsyncIterator[Stat]:
        """Everything whose key begins with the segments of `prefix`, in no certain order."""
        ...


def blobs(settings: Settings) -> Blobs:
    """The store that the settings name. Raises `BadSettings` for a folder that cannot be made."""
    if not settings.image_store.startswith("s3://"):
        folder = Path(settings.image_store or settings.data_dir / "images")
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as refused:
            raise BadSettings(
                f"The folder for images, {folder}, cannot be made ({refused.strerror}). Make the "
                "folder above it writable, or set REWIND_IMAGE_STORE."
            ) from refused
        return FolderBlobs(folder)
    parts = urlsplit(settings.image_store)
    return S3Blobs(
        parts.netloc,
        parts.path.strip("/"),
        endpoint=settings.image_store_endpoint,
        region=settings.image_store_region,
        login=settings.image_store_login(),
    )


class FolderBlobs:
    """Blobs as files of a folder, which must exist; it is not made again when it goes away."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._is_swept = False

    async def put(self, key: str, body: bytes) -> None:
        """Keep `body` under `key`, all of it or nothing."""
        await asyncio.to_thread(self._put, _checked(key), body)

    async def get(
        self,
        key: str,
        range: tuple[int, int] | None = None,  # noqa: A002  # see `Blobs`
    ) -> bytes | None:
        """The bytes under `key`, or a range of them; None when there are none."""
        return await asyncio.to_thread(self._get, _checked(key), range)

    async def head(self, key: str) -> Stat | None:
        """Size and date of what is under `key`; None when there is nothing."""
        return await asyncio.to_thread(self._head, _checked(key))

    async def delete(self, key: str) -> None:
        """Take away what is under `key`, if there is anything."""
        await asyncio.to_thread(self._delete, _checked(key))

    async def list(self, prefix: str = "") -> AsyncIterator[Stat]:
        """Everything whose key begins with the segments of `prefix`, in the order of keys."""
        below = self._root / _checked(prefix.strip("/")) if prefix.strip("/") else self._root
        found = await asyncio.to_thread(self._walk, below)
        for entry in found:
            key = entry.path.relative_to(self._root).as_posix()
            if _KEY.fullmatch(key):
                yield Stat(key, entry.size_bytes, _at(entry.changed_ns))

    def _put(self, key: str, body: bytes) -> None:
        with _folder(self._root):
            if not self._is_swept:
                self._is_swept = True
                files.drop_drafts(self._root)
            files.write(self._root, self._root / key, body)

    def _get(self, key: str, span: tuple[int, int] | None) -> bytes | None:
        with _folder(self._root):
            try:
                with (self._root / key).open("rb") as file:
                    if span is None:
                        return file.read()
                    file.seek(span[0])
                    return file.read(max(0, span[1] - span[0]))
            except _ABSENT:
                self._check()
                return None

    def _head(self, key: str) -> Stat | None:
        path = self._root / key
        with _folder(self._root):
            try:
                seen = path.stat()
            except _ABSENT:
                self._check()
                return None
            return Stat(key, seen.st_size, _at(seen.st_mtime_ns)) if path.is_file() else None

    def _delete(self, key: str) -> None:
        with _folder(self._root):
            try:
                (self._root / key).unlink()
            except _ABSENT:
                self._check()

    def _walk(self, below: Path) -> Sequence[files.Entry]:
        with _folder(self._root):
            self._check()
            return [*files.walk(below)]

    def _check(self) -> None:
        """Raises when the folder is gone, and not just one file."""
        if not self._root.is_dir():
            raise FileNotFoundError(errno.ENOENT, "the folder is gone")


class S3Blobs:
    """Blobs as objects of a bucket.

    `endpoint` is where a store that is not Amazon's answers; without a login, the machine's own
    role or its AWS_ variables count. A request that takes longer than `request_s` is given up.
    """

    def __init__(
        self,
        bucket: str,
        prefix: str = "",
        *,
        endpoint: str = "",
        region: str = "us-east-1",
        login: tuple[str, str] | None = None,
        request_s: float = REQUEST_S,
    ) -> None:
        given: dict[str, Any] = {"region": region}
        if endpoint:
            given["endpoint"] = endpoint
        if login:
            given["access_key_id"], given["secret_access_key"] = login
        self._store = S3Store(
            bucket,
            prefix=prefix or None,
            client_options={
                "allow_http": endpoint.startswith("http://"),
                "connect_timeout": timedelta(seconds=CONNECT_S),
                "timeout": timedelta(seconds=request_s),
            },
            retry_config={
                "max_retries": 2,
                "retry_timeout": timedelta(seconds=TRIES_S),
                "backoff": {
                    "init_backoff": timedelta(milliseconds=100),
                    "max_backoff": timedelta(seconds=1),
                    "base": 2,
                },
            },
            **given,
        )

    async def put(self, key: str, body: bytes) -> None:
        """Keep `body` under `key`, all of it or nothing."""
        with _bucket():
            # In one request: of an upload in parts that breaks off, the parts would stay.
            await obstore.put_async(self._store, _checked(key), body, use_multipart=False)

    async def get(
        self,
        key: str,
        range: tuple[int, int] | None = None,  # noqa: A002  # see `Blobs`
    ) -> bytes | None:
        """The bytes under `key`, or a range of them; None when there are none."""
        if range is not None:
            # A range that begins behind the end is an error there, and one of no length, too.
            found = await self.head(key)
            if found is None or range[0] >= min(range[1], found.size_bytes):
                return found and b""
        with _bucket():
            try:
                if range is not None:
                    start, end = range
                    return bytes(
                        await obstore.get_range_async(self._store, key, start=start, end=end)
                    )
                answer = await obstore.get_async(self._store, _checked(key))
                return bytes(await answer.bytes_async())
            except FileNotFoundError:
                await self._check()
                return None

    async def head(self, key: str) -> Stat | None:
        """Size and date of what is under `key`; None when there is nothing."""
        with _bucket():
            try:
                found = await obstore.head_async(self._store, _checked(key))
            except FileNotFoundError:
                await self._check()
                return None
        return Stat(key, found["size"], found["last_modified"])

    async def delete(self, key: str) -> None:
        """Take away what is under `key`, if there is anything."""
        with _bucket():
            await obstore.delete_async(self._store, _checked(key))

    async def list(self, prefix: str = "") -> AsyncIterator[Stat]:
        """Everything whose key begins with the segments of `prefix`, in no certain order."""
        below = _checked(prefix.strip("/")) if prefix.strip("/") else None
        with _bucket():
            async for page in obstore.list(self._store, prefix=below):
                for found in page:
                    yield Stat(found["path"], found["size"], found["last_modified"])

    async def _check(self) -> None:
        """Raises when the bucket is gone, and not just one object."""
        async for _ in obstore.list(self._store, chunk_size=1):
            return


def _checked(key: str) -> str:
    if len(key) > _MAX_KEY or not _KEY.fullmatch(key):
        raise BadInput("This is no key of an image.")
    return key


def _at(nanoseconds: int) -> datetime:
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC)


@contextmanager
def _folder(root: Path) -> Iterator[None]:
    """What goes wrong with files, as `BlobsAway`; the words for callers name no path."""
    try:
        yield
    except OSError as wrong:
        _log.warning("the image store is away", folder=str(root), reason=wrong.strerror)
        full = wrong.errno in _FULL
        raise BlobsAway("The image store is full." if full else None) from wrong


@contextmanager
def _bucket() -> Iterator[None]:
    """What goes wrong with a bucket, as `BlobsAway`; the words for callers name no address."""
    try:
        yield
    except (BaseError, OSError) as wrong:
        _log.warning("the image store is away", reason=str(wrong).partition("\n")[0][:300])
        raise BlobsAway from wrong
