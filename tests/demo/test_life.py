"""The invented life: the same every time, of the promised size, with the promised oddities."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from rewind_gql.demo.catalogue import albums, parse_album
from rewind_gql.demo.life import FIELDS, FOLDERS, Life, life

UNTIL = datetime(2026, 3, 18, 20, 15, 30, tzinfo=UTC)
SINCE = datetime(2023, 3, 18, 20, 15, 30, tzinfo=UTC)
OSLO = ZoneInfo("Europe/Oslo")


@pytest.fixture(scope="module")
def maren() -> Life:
    return life(UNTIL)


def played_albums(someone: Life) -> set[tuple[str, str]]:
    return {(listen.album_artist or listen.artist, listen.album) for listen in someone.listens}


def test_the_same_arguments_give_the_same_life(maren: Life) -> None:
    again = life(UNTIL)

    assert again == maren


def test_another_seed_gives_another_life(maren: Life) -> None:
    other = life(UNTIL, seed=8)

    assert other.listens != maren.listens
    assert other.copies != maren.copies


def test_listens_fill_exactly_three_years_oldest_first(maren: Life) -> None:
    instants = [listen.at for listen in maren.listens]

    assert len(instants) == 20_000
    assert instants == sorted(instants)
    assert SINCE <= instants[0] < SINCE + timedelta(hours=1)
    assert UNTIL - timedelta(minutes=20) < instants[-1] < UNTIL


@pytest.mark.parametrize("plays", [0, 1, 13, 60, 3_001])
def test_any_number_of_plays_is_met_exactly(plays: int) -> None:
    someone = life(UNTIL, plays=plays, years=1)

    assert len(someone.listens) == plays


@pytest.mark.parametrize("hour", [0, 3, 5, 12, 23])
def test_no_listen_reaches_until_whatever_the_hour(hour: int) -> None:
    until = UNTIL.replace(hour=hour)

    someone = life(until, plays=4_000, years=1)

    assert until - timedelta(minutes=20) < someone.listens[-1].at < until


def test_a_leap_day_goes_back_to_the_28th_of_february() -> None:
    someone = life(datetime(2028, 2, 29, 12, tzinfo=UTC), plays=20, years=3)

    assert f"{someone.listens[0].at:%Y-%m-%d}" == "2025-02-28"


def test_instants_are_whole_seconds_of_utc(maren: Life) -> None:
    late = life(UNTIL.replace(microsecond=7).astimezone(OSLO))

    assert late == maren
    assert all(not listen.at.microsecond and listen.at.tzinfo is UTC for listen in late.listens)


def test_a_denser_and_longer_life_keeps_its_bounds() -> None:
    someone = life(UNTIL, plays=60_000, years=1)

    seconds = Counter(listen.at for listen in someone.listens)
    assert someone.listens[0].at >= UNTIL.replace(year=2025)
    assert someone.listens[-1].at < UNTIL
    assert len(seconds) > 59_000


def test_she_was_a_member_before_the_first_play() -> None:
    someone = life(UNTIL, plays=100, years=20)

    assert someone.person.registered_at < someone.listens[0].at


def test_holidays_leave_gaps(maren: Life) -> None:
    days = sorted({listen.at.astimezone(OSLO).date() for listen in maren.listens})

    gaps = [(later - day).days for day, later in pairwise(days)]
    assert sum(gap > 10 for gap in gaps) == 3
    assert sum(5 < gap <= 10 for gap in gaps) >= 2


def test_long_streaks_of_days_with_music(maren: Life) -> None:
    days = {listen.at.astimezone(OSLO).date() for listen in maren.listens}

    longest = run = 0
    for offset in range(3 * 366):
        run = run + 1 if SINCE.date() + timedelta(days=offset) in days else 0
        longest = max(longest, run)
    assert longest > 30


def test_winter_is_fuller_than_summer(maren: Life) -> None:
    months = Counter(listen.at.astimezone(OSLO).month for listen in maren.listens)

    assert months[12] + months[1] + months[2] > 1.5 * (months[6] + months[7] + months[8])


def test_evenings_and_commutes_in_oslo_are_the_busy_hours(maren: Life) -> None:
    hours = Counter(
        at.hour
        for at in (listen.at.astimezone(OSLO) for listen in maren.listens)
        if at.weekday() < 5
    )

    assert sum(hours[hour] for hour in range(19, 24)) > 0.35 * hours.total()
    assert hours[7] + hours[8] > 4 * (hours[5] + hours[6])
    assert hours[16] > hours[14]
    assert sum(hours[hour] for hour in range(3, 6)) < 0.005 * hours.total()


def test_albums_are_heard_whole_and_in_order(maren: Life) -> None:
    whole = {
        album.title: tuple(song.title for song in album.songs)
        for album in albums()
        if album.title and len(album.songs) >= 8
    }

    heard = 0
    for index, listen in enumerate(maren.listens):
        songs = whole.get(listen.album, ())
        if songs and listen.track == songs[0]:
            run = maren.listens[index : index + len(songs)]
            heard += tuple(one.track for one in run) == songs
    assert heard > 300


def test_albums_and_tracks_return(maren: Life) -> None:
    tracks = Counter((listen.artist, listen.track) for listen in maren.listens)

    assert sum(count > 5 for count in tracks.values()) > 500


def test_one_artist_rules_a_month_now_and_then(maren: Life) -> None:
    months: dict[str, Counter[str]] = {}
    for listen in maren.listens:
        months.setdefault(f"{listen.at:%Y-%m}", Counter())[listen.artist] += 1

    tops = {month: artists.most_common(1)[0] for month, artists in months.items()}
    assert len({artist for artist, _ in tops.values()}) >= 12
    assert sum(count > 0.08 * months[month].total() for month, (_, count) in tops.items()) >= 12


def test_new_artists_turn_up_until_the_last_year(maren: Life) -> None:
    first: dict[str, datetime] = {}
    for listen in maren.listens:
        first.setdefault(listen.artist, listen.at)

    late = [artist for artist, at in first.items() if at > UNTIL - timedelta(days=365)]
    assert len(late) >= 10


def test_no_artist_drowns_the_others(maren: Life) -> None:
    artists = Counter(listen.artist for listen in maren.listens)

    assert artists.most_common(1)[0][1] < 0.06 * len(maren.listens)
    assert len(artists) > 150


def test_one_track_was_truly_played_twice_in_one_second(maren: Life) -> None:
    same = Counter((listen.at, listen.artist, listen.track) for listen in maren.listens)

    assert sorted(same.values())[-2:] == [1, 2]


def test_a_bulk_batch_put_twelve_tracks_into_one_second(maren: Life) -> None:
    seconds = Counter(listen.at for listen in maren.listens)
    [(at, count)] = seconds.most_common(1)

    tracks = {(one.artist, one.track) for one in maren.listens if one.at == at}
    assert count == 12
    assert len(tracks) == 12


def test_mbids_are_well_formed_stable_or_unknown(maren: Life) -> None:
    albums_of: dict[tuple[str, str], set[str]] = {}
    for listen in maren.listens:
        key = listen.album_artist or listen.artist, listen.album
        albums_of.setdefault(key, set()).add(listen.album_mbid)

    known = {mbid for mbids in albums_of.values() for mbid in mbids} - {""}
    assert all(len(mbids) == 1 for mbids in albums_of.values())
    assert all(str(UUID(mbid)) == mbid for mbid in known)
    for field in ("artist_mbid", "album_mbid", "track_mbid"):
        unknown = sum(not getattr(listen, field) for listen in maren.listens)
        assert 0.02 < unknown / len(maren.listens) < 0.35


def test_a_few_plays_name_no_album_and_then_no_album_id(maren: Life) -> None:
    bare = [listen for listen in maren.listens if not listen.album]

    assert 20 < len(bare) < 1_000
    assert not any(listen.album_mbid or listen.album_artist for listen in bare)


def test_compilations_credit_every_track_to_its_own_artist(maren: Life) -> None:
    mixed = [one for one in maren.listens if one.album_artist == "Various Artists"]

    assert len({listen.album for listen in mixed}) >= 3
    assert len({listen.artist for listen in mixed}) > 20


@pytest.mark.parametrize(
    "word", ["Sigur Rós", "Björk", "Mónica", "Belle & Sebastian", "The Smiths", "坂本龍一", "Кино"]
)
def test_names_with_marks_and_other_scripts_are_played(maren: Life, word: str) -> None:
    artists = {listen.artist for listen in maren.listens}

    assert any(word in artist for artist in artists)


def test_guests_are_named_in_some_tracks(maren: Life) -> None:
    assert any("(feat. " in listen.track for listen in maren.listens)


def test_every_track_has_a_length(maren: Life) -> None:
    assert all(100 < listen.duration_s < 900 for listen in maren.listens)


def test_one_track_is_still_playing(maren: Life) -> None:
    assert maren.listening_now is not None
    assert maren.listening_now.at == UNTIL
    assert maren.listening_now.artist


def test_she_owns_250_copies_and_wants_40(maren: Life) -> None:
    copies = [(copy.added_at, copy.instance_id) for copy in maren.copies]
    wants = [want.added_at for want in maren.wants]

    assert (len(copies), len(wants)) == (250, 40)
    assert copies == sorted(copies)
    assert wants == sorted(wants)
    assert max(copies[-1][0], wants[-1]) < UNTIL


def test_ids_of_copies_and_releases_are_unique(maren: Life) -> None:
    sleeves = {copy.sleeve for copy in maren.copies} | {want.sleeve for want in maren.wants}
    artists = {(artist.id, artist.name) for sleeve in sleeves for artist in sleeve.artists}
    labels = {(label.id, label.name) for sleeve in sleeves for label in sleeve.labels}

    assert len({copy.instance_id for copy in maren.copies}) == 250
    assert len({sleeve.release_id for sleeve in sleeves}) == len(sleeves)
    for pairs in (artists, labels):
        assert len({number for number, _ in pairs}) == len({name for _, name in pairs})


def test_a_few_releases_are_owned_twice(maren: Life) -> None:
    releases = Counter(copy.sleeve.release_id for copy in maren.copies)

    assert sum(count > 1 for count in releases.values()) >= 3


def test_one_album_is_owned_in_two_pressings(maren: Life) -> None:
    pressings: dict[int, set[int]] = {}
    for copy in maren.copies:
        pressings.setdefault(copy.sleeve.master_id, set()).add(copy.sleeve.release_id)

    assert any(master and len(releases) > 1 for master, releases in pressings.items())


@pytest.mark.parametrize("seed", [7, 8])
def test_owned_records_match_the_played_ones_in_every_degree(seed: int) -> None:
    someone = life(UNTIL, seed=seed)
    albums_played = played_albums(someone)
    artists = {artist for artist, _ in albums_played}
    owned = {(copy.sleeve.artists[0].name, copy.sleeve.title) for copy in someone.copies}

    exact = {one for one in owned if one in albums_played}
    by_artist = {(artist, title) for artist, title in owned - exact if artist in artists}
    strange = {one for one in owned - exact - by_artist if not one[0].endswith((")", ", The"))}
    assert len(exact) > 80
    assert len(by_artist) > 30
    assert len(strange) > 15


@pytest.mark.parametrize("mark", ["(Remastered)", "(Deluxe Edition)"])
def test_some_titles_name_an_edition(maren: Life, mark: str) -> None:
    assert any(copy.sleeve.title.endswith(mark) for copy in maren.copies)


def test_artists_are_spelt_the_discogs_way(maren: Life) -> None:
    artists = {artist for copy in maren.copies for artist in copy.sleeve.artists}
    names = {artist.name for artist in artists}

    assert "Various" in names
    assert any(name.endswith(")") for name in names)
    assert any(name.endswith(", The") for name in names)
    assert any(artist.anv for artist in artists)
    assert any(artist.join for artist in artists)


def test_sleeves_know_little_now_and_then(maren: Life) -> None:
    sleeves = [copy.sleeve for copy in maren.copies]

    assert any(sleeve.year == 0 and not sleeve.released for sleeve in sleeves)
    assert any(sleeve.master_id == 0 for sleeve in sleeves)
    assert any(label.catno == "none" for sleeve in sleeves for label in sleeve.labels)
    assert all((sleeve.lowest_price is None) == (sleeve.for_sale == 0) for sleeve in sleeves)
    assert any(sleeve.lowest_price is None for sleeve in sleeves)
    assert any(sleeve.released.endswith("-00-00") for sleeve in sleeves)
    assert any("\r\n" in sleeve.notes for sleeve in sleeves)
    assert any(not sleeve.tracklist for sleeve in sleeves)


def test_dates_and_years_of_a_release_agree(maren: Life) -> None:
    sleeves = [copy.sleeve for copy in maren.copies]

    assert all(sleeve.released.startswith(str(sleeve.year or "")) for sleeve in sleeves)


def test_tracklists_have_positions_and_durations(maren: Life) -> None:
    rows = [row for copy in maren.copies for row in copy.sleeve.tracklist]
    positions = {position for position, _, _ in rows}

    assert {"A1", "B1", "C1", "1", "2-01"} <= positions
    assert any(":" in duration for _, _, duration in rows)
    assert any(not duration for position, _, duration in rows if position)


def test_quantities_are_text(maren: Life) -> None:
    quantities = {form.qty for copy in maren.copies for form in copy.sleeve.formats}

    assert {"1", "2"} <= quantities <= {"1", "2", "3"}


def test_copies_are_stamped_by_the_clock_of_california(maren: Life) -> None:
    offsets = {copy.added_at.utcoffset() for copy in maren.copies}

    assert offsets == {timedelta(hours=-8), timedelta(hours=-7)}


def test_copies_lie_in_folders_rated_or_not_with_notes_or_none(maren: Life) -> None:
    fields = {field for copy in maren.copies for field, _ in copy.notes}

    assert {copy.folder_id for copy in maren.copies} == set(FOLDERS)
    assert {copy.rating for copy in maren.copies} == {0, 3, 4, 5}
    assert fields == set(FIELDS)
    assert any(not copy.notes for copy in maren.copies)


def test_the_catalogue_is_large_and_has_no_album_twice() -> None:
    found = albums()
    names = Counter((album.artist, album.title) for album in found)

    assert sum(bool(album.songs) for album in found) >= 250
    assert sum(not album.songs for album in found) >= 60
    assert names.most_common(1)[0][1] == 1


def test_a_catalogue_line_is_an_album() -> None:
    album = parse_album("A|B|1999|Jazz + Rock: Bop, Dub|L|One; Guest ~ Two", "jazz")

    assert (album.artist, album.title, album.year, album.label) == ("A", "B", 1999, "L")
    assert (album.genres, album.styles) == (("Jazz", "Rock"), ("Bop", "Dub"))
    assert [(song.artist, song.title) for song in album.songs] == [("A", "One"), ("Guest", "Two")]


def test_some_titles_are_short_of_one_letter(maren: Life) -> None:
    titles = {album.title for album in albums()}
    short = {title[:cut] + title[cut + 1 :] for title in titles for cut in range(len(title))}

    assert any(copy.sleeve.title in short - titles for copy in maren.copies)
