"""Trusted documents: added, found, listed and removed, each person's for themselves."""

import hashlib

import pytest

from rewind_gql.auth import documents
from rewind_gql.auth.documents import MOST, Trusted, fingerprint, is_hash, is_id
from rewind_gql.errors import BadInput
from rewind_gql.store.engine import Store
from tests.databases import ME, OTHER

SCOPE = "{ viewer { scope } }"
ZONE = "{ viewer { timeZone } }"
HASH = hashlib.sha256(SCOPE.encode()).hexdigest()


async def text(store: Store, document_id: str, user_id: int = ME) -> str | None:
    """The text of a document."""
    return await store.ask(documents.text, user_id, document_id=document_id)


async def add(store: Store, *batch: Trusted, user_id: int = ME) -> int:
    """Trust documents; gives how many are new."""
    async with store.write() as conn:
        return await documents.add(conn, user_id, batch)


async def test_a_document_is_found_by_its_id_and_by_its_hash(store: Store) -> None:
    await add(store, Trusted("home", SCOPE))

    found = [await text(store, each) for each in ("home", HASH, f"sha256:{HASH}")]

    assert found == [SCOPE] * 3


async def test_an_id_goes_before_a_hash(store: Store) -> None:
    await add(store, Trusted("first", SCOPE), Trusted(HASH, ZONE))

    assert await text(store, HASH) == ZONE


@pytest.mark.parametrize("document_id", ["nobody", "", "Home", "hom", "%", "sha256:home"])
async def test_no_other_id_finds_it(store: Store, document_id: str) -> None:
    await add(store, Trusted("home", SCOPE))

    assert await text(store, document_id) is None


async def test_documents_are_each_persons_own(store: Store) -> None:
    await add(store, Trusted("home", SCOPE))
    await add(store, Trusted("home", ZONE), user_id=OTHER)

    async with store.write() as conn:
        gone = await documents.remove(conn, OTHER, ["home", "nobody"])

    assert gone == ["home"]
    assert await text(store, "home") == SCOPE
    assert await text(store, "home", OTHER) is None
    assert await store.ask(documents.documents, OTHER) == []


async def test_adding_again_changes_the_text_and_adds_nothing(store: Store) -> None:
    first = await add(store, Trusted("home", SCOPE, "Scope"), Trusted("zone", ZONE))

    again = await add(store, Trusted("home", ZONE, "Zone"))

    listed = await store.ask(documents.documents, ME)
    assert (first, again) == (2, 0)
    assert await text(store, "home") == ZONE
    assert await text(store, HASH) is None
    assert {(each.document_id, each.name, each.characters) for each in listed} == {
        ("home", "Zone", len(ZONE)),
        ("zone", None, len(ZONE)),
    }


async def test_there_is_an_end_to_how_many_there_can_be(store: Store) -> None:
    await add(store, *(Trusted(f"d{number}", SCOPE) for number in range(MOST)))

    with pytest.raises(BadInput, match="10,000"):
        await add(store, Trusted("one-more", SCOPE))

    assert await add(store, Trusted("d0", ZONE)) == 0


@pytest.mark.parametrize(
    ("document_id", "good"),
    [
        ("home", True),
        ("a-b.c_d~e", True),
        ("x-own:name", True),
        ("sha256:" + "0" * 64, True),
        ("0" * 32, True),
        ("sha256:" + "0" * 63, False),
        ("sha256:" + "A" * 64, False),
        ("a:b:c", False),
        ("", False),
        ("a b", False),
        ("a/b", False),
        ("ä", False),
        ("home\n", False),
        ("a" * 129, False),
    ],
)
def test_an_id_is_a_hash_or_a_word(document_id: str, good: bool) -> None:
    assert is_id(document_id) is good


def test_a_hash_is_the_sha_256_of_the_text_in_utf_8() -> None:
    shown = "query ($id: ID!) {\n  user(id: $id) {\n    name\n  }\n}"

    # The example in the appendix on persisted documents.
    assert fingerprint(shown) == "7dba4bd717b41f10434822356a93c32b1fb4907b983e854300ad839f84cdcd6e"
    assert is_hash(fingerprint("ø"))
