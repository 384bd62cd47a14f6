"""Blobs in a folder and in a real bucket, on good days and when the store fails."""

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from rewind_gql import clock
from rewind_gql.errors import BadInput, BadSettings
from rewind_gql.ports.blobs import Blobs, BlobsAway, FolderBlobs, S3Blobs, blobs
from rewind_gql.ports.files import DRAFTS, walk
from rewind_gql.settings import Settings
from tests.ports.network import Server, always, sized
from tests.s3 import LOGIN, bucket, s3_server, s3_url

__all__ = ["s3_url"]

KEY = "originals/ab/abcdef"
BODY = bytes(range(256)) * 40


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    """An empty store, once of each kind."""
    if request.param == "folder":
        return FolderBlobs(tmp_path)
    url = request.getfixturevalue("s3_url")
    return S3Blobs(bucket(url), "some/where", endpoint=url, login=LOGIN)


async def keys(store: Blobs, prefix: str = "") -> list[str]:
    return sorted([found.key async for found in store.list(prefix)])


async def test_what_was_put_is_got(store: Blobs) -> None:
    await store.put(KEY, BODY)

    assert await store.get(KEY) == BODY


async def test_what_was_put_last_counts(store: Blobs) -> None:
    await store.put(KEY, BODY)
    await store.put(KEY, b"new")

    assert await store.get(KEY) == b"new"
    assert await keys(store) == [KEY]


async def test_a_large_blob_comes_back_whole(store: Blobs) -> None:
    body = os.urandom(20 * 1024 * 1024)

    await store.put(KEY, body)

    assert await store.get(KEY) == body


@pytest.mark.parametrize(
    ("start", "end"),
    [(0, 1), (5, 10), (0, 10_240), (10_000, 99_999), (10_240, 99_999), (99_998, 99_999), (7, 7)],
)
async def test_a_range_gives_as_much_as_there_is(store: Blobs, start: int, end: int) -> None:
    await store.put(KEY, BODY)

    assert await store.get(KEY, (start, end)) == BODY[start:end]


async def test_what_is_not_there_is_none(store: Blobs) -> None:
    await store.put(KEY, BODY)

    assert await store.get("originals/ab/other") is None
    assert await store.get("originals/ab/other", (0, 5)) is None
    assert await store.head("originals/ab/other") is None
    assert await store.get("originals/ab") is None
    assert await store.head("originals/ab") is None
    assert await store.get(f"{KEY}/below") is None


async def test_size_and_date_are_told(store: Blobs) -> None:
    await store.put(KEY, BODY)

    found = await store.head(KEY)

    assert found is not None
    assert (found.key, found.size_bytes) == (KEY, len(BODY))
    assert abs(found.modified_at - clock.now()) < timedelta(minutes=5)


async def test_what_was_deleted_is_gone(store: Blobs) -> None:
    await store.put(KEY, BODY)

    await store.delete(KEY)
    await store.delete(KEY)

    assert await store.get(KEY) is None
    assert await keys(store) == []


async def test_a_prefix_is_read_by_segments(store: Blobs) -> None:
    for key in ("a/b/one", "a/b/two", "a/bc/three", "d"):
        await store.put(key, BODY)

    assert await keys(store) == ["a/b/one", "a/b/two", "a/bc/three", "d"]
    assert await keys(store, "a/b/") == ["a/b/one", "a/b/two"]
    assert await keys(store, "a/b") == ["a/b/one", "a/b/two"]
    assert await keys(store, "x") == []


@pytest.mark.parametrize(
    "key",
    ["", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", "a/.b", ".drafts/a", "a\\b",
     "a b", "a\0b", "a\n", "ä", "a%2fb", "a?b", "C:", "a" * 513],
)  # fmt: skip
async def test_a_key_with_tricks_is_refused(store: Blobs, key: str) -> None:
    for act in (store.get, store.head, store.delete):
        with pytest.raises(BadInput):
            await act(key)
    with pytest.raises(BadInput):
        await store.put(key, BODY)


async def test_a_file_is_its_owners_alone(tmp_path: Path) -> None:
    await FolderBlobs(tmp_path).put(KEY, BODY)

    assert (tmp_path / KEY).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "originals").stat().st_mode & 0o777 == 0o700


async def test_a_folder_that_is_gone_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    root = tmp_path / "images"
    root.mkdir()
    store = FolderBlobs(root)
    await store.put(KEY, BODY)
    root.rename(tmp_path / "elsewhere")

    for act in (store.get, store.head, store.delete):
        with pytest.raises(BlobsAway) as caught:
            await act(KEY)
        assert (caught.value.status, caught.value.retry_after) == (503, 30)
        assert str(tmp_path) not in caught.value.message
    with pytest.raises(BlobsAway):
        await store.put(KEY, BODY)
    with pytest.raises(BlobsAway):
        await keys(store)
    assert not root.exists()


@pytest.fixture
def little_room() -> Iterator[int]:
    """The largest file that can be written, for the length of a test."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    yield 1_000_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_full_folder_keeps_what_it_has_and_nothing_half(
    tmp_path: Path, little_room: int
) -> None:
    store = FolderBlobs(tmp_path)
    await store.put(KEY, BODY)

    with pytest.raises(BlobsAway, match="full"):
        await store.put(KEY, bytes(little_room + 1))

    assert await store.get(KEY) == BODY
    assert list((tmp_path / DRAFTS).iterdir()) == []


async def test_drafts_of_a_crash_go_after_an_hour(tmp_path: Path) -> None:
    drafts = tmp_path / DRAFTS
    drafts.mkdir()
    (drafts / "old").write_bytes(b"half")
    (drafts / "new").write_bytes(b"half")
    os.utime(drafts / "old", (clock.now().timestamp() - 3_700,) * 2)

    await FolderBlobs(tmp_path).put(KEY, BODY)

    assert [draft.name for draft in drafts.iterdir()] == ["new"]


WRITER = """
import asyncio, itertools, pathlib, sys
from rewind_gql.ports.blobs import FolderBlobs

async def main():
    store = FolderBlobs(pathlib.Path(sys.argv[1]))
    for turn in itertools.count():
        await store.put(f"originals/{turn % 5}", bytes([turn % 256]) * 4_000_000)
        print(turn, flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("turns", [1, 7])
def test_a_process_that_is_killed_leaves_whole_blobs(tmp_path: Path, turns: int) -> None:
    writer = [sys.executable, "-c", WRITER, str(tmp_path)]
    with subprocess.Popen(writer, stdout=subprocess.PIPE) as process:
        assert process.stdout
        for _ in range(turns):
            process.stdout.readline()
        process.kill()

    found = [entry.path.read_bytes() for entry in walk(tmp_path)]

    assert len(found) >= min(turns, 5)
    for body in found:
        assert body == body[:1] * 4_000_000


async def test_a_bucket_that_is_not_there_is_not_taken_for_an_empty_one(s3_url: str) -> None:
    store = S3Blobs("no-such-bucket", endpoint=s3_url, login=LOGIN)

    for act in (store.get, store.head, store.delete):
        with pytest.raises(BlobsAway):
            await act(KEY)
    with pytest.raises(BlobsAway):
        await store.put(KEY, BODY)
    with pytest.raises(BlobsAway):
        await keys(store)


async def test_a_bucket_whose_server_dies_is_away() -> None:
    with s3_server() as (url, process):
        store = S3Blobs(bucket(url), endpoint=url, login=LOGIN)
        await store.put(KEY, BODY)
        process.kill()
        process.wait()

        with pytest.raises(BlobsAway) as caught:
            await store.get(KEY)

    assert "127.0.0.1" not in caught.value.message


@pytest.mark.parametrize(
    "status", ["403 Forbidden", "500 Wrong", "503 Slow Down", "507 Insufficient Storage"]
)
async def test_a_bucket_that_refuses_is_away(status: str) -> None:
    async with Server(always(sized(b"<Error/>", status=status))).listening() as server:
        store = S3Blobs("pictures", endpoint=f"http://127.0.0.1:{server.port}", login=LOGIN)

        with pytest.raises(BlobsAway):
            await store.put(KEY, BODY)


async def test_a_blob_that_breaks_off_is_not_given_out() -> None:
    headers = ('ETag: "a"', "Last-Modified: Tue, 01 Jul 2025 10:00:00 GMT")
    short = sized(BODY, *headers).replace(BODY, BODY[:100])
    async with Server(always(short, hang_up=True)).listening() as server:
        url = f"http://127.0.0.1:{server.port}"
        store = S3Blobs("pictures", endpoint=url, login=LOGIN, request_s=5)

        with pytest.raises(BlobsAway):
            await store.get(KEY)


async def test_a_bucket_that_says_nothing_is_given_up() -> None:
    async with Server(always(b"")).listening() as server:
        url = f"http://127.0.0.1:{server.port}"
        store = S3Blobs("pictures", endpoint=url, login=LOGIN, request_s=0.3)

        with pytest.raises(BlobsAway):
            await store.get(KEY)


async def test_the_settings_name_a_folder(
    settings: Callable[..., Settings], tmp_path: Path
) -> None:
    usual, own = settings(), settings(image_store=str(tmp_path / "own"))

    await blobs(usual).put(KEY, BODY)
    await blobs(own).put(KEY, BODY)

    assert (usual.data_dir / "images" / KEY).read_bytes() == BODY
    assert (tmp_path / "own" / KEY).read_bytes() == BODY


async def test_the_settings_name_a_bucket(settings: Callable[..., Settings], s3_url: str) -> None:
    name = bucket(s3_url)
    given = settings(
        image_store=f"s3://{name}/deep/down/",
        image_store_endpoint=s3_url,
        image_store_key_id=LOGIN[0],
        image_store_secret_key=LOGIN[1],
    )

    await blobs(given).put(KEY, BODY)

    everything = S3Blobs(name, endpoint=s3_url, login=LOGIN)
    assert await keys(everything) == [f"deep/down/{KEY}"]


def test_a_folder_that_cannot_be_made_says_what_to_do(
    settings: Callable[..., Settings], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(BadSettings, match="REWIND_IMAGE_STORE"):
        blobs(settings(image_store=str(tmp_path / "file" / "images")))


@pytest.mark.parametrize(
    "wrong",
    [
        {"image_store": "gs://pictures"},
        {"image_store": "s3://"},
        {"image_store": "s3://key:secret@pictures/a"},
        {"image_store": "s3://pictures/../other"},
        {"image_store_endpoint": "minio:9000"},
        {"image_store_endpoint": "http://minio:9000/pictures"},
        {"image_store_key_id": "only"},
        {"image_store_region": "not one"},
        {"image_cache_mb": -1},
    ],
)
def test_settings_that_name_no_store_are_refused(
    settings: Callable[..., Settings], wrong: dict[str, object]
) -> None:
    with pytest.raises(ValueError, match=r"image_|REWIND_IMAGE"):
        settings(**wrong)
