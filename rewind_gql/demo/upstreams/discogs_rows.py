"""Copies, wants and basic release facts in the shape Discogs writes them."""

import re
from typing import Any

from rewind_gql.demo.records import Copy, Sleeve, SleeveArtist, SleeveFormat, SleeveLabel, Want

API = "https://api.discogs.com"
PICTURES = "https://i.discogs.com/x/rs:fit"
NUMBERED = re.compile(r"\s\(\d+\)$")


def copy_row(copy: Copy, *, owner: bool) -> dict[str, Any]:
    """One copy of the collection; its notes are for its owner alone."""
    row = {
        "id": copy.sleeve.release_id,
        "instance_id": copy.instance_id,
        "date_added": copy.added_at.isoformat(timespec="seconds"),
        "rating": copy.rating,
        "basic_information": basic(copy.sleeve, owner=owner),
        "folder_id": copy.folder_id,
    }
    if owner and copy.notes:
        row["notes"] = [{"field_id": field, "value": value} for field, value in copy.notes]
    return row


def want_row(want: Want, user: str, *, owner: bool) -> dict[str, Any]:
    """One want; what was noted with it is for its owner alone."""
    release = want.sleeve.release_id
    return {
        "id": release,
        "resource_url": f"{API}/users/{user}/wants/{release}",
        "rating": want.rating,
        "notes": want.notes if owner else "",
        "notes_public": "",
        "date_added": want.added_at.isoformat(timespec="seconds"),
        "basic_information": basic(want.sleeve, owner=owner),
    }


def search_row(sleeve: Sleeve) -> dict[str, Any]:
    """A release as the search lists it: artist and title in one, the year as text."""
    return {
        "id": sleeve.release_id,
        "type": "release",
        "title": f"{credit(sleeve)} - {sleeve.title}",
        "year": str(sleeve.year) if sleeve.year else "",
        "format": [medium.name for medium in sleeve.formats],
        "country": sleeve.country,
        "thumb": picture(sleeve, 150),
        "resource_url": f"{API}/releases/{sleeve.release_id}",
    }


def basic(sleeve: Sleeve, *, owner: bool) -> dict[str, Any]:
    """The facts of a release that every list repeats; pictures only for the signed in."""
    return {
        "id": sleeve.release_id,
        "master_id": sleeve.master_id,
        "master_url": master_url(sleeve),
        "resource_url": f"{API}/releases/{sleeve.release_id}",
        "thumb": picture(sleeve, 150) if owner else "",
        "cover_image": picture(sleeve, 600) if owner else "",
        "title": sleeve.title,
        "year": sleeve.year,
        "formats": [format_row(each) for each in sleeve.formats],
        "artists": [artist_row(each) for each in sleeve.artists],
        "labels": [label_row(each) for each in sleeve.labels],
        "genres": list(sleeve.genres),
        "styles": list(sleeve.styles),
    }


def artist_row(artist: SleeveArtist) -> dict[str, Any]:
    """An artist as credited on a release."""
    return {
        "name": artist.name,
        "anv": artist.anv,
        "join": artist.join,
        "role": "",
        "tracks": "",
        "id": artist.id,
        "resource_url": f"{API}/artists/{artist.id}",
    }


def label_row(label: SleeveLabel) -> dict[str, Any]:
    """A label of a release."""
    return {
        "name": label.name,
        "catno": label.catno,
        "entity_type": "1",
        "entity_type_name": "Label",
        "id": label.id,
        "resource_url": f"{API}/labels/{label.id}",
    }


def format_row(medium: SleeveFormat) -> dict[str, Any]:
    """A format of a release: its quantity is text, empty parts are left out."""
    row: dict[str, Any] = {"name": medium.name, "qty": medium.qty}
    if medium.text:
        row["text"] = medium.text
    if medium.descriptions:
        row["descriptions"] = list(medium.descriptions)
    return row


def master_url(sleeve: Sleeve) -> str | None:
    """Where the master of a release stands, if it has one."""
    return f"{API}/masters/{sleeve.master_id}" if sleeve.master_id else None


def picture(sleeve: Sleeve, side: int) -> str:
    """The address of a release's cover, "" for a record so obscure that its year is unknown."""
    if not sleeve.year:
        return ""
    grade = "g:sm/q:40" if side < 600 else "g:sm/q:90"
    return f"{PICTURES}/{grade}/h:{side}/w:{side}/R-{sleeve.release_id}-1.jpeg"


def credit(sleeve: Sleeve) -> str:
    """The artists of a release as one sorting name, without the numbers that tell namesakes."""
    words = [part for artist in sleeve.artists for part in (plain(artist), artist.join) if part]
    return " ".join(words)


def plain(artist: SleeveArtist) -> str:
    """An artist's name without the number behind it."""
    return NUMBERED.sub("", artist.name)
