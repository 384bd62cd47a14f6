"""How Discogs spells artists and titles, where a player spells them otherwise."""

from random import Random

from rewind_gql.demo.catalogue import VARIOUS, number
from rewind_gql.demo.records import SleeveArtist

VARIOUS_ID = 194
# The name in the database where it differs: numbered because others bear it too, inverted in old
# entries, or with the other form of "and".
LISTED_AS = {
    "Air": "Air (4)",
    "Burial": "Burial (2)",
    "Grouper": "Grouper (3)",
    "Low": "Low (2)",
    "Nirvana": "Nirvana (2)",
    "Sleep": "Sleep (6)",
    "Slint": "Slint (2)",
    "Wire": "Wire (4)",
    "The Smiths": "Smiths, The",
    "The Avalanches": "Avalanches, The",
    "Belle & Sebastian": "Belle And Sebastian",
    "Iron & Wine": "Iron and Wine",
}
# The name in the database, while sleeve and player print the artist's own script.
KNOWN_AS = {
    "坂本龍一": "Ryuichi Sakamoto",
    "久石譲": "Joe Hisaishi",
    "細野晴臣": "Haruomi Hosono",
    "フィッシュマンズ": "Fishmans",
    "山下達郎": "Tatsuro Yamashita",
    "فيروز": "Fairuz",
}
# What the sleeve prints where database and player agree.
PRINTED_AS = {"Kruder & Dorfmeister": "Kruder Dorfmeister", "Godspeed You! Black Emperor": "GY!BE"}
# Records of several artists: each name with the word that leads to the next.
TOGETHER = {
    "Robert Plant & Alison Krauss": (("Robert Plant", "&"), ("Alison Krauss", "")),
    "Gillian Welch & David Rawlings": (("Gillian Welch", "&"), ("David Rawlings", "")),
    "David Byrne & Brian Eno": (("David Byrne", "&"), ("Brian Eno", "")),
    "Milton Nascimento & Lô Borges": (("Milton Nascimento", "&"), ("Lô Borges", "")),
    "Ali Farka Touré & Toumani Diabaté": (("Ali Farka Touré", "&"), ("Toumani Diabaté", "")),
    "Radka Toneff & Steve Dobrogosz": (("Radka Toneff", "/"), ("Steve Dobrogosz", "")),
    "Ella Fitzgerald & Louis Armstrong": (("Ella Fitzgerald", "And"), ("Louis Armstrong", "")),
    "Duke Ellington & John Coltrane": (("Duke Ellington", "&"), ("John Coltrane", "")),
    "Floating Points, Pharoah Sanders & The London Symphony Orchestra": (
        ("Floating Points", ","),
        ("Pharoah Sanders", "&"),
        ("The London Symphony Orchestra", ""),
    ),
}


def credit(artist: str) -> tuple[SleeveArtist, ...]:
    """The artists of a release as Discogs lists them."""
    if artist == VARIOUS:
        return (SleeveArtist(VARIOUS_ID, "Various"),)
    return tuple(_artist(name, join) for name, join in TOGETHER.get(artist, ((artist, ""),)))


def reprinted(rng: Random, title: str) -> str:
    """A title changed a little, in one of the ways a sleeve differs from what a player names."""
    ways = [
        f"{title} (Remastered)",
        f"{title} (Deluxe Edition)",
        f"{title} - Remastered",
        _swapped(title),
        _slipped(title),
        " ".join(word[:1].upper() + word[1:] for word in title.split(" ")),
    ]
    return rng.choice([way for way in ways if way != title])


def _artist(name: str, join: str) -> SleeveArtist:
    """One artist under the id the name always has."""
    own = 200 + number("artist", name) % 9_000_000
    if name in KNOWN_AS:
        return SleeveArtist(own, KNOWN_AS[name], name, join)
    return SleeveArtist(own, LISTED_AS.get(name, name), PRINTED_AS.get(name, ""), join)


def _swapped(title: str) -> str:
    """`&` for `and`, or the other way round."""
    return title.replace(" and ", " & ") if " and " in title else title.replace(" & ", " and ")


def _slipped(title: str) -> str:
    """A title long enough to be known all the same, short of one letter."""
    middle = len(title) // 2
    if len(title) < 9 or not title[middle].isalpha():
        return title
    return title[:middle] + title[middle + 1 :]
