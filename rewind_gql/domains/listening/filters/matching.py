"""Which rule hides an artist, an album or a track, by their names alone."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

import re2

from rewind_gql.domains.listening.filters.chapters import is_chapter
from rewind_gql.text import match_key

FilterType = Literal["holiday", "audiobook", "custom"]
Scope = Literal["album", "track", "artist", "artist_track", "track_regex"]
CHAPTERS = "chapters"
TAGS = "tags"
BUILT_IN = (CHAPTERS, TAGS)
"""The scopes of the rules whose patterns are only words about them."""
BETWEEN = "||"
"""What parts the artist from the track in a pattern of scope `artist_track`."""

# The most a compiled expression may take; one that needs more is refused when it is saved.
REGEX_BYTES = 1 << 20

Matches = Callable[[str, str, str], bool]
"""Whether a track is meant, by its artist, its album and its own name, all folded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule that is enabled."""

    id: int
    scope: str
    pattern: str


@dataclass(slots=True)
class Judge:
    """The rules of a user, ready to be asked; of several that fit, the oldest is named."""

    _artists: dict[str, int] = field(default_factory=dict)
    _albums: list[tuple[str, int]] = field(default_factory=list)
    _tracks: list[tuple[Matches, int]] = field(default_factory=list)
    _spoken: int | None = None
    minds_albums: bool = False
    """Whether a track may be hidden because of the album it is on."""

    @classmethod
    def of(cls, rules: Iterable[Rule]) -> "Judge":
        """A judge by these rules."""
        judge = cls()
        for rule in sorted(rules, key=lambda rule: rule.id):
            if rule.scope == "artist":
                judge._artists.setdefault(match_key(rule.pattern), rule.id)
            elif rule.scope == "album":
                judge._albums.append((fold(rule.pattern), rule.id))
            elif rule.scope == TAGS:
                judge._spoken = rule.id
            elif matches := track_matcher(rule.scope, rule.pattern):
                judge._tracks.append((matches, rule.id))
                judge.minds_albums |= rule.scope == CHAPTERS
        return judge

    def artist(self, name: str, *, spoken: bool | None) -> int | None:
        """The rule that hides an artist; `spoken` is whether the tags tell of the spoken word."""
        found = self._artists.get(match_key(name))
        return self._spoken if found is None and spoken else found

    def album(self, name: str) -> int | None:
        """The rule that hides an album."""
        folded = fold(name)
        return next((at for pattern, at in self._albums if pattern in folded), None)

    def track(self, artist: str, album: str | None, name: str) -> int | None:
        """The rule that hides a track of this artist, on this album."""
        if not self._tracks:
            return None
        by, on, folded = fold(artist), fold(album or ""), fold(name)
        return next((at for matches, at in self._tracks if matches(by, on, folded)), None)


def fold(text: str) -> str:
    """A name as patterns are looked for in it."""
    return unicodedata.normalize("NFKC", text).casefold()


def track_matcher(scope: str, pattern: str) -> Matches | None:
    """What tells whether a rule of this scope means a track; None for what cannot be read."""
    if scope == CHAPTERS:
        return lambda _artist, album, name: is_chapter(album, name)
    if scope == "track_regex":
        compiled = expression(pattern)
        return None if compiled is None else lambda _artist, _album, name: compiled(name)
    if scope == "artist_track":
        by, _, title = (part.strip() for part in fold(pattern).partition(BETWEEN))
        return lambda artist, _album, name: by in artist and name == title
    words = fold(pattern)
    return lambda _artist, _album, name: words in name


@lru_cache(maxsize=512)
def expression(pattern: str) -> Callable[[str], bool] | None:
    """What finds a regular expression in a text whatever its case; None where it is none.

    It takes time in proportion to the text, whatever the expression: RE2 has no way back.
    """
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = REGEX_BYTES
    try:
        compiled = re2.compile(pattern, options)
    except re2.error:
        return None
    return lambda text: compiled.search(text) is not None


_DOUBLED = re.compile(r"\\\\")


def written(scope: str, pattern: str) -> str:
    """A pattern as it is saved: small letters, but for an expression, in which case has a meaning.

    Backslashes that JSON or a shell doubled once too often are single again.
    """
    if scope == "track_regex":
        return _DOUBLED.sub(lambda _: "\\", pattern.strip())
    return unicodedata.normalize("NFC", " ".join(pattern.split())).lower()
