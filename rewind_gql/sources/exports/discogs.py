"""Discogs' own exports: the collection and the wantlist as CSV."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from rewind_gql.clock import MICROSECOND
from rewind_gql.domains.collecting import intake
from rewind_gql.domains.collecting.records import Copy, Credit, Label, Release, Want
from rewind_gql.sources.base import Unreadable
from rewind_gql.sources.exports.base import Entry, Export, Read
from rewind_gql.sources.exports.characters import Text
from rewind_gql.sources.exports.formats import parse_formats
from rewind_gql.sources.exports.rows import Shape, read_rows, shapes
from rewind_gql.sources.names import name_of, plain
from rewind_gql.text import clean

# Dates have no offset in the file; they show the clock on Discogs' wall, as the API's dates do.
ZONE = ZoneInfo("America/Los_Angeles")
MINUTE_US = 60_000_000
# Ids are exact up to here everywhere they go, JSON's numbers included.
LARGEST_ID = 2**53
BEST = 5

_RELEASE = {"artist", "title", "label", "format", "released", "release_id"}
_OWN_FIELD = "collection "
_DATE = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d?)-(?P<day>\d\d?)[ T]"
    r"(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d))?"
)
_SPREADSHEET_DATE = re.compile(
    r"(?P<day>\d\d?)/(?P<month>\d\d?)/(?P<year>\d{4}) "
    r"(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d))?"
)
_YEAR = re.compile(r"(\d{4})(?!\d)")
_ONE_NAME = re.compile(
    r", (?:the|le|la|les|los|las|der|die|das)\b|, [^,]+ (?:&|and) ", re.IGNORECASE
)

Cells = Mapping[str, str]


def parse_copy(cells: Cells, own_fields: Mapping[str, str], counted: Counter[int]) -> Copy:
    """One row of the collection; `counted` numbers the copies of each release, from 0."""
    release = parse_release(cells)
    added_at = parse_added(cells.get("date added", ""))
    offset = added_at.astimezone(ZONE).utcoffset()
    rating = parse_rating(cells.get("rating", ""))
    notes = [(name, plain(cells.get(word, ""))) for word, name in own_fields.items()]
    copy_no = counted[release.discogs_id]
    counted[release.discogs_id] += 1
    return Copy(
        release=release,
        added_at=added_at,
        added_offset_min=offset // (MINUTE_US * MICROSECOND) if offset else 0,
        copy_no=copy_no,
        folder=clean(cells.get("collectionfolder", "")) or None,
        rating=rating,
        notes=tuple((name, text) for name, text in notes if text),
    )


def parse_want(cells: Cells) -> Want:
    """One row of the wantlist, which has no dates."""
    return Want(
        release=parse_release(cells),
        added_at=None,
        rating=parse_rating(cells.get("rating", "")),
        notes=plain(cells.get("notes", "")) or None,
    )


def parse_release(cells: Cells) -> Release:
    """What a row says of its release."""
    told = cells.get("release_id", "").strip()
    if not (told.isascii() and told.isdigit() and 0 < int(told[:20]) < LARGEST_ID):
        raise Unreadable(f"the release_id {told[:50]!r} is no number of a release")
    year = _YEAR.match(cells.get("released", "").strip())
    formats, descriptions = parse_formats(clean(cells.get("format", "")))
    return Release(
        discogs_id=int(told),
        title=name_of(cells.get("title"), "title"),
        credits=tuple(Credit(discogs_id=None, name=name) for name in parse_artists(cells)),
        year=int(year[1]) or None if year else None,
        formats=formats,
        format_descriptions=descriptions,
        labels=parse_labels(cells.get("label", ""), cells.get("catalog#", "")),
    )


def parse_artists(cells: Cells) -> list[str]:
    """The artists, parted at commas, unless the comma looks like part of one name.

    The file writes "Tyler, The Creator" and "Emerson, Lake & Palmer" just as it writes two artists.
    """
    text = name_of(cells.get("artist"), "artist")
    names = [text] if _ONE_NAME.search(text) else text.split(", ")
    return [name for name in map(str.strip, names) if name]


def parse_labels(names: str, numbers: str) -> tuple[Label, ...]:
    """Labels with their catalogue numbers; the word "none" stands for no number."""
    labels, catnos = clean(names).split(", "), clean(numbers).split(", ")
    if len(labels) != len(catnos):
        labels, catnos = [clean(names)], [clean(numbers)]
    return tuple(
        Label(name=name, catno=None if catno.casefold() in ("", "none") else catno)
        for name, catno in zip(labels, catnos, strict=True)
        if name
    )


def parse_added(text: str) -> datetime:
    """The instant of `2020-11-12 12:24:52`, or `23/04/2023 04:36` as spreadsheets rewrite it.

    Raises `Unreadable` for any other form and for dates that do not exist.
    """
    found = _DATE.fullmatch(text.strip()) or _SPREADSHEET_DATE.fullmatch(text.strip())
    try:
        if found is None:
            raise ValueError(text)
        parts = {name: int(number or 0) for name, number in found.groupdict().items()}
        # An hour that the end of summer time repeats is unequal to itself in any zone but UTC.
        return datetime(**parts, tzinfo=ZONE).astimezone(UTC)
    except ValueError as wrong:
        raise Unreadable(f"{text[:50]!r} is not a date of a known form") from wrong


def parse_rating(text: str) -> int:
    """Stars from 1 to 5; 0 for none."""
    text = text.strip()
    if text and not (text.isascii() and text.isdigit() and int(text[:9]) <= BEST):
        raise Unreadable(f"the rating {text[:50]!r} is not 0 to {BEST}")
    return int(text or 0)


def _sniff_collection(head: str) -> Read | None:
    for shape in shapes(head):
        if set(shape.words) >= _RELEASE | {"date added"}:
            return partial(_read_collection, shape=shape)
    return None


def _sniff_wantlist(head: str) -> Read | None:
    for shape in shapes(head):
        if set(shape.words) >= _RELEASE:
            return partial(read_rows, shape=shape, parse=partial(_want_of_cells, shape.words))
    return None


def _read_collection(text: Text, shape: Shape) -> Iterator[Entry]:
    words = shape.words
    own_fields = {
        word: name.strip()[len(_OWN_FIELD) :].strip()
        for word, name in zip(words, shape.header or (), strict=True)
        if word.startswith(_OWN_FIELD)
    }
    counted: Counter[int] = Counter()
    return read_rows(text, shape=shape, parse=partial(_copy_of_cells, words, own_fields, counted))


def _copy_of_cells(
    words: list[str], own_fields: Mapping[str, str], counted: Counter[int], cells: list[str]
) -> Copy:
    return parse_copy(dict(zip(words, cells, strict=False)), own_fields, counted)


def _want_of_cells(words: list[str], cells: list[str]) -> Want:
    return parse_want(dict(zip(words, cells, strict=False)))


_CARD: Mapping[str, Any] = {"provider": "discogs", "domain": "collecting", "kind": "series"}
EXPORTS = (
    Export(
        name="discogs-collection-csv",
        about="the Discogs collection as CSV (Catalog#,Artist,…,release_id,…,Date Added,…)",
        part="collection",
        unit="record",
        into=intake.copies,
        sniff=_sniff_collection,
        **_CARD,
    ),
    Export(
        name="discogs-wantlist-csv",
        about="the Discogs wantlist as CSV (Catalog#,Artist,Title,…,release_id,Notes)",
        part="wantlist",
        unit="record",
        into=intake.wants,
        sniff=_sniff_wantlist,
        **_CARD,
    ),
)
