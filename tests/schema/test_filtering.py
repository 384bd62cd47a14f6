"""What is hidden, in GraphQL: rules made and unmade, a person's word, and what others know."""

from typing import Any

import pytest

from rewind_gql.domains.listening import playing
from rewind_gql.sync import refilter
from rewind_gql.sync.credentials import Vault
from rewind_gql.sync.deps import Deps
from schema.ids import global_id
from tests.databases import ME, OTHER
from tests.schema.conftest import Asking

pytestmark = pytest.mark.either

ERRORS = "errors { code message path }"
RULE = "filter { id filterType scope pattern reason enabled }"
ADD = f"mutation ($input: AddFilterInput!) {{ addFilter(input: $input) {{ {RULE} {ERRORS} }} }}"
ENABLE = (
    "mutation ($id: ID!, $on: Boolean!) { setFilterEnabled(id: $id, enabled: $on) "
    f"{{ {RULE} {ERRORS} }} }}"
)
REMOVE = f"mutation ($id: ID!) {{ removeFilter(id: $id) {{ removed {ERRORS} }} }}"
SAID = "visibility { hidden said byArtist filter { pattern } }"
SET = (
    "mutation ($input: SetVisibilityInput!) { setVisibility(input: $input) "
    f"{{ node {{ id }} {SAID} {ERRORS} }} }}"
)
LOW = "listening { artists { nodes { id name } } }"


async def artist(ask: Asking, name: str) -> str:
    """The id of an artist."""
    found = (await ask.data(f"{{ {LOW} }}"))["listening"]["artists"]["nodes"]
    return next(each["id"] for each in found if each["name"] == name)


async def followed(ask: Asking) -> None:
    """Have the library follow its rules, as a worker does."""
    deps = Deps(
        store=ask.deps.store,
        settings=ask.deps.settings,
        jobs=ask.jobs,
        vault=Vault(b"v" * 64),
        worker="one",
    )
    await refilter.refilter(deps, ME)
    await deps.clients.close()


async def plays(ask: Asking) -> int:
    """How many plays count."""
    found = await ask.data("{ listening { totals { plays } } }")
    return int(found["listening"]["totals"]["plays"])


async def test_a_rule_hides_and_gives_back(own_ask: Asking) -> None:
    rule = {"filterType": "CUSTOM", "scope": "ARTIST", "pattern": "LOW", "reason": "Loud"}
    before = await plays(own_ask)

    made = await own_ask.done(ADD, input=rule)
    await followed(own_ask)
    hidden = await plays(own_ask)
    gone = await own_ask.done(REMOVE, id=made["filter"]["id"])
    await followed(own_ask)

    assert made["filter"] == {
        "id": made["filter"]["id"],
        "filterType": "CUSTOM",
        "scope": "ARTIST",
        "pattern": "low",
        "reason": "Loud",
        "enabled": True,
    }
    assert (gone["removed"], gone["errors"]) == (made["filter"]["id"], [])
    assert hidden < before == await plays(own_ask)
    assert [name for name, _ in own_ask.jobs.jobs] == ["refilter", "refilter"]


async def test_a_rule_can_be_told_to_count_or_not(own_ask: Asking) -> None:
    rules = await own_ask.data("{ listening { filters { id scope } } }", scope="admin")
    tags = next(each for each in rules["listening"]["filters"] if each["scope"] == "TAGS")

    off = await own_ask.done(ENABLE, id=tags["id"], on=False)

    assert off["filter"]["enabled"] is False


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"pattern": " "}, "BAD_INPUT", ["input", "pattern"]),
        ({"pattern": "(", "scope": "TRACK_REGEX"}, "BAD_INPUT", ["input", "pattern"]),
        ({"scope": "CHAPTERS"}, "BAD_INPUT", ["input", "scope"]),
        ({"pattern": "neu!"}, "CONFLICT", None),
    ],
)
async def test_what_is_no_rule_is_an_error_of_the_payload(
    own_ask: Asking, given: dict[str, Any], code: str, path: list[str] | None
) -> None:
    rule = {"filterType": "CUSTOM", "scope": "ARTIST", "pattern": "x", **given}

    done = await own_ask.done(ADD, input=rule)

    assert done["filter"] is None
    assert [each["code"] for each in done["errors"]] == [code]
    assert done["errors"][0]["path"] == path


async def test_an_unknown_rule_is_not_found(own_ask: Asking) -> None:
    for mutation, given in ((REMOVE, {}), (ENABLE, {"on": True})):
        done = await own_ask.done(mutation, id=global_id("Filter", 10_000), **given)

        assert [each["code"] for each in done["errors"]] == ["NOT_FOUND"]


async def test_a_persons_word_counts_at_once_and_says_so(own_ask: Asking) -> None:
    low = await artist(own_ask, "Low")
    before = await plays(own_ask)

    hidden = await own_ask.done(SET, input={"id": low, "said": "HIDDEN"})
    without = await plays(own_ask)
    shown = await own_ask.done(SET, input={"id": low, "said": "BY_RULES"})

    assert hidden["node"] == {"id": low}
    assert hidden["visibility"] == {
        "hidden": True,
        "said": "HIDDEN",
        "byArtist": False,
        "filter": None,
    }
    assert without < before == await plays(own_ask)
    assert shown["visibility"]["said"] == "BY_RULES"


async def test_what_is_a_hidden_artists_says_so(own_ask: Asking) -> None:
    neu = await artist(own_ask, "Neu!")
    track = (await own_ask.data("{ listening { recent { nodes { track { id name } } } } }"))[
        "listening"
    ]["recent"]["nodes"]
    isi = next(each["track"]["id"] for each in track if each["track"]["name"] == "Isi")

    await own_ask.done(SET, input={"id": neu, "said": "BY_RULES"})
    said = await own_ask.data(
        f"query ($id: ID!) {{ node(id: $id) {{ ... on Track {{ {SAID} }} }} }}", id=isi
    )

    assert said["node"]["visibility"] == {
        "hidden": True,
        "said": "BY_RULES",
        "byArtist": True,
        "filter": {"pattern": "neu!"},
    }


@pytest.mark.parametrize(
    "wrong", ["nonsense", global_id("Play", 1), global_id("Artist", "x"), global_id("Filter", 1)]
)
async def test_only_artists_albums_and_tracks_can_be_shown_or_hidden(
    own_ask: Asking, wrong: str
) -> None:
    done = await own_ask.done(SET, input={"id": wrong, "said": "HIDDEN"})

    assert [(each["code"], each["path"]) for each in done["errors"]] == [
        ("BAD_INPUT", ["input", "id"])
    ]


async def test_nobody_hides_what_is_somebody_elses(own_ask: Asking) -> None:
    low = await artist(own_ask, "Low")

    done = await own_ask.done(SET, user_id=OTHER, input={"id": low, "said": "HIDDEN"})

    assert [each["code"] for each in done["errors"]] == ["NOT_FOUND"]


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (ADD, {"input": {"filterType": "CUSTOM", "scope": "ARTIST", "pattern": "x"}}),
        (REMOVE, {"id": global_id("Filter", 1)}),
        (ENABLE, {"id": global_id("Filter", 1), "on": True}),
        (SET, {"input": {"id": global_id("Artist", 1), "said": "HIDDEN"}}),
        ("{ listening { filters { id } } }", {}),
    ],
)
async def test_it_takes_an_admin_key(quick_ask: Asking, asked: str, given: dict[str, Any]) -> None:
    code, _ = await quick_ask.refused(asked, scope="read", **given)

    assert code == "FORBIDDEN"


async def test_an_artist_is_known_by_tags_words_and_those_alike(ask: Asking) -> None:
    data = await ask.data(
        """{ listening { artists { nodes { name tags { name count } bio { summary content }
        all: similarArtists { name score plays url artist { name } }
        heard: similarArtists(heardOnly: true) { name }
        visibility { said filter { pattern } } } } } }"""
    )

    found = {each.pop("name"): each for each in data["listening"]["artists"]["nodes"]}
    assert found["Low"]["tags"] == [{"name": "Slowcore", "count": 100}]
    assert found["Low"]["bio"] == {"summary": "Slow.", "content": None}
    assert [each["name"] for each in found["Low"]["heard"]] == ["Can"]
    assert found["Low"]["all"] == [
        {"name": "Can", "score": 0.75, "plays": 2, "url": None, "artist": {"name": "Can"}},
        {
            "name": "Codeine",
            "score": 0.5,
            "plays": 0,
            "url": "https://www.last.fm/music/Codeine",
            "artist": None,
        },
    ]
    assert (found["Can"]["tags"], found["Can"]["all"]) == (None, [])
    assert found["Neu!"]["visibility"] == {"said": "SHOWN", "filter": {"pattern": "neu!"}}


async def test_what_plays_now_leads_into_the_library(own_ask: Asking) -> None:
    async with own_ask.deps.store.write() as conn:
        await playing.tell(conn, ME, artist="Can", track="Spoon", source="test")

    data = await own_ask.data(
        """{ listening { nowPlaying { isPlaying playedAt trackName artistName albumName
        artist { name } track { name } album { name } } } }"""
    )

    assert data["listening"]["nowPlaying"] == {
        "isPlaying": True,
        "playedAt": None,
        "trackName": "Spoon",
        "artistName": "Can",
        "albumName": "Ege Bamyasi",
        "artist": {"name": "Can"},
        "track": {"name": "Spoon"},
        "album": {"name": "Ege Bamyasi"},
    }
