"""Sessions sent over REST: every rule in its own words, and what comes back."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest
import time_machine

from rewind_gql.domains.focus.tables import Receipt, Session
from rewind_gql.store.engine import Store
from rewind_gql.sync.tables import Reject, Run
from tests.rest.test_fuzz import ask as raw_ask
from tests.serving import Api
from tests.sync.devices import made
from tests.sync.devices.made import NOON, NOW, body

SUBMIT = "/api/pomodoro/submit"
JSON = {"Content-Type": "application/json"}


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    """The day of the examples, with a clock that runs."""
    with time_machine.travel(NOW):
        yield


async def send(api: Api, content: Any, *, key: str = "admin", **headers: str) -> httpx.Response:
    """One upload; bytes are sent as they are."""
    raw = content if isinstance(content, bytes) else orjson.dumps(content)
    return await api.ask(SUBMIT, method="POST", key=key, content=raw, headers={**JSON, **headers})


def error(answered: httpx.Response) -> tuple[int, Any]:
    """The status and the words of a refusal."""
    return answered.status_code, answered.json()["error"]


async def test_a_session_is_logged(api: Api, store: Store) -> None:
    answered = await send(api, body())

    (number,) = await made.rows(store, Session, "id")
    assert answered.status_code == 201
    assert answered.json() == {
        "success": True,
        "session_id": str(number),
        "client_session_id": str(made.uuid(1)),
        "message": "Pomodoro session logged successfully",
        "pomodoro": {
            "id": number,
            "duration": 25,
            "category": "Work",
            "project": "Thesis",
            "note": "Read a chapter",
            "source": "mac_app",
            "start_time": "2025-08-24T12:00:00Z",
            "end_time": "2025-08-24T12:25:00Z",
        },
    }


async def test_sent_again_it_is_a_duplicate_with_the_same_numbers(api: Api) -> None:
    first = (await send(api, body())).json()

    again = await send(api, body())

    assert again.status_code == 200
    assert again.json() == {**first, "duplicate": True}


async def test_other_words_of_the_same_device_are_an_update(api: Api, store: Store) -> None:
    await send(api, body())

    answered = await send(api, body(note="Read two", category="Study", project="Book"))

    assert (answered.status_code, answered.json()["updated"]) == (200, True)
    assert answered.json()["pomodoro"]["note"] == "Read two"
    assert await made.rows(store, Session, "revision") == [2]


async def test_other_times_are_a_conflict(api: Api) -> None:
    first = (await send(api, body())).json()

    answered = await send(api, body(minutes=40))

    assert error(answered) == (409, "Session already recorded with different data")
    assert answered.json()["session_id"] == first["session_id"]
    assert isinstance(answered.json()["conflict_id"], int)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"note": None, "source": None}, "Missing required fields: note, source"),
    (
        {"note": None, "notes": "x"},
        'Missing required fields: note - use "note", not "notes"',
    ),
    (
        {"end_time": None, "note": None, "notes": "x"},
        'Missing required fields: end_time, note - use "note", not "notes"',
    ),
    ({"source": "  "}, "Missing required fields: source"),
    ({"session_id": "nope"}, "session_id must be a UUID"),
    ({"session_id": ""}, "session_id must be a UUID"),
    ({"session_id": 7}, "session_id must be a UUID"),
    ({"session_id": ["a"]}, "session_id must be a UUID"),
    ({"session_id": "\x00"}, "session_id must be a UUID"),
    ({"start_time": "2025-08-24T12:00:00"}, "start_time must be ISO 8601 with a time zone"),
    ({"end_time": "noon"}, "end_time must be ISO 8601 with a time zone"),
    ({"end_time": 1756036800}, "end_time must be ISO 8601 with a time zone"),
    ({"end_time": {"$date": 1}}, "end_time must be ISO 8601 with a time zone"),
    (
        {"start_time": "0001-01-01T00:00:00+23:00"},
        "start_time must be ISO 8601 with a time zone",
    ),
    ({"start_time": "1969-12-31T23:59:59Z"}, "start_time must not be before 1970"),
    ({"end_time": "2025-08-24T12:00:00Z"}, "end_time must be after start_time"),
    ({"end_time": "2025-08-24T11:00:00Z"}, "end_time must be after start_time"),
    ({"duration": "25"}, "duration must be a number of minutes"),
    ({"duration": True}, "duration must be a number of minutes"),
    ({"duration": [25]}, "duration must be a number of minutes"),
    ({"duration": 27}, "duration does not match start_time and end_time"),
    ({"duration": 10**18}, "duration does not match start_time and end_time"),
    ({"duration": -1e300}, "duration does not match start_time and end_time"),
    ({"note": "a\x00b"}, "note must not hold a NUL character"),
    ({"category": 5}, "category must be text"),
    ({"project": {"id": 1}}, "project must be text"),
    ({"note": "x" * 10_001}, "note must be at most 10000 characters"),
    ({"kind": "nap"}, "kind must be focus or break"),
    ({"kind": ["focus"]}, "kind must be focus or break"),
    ({"planned_duration": "25"}, "planned_duration must be a number of minutes"),
    ({"planned_duration": 0}, "planned_duration must be between 1 and 720 minutes"),
]


@pytest.mark.parametrize(("given", "words"), WRONG)
async def test_a_wrong_field_is_named(quick_api: Api, given: Any, words: str) -> None:
    answered = await send(quick_api, body(**given))

    assert error(answered) == (400, words)
    assert answered.json() == {"error": words}


@pytest.mark.parametrize(("minutes", "status"), [(1, 201), (720, 201), (721, 400), (10_000, 400)])
async def test_a_session_takes_a_minute_to_twelve_hours(
    quick_api: Api, minutes: int, status: int
) -> None:
    start = NOON - timedelta(minutes=minutes)

    answered = await send(quick_api, body(start=start, minutes=minutes))

    assert answered.status_code == status
    if status == 400:
        words = "duration must be between 1 and 720 minutes"
        assert answered.json() == {"error": words}


async def test_a_session_below_a_minute_is_too_short(quick_api: Api) -> None:
    sent = body(duration=0.5, end_time="2025-08-24T12:00:30Z")

    assert error(await send(quick_api, sent)) == (
        400,
        "duration must be between 1 and 720 minutes",
    )


async def test_the_duration_may_be_a_minute_off(quick_api: Api) -> None:
    answered = await send(quick_api, body(duration=25.9))

    assert answered.json()["pomodoro"]["duration"] == 25.9


async def test_what_lies_ahead_is_refused(quick_api: Api) -> None:
    late = body(start=NOW - timedelta(minutes=15))

    assert error(await send(quick_api, late)) == (400, "session ends in the future")


async def test_what_lies_ahead_by_a_wrong_clock_is_not(quick_api: Api) -> None:
    ahead = timedelta(hours=2)
    late = body(start=NOW + ahead - timedelta(minutes=30), client_time=(NOW + ahead).isoformat())

    answered = await send(quick_api, late)

    assert answered.status_code == 201


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "No data provided"),
        (b"  ", "No data provided"),
        (b"{", "No data provided"),
        (b"null", "No data provided"),
        (b"{}", "No data provided"),
        (b"[]", "No data provided"),
        (b"\xff\xfe", "No data provided"),
        (b"NaN", "No data provided"),
        (b"[" * 5000, "No data provided"),
        (b'{"a":' * 1200 + b"1" + b"}" * 1200, "No data provided"),
        (b'[{"session_id": 1}]', "The body must be a JSON object"),
        (b'"text"', "The body must be a JSON object"),
        (b"17", "The body must be a JSON object"),
        (b'{"sessions": []}', "sessions must be a list of 1 to 500 sessions"),
        (b'{"sessions": {}}', "sessions must be a list of 1 to 500 sessions"),
        (b'{"sessions": null}', "sessions must be a list of 1 to 500 sessions"),
        (b'{"sessions": "x"}', "sessions must be a list of 1 to 500 sessions"),
        (
            b'{"sessions": [1], "client_time": "now"}',
            "client_time must be ISO 8601 with a time zone",
        ),
        (
            b'{"sessions": [1], "client_time": "9999-01-01T00:00:00Z"}',
            "client_time is off by more than a century",
        ),
        (
            b'{"sessions": [1], "pending_after": -1}',
            "pending_after must be a whole number from 0 to 1000000000",
        ),
        (
            b'{"sessions": [1], "pending_after": true}',
            "pending_after must be a whole number from 0 to 1000000000",
        ),
        (
            b'{"sessions": [1], "pending_after": 9999999999999999999999}',
            "pending_after must be a whole number from 0 to 1000000000",
        ),
        (
            b'{"sessions": [1], "device_id": "a b"}',
            "device_id must be 1 to 128 letters, digits, dots, colons, dashes or underscores",
        ),
    ],
)
async def test_an_upload_that_is_none(quick_api: Api, content: bytes, words: str) -> None:
    answered = await send(quick_api, content)

    assert (answered.status_code, answered.json()) == (400, {"error": words})


@pytest.mark.parametrize(
    "media", ["text/plain", "", "application/x-www-form-urlencoded", "application/jsonp"]
)
async def test_anything_but_json_is_not_taken(quick_api: Api, media: str) -> None:
    answered = await send(quick_api, body(), **{"Content-Type": media})

    assert error(answered) == (415, "Content-Type must be application/json")


@pytest.mark.parametrize("media", ["application/json; charset=utf-8", "APPLICATION/JSON"])
async def test_json_is_taken_however_it_is_written(quick_api: Api, media: str) -> None:
    answered = await send(quick_api, body(), **{"Content-Type": media})

    assert answered.status_code == 201


async def test_a_mebibyte_is_taken_and_a_byte_more_is_not(quick_api: Api) -> None:
    raw = orjson.dumps(body())
    most = raw + b" " * (1024 * 1024 - len(raw))

    taken, refused = await send(quick_api, most), await send(quick_api, most + b" ")

    assert taken.status_code == 201
    assert error(refused) == (413, "Request too large")


async def test_more_than_500_sessions_are_too_many(quick_api: Api) -> None:
    answered = await send(quick_api, {"sessions": made.in_a_row(501)})

    assert error(answered) == (413, "Too many sessions in one request (max 500)")


async def test_an_upload_cut_off_on_its_way_stores_nothing(quick_api: Api) -> None:
    parts = iter(
        [
            {"type": "http.request", "body": b'{"session_id":', "more_body": True},
            {"type": "http.disconnect"},
        ]
    )
    sent: list[Any] = []

    async def receive() -> Any:
        return next(parts)

    async def keep(message: Any) -> None:
        sent.append(message)

    headers = [(b"authorization", f"Bearer {quick_api.admin}".encode())]
    scope = {
        "type": "http",
        "method": "POST",
        "path": SUBMIT,
        "query_string": b"",
        "headers": headers,
    }
    await quick_api.app(scope, receive, keep)

    assert sent[0]["status"] == 400
    assert await made.count(quick_api.desk.store, Session) == 0


async def test_a_list_is_answered_item_by_item_in_its_order(api: Api) -> None:
    await send(api, body(1))
    known, new = body(1), body(2, start=NOON + timedelta(hours=1))
    listed = [new, known, body(3, duration=99), "nonsense", body(1, minutes=50), new]

    answered = await send(api, {"sessions": listed, "device_id": "mac_app"})

    told = answered.json()
    assert answered.status_code == 207
    assert [item["status"] for item in told["results"]] == [
        "created", "duplicate", "rejected", "rejected", "conflict", "duplicate",
    ]  # fmt: skip
    assert [item["session_id"] for item in told["results"]] == [
        str(made.uuid(2)), str(made.uuid(1)), str(made.uuid(3)), None, str(made.uuid(1)),
        str(made.uuid(2)),
    ]  # fmt: skip
    assert told["results"][0]["id"] == told["results"][5]["id"]
    assert told["results"][2]["error"] == "duration does not match start_time and end_time"
    assert told["results"][3]["error"] == "Each session must be a JSON object"
    assert told["results"][4]["conflict_id"]
    assert {name: told[name] for name in ("success", "accepted", "duplicates", "rejected")} == {
        "success": True, "accepted": 2, "duplicates": 2, "rejected": 2,
    }  # fmt: skip
    assert told["preferences_version"] == 0
    assert told["server_time"].startswith("2025-08-24T15:3")


async def test_a_list_of_nothing_but_rejects_is_refused(api: Api, store: Store) -> None:
    answered = await send(api, {"sessions": [1, None, [], {"deep": [{}]}]})

    told = answered.json()
    assert answered.status_code == 400
    assert (told["success"], told["rejected"]) == (False, 4)
    assert told["error"] == "All sessions were rejected"
    assert await made.rows(store, Run, "status", "provider") == [("failed", "device")]


@pytest.mark.parametrize(
    ("before", "sent", "status"),
    [
        ([], [1], 201),
        ([1], [1], 200),
        ([1], [1, 2], 201),
        ([], ["x"], 400),
        ([], [1, "x"], 207),
        ([1], [1, "x"], 207),
    ],
)
async def test_the_status_tells_the_outcome(
    quick_api: Api, before: list[Any], sent: list[Any], status: int
) -> None:
    made_of = {1: body(1), 2: body(2, start=NOON + timedelta(hours=1)), "x": {}}
    if before:
        await send(quick_api, {"sessions": [made_of[each] for each in before]})

    answered = await send(quick_api, {"sessions": [made_of[each] for each in sent]})

    assert answered.status_code == status


async def test_a_deeply_nested_item_is_rejected_and_kept(quick_api: Api) -> None:
    deep = b'{"sessions":[' + b'{"a":' * 900 + b"1" + b"}" * 900 + b"]}"

    answered = await send(quick_api, deep)

    assert answered.status_code == 400
    assert answered.json()["results"][0]["error"] == "Each session must be a JSON object"
    assert await made.count(quick_api.desk.store, Reject) == 1


async def test_ids_come_back_as_they_were_sent(quick_api: Api) -> None:
    sent = body(session_id=str(made.uuid(10)).upper())

    answered = await send(quick_api, sent)

    assert answered.json()["client_session_id"] == sent["session_id"]


async def test_the_same_500_three_times_are_500_rows(api: Api, store: Store) -> None:
    content = orjson.dumps({"sessions": made.in_a_row(500)})
    first = (await send(api, content)).json()

    await _cut_off(api, content)
    third = (await send(api, content)).json()

    numbers = {item["session_id"]: item["id"] for item in first["results"]}
    assert await made.count(store, Session) == 500
    assert len(set(numbers.values())) == 500
    assert {item["session_id"]: item["id"] for item in third["results"]} == numbers
    assert third["duplicates"] == 500


async def _cut_off(api: Api, content: bytes) -> None:
    """An upload whose sender is gone when the answer comes."""

    async def receive() -> Any:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send_(message: Any) -> None:
        if message["type"] == "http.response.body":
            raise OSError("the client is gone")

    scope = {
        "type": "http",
        "method": "POST",
        "path": SUBMIT,
        "query_string": b"",
        "headers": [
            (b"authorization", f"Bearer {api.admin}".encode()),
            (b"content-type", b"application/json"),
        ],
    }
    with pytest.raises(OSError, match="the client is gone"):
        await api.app(scope, receive, send_)


async def test_two_devices_at_once_make_one_row(api: Api, store: Store) -> None:
    answered = await asyncio.gather(
        *(send(api, body(), **{"X-Device-Id": f"device-{n % 2}"}) for n in range(6))
    )

    assert sorted(each.status_code for each in answered) == [200] * 5 + [201]
    assert len({each.json()["session_id"] for each in answered}) == 1
    assert await made.count(store, Session) == 1


async def test_a_key_of_the_request_brings_the_first_answer_again(api: Api, store: Store) -> None:
    first = await send(api, body(), **{"Idempotency-Key": "abc"})

    again = await send(api, body(), **{"Idempotency-Key": "abc"})

    assert "idempotent-replay" not in first.headers
    assert again.headers["idempotent-replay"] == "true"
    assert (again.status_code, again.content) == (201, first.content)
    assert await made.count(store, Receipt) == await made.count(store, Run) == 1


async def test_the_key_belongs_to_one_request(api: Api) -> None:
    await send(api, body(), **{"Idempotency-Key": "abc"})

    answered = await send(api, body(2), **{"Idempotency-Key": "abc"})

    assert error(answered) == (422, "This Idempotency-Key was used for a different request")


async def test_a_refusal_is_replayed_too(quick_api: Api) -> None:
    listed = {"sessions": [body(duration=99), body(2)]}
    first = await send(quick_api, listed, **{"Idempotency-Key": "abc"})

    again = await send(quick_api, listed, **{"Idempotency-Key": "abc"})

    assert (again.status_code, again.content) == (207, first.content)


async def test_of_two_at_once_with_one_key_one_waits_its_turn(api: Api, store: Store) -> None:
    listed = {"sessions": made.in_a_row(100)}

    answered = await asyncio.gather(
        *(send(api, listed, **{"Idempotency-Key": "abc"}) for _ in range(2))
    )

    first, second = sorted(answered, key=lambda each: each.status_code)
    assert first.status_code == 201
    assert error(second) == (409, "A request with this Idempotency-Key is still running")
    assert await made.count(store, Session) == 100


async def test_a_receipt_lasts_a_week(quick_api: Api) -> None:
    await send(quick_api, body(), **{"Idempotency-Key": "abc"})

    with time_machine.travel(NOW + timedelta(days=7, minutes=1)):
        answered = await send(quick_api, body(2), **{"Idempotency-Key": "abc"})

    assert answered.status_code == 201


@pytest.mark.parametrize("key", ["x" * 256, "caf\u00e9"])
async def test_a_key_that_is_none(quick_api: Api, key: str) -> None:
    headers = {b"idempotency-key": key.encode()}

    request = {
        "method": "POST",
        "path": SUBMIT,
        "query": b"",
        "body": orjson.dumps(body()),
        "headers": {
            b"content-type": b"application/json",
            b"authorization": f"Bearer {quick_api.admin}".encode(),
            **headers,
        },
    }
    status, _, content = await raw_ask(quick_api, request)

    assert status == 400
    assert orjson.loads(content) == {
        "error": "Idempotency-Key must be at most 255 printable ASCII characters"
    }


async def test_a_read_key_may_not_send(quick_api: Api) -> None:
    answered = await send(quick_api, body(), key="read")

    assert error(answered) == (403, "This key may only read")
