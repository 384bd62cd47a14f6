"""Which device is calling, where it says so in other words than its id and its kind."""

import re

from rewind_gql.domains.focus import identity
from rewind_gql.errors import BadInput

KINDS = {
    "mac_app": ("mac", "macos", "macbook", "imac"),
    "windows_app": ("win", "windows"),
    "ios_app": ("ios", "iphone", "ipad"),
    "android_app": ("android",),
    "web_timer": ("web", "browser", "chrome", "firefox", "safari", "edge"),
    "cli": ("cli", "terminal"),
}
"""The kinds of device there are, each with the words that tell it."""

_NO_ID = re.compile(r"[^A-Za-z0-9._:-]+", re.ASCII)
_ID_CHARS = 128


def id_from(told: str | None) -> str | None:
    """An id made of what a program calls itself; None where nothing of it can be one."""
    return _NO_ID.sub("-", told or "").strip("-")[:_ID_CHARS] or None


def kind_from(*told: str | None) -> str | None:
    """The kind of device: that of the first of these texts that is one or names one."""
    for text in filter(None, told):
        words = re.split(r"[^a-z]+", text.lower())
        for kind, names in KINDS.items():
            if text == kind or any(word in names for word in words):
                return kind
    for text in filter(None, told):
        try:
            return identity.check_type(text)
        except BadInput:
            continue
    return None
