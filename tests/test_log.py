"""What the log must never show."""

import io
import json

import pytest

from rewind_gql import log


@pytest.mark.parametrize(
    "text",
    [
        "GET /2.0/?api_key=hunter2&user=x",
        "Authorization: Discogs token=hunter2",
        "authorization: Bearer hunter2",
        '{"access_token": "hunter2"}',
        "postgresql://me:hunter2@host/db",
        "redis://:hunter2@host",
        "password=hunter2",
        "GET /2.0/?sk=hunter2&user=x",
        "session_sk=hunter2",
    ],
)
def test_secrets_are_taken_out(text: str) -> None:
    assert "hunter2" not in log.redact(text)


def test_keys_of_ours_are_taken_out() -> None:
    assert "quuAgOYibzaF9l3d" not in log.redact("key rw_live_quuAgOYibzaF9l3dixt0bnl1 refused")


@pytest.mark.parametrize(
    "text",
    [
        "Low - Token of the sky",
        "12 new, 3 known",
        "https://a.b/c?x=1",
        "https://a.b/c.jpg?mask=5&task=8",
    ],
)
def test_other_words_stay(text: str) -> None:
    assert log.redact(text) == text


def test_an_event_is_one_line_with_its_room_and_without_secrets() -> None:
    out = io.StringIO()
    log.configure(form="json", out=out)

    log.get("sync").info("ended", error="token=hunter2", run="pull_1")

    event = json.loads(out.getvalue())
    assert (event["event"], event["room"], event["run"]) == ("ended", "sync", "pull_1")
    assert "hunter2" not in out.getvalue()
