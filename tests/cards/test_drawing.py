"""Cards as documents: well-formed and harmless whatever the names are, in every form and theme."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewind_gql.cards.asked import Look
from rewind_gql.cards.drawing import draw
from rewind_gql.cards.pictures import (
    Bar,
    Bars,
    Calendar,
    Cover,
    Day,
    Fact,
    Head,
    Message,
    Numbers,
    Picture,
    Row,
    Rows,
    Tile,
    Tiles,
    covers,
)
from rewind_gql.images.records import Key
from tests.cards.drawn import harmless, parsed
from tests.images.files import picture

HOSTILE = (
    "</svg><script>alert(1)</script>",
    "]]><!DOCTYPE svg [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>&a;",
    '" onload="alert(1)" href="https://elsewhere.example/',
    "{{ 7 * 7 }}{% include '/etc/passwd' %}",
    "&amp;&#0;&lt;",
    "\x00\x08\x0b\x1b\ud800\ufffe",
    "\u202egnihtemos\u202c",
    "فيروز — كيفك إنت",
    "宇多田ヒカル・初恋",
    "\U0001f469\u200d\U0001f680 \U0001f1f3\U0001f1f4 e\u0301",
    "W" * 10_000,
    "",
)
WIDTHS = (320, 400, 820, 1_200)
KEY = Key("listening", "albums", "1")
COVER = picture("PNG", 8, 8)


def pictures(name: str) -> list[Picture]:
    """One of every form, with this name wherever there is a name."""
    head = Head(title=name, note=name, desc=name)
    cover = Cover(name=name, key=KEY)
    tile = Tile(cover=cover, name=name, by=name, note=name)
    days = [date(2024, 1, 1) + timedelta(days=at) for at in range(366)]
    bars = tuple(Bar(value=at, label=name, words=name) for at in range(14))
    return [
        Calendar(
            head=head,
            facts=(Fact(value=name, words=name),),
            days=tuple(Day(day=day, plays=at % 9) for at, day in enumerate(days)),
            unit="play",
        ),
        Tiles(head=head, tiles=(tile,) * 3, empty=name),
        Tiles(head=head, tiles=(), empty=name),
        Rows(head=head, rows=(Row(cover=cover, name=name, note=name, share=0.5),), empty=name),
        Rows(head=head, rows=(Row(cover=cover, name=name, by=name, note=name),), empty=name),
        Bars(head=head, bars=bars, empty=name),
        Bars(head=head, bars=bars, counted=True, empty=name),
        Bars(head=head, bars=(), empty=name),
        Numbers(head=head, facts=(Fact(value=name, words=name),) * 5, best=(tile,)),
        Message(head=head),
    ]


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: repr(name[:12]))
def test_no_name_breaks_a_card_or_brings_anything_in(name: str) -> None:
    for shown in pictures(name):
        root = parsed(draw(shown, Look(), width=400, art={}))

        assert harmless(root)
        assert root.attributes["role"] == "img"


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=80), st.sampled_from(WIDTHS))
def test_any_text_makes_well_formed_cards(name: str, width: int) -> None:
    for shown in pictures(name):
        assert harmless(parsed(draw(shown, Look(width=width), width=400, art={KEY: COVER})))


@pytest.mark.parametrize("width", WIDTHS)
def test_words_stay_on_the_card(width: int) -> None:
    for shown in pictures("Godspeed You! Black Emperor and the Silver Mt. Zion Orchestra"):
        root = parsed(draw(shown, Look(width=width), width=400, art={}))

        sides = float(root.attributes["width"]), float(root.attributes["height"])
        places = [(float(t.attributes["x"]), float(t.attributes["y"])) for t in root.all("text")]
        assert sides[0] == width
        assert all(0 <= x <= sides[0] and 0 <= y <= sides[1] for x, y in places)


def test_a_long_name_is_cut_and_told_whole_beside() -> None:
    name = "Lift Your Skinny Fists Like Antennas to Heaven"
    tile = Tile(cover=Cover(name=name, key=KEY), name=name, by="GY!BE", note="1 play")
    shown = Tiles(head=Head(title="t", desc="d"), tiles=(tile,), empty="")

    root = parsed(draw(shown, Look(), width=820, art={}))

    [line] = root.all("text", **{"class": "ink name"})
    assert line.text.endswith("…")
    assert [part.text for part in line.parts] == [name]


def test_a_card_has_a_name_and_a_description() -> None:
    shown = Message(head=Head(title="Top & most", note="n", desc="1 < 2"))

    root = parsed(draw(shown, Look(), width=400, art={}))

    labels = root.attributes["aria-labelledby"].split()
    named = {part.attributes.get("id"): part.text for part in root.parts}
    assert [named[label] for label in labels] == ["Top & most", "1 < 2"]


@pytest.mark.parametrize(
    ("theme", "papers", "asks"),
    [
        ("auto", ["#ffffff", "#0d1117"], 1),
        ("light", ["#ffffff"], 0),
        ("dark", ["#0d1117"], 0),
    ],
)
def test_a_theme_is_one_palette_and_auto_asks_the_reader(
    theme: str, papers: list[str], asks: int
) -> None:
    look = Look(theme=theme)  # type: ignore[arg-type]  # one of the three
    body = draw(Message(head=Head(title="t", desc="d")), look, width=400, art={})

    text = body.decode()
    assert re.findall(r"\.paper\{fill:(#\w+)", text) == papers
    assert text.count("prefers-color-scheme:dark") == asks


def test_covers_are_in_the_document_and_initials_where_there_is_none() -> None:
    tiles = tuple(
        Tile(
            cover=Cover(name="Fever Ray", key=Key("listening", "albums", each)),
            name="",
            by="",
            note="",
        )
        for each in ("1", "2", "3")
    )
    art: dict[Key, bytes | str] = {
        tiles[0].cover.key: COVER,
        tiles[1].cover.key: "data:image/png;base64,AAAA",
    }
    shown = Tiles(head=Head(title="t", desc="d"), tiles=tiles, empty="")

    root = parsed(draw(shown, Look(), width=820, art=art))

    addresses = [each.attributes["href"] for each in root.all("image")]
    assert [address[:22] for address in addresses] == ["data:image/png;base64,"] * 2
    assert [each.text for each in root.all("text", fill="#ffffff")] == ["FR"]
    assert [cover.key for cover in covers(shown)] == [tile.cover.key for tile in tiles]


def test_days_of_a_leap_year_stand_in_weeks_from_monday_on() -> None:
    [calendar, *_] = pictures("Low")

    root = parsed(draw(calendar, Look(), width=820, art={}))

    squares = [each for each in root.all("rect") if each.all("title")]
    words = [each.all("title")[0].text for each in squares]
    rows = {float(each.attributes["y"]) for each in squares}
    assert len(squares) == 366
    assert "29 Feb 2024: 5 plays" in words
    assert len(rows) == 7
    assert len({float(each.attributes["x"]) for each in squares}) == 53


def test_levels_are_quarters_of_the_days_with_anything() -> None:
    days = tuple(Day(day=date(2024, 1, at + 1), plays=at) for at in range(9))
    head = Head(title="t", desc="d")
    later = (Day(day=date(2024, 1, 10), plays=None),)

    root = parsed(
        draw(
            Calendar(head=head, facts=(), days=days + later, unit="play"), Look(), width=820, art={}
        )
    )

    levels = [each.attributes["class"] for each in root.all("rect") if each.all("title")]
    assert levels == ["h0", "h1", "h1", "h1", "h2", "h2", "h3", "h3", "h4", "later"]


@pytest.mark.parametrize(
    ("most", "marks"),
    [
        (0, ["0", "1"]),
        (1, ["0", "1"]),
        (7, ["0", "2", "4", "6", "8"]),
        (101, ["0", "50", "100", "150"]),
    ],
)
def test_the_axis_has_few_round_numbers(most: int, marks: list[str]) -> None:
    bars = (Bar(value=most, label="", words=""),)
    shown = Bars(head=Head(title="t", desc="d"), bars=bars, empty="")

    root = parsed(draw(shown, Look(), width=820, art={}))

    assert [each.text for each in root.all("text", **{"class": "faint even"})] == marks
