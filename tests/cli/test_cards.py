"""`rewind cards`: drawn into files, linked to, taken back."""

import json
from pathlib import Path

import pytest

from rewind_gql.cards.shown import CARDS
from tests.cards.drawn import harmless, parsed
from tests.cli.world import rewind


def test_every_card_is_listed(tmp_path: Path) -> None:
    done = rewind("cards", "list", "--json", folder=tmp_path)

    assert [card["name"] for card in json.loads(done.out)] == list(CARDS)


def test_a_card_is_drawn_into_a_file(synced: Path) -> None:
    file = synced / "calendar.svg"

    done = rewind(
        *("cards", "draw", "listening-calendar", "-o", str(file), "--theme", "dark"),
        *("--year", "2026", "--width", "400"),
        folder=synced,
    )

    root = parsed(file.read_bytes())
    assert (done.code, done.err) == (0, "")
    assert root.attributes["width"] == "400"
    assert "Listening, 2026" in root.words()
    assert harmless(root)


def test_a_link_is_made_shown_again_and_taken_back(synced: Path) -> None:
    made = rewind(
        *("cards", "link", "top-albums", "--limit", "3", "--origin", "https://example.org/"),
        folder=synced,
    )

    listed = rewind("cards", "links", "--json", "--origin", "https://example.org", folder=synced)
    gone = rewind("cards", "revoke", "1", folder=synced)
    after = rewind("cards", "links", folder=synced)
    [link] = json.loads(listed.out)
    assert made.out.splitlines()[0] == link["url"]
    assert link["url"].startswith("https://example.org/cards/top-albums.svg?link=")
    assert link["parameters"] == {"limit": "3"}
    assert "<picture>" in made.out
    assert "revoked" in gone.out
    assert link["url"] not in after.out


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("link", "nope"), "There is no such card"),
        (("link", "top-albums", "--theme", "pink"), "theme must be one of"),
        (("link", "top-albums", "--origin", "example.org"), "--origin is written like"),
        (("link", "top-albums", "--year", "1"), "year must be a whole number"),
        (("revoke", "7"), "Link not found"),
        (("draw", "last-heard", "-o", "no/such/folder.svg"), "cannot be written"),
    ],
)
def test_what_cannot_be_is_said_in_words(
    given: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    done = rewind("cards", *given, folder=tmp_path)

    assert done.code == 1
    assert words in done.err
    assert "Traceback" not in done.said
