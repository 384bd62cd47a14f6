"""Parts of a file as clients ask for them: `Range: bytes=0-99`."""

import re

_ONE = re.compile(r"\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.ASCII | re.IGNORECASE)


class OutOfRange(Exception):
    """The part begins behind the end of the file."""


def part(text: str, size: int) -> tuple[int, int] | None:
    """From its first byte up to but without its last; None where the whole file is to be sent.

    So it is for what is no range of bytes, and for several of them at once. Raises `OutOfRange`.
    """
    found = _ONE.fullmatch(text)
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(int(last) + 1 if last else size, size)
        if last and int(last) < start:
            return None
    if start >= end:
        raise OutOfRange
    return start, end
