"""What the invented person feels like hearing: favourites, seasons, phases and new discoveries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import exp
from random import Random
from typing import Literal

from rewind_gql.demo.catalogue import Album, Song, mbid

Mood = Literal["out", "work", "home"]
# A Listen without its instant, in the order of its fields.
Tune = tuple[str, str, str, str, str, str, str, int]

MOODS: tuple[Mood, ...] = ("out", "work", "home")
CALM = frozenset({"classical", "electronic", "jazz", "nordic"})  # what one can work to
WINTER = frozenset({"classical", "folk", "metal", "nordic"})
SUMMER = frozenset({"hiphop", "soul", "world"})
LOOSE_ONE_IN = 60  # in a mix, this rarely the player names no album


@dataclass(frozen=True, slots=True)
class Disc:
    """An album as it lies in the player: how dear it is, and since which week she knows it."""

    artist: str
    corner: str
    tunes: tuple[Tune, ...]
    loose: tuple[Tune, ...]  # the same tracks when the player names no album
    liking: float
    known_from: int


class Taste:
    """Chooses what a session plays; `turn` moves it on from week to week."""

    def __init__(self, rng: Random, found: Iterable[Album], weeks: int) -> None:
        self._rng = rng
        self._discs = _discs(rng, [album for album in found if album.songs], weeks)
        self._odds: dict[Mood, list[float]] = {}
        self._phase = ""
        self._phase_ends = 0
        self._last = self._discs[0]
        self.turn(0, month=1)

    def turn(self, week: int, month: int) -> None:
        """Weigh every album again for that week; now and then a new artist phase begins."""
        if week >= self._phase_ends:
            self._phase = self._new_phase(week)
            self._phase_ends = week + self._rng.randint(2, 5)
        weights = [self._weight(disc, week, month) for disc in self._discs]
        for mood in MOODS:
            factors = (
                2.5 if mood == "work" and disc.corner in CALM else 1.0 for disc in self._discs
            )
            self._odds[mood] = list(
                accumulate(w * f for w, f in zip(weights, factors, strict=True))
            )

    def session(self, mood: Mood) -> Sequence[Tune]:
        """What she puts on: an album in order, a mix, one artist, last album again, or one song."""
        roll = self._rng.random()
        if mood == "out":
            roll = 0.35 + roll * 0.65
        if roll < 0.62:
            return self.album(mood)
        if roll < 0.82:
            return self._mix(mood)
        if roll < 0.92:
            return self._one_artist(mood)
        if roll < 0.98:
            return self._last.tunes
        return [self._rng.choice(self._pick(mood).tunes)] * self._rng.randint(3, 5)

    def album(self, mood: Mood) -> Sequence[Tune]:
        """An album in its order, now and then broken off before its end."""
        self._last = self._pick(mood)
        tunes = self._last.tunes
        if mood == "out" or self._rng.random() < 0.1:
            return tunes[: self._rng.randint(3, 7)]
        return tunes

    def _mix(self, mood: Mood) -> list[Tune]:
        """Single tracks from here and there."""
        choice, rng = self._rng.choice, self._rng.random
        return [
            choice(disc.loose if rng() * LOOSE_ONE_IN < 1 else disc.tunes)
            for disc in self._several(mood, self._rng.randint(4, 11))
        ]

    def _one_artist(self, mood: Mood) -> list[Tune]:
        """Tracks of one artist, shuffled."""
        artist = self._pick(mood).artist
        tunes = [tune for disc in self._discs if disc.artist == artist for tune in disc.tunes]
        return self._rng.sample(tunes, min(len(tunes), self._rng.randint(4, 9)))

    def _pick(self, mood: Mood) -> Disc:
        """One album by this week's odds."""
        return self._several(mood, 1)[0]

    def _several(self, mood: Mood, count: int) -> list[Disc]:
        """Albums by this week's odds, repeats allowed."""
        return self._rng.choices(self._discs, cum_weights=self._odds[mood], k=count)

    def _weight(self, disc: Disc, week: int, month: int) -> float:
        """How likely this album is this week; 0 while she does not know it."""
        if disc.known_from > week:
            return 0.0
        weight = disc.liking * (6.0 if disc.artist == self._phase else 1.0)
        cold = month in (11, 12, 1, 2)
        if (disc.corner in WINTER and cold) or (disc.corner in SUMMER and month in (6, 7, 8)):
            weight *= 1.8
        return weight

    def _new_phase(self, week: int) -> str:
        """The artist of the weeks to come, rather somebody found lately."""
        known = [disc.artist for disc in self._discs if disc.known_from <= week]
        fresh = [d.artist for d in self._discs if week - 4 < d.known_from <= week]
        return self._rng.choice(fresh if week and fresh and self._rng.random() < 0.6 else known)


def _discs(rng: Random, found: Sequence[Album], weeks: int) -> list[Disc]:
    """The playable albums with a liking each; about half of the artists are known from the start.

    The first album is always known, so there is something to play in week 0.
    """
    met = {found[0].artist: 0}
    discs = []
    for album in found:
        late = rng.random() > 0.45
        week = met.setdefault(album.artist, int(rng.random() * weeks * 0.95) if late else 0)
        later = rng.randint(0, 20) if week and rng.random() < 0.5 else 0
        discs.append(
            Disc(
                artist=album.artist,
                corner=album.corner,
                tunes=tuple(_tune(album, song, album.title) for song in album.songs),
                loose=tuple(_tune(album, song, "") for song in album.songs),
                liking=exp(min(1.1, rng.gauss(0.0, 0.7))),
                known_from=min(week + later, weeks),
            )
        )
    return discs


def _tune(album: Album, song: Song, title: str) -> Tune:
    """A track as the player would send it, `title` being the album it names."""
    return (
        song.artist,
        title,
        song.title,
        mbid("artist", song.artist),
        mbid("album", album.artist, title) if title else "",
        mbid("track", song.artist, song.title),
        album.artist if title and album.artist != song.artist else "",
        song.duration_s,
    )
