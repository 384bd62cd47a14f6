"""Parts of files: read as the standard has it, and the whole where that is safer."""

import pytest

from rewind_gql.server.ranges import OutOfRange, part


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("bytes=0-99", (0, 100)),
        ("bytes=0-0", (0, 1)),
        ("bytes=900-", (900, 1000)),
        ("bytes=900-5000", (900, 1000)),
        ("bytes=-1", (999, 1000)),
        ("bytes=-5000", (0, 1000)),
        ("Bytes = 5 - 9", (5, 10)),
    ],
)
def test_one_part_is_read(text: str, found: tuple[int, int]) -> None:
    assert part(text, 1000) == found


@pytest.mark.parametrize(
    "text",
    ["", "bytes=", "bytes=-", "bytes=9-5", "bytes=a-b", "lines=0-9", "bytes=0-9,20-29", "bytes=0",
     f"bytes={'9' * 30}-", "bytes=-1-2", "bytes=٣-٤"],
)  # fmt: skip
def test_what_is_no_part_means_the_whole(text: str) -> None:
    assert part(text, 1000) is None


@pytest.mark.parametrize("text", ["bytes=1000-", "bytes=1000-2000", "bytes=-0"])
def test_a_part_behind_the_end_is_refused(text: str) -> None:
    with pytest.raises(OutOfRange):
        part(text, 1000)
