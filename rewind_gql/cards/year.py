"""Cards of a year of everything."""

from rewind_gql import clock
from rewind_gql.cards.asked import Asked, Rules, When, days_of
from rewind_gql.cards.card import Card, cover
from rewind_gql.cards.phrases import all_told, counted, days_in_words, number, several
from rewind_gql.cards.pictures import Cover, Fact, Head, Numbers, Picture, Tile
from rewind_gql.domains.collecting import queries as collecting
from rewind_gql.domains.listening import queries as listening
from rewind_gql.domains.listening import views
from rewind_gql.store.page import Slice
from rewind_gql.store.read import Conn


async def year_in_numbers(conn: Conn, user_id: int, asked: Asked, when: When) -> Picture:
    """A year of listening and collecting in a few numbers, and what was heard most."""
    since, until = days_of(asked, when).window(when)
    totals = await listening.totals(conn, user_id, since=since, until=until)
    days = await listening.over_time(
        conn, user_id, granularity="day", zone=when.zone, since=since, until=until, filled=False
    )
    stats = await collecting.record_stats(conn, user_id, since=since, until=until)
    values = (
        (totals.plays, "play"),
        (totals.artists, "artist"),
        (totals.albums, "album"),
        (totals.tracks, "track"),
        (len(days), "day with music"),
        (stats.total_items, "record added"),
    )
    facts = tuple(Fact(value=number(value), words=several(value, one)) for value, one in values)
    best = await _best(conn, user_id, clock.Window(since, until))
    told = [*(f"{fact.value} {fact.words}" for fact in facts), *(_line(tile) for tile in best)]
    title = f"{days_in_words(asked)} in numbers"
    return Numbers(
        head=Head(title=title[0].upper() + title[1:], desc=all_told(told)), facts=facts, best=best
    )


async def _best(conn: Conn, user_id: int, window: clock.Window) -> tuple[Tile, ...]:
    """The artist, album and track heard most in a window."""
    one, (since, until) = Slice(limit=1), window
    artists = await listening.top_artists(conn, user_id, since=since, until=until, part=one)
    albums = await listening.top_albums(conn, user_id, since=since, until=until, part=one)
    tracks = await listening.top_tracks(conn, user_id, since=since, until=until, part=one)
    found = [
        _tile("Top artist", cover("artists", top.artist.id, top.artist.name), "", top)
        for top in artists.items
    ]
    found += [
        _tile("Top album", cover("albums", top.album.id, top.album.name), top.artist.name, top)
        for top in albums.items
    ]
    found += [_tile("Top track", _of_track(top), top.artist.name, top) for top in tracks.items]
    return tuple(found)


def _tile(
    note: str, shown: Cover, by: str, top: views.TopArtist | views.TopAlbum | views.TopTrack
) -> Tile:
    plays = counted(top.plays, "play")
    return Tile(cover=shown, name=shown.name, by=f"{by} · {plays}" if by else plays, note=note)


def _of_track(top: views.TopTrack) -> Cover:
    """The cover of a track's album, under the track's name."""
    if top.track.album_id is None:
        return cover("artists", top.artist.id, top.track.name)
    return cover("albums", top.track.album_id, top.track.name)


def _line(tile: Tile) -> str:
    return f"{tile.note}: {tile.name}, {tile.by}"


CARDS = (
    Card(
        name="year-in-numbers",
        words="A year in a few numbers, and what was heard most.",
        width=820,
        rules=Rules(takes=("year",), usual=Asked(period="12month")),
        ask=year_in_numbers,
    ),
)
