"""The command line as a whole: help, wrong usage, JSON, and words instead of traces."""

import json
from pathlib import Path

import pytest

from rewind_gql import __version__
from rewind_gql.cli.app import COMMANDS
from tests.cli.world import rewind

SUBCOMMANDS = (("keys", "create"), ("keys", "list"), ("keys", "revoke"), ("config", "show"))


def test_help_lists_every_command_with_what_it_is_for(tmp_path: Path) -> None:
    done = rewind("--help", folder=tmp_path)

    assert done.code == 0
    assert all(f"  {name:<10} {text}\n" in done.out for name, text in COMMANDS.items())


def test_no_command_at_all_shows_the_help(tmp_path: Path) -> None:
    assert rewind(folder=tmp_path) == rewind("--help", folder=tmp_path)


@pytest.mark.parametrize("command", [*((name,) for name in COMMANDS), *SUBCOMMANDS], ids=" ".join)
def test_every_command_has_help_and_touches_nothing(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    done = rewind(*command, "--help", folder=tmp_path)

    assert done.code == 0, done.said
    assert f"Usage: rewind {' '.join(command)}" in done.out
    assert len(done.out.splitlines()) > 8
    assert list(tmp_path.iterdir()) == []


def test_the_version_is_told(tmp_path: Path) -> None:
    assert rewind("--version", folder=tmp_path).out == f"rewind {__version__}\n"


def test_an_unknown_command_gets_a_suggestion(tmp_path: Path) -> None:
    done = rewind("snyc", folder=tmp_path)

    assert (done.code, done.out) == (2, "")
    assert "Did you mean `rewind sync`?" in done.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("sync", "--nope"), "No such option: --nope"),
        (("keys", "create"), "Missing option '--name'"),
        (("keys", "create", "--name", "x", "--scope", "root"), "'root'"),
        (("keys", "revoke", "first"), "integer"),
        (("import",), "Missing argument"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_is_wrong(
    arguments: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    done = rewind(*arguments, folder=tmp_path)

    assert (done.code, done.out) == (2, "")
    assert words in done.err


def test_a_group_alone_shows_its_commands(tmp_path: Path) -> None:
    done = rewind("keys", folder=tmp_path)

    assert all(word in done.said for word in ("create", "list", "revoke"))


def test_an_error_is_one_json_document_where_json_is_asked_for(tmp_path: Path) -> None:
    done = rewind("keys", "revoke", "7", "--json", folder=tmp_path)

    assert (done.code, done.err) == (1, "")
    assert json.loads(done.out) == {"error": "API key not found", "kind": "NotFound"}


def test_output_that_cannot_show_every_sign_is_no_reason_to_fail(synced: Path) -> None:
    done = rewind("doctor", folder=synced, PYTHONIOENCODING="ascii")

    assert (done.code, done.err) == (0, "")
    assert "counts: equal the plays" in done.out
