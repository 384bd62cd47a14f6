"""Documents that are named: by hash as Apollo does it, by id, and by keys that can do no more."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from rewind_gql.auth import documents
from rewind_gql.auth.documents import Trusted, fingerprint
from rewind_gql.errors import BadInput
from rewind_gql.server.build import endpoint
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from schema.documents import Texts, operations_in
from schema.root import schema
from tests.databases import ME, OTHER
from tests.schema.streaming import Site, client, introduced, quick_site, streaming
from tests.serving import desk_of, new_key, serving

__all__ = ["client", "quick_site"]
pytestmark = pytest.mark.either

SCOPE = "query Scope { viewer { scope } }"
ZONE = "query Zone { viewer { timeZone } }"
CHANGE = 'mutation Change { revokeApiKey(id: "x") { clientMutationId } }'
FOLLOW = "subscription Follow { syncEvents { seq } }"
READ = {"data": {"viewer": {"scope": "READ"}}}
NEWER = "application/graphql-response+json"


def hashed(text: str, version: Any = 1) -> dict[str, Any]:
    """The extensions by which Apollo's clients name a text."""
    return {"persistedQuery": {"version": version, "sha256Hash": fingerprint(text)}}


def code(answer: httpx.Response) -> str:
    """The code of the one error."""
    (error,) = answer.json()["errors"]
    return str(error["extensions"]["code"])


async def trust(site: Site, *texts: str, user_id: int = ME, **named: str) -> None:
    """Trust these documents, by their hash or by a name."""
    batch = [Trusted(f"sha256:{fingerprint(text)}", text) for text in texts]
    batch += [Trusted(name, text) for name, text in named.items()]
    async with site.store.write() as conn:
        await documents.add(conn, user_id, batch)


async def post(
    site: Site, client: httpx.AsyncClient, asked: dict[str, Any], key: str = "read", **headers: str
) -> httpx.Response:
    """What is answered to a POST."""
    return await client.post(site.url, json=asked, headers={**site.headers(key), **headers})


async def get(
    site: Site, client: httpx.AsyncClient, asked: dict[str, str], key: str = "read", **headers: str
) -> httpx.Response:
    """What is answered to a GET."""
    return await client.get(site.url, params=asked, headers={**site.headers(key), **headers})


@pytest.fixture
async def site(sqlite_store: Store, settings: Callable[..., Settings]) -> AsyncIterator[Site]:
    """The application without a socket in between."""
    desk = desk_of(sqlite_store, settings())
    async with serving(desk, graphql=endpoint(desk)) as api:
        yield Site(api=api, address="rewind")


@pytest.fixture
def http(site: Site) -> httpx.AsyncClient:
    """A client of it."""
    return site.api.client


@pytest.fixture
async def limited(site: Site) -> str:
    """A key that only runs trusted documents."""
    return await new_key(site.api.desk, "read", trusted_only=True)


async def test_a_hash_is_unknown_until_its_text_came_along(
    site: Site, http: httpx.AsyncClient
) -> None:
    first = await post(site, http, {"extensions": hashed(SCOPE)})
    second = await post(site, http, {"query": SCOPE, "extensions": hashed(SCOPE)})
    third = await post(site, http, {"extensions": hashed(SCOPE)})

    (error,) = first.json()["errors"]
    assert first.status_code == 200
    assert first.headers["cache-control"] == "no-store"
    assert error["message"] == "PersistedQueryNotFound"
    assert error["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert second.json() == third.json() == READ


async def test_the_newer_media_type_tells_of_an_unknown_hash_by_its_status(
    site: Site, http: httpx.AsyncClient
) -> None:
    answer = await post(site, http, {"extensions": hashed(SCOPE)}, Accept=NEWER)

    assert (answer.status_code, code(answer)) == (404, "PERSISTED_QUERY_NOT_FOUND")


async def test_a_hash_is_asked_for_and_told_by_get_as_well(
    site: Site, http: httpx.AsyncClient
) -> None:
    extensions = (
        f'{{"persistedQuery":{{"version":1,"sha256Hash":"{fingerprint(SCOPE)}"}}}}'  # as Apollo
    )

    first = await get(site, http, {"extensions": extensions})
    second = await get(site, http, {"query": SCOPE, "extensions": extensions})
    third = await get(site, http, {"extensions": extensions})

    assert code(first) == "PERSISTED_QUERY_NOT_FOUND"
    assert second.json() == third.json() == READ


async def test_a_hash_means_nothing_to_another_person(site: Site, http: httpx.AsyncClient) -> None:
    theirs = await new_key(site.api.desk, "read", user_id=OTHER)
    await post(site, http, {"query": SCOPE, "extensions": hashed(SCOPE)})

    answer = await post(site, http, {"extensions": hashed(SCOPE)}, theirs)

    assert code(answer) == "PERSISTED_QUERY_NOT_FOUND"


async def test_a_text_under_another_texts_hash_is_refused(
    site: Site, http: httpx.AsyncClient
) -> None:
    answer = await post(site, http, {"query": ZONE, "extensions": hashed(SCOPE)})
    after = await post(site, http, {"extensions": hashed(SCOPE)})

    assert (answer.status_code, code(answer)) == (400, "PERSISTED_QUERY_HASH_MISMATCH")
    assert answer.json()["errors"][0]["message"] == "provided sha does not match query"
    assert code(after) == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize("text", ["{ nobody }", "{", "fragment a on Viewer { scope }"])
async def test_a_broken_text_is_not_kept(site: Site, http: httpx.AsyncClient, text: str) -> None:
    await post(site, http, {"query": text, "extensions": hashed(text)})

    answer = await post(site, http, {"extensions": hashed(text)})

    assert code(answer) == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize("version", [0, 2, "1", None, True])
async def test_another_version_of_the_protocol_is_not_spoken(
    site: Site, http: httpx.AsyncClient, version: Any
) -> None:
    asked = {"query": SCOPE, "extensions": hashed(SCOPE, version)}

    answer = await post(site, http, asked)

    assert (answer.status_code, code(answer)) == (400, "PERSISTED_QUERY_NOT_SUPPORTED")
    assert answer.json()["errors"][0]["message"] == "PersistedQueryNotSupported"


@pytest.mark.parametrize(
    "given",
    [
        "x",
        1,
        [1],
        {"version": 1, "sha256Hash": 5},
        {"version": 1},
        {"version": 1, "sha256Hash": ""},
    ],
)
async def test_what_is_no_hash_is_a_clean_400(
    site: Site, http: httpx.AsyncClient, given: Any
) -> None:
    answer = await post(site, http, {"extensions": {"persistedQuery": given}})

    assert (answer.status_code, code(answer)) == (400, "BAD_REQUEST")


def test_texts_make_room_for_newer_ones_by_number_and_by_length() -> None:
    texts = Texts(most=3, most_bytes=100)

    for number in range(3):
        texts.keep(ME, str(number), "x" * 10)
    texts.find(ME, "0")
    texts.keep(ME, "3", "x" * 10)
    kept = [name for name in "0123" if texts.find(ME, name)]
    texts.keep(ME, "long", "ø" * 40)
    texts.keep(ME, "longer", "ø" * 60)

    assert kept == ["0", "2", "3"]
    assert len(texts) == 0


async def test_a_trusted_document_is_run_by_its_id_either_way(
    site: Site, http: httpx.AsyncClient
) -> None:
    await trust(site, SCOPE, home=SCOPE)

    for document_id in (f"sha256:{fingerprint(SCOPE)}", fingerprint(SCOPE), "home"):
        posted = await post(site, http, {"documentId": document_id})
        got = await get(site, http, {"documentId": document_id})

        assert posted.json() == got.json() == READ


async def test_a_trusted_document_takes_variables_and_an_operations_name(
    site: Site, http: httpx.AsyncClient
) -> None:
    both = f"{SCOPE} query Kind($name: String!) {{ __type(name: $name) {{ name }} }}"
    await trust(site, both=both)
    asked = {"documentId": "both", "operationName": "Kind"}

    posted = await post(site, http, {**asked, "variables": {"name": "Viewer"}})
    got = await get(site, http, {**asked, "variables": '{"name":"Viewer"}'})

    assert posted.json() == got.json() == {"data": {"__type": {"name": "Viewer"}}}


async def test_apollos_clients_name_trusted_documents_by_hash(
    site: Site, http: httpx.AsyncClient, limited: str
) -> None:
    await trust(site, SCOPE)

    answers = [
        await post(site, http, {"extensions": hashed(SCOPE)}, key) for key in ("read", limited)
    ]

    assert [each.json() for each in answers] == [READ, READ]


@pytest.mark.parametrize("document_id", ["nobody", "sha256:" + "0" * 64, "x-own:name", "a" * 32])
async def test_an_unknown_document_is_told_apart(
    site: Site, http: httpx.AsyncClient, document_id: str
) -> None:
    posted = await post(site, http, {"documentId": document_id})
    got = await get(site, http, {"documentId": document_id})

    assert (posted.status_code, got.status_code) == (404, 404)
    assert code(posted) == code(got) == "PERSISTED_QUERY_NOT_IN_LIST"


async def test_nobody_runs_another_persons_documents(site: Site, http: httpx.AsyncClient) -> None:
    await trust(site, SCOPE, user_id=OTHER, home=ZONE)

    for document_id in (f"sha256:{fingerprint(SCOPE)}", "home"):
        answer = await post(site, http, {"documentId": document_id})

        assert code(answer) == "PERSISTED_QUERY_NOT_IN_LIST"


@pytest.mark.parametrize(
    "asked",
    [
        {"documentId": 5},
        {"documentId": ["home"]},
        {"documentId": "no spaces"},
        {"documentId": "sha256:ABC"},
        {"documentId": "sha256:" + "A" * 64},
        {"documentId": "../x"},
        {"documentId": "a" * 129},
        {"documentId": "home", "query": SCOPE},
        {"documentId": "home", "extensions": hashed(SCOPE)},
        {"documentId": ""},
    ],
)
async def test_what_names_no_document_is_a_clean_400(
    site: Site, http: httpx.AsyncClient, asked: dict[str, Any]
) -> None:
    answer = await post(site, http, asked)

    assert (answer.status_code, code(answer)) == (400, "BAD_REQUEST")


async def test_a_removed_document_is_refused_at_once(
    site: Site, http: httpx.AsyncClient, limited: str
) -> None:
    await trust(site, home=SCOPE)
    before = await post(site, http, {"documentId": "home"}, limited)
    async with site.store.write() as conn:
        await documents.remove(conn, ME, ["home"])

    after = await post(site, http, {"documentId": "home"}, limited)

    assert before.json() == READ
    assert code(after) == "PERSISTED_QUERY_NOT_IN_LIST"


async def test_a_document_that_changes_something_is_not_run_by_get(
    site: Site, http: httpx.AsyncClient
) -> None:
    await trust(site, change=CHANGE)

    answer = await get(site, http, {"documentId": "change"}, "admin")

    assert (answer.status_code, code(answer)) == (405, "BAD_REQUEST")


async def test_a_limited_key_sends_no_text(
    site: Site, http: httpx.AsyncClient, limited: str
) -> None:
    await trust(site, SCOPE)

    posted = await post(site, http, {"query": SCOPE}, limited)
    got = await get(site, http, {"query": SCOPE}, limited)
    named = await post(site, http, {"query": ZONE, "extensions": hashed(ZONE)}, limited)

    assert [each.status_code for each in (posted, got, named)] == [403] * 3
    assert {code(each) for each in (posted, got, named)} == {"PERSISTED_QUERY_ID_REQUIRED"}


async def test_a_limited_key_gains_nothing_from_what_others_named_by_hash(
    site: Site, http: httpx.AsyncClient, limited: str
) -> None:
    await post(site, http, {"query": ZONE, "extensions": hashed(ZONE)})

    answer = await post(site, http, {"extensions": hashed(ZONE)}, limited)

    assert (answer.status_code, code(answer)) == (404, "PERSISTED_QUERY_NOT_IN_LIST")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/system/status",
        "/v1/admin/keys",
        "/v1/listening/stats",
        "/cards/top-albums.svg",
    ],
)
async def test_a_limited_key_opens_nothing_else(
    site: Site, http: httpx.AsyncClient, path: str
) -> None:
    limited = await new_key(site.api.desk, "admin", trusted_only=True)
    address = f"http://{site.address}{path}"

    bearer = await http.get(address, headers=site.headers(limited))
    token = await http.get(address, headers={"Authorization": f"Token {limited}"})

    assert {bearer.status_code, token.status_code} <= {401, 403}


async def test_scrobblers_are_told_that_a_limited_key_is_none(
    site: Site, http: httpx.AsyncClient, limited: str
) -> None:
    address = f"http://{site.address}/1/validate-token"

    answer = await http.get(address, headers={"Authorization": f"Token {limited}"})

    assert answer.json()["valid"] is False


async def test_a_limited_key_sends_no_text_over_a_socket(quick_site: Site) -> None:
    limited = await new_key(quick_site.api.desk, "read", trusted_only=True)
    await trust(quick_site, home=SCOPE)

    async with introduced(quick_site, limited) as talk:
        refused = await talk.ask(SCOPE)
        await talk.subscribe("q", {"documentId": "nobody"})
        unknown = (await talk.receive())["payload"]
        await talk.subscribe("q", {"documentId": "home"})
        answer = await talk.receive()

    codes = [error["extensions"]["code"] for error in (*refused, *unknown)]
    assert codes == ["PERSISTED_QUERY_ID_REQUIRED", "PERSISTED_QUERY_NOT_IN_LIST"]
    assert answer == {"id": "q", "type": "next", "payload": READ}


async def test_a_socket_takes_hashes(quick_site: Site) -> None:
    async with introduced(quick_site) as talk:
        await talk.subscribe("a", {"extensions": hashed(SCOPE)})
        unknown = await talk.receive()
        await talk.subscribe("b", {"query": SCOPE, "extensions": hashed(SCOPE)})
        told = [await talk.receive() for _ in range(2)]
        await talk.subscribe("c", {"extensions": hashed(SCOPE)})
        again = await talk.receive()

    assert unknown["payload"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert told[0]["payload"] == again["payload"] == READ


async def test_a_limited_key_follows_a_trusted_stream_and_no_other(
    quick_site: Site, client: httpx.AsyncClient
) -> None:
    limited = await new_key(quick_site.api.desk, "read", trusted_only=True)
    await trust(quick_site, home=SCOPE, follow=FOLLOW)
    headers = {**quick_site.headers(limited), "Accept": "text/event-stream"}

    refused = await client.post(quick_site.url, json={"query": FOLLOW}, headers=headers)
    one = {"json": {"documentId": "home"}, "headers": headers}
    async with streaming(client, "POST", quick_site.url, **one) as stream:
        told = [await stream.next() for _ in range(2)]
    address = f"{quick_site.url}?documentId=follow"
    async with streaming(client, "GET", address, headers=headers) as stream:
        kind = stream.response.headers["content-type"]

    assert (refused.status_code, code(refused)) == (403, "PERSISTED_QUERY_ID_REQUIRED")
    assert told == [("next", READ), ("complete", None)]
    assert kind.startswith("text/event-stream")


async def test_a_stream_for_many_operations_takes_ids_and_no_text_of_a_limited_key(
    quick_site: Site, client: httpx.AsyncClient
) -> None:
    limited = await new_key(quick_site.api.desk, "read", trusted_only=True)
    await trust(quick_site, home=SCOPE)
    token = (await client.put(quick_site.url, headers=quick_site.headers(limited))).text
    headers = {**quick_site.headers(limited), "X-GraphQL-Event-Stream-Token": token}
    named = {"extensions": {"operationId": "a"}}

    refused = await client.post(quick_site.url, json={"query": SCOPE, **named}, headers=headers)
    taken = await client.post(quick_site.url, json={"documentId": "home", **named}, headers=headers)
    async with streaming(client, "GET", f"{quick_site.url}?token={token}") as stream:
        told = await stream.next()

    assert (refused.status_code, code(refused)) == (403, "PERSISTED_QUERY_ID_REQUIRED")
    assert taken.status_code == 202
    assert told == ("next", {"id": "a", "payload": READ})


async def test_a_limited_key_may_change_what_a_trusted_document_changes(
    site: Site, http: httpx.AsyncClient
) -> None:
    limited = await new_key(site.api.desk, "admin", trusted_only=True)
    given = '(input: {name: "n", trustedOnly: true})'
    make = f"mutation {{ createApiKey{given} {{ apiKey {{ name trustedOnly }} }} }}"
    await trust(site, make=make)

    answer = await post(site, http, {"documentId": "make"}, limited)

    made = {"apiKey": {"name": "n", "trustedOnly": True}}
    assert answer.json() == {"data": {"createApiKey": made}}


def test_the_operations_of_a_good_document_are_told_by_name() -> None:
    assert operations_in(schema, f"{SCOPE} {ZONE}") == ["Scope", "Zone"]
    assert operations_in(schema, "{ viewer { scope } }") == [""]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "line 1: Syntax Error"),
        ("\n{ nobody }", "line 2: Cannot query field 'nobody'"),
        ("fragment a on Viewer { scope }", "Fragment 'a'"),
        ("type A { b: Int }", "not executable"),
        (
            " ".join(f"query q{number} {{ viewer {{ scope }} }}" for number in range(10_000)),
            "tokens",
        ),
        ("{ node(id: 1) " * 3_000 + "}" * 3_000, "nested too deeply"),
        ("{" * 990 + "}" * 990, "nested too deeply"),
    ],
)
def test_a_document_that_could_not_be_run_is_refused_with_reasons(text: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        operations_in(schema, text)
