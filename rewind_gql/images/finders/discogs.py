"""Discogs: the cover of the very release, for those who may use it."""

from collections.abc import Mapping
from typing import Any

from rewind_gql.errors import SourceBusy, SourceError
from rewind_gql.images.finders.base import Finder, found, none, skipped
from rewind_gql.images.finders.reading import address, number_id, rows, whole, words
from rewind_gql.images.records import Candidate, Found, Thing

TOO_MANY = 429
WINDOW_S = 60.0
PICTURES = 3
PLACEHOLDER = "spacer.gif"


class Discogs(Finder):
    """The pictures of a release by its id there.

    Their terms restrict keeping images, so it looks only when the owner turns it on. It shares the
    quota of the account that the collection is synced with.
    """

    name = "discogs"
    source = "discogs"
    docs = "https://www.discogs.com/developers"
    pairs = (("collecting", "releases"),)
    needs = ("discogs_images", "discogs_token")
    secrets = ("discogs_token",)
    base_url_setting = "discogs_base_url"
    account_setting = "discogs_user"
    pace = 1.0
    attribution = "Data provided by Discogs."
    hosts = ("discogs.com",)

    def refusal(self, status: int, headers: Mapping[str, str], body: Any) -> SourceError | None:
        """Too many requests come without a word on when to return; their window is a minute."""
        if status != TOO_MANY or "retry-after" in headers:
            return None
        text = f"{self.name} answered {status}"
        return SourceBusy(text, retry_after=WINDOW_S, code=str(status), kind="rate_limit")

    async def look(self, thing: Thing) -> Found:
        """The primary picture first. Asked anew, for the addresses are signed and run out."""
        number = number_id(thing.discogs_id)
        if not number:
            return skipped("no Discogs id is known")
        headers = {"Authorization": f"Discogs token={self.secret('discogs_token')}"}
        release = await self.get_json(f"releases/{number}", headers=headers)
        if release is None:
            return none("no such release")
        pictures = sorted(rows(release, "images"), key=lambda each: each.get("type") != "primary")
        return found(
            [self._picture(row) for row in pictures[:PICTURES]], otherwise=none("no picture")
        )

    def _picture(self, row: dict[str, Any]) -> Candidate | None:
        url = address(row, "uri")
        if not url or PLACEHOLDER in words(row, "uri"):
            return None
        return self.candidate(url, width=whole(row, "width"), height=whole(row, "height"))
