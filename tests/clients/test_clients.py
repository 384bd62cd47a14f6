"""The npm packages graphql-ws and graphql-sse, unmodified, run by Node against a real server."""

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.world import PATIENCE_S, begin, pretending, small_life

FOLDER = Path(__file__).parent
CLIENTS = ("graphql-ws", "graphql-sse", "graphql-sse-single")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of a server with a source to sync from, and an admin key."""
    folder = tmp_path_factory.mktemp("served")
    with pretending(small_life(plays=800)) as world:
        ours = {"REWIND_RATE_LIMIT_RPM": "100000", "REWIND_LOG_LEVEL": "warning"}
        process = begin("serve", "--port", "0", "--json", folder=folder, **world.settings, **ours)
        try:
            assert process.stdout is not None
            said = json.loads(b"".join([*iter(process.stdout.readline, b"}\n"), b"}"]))
            yield said["url"], said["first_admin_key"]
        finally:
            process.terminate()
            _, complaints = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == -signal.SIGTERM
    assert complaints == b""


@pytest.fixture(scope="module", params=CLIENTS)
def report(request: pytest.FixtureRequest, server: tuple[str, str]) -> dict[str, Any]:
    """What one of the clients made of the server."""
    assert (FOLDER / "node_modules").is_dir(), "The clients are not there: run `make clients`."
    done = subprocess.run(
        ["node", "talk.mjs", request.param, *server],
        cwd=FOLDER,
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    told: dict[str, Any] = json.loads(done.stdout)
    return {"client": request.param, **told}


def test_a_sync_is_followed_to_its_end_through_any_number_of_cuts(report: dict[str, Any]) -> None:
    numbers = [event["seq"] for event in report["events"]]

    assert numbers == report["listed"][: len(numbers)]
    assert len(numbers) > 2
    assert report["events"][-1]["stage"] == "COMPLETED"


def test_one_run_is_followed_from_its_queue_to_its_end(report: dict[str, Any]) -> None:
    run = report["events"][-1]["run"]["id"]

    assert report["whole"] == [e["seq"] for e in report["events"] if e["run"]["id"] == run]


def test_several_operations_run_side_by_side(report: dict[str, Any]) -> None:
    assert report["scopes"] == ["ADMIN"] * 5


def test_a_document_that_is_refused_is_told_so_and_harms_no_other(report: dict[str, Any]) -> None:
    if report["client"] == "graphql-sse-single":
        assert report["invalid"] == 400
    else:
        codes = [error["extensions"]["code"] for error in report["invalid"]]
        assert codes == ["GRAPHQL_VALIDATION_FAILED"]
    assert report["after"] == "ADMIN"


def test_a_revoked_key_ends_what_it_opened(report: dict[str, Any]) -> None:
    if report["client"] == "graphql-ws":
        assert report["closed"][0] == 4403
    else:
        assert report["revoked"] == ["UNAUTHENTICATED"]


def test_who_is_not_known_is_refused(report: dict[str, Any]) -> None:
    assert report["refused"] == (4403 if report["client"] == "graphql-ws" else 401)
