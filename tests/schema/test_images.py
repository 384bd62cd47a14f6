"""Images in GraphQL: on everything pictured, in every size, in one statement."""

import hashlib
import struct
from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLObjectType

from rewind_gql.demo.upstreams.effects import broken
from rewind_gql.images import queries
from rewind_gql.images.records import Key
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from schema.ids import global_id
from schema.root import schema
from tests.databases import ME
from tests.images.files import picture
from tests.images.gallery import CHOSEN, WOOD, folder, hang
from tests.rest.gallery import Gallery, gallery
from tests.schema.conftest import Asking, asking_over

ALBUMS = "{ listening { albums { nodes { name image%s { %s } } } } }"
SECRET_NAME = "Secret Name"


async def hung(ask: Asking, path: Path, title: str, body: bytes = WOOD, **given: Any) -> Key:
    """Give the album of that title a picture."""
    found = await ask.data("{ listening { albums { nodes { id name } } } }")
    nodes = found["listening"]["albums"]["nodes"]
    [album_id] = [each["id"] for each in nodes if each["name"] == title]
    key = Key("listening", "albums", b64decode(album_id).decode().partition(":")[2])
    await hang(ask.deps.store, folder(path), body, key=key, **given)
    return key


async def image_of(ask: Asking, title: str, fields: str, arguments: str = "") -> Any:
    """What is told of an album's picture."""
    found = await ask.data(ALBUMS % (arguments, fields))
    nodes = found["listening"]["albums"]["nodes"]
    return next(each["image"] for each in nodes if each["name"] == title)


async def test_a_picture_tells_all_there_is_to_show(own_ask: Asking, tmp_path: Path) -> None:
    key = await hung(own_ask, tmp_path, SECRET_NAME)

    shown = await image_of(
        own_ask,
        SECRET_NAME,
        "url width height thumbhash dominantColor accentColor alt originalWidth originalHeight "
        "mediaType source attribution isOverride contentHash version",
    )

    [image] = (await own_ask.deps.store.ask(queries.images_by_entity, ME, [key])).values()
    options = "width=300,height=300,fit=cover,format=auto,quality=85"
    assert shown == {
        "url": f"https://rewind.example/cdn-cgi/image/{options}/{key}/original.png?v=1",
        "width": 300,
        "height": 300,
        "thumbhash": image.thumbhash,
        "dominantColor": image.dominant_color,
        "accentColor": image.accent_color,
        "alt": "Cover of Secret Name by Low",
        "originalWidth": 320,
        "originalHeight": 480,
        "mediaType": "image/png",
        "source": "open-graph",
        "attribution": None,
        "isOverride": False,
        "contentHash": hashlib.sha256(WOOD).hexdigest(),
        "version": 1,
    }


async def test_its_blur_is_a_picture_at_once(own_ask: Asking, tmp_path: Path) -> None:
    await hung(own_ask, tmp_path, SECRET_NAME)

    url = (await image_of(own_ask, SECRET_NAME, "thumbhashDataUrl"))["thumbhashDataUrl"]

    head, _, body = url.partition(",")
    assert head == "data:image/png;base64"
    assert struct.unpack(">II", b64decode(body)[16:24]) == (23, 32)


@pytest.mark.parametrize(
    ("arguments", "url", "sides"),
    [
        ("(size: POSTER_SM)", "width=240,height=360,fit=cover,format=auto", (240, 360)),
        ("(size: ORIGINAL)", "", (320, 480)),
        ("(size: ORIGINAL, format: WEBP)", "fit=cover,format=webp", (320, 480)),
        ("(size: SMALL, format: JPEG)", "width=150,height=150,fit=cover,format=jpeg", (150, 150)),
        (
            "(size: LARGE, fit: CONTAIN)",
            "width=600,height=600,fit=contain,format=auto",
            (400, 600),
        ),
        (
            "(size: LARGE, fit: SCALE_DOWN, format: JPEG)",
            "width=600,height=600,fit=scale-down,format=jpeg",
            (320, 480),
        ),
        ("(size: ORIGINAL, fit: CONTAIN)", "", (320, 480)),
        ("(width: 99)", "width=100,fit=cover,format=auto", (100, 150)),
        (
            "(width: 800, height: 60, fit: SCALE_DOWN)",
            "width=800,height=60,fit=scale-down,format=auto",
            (40, 60),
        ),
    ],
)
async def test_it_comes_in_the_size_that_is_asked_for(
    own_ask: Asking, tmp_path: Path, arguments: str, url: str, sides: tuple[int, int]
) -> None:
    key = await hung(own_ask, tmp_path, SECRET_NAME)

    shown = await image_of(own_ask, SECRET_NAME, "url width height", arguments)

    before = f"cdn-cgi/image/{url},quality=85/" if url else ""
    assert shown["url"] == f"https://rewind.example/{before}{key}/original.png?v=1"
    assert (shown["width"], shown["height"]) == sides


@pytest.mark.parametrize("arguments", ["(width: 0)", "(height: 2001)", "(width: -5)"])
async def test_sides_that_cannot_be_are_refused(quick_ask: Asking, arguments: str) -> None:
    result = await quick_ask.run(ALBUMS % (arguments, "url"))

    assert result.errors
    assert {(error.extensions or {})["code"] for error in result.errors} == {"BAD_INPUT"}


async def test_what_has_no_picture_says_so(ask: Asking) -> None:
    assert await image_of(ask, "Things We Lost in the Fire", "url") is None


async def test_pictures_of_many_kinds_cost_one_statement(own_ask: Asking, tmp_path: Path) -> None:
    await hung(own_ask, tmp_path, SECRET_NAME)
    both = "{ listening { topAlbums { nodes { album { name %s } artist { name %s } } } } }"

    await own_ask.data(both % ("", ""))
    without = len(own_ask.statements)
    await own_ask.data(both % ("image { url }", "image { url }"))

    assert len(own_ask.statements) == without + 1


async def test_a_copy_and_its_release_show_the_cover_of_the_album(
    own_ask: Asking, tmp_path: Path
) -> None:
    key = await hung(own_ask, tmp_path, SECRET_NAME)

    found = await own_ask.data(
        "{ collecting { items { nodes { image { url alt } release { title image { url } } } } } }"
    )

    nodes = found["collecting"]["items"]["nodes"]
    [copy] = [each for each in nodes if each["release"]["title"] == SECRET_NAME]
    assert f"/{key}/" in copy["image"]["url"]
    assert copy["release"]["image"]["url"] == copy["image"]["url"]
    assert copy["image"]["alt"] == "Cover of Secret Name by Low"
    bare = [each["release"]["title"] for each in nodes if each["image"] is None]
    assert bare == ["Future Days"]


async def test_the_tally_counts_what_was_found(own_ask: Asking, tmp_path: Path) -> None:
    await hung(own_ask, tmp_path, SECRET_NAME)

    found = await own_ask.data("{ imageTally { domain entityType outcome count } }")

    assert found["imageTally"] == [
        {"domain": "listening", "entityType": "albums", "outcome": "found", "count": 3},
        {"domain": "listening", "entityType": "artists", "outcome": "found", "count": 2},
        {"domain": "watching", "entityType": "movies", "outcome": "found", "count": 2},
    ]


async def test_every_source_is_named_with_its_words(quick_ask: Asking) -> None:
    found = await quick_ask.data("{ imageAttributions { source attribution docs } }")

    by_source = {each["source"]: each for each in found["imageAttributions"]}
    assert by_source["tmdb"]["attribution"]
    assert all(each["docs"].startswith("https://") for each in by_source.values())


@pytest.fixture
async def stocked(
    sqlite_store: Store, settings: Callable[..., Settings]
) -> AsyncIterator[tuple[Gallery, Asking]]:
    """An application beside a shop of covers, and somebody who asks it."""
    async with gallery(sqlite_store, settings) as made:
        await made.stock()
        yield made, asking_over(made.api.desk)


OVERRIDE = """mutation($id: ID!, $url: String!) {
  overrideImage(input: { id: $id, sourceUrl: $url, clientMutationId: "m" }) {
    errors { code path } clientMutationId image(size: ORIGINAL) { url isOverride version source }
  }
}"""
REVERT = """mutation($id: ID!, $force: Boolean! = false) {
  revertImage(id: $id, force: $force) {
    errors { code retryAfter } image { isOverride source version }
  }
}"""
RESTORE = """mutation($id: ID!, $version: Int!) {
  restoreImage(id: $id, version: $version) { errors { code } image { isOverride version } }
}"""
FIND = "mutation($id: ID!) { findImage(id: $id) { errors { code } image { source alt } } }"
CHOICE = """query($id: ID!) {
  imageAlternatives(of: $id) {
    currentSource isOverride alternatives { source url width height } failed { source reason }
    formers { version source width thumbhashDataUrl }
  }
}"""


async def album_id(made: Gallery, title: str) -> str:
    """The global id of an album."""
    return global_id("Album", (await made.album(title)).entity_id)


async def test_an_alternative_is_chosen_and_reverted(stocked: tuple[Gallery, Asking]) -> None:
    made, ask = stocked
    album = await album_id(made, "Double Negative")
    choice = (await ask.data(CHOICE, scope="admin", id=album))["imageAlternatives"]

    url = choice["alternatives"][0]["url"]
    chosen = await ask.done(OVERRIDE, id=album, url=url)
    reverted = await ask.done(REVERT, id=album)

    assert (choice["currentSource"], choice["formers"]) == (None, [])
    assert (chosen["errors"], chosen["clientMutationId"]) == ([], "m")
    assert chosen["image"]["isOverride"]
    assert chosen["image"]["source"] == "manual"
    assert reverted["image"] == {"isOverride": False, "source": "itunes", "version": 1}


async def test_a_former_picture_is_listed_and_given_back(stocked: tuple[Gallery, Asking]) -> None:
    made, ask = stocked
    key = await made.album("Double Negative")
    album = global_id("Album", key.entity_id)
    await made.hang(key)
    await made.hang(key, picture("PNG", 200, 200), origin=CHOSEN)

    [former] = (await ask.data(CHOICE, scope="admin", id=album))["imageAlternatives"]["formers"]
    restored = await ask.done(RESTORE, id=album, version=former["version"])
    unknown = await ask.done(RESTORE, id=album, version=99)

    assert (former["version"], former["width"]) == (1, 400)
    assert former["thumbhashDataUrl"].startswith("data:image/png")
    assert restored["image"] == {"isOverride": True, "version": 3}
    assert unknown["errors"] == [{"code": "NOT_FOUND"}]


async def test_a_missing_picture_is_found_when_asked_for(stocked: tuple[Gallery, Asking]) -> None:
    made, ask = stocked

    found = await ask.done(FIND, id=await album_id(made, "Double Negative"))
    missing = await ask.done(FIND, id=await album_id(made, "Tweez"))

    assert found["image"] == {"source": "itunes", "alt": "Cover of Double Negative by Low"}
    assert (missing["image"], missing["errors"]) == (None, [{"code": "NOT_FOUND"}])


async def test_a_cover_is_chosen_for_a_release_by_its_copy(
    stocked: tuple[Gallery, Asking],
) -> None:
    made, ask = stocked
    found = await ask.data("{ collecting { items { nodes { id release { title } } } } }")
    nodes = found["collecting"]["items"]["nodes"]
    [item] = [each["id"] for each in nodes if each["release"]["title"] == "Spiderland"]
    album = await album_id(made, "Double Negative")
    choice = (await ask.data(CHOICE, scope="admin", id=album))["imageAlternatives"]

    chosen = await ask.done(OVERRIDE, id=item, url=choice["alternatives"][0]["url"])

    assert "/collecting/releases/22/" in chosen["image"]["url"]


async def test_an_outage_leaves_the_choice_as_it_is(stocked: tuple[Gallery, Asking]) -> None:
    made, ask = stocked
    key = await made.album("Double Negative")
    await made.hang(key, origin=CHOSEN)
    made.faults.add(broken(), match="/search", times=None)

    reverted = await ask.done(REVERT, id=global_id("Album", key.entity_id))

    standing = await made.store.ask(queries.standing, ME, key)
    assert reverted["errors"] == [{"code": "UNAVAILABLE", "retryAfter": 300}]
    assert standing is not None
    assert standing.is_override


@pytest.mark.parametrize(
    ("url", "blamed"), [("http://10.0.0.1/x.jpg", "sourceUrl"), ("nothing", "sourceUrl")]
)
async def test_an_address_that_may_not_be_asked_is_blamed(
    stocked: tuple[Gallery, Asking], url: str, blamed: str
) -> None:
    made, ask = stocked

    refused = await ask.done(OVERRIDE, id=await album_id(made, "Tweez"), url=url)

    assert refused["errors"] == [{"code": "BAD_INPUT", "path": ["input", blamed]}]


async def test_only_an_admin_key_may_choose_or_look_at_the_choice(quick_ask: Asking) -> None:
    album = global_id("Album", 1)

    assert await quick_ask.refused(CHOICE, id=album) == ("FORBIDDEN", None)
    assert await quick_ask.refused(REVERT, id=album) == ("FORBIDDEN", None)


@pytest.mark.parametrize(
    ("global_", "code"),
    [
        (global_id("Album", 999), "NOT_FOUND"),
        (global_id("Item", 999), "NOT_FOUND"),
        (global_id("Track", 1), "BAD_INPUT"),
        ("nonsense", "BAD_INPUT"),
    ],
)
async def test_ids_of_nothing_pictured_are_refused(
    quick_ask: Asking, global_: str, code: str
) -> None:
    refused = await quick_ask.done(REVERT, id=global_)

    assert refused["errors"] == [{"code": code, "retryAfter": None}]


def test_everything_pictured_has_the_field_with_the_same_arguments() -> None:
    types = schema._schema.type_map.values()
    fields = {
        each.name: set(each.fields["image"].args)
        for each in types
        if isinstance(each, GraphQLObjectType) and "image" in each.fields
    }

    pictured = {"Artist", "Album", "Release", "Item", "Movie", "Media", "ImagePayload"}
    assert pictured == fields.keys()
    assert set(map(frozenset, fields.values())) == {
        frozenset(("size", "width", "height", "fit", "format"))
    }


async def test_words_for_many_cost_a_statement_for_each_kind(own_ask: Asking) -> None:
    lists = "{ listening { albums { nodes { image { %s } } } artists { nodes { image { %s } } } } }"
    keys = [Key("listening", kind, str(n)) for kind in ("albums", "artists") for n in (1, 2)]
    for key in keys:
        await hang(own_ask.deps.store, own_ask.deps.images.blobs, WOOD, key=key)
    await own_ask.data(lists % ("url", "url"))
    without = set(own_ask.statements)

    await own_ask.data(lists % ("url alt", "url alt"))

    # The pictures of both lists may be asked for in one step or in two, as the lists come in.
    words = [sql for sql in own_ask.statements if "images_picture" not in sql]
    assert len([sql for sql in words if sql not in without]) == 2
