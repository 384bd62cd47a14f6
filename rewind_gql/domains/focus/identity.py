"""What a device's id says of it: its form, its kind, and the version some clients put into it."""

import re

from rewind_gql.errors import BadInput

UNKNOWN = "unknown"
MAX_WORDS = 200

_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_TYPE = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
# `v` and a number, or two to four numbers: `mac-app-v1.2.3`, `cli-2.0`, but not `iphone-15`.
_VERSIONED = re.compile(
    r"(?P<stem>(?!v?\d+\.).*?[A-Za-z0-9])[-_.:]"
    r"(?:v(?P<marked>\d+(?:\.\d+){0,3}[A-Za-z0-9.+-]*)|(?P<plain>\d+(?:\.\d+){1,3}(?:-[\w.]+)?))",
    re.IGNORECASE,
)
_TYPES = {
    "mac": "mac_app",
    "windows": "windows_app",
    "web": "web_timer",
    "ios": "ios_app",
    "iphone": "ios_app",
    "ipad": "ios_app",
    "android": "android_app",
    "cli": "cli",
}


def check_id(device_id: str) -> str:
    """A device's id as it was given. Raises `BadInput` when it is none."""
    if not _ID.fullmatch(device_id):
        raise BadInput(
            "device_id must be 1 to 128 letters, digits, dots, colons, dashes or underscores",
            path="device_id",
        )
    return device_id


def check_type(device_type: str) -> str:
    """A kind of device as it was given. Raises `BadInput` when it is none."""
    if not _TYPE.fullmatch(device_type):
        raise BadInput(
            "device_type must be a word of at most 32 lower-case letters, such as mac_app",
            path="device_type",
        )
    return device_type


def check_words(name: str, text: str) -> str:
    """A name, version or platform as it was given. Raises `BadInput` when it is too long."""
    if len(text) > MAX_WORDS or "\0" in text:
        raise BadInput(f"{name} must be at most {MAX_WORDS} characters", path=name)
    return text


def stem(device_id: str) -> str | None:
    """The id without its trailing version; None when it has none."""
    found = _VERSIONED.fullmatch(device_id)
    return found["stem"] if found else None


def version(device_id: str) -> str | None:
    """The version at the end of the id; None when it has none."""
    found = _VERSIONED.fullmatch(device_id)
    return (found["marked"] or found["plain"]) if found else None


def type_of(device_id: str) -> str:
    """The kind of device its id names with its first word; `unknown` when it names none."""
    word = re.split(r"[^a-z]", device_id.lower(), maxsplit=1)[0]
    return _TYPES.get(word, UNKNOWN)


def same_program(one: str | None, other: str | None) -> bool:
    """Whether two ids are one program's, maybe in two versions. No id is nobody's."""
    if one is None or other is None:
        return False
    return one == other or (stem(one) is not None and stem(one) == stem(other))
