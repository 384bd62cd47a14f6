"""Parameters read and refused by pydantic, in the list form that FastAPI made common."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, get_type_hints
from urllib.parse import parse_qsl

from pydantic import AfterValidator, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from rewind_gql import clock
from rewind_gql.errors import BadInput
from rewind_gql.rest.params import REQUIRED, Param


class Unprocessable(BadInput):
    """The parameters are not valid; `errors` says so of each of them."""

    def __init__(self, errors: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(errors[0]["msg"])
        self.errors = list(errors)


@dataclass(frozen=True, slots=True)
class _Field:
    keyword: str
    name: str
    place: Literal["query", "path"]
    adapter: TypeAdapter[Any]
    default: Any


class Checked:
    """The parameters of one route, drawn from the keyword-only signature of its function.

    A name that is repeated counts with its last value; unknown names do not matter.
    """

    def __init__(self, function: Callable[..., Any], path: Sequence[str], skip: str) -> None:
        hints = get_type_hints(function, include_extras=True)
        self._fields = [
            _Field(
                keyword=name,
                name=name.rstrip("_"),
                place="path" if name in path else "query",
                adapter=TypeAdapter(hints[name]),
                default=given.default,
            )
            for name, given in inspect.signature(function).parameters.items()
            if given.kind is inspect.Parameter.KEYWORD_ONLY and name != skip
        ]
        self.all = [
            Param(
                name=field.name,
                read=field.adapter.validate_python,
                schema=field.adapter.json_schema(),
                default=field.default,
                place=field.place,
            )
            for field in self._fields
        ]

    def read(self, query: bytes, path: Mapping[str, str]) -> dict[str, Any]:
        """The keywords for the function. Raises `Unprocessable` naming all that is wrong."""
        given = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
        values: dict[str, Any] = {}
        errors: list[dict[str, Any]] = []
        for field in self._fields:
            text = (path if field.place == "path" else given).get(field.name)
            if text is None and field.default is not REQUIRED:
                values[field.keyword] = field.default
                continue
            try:
                values[field.keyword] = field.adapter.validate_python(text)
            except ValidationError as wrong:
                errors += (_error(field, each) for each in wrong.errors(include_url=False))
        if errors:
            raise Unprocessable(errors)
        return values


def _error(field: _Field, error: Any) -> dict[str, Any]:
    told = {
        "type": error["type"],
        "loc": [field.place, field.name],
        "msg": error["msg"],
        "input": error["input"],
    }
    return told | {"ctx": error["ctx"]} if "ctx" in error else told


def _storable(text: str) -> str:
    if "\x00" in text:
        raise PydanticCustomError("string_nul", "String should not have NUL characters")
    return text


def _instant(at: datetime) -> datetime:
    try:
        return at.replace(tzinfo=UTC) if at.tzinfo is None else clock.utc(at)
    except BadInput:
        words = "Datetime should lie within the years 1 to 9999 in UTC"
        raise PydanticCustomError("datetime_range", words) from None


Text = Annotated[str, AfterValidator(_storable)]
"""Text that a database can be asked for."""

Instant = Annotated[datetime, AfterValidator(_instant)]
"""A date or instant; without an offset it is UTC."""
