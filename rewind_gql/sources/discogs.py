"""Discogs: the copies owned, the wantlist, what they are worth, and each release's own page."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from rewind_gql.clock import MICROSECOND
from rewind_gql.domains.base import Stored
from rewind_gql.domains.collecting import account, intake, queries
from rewind_gql.domains.collecting.records import (
    Copy,
    Credit,
    Folder,
    Label,
    NoteField,
    Release,
    ReleaseDetail,
    TrackLine,
    Want,
    Worth,
)
from rewind_gql.errors import SourceBusy, SourceChanged, SourceDenied, SourceError
from rewind_gql.sources.base import Batch, Position, Source, Unreadable, Work, parse, stream
from rewind_gql.sources.names import name_of, plain
from rewind_gql.store.engine import Writing
from rewind_gql.text import clean

PAGE = 100
PAGES_AT_ONCE = 10
FOLDER_OF_ALL = 0
# What stands before or behind an amount, longest first, for one sign is part of another.
SIGNS = {
    **{"CA$": "CAD", "A$": "AUD", "AU$": "AUD", "NZ$": "NZD", "MX$": "MXN", "R$": "BRL"},
    **{"CHF": "CHF", "SEK": "SEK", "ZAR": "ZAR", "€": "EUR", "£": "GBP", "¥": "JPY", "$": "USD"},
}
TOO_MANY = 429
WINDOW_S = 60.0


class Discogs(Source):
    """Collection, wantlist and release pages of a Discogs user."""

    name = "discogs"
    title = "Discogs"
    docs = "https://www.discogs.com/developers"
    domain = "collecting"
    base_url = "https://api.discogs.com"
    base_url_setting = "discogs_base_url"
    account_setting = "discogs_user"
    needs = ("discogs_token",)
    pace = 1.0
    unit = "record"

    def refusal(self, status: int, headers: Mapping[str, str], body: Any) -> SourceError | None:
        """Too many requests come without a word on when to return; their window is a minute."""
        if status != TOO_MANY or "retry-after" in headers:
            return None
        said = f"Discogs: {body.get('message', '') if isinstance(body, dict) else ''}"
        return SourceBusy(said, retry_after=WINDOW_S, code=str(status), kind="rate_limit")

    def headers(self) -> Mapping[str, str]:
        """The personal token."""
        return {"Authorization": f"Discogs token={self.option('discogs_token')}"}

    @stream(sync_type="full", every=timedelta(days=1), into=intake.copies, kind="series")
    async def collection(self, at: Position) -> AsyncIterator[Batch[Copy]]:
        """Every owned copy, newest first; then what was not seen is removed.

        A stopped walk begins again: only one that saw every copy may remove any, and a page holds
        a hundred.
        """
        user = f"/users/{await self.user()}/collection"
        folders = parse_folders(await self.get_json(f"{user}/folders"))
        names = {folder.folder_id: folder.name for folder in folders}
        fields = parse_fields(await self.get_json(f"{user}/fields"))
        labels = {field.field_id: field.name for field in fields}
        named: Work | None = partial(account.names, folders=folders, fields=fields)
        seen: set[int] = set()
        path = f"{user}/folders/{FOLDER_OF_ALL}/releases"
        async for rows, page in self._pages(path, "releases", sort="added", sort_order="desc"):
            seen |= set(_ids(rows, "instance_id"))
            read = partial(parse_copy, folders=names, fields=labels)
            copies, rejects = parse(rows, read, place=f"page {page['page']}")
            yield Batch(copies, rejects, total=page["items"], progress_done=len(seen), before=named)
            named = None
        remove = partial(
            intake.remove_copies_except,
            instance_ids=seen,
            reported=page["items"],
            confirmed=at.confirmed,
        )
        yield Batch(total=page["items"], progress_done=len(seen), after=remove)

    @stream(sync_type="full", every=timedelta(days=1), into=intake.wants, kind="series")
    async def wantlist(self, at: Position) -> AsyncIterator[Batch[Want]]:
        """Every line of the wantlist; then what was not seen is removed."""
        seen: set[int] = set()
        async for rows, page in self._pages(f"/users/{await self.user()}/wants", "wants"):
            seen |= set(_ids(rows, "id"))
            wants, rejects = parse(rows, parse_want, place=f"page {page['page']}")
            yield Batch(wants, rejects, total=page["items"], progress_done=len(seen))
        remove = partial(
            intake.remove_wants_except,
            discogs_ids=seen,
            reported=page["items"],
            confirmed=at.confirmed,
        )
        yield Batch(total=page["items"], progress_done=len(seen), after=remove)

    @stream(sync_type="full", every=timedelta(days=1), into=account.worth, kind="score")
    async def value(self, at: Position) -> AsyncIterator[Batch[Worth]]:
        """What the whole collection is worth; nothing where only another owner is told."""
        user = f"/users/{await self.user()}"
        profile = await self.get_json(user)
        try:
            told = await self.get_json(f"{user}/collection/value")
        except SourceDenied as denied:
            if denied.code != "403":
                raise
            return
        yield Batch([parse_worth(told, profile.get("curr_abbr"))])

    @stream(sync_type="details", every=timedelta(hours=1), into=intake.details, kind="task")
    async def details(self, at: Position) -> AsyncIterator[Batch[ReleaseDetail]]:
        """The pages of releases not read yet; what is not there is asked for again after a day."""
        pending = await self.ask(queries.pending_details, limit=10_000)
        for start in range(0, len(pending), PAGES_AT_ONCE):
            chosen = pending[start : start + PAGES_AT_ONCE]
            found, missing = await self._details(chosen)
            details, rejects = parse(found, partial(parse_detail, currency=self._currency))
            unread = [*missing, *({*chosen} - {detail.discogs_id for detail in details})]
            yield Batch(
                details,
                rejects,
                total=len(pending),
                progress_done=start + len(chosen),
                after=_failed(unread),
            )

    @property
    def _currency(self) -> str:
        return self.option("discogs_currency") or "USD"

    async def _details(self, ids: Sequence[int]) -> tuple[list[Any], list[int]]:
        """The pages of these releases, and the ids of those that are gone."""
        found, missing = [], []
        for discogs_id in ids:
            try:
                page = await self.get_json(f"/releases/{discogs_id}", curr_abbr=self._currency)
            except SourceChanged as gone:
                if gone.code != "404":
                    raise
                missing.append(discogs_id)
            else:
                found.append(page)
        return found, missing

    async def user(self) -> str:
        """The user by name; without one in the settings, whoever the token belongs to."""
        if self.account:
            return self.account
        return str((await self.get_json("/oauth/identity"))["username"])

    async def _pages(
        self, path: str, key: str, **params: str
    ) -> AsyncIterator[tuple[list[Any], dict[str, int]]]:
        """Each page's rows and its `pagination`. Raises `SourceBusy` when the list shrinks."""
        number = 1
        while True:
            body = await self._numbered(path, number, params)
            page = body.get("pagination") if isinstance(body, dict) else None
            if not isinstance(page, dict) or not isinstance(body.get(key), list):
                raise SourceChanged(f"Discogs answered without {key}", code="no_list")
            if page["page"] != number:
                raise SourceBusy(
                    f"Discogs answered page {page['page']} for {number}", retry_after=1, code="page"
                )
            yield body[key], page
            if page["page"] >= page["pages"]:
                return
            number += 1

    async def _numbered(self, path: str, number: int, params: Mapping[str, str]) -> Any:
        try:
            return await self.get_json(path, page=number, per_page=PAGE, **params)
        except SourceChanged as gone:
            if gone.code != "404" or number == 1:
                raise
            raise SourceBusy(
                "The list shrank while it was read", retry_after=1, code="page"
            ) from gone


def _failed(ids: Sequence[int]) -> Work | None:
    """Remember that these pages could not be read."""
    if not ids:
        return None

    async def work(conn: Writing, user_id: int) -> Stored:
        await intake.details_failed(conn, user_id, ids)
        return Stored()

    return work


def parse_copy(raw: dict[str, Any], folders: Mapping[int, str], fields: Mapping[int, str]) -> Copy:
    """One row of the collection; folder and note fields by the names the owner gave them."""
    added_at, offset = _added(raw)
    notes = raw.get("notes") or ()
    return Copy(
        release=parse_release(raw["basic_information"]),
        instance_id=int(raw["instance_id"]),
        added_at=added_at,
        added_offset_min=offset,
        folder=folders.get(raw.get("folder_id") or 0),
        rating=_rating(raw),
        notes=tuple(
            (fields.get(note["field_id"], str(note["field_id"])), text)
            for note in notes
            if (text := plain(str(note["value"])))
        ),
    )


def parse_want(raw: dict[str, Any]) -> Want:
    """One row of the wantlist; very old ones have no date."""
    added_at, offset = _added(raw) if raw.get("date_added") else (None, 0)
    return Want(
        release=parse_release(raw["basic_information"]),
        added_at=added_at,
        added_offset_min=offset,
        rating=_rating(raw),
        notes=plain(raw.get("notes") or "") or None,
    )


def parse_release(raw: dict[str, Any]) -> Release:
    """A `basic_information` object; year 0 and master 0 mean unknown."""
    formats = raw.get("formats") or ()
    return Release(
        discogs_id=int(raw["id"]),
        title=name_of(raw["title"], "title"),
        credits=tuple(parse_credit(artist) for artist in raw.get("artists") or ()),
        year=_number(raw.get("year"), most=9999) or None,
        master_id=_number(raw.get("master_id")) or None,
        cover_url=_picture(raw.get("cover_image")),
        thumb_url=_picture(raw.get("thumb")),
        formats=tuple(form["name"] for form in formats),
        format_descriptions=tuple(
            text for form in formats for text in form.get("descriptions") or ()
        ),
        labels=tuple(parse_label(label) for label in raw.get("labels") or ()),
        genres=tuple(raw.get("genres") or ()),
        styles=tuple(raw.get("styles") or ()),
    )


def parse_credit(raw: dict[str, Any]) -> Credit:
    """One of a release's artists; `anv` is the name the sleeve prints."""
    return Credit(
        discogs_id=raw.get("id") or None,
        name=name_of(raw["name"], "artist"),
        anv=clean(raw.get("anv") or ""),
        join=raw.get("join") or "",
    )


def parse_label(raw: dict[str, Any]) -> Label:
    """A label; its catalogue number is the word "none" where the sleeve has none."""
    catno = raw.get("catno") or ""
    return Label(name=clean(raw["name"]), catno=None if catno.lower() in ("", "none") else catno)


def parse_detail(raw: dict[str, Any], currency: str) -> ReleaseDetail:
    """A release's own page."""
    community = raw.get("community") or {}
    pictures = raw.get("images") or ()
    best = [pic for pic in pictures if pic.get("type") == "primary"] or list(pictures)
    price = raw.get("lowest_price")
    return ReleaseDetail(
        discogs_id=int(raw["id"]),
        tracklist=tuple(
            TrackLine(
                position=line.get("position") or "",
                title=clean(line["title"]),
                duration=line.get("duration") or "",
            )
            for line in raw.get("tracklist") or ()
        ),
        country=raw.get("country") or None,
        released=raw.get("released") or None,
        community_have=_number(community.get("have")),
        community_want=_number(community.get("want")),
        lowest_price=price or None,
        currency=currency if price else None,
        for_sale=_number(raw.get("num_for_sale")),
        cover_url=_picture(best[0].get("uri")) if best else None,
    )


def parse_folders(raw: dict[str, Any]) -> list[Folder]:
    """The owner's folders. The one that holds all is none of theirs."""
    found = {
        folder["id"]: Folder(folder_id=folder["id"], name=clean(folder["name"]))
        for folder in raw["folders"]
        if folder["id"] != FOLDER_OF_ALL
    }
    return [*found.values()]


def parse_fields(raw: dict[str, Any]) -> list[NoteField]:
    """The fields the owner notes things in."""
    found = {
        field["id"]: NoteField(
            field_id=field["id"],
            name=clean(field["name"]),
            kind=field.get("type") or "",
            options=tuple(map(clean, field.get("options") or ())),
            position=_number(field.get("position")) or 0,
        )
        for field in raw.get("fields") or ()
    }
    return [*found.values()]


def parse_worth(raw: dict[str, Any], currency: str | None) -> Worth:
    """The worth of a collection: amounts as people write them, such as `€1,204.99`.

    They are in the `currency` of the account; where it is not told, their sign has to tell it.
    """
    return Worth(
        currency=currency or _currency_of(str(raw["minimum"])),
        minimum_cents=_cents(raw["minimum"]),
        median_cents=_cents(raw["median"]),
        maximum_cents=_cents(raw["maximum"]),
    )


def _currency_of(amount: str) -> str:
    return next((code for sign, code in SIGNS.items() if sign in amount), "USD")


def _cents(amount: str) -> int:
    """Hundredths of what is written; a comma before the last two digits is a decimal one."""
    number = "".join(sign for sign in amount if sign.isdecimal() or sign in ",.").strip(",.")
    whole, mark, rest = number[:-3], number[-3:-2], number[-2:]
    if mark not in (".", ","):
        whole, rest = number, "00"
    if not (digits := whole.replace(",", "").replace(".", "")).isdecimal():
        raise SourceChanged(f"{amount!r} is no amount", code="shape")
    return int(digits) * 100 + int(rest)


def _added(raw: Mapping[str, Any]) -> tuple[datetime, int]:
    """The instant in `date_added`, and the offset it is written with, in minutes."""
    at = datetime.fromisoformat(raw["date_added"])
    offset = at.utcoffset()
    if offset is None:
        raise Unreadable(f"the date {raw['date_added']} has no offset")
    return at, offset // (60_000_000 * MICROSECOND)


def _rating(raw: Mapping[str, Any]) -> int:
    return min(max(int(raw.get("rating") or 0), 0), 5)


def _picture(url: Any) -> str | None:
    """An image address; a one-pixel placeholder stands for none."""
    return url if isinstance(url, str) and url and "spacer.gif" not in url else None


def _ids(rows: Sequence[Any], key: str) -> list[int]:
    """The ids of a page's rows, of those too that cannot be read otherwise."""
    return [row[key] for row in rows if isinstance(row, dict) and isinstance(row.get(key), int)]


def _number(raw: Any, *, most: int = 2**31 - 1) -> int | None:
    """A count; None where it is none, or none that anybody counted."""
    return raw if isinstance(raw, int) and 0 <= raw <= most else None
