"""Syncing as GraphQL tells it."""

from schema.ids import global_id
from tests.schema.conftest import Asking


async def test_health_is_told_by_domain_with_its_sources(ask: Asking) -> None:
    data = await ask.data(
        """{ syncHealth { domain errorRate latest { status trigger }
          sources { provider freshness errorRate partialRate paused activeRun { stage }
                    lastRun { trigger } } } }"""
    )
    health = {each["domain"]: each for each in data["syncHealth"]}

    assert list(health)[:6] == [
        "listening",
        "running",
        "watching",
        "collecting",
        "reading",
        "attending",
    ]
    assert health["running"] == {
        "domain": "running",
        "errorRate": 0.0,
        "latest": None,
        "sources": [],
    }
    assert health["listening"] == {
        "domain": "listening",
        "errorRate": 0.5,
        "latest": {"status": "SUCCESS", "trigger": "retry"},
        "sources": [
            {
                "provider": "lastfm",
                "freshness": "FRESH",
                "errorRate": 0.5,
                "partialRate": 0.0,
                "paused": False,
                "activeRun": {"stage": "QUEUED"},
                "lastRun": {"trigger": "schedule"},
            }
        ],
    }


async def test_a_run_is_told_with_its_parts_events_and_error(ask: Asking) -> None:
    data = await ask.data(
        """{ syncRuns(filter: {provider: "lastfm", status: FAILED}) { nodes {
          stage status transport attempt error { kind code message retryable }
          canCancel canRetry etaSeconds retryOf { id } source { provider }
          parts { part kind status inserted failed }
          events { nodes { stage status metadata run { status } } pageInfo { hasNextPage } }
        } } }"""
    )
    (run,) = data["syncRuns"]["nodes"]
    events = run.pop("events")

    assert run == {
        "stage": "FAILED",
        "status": "FAILED",
        "transport": "PULL",
        "attempt": 1,
        "error": {"kind": "network", "code": None, "message": "no answer", "retryable": True},
        "canCancel": False,
        "canRetry": True,
        "etaSeconds": None,
        "retryOf": None,
        "source": {"provider": "lastfm"},
        "parts": [
            {"part": "plays", "kind": "event", "status": "FAILED", "inserted": 1, "failed": 1}
        ],
    }
    assert [event["stage"] for event in events["nodes"]] == ["QUEUED", "STARTED", "FAILED"]
    assert events["nodes"][0]["metadata"] == {"trigger": "manual"}
    assert events["nodes"][0]["run"] == {"status": "FAILED"}
    assert events["pageInfo"] == {"hasNextPage": False}


async def test_a_run_is_found_by_its_id(ask: Asking) -> None:
    data = await ask.data("{ syncRuns(first: 1) { nodes { id } } }")
    (run,) = data["syncRuns"]["nodes"]
    query = "query ($id: ID!) { syncRun(id: $id) { id } }"

    assert await ask.data(query, id=run["id"]) == {"syncRun": run}
    assert await ask.data(query, id=global_id("SyncRun", "pull_0")) == {"syncRun": None}


async def test_runs_are_filtered_by_all_that_is_given(ask: Asking) -> None:
    query = "query ($filter: SyncRunFilter) { syncRuns(filter: $filter) { totalCount } }"

    async def count(**given: str | None) -> int:
        return int((await ask.data(query, filter=given))["syncRuns"]["totalCount"])

    assert await count() == 12
    assert await count(domain="listening") == 3
    assert await count(domain="listening", status="SUCCESS") == 1
    assert await count(domain="listening", provider="discogs") == 0
    assert await count(domain=None, provider="discogs") == 3


async def test_what_could_not_be_read_is_kept_with_its_reason(ask: Asking) -> None:
    fields = "part place reason raw run { status }"
    data = await ask.data(f"{{ syncRejects(first: 1) {{ nodes {{ {fields} }} }} }}")

    assert data["syncRejects"]["nodes"] == [
        {
            "part": "plays",
            "place": "page 1",
            "reason": "no name",
            "raw": "{}",
            "run": {"status": "SUCCESS"},
        }
    ]


async def test_hours_out_of_range_are_refused(quick_ask: Asking) -> None:
    result = await quick_ask.run("{ syncSources { errorRate(hours: 0) } }")

    assert result.data is None
    assert {(error.extensions or {})["argument"] for error in result.errors or ()} == {"hours"}
