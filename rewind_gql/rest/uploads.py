"""A file in a form: `multipart/form-data` read to its one part of a name."""

from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from rewind_gql.errors import BadInput

MAX_PARTS = 16
MAX_HEADER_BYTES = 4 * 1024
_LONGEST_BOUNDARY = 256


@dataclass(slots=True)
class _Form:
    """The parts of a form as the parser comes upon them; only `wanted` is kept."""

    wanted: bytes
    found: bytes | None = None
    whole: bool = False
    _parts: int = 0
    _size: int = 0
    _name: bytearray = field(default_factory=bytearray)
    _value: bytearray = field(default_factory=bytearray)
    _disposition: bytes = b""
    _body: bytearray | None = None

    def on_part_begin(self) -> None:
        """A part begins."""
        self._parts += 1
        self._size, self._disposition = 0, b""
        if self._parts > MAX_PARTS:
            raise BadInput(f"The form has more than {MAX_PARTS} parts")

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        """A piece of a header's name."""
        self._take(self._name, data[start:end])

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        """A piece of a header's value."""
        self._take(self._value, data[start:end])

    def on_header_end(self) -> None:
        """A header is complete."""
        if bytes(self._name).lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._name.clear()
        self._value.clear()

    def on_headers_finished(self) -> None:
        """A part's bytes begin."""
        _, options = parse_options_header(self._disposition)
        first = options.get(b"name") == self.wanted and self.found is None
        self._body = bytearray() if first else None

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        """A piece of a part's bytes."""
        if self._body is not None:
            self._body += memoryview(data)[start:end]

    def on_part_end(self) -> None:
        """A part is complete."""
        if self._body is not None:
            self.found, self._body = bytes(self._body), None

    def on_end(self) -> None:
        """The form is complete."""
        self.whole = True

    def _take(self, into: bytearray, data: bytes) -> None:
        self._size += len(data)
        if self._size > MAX_HEADER_BYTES:
            raise BadInput("The headers of a part of the form are too long")
        into += data


def file_part(raw: bytes, content_type: str, name: str) -> bytes:
    """The bytes of the first part called `name`.

    Raises `BadInput` for what is no whole form, and for one without that part.
    """
    _, options = parse_options_header(content_type.encode("latin-1"))
    boundary = options.get(b"boundary", b"")
    if not 0 < len(boundary) <= _LONGEST_BOUNDARY:
        raise BadInput("The form names no boundary")
    form = _Form(name.encode())
    callbacks = {each: getattr(form, each) for each in dir(form) if each.startswith("on_")}
    parser = MultipartParser(boundary, callbacks)  # type: ignore[arg-type]  # a TypedDict of these
    try:
        parser.write(raw)
        parser.finalize()
    except FormParserError as wrong:
        raise BadInput("This is no multipart form") from wrong
    if not form.whole:
        raise BadInput("The form breaks off")
    if not form.found:
        raise BadInput(f'The form has no part named "{name}", or nothing in it', path=name)
    return form.found
