"""Every format of plays against files as they should not be: told, never fatal, never slow."""

import csv
import io
import random
import re
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rewind_gql.demo import files, histories
from rewind_gql.demo.records import Life
from rewind_gql.errors import BadInput
from rewind_gql.sources.exports.reading import open_export
from tests.sources.exports.conftest import Contents, contents

TABLES = {
    "lastfm-ghan-csv": files.ghan_csv,
    "lastfm-stats-csv": files.lastfmstats_csv,
    "apple_music-activity-csv": histories.apple_events,
    "apple_music-daily-csv": histories.apple_days,
}
LISTS = {
    "lastfm-json": files.ghan_json,
    "lastfm-stats-json": files.lastfmstats_json,
    **{name: write for name, write in histories.WRITERS.items() if name.endswith("json")},
}
LINES = {"listenbrainz-jsonl": histories.listenbrainz_lines}
ALL = {**TABLES, **LISTS, **LINES}

Written = Callable[[str], str]
Make = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path, life: Life) -> Written:
    """Gives the text of a life in a format."""

    def text(name: str) -> str:
        path = tmp_path / "written"
        ALL[name](life, path)
        return path.read_bytes().decode("utf-8-sig")

    return text


def read(path: Path) -> Contents | None:
    """What is in a file; None where it is refused, which tells the formats there are."""
    try:
        return contents(path)
    except BadInput as refused:
        said = refused.message
    assert "known are:" in said
    return None


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_every_format_is_read_in_every_usual_encoding(
    file: Make, written: Written, name: str, encoding: str
) -> None:
    plain, encoded = file(written(name), "a"), file(written(name).encode(encoding), "b")

    wanted, found = contents(plain), contents(encoded)

    assert (found.formats, found.records) == ([name], wanted.records)


@pytest.mark.parametrize("name", ALL)
def test_a_file_cut_off_anywhere_keeps_what_is_before(
    file: Make, written: Written, name: str
) -> None:
    text = written(name)
    whole = contents(file(text)).records
    rng = random.Random(name)
    for _ in range(6):
        found = read(file(text[: rng.randrange(len(text) // 3, len(text))]))

        assert found is not None
        # The last row of a table may be cut where it is still one.
        assert found.records[:-1] == whole[: len(found.records) - 1]
        assert len(found.records) > len(whole) // 4


@pytest.mark.parametrize("name", ALL)
def test_bytes_gone_wrong_are_never_fatal(file: Make, written: Written, name: str) -> None:
    raw = bytearray(written(name).encode())
    rng = random.Random(name)
    for _ in range(300):
        raw[rng.randrange(2_000, len(raw))] = rng.randrange(256)

    found = read(file(bytes(raw)))

    assert found is None or found.records


@pytest.mark.parametrize("name", TABLES)
def test_a_column_that_is_missing_makes_another_format_or_none(
    file: Make, written: Written, name: str
) -> None:
    rows = table(written(name))
    for at in range(len(rows[0])):
        found = read(file(printed([row[:at] + row[at + 1 :] for row in rows[:30]])))

        assert found is None or found.formats
        if found is not None and found.formats == [name]:
            assert len(found.records) + len(found.rejects) <= 29


@pytest.mark.parametrize("name", TABLES)
def test_columns_in_another_order_and_twice_are_the_same_plays(
    file: Make, written: Written, name: str
) -> None:
    rows = table(written(name))
    turned = [[*reversed(row), "", row[0]] for row in rows]
    turned[0] = [*reversed(rows[0]), "Something Else", rows[0][0]]

    wanted, found = contents(file(written(name), "a")), contents(file(printed(turned), "b"))

    assert found.formats == [name]
    assert found.records == wanted.records


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_tables_may_be_parted_by_other_signs(
    file: Make, written: Written, name: str, delimiter: str
) -> None:
    rows = table(written(name))

    wanted = contents(file(written(name), "a"))
    found = contents(file(printed(rows, delimiter=delimiter), "b"))

    assert (found.formats, found.records) == ([name], wanted.records)


@pytest.mark.parametrize("name", TABLES)
def test_a_cell_of_ten_megabytes_costs_its_row(file: Make, written: Written, name: str) -> None:
    rows = table(written(name))[:40]
    ends = next(at for at in range(1, 40) if len(contents(file(printed(rows[: at + 1]))).records))
    wide = [cell if len(cell) < 3 else "x" * 10_000_000 for cell in rows[ends]]

    found = contents(file(printed([*rows[:20], wide[:1] + rows[ends][1:], *rows[20:]])))

    assert found.rejects or len(found.records) > 5
    assert all(len(reject.raw) <= 2_000 for reject in found.rejects)


@pytest.mark.parametrize("name", LISTS)
def test_a_text_of_twenty_megabytes_ends_the_list_and_says_so(
    file: Make, written: Written, name: str
) -> None:
    text = written(name)
    between = next(each for each in ("},\n{", "},{") if each in text[len(text) // 2 :])
    half = text.index(between, len(text) // 2) + 2

    found = contents(file(f'{text[:half]}"{"x" * 20_000_000}'))

    assert len(found.records) > 10
    assert found.rejects


@pytest.mark.parametrize("name", ["spotify-extended-json", "apple_music-activity-csv"])
@pytest.mark.parametrize("told", ["24/12/2025 18:03", "24.12.2025", "Dec 24, 2025, 6:03 PM", "١٢"])
def test_dates_as_they_are_written_somewhere_are_rejects(
    file: Make, written: Written, name: str, told: str
) -> None:
    lines = written(name).splitlines()[:8]
    odd = [swapped(line, told) for line in lines[1:]]

    found = contents(file("".join(f"{line}\n" for line in [*lines, *odd])))

    assert found.records
    assert any("not a date of a known form" in reason for _, reason in found.refused)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", ["spotify-extended-json", "listenbrainz-jsonl"])
def test_a_million_plays_are_read_in_little_memory(
    tmp_path: Path, written: Written, name: str
) -> None:
    path = tmp_path / "million"
    line = written(name).splitlines()[0].strip("[],") + ("," if name.endswith("json") else "")
    with path.open("w", encoding="utf-8") as out:
        out.write("[" if name.endswith("json") else "")
        for number in range(10**6):
            out.write(f"{line.replace('300', str(300 + number % 60_000))}\n")
    reading = open_export(path)

    tracemalloc.start()
    try:
        groups = reading.groups(reading.exports[0])
        rows = sum(len(group.records) for group in groups)
        _, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        reading.close()

    assert rows > 0
    assert most_bytes < 48 * 1024 * 1024


def table(text: str) -> list[list[str]]:
    """The rows of a table."""
    return list(csv.reader(io.StringIO(text), delimiter=";" if ";" in text[:80] else ","))


def printed(rows: list[list[str]], **given: Any) -> str:
    """Rows as a table."""
    out = io.StringIO()
    csv.writer(out, **given).writerows(rows)
    return out.getvalue()


def swapped(line: str, told: str) -> str:
    """A line whose instants are written in another way."""
    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told, line)
