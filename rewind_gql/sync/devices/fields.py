"""Single fields of what devices send: read strictly, refused in the words their clients know."""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from rewind_gql import clock
from rewind_gql.domains.focus import identity
from rewind_gql.errors import BadInput

NAME_CHARS = 200
NOTE_CHARS = 10_000
MOST = 1_000_000_000
"""More than this of anything nobody has; it also fits into every column."""

_UUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def mapping(raw: Any, message: str) -> Mapping[str, Any]:
    """An object; anything else is refused with `message`."""
    if not isinstance(raw, Mapping):
        raise BadInput(message)
    return raw


def require(raw: Mapping[str, Any], names: Sequence[str]) -> None:
    """Refuse an object that lacks any of `names`, naming all that are missing, in their order."""
    missing = [name for name in names if raw.get(name) is None]
    if missing:
        raise BadInput(f"Missing required fields: {', '.join(missing)}", path=missing[0])


def text(raw: Any, name: str, most: int = NAME_CHARS) -> str:
    """Text that both databases can hold."""
    if not isinstance(raw, str):
        raise BadInput(f"{name} must be text", path=name)
    if len(raw) > most:
        raise BadInput(f"{name} must be at most {most} characters", path=name)
    if "\x00" in raw:
        raise BadInput(f"{name} must not hold a NUL character", path=name)
    if not raw.isascii() and raw.encode("utf-8", "replace").decode() != raw:
        raise BadInput(f"{name} must be valid Unicode", path=name)
    return raw


def optional(raw: Mapping[str, Any], name: str, most: int = NAME_CHARS) -> str | None:
    """Text, or None where it is missing or blank."""
    given = raw.get(name)
    return (text(given, name, most).strip() or None) if given is not None else None


def uuid(raw: Any, name: str) -> UUID:
    """A UUID in its usual forms."""
    if isinstance(raw, UUID):
        return raw
    if not isinstance(raw, str) or not _UUID.fullmatch(raw):
        raise BadInput(f"{name} must be a UUID", path=name)
    return UUID(raw)


def instant(raw: Any, name: str) -> datetime:
    """An instant with its offset, since 1970."""
    try:
        at = raw if isinstance(raw, datetime) else datetime.fromisoformat(raw)
        if at.tzinfo is None:
            raise ValueError(raw)
        at = clock.utc(at)
    except (ValueError, TypeError, BadInput) as wrong:
        raise BadInput(f"{name} must be ISO 8601 with a time zone", path=name) from wrong
    if at < clock.EPOCH:
        raise BadInput(f"{name} must not be before 1970", path=name)
    return at


def minutes(raw: Any, name: str) -> float:
    """A number of minutes."""
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise BadInput(f"{name} must be a number of minutes", path=name)
    try:
        value = float(raw)
    except OverflowError:
        value = math.inf
    if math.isnan(value):
        raise BadInput(f"{name} must be a number of minutes", path=name)
    return value


def whole(raw: Any, name: str) -> int:
    """A whole number from 0 on."""
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 <= raw <= MOST:
        raise BadInput(f"{name} must be a whole number from 0 to {MOST}", path=name)
    return raw


def choice(raw: Any, name: str, words: Sequence[str]) -> str:
    """One of these words."""
    if not isinstance(raw, str) or raw not in words:
        listed = f"{', '.join(words[:-1])} or {words[-1]}"
        raise BadInput(f"{name} must be {listed}", path=name)
    return raw


def device_id(raw: Any) -> str:
    """What a device calls itself."""
    return identity.check_id(raw if isinstance(raw, str) else "")


def device_type(raw: Any) -> str:
    """A kind of device, such as mac_app."""
    return identity.check_type(raw if isinstance(raw, str) else "")
