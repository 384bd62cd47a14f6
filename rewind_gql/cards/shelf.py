"""Cards of what is owned."""

from rewind_gql.cards.asked import Asked, Rules, When
from rewind_gql.cards.card import Card
from rewind_gql.cards.phrases import counted, number, several
from rewind_gql.cards.pictures import Bar, Bars, Fact, Head, Picture
from rewind_gql.domains.collecting import queries as collecting
from rewind_gql.store.read import Conn

NOTHING_OWNED = "Nothing is owned yet."


async def collection_by_decade(conn: Conn, user_id: int, asked: Asked, when: When) -> Picture:
    """Owned records by the decade of their edition."""
    found = await collecting.filed_under(conn, user_id, kind="decade")
    total = (await collecting.record_stats(conn, user_id)).total_items
    copies = {int(each.name.removesuffix("s")): each.copies for each in found}
    decades = range(min(copies), max(copies) + 10, 10) if copies else ()
    bars = tuple(
        Bar(
            value=copies.get(decade, 0),
            label=f"{decade}s",
            words=f"{decade}s: {counted(copies.get(decade, 0), 'record')}",
        )
        for decade in decades
    )
    facts = [Fact(value=number(total), words=several(total, "record"))]
    if undated := total - sum(copies.values()):
        facts.append(Fact(value=number(undated), words="without a year"))
    told = "; ".join(bar.words for bar in bars)
    return Bars(
        head=Head(title="Record collection by decade", desc=told or NOTHING_OWNED),
        facts=tuple(facts),
        bars=bars,
        counted=True,
        empty=NOTHING_OWNED if not total else "No record has a year.",
    )


CARDS = (
    Card(
        name="collection-by-decade",
        words="Owned records by the decade of their edition.",
        width=400,
        rules=Rules(),
        ask=collection_by_decade,
    ),
)
