"""A small life to ask about: music heard, records owned, syncs run, sessions of focus sent."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import col, insert, select

from rewind_gql import clock
from rewind_gql.across import cross_reference, wantlist
from rewind_gql.domains import DOMAINS
from rewind_gql.domains.collecting import films as discs
from rewind_gql.domains.collecting import intake as shelf
from rewind_gql.domains.collecting import records as sleeves
from rewind_gql.domains.collecting.tables import Item
from rewind_gql.domains.listening import filters
from rewind_gql.domains.listening import intake as ears
from rewind_gql.domains.listening import records as sounds
from rewind_gql.domains.listening.enrichment import intake as known
from rewind_gql.domains.listening.enrichment import records as enriched
from rewind_gql.domains.listening.tables import Album, Artist
from rewind_gql.domains.watching import intake as screen
from rewind_gql.domains.watching import records as films
from rewind_gql.images import keeping
from rewind_gql.images.measured import Measured, Swatch
from rewind_gql.images.records import Key
from rewind_gql.images.tables import Blob
from rewind_gql.store.engine import Store, Writing
from rewind_gql.store.read import Read
from rewind_gql.store.upsert import upsert
from rewind_gql.sync import ledger
from rewind_gql.sync.tables import Reject, RunPart, Source
from tests.databases import ME
from tests.schema.sessions import work

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
HEARD = (
    ("Low", "Secret Name", "Starfire"),
    ("Can", "Ege Bamyasi", "Vitamin C"),
    ("Neu!", "Neu! 75", "Isi"),
    ("Low", "Things We Lost in the Fire", "Sunflower"),
    ("Can", "Ege Bamyasi", "Spoon"),
    ("Low", "Secret Name", "Starfire"),
)
PINNED = "Neu! 75"  # the album the owner says the last copy is
PICTURED = (PINNED, "Ege Bamyasi", "Low", "Can")
OWNED = (("Low", "Secret Name"), ("Can", "Ege Bamyasi"), ("Can", "Future Days"), ("Faust", "IV"))

KNOWN = ("Low", "Neu!")
_ARTIST = Read(
    select(col(Artist.id)).where(
        col(Artist.user_id) == bindparam("user_id"), col(Artist.name) == bindparam("name")
    ),
    int,
)
_ITEMS = Read(select(col(Item.id)).order_by(col(Item.id)), int)
_ALBUMS = Read(select(col(Album.id)).where(col(Album.name) == PINNED).order_by(col(Album.id)), int)


def play(artist: str, album: str, track: str, at: datetime) -> sounds.Play:
    """One play."""
    return sounds.Play(artist=artist, album=album, track=track, played_at=at)


async def hear(
    conn: Writing, *plays: sounds.Play, user_id: int = ME, source: str = "lastfm"
) -> None:
    """Store plays and count them."""
    stored = await ears.plays(conn, user_id, plays, source=source)
    await DOMAINS["listening"].derive(conn, user_id, stored.touched)


async def own(conn: Writing, *titles: tuple[str, str], user_id: int = ME, start: int = 1) -> None:
    """Store a copy of each (artist, title), one an hour, and the wants of two more."""
    copies = [
        sleeves.Copy(
            release=_release(number, artist, title),
            added_at=NOON + number * HOUR,
            added_offset_min=60,
            instance_id=number,
            notes=(("Media Condition", "Mint (M)"),),
        )
        for number, (artist, title) in enumerate(titles, start)
    ]
    stored = await shelf.copies(conn, user_id, copies, source="discogs")
    await DOMAINS["collecting"].derive(conn, user_id, stored.touched)


def _release(number: int, artist: str, title: str) -> sleeves.Release:
    credit = sleeves.Credit(discogs_id=number, name=artist)
    label = sleeves.Label(name="Warner", catno=f"W {number}")
    return sleeves.Release(
        discogs_id=1000 + number, title=title, credits=(credit,), year=1975, labels=(label,)
    )


async def want(conn: Writing, *numbered: tuple[int, str, str], user_id: int = ME) -> None:
    """Put releases on the wantlist."""
    wants = [
        sleeves.Want(release=_release(number, artist, title), added_at=NOON + number * HOUR)
        for number, artist, title in numbered
    ]
    await shelf.wants(conn, user_id, wants, source="discogs")


async def watch(conn: Writing, *, user_id: int = ME) -> None:
    """Own two films, one of them on two kinds of media, and watch that one twice."""
    movies = [
        films.Movie(title="Stalker", year=1979, tmdb_id=1398),
        films.Movie(title="Playtime", year=1967, tmdb_id=10227),
    ]
    filed = await screen.file(conn, user_id, movies)
    stalker, playtime = filed.ids
    owned = [
        sleeves.Media(movie_id=movie, trakt_id=movie, media_type=kind, collected_at=NOON + at * DAY)
        for at, (movie, kind) in enumerate(
            [(stalker, "dvd"), (stalker, "bluray"), (playtime, "uhd_bluray")]
        )
    ]
    await discs.media(conn, user_id, owned, source="trakt")
    watches = [
        films.Watch(movie=movies[0], source_id=str(at), watched_at=NOON + at * DAY)
        for at in range(2)
    ]
    await screen.watches(conn, user_id, watches, source="trakt")
    details = [
        films.MovieDetail(movie_id=movie, tmdb_id=number, title=title, year=year, genres=("Drama",))
        for movie, number, title, year in (
            (stalker, 1398, "Stalker", 1979),
            (playtime, 10227, "Playtime", 1967),
        )
    ]
    await screen.details(conn, user_id, details, source="tmdb")
    for movie in (stalker, playtime):
        await picture(conn, Key("watching", "movies", str(movie)), user_id=user_id)


async def sync(conn: Writing, *, user_id: int = ME) -> None:
    """Three sources, each with a run that failed, a good repeat of it, and one that waits."""
    for provider, domain in (("lastfm", "listening"), ("discogs", "collecting"), ("x", "reading")):
        row = {
            "user_id": user_id,
            "provider": provider,
            "account": "me",
            "domain": domain,
            "sync_type": "full",
            "cursor": {},
            "checkpoint": {},
            "interval_s": 900,
            "paused": False,
            "consecutive_failures": 0,
        }
        made = await conn.execute(insert(Source).values(row).returning(col(Source.id)))
        source_id = made.scalar_one()
        first = await _run(conn, user_id, source_id, "failed")
        await _run(conn, user_id, source_id, "success", retry_of=first)
        await ledger.trigger(conn, user_id, source_id=source_id, trigger="schedule")


async def _run(
    conn: Writing, user_id: int, source_id: int, status: str, *, retry_of: str | None = None
) -> str:
    if retry_of:
        begun = await ledger.retry(conn, user_id, run_id=retry_of)
    else:
        begun = await ledger.trigger(conn, user_id, source_id=source_id, trigger="manual")
    run_id = begun.run_id
    await ledger.claim(conn, run_id, 1, worker="w", lease=HOUR)
    fault = ledger.Fault(kind="network", text="no answer") if status == "failed" else None
    part: dict[str, Any] = {
        "run_id": run_id,
        "part": "plays",
        "kind": "event",
        "status": status,
        "inserted": 1,
        "updated": 0,
        "skipped": 0,
        "failed": 1,
        "attempt": 1,
        "updated_at": clock.now(),
    }
    await conn.execute(insert(RunPart).values(part))
    reject = {
        "user_id": user_id,
        "run_id": run_id,
        "provider": "lastfm",
        "part": "plays",
        "place": "page 1",
        "reason": "no name",
        "raw": "{}",
        "fingerprint": run_id,
        "seen_at": clock.now(),
    }
    await conn.execute(insert(Reject).values(reject))
    await ledger.close(conn, user_id, run_id, 1, status, fault=fault)
    return run_id


async def picture(conn: Writing, key: Key, *, user_id: int = ME) -> None:
    """Say that a thing has a picture; its bytes lie nowhere."""
    color = Swatch(color="#204060", weight=1.0)
    measured = Measured(
        width=400,
        height=300,
        media_type="image/jpeg",
        thumbhash="3OcRJYB4d3h/iIeHeEh3eIhw+j3A",
        dominant=color.color,
        accent="#e0a030",
        palette=(color,),
    )
    made = keeping.Original.of(str(key).encode(), measured)
    row = {
        "hash": made.hash,
        "media_type": measured.media_type,
        "size_bytes": len(made.body),
        "width": measured.width,
        "height": measured.height,
        **keeping.analysis(measured),
        "stored_at": clock.now(),
    }
    await upsert(conn, Blob, [row], key=("hash",))
    origin = keeping.Provenance(source="deezer", source_url=None)
    await keeping.keep(conn, user_id, key, made, origin, facts={})


async def know(conn: Writing, *, user_id: int = ME) -> None:
    """What others say of two artists, and a rule about a third whom a person shows all the same."""
    low, neu = [await conn.value(_ARTIST, user_id=user_id, name=name) for name in KNOWN]
    of = enriched.Wanted(id=low, artist=KNOWN[0], name=KNOWN[0])
    tags = (enriched.Tag("slowcore", 100), enriched.Tag("seen live", 50))
    alike = (
        enriched.Alike(name="Can", score=0.75),
        enriched.Alike(name="Codeine", score=0.5, url="https://www.last.fm/music/Codeine"),
    )
    await known.tags(conn, user_id, [enriched.ArtistTags(wanted=of, tags=tags)])
    await known.bios(conn, user_id, [enriched.ArtistBio(wanted=of, summary="Slow.")])
    await known.similar(conn, user_id, [enriched.SimilarArtists(wanted=of, artists=alike)])
    rule = {"filter_type": "custom", "scope": "artist", "pattern": "neu!", "reason": "Too new"}
    await filters.add(conn, user_id, **rule)
    await filters.set_shown(conn, user_id, kind="artist", entity_id=neu, shown=True)


async def live(store: Store, *, user_id: int = ME) -> None:
    """All of it, matched, and the owner's word on two copies; some things have a picture."""
    async with store.write() as conn:
        await hear(
            conn,
            *(play(*heard, NOON + n * HOUR) for n, heard in enumerate(HEARD)),
            user_id=user_id,
        )
        await know(conn, user_id=user_id)
        await own(conn, *OWNED, user_id=user_id)
        await want(conn, (1, *OWNED[0]), (500, "Neu!", PINNED), user_id=user_id)
        await watch(conn, user_id=user_id)
        await sync(conn, user_id=user_id)
        await cross_reference.refresh(conn, user_id)
        await wantlist.refresh(conn, user_id)
        *_, future_days, iv = await conn.rows(_ITEMS)
        *_, album_id = await conn.rows(_ALBUMS)
        await cross_reference.pin(conn, user_id, item_id=future_days, album_id=None)
        await cross_reference.pin(conn, user_id, item_id=iv, album_id=album_id)
        for kind, pictured in DOMAINS["listening"].pictures.items():
            ids = await pictured.ids(conn, user_id)
            for thing in (await pictured.things(conn, user_id, ids)).values():
                if (thing.title or thing.artist) in PICTURED:
                    await picture(conn, Key("listening", kind, thing.entity_id), user_id=user_id)
    await work(store, user_id=user_id)
