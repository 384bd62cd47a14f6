"""Which tags are genres, and which tell of books."""

import pytest

from rewind_gql.domains.listening.enrichment.records import Tag
from rewind_gql.domains.listening.enrichment.tagging import LABELS, genres_in, is_spoken


def names(*tags: str) -> list[str]:
    """The labels of tags of falling weight."""
    return [tag.name for tag in genres_in(Tag(name, 100 - at) for at, name in enumerate(tags))]


@pytest.mark.parametrize(
    ("tag", "label"),
    [
        ("rap", "Hip-Hop"),
        ("hip hop", "Hip-Hop"),
        ("Hip-Hop", "Hip-Hop"),
        ("alternative rock", "Alternative"),
        ("synth-pop", "Synthpop"),
        ("rnb", "R&B"),
        ("dnb", "Drum and Bass"),
        ("heavy metal", "Metal"),
        ("film score", "Soundtrack"),
        ("world music", "World"),
        ("  SHOEGAZE ", "Shoegaze"),
    ],
)
def test_words_of_one_genre_have_one_label(tag: str, label: str) -> None:
    assert names(tag) == [label]


def test_what_is_no_genre_is_dropped_and_the_order_kept() -> None:
    assert names("seen live", "slowcore", "american", "low", "Rock", "my music") == [
        "Slowcore",
        "Rock",
    ]


def test_of_words_for_one_genre_the_first_weight_stays() -> None:
    found = genres_in([Tag("rap", 100), Tag("jazz", 60), Tag("hip-hop", 40)])

    assert found == [Tag("Hip-Hop", 100), Tag("Jazz", 60)]


def test_there_are_genres_enough() -> None:
    assert len(set(LABELS.values())) >= 120
    assert all(key == key.casefold() for key in LABELS)


@pytest.mark.parametrize("name", ["audiobook", "Spoken Word", "Hörbuch", "short stories", "author"])
def test_tags_of_books_tell_of_the_spoken_word(name: str) -> None:
    assert is_spoken([Tag("rock", 100), Tag(name, 25)])


@pytest.mark.parametrize("tag", [Tag("audiobook", 10), Tag("audiobook", 24), Tag("rock", 100)])
def test_what_few_say_and_what_is_music_does_not(tag: Tag) -> None:
    assert not is_spoken([tag])
