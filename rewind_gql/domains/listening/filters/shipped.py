"""The rules everybody begins with; most are there to be enabled by who wants them."""

from typing import NamedTuple

from rewind_gql.domains.listening.filters.matching import CHAPTERS, TAGS


class Shipped(NamedTuple):
    """A rule as it is written for a new user."""

    filter_type: str
    scope: str
    pattern: str
    reason: str
    enabled: bool = False


_SEASON = "Holiday music; enable it to hide the season"
_READER = "Known for books rather than for music"
_ENDING = "A number at the end, as chapters have; it may meet music, too"

SHIPPED: tuple[Shipped, ...] = (
    Shipped(
        "audiobook",
        CHAPTERS,
        "numbered chapters",
        "A track that counts the parts of the album it is on",
        enabled=True,
    ),
    Shipped(
        "audiobook",
        TAGS,
        "spoken word tags",
        "An artist whom listeners tag as spoken word or literature",
        enabled=True,
    ),
    Shipped("audiobook", "album", "(unabridged", "Said of readings alone", enabled=True),
    Shipped("audiobook", "album", "(ungekürzt", "Said of readings alone", enabled=True),
    Shipped("audiobook", "track", "borrowbox", "What a lending app puts before titles"),
    *(
        Shipped("audiobook", "artist", name, _READER)
        for name in ("agatha christie", "arthur conan doyle", "jules verne", "stephen king")
    ),
    *(
        Shipped("audiobook", "track_regex", pattern, _ENDING)
        for pattern in (
            r"\s\([0-9]{1,3}\)$",
            r"\s-\s[0-9]{1,3}$",
            r"\bkapitel\s[0-9]{1,3}$",
            r"\bchapter\s[0-9]{1,3}$",
        )
    ),
    *(
        Shipped("holiday", "album", word, _SEASON)
        for word in ("christmas", "xmas", "holiday", "noël", "weihnacht", "navidad")
    ),
    *(
        Shipped("holiday", "track", title, _SEASON)
        for title in (
            "away in a manger",
            "carol of the bells",
            "christmas",
            "deck the halls",
            "feliz navidad",
            "frosty the snowman",
            "god rest ye merry",
            "hark! the herald angels",
            "here comes santa claus",
            "jingle bell",
            "joy to the world",
            "let it snow",
            "little drummer boy",
            "o come all ye faithful",
            "o holy night",
            "rudolph the red-nosed",
            "santa baby",
            "santa claus is comin",
            "silent night",
            "sleigh ride",
            "the first noel",
            "winter wonderland",
        )
    ),
    *(
        Shipped("holiday", "artist_track", both, _SEASON)
        for both in (
            "vince guaraldi||skating",
            "vince guaraldi||o tannenbaum",
            "trans-siberian orchestra||wizards in winter",
        )
    ),
)
