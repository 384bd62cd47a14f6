"""Scalars beyond GraphQL's own, each by a public specification."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, NewType
from uuid import UUID

import orjson
import strawberry
from graphql import GraphQLError
from strawberry.scalars import JSON
from strawberry.types.scalar import ScalarDefinition

from rewind_gql import clock
from rewind_gql.errors import BadInput

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_OFFSET_CHARS = len("+00:00")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)

_JSON_ALONE = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME

SyncCursor = NewType("SyncCursor", str)
"""The place of an event among all of a person's; lists and streams read what is in it."""


DataVersion = NewType("DataVersion", str)
"""How far each domain of a person's data has come, as the header `X-Data-Version` says it."""

_VERSION = re.compile(r"[a-z_]+=[0-9]{1,15}", re.ASCII)
_MOST_VERSIONS = 100


def parse_versions(text: str) -> dict[str, int]:
    """The number of each domain. Raises `ValueError` for any other form."""
    parts = [part.strip() for part in text.split(",", _MOST_VERSIONS)]
    if not all(map(_VERSION.fullmatch, parts)):
        raise ValueError(text)
    return {name: int(number) for name, _, number in (part.partition("=") for part in parts)}


def _parse_versions(value: Any) -> str:
    text = _parse_text(value)
    parse_versions(text)
    return text


def parse_instant(text: str) -> datetime:
    """An RFC 3339 instant as aware UTC. Raises `ValueError` for any other form."""
    if not _RFC_3339.fullmatch(text):
        raise ValueError(text)
    return datetime.fromisoformat(text).astimezone(UTC)


def print_instant(at: datetime) -> str:
    """`2026-03-18T21:00:00Z`, with a fraction only where there is one."""
    if at.tzinfo is not UTC:
        at = at.astimezone(UTC)
    return at.isoformat()[:-_OFFSET_CHARS] + "Z"


def _print_json(value: Any) -> Any:
    """The value as it is. Raises `TypeError` for what JSON cannot say, before the answer has it."""
    orjson.dumps(value, option=_JSON_ALONE)
    return value


def _parse_uuid(text: str) -> UUID:
    if not _UUID.fullmatch(text):
        raise ValueError(text)
    return UUID(text)


def _parse_text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _parser(name: str, form: str, parse: Callable[[str], Any]) -> Callable[[Any], Any]:
    """The parser for input, whose refusals name the form that is expected."""

    def parse_value(value: Any) -> Any:
        try:
            return parse(value)
        except (ValueError, TypeError, OverflowError, BadInput) as wrong:
            raise GraphQLError(f"{name} must be a string such as {form}") from wrong

    return parse_value


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant, UTC unless it says otherwise: 2026-03-18T21:00:00Z.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
        serialize=print_instant,
        parse_value=_parser("DateTime", "2026-03-18T21:00:00Z", parse_instant),
    ),
    date: strawberry.scalar(
        name="Date",
        description="A calendar day: 2026-03-18.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
        serialize=date.isoformat,
        parse_value=_parser("Date", "2026-03-18", clock.parse_day),
    ),
    UUID: strawberry.scalar(
        name="UUID",
        description="An id that is unique everywhere.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc9562",
        serialize=str,
        parse_value=_parser("UUID", "01890a5d-ac96-774b-bcce-b302099a8057", _parse_uuid),
    ),
    SyncCursor: strawberry.scalar(
        name="SyncCursor",
        description=(
            "The place of an event, opaque. Every list and every stream of events goes on behind "
            "it when it is given as `after`."
        ),
        specified_by_url="https://relay.dev/graphql/connections.htm#sec-Cursor",
        serialize=str,
        parse_value=_parser("SyncCursor", "WyJzeW5jX2V2ZW50cyIsMV0", _parse_text),
    ),
    DataVersion: strawberry.scalar(
        name="DataVersion",
        description=(
            "How far each domain of the data has come, as the header `X-Data-Version` says it."
        ),
        specified_by_url="https://www.rfc-editor.org/rfc/rfc9651#section-3.2",
        serialize=str,
        parse_value=_parser("DataVersion", "collecting=12, listening=7", _parse_versions),
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description="Anything JSON can say.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
        serialize=_print_json,
        parse_value=lambda value: value,
    ),
}
