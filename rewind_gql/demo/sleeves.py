"""How an album of the catalogue becomes a release as Discogs describes one."""

from math import exp
from random import Random

from rewind_gql.demo.catalogue import VARIOUS, Album, number
from rewind_gql.demo.credits import credit, reprinted
from rewind_gql.demo.records import Sleeve, SleeveFormat, SleeveLabel

COUNTRIES = {
    "nordic": ("Norway", "Norway", "Sweden", "Scandinavia", "Iceland", "UK & Europe"),
    "world": ("Japan", "France", "Germany", "US", "Brazil", "UK"),
}
ELSEWHERE = ("UK", "US", "Europe", "Germany", "UK, Europe & US", "Norway", "Netherlands", "France")
COLOURS = ("", "", "", "180 g", "Gatefold", "White", "Blue Translucent", "Clear", "Die-cut sleeve")
REMARKS = (
    "",
    "",
    "Comes with a printed inner sleeve.",
    "Gatefold sleeve.\r\nIncludes a download code.",
    "Track durations are not printed on the release.\r\n\r\nMade in the EU.",
    "Hype sticker on the shrink wrap reads:\r\n“Half-speed mastered”.",
)


def press(rng: Random, album: Album, *, reissue: bool = False, altered: bool = False) -> Sleeve:
    """One release of that album; an `altered` one prints its title unlike the player spells it."""
    year = _year(rng, album, reissue)
    form = _format(rng, album, year, reissue)
    for_sale = 0 if rng.random() < 0.08 else rng.randint(1, 140)
    return Sleeve(
        release_id=1_000 + number("release", album.artist, album.title, str(reissue)) % 34_000_000,
        master_id=_master(album),
        title=reprinted(rng, album.title) if altered else album.title,
        year=year,
        artists=credit(album.artist),
        labels=_labels(rng, album, form.name),
        formats=_formats(rng, form),
        genres=album.genres,
        styles=album.styles,
        country=rng.choice(COUNTRIES.get(album.corner, ELSEWHERE)),
        released=_released(rng, year),
        tracklist=_tracklist(rng, album, form),
        have=int(exp(rng.gauss(7.4, 1.1))),
        want=int(exp(rng.gauss(6.4, 1.2))),
        lowest_price=round(exp(rng.gauss(3.0, 0.6)), 2) if for_sale else None,
        for_sale=for_sale,
        notes=rng.choice(REMARKS),
        barcode=_barcode(rng, year),
    )


def _master(album: Album) -> int:
    """The id all releases of an album share; about one album in eight has none."""
    own = number("master", album.artist, album.title)
    return 0 if own % 8 == 0 else 1_000 + own % 3_900_000


def _year(rng: Random, album: Album, reissue: bool) -> int:
    """The year this release came out, now and then unknown."""
    if rng.random() < 0.04:
        return 0
    return min(2024, album.year + rng.randint(9, 25)) if reissue else album.year


def _released(rng: Random, year: int) -> str:
    """The date on the release, as far as anybody knows it."""
    if not year:
        return ""
    month, day = rng.randint(1, 12), rng.randint(1, 28)
    exact = f"{year}-{month:02d}-{day:02d}"
    return rng.choice((str(year), f"{year}-00-00", f"{year}-{month:02d}-00", exact, exact, exact))


def _format(rng: Random, album: Album, year: int, reissue: bool) -> SleeveFormat:
    """What it is pressed on; nothing before 1983 is a CD."""
    names, odds = ("Vinyl", "CD", "Cassette"), (68, 27, 5)
    name = rng.choices(names, odds)[0] if year == 0 or year >= 1983 else "Vinyl"
    words = ["LP"] if name == "Vinyl" else []
    words.append("Compilation" if album.artist == VARIOUS else "Album")
    words += ["Reissue", "Remastered"][: rng.randint(1, 2)] if reissue else []
    words += ["Limited Edition"] if rng.random() < 0.08 else []
    words += ["Stereo"] if name == "Vinyl" and rng.random() < 0.25 else []
    discs = rng.choices((1, 2, 3), (30, 12, 1) if len(album.songs) > 7 else (30, 3, 0))[0]
    text = rng.choice(COLOURS) if name == "Vinyl" else ""
    return SleeveFormat(name, str(discs), text, tuple(words))


def _formats(rng: Random, form: SleeveFormat) -> tuple[SleeveFormat, ...]:
    """The format alone, or, on few records, with the CD that came along."""
    if form.name == "Vinyl" and rng.random() < 0.04:
        return (form, SleeveFormat("CD", "1", "", ("Album",)))
    return (form,)


def _labels(rng: Random, album: Album, medium: str) -> tuple[SleeveLabel, ...]:
    """The label with a catalogue number in its usual form, at times with a second label."""
    initials = "".join(word[0] for word in album.label.split()).upper()
    catno = f"{initials}{medium[:2].upper()} {rng.randint(1, 999):03d}"
    labels = [_label(album.label, "none" if rng.random() < 0.06 else catno)]
    if rng.random() < 0.1:
        labels.append(_label("Music On Vinyl", f"MOVLP{rng.randint(10, 3400)}"))
    return tuple(labels)


def _label(name: str, catno: str) -> SleeveLabel:
    """A label under the id its name always has."""
    return SleeveLabel(1 + number("label", name) % 3_000_000, name, catno)


def _barcode(rng: Random, year: int) -> str:
    """A printed barcode with its spaces; older records carry none."""
    if year < 1983 or rng.random() < 0.2:
        return ""
    digits = f"{rng.randrange(10**12):012d}"
    return f"{digits[0]} {digits[1:6]} {digits[6:11]} {digits[11]}"


def _tracklist(rng: Random, album: Album, form: SleeveFormat) -> tuple[tuple[str, str, str], ...]:
    """Positions, titles and durations; whole releases lack durations, big ones have headings."""
    timed = rng.random() > 0.15
    discs = int(form.qty)
    rows: list[tuple[str, str, str]] = []
    per_disc = -(-len(album.songs) // discs)
    for index, song in enumerate(album.songs):
        disc, place = divmod(index, per_disc)
        if discs > 2 and place == 0:
            rows.append(("", f"Disc {disc + 1}", ""))
        minutes, rest = divmod(song.duration_s, 60)
        position = _position(form.name, discs, disc, place, per_disc)
        rows.append((position, song.title, f"{minutes}:{rest:02d}" if timed else ""))
    return tuple(rows)


def _position(medium: str, discs: int, disc: int, place: int, per_disc: int) -> str:
    """`A1` on a record or cassette, `3` on a CD, `2-03` where there are several CDs."""
    if medium == "CD":
        return f"{place + 1}" if discs == 1 else f"{disc + 1}-{place + 1:02d}"
    half = -(-per_disc // 2)
    side, track = divmod(place, half)
    return f"{'ABCDEFGH'[disc * 2 + side]}{track + 1}"
