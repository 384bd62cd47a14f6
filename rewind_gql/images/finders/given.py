"""The picture whose address is known beforehand."""

from rewind_gql.images.finders.base import Finder, skipped
from rewind_gql.images.finders.reading import address
from rewind_gql.images.records import Candidate, Found, Thing
from rewind_gql.settings import Settings


class Given(Finder):
    """The address that came with the thing: an article's preview, a player's portrait."""

    name = "given"
    source = "given"
    docs = "https://ogp.me/"
    pairs = (
        ("reading", "articles"),
        ("attending", "player_silo"),
        ("attending", "player_full"),
    )

    @classmethod
    def private_origins(cls, settings: Settings) -> frozenset[str]:
        """Those the owner names."""
        return frozenset(settings.image_private_origins)

    async def look(self, thing: Thing) -> Found:
        """One candidate, and nobody is asked for it."""
        url = address({"url": thing.image_url}, "url")
        if not url:
            return skipped("no address is known")
        source = "open-graph" if thing.domain == "reading" else self.source
        return Found(outcome="found", candidates=(Candidate(source=source, url=url),))
