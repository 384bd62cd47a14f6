"""Discogs' short words for what a release is pressed on, and the long ones its API uses."""

import re

# https://support.discogs.com/hc/articles/360005006634 names the formats and their descriptions.
MEDIA = {
    "vinyl": "Vinyl",
    "lp": "Vinyl",
    "ep": "Vinyl",
    "acetate": "Acetate",
    "flexi": "Flexi-disc",
    "lathe": "Lathe Cut",
    "shellac": "Shellac",
    "cd": "CD",
    "hdcd": "CD",
    "cdr": "CDr",
    "cass": "Cassette",
    "8-trk": "8-Track Cartridge",
    "dat": "DAT",
    "dcc": "DCC",
    "minidisc": "Minidisc",
    "reel": "Reel-To-Reel",
    "dvd": "DVD",
    "dvd-a": "DVD",
    "dvd-v": "DVD",
    "dvdr": "DVDr",
    "blu-ray": "Blu-ray",
    "sacd": "SACD",
    "vhs": "VHS",
    "file": "File",
    "box": "Box Set",
}
# Sizes and kinds that stand where the medium should, and describe it.
DESCRIBING = {"lp": "LP", "ep": "EP", "hdcd": "HDCD", "dvd-a": "DVD-Audio", "dvd-v": "DVD-Video"}
DESCRIPTIONS = {
    "comp": "Compilation",
    "club": "Club Edition",
    "dlx": "Deluxe Edition",
    "enh": "Enhanced",
    "ltd": "Limited Edition",
    "maxi": "Maxi-Single",
    "mini": "Mini-Album",
    "num": "Numbered",
    "pic": "Picture Disc",
    "quad": "Quadraphonic",
    "re": "Reissue",
    "rm": "Remastered",
    "rp": "Repress",
    "s/edition": "Special Edition",
    "s/sided": "Single Sided",
    "smplr": "Sampler",
    "tp": "Test Pressing",
    "unofficial": "Unofficial Release",
    "w/lbl": "White Label",
}
_INCHES = re.compile(r'\d{1,2}(?:\.\d)?"')
_QUANTITY = re.compile(r"\d+ ?x ?(?=\S)")


def parse_formats(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Format names and descriptions of a text such as `2xLP, Comp, RE + CD`.

    Words without a long form stay as they are.
    """
    names: list[str] = []
    descriptions: list[str] = []
    for part in text.split(" + "):
        medium, *words = [word.strip() for word in _QUANTITY.sub("", part, count=1).split(",")]
        if not medium:
            continue
        short = medium.casefold()
        is_size = _INCHES.fullmatch(medium) is not None
        names.append("Vinyl" if is_size else MEDIA.get(short, medium))
        if is_size or short in DESCRIBING:
            descriptions.append(DESCRIBING.get(short, medium))
        descriptions += [DESCRIPTIONS.get(word.casefold(), word) for word in words if word]
    return tuple(names), tuple(descriptions)
