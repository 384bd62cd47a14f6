"""What a kind of conflict is, and what to do about it, in words for a person."""

from collections.abc import Collection

# From the gravest: what is recommended for several kinds at once is what the first of them needs.
_WORDS = {
    "session_overlap": (
        "Overlapping sessions detected from different devices",
        "Review overlapping sessions and delete duplicates",
    ),
    "session_mismatch": (
        "One session was sent twice with different data",
        "Compare both versions of the session and choose one",
    ),
    "duplicate_session": (
        "The same session was recorded more than once",
        "Keep one of the duplicate sessions",
    ),
    "clock_skew": (
        "Sessions overlap only because the clock of a device is off",
        "Keep both sessions and correct the clock of the device",
    ),
    "preference_conflict": (
        "A preference was changed on two devices at once",
        "Check the preference and undo the change if it is wrong",
    ),
}


def description(kind: str) -> str:
    """One sentence on what a conflict of this type is."""
    return _WORDS[kind][0]


def action(kinds: Collection[str]) -> str:
    """What to do about conflicts of these types, of which there is at least one."""
    return next(words[1] for kind, words in _WORDS.items() if kind in kinds)
