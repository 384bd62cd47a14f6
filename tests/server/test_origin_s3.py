"""Pictures that are kept in a bucket: found, redirected to, shrunk, cut, and the bucket gone."""

from collections.abc import Callable

from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from tests.images.files import opened
from tests.rest.gallery import gallery
from tests.s3 import LOGIN, bucket, s3_server, s3_url

__all__ = ["s3_url"]

HERE = "http://rewind"


def kept_in(url: str) -> dict[str, str]:
    """The settings that lead to a new bucket there."""
    return {
        "image_store": f"s3://{bucket(url)}/pictures",
        "image_store_endpoint": url,
        "image_store_key_id": LOGIN[0],
        "image_store_secret_key": LOGIN[1],
    }


async def test_a_missing_picture_goes_through_the_bucket_to_who_asked(
    store: Store, settings: Callable[..., Settings], s3_url: str
) -> None:
    async with gallery(store, settings, **kept_in(s3_url)) as made:
        await made.stock()
        key = await made.album("Double Negative")
        told = await made.api.ask(f"/v1/images/{key}/small")
        small = await made.api.ask(told.headers["location"].removeprefix(HERE), key=None)
        original = f"/{key}/original.{told.headers['location'].rpartition('.')[2]}"
        whole = await made.api.ask(original, key=None)
        some = await made.api.ask(original, key=None, headers={"Range": "bytes=10-19"})
        listed = [each async for each in made.api.desk.images.blobs.list("originals")]

    assert [told.status_code, small.status_code, whole.status_code] == [302, 200, 200]
    assert opened(small.content).size == (150, 150)
    assert "immutable" in whole.headers["cache-control"]
    assert (some.status_code, some.content) == (206, whole.content[10:20])
    assert [each.size_bytes for each in listed] == [len(whole.content)]
    assert not any((made.api.desk.settings.data_dir / "images").glob("**/*"))


async def test_while_the_bucket_is_gone_it_says_when_to_return(
    sqlite_store: Store, settings: Callable[..., Settings]
) -> None:
    with s3_server() as (url, process):
        async with gallery(sqlite_store, settings, **kept_in(url)) as made:
            await made.stock()
            key = await made.album("Double Negative")
            await made.hang(key)
            path = f"/{key}/original.jpg"
            before = await made.api.ask(f"/cdn-cgi/image/width=60{path}", key=None)
            process.kill()
            process.wait()

            original = await made.api.ask(path, key=None)
            known = await made.api.ask(f"/cdn-cgi/image/width=60{path}", key=None)
            other = await made.api.ask(f"/cdn-cgi/image/width=90{path}", key=None)

    assert [original.status_code, known.status_code, other.status_code] == [503, 200, 503]
    assert known.content == before.content
    assert int(original.headers["retry-after"]) > 0
    assert int(other.headers["retry-after"]) > 0
