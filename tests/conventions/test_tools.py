"""The schema under the linters, and under what finds breaking changes."""

import shutil
import subprocess

import pytest

from schema.root import SDL
from tests.conventions.conftest import FOLDER, Workshop

RELEASED = SDL.with_name("released.graphql")
ROOT = FOLDER.parents[1]


def test_graphql_schema_linter_finds_nothing(workshop: Workshop) -> None:
    assert "0 errors detected" in workshop.tool("graphql-schema-linter", "schema.graphql")


def test_graphql_eslint_finds_nothing_in_the_schema_and_relay_sets(workshop: Workshop) -> None:
    assert workshop.tool("eslint", "--max-warnings", "0", "schema.graphql") == ""


def test_both_linters_look_at_what_they_are_given(workshop: Workshop) -> None:
    schema = workshop.folder / "schema.graphql"
    schema.write_text("type Query { Odd_name: Int }\n", encoding="utf-8")
    linter = ("node_modules/.bin/graphql-schema-linter", "schema.graphql")

    assert "Odd_name" in workshop.tried(*linter).stdout
    assert "Odd_name" in workshop.tried("node_modules/.bin/eslint", "schema.graphql").stdout


def test_nothing_that_was_released_is_broken(workshop: Workshop) -> None:
    (workshop.folder / "newest.graphql").write_text(newest_release(), encoding="utf-8")

    assert workshop.node("breaking.mjs", "newest.graphql", "schema.graphql") == ""
    assert workshop.node("breaking.mjs", str(RELEASED), "schema.graphql") == ""


@pytest.mark.parametrize(
    ("kept", "changed", "told"),
    [
        ("  scope: Int\n", "", "Field 'scope' was removed from object type 'Viewer'"),
        ("String!", "String", "Field 'Viewer.timeZone' changed type from 'String!' to 'String'"),
        ("scope", "scope(in: Int!)", "Argument 'in: Int!' added to field 'Viewer.scope'"),
    ],
)
def test_what_breaks_clients_is_told(
    workshop: Workshop, kept: str, changed: str, told: str
) -> None:
    old = "type Query { viewer: Viewer }\ntype Viewer {\n  timeZone: String!\n  scope: Int\n}\n"
    (workshop.folder / "old.graphql").write_text(old, encoding="utf-8")
    (workshop.folder / "new.graphql").write_text(old.replace(kept, changed), encoding="utf-8")

    done = workshop.tried("node", "breaking.mjs", "old.graphql", "new.graphql")

    assert done.returncode == 1
    assert done.stdout == f"{told}\n"


def test_what_was_deprecated_may_go(workshop: Workshop) -> None:
    kept = 'type Query { a: Int, b: Int @deprecated(reason: "Use `a`; goes after 2027-06-30.") }'
    (workshop.folder / "old.graphql").write_text(kept, encoding="utf-8")
    (workshop.folder / "new.graphql").write_text("type Query { a: Int }", encoding="utf-8")

    assert workshop.node("breaking.mjs", "old.graphql", "new.graphql") == ""


def newest_release() -> str:
    """The schema at the newest version tag; the one that is kept where there is no tag."""
    tags = git("tag", "--list", "v*", "--merged", "HEAD", "--sort=-version:refname").split()
    return git("show", f"{tags[0]}:schema/schema.graphql") if tags else RELEASED.read_text()


def git(*command: str) -> str:
    """What git says of this work tree; nothing where it is none."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        return ""
    return subprocess.run(
        ("git", *command), cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
