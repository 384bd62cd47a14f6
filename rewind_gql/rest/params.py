"""Parameters: what a query's keywords accept from a path and a query string, declared once."""

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    Protocol,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)
from urllib.parse import parse_qsl

from annotated_doc import Doc
from annotated_types import Ge, Le

from rewind_gql import clock
from rewind_gql.errors import BadInput

MAX_FIELDS = 100
LARGEST = 2**63 - 1
REQUIRED = inspect.Parameter.empty

_WHOLE = re.compile(r"-?[0-9]{1,40}", re.ASCII)
# Whatever else is written leaves a switch off, as clients know it.
_SWITCHED_ON = ("true", "1")


class Detail(NamedTuple):
    """What is wrong with one part of the input."""

    path: str
    message: str


class Invalid(BadInput):
    """The request's parameters or body are not valid; says so for each of them."""

    def __init__(self, message: str, details: Sequence[Detail]) -> None:
        super().__init__(message)
        self.details = tuple(details)


class Named(NamedTuple):
    """Goes into a parameter's annotation: what its refusal calls it, such as `key ID`."""

    label: str


class Lenient(NamedTuple):
    """Goes into the annotation of a choice: unknown words mean the default, as old clients know."""


class Dateless(NamedTuple):
    """Goes into the annotation of a window that is given by `from` and `to` alone."""


Range = Annotated[clock.Window, Dateless()]
"""A window without the parameter `date`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Param:
    """One parameter on the wire. `read` raises `ValueError` saying what it must be."""

    name: str
    read: Callable[[str], Any]
    schema: Mapping[str, Any]
    default: Any = REQUIRED
    place: Literal["query", "path"] = "query"
    words: str = ""
    label: str = ""


class Reading(Protocol):
    """The parameters of one route, whatever its API calls them when they are wrong."""

    @property
    def all(self) -> Sequence[Param]:
        """Every parameter, for the document."""
        ...

    def read(self, query: bytes, path: Mapping[str, str]) -> dict[str, Any]:
        """The keywords for the route's function. Raises a refusal of the API's own."""
        ...


class Params:
    """The parameters of one route, drawn from the keyword-only signature of its query.

    A keyword is read by its annotation: a whole number with its range, text, a choice of words, a
    switch, each of them or None; a `clock.Window` becomes `date`, `from` and `to`, a `Range` only
    the last two. Keywords in `path` come from the path.
    """

    def __init__(self, function: Callable[..., Any], path: Sequence[str], skip: str = "") -> None:
        hints = get_type_hints(function, include_extras=True)
        self.window = ""
        self.all: list[Param] = []
        for name, given in inspect.signature(function).parameters.items():
            if given.kind is not inspect.Parameter.KEYWORD_ONLY or name == skip:
                continue
            if hints[name] in (clock.Window, Range):
                self.window = name
                self.all += _WINDOW if hints[name] is clock.Window else _WINDOW[1:]
            else:
                place: Literal["query", "path"] = "path" if name in path else "query"
                made = _param(name.rstrip("_"), hints[name], given.default)
                self.all.append(replace(made, place=place))
        self._keywords = {param.name: param.name for param in self.all} | {
            name.rstrip("_"): name for name in inspect.signature(function).parameters
        }

    def read(self, query: bytes, path: Mapping[str, str]) -> dict[str, Any]:
        """The keywords for the query. Raises `Invalid` naming every parameter that is wrong."""
        given = parse_query(query)
        values: dict[str, Any] = {}
        wrong: list[tuple[Param, str]] = []
        for param in self.all:
            texts = [path[param.name]] if param.place == "path" else given.get(param.name, [])
            try:
                values[param.name] = _value(param, texts)
            except ValueError as refused:
                wrong.append((param, str(refused)))
        if "date" in given and _DATE in self.all:
            wrong = [(param, why) for param, why in wrong if param.name not in ("from", "to")]
        if wrong:
            raise _invalid(wrong)
        if self.window:
            values[self.window] = _window(*(values.pop(each.name, None) for each in _WINDOW))
        return {self._keywords[name]: value for name, value in values.items()}


def parse_query(query: bytes) -> dict[str, list[str]]:
    """The values of each name in a query string. Raises `BadInput` for what is none."""
    found: dict[str, list[str]] = {}
    if not query:
        return found
    try:
        text = query.decode()
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError as wrong:
        raise BadInput("The query string is not valid") from wrong
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def _value(param: Param, texts: Sequence[str]) -> Any:
    if len(texts) > 1:
        raise ValueError("must be given once")
    if texts:
        return param.read(texts[0])
    if param.default is REQUIRED:
        raise ValueError("is required")
    return param.default


def _invalid(wrong: Sequence[tuple[Param, str]]) -> Invalid:
    labels = ", ".join(param.label for param, _ in wrong)
    return Invalid(f"Invalid {labels}", [Detail(param.name, why) for param, why in wrong])


def _param(name: str, hint: Any, default: Any) -> Param:
    kind, *notes = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    kind = _given(kind)
    words = next((note.documentation for note in notes if isinstance(note, Doc)), "")
    label = next((note.label for note in notes if isinstance(note, Named)), name)
    read: Callable[[str], Any]
    if kind is int:
        low = next((note.ge for note in notes if isinstance(note, Ge)), -LARGEST)
        high = next((note.le for note in notes if isinstance(note, Le)), LARGEST)
        read, schema = _whole_numbers(low, high)
    elif get_origin(kind) is Literal:
        lenient = any(isinstance(note, Lenient) for note in notes)
        read, schema = _choices(get_args(kind), default if lenient else REQUIRED)
    elif kind is str:
        read, schema = _text, {"type": "string"}
    elif kind is bool:
        read, schema = _SWITCHED_ON.__contains__, {"type": "boolean"}
    else:
        raise TypeError(f"no way to read {hint} from a query string")
    return Param(name=name, read=read, schema=schema, default=default, words=words, label=label)


def _given(kind: Any) -> Any:
    """What a keyword is when it is given: the kind that may be None, without the None."""
    if get_origin(kind) not in (Union, UnionType):
        return kind
    kinds = [each for each in get_args(kind) if each is not NoneType]
    return kinds[0] if len(kinds) == 1 else kind


def _whole_numbers(low: Any, high: Any) -> tuple[Callable[[str], int], dict[str, Any]]:
    bounds = f"must be a whole number from {low} to {high}"
    if high == LARGEST:
        bounds = f"must be a whole number of at least {low}"
    if low == -LARGEST:
        bounds = "must be a whole number"

    def read(text: str) -> int:
        if not _WHOLE.fullmatch(text):
            raise ValueError(bounds)
        value = int(text)
        if not low <= value <= high:
            raise ValueError(bounds)
        return value

    limits = {} if low == -LARGEST else {"minimum": low}
    limits |= {} if high == LARGEST else {"maximum": high}
    return read, {"type": "integer", **limits}


def _choices(words: tuple[str, ...], fallback: Any) -> tuple[Callable[[str], str], dict[str, Any]]:
    lenient = fallback is not REQUIRED

    def read(text: str) -> str:
        if text in words:
            return text
        if not lenient:
            raise ValueError(f"must be one of {', '.join(words)}")
        return str(fallback)

    return read, {"type": "string"} | ({"examples": words} if lenient else {"enum": words})


def _text(text: str) -> str:
    if "\x00" in text:
        raise ValueError("must not hold a NUL character")
    return text


def _day(text: str) -> tuple[Any, Any]:
    clock.parse_day(text)
    return clock.parse_bound(text), clock.parse_bound(text, closing=True)


def _bound(reader: Callable[[str], Any], text: str) -> Any:
    try:
        return reader(text)
    except BadInput as wrong:
        raise ValueError(wrong.message) from wrong


_FROM = Param(
    name="from",
    label="from",
    default=None,
    read=partial(_bound, clock.parse_bound),
    schema={"type": "string", "examples": ["2025-02-01T00:00:00Z"]},
    words="Range start, inclusive: a year, month or day, or ISO 8601; without an offset, UTC.",
)
_TO = Param(
    name="to",
    label="to",
    default=None,
    read=partial(_bound, partial(clock.parse_bound, closing=True)),
    schema={"type": "string", "examples": ["2025-02-28"]},
    words="Range end, inclusive: a bare year, month or day counts whole.",
)
_DATE = Param(
    name="date",
    label="date",
    default=None,
    read=partial(_bound, _day),
    schema={"type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
    words="One UTC day. Overrides `from` and `to`.",
)
_WINDOW = (_DATE, _FROM, _TO)


def _window(day: tuple[Any, Any] | None, since: Any, until: Any) -> clock.Window:
    if day is not None:
        return clock.Window(*day)
    if since is not None and until is not None and since >= until:
        detail = Detail("from", "must not lie after to")
        raise Invalid("Invalid range: from lies after to", [detail])
    return clock.Window(since, until)
