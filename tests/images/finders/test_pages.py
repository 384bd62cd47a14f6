"""Preview pictures of pages: every way they are named, and pages that name none."""

import pytest

from rewind_gql.demo.upstreams import effects
from rewind_gql.demo.upstreams.open_graph import ARTICLES
from rewind_gql.images.finders import Finders
from rewind_gql.images.finders.meta import MAX_CHARS, OPENING_CHARS, previews
from rewind_gql.images.records import Thing
from rewind_gql.images.signature import media_type
from rewind_gql.ports.guarded import Forbidden, Guard
from rewind_gql.ports.http import Clients
from rewind_gql.settings import Settings
from tests.images.finders.meeting import article, meeting

PAGE = "https://news.example.org/2026/a/story.html"
TAG = '<meta property="og:image" content="{}">'


def urls(head: str, *, page: str = PAGE) -> list[str]:
    return [each.url for each in previews(head.encode(), page)[0]]


@pytest.mark.parametrize(
    ("address", "whole"),
    [
        ("https://cdn.example.org/1.jpg", "https://cdn.example.org/1.jpg"),
        ("//cdn.example.org/1.jpg", "https://cdn.example.org/1.jpg"),
        ("/1.jpg", "https://news.example.org/1.jpg"),
        ("../1.jpg", "https://news.example.org/2026/1.jpg"),
        ("1.jpg?w=1&amp;h=2", "https://news.example.org/2026/a/1.jpg?w=1&h=2"),
        ("&#x2F;1.jpg", "https://news.example.org/1.jpg"),
        (" /1.jpg ", "https://news.example.org/1.jpg"),
    ],
)
def test_an_address_is_made_whole(address: str, whole: str) -> None:
    assert urls(TAG.format(address)) == [whole]


@pytest.mark.parametrize(
    "address",
    ["data:image/png;base64,AAAA", "javascript:alert(1)", "file:///etc/passwd", "http://[::1"],
)
def test_an_address_of_no_web_page_counts_as_named_but_leads_nowhere(address: str) -> None:
    found, named = previews(TAG.format(address).encode(), PAGE)

    assert (found, named) == ([], True)


@pytest.mark.parametrize(
    "tag",
    [
        "<meta property='og:image' content='/1.jpg'>",
        '<META CONTENT="/1.jpg" PROPERTY="OG:Image"/>',
        '<meta name="og:image" content="/1.jpg">',
        '<meta property="og:image:secure_url" content="/1.jpg">',
        '<meta name="twitter:image" content="/1.jpg">',
        "<meta property=og:image content=/1.jpg>",
        '<base href="/x/"><base href="/y/"><meta property="og:image" content="../1.jpg">',
    ],
)
def test_every_way_to_name_it_is_read(tag: str) -> None:
    assert urls(f"<head><title>a</title>{tag}</head>") == ["https://news.example.org/1.jpg"]


def test_the_first_one_counts_most_and_the_site_that_shows_tweets_least() -> None:
    head = (
        '<meta name="twitter:image" content="/3.jpg">' + TAG.format("/1.jpg") + TAG.format("/2.jpg")
    )

    assert [url[-5:] for url in urls(head)] == ["1.jpg", "2.jpg", "3.jpg"]


def test_the_size_behind_a_picture_is_its_own() -> None:
    head = (
        TAG.format("/1.jpg") + '<meta property="og:image:width" content="1200">'
        '<meta property="og:image:height" content="tall">' + TAG.format("/2.jpg")
    )

    found, _ = previews(head.encode(), PAGE)

    assert [(each.width, each.height) for each in found] == [(1200, None), (None, None)]


@pytest.mark.parametrize(
    "page",
    [
        "<head></head>" + TAG.format("/1.jpg"),
        "<head><!-- " + TAG.format("/1.jpg") + " --></head>",
        "<head><script>" + TAG.format("/1.jpg") + "</script></head>",
        "<body>" + "x" * OPENING_CHARS + TAG.format("/1.jpg"),
        "<body>" + "<p>" * OPENING_CHARS + TAG.format("/1.jpg"),
        "",
        "\x00\xff",
    ],
)
def test_what_stands_outside_the_head_is_not_read(page: str) -> None:
    assert previews(page.encode(), PAGE) == ([], False)


def test_a_long_head_is_read_to_its_end() -> None:
    assert urls("<head><style>" + "x" * 300_000 + "</style>" + TAG.format("/1.jpg")) != []


def test_a_page_without_a_head_is_read_at_its_beginning() -> None:
    assert urls("<body><p>hello" + TAG.format("/1.jpg")) == ["https://news.example.org/1.jpg"]


@pytest.mark.parametrize("opening", ["<!--", "<a ", "<![CDATA[", "&", "<meta content='"])
def test_a_page_that_opens_what_it_never_closes_is_read_in_bounded_time(opening: str) -> None:
    assert previews((opening * (MAX_CHARS // len(opening) // 20)).encode(), PAGE)[0] == []


@pytest.mark.parametrize("charset", ["iso-8859-1", "utf-8", "no-such-charset", "windows-1252"])
def test_the_encoding_is_the_one_the_page_names(charset: str) -> None:
    used = "utf-8" if "no" in charset else charset
    page = f'<meta charset="{charset}">{TAG.format("/bjørk.jpg")}'.encode(used)

    assert [each.url[-9:] for each in previews(page, PAGE)[0]] == ["bjørk.jpg"]


@pytest.mark.parametrize(
    "slug", [slug for slug in ARTICLES if slug not in ("drawn-into-the-page", "all-words")]
)
async def test_every_pretend_article_leads_to_its_picture(slug: str) -> None:
    async with meeting("open-graph") as met:
        found = await met.finder.find(article(page_url=f"{met.url}/articles/{slug}"))
        fetched = await met.finder.fetch(found.candidates[0])

    assert media_type(fetched.body) == fetched.media_type
    assert slug in found.candidates[0].url


async def test_addresses_are_relative_to_where_the_page_is_in_the_end() -> None:
    async with meeting("open-graph") as met:
        found = await met.finder.find(article(page_url=f"{met.url}/go/walking-every-street"))

    assert found.candidates[0].url == f"{met.url}/pictures/walking-every-street.jpg"


async def test_a_document_that_is_no_page_is_unfit() -> None:
    async with meeting("open-graph") as met:
        found = await met.finder.find(article(page_url=f"{met.url}/papers/a.pdf"))

    assert found.outcome == "unfit"


async def test_a_page_on_a_private_network_is_not_asked() -> None:
    async with meeting("open-graph", image_private_origins=()) as met:
        found = await met.finder.find(article(page_url=f"{met.url}/articles/all-words"))

        assert found.outcome == "unfit"
        assert met.faults.requests == []
    assert "127.0.0.1" not in (found.reason or "")


async def test_a_picture_on_a_private_network_is_not_fetched() -> None:
    async with meeting("open-graph") as met, meeting("plex") as private:
        evil = f'<meta property="og:image" content="{private.url}/identity">'
        met.faults.add(effects.answer(200, {}, evil.encode()))
        found = await met.finder.find(article(page_url=f"{met.url}/articles/all-words"))
        with pytest.raises(Forbidden, match="the web's own ports"):
            await met.finder.fetch(found.candidates[0])

        assert private.faults.requests == []


async def test_a_page_too_large_to_read_is_unfit() -> None:
    async with meeting("open-graph") as met:
        met.faults.add(effects.endless(b"<html>"))
        found = await met.finder.find(article(page_url=f"{met.url}/articles/all-words"))

    assert found.outcome == "unfit"


async def test_a_known_preview_is_taken_as_it_is() -> None:
    finders = Finders(Settings(), Clients(), Guard())
    given = finders.of("reading", "articles")[0]

    found = await given.find(article(image_url="https://cdn.example.org/1.jpg"))
    player = Thing(
        domain="attending",
        entity_type="player_silo",
        entity_id="9",
        image_url="https://cdn.example.org/9.png",
    )
    portrait = await finders.of("attending", "player_silo")[0].find(player)
    without = await given.find(article(page_url=PAGE))

    assert [(each.source, each.url) for each in found.candidates] == [
        ("open-graph", "https://cdn.example.org/1.jpg")
    ]
    assert [each.source for each in portrait.candidates] == ["given"]
    assert without.outcome == "skipped"
    await finders.close()
