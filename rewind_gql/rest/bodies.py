"""Request bodies: JSON read into a dataclass, and words for what does not fit."""

import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, get_type_hints

from pydantic import AfterValidator, BeforeValidator, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError
from starlette.exceptions import HTTPException

from rewind_gql.errors import BadInput
from rewind_gql.rest.params import Detail, Invalid

KEYWORD = "body"


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_whole)
"""Goes last into the annotation of a whole number that some clients write as `50.0`."""


def _one_line(value: str) -> str:
    if not value.isprintable():
        raise PydanticCustomError("one_line", "Input should not hold control characters")
    return value


ONE_LINE = AfterValidator(_one_line)
"""Goes last into the annotation of a text that is stored, or told to a provider, as it is."""


class Body:
    """What a route takes as its body, drawn from the `body` keyword of its function.

    An API with refusals of its own overrides `read`. `max_bytes` is what it may have; None: as the
    API has it. `also` are media types beside JSON, with their schemas, for the document.
    """

    max_bytes: int | None = None
    also: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, kind: Any, default: Any) -> None:
        self.adapter: TypeAdapter[Any] = TypeAdapter(kind)
        self.default = default

    @property
    def required(self) -> bool:
        """Whether a request without a body is refused."""
        return self.default is inspect.Parameter.empty

    def read(self, raw: bytes, content_type: str) -> Any:
        """The body. Raises `Invalid`, or 415 for anything but JSON."""
        if not raw and not self.required:
            return self.default
        media = content_type.partition(";")[0].strip().lower()
        if raw and media != "application/json" and not media.endswith("+json"):
            raise HTTPException(415, "The body must be application/json")
        try:
            return self.adapter.validate_json(raw, strict=True)
        except ValidationError as wrong:
            raise _refusal(wrong) from None


def body_of(function: Callable[..., Any]) -> Body | None:
    """The body a function takes; None for one without a `body` keyword."""
    given = inspect.signature(function).parameters.get(KEYWORD)
    return Body(get_type_hints(function)[KEYWORD], given.default) if given else None


def _refusal(wrong: ValidationError) -> BadInput:
    errors = wrong.errors(include_url=False, include_input=False)
    if any(error["type"] == "json_invalid" for error in errors):
        return BadInput("Invalid JSON body")
    if any(not error["loc"] for error in errors):
        return BadInput("The body must be a JSON object")
    details = [Detail(".".join(map(str, error["loc"])), _words(error)) for error in errors]
    return Invalid(f'Field "{details[0].path}" {details[0].message}', details)


def _words(error: Any) -> str:
    """What a field must be, to follow its name."""
    if error["type"] == "missing":
        return "is required"
    if error["type"] == "literal_error":
        return f"must be {error['ctx']['expected']}".replace("'", '"')
    words: str = error["msg"]
    return words.replace("Input should", "must") if "Input should" in words else f"is bad: {words}"
