"""Name folding: the keys under which two spellings count as one name."""

import re
import unicodedata

from anyascii import anyascii

_FEATURING = re.compile(r"\s+(?:feat\.?|ft\.?|featuring)\s.*$", re.IGNORECASE)
_AMPERSAND = re.compile(r"\s*[&＆]\s*")
_SPACES = re.compile(r"\s+")
_NOT_WORD = re.compile(r"[^\w\s]|_")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]+")

_APOSTROPHE = re.compile(r"['’‘ʼ`´]")
_INITIALS = re.compile(r"(?<=\b[^\W\d_])\.(?=[^\W\d_]\b)")
_NAMESAKE = re.compile(r"(?:\s*\(\d+\)|\*)+$")
_ARTICLES = "the|a|an|le|la|les|el|los|las|der|die|das"
_LAST_ARTICLE = re.compile(rf"^(?P<rest>.*\S)\s*,\s*(?P<article>{_ARTICLES})$", re.IGNORECASE)
_FIRST_ARTICLE = re.compile(rf"^(?:{_ARTICLES})\s+(?=\S)")

_BRACKETED = re.compile(r"\s*(?:\(([^()\[\]]*)\)|\[([^()\[\]]*)\])")
_TAIL = re.compile(r"(?<=\S)(?: [-–—] |: )")
_BARE_EP = re.compile(r"(?<=\S)\s+e\.?p\.?$")
# A suffix tells an edition when it has one of the first words and else only the second or a date.
_EDITION = re.compile(
    r"(?:remaster(?:s|ed|ing)?|reissued?|rereleased?|deluxe|anniversary|edition"
    r"|version|expanded|enhanced|explicit|clean|bonus|exclusive|mono|stereo|surround|quadraphonic"
    r"|ep|single)"
)
_WITH_EDITION = re.compile(
    r"(?:the|super|ultra|special|limited|collectors?|s|legacy|platinum|gold|complete|original"
    r"|digital|digitally|newly|album|standard|international|import|uk|us|usa|european?|japan|japanese"
    r"|tracks?|cuts?|content|box|set|vinyl|cd|lp|mix|extended|and|with|in|years?"
    r"|(?:19|20)\d\d|\d+(?:st|nd|rd|th))"
)


def clean(text: str) -> str:
    """One line without control characters, half signs or outer spaces; what is stored and shown."""
    return _SPACES.sub(" ", _CONTROL.sub(" ", text)).strip()


def without_guests(artist: str) -> str:
    """An artist's name without a trailing "feat. somebody"."""
    return _FEATURING.sub("", artist).strip() or artist.strip()


def match_key(name: str) -> str:
    """The key under which a listening name is unique.

    Case, width, `&` against "and" and runs of spaces do not tell names apart. Commas and double
    quotes do not either: one export people have (lastfm-to-csv) deletes them from every name.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    plain = _AMPERSAND.sub(" and ", folded).replace(",", "").replace('"', "")
    return _SPACES.sub(" ", plain).strip() or folded.strip()


def bare(text: str) -> str:
    """Letters and digits only, lower case, Latin without accents, one space between words.

    Scripts other than Latin keep their letters; a name without any letter or digit keeps its
    signs, so that "!!!" and "+/-" stay two names.
    """
    folded = _AMPERSAND.sub(" and ", unicodedata.normalize("NFKC", text).casefold())
    latin = folded
    if not folded.isascii():
        latin = "".join(
            anyascii(sign) if "LATIN" in unicodedata.name(sign, "") else sign
            for sign in unicodedata.normalize("NFC", folded)
        )
    words = _SPACES.sub(" ", _NOT_WORD.sub(" ", _APOSTROPHE.sub("", latin.casefold()))).strip()
    return words or folded.strip()


def searched(words: str) -> str:
    """Words as pieces are looked for in them: without case, accents or runs of spaces."""
    apart = unicodedata.normalize("NFKD", words).casefold()
    plain = "".join(sign for sign in apart if not unicodedata.combining(sign))
    return _SPACES.sub(" ", plain).strip()


def cross_key(name: str) -> str:
    """The key under which an artist on a sleeve and one that was heard are the same.

    Beyond `bare`, it does without the signs a catalogue adds (" (2)" tells namesakes apart, "*" a
    varied spelling) and without an article, which catalogues put last. "Various" is the name of
    one artist however it is written.
    """
    plain = _plain(name)
    key = bare(_without_article(_NAMESAKE.sub("", plain) or plain))
    return "various artists" if key == "various" else key


def credited(name: str) -> str:
    """An artist's name as a sleeve would print it: without a catalogue's signs, article first."""
    plain = _NAMESAKE.sub("", clean(name)) or clean(name)
    moved = _LAST_ARTICLE.match(plain)
    return f"{moved['article']} {moved['rest']}" if moved else plain


def title_key(title: str) -> str:
    """The key under which the editions of one album are the same.

    What only names an edition is dropped, wherever it stands in brackets and at the end after a
    dash or colon. What names another recording stays: live, acoustic, a volume or part number.
    """
    folded = _plain(title)
    kept = _BRACKETED.sub(_unless_edition, folded).strip()
    for sign in _TAIL.finditer(kept):
        if _is_edition(kept[sign.end() :]):
            kept = kept[: sign.start()]
            break
    return bare(_without_article(_BARE_EP.sub("", kept) or folded))


def _plain(text: str) -> str:
    """Small letters on one line, initials without their stops."""
    folded = _SPACES.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()
    return _INITIALS.sub("", folded)


def _without_article(folded: str) -> str:
    """Without an article in front, or at the end behind a comma."""
    if moved := _LAST_ARTICLE.match(folded):
        return moved["rest"]
    return _FIRST_ARTICLE.sub("", folded, count=1)


def _unless_edition(bracketed: re.Match[str]) -> str:
    return " " if _is_edition(bracketed[1] or bracketed[2] or "") else bracketed[0]


def _is_edition(suffix: str) -> bool:
    words = bare(suffix.replace("re-", "re")).split()
    told = [_EDITION.fullmatch(word) for word in words]
    known = (word for word, edition in zip(words, told, strict=True) if not edition)
    return any(told) and all(_WITH_EDITION.fullmatch(word) for word in known)
