"""The preview pictures a web page names in its head, as addresses that can be fetched."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

OPENING_CHARS = 10_000
MAX_CHARS = 1_000_000
_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_DIGITS = re.compile(r"[0-9]{1,5}", re.ASCII)
_NAMES = (
    "og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src",
)  # fmt: skip


@dataclass(slots=True)
class Preview:
    """One preview picture and the size the page claims for it."""

    url: str
    width: int | None = None
    height: int | None = None


def previews(body: bytes, url: str) -> tuple[list[Preview], bool]:
    """The pictures a page at `url` names, best first, and whether it names any at all.

    Pictures that no web address leads to, such as ones written into the page, count as named.
    """
    page = _Head()
    page.read(_text(body))
    base = urljoin(url, page.base) if page.base else url
    found = [
        Preview(whole, each.width, each.height)
        for each in page.pictures()
        if (whole := _absolute(each.url, base, url))
    ]
    return found, bool(page.named)


class _Head(HTMLParser):
    """Collects what the head of a page says; without a head, what its first part says."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.base = ""
        self.named: list[tuple[str, Preview]] = []
        self._closed = False
        self._in_body = False

    def read(self, text: str) -> None:
        """Read as far as the head goes."""
        for start in range(0, min(len(text), MAX_CHARS), OPENING_CHARS):
            self.feed(text[start : start + OPENING_CHARS])
            if self._closed or self._in_body:
                return

    def pictures(self) -> Iterator[Preview]:
        """What is named, in the order of what names are worth, then as written."""
        for name in _NAMES:
            yield from (preview for known, preview in self.named if known == name)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what a `meta` or the first `base` says."""
        if self._closed:
            return
        said = {name: (value or "").strip() for name, value in attrs}
        if tag == "body":
            self._in_body = True
        elif tag == "base":
            self.base = self.base or said.get("href", "")
        elif tag == "meta":
            name = said.get("property") or said.get("name", "")
            self._meta(name.lower(), said.get("content", ""))

    def handle_endtag(self, tag: str) -> None:
        """A head that is closed has said everything."""
        self._closed = self._closed or tag == "head"

    def _meta(self, name: str, content: str) -> None:
        if name in _NAMES and content:
            self.named.append((name, Preview(content)))
        elif self.named and _DIGITS.fullmatch(content):
            last = self.named[-1][1]
            if name == "og:image:width":
                last.width = int(content)
            elif name == "og:image:height":
                last.height = int(content)


def _absolute(address: str, base: str, page: str) -> str:
    """The whole address, https where the page leaves that open; empty when it is none."""
    try:
        whole = f"https:{address}" if address.startswith("//") else urljoin(base, address)
        parts = urlsplit(whole)
        return whole if parts.scheme in ("http", "https") and parts.hostname else ""
    except ValueError:
        return ""


def _text(body: bytes) -> str:
    """The page as text, in the encoding it names, else in UTF-8, damaged signs replaced."""
    named = _CHARSET.search(body[:2048])
    try:
        return body.decode(named[1].decode("ascii") if named else "utf-8", "replace")
    except LookupError:
        return body.decode("utf-8", "replace")
