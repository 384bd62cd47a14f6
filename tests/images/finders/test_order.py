"""Who is asked first, and what the owner can change about it."""

import pytest

from rewind_gql.errors import BadSettings
from rewind_gql.images.finders import FINDERS, ORDER, Finders, order
from rewind_gql.ports.guarded import Guard
from rewind_gql.ports.http import Clients
from rewind_gql.settings import Settings, load


def test_everybody_in_the_order_has_pictures_of_that_kind() -> None:
    unable = [
        (pair, name)
        for pair, names in ORDER.items()
        for name in names
        if pair not in FINDERS[name].pairs
    ]

    assert unable == []


def test_identifiers_come_before_names() -> None:
    assert ORDER["listening", "albums"][:2] == ("cover-art-archive", "apple-music")
    assert ORDER["listening", "artists"][0] == "apple-music"


def test_the_owner_reorders_one_kind_and_the_rest_stays() -> None:
    settings = Settings(image_order=" listening/albums = itunes, deezer ;")

    found = order(settings)

    assert found["listening", "albums"] == ("itunes", "deezer")
    assert found["watching", "movies"] == ORDER["watching", "movies"]


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("listening/albums=itnues", "itnues has no pictures of listening/albums"),
        ("watching/movies=deezer", "deezer has no pictures of watching/movies"),
        ("running/runs=deezer", "no pictures of running/runs"),
    ],
)
def test_a_finder_that_cannot_is_refused(wanted: str, words: str) -> None:
    with pytest.raises(BadSettings, match=words):
        order(Settings(image_order=wanted))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("REWIND_IMAGE_ORDER", "albums: itunes", "write listening/albums=itunes,deezer"),
        ("REWIND_IMAGE_PRIVATE_ORIGINS", "http://10.0.0.1:80/path", "write origins alone"),
        ("TMDB_API_KEY", "0123456789abcdef" * 2, "Read Access Token"),
        ("ITUNES_COUNTRY", "norway", "ITUNES_COUNTRY"),
    ],
)
def test_settings_of_another_form_are_refused(name: str, value: str, words: str) -> None:
    with pytest.raises(BadSettings, match=words) as refused:
        load(environ={name: value})

    assert "0123456789abcdef" not in str(refused.value)


def test_the_settings_go_by_the_providers_names() -> None:
    environ = {
        "FANARTTV_API_KEY": "key",
        "APPLE_MUSIC_DEVELOPER_TOKEN": "token",
        "PLEX_BASE_URL": "http://192.168.1.20:32400",
        "DISCOGS_IMAGES": "true",
        "REWIND_IMAGE_PRIVATE_ORIGINS": "http://10.0.0.1:80, http://[fd00::1]:81",
    }

    found, _ = load(environ=environ)

    assert found.fanarttv_api_key is not None
    assert found.plex_base_url == "http://192.168.1.20:32400"
    assert found.discogs_images is True
    assert found.image_private_origins == ("http://10.0.0.1:80", "http://[fd00::1]:81")


async def test_a_kind_without_pictures_has_nobody_to_ask() -> None:
    finders = Finders(Settings(), Clients(), Guard())

    assert finders.of("running", "runs") == ()
    assert [each.name for each in finders.of("watching", "shows")] == ["tmdb", "plex"]
    await finders.close()


async def test_only_the_owners_own_server_may_be_private_and_only_to_its_own_finder() -> None:
    guard = Guard()
    finders = Finders(Settings(plex_base_url="http://192.168.1.20:32400"), Clients(), guard)

    own = {each.name: each.guard is not guard for pair in ORDER for each in finders.of(*pair)}

    assert [name for name, is_own in own.items() if is_own] == ["plex"]
    await finders.close()


@pytest.mark.parametrize(
    ("url", "kind", "name"),
    [
        ("https://image.tmdb.org/t/p/w780/a.jpg", ("watching", "movies"), "tmdb"),
        ("https://cdn-images.dzcdn.net/images/cover/a.jpg", ("listening", "albums"), "deezer"),
        ("https://is1-ssl.mzstatic.com/a.jpg", ("listening", "artists"), "apple-music"),
        ("https://is1-ssl.mzstatic.com/a.jpg", ("collecting", "releases"), "itunes"),
        ("https://coverartarchive.org/a.jpg", ("listening", "albums"), "cover-art-archive"),
        ("https://assets.fanart.tv/a.jpg", ("listening", "artists"), "fanart-tv"),
        ("https://i.discogs.com/a.jpg", ("reading", "articles"), "discogs"),
        ("http://10.0.0.2:32400/photo/a", ("watching", "shows"), "plex"),
        ("https://nottmdb.org/a.jpg", ("watching", "movies"), None),
        ("upload", ("watching", "movies"), None),
        ("", ("watching", "movies"), None),
    ],
)
async def test_whose_a_picture_is_shows_by_its_address(
    url: str, kind: tuple[str, str], name: str | None
) -> None:
    settings = Settings(plex_base_url="http://10.0.0.2:32400")
    clients, guard = Clients(), Guard()
    finders = Finders(settings, clients, guard)

    found = finders.at(url, *kind)

    for each in (finders, clients, guard):
        await each.close()
    assert (found.name if found else None) == name
