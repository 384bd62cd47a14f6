"""What all pretend providers of pictures need: answers with one, and searches that half match."""

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from rewind_gql.demo.catalogue import Album, albums, number
from rewind_gql.text import bare

TYPES = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
}
DAY = "public, max-age=86400"
DELUXE = " (Deluxe Edition)"

Row = TypeVar("Row")


def picture(draw: Callable[[str], bytes], suffix: str) -> Response:
    """A picture drawn in the form its name ends in. Raises `HTTPException` for another one."""
    media_type = TYPES.get(suffix.lower())
    if media_type is None:
        raise HTTPException(404)
    return Response(draw(media_type), media_type=media_type, headers={"Cache-Control": DAY})


def here(request: Request, path: str) -> str:
    """An address on this very server, as the provider would give one on its own."""
    return f"{str(request.base_url).rstrip('/')}{path}"


class Sold(NamedTuple):
    """A song as a service has it: its number, its album's, and what it is called."""

    number: int
    album: int
    artist: str
    title: str
    on: Album
    duration_s: int
    place: int


class Shop:
    """The albums one music service has under its own numbers, and their songs; some are missing.

    One in `gaps` is missing, none with 0. One in six is there as a deluxe edition, too, which is
    found before the plain one.
    """

    def __init__(
        self, service: str, known: Iterable[Album] | None = None, *, gaps: int = 0
    ) -> None:
        self.service = service
        wanted = albums() if known is None else known
        self._albums: dict[int, tuple[str, str]] = {}
        self._artists: dict[int, str] = {}
        self._sources: dict[int, Album] = {}
        self._songs: list[tuple[set[str], Sold]] = []
        for album in wanted:
            if album.title and not (
                gaps and self.draw("gap", album.artist, album.title) % gaps == 0
            ):
                self._add(album)
                self._add_songs(album)

    def draw(self, *words: str) -> int:
        """A number for these words that is this service's own."""
        return number(self.service, *words)

    def album(self, number: int) -> tuple[str, str] | None:
        """Artist and title of the album under a number."""
        return self._albums.get(number)

    def artist(self, number: int) -> str | None:
        """The artist under a number."""
        return self._artists.get(number)

    def source(self, number: int) -> Album | None:
        """All that is known of the album under a number; None for a deluxe edition."""
        return self._sources.get(number)

    def find_songs(self, term: str, limit: int) -> list[Sold]:
        """Those that share most words with `term`."""
        wanted = set(bare(term).split())
        shared = [(len(wanted & words), song) for words, song in self._songs]
        enough = max(1, (len(wanted) + 1) // 2)
        near = sorted((pair for pair in shared if pair[0] >= enough), key=lambda pair: -pair[0])
        return [song for _, song in near[:limit]]

    def find_albums(self, term: str, limit: int) -> list[tuple[int, str, str]]:
        """Number, artist and title of those that share most words with `term`."""
        wanted = set(bare(term).split())
        rows = [(key, by, title) for key, (by, title) in self._albums.items()]
        return _nearest(wanted, rows, lambda row: f"{row[1]} {row[2]}", limit)

    def find_artists(self, term: str, limit: int) -> list[tuple[int, str]]:
        """Number and name of those that share most words with `term`."""
        return _nearest(set(bare(term).split()), self._artists.items(), lambda row: row[1], limit)

    def _add(self, album: Album) -> None:
        by, title = album.artist, album.title
        if self.draw("deluxe", by, title) % 6 == 0:
            self._albums[self.draw("album", by, title + DELUXE)] = (by, title + DELUXE)
        self._albums[self.draw("album", by, title)] = (by, title)
        for artist in (by, *(song.artist for song in album.songs)):
            self._artists[self.draw("artist", artist)] = artist

    def _add_songs(self, album: Album) -> None:
        by, title = album.artist, album.title
        key = self.draw("album", by, title)
        self._sources[key] = album
        for place, song in enumerate(album.songs, 1):
            sold = Sold(
                number=self.draw("song", by, title, song.title),
                album=key,
                artist=song.artist,
                title=song.title,
                on=album,
                duration_s=song.duration_s,
                place=place,
            )
            self._songs.append((set(bare(f"{song.artist} {song.title}").split()), sold))


def plain(title: str) -> str:
    """The title of the edition whose cover a deluxe one shares."""
    return title.removesuffix(DELUXE)


def _nearest(
    wanted: set[str], rows: Iterable[Row], words: Callable[[Row], str], limit: int
) -> list[Row]:
    shared = [(len(wanted & set(bare(words(row)).split())), row) for row in rows]
    enough = max(1, (len(wanted) + 1) // 2)
    near = [pair for pair in shared if pair[0] >= enough]
    near.sort(key=lambda pair: -pair[0])
    return [row for _, row in near[:limit]]
