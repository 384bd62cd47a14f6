"""What the tests of file formats share: files, and all that is read out of them."""

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rewind_gql.sources.base import Reject
from rewind_gql.sources.exports.reading import open_export


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything in a file."""

    formats: list[str]
    records: list[Any]
    rejects: list[Reject]
    notes: list[str]
    groups: int

    @property
    def refused(self) -> list[tuple[str | None, str]]:
        """Place and reason of every reject."""
        return [(reject.place, reject.reason) for reject in self.rejects]


def contents(path: Path, **given: Any) -> Contents:
    """All records, rejects and notes of a file."""
    reading = open_export(path, **given)
    try:
        groups = [group for export in reading.exports for group in reading.groups(export)]
        assert [each.bytes_read for each in groups] == sorted(each.bytes_read for each in groups)
        return Contents(
            formats=[export.name for export in reading.exports],
            records=[record for group in groups for record in group.records],
            rejects=[reject for group in groups for reject in group.rejects],
            notes=reading.notes,
            groups=len(groups),
        )
    finally:
        reading.close()


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """Makes a file of these bytes, or of this text in UTF-8."""

    def make(body: bytes | str, name: str = "export.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(body.encode() if isinstance(body, str) else body)
        return path

    return make


@pytest.fixture
def zipped(tmp_path: Path) -> Callable[..., Path]:
    """Makes an archive of these files."""

    def make(files: dict[str, str | bytes], name: str = "export.zip") -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for each, body in files.items():
                archive.writestr(each, body)
        return path

    return make
