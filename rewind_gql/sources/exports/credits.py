"""Who made which songs, learnt from the files of an archive that say so, for those that do not."""

from rewind_gql.sources.base import reject
from rewind_gql.sources.exports.base import Credit, Entry, Unsigned
from rewind_gql.text import match_key

# A library of a hundred thousand songs is a large one; the limit keeps an odd file small.
MOST = 400_000

NOBODY = "it is not said whose song this is"


class Credits:
    """Artists by song and album, and by song alone where there is only one."""

    def __init__(self) -> None:
        self._by_album: dict[tuple[str, str], str] = {}
        self._by_track: dict[str, str | None] = {}

    def learn(self, credit: Credit) -> None:
        """Keep who made a song; when there is too much to keep, no more is learnt."""
        track = match_key(credit.track)
        if len(self._by_track) + len(self._by_album) >= MOST:
            return
        if credit.album:
            self._by_album.setdefault((track, match_key(credit.album)), credit.artist)
        known = self._by_track.setdefault(track, credit.artist)
        if known is not None and match_key(known) != match_key(credit.artist):
            self._by_track[track] = None

    def signed(self, row: Unsigned) -> Entry:
        """The record of a row whose artist is known now; a reject where nobody says."""
        track = match_key(row.track)
        artist = self._by_album.get((track, match_key(row.album))) if row.album else None
        artist = artist or self._by_track.get(track) or row.guess
        if artist is None:
            return reject(row.raw or row.track, NOBODY, place=row.place)
        return row.sign(artist)
