"""Pictures that stand for missing ones: what the owner lists is nobody's picture."""

import hashlib
from pathlib import Path

import pytest

from rewind_gql.demo.upstreams.serving import serve
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from tests.databases import ME
from tests.images.gallery import KEY, SEA, WOOD, Site, article, folder, pipeline, seen

GREY = hashlib.sha256(SEA).hexdigest()


async def test_a_picture_on_the_list_is_unfit(sqlite_store: Store, tmp_path: Path) -> None:
    given = {"image_placeholders": GREY.upper()}
    with serve(Site(**{"sea.jpg": SEA}).app) as url:
        async with pipeline(sqlite_store, folder(tmp_path), url, given=given) as pipe:
            outcome = await pipe.find(ME, article(f"{url}/sea.jpg"))

    standing = await seen(sqlite_store, KEY)
    assert (outcome.outcome, outcome.image) == ("unfit", None)
    assert "stands for a missing one" in (standing.last_error or "")


async def test_the_next_source_is_asked_instead(sqlite_store: Store, tmp_path: Path) -> None:
    given = {"image_placeholders": (GREY,)}
    with serve(Site(**{"sea.jpg": SEA, "wood.png": WOOD}).app) as url:
        thing = article(f"{url}/sea.jpg", page=f"{url}/page/wood.png")
        async with pipeline(sqlite_store, folder(tmp_path), url, given=given) as pipe:
            outcome = await pipe.find(ME, thing)

    assert outcome.image is not None
    assert outcome.image.content_hash == hashlib.sha256(WOOD).hexdigest()


@pytest.mark.parametrize("listed", ["abc", f"{GREY},x", "g" * 64])
def test_what_is_no_hash_is_refused(listed: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        Settings(image_placeholders=listed)  # type: ignore[arg-type]  # as the environment has it
