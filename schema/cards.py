"""Cards in GraphQL: the charts there are, and links by which anybody may see one."""

from typing import Annotated

import strawberry
from annotated_doc import Doc

from rewind_gql.auth import links, views
from rewind_gql.cards import links as cards
from rewind_gql.cards.asked import Look, read_look
from rewind_gql.cards.shown import CARDS
from schema.context import Info
from schema.ids import number_of
from schema.mutations import Input, Mark, Payload, mutation
from schema.relay import Kind, Node
from schema.shape import Choice, choices, described, edge, shape, taking


@choices
class CardTheme(Choice):
    """The colours of a card."""

    AUTO = "auto", "Light or dark, as whoever looks at it has set their system."
    LIGHT = "light", "For light pages."
    DARK = "dark", "For dark pages."


Theme = Annotated[CardTheme, Doc("Its colours.")]
Width = Annotated[
    int | None, Doc("Pixels, 320 to 1200, in steps of 20; the card's own if left out.")
]


@described
class CardParameter:
    """Something a card was asked for."""

    name: Annotated[str, Doc("Such as year.")]
    value: Annotated[str, Doc("As it was written.")]


@shape(views.Link, name=None, asked=None, code=None)
class CardLink(views.Link, Node):
    """A link by which anybody may see one card, until it is taken back."""

    @edge(str)
    def card(self) -> str:
        """The name of the card."""
        return self.name

    @edge(list[CardParameter])
    def parameters(self) -> list[CardParameter]:
        """What it tells, where that is not the card's usual."""
        return [CardParameter(name=name, value=str(self.asked[name])) for name in self.asked]

    @edge(str)
    def url(self, info: Info, theme: Theme = CardTheme.AUTO, width: Width = None) -> str:
        """Where anybody may see it, in any look."""
        look = _look(theme, width)
        return cards.public(info.context.links.origin, self, look, info.context.deps.gate.pepper)

    @edge(str)
    def markdown(self, info: Info) -> str:
        """What shows it in a README: light on light pages, dark on dark ones."""
        url = cards.public(info.context.links.origin, self, Look(), info.context.deps.gate.pepper)
        return cards.markdown(url, CARDS[self.name].words if self.name in CARDS else "", both=True)


@described
class Card:
    """A chart as an SVG picture."""

    name: Annotated[str, Doc("What its address calls it.")]
    description: Annotated[str, Doc("What it shows.")]
    parameters: Annotated[
        list[str], Doc("What it can be asked for, beside theme and width; see docs/cards.md.")
    ]

    @edge(str)
    def url(self, info: Info, theme: Theme = CardTheme.AUTO, width: Width = None) -> str:
        """Where it lies for those who have a key; give a link to everybody else."""
        return cards.address(info.context.links.origin, self.name, {}, _look(theme, width))

    @edge(list[CardLink])
    async def links(self, info: Info) -> list[views.Link]:
        """The links to it that are valid, the oldest first. Needs an admin key."""
        info.context.require("admin")
        found = await info.context.load(links.valid_by_name, self.name) or []
        info.context.spend(len(found))
        return found


@described
class CardQuery:
    """Where questions about cards begin."""

    @edge(list[Card])
    async def cards(self, info: Info) -> list[Card]:
        """Every card there is."""
        return [
            Card(name=card.name, description=card.words, parameters=list(card.rules.takes))
            for card in CARDS.values()
        ]


NODES = {"CardLink": Kind(links.links_by_id, scope="admin")}


@taking
class LinkCardInput(Input):
    """Which card anybody may see, and what it is to tell."""

    card: Annotated[str, Doc("Its name, such as top-albums.")]
    period: Annotated[
        str | None, Doc("7day, 1month, 3month, 6month, 12month or overall; ends with today.")
    ] = None
    year: Annotated[int | None, Doc("A calendar year.")] = None
    since: Annotated[str | None, Doc("The first day: YYYY, YYYY-MM or YYYY-MM-DD.")] = None
    until: Annotated[str | None, Doc("The last day, which counts whole, in the same form.")] = None
    limit: Annotated[int | None, Doc("So many at most.")] = None


@described
class CardLinkPayload(Payload):
    """A link after a change."""

    link: Annotated[CardLink | None, Doc("The link.")] = None


@described
class CardMutation:
    """Where changes to links begin."""

    @mutation(CardLinkPayload)
    async def link_card(self, info: Info, given: LinkCardInput) -> CardLinkPayload:
        """Let anybody see a card who has the link. What it tells is fixed, its look is not."""
        words = {
            "period": given.period,
            "year": given.year,
            "from": given.since,
            "to": given.until,
            "limit": given.limit,
        }
        asked = {name: str(value) for name, value in words.items() if value is not None}
        async with info.context.deps.store.write() as conn:
            user_id = info.context.caller.user_id
            made = await cards.create(conn, user_id, card=given.card, given=asked)
        return CardLinkPayload(errors=[], link=made)  # type: ignore[arg-type]  # a view stands for its shape

    @mutation(CardLinkPayload)
    async def revoke_card_link(
        self,
        info: Info,
        id: Annotated[strawberry.ID, Doc("The link.")],  # noqa: A002  # the argument's name
        client_mutation_id: Mark = None,
    ) -> CardLinkPayload:
        """Take a link back; it leads nowhere from then on. Twice is the same as once."""
        link_id = number_of("CardLink", id)
        async with info.context.deps.store.write() as conn:
            gone = await links.revoke(conn, info.context.caller.user_id, link_id=link_id)
        return CardLinkPayload(errors=[], link=gone)  # type: ignore[arg-type]  # a view stands for its shape


def _look(theme: CardTheme, width: int | None) -> Look:
    given = {"theme": theme.value} | ({} if width is None else {"width": str(width)})
    return read_look(given)
