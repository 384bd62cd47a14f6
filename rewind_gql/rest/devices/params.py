"""Parameters and bodies as devices send them: read leniently in form, strictly in content."""

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

import orjson
from annotated_types import Ge, Le
from starlette.exceptions import HTTPException

from rewind_gql import clock
from rewind_gql.errors import BadInput
from rewind_gql.rest.bodies import KEYWORD, Body
from rewind_gql.rest.params import Param

_WHOLE = re.compile(r"[+-]?[0-9]{1,40}", re.ASCII)
_WORDS = {"true": True, "1": True, "false": False, "0": False}
# Days so far off that nothing can be added to them are of no use.
_YEARS = range(1970, 9_000)

NO_DATA = "No data provided"


class Lenient:
    """The parameters of one route, drawn from the keyword-only signature of its function.

    A blank one is as good as none, of a repeated one the first counts, unknown ones do not matter.
    """

    def __init__(self, function: Callable[..., Any], path: Sequence[str], skip: str) -> None:
        hints = get_type_hints(function, include_extras=True)
        self._keywords: dict[str, str] = {}
        self.all: list[Param] = []
        for keyword, given in inspect.signature(function).parameters.items():
            if given.kind is not inspect.Parameter.KEYWORD_ONLY or keyword == skip:
                continue
            name = keyword.rstrip("_")
            place: Literal["query", "path"] = "path" if keyword in path else "query"
            read, schema = _reader(name, hints[keyword])
            self._keywords[name] = keyword
            self.all.append(
                Param(name=name, read=read, schema=schema, default=given.default, place=place)
            )

    def read(self, query: bytes, path: Mapping[str, str]) -> dict[str, Any]:
        """The keywords for the function. Raises `BadInput` for the first that is wrong."""
        pairs = parse_qsl(query.decode("latin-1"))
        given = {name: text.strip() for name, text in reversed(pairs) if text.strip()}
        values = {}
        for param in self.all:
            text = (path if param.place == "path" else given).get(param.name)
            values[self._keywords[param.name]] = param.default if text is None else param.read(text)
        return values


def _reader(name: str, hint: Any) -> tuple[Callable[[str], Any], Mapping[str, Any]]:
    kind, *notes = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    kinds = set(get_args(kind) or (kind,)) - {type(None)}
    if kinds == {bool}:
        return partial(_flag, name), {"type": "boolean"}
    if kinds == {int}:
        low = next(note.ge for note in notes if isinstance(note, Ge))
        high = next(note.le for note in notes if isinstance(note, Le))
        schema = {"type": "integer", "minimum": low, "maximum": high}
        return partial(_whole, name, low, high), schema
    if kinds == {date}:
        return partial(_day, name), {"type": "string", "format": "date"}
    if kinds == {str}:
        return str, {"type": "string"}
    raise TypeError(f"no way to read {hint} from a query string")


def _flag(name: str, text: str) -> bool:
    value = _WORDS.get(text.lower())
    if value is None:
        raise BadInput(f"{name} must be true or false", path=name)
    return value


def _whole(name: str, low: Any, high: Any, text: str) -> int:
    if not _WHOLE.fullmatch(text) or not low <= int(text) <= high:
        raise BadInput(f"{name} must be an integer between {low} and {high}", path=name)
    return int(text)


def _day(name: str, text: str) -> date:
    try:
        day = clock.parse_day(text)
        if day.year not in _YEARS:
            raise BadInput
    except BadInput as wrong:
        raise BadInput(f"{name} must be a date of the form YYYY-MM-DD", path=name) from wrong
    return day


@dataclass(frozen=True, slots=True)
class Sent:
    """A body as it was sent: an object whose fields nobody has looked at yet."""

    fields: Mapping[str, Any]


class Unread(Body):
    """A body that is a JSON object, whatever is in it."""

    def read(self, raw: bytes, content_type: str) -> Sent:
        """The object. Raises `BadInput` where there is none, or 415 for anything but JSON."""
        if not raw.strip():
            raise BadInput(NO_DATA)
        media = content_type.partition(";")[0].strip().lower()
        if media != "application/json" and not media.endswith("+json"):
            raise HTTPException(415)
        try:
            found = orjson.loads(raw)
        except orjson.JSONDecodeError as wrong:
            raise BadInput(NO_DATA) from wrong
        if not found:
            raise BadInput(NO_DATA)
        if not isinstance(found, dict):
            raise BadInput("The body must be a JSON object")
        return Sent(found)


def unread(function: Callable[..., Any]) -> Body | None:
    """The body a function takes; None for one without a `body` keyword."""
    if KEYWORD not in inspect.signature(function).parameters:
        return None
    return Unread(dict[str, Any], inspect.Parameter.empty)
