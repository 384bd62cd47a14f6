"""The preferences there are: what each may be, and what it is until somebody sets it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rewind_gql import clock
from rewind_gql.errors import BadInput

TIME_ZONE = "timezone"
MAX_ZONE = 64


@dataclass(frozen=True, slots=True)
class Field:
    """One preference. `check` gives the value as it is kept, or raises `BadInput` saying why not.

    A `default` of None means that it comes from elsewhere.
    """

    check: Callable[[str, Any], Any]
    default: Any


def check(name: str, value: Any) -> Any:
    """A value for the preference `name`, as it is kept. Raises `BadInput` when it is none."""
    return FIELDS[name].check(name, value)


def _number(least: int, most: int, default: int) -> Field:
    """A whole number between two, both allowed."""

    def fits(name: str, value: Any) -> int:
        whole = isinstance(value, int | float) and not isinstance(value, bool)
        if not whole or not least <= value <= most or value != int(value):
            raise BadInput(f"{name} must be between {least} and {most}", path=name)
        return int(value)

    return Field(fits, default)


def _choice(*options: str, default: str) -> Field:
    """One of a few words."""

    def fits(name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in options:
            words = f"{', '.join(options[:-1])} or {options[-1]}"
            raise BadInput(f"{name} must be {words}", path=name)
        return value

    return Field(fits, default)


def _flag(*, default: bool) -> Field:
    """True or false."""

    def fits(name: str, value: Any) -> bool:
        if not isinstance(value, bool):
            raise BadInput(f"{name} must be true or false", path=name)
        return value

    return Field(fits, default)


def _zone(name: str, value: Any) -> str:
    try:
        if not isinstance(value, str) or not 0 < len(value) <= MAX_ZONE:
            raise BadInput
        clock.zone(value)
    except BadInput as unknown:
        raise BadInput(f"{name} must be an IANA time zone, such as Europe/Oslo", path=name) from (
            unknown
        )
    return value


FIELDS: Mapping[str, Field] = {
    "daily_goal": _number(1, 20, 8),
    "default_duration": _number(5, 120, 25),
    "short_break_duration": _number(1, 30, 5),
    "long_break_duration": _number(5, 60, 15),
    "notification_sound": _choice("chime", "bell", "soft", "none", default="chime"),
    "theme_preference": _choice("light", "dark", "auto", default="auto"),
    "focus_mode": _choice("relaxed", "normal", "strict", default="normal"),
    TIME_ZONE: Field(_zone, None),
    "sound_enabled": _flag(default=True),
    "desktop_notifications": _flag(default=True),
    "auto_start_breaks": _flag(default=False),
    "auto_start_sessions": _flag(default=False),
    "email_notifications": _flag(default=False),
    "slack_notifications": _flag(default=False),
    "public_leaderboard": _flag(default=False),
}
DEFAULTS: Mapping[str, Any] = {name: field.default for name, field in FIELDS.items()}
