"""Looking for images in GraphQL: a run asked for, joined, or in the way."""

from typing import Any

import pytest

from tests.schema.conftest import Asking

BACKFILL = """mutation ($input: BackfillImagesInput!) {
  backfillImages(input: $input) {
    coalesced clientMutationId
    run { provider domain syncType status }
    errors { code path message }
  }
}"""


async def asked(ask: Asking, **given: Any) -> Any:
    """What asking to look for images answers."""
    variables = {"input": {"domain": "listening", **given}}
    return (await ask.data(BACKFILL, scope="admin", **variables))["backfillImages"]


async def test_a_run_is_queued_and_told(own_ask: Asking) -> None:
    answered = await asked(own_ask, kinds=["albums"], limit=5, clientMutationId="one")

    assert answered == {
        "coalesced": False,
        "clientMutationId": "one",
        "run": {
            "provider": "images",
            "domain": "listening",
            "syncType": "pictures",
            "status": "IN_PROGRESS",
        },
        "errors": [],
    }
    assert [name for name, _ in own_ask.jobs.jobs] == ["sync"]


async def test_asking_for_the_same_joins(own_ask: Asking) -> None:
    await asked(own_ask, which="FAILED")

    answered = await asked(own_ask, which="FAILED")

    assert answered["coalesced"] is True


async def test_one_that_looks_for_others_is_in_the_way(own_ask: Asking) -> None:
    await asked(own_ask)

    answered = await asked(own_ask, which="MISSING")

    assert [each["code"] for each in answered["errors"]] == ["SYNC_ALREADY_RUNNING"]
    assert answered["run"]["status"] == "IN_PROGRESS"


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"domain": "focus"}, "domain"),
        ({"domain": "nowhere"}, "domain"),
        ({"kinds": ["releases"]}, "kinds"),
        ({"limit": 0}, "limit"),
    ],
)
async def test_what_there_is_none_of_is_refused(
    quick_ask: Asking, given: dict[str, Any], path: str
) -> None:
    answered = await asked(quick_ask, **given)

    assert answered["run"] is None
    assert answered["errors"][0]["path"][-1] == path
