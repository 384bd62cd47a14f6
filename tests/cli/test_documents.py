"""`rewind documents`: added once they are good, listed, removed; and keys that run nothing else."""

import json
from pathlib import Path

import pytest

from rewind_gql.auth.documents import fingerprint
from tests.cli.world import rewind

pytestmark = pytest.mark.either
SCOPE = "query Scope { viewer { scope } }\n"
ZONE = "query Zone { viewer { timeZone } }"


def listed(folder: Path) -> dict[str, str]:
    """The names of the documents by their ids."""
    done = rewind("documents", "list", "--json", folder=folder)
    return {each["document_id"]: each["name"] for each in json.loads(done.out)}


def test_documents_are_added_listed_and_removed(tmp_path: Path) -> None:
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "scope.graphql").write_text(SCOPE)
    (tmp_path / "persisted.json").write_text(json.dumps({"zone": ZONE}))
    by_hash = f"sha256:{fingerprint(SCOPE)}"

    added = rewind("documents", "add", "queries", "persisted.json", folder=tmp_path)
    found = listed(tmp_path)
    again = rewind("documents", "add", "queries", "--json", folder=tmp_path)
    gone = rewind("documents", "remove", "zone", folder=tmp_path)

    assert (added.code, added.err) == (0, "")
    assert "2 trusted, 2 of them new" in added.out
    assert found == {by_hash: "Scope", "zone": "Zone"}
    assert json.loads(again.out)["added"] == 0
    assert gone.out == "1 removed.\n"
    assert listed(tmp_path) == {by_hash: "Scope"}


def test_one_broken_document_keeps_them_all_out(tmp_path: Path) -> None:
    operations = [
        {"id": "good", "name": "S", "type": "query", "body": SCOPE},
        {"id": "bad", "name": "B", "type": "query", "body": "query B {\n  nobody\n}"},
        {"id": "broken", "name": "C", "type": "query", "body": "query {"},
    ]
    manifest = {
        "format": "apollo-persisted-query-manifest",
        "version": 1,
        "operations": operations,
    }
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))

    done = rewind("documents", "add", "manifest.json", folder=tmp_path)

    assert done.code == 1
    assert "Nothing was added" in done.err
    assert "manifest.json: bad: line 2: Cannot query field 'nobody'" in done.err
    assert "manifest.json: broken: line 1: Syntax Error" in done.err
    assert listed(tmp_path) == {}


def test_very_many_broken_documents_are_not_all_told(tmp_path: Path) -> None:
    many = {f"d{number}": "{ nobody }" for number in range(50)}
    (tmp_path / "persisted.json").write_text(json.dumps(many))

    done = rewind("documents", "add", "persisted.json", folder=tmp_path)

    assert done.err.count("Cannot query") == 20
    assert "and 30 more" in done.err


def test_one_id_for_two_texts_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"home": SCOPE}))
    (tmp_path / "b.json").write_text(json.dumps({"home": ZONE}))

    done = rewind("documents", "add", "a.json", "b.json", folder=tmp_path)

    assert done.code == 1
    assert "two texts" in done.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("add", "nobody.graphql"), "There is no file nobody.graphql"),
        (("remove", "nobody"), "There is no document nobody"),
        (("remove",), "--all"),
        (("remove", "x", "--all"), "--all"),
        (("list", "--user", "nobody"), "nobody"),
    ],
)
def test_what_cannot_be_done_is_said(
    arguments: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    done = rewind("documents", *arguments, folder=tmp_path)

    assert done.code == 1
    assert words in done.err


def test_all_are_removed_at_once(tmp_path: Path) -> None:
    (tmp_path / "persisted.json").write_text(json.dumps({"a": SCOPE, "b": ZONE}))
    rewind("documents", "add", "persisted.json", folder=tmp_path)

    gone = rewind("documents", "remove", "--all", "--json", folder=tmp_path)

    assert sorted(json.loads(gone.out)["removed"]) == ["a", "b"]
    assert "rewind documents add" in rewind("documents", "list", folder=tmp_path).out


def test_a_key_is_limited_to_them_at_its_making(tmp_path: Path) -> None:
    made = rewind(
        *("keys", "create", "--name", "page", "--trusted-only", "--rpm", "600", "--json"),
        folder=tmp_path,
    )
    told = rewind("keys", "create", "--name", "other", "--trusted-only", folder=tmp_path)
    keys = json.loads(rewind("keys", "list", "--json", folder=tmp_path).out)

    assert json.loads(made.out)["trusted_only"] is True
    assert "for trusted documents alone" in told.out
    assert [(key["trusted_only"], key["rate_limit_rpm"]) for key in keys] == [
        (True, 600),
        (True, 60),
    ]


def test_a_scrobble_key_runs_no_documents(tmp_path: Path) -> None:
    done = rewind(
        *("keys", "create", "--name", "x", "--scope", "scrobble", "--trusted-only"),
        folder=tmp_path,
    )

    assert done.code == 1
    assert "scrobble key runs no documents" in done.err
