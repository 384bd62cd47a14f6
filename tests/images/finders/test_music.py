"""Oddities of the providers of covers and portraits."""

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from starlette.types import ASGIApp

from rewind_gql.demo.catalogue import mbid
from rewind_gql.demo.upstreams import apple_music, cover_art_archive, deezer, effects, itunes
from rewind_gql.demo.upstreams.edits import put, transform, without
from rewind_gql.demo.upstreams.faults import Faults
from rewind_gql.demo.upstreams.pictures import Shop
from rewind_gql.ports.developer_token import developer_token
from tests.images.finders.meeting import ALBUMS, LOW, MUSIC, album, artist, meeting, release

NAMED = {"artist": LOW[0], "title": LOW[1]}
RELEASE = mbid("album", *LOW)
GROUP = cover_art_archive.group_mbid(*LOW)
UNKNOWN = "0d2cb66c-3a32-4f81-b977-9231c461c34a"


def private_key() -> str:
    """A key as Apple gives them."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


async def test_the_archive_is_asked_for_the_group_when_the_release_has_nothing() -> None:
    async with meeting("cover-art-archive") as met:
        found = await met.finder.find(album(mbid=UNKNOWN, release_group_mbid=GROUP.upper()))
        paths = [each.path for each in met.faults.requests[:2]]

    assert found.outcome == "found"
    assert paths == [f"/release/{UNKNOWN}", f"/release-group/{GROUP}"]


async def test_the_archives_thumbnails_come_largest_first_and_never_a_back() -> None:
    async with meeting("cover-art-archive") as met:
        met.faults.add(
            put("images", 1, "thumbnails", "1200", value="http://127.0.0.1/large.jpg"),
            match="index.json",
        )
        found = await met.finder.find(album(mbid=RELEASE))

    assert [each.width for each in found.candidates] == [1200, 500]


async def test_the_archives_old_listings_name_sizes_only() -> None:
    thumbnails = {"large": "http://127.0.0.1/500.jpg", "small": "http://127.0.0.1/250.jpg"}
    async with meeting("cover-art-archive") as met:
        met.faults.add(put("images", 1, "thumbnails", value=thumbnails), match="index.json")
        found = await met.finder.find(album(mbid=RELEASE))

    assert [(each.url, each.width) for each in found.candidates] == [(thumbnails["large"], 500)]


async def test_the_archives_original_is_taken_only_without_thumbnails_and_never_as_a_pdf() -> None:
    original = {"front": True, "thumbnails": {}, "image": "http://127.0.0.1/1.jpg"}
    document = original | {"image": "http://127.0.0.1/2.PDF"}
    async with meeting("cover-art-archive") as met:
        listing = {"images": [original, document]}
        met.faults.add(effects.answer(200, {}, listing), match="index.json")
        found = await met.finder.find(album(mbid=RELEASE))

    assert [each.url for each in found.candidates] == ["http://127.0.0.1/1.jpg"]


async def test_the_archives_own_addresses_are_asked_for_with_encryption() -> None:
    address = "http://coverartarchive.org/release/x/1-500.jpg"
    listing = {"images": [{"front": True, "thumbnails": {"500": address}}]}
    async with meeting("cover-art-archive") as met:
        met.faults.add(effects.answer(200, {}, listing), match="index.json")
        found = await met.finder.find(album(mbid=RELEASE))

    assert [each.url for each in found.candidates] == [address.replace("http:", "https:")]


async def test_apples_artwork_is_asked_for_no_larger_than_it_is() -> None:
    number = str(MUSIC.draw("album", *LOW))
    async with meeting("apple-music") as met:
        small = put("data", 0, "attributes", "artwork", "width", value=640)
        met.faults.add(small)
        found = await met.finder.find(album(apple_id=number))

    assert [(each.width, each.height) for each in found.candidates] == [(640, 1200)]
    assert "/640x1200bb.jpg" in found.candidates[0].url


async def test_apple_knows_artists_by_number_and_by_name() -> None:
    number = str(MUSIC.draw("artist", "Low"))
    async with meeting("apple-music") as by_id, meeting("apple-music-search") as by_name:
        exact = await by_id.finder.find(artist(apple_id=number))
        named = await by_name.finder.find(artist(artist="Low"))

    assert [each.width for each in (*exact.candidates, *named.candidates)] == [1000, 1000]
    assert {each.source for each in named.candidates} == {"apple-music"}


async def test_apple_is_asked_with_a_key_of_the_account_where_no_token_is_given() -> None:
    names = {"team_id": "TEAM", "key_id": "KEY", "private_key": private_key()}
    given = {f"apple_music_{name}": value for name, value in names.items()}
    number = str(MUSIC.draw("album", *LOW))
    async with meeting("apple-music", apple_music_developer_token=None, **given) as met:
        met.faults.add(effects.answer(200, {}, {"data": []}))
        found = await met.finder.find(album(apple_id=number))
        [asked] = met.faults.requests

    assert found.outcome == "none"
    assert asked.headers["authorization"] == f"Bearer {developer_token(**names)}"


async def test_apple_is_not_asked_with_what_is_no_key() -> None:
    given = {"apple_music_team_id": "TEAM", "apple_music_key_id": "KEY"}
    wrong = {**given, "apple_music_developer_token": None, "apple_music_private_key": "no key"}
    async with meeting("apple-music", **wrong) as met:
        found = await met.finder.find(album(apple_id="1"))

        assert (found.outcome, met.faults.requests) == ("failed", [])
        assert "APPLE_MUSIC_PRIVATE_KEY" in (found.reason or "")


async def test_apple_without_artwork_has_none() -> None:
    async with meeting("apple-music") as met:
        met.faults.add(without("data", 0, "attributes", "artwork"))
        found = await met.finder.find(album(apple_id=str(MUSIC.draw("album", *LOW))))

    assert found.outcome == "none"


async def test_itunes_looks_in_the_us_for_what_the_owners_store_has_not() -> None:
    async with meeting("itunes") as met:
        met.faults.add(transform(lambda _: {"resultCount": 0, "results": []}), match="country=NO")
        found = await met.finder.find(album(**NAMED))
        countries = [each.params["country"] for each in met.faults.requests]

    assert found.outcome == "found"
    assert countries == ["NO", "US"]


async def test_itunes_takes_the_number_of_an_album_before_its_name() -> None:
    number = MUSIC.draw("album", "Blue Nile", "Hats")
    async with meeting("itunes") as met:
        found = await met.finder.find(album(**NAMED, apple_id=str(number)))

    assert f"/v4/{number}/" in found.candidates[0].url
    assert found.candidates[0].url.endswith("/600x600bb.jpg")


async def test_itunes_lists_tracks_behind_the_album_they_are_on() -> None:
    number = MUSIC.draw("album", *LOW)
    track = {"wrapperType": "track", "artworkUrl100": "http://127.0.0.1/100x100bb.jpg"}

    def with_tracks(body: dict[str, list[object]]) -> object:
        return body | {"results": [*body["results"], track]}

    async with meeting("itunes") as met:
        met.faults.add(transform(with_tracks))
        found = await met.finder.find(album(**NAMED, apple_id=str(number)))

    assert len(found.candidates) == 1


async def test_itunes_refuses_the_twenty_first_call_and_that_is_no_denial() -> None:
    def strict(faults: Faults) -> ASGIApp:
        return itunes.app(MUSIC, faults, rate_limit=2)

    async with meeting("itunes", app=strict) as met:
        await met.finder.find(album(**NAMED))
        await met.finder.find(album(artist="Blue Nile", title="Hats"))
        found = await met.finder.find(album(**NAMED))

    assert found.outcome == "failed"
    assert (found.retry_after or 0) >= 60


async def test_itunes_without_artwork_has_none() -> None:
    def bare(body: dict[str, list[dict[str, object]]]) -> object:
        for row in body["results"]:
            row.pop("artworkUrl100")
        return body

    async with meeting("itunes") as met:
        met.faults.add(transform(bare), times=None)
        found = await met.finder.find(album(**NAMED))

    assert (found.outcome, found.reason) == ("none", "no cover")


async def test_deezers_covers_are_asked_for_larger_than_listed() -> None:
    async with meeting("deezer") as met:
        covers = await met.finder.find(album(**NAMED))
        portraits = await met.finder.find(artist(artist="Low"))

    assert [each.width for each in covers.candidates[:1]] == [1200]
    assert "/1200x1200-" in covers.candidates[0].url
    assert [each.width for each in portraits.candidates] == [1000]


async def test_deezers_silhouette_is_no_picture() -> None:
    nobody = "https://cdn-images.dzcdn.net/images/artist//1000x1000-000000-80-0-0.jpg"
    async with meeting("deezer") as met:
        met.faults.add(put("data", 0, "picture_xl", value=nobody))
        found = await met.finder.find(artist(artist="Low"))

    assert found.outcome == "none"


async def test_deezer_says_that_it_is_too_much_in_a_good_answer() -> None:
    def strict(faults: Faults) -> ASGIApp:
        return deezer.app(MUSIC, faults, rate_limit=1)

    async with meeting("deezer", app=strict) as met:
        await met.finder.find(album(**NAMED))
        found = await met.finder.find(album(**NAMED))

    assert (found.outcome, found.reason) == ("failed", "deezer: Quota limit exceeded")


async def test_deezer_without_data_has_none() -> None:
    missing = {"error": {"type": "DataException", "message": "no data", "code": 800}}
    async with meeting("deezer") as met:
        met.faults.add(transform(lambda _: missing))
        found = await met.finder.find(album(**NAMED))

    assert found.outcome == "none"


async def test_a_release_is_found_by_name_too() -> None:
    owned = release(artist="Low (2)", title="Double Negative")
    async with meeting("deezer") as first, meeting("itunes") as second:
        outcomes = [(await each.finder.find(owned)).outcome for each in (first, second)]

    assert outcomes == ["found", "found"]


async def test_accents_do_not_part_an_artist_from_the_cover() -> None:
    shop = Shop("test", ALBUMS)

    def app(faults: Faults) -> ASGIApp:
        return apple_music.app(shop, faults)

    async with meeting("apple-music-search", app=app) as met:
        found = await met.finder.find(album(artist="Sigur Ros", title="Takk…"))

    assert found.outcome == "found"
    assert all(each.exact for each in found.candidates)
