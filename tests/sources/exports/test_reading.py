"""Files of every kind at the door: which are let in, which are not, and what is said of them."""

import gzip
import io
import os
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rewind_gql.errors import BadInput
from rewind_gql.sources.exports import EXPORTS, packing
from rewind_gql.sources.exports.reading import open_export
from tests.sources.exports.conftest import contents

GHAN = "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\n"
PLAY = "1773540842,,Sigur Rós,,,,Hoppípolla,\n"
WANTS = "Catalog#,Artist,Title,Label,Format,Rating,Released,release_id,Notes\n"

Make = Callable[..., Path]


def zipped(**files: str | bytes) -> bytes:
    """A zip archive."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return body.getvalue()


def test_formats_have_names_of_their_own() -> None:
    names = [export.name for export in EXPORTS]

    assert len(set(names)) == len(names)
    assert all(export.name.startswith(export.provider) for export in EXPORTS)


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", []),
        ("utf-8-sig", []),
        ("utf-16", ["UTF-16"]),
        ("utf-16-le", ["UTF-16"]),
        ("utf-16-be", ["UTF-16"]),
        ("latin-1", ["Windows-1252"]),
    ],
)
def test_every_usual_encoding_is_read(file: Make, encoding: str, said: list[str]) -> None:
    found = contents(file((GHAN + PLAY).encode(encoding)))

    assert [(play.artist, play.track) for play in found.records] == [("Sigur Rós", "Hoppípolla")]
    assert [word for word in said for note in found.notes if word in note] == said


def test_broken_bytes_are_replaced_and_counted(file: Make) -> None:
    broken = (GHAN + PLAY).encode() + b"1108339200,,Sigur R\xc3s,,,,One\xff,\n"

    found = contents(file(broken))

    assert [play.artist for play in found.records] == ["Sigur Rós", "Sigur R\ufffds"]
    assert found.notes == ["2 signs in export.csv could not be read and show as \ufffd"]


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n", "\n\n"])
def test_every_line_end_is_read(file: Make, end: str) -> None:
    found = contents(file((GHAN + PLAY + PLAY).replace("\n", end)))

    assert (len(found.records), found.rejects) == (2, [])


def test_a_gzip_is_read_whatever_its_name(file: Make) -> None:
    found = contents(file(gzip.compress((GHAN + PLAY).encode()), "export.csv"))

    assert len(found.records) == 1


def test_a_zip_is_read_in_any_folder_and_without_clutter(file: Make) -> None:
    packed = zipped(
        **{
            "__MACOSX/data/plays": GHAN,
            "data/deep/plays": GHAN + PLAY,
            "data/more": GHAN + "bad,,Low,,,,One,\n",
            "data/.hidden": GHAN,
            "readme": "Thank you for the music.",
        }
    )

    found = contents(file(packed, "all.zip"))

    assert found.formats == ["lastfm-ghan-csv"]
    assert len(found.records) == 1
    assert [place for place, _ in found.refused] == ["data/more, line 2"]
    assert found.notes == ["left out, of no known format: readme"]


def test_archives_in_an_archive_are_read_too(file: Make) -> None:
    inner = zipped(plays=GHAN + PLAY, more=GHAN + "bad,,Low,,,,One,\n")
    outer = {"one.zip": zipped(**{"two.ZIP": inner}), "plain": GHAN + PLAY}

    found = contents(file(zipped(**outer), "all.zip"))

    assert len(found.records) == 2
    assert [place for place, _ in found.refused] == ["one.zip/two.ZIP/more, line 2"]


def test_archives_packed_too_often_and_damaged_ones_are_left_out(file: Make) -> None:
    deep = zipped(plays=GHAN + PLAY)
    for _ in range(3):
        deep = zipped(**{"in.zip": deep})
    outer = {"deep.zip": deep, "damaged.zip": zipped(a=GHAN)[:-30], "plain": GHAN + PLAY}

    found = contents(file(zipped(**outer), "all.zip"))

    assert len(found.records) == 1
    assert found.notes == ["left out, of no known format: deep.zip/in.zip/in.zip, damaged.zip"]


def test_a_bomb_in_an_archive_in_an_archive_is_put_out(
    file: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "UNPACKED_FREE", 1_000_000)
    inner = zipped(bomb=(GHAN + PLAY).encode() + b"x" * 20_000_000)

    found = contents(file(zipped(**{"inner.zip": zipped(**{"again.zip": inner})}), "bomb.zip"))

    assert len(found.records) == 1
    assert "far more than a file of its size" in found.refused[-1][1]


def test_a_zip_with_two_formats_of_one_provider_gives_both(file: Make) -> None:
    want = ",Low,Hey What,Sub Pop,LP,,2021,7,\n"
    copy = HEADER_OF_COPIES + ",Low,Hey What,Sub Pop,LP,,2021,7,Jazz,2023-04-23 04:36:10\n"

    found = contents(file(zipped(wants=WANTS + want, copies=copy)))

    assert found.formats == ["discogs-wantlist-csv", "discogs-collection-csv"]
    assert len(found.records) == 2


HEADER_OF_COPIES = (
    "Catalog#,Artist,Title,Label,Format,Rating,Released,release_id,CollectionFolder,Date Added\n"
)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "is empty"),
        (b"  \n \n", "is empty or damaged"),
        (
            b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01" + bytes(range(32)) * 9,
            "no text file",
        ),
        (os.urandom(5_000), "no text file"),
        (b"name,age\nann,3\n", "its first line is 'name,age'"),
        (b'{"hello": "world"}', "is in no known format"),
        (b"[]", "is in no known format"),
        (b"PK\x03\x04 and no more", "damaged zip"),
        (b"\x1f\x8b and no more", "empty or damaged"),
        (zipped(), "holds no file"),
        (zipped(a="one", b="two"), "it holds a, b"),
        (zipped(wants=WANTS, plays=GHAN), "exports of discogs and lastfm"),
        (b"," * 200_000, "is in no known format"),
        (b"[" * 200_000, "is in no known format"),
        (b'"' * 200_000, "is in no known format"),
    ],
)
def test_what_cannot_be_imported_is_refused_with_a_reason(
    file: Make, body: bytes, said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        open_export(file(body))


def test_a_refusal_names_the_formats_there_are(file: Make) -> None:
    with pytest.raises(BadInput, match=r"lastfm-ghan-csv.*lastfm-json.*lastfm-bare-csv"):
        open_export(file("name,age\n"))


@pytest.mark.parametrize("name", ["nothing.csv", ".", "x" * 300])
def test_what_is_no_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match=r"There is no file|is not a file|cannot be read"):
        open_export(tmp_path / name)


def test_an_encrypted_archive_is_refused(file: Make) -> None:
    packed = bytearray(zipped(a=GHAN))
    packed[6] |= 1
    packed[packed.index(b"PK\x01\x02") + 8] |= 1

    with pytest.raises(BadInput, match="encrypted"):
        open_export(file(bytes(packed)))


def test_a_format_may_be_named(file: Make) -> None:
    assert contents(file(GHAN + PLAY), format="lastfm-csv").formats == ["lastfm-csv"]
    with pytest.raises(BadInput, match="There is no format 'lastfm-xml'"):
        open_export(file(GHAN), format="lastfm-xml")
    with pytest.raises(BadInput, match="no known format"):
        open_export(file(GHAN), format="discogs-wantlist-csv")


def test_what_was_read_before_the_damage_stays(file: Make) -> None:
    rows = "".join(f"{1_773_540_842 + n * 37},,Low,,,,Song {n * n},\n" for n in range(50_000))
    packed = gzip.compress((GHAN + rows).encode())

    found = contents(file(packed[: len(packed) // 2], "cut.gz"))

    assert 10_000 < len(found.records) < 50_000
    assert "damaged or cut off" in found.refused[-1][1]


def test_a_bomb_is_put_out(file: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "UNPACKED_FREE", 1_000_000)
    bomb = gzip.compress((GHAN + PLAY).encode() + b"x" * 20_000_000)

    found = contents(file(bomb, "bomb.gz"))

    assert len(found.records) == 1
    assert "far more than a file of its size" in found.refused[-1][1]


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("opened", [open, gzip.open])
def test_a_million_rows_are_read_in_little_memory(tmp_path: Path, opened: Any) -> None:
    path = tmp_path / "export"
    with opened(path, "wt", encoding="utf-8") as out:
        out.write(GHAN)
        for n in range(10**6):
            out.write(f"{1_773_540_842 - n * 61},,Artist {n % 3_000},,,,{n % 97},\n")
    reading = open_export(path)

    tracemalloc.start()
    try:
        groups = reading.groups(reading.exports[0])
        records = sum(len(group.records) for group in groups)
        _, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        reading.close()

    assert records == 10**6
    assert most_bytes < 32 * 1024 * 1024
