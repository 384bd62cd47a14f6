"""`rewind users`: people added, listed, shut out; passwords asked for, unseen."""

import asyncio
import json
import os
import pty
import select
import subprocess
from pathlib import Path
from typing import Any

import pytest

from rewind_gql.auth import passwords, users
from rewind_gql.store.engine import Store
from tests.cli.world import COMMAND, PATIENCE_S, Ran, environment, rewind

PASSWORD = "correct horse battery"


def given(folder: Path, *arguments: str, password: str = PASSWORD) -> Ran:
    """A command with the password in a file."""
    file = folder / "password"
    file.write_text(f"{password}\n")
    return rewind("users", *arguments, "--password-file", str(file), folder=folder)


def listed(folder: Path) -> list[dict[str, Any]]:
    """Everybody, as the command lists them."""
    found: list[dict[str, Any]] = json.loads(rewind("users", "list", "--json", folder=folder).out)
    return found


def opens(folder: Path, name: str, password: str) -> bool:
    """Whether somebody signs in with this password."""

    async def tried() -> bool:
        store = await Store.open(f"sqlite:///{folder / 'data' / 'rewind.db'}")
        try:
            account = await store.system(users.account, identifier=name)
        finally:
            await store.close()
        return await passwords.matches(password, account.password_hash if account else None)

    return asyncio.run(tried())


def typed(folder: Path, *arguments: str, lines: list[str]) -> tuple[int, str]:
    """A command at a terminal, where each line is typed when it asks; gives all that was shown."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=folder,
        env=environment(),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown, waiting = b"", list(lines)
    try:
        while select.select([ours], [], [], PATIENCE_S)[0]:
            try:
                shown += os.read(ours, 4_096)
            except OSError:  # the other side is closed
                break
            if waiting and shown.endswith(b": "):
                os.write(ours, f"{waiting.pop(0)}\n".encode())
    finally:
        os.close(ours)
        code = process.wait(PATIENCE_S)
    return code, shown.decode()


def test_somebody_added_signs_in_and_is_listed_after_the_owner(tmp_path: Path) -> None:
    done = given(tmp_path, "add", "Ada", "--email", "Ada@Example.org", "--time-zone", "Asia/Tokyo")

    owner, ada = listed(tmp_path)
    assert (done.code, done.err) == (0, "")
    assert done.out == "ada can sign in.\n"
    assert (owner["name"], owner["username"], owner["has_password"]) == ("me", None, False)
    assert (ada["username"], ada["email"]) == ("ada", "ada@example.org")
    assert (ada["time_zone"], ada["has_password"]) == ("Asia/Tokyo", True)
    assert opens(tmp_path, "ada", PASSWORD)


def test_the_list_for_people_says_who_signs_in(tmp_path: Path) -> None:
    given(tmp_path, "add", "ada")
    rewind("users", "disable", "ada", folder=tmp_path)

    shown = rewind("users", "list", folder=tmp_path).out.splitlines()

    assert "(me)" in shown[1]
    assert shown[1].rstrip().endswith("by key only")
    assert shown[2].rstrip().endswith("shut out")


def test_a_password_is_nowhere_in_the_folder(tmp_path: Path) -> None:
    given(tmp_path, "add", "ada")

    held = [file.read_bytes() for file in (tmp_path / "data").rglob("*") if file.is_file()]

    assert held
    assert not any(PASSWORD.encode() in content for content in held)


def test_the_owner_signs_in_by_a_name_of_their_choice(tmp_path: Path) -> None:
    done = given(tmp_path, "add", "jo", "--owner", "--json")

    assert json.loads(done.out)["id"] == 1
    assert [user["username"] for user in listed(tmp_path)] == ["jo"]
    assert opens(tmp_path, "jo", PASSWORD)


def test_the_owner_signs_in_by_their_name_once_they_have_a_password(tmp_path: Path) -> None:
    done = given(tmp_path, "password", "me")

    assert done.code == 0
    assert [user["username"] for user in listed(tmp_path)] == ["me"]
    assert opens(tmp_path, "me", PASSWORD)


def test_another_password_takes_the_place_of_the_first(tmp_path: Path) -> None:
    given(tmp_path, "add", "ada")

    done = given(tmp_path, "password", "ADA", password="battery staple")

    assert done.out == "ada has a new password.\n"
    assert opens(tmp_path, "ada", "battery staple")
    assert not opens(tmp_path, "ada", PASSWORD)


def test_somebody_is_shut_out_and_let_in_again(tmp_path: Path) -> None:
    given(tmp_path, "add", "ada")

    gone = rewind("users", "disable", "ada", "--json", folder=tmp_path)
    back = rewind("users", "enable", "ada", "--json", folder=tmp_path)

    assert json.loads(gone.out)["disabled"] is True
    assert json.loads(back.out)["disabled"] is False


def test_a_password_comes_from_standard_input(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "users", "add", "ada", "--password-file", "-"],
        cwd=tmp_path,
        env=environment(),
        input=f"{PASSWORD}\r\n".encode(),
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )

    assert done.returncode == 0
    assert opens(tmp_path, "ada", PASSWORD)


def test_a_terminal_is_asked_twice_and_shows_nothing(tmp_path: Path) -> None:
    code, shown = typed(tmp_path, "users", "add", "ada", lines=[PASSWORD, PASSWORD])

    assert code == 0
    assert [line.strip() for line in shown.splitlines() if line.strip()] == [
        "Password:",
        "Once more:",
        "ada can sign in.",
    ]
    assert opens(tmp_path, "ada", PASSWORD)


def test_two_that_differ_change_nothing(tmp_path: Path) -> None:
    code, shown = typed(tmp_path, "users", "add", "ada", lines=[PASSWORD, "something else"])

    assert code == 1
    assert "not the same" in shown
    assert len(listed(tmp_path)) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("add", "Jane Doe"), "A username has"),
        (("add", "ada", "--email", "ada"), "is not an e-mail address"),
        (("add", "ada", "--time-zone", "Mars/Base"), "is not an IANA time zone"),
        (("add", "ada", "--owner", "--time-zone", "UTC"), "leave --time-zone or --owner out"),
        (("password", "nobody"), "There is no user 'nobody'"),
    ],
)
def test_what_cannot_be_is_told_in_words(
    arguments: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    done = given(tmp_path, *arguments)

    assert done.code == 1
    assert words in done.err
    assert "Traceback" not in done.said


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"short\n", "at least 8"), (b"x" * 9_000, "at most 1,024"), (b"\xff" * 10, "UTF-8")],
)
def test_a_file_that_holds_no_password_is_told_in_words(
    content: bytes, words: str, tmp_path: Path
) -> None:
    (tmp_path / "password").write_bytes(content)

    done = rewind("users", "add", "ada", "--password-file", "password", folder=tmp_path)

    assert (done.code, words in done.err) == (1, True)


@pytest.mark.parametrize(
    ("file", "words"), [((), "no terminal"), (("--password-file", "."), "cannot be read")]
)
def test_without_a_password_nobody_is_added(
    file: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    done = rewind("users", "add", "ada", *file, folder=tmp_path)

    assert (done.code, words in done.err) == (1, True)
    assert len(listed(tmp_path)) == 1


def test_a_name_that_is_taken_is_told_as_json_too(tmp_path: Path) -> None:
    given(tmp_path, "add", "ada")

    done = given(tmp_path, "add", "Ada", "--json")

    assert done.code == 1
    assert json.loads(done.out)["kind"] == "Conflicting"


def test_a_key_is_made_listed_and_revoked_for_somebody_else(tmp_path: Path) -> None:
    given(tmp_path, "add", "ada")
    made = rewind("keys", "create", "--name", "n", "--user", "ada", "--json", folder=tmp_path)
    number = str(json.loads(made.out)["id"])

    theirs = json.loads(rewind("keys", "list", "--user", "ada", "--json", folder=tmp_path).out)
    owners = json.loads(rewind("keys", "list", "--json", folder=tmp_path).out)
    not_mine = rewind("keys", "revoke", number, folder=tmp_path)
    gone = rewind("keys", "revoke", number, "--user", "ada", "--json", folder=tmp_path)

    assert ([key["name"] for key in theirs], owners) == (["n"], [])
    assert "API key not found" in not_mine.err
    assert json.loads(gone.out)["is_active"] is False


def test_a_key_for_nobody_is_not_made(tmp_path: Path) -> None:
    done = rewind("keys", "create", "--name", "n", "--user", "", folder=tmp_path)

    assert (done.code, done.err) == (1, "rewind: There is no user ''\n")
