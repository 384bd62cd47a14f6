"""What every finder does alike: tell its answers apart, keep secrets, and lead to real pictures."""

import re
from typing import Any

import pytest

from rewind_gql.demo.upstreams import effects
from rewind_gql.demo.upstreams.exchange import Effect
from rewind_gql.images.finders import FINDERS, ORDER
from rewind_gql.images.records import Thing
from rewind_gql.images.signature import media_type
from tests.images.finders.meeting import CASES, meeting

OUTAGES: dict[str, Effect] = {
    "a server error": effects.broken(500),
    "a proxy's error": effects.broken(503),
    "a hang-up": effects.reset(),
    "too many": effects.too_many(),
}


def test_every_finder_has_a_provider_to_meet() -> None:
    assert set(FINDERS) - set(CASES) == {"given"}


def test_every_finder_is_described() -> None:
    for name, card in FINDERS.items():
        assert re.fullmatch(r"[a-z-]+", name)
        assert card.docs.startswith("https://")
        assert card.__doc__
        assert any(name in ORDER[pair] for pair in card.pairs)


@pytest.mark.parametrize("name", CASES)
async def test_what_is_found_leads_to_a_picture(name: str) -> None:
    async with meeting(name) as met:
        found = await met.finder.find(met.there(CASES[name].found))
        fetched = [await met.finder.fetch(each) for each in found.candidates]

    assert found.outcome == "found"
    assert {each.source for each in found.candidates} == {FINDERS[name].source}
    assert all(media_type(each.body) == each.media_type for each in fetched)


@pytest.mark.parametrize("name", CASES)
async def test_what_is_not_there_is_none(name: str) -> None:
    async with meeting(name) as met:
        found = await met.finder.find(met.there(CASES[name].nothing))

    assert (found.outcome, found.candidates) == ("none", ())
    assert found.reason


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.unfit])
async def test_another_things_picture_is_unfit(name: str) -> None:
    unfit = CASES[name].unfit or CASES[name].found
    async with meeting(name) as met:
        found = await met.finder.find(met.there(unfit))

    assert (found.outcome, found.candidates) == ("unfit", ())


@pytest.mark.parametrize("name", CASES)
async def test_without_what_it_is_asked_by_nobody_is_asked(name: str) -> None:
    async with meeting(name) as met:
        found = await met.finder.find(CASES[name].unknown)

        assert found.outcome == "skipped"
        assert met.faults.requests == []


@pytest.mark.parametrize("name", CASES)
async def test_a_kind_it_has_no_pictures_of_is_skipped(name: str) -> None:
    async with meeting(name) as met:
        found = await met.finder.find(Thing(domain="running", entity_type="runs", entity_id="1"))

        assert found.outcome == "skipped"
        assert met.faults.requests == []


@pytest.mark.parametrize("outage", OUTAGES)
@pytest.mark.parametrize("name", CASES)
async def test_an_outage_is_not_nothing(name: str, outage: str) -> None:
    async with meeting(name) as met:
        met.faults.add(OUTAGES[outage], times=None)
        found = await met.finder.find(met.there(CASES[name].found))

    assert (found.outcome, found.candidates) == ("failed", ())
    assert (found.reason or "").startswith(FINDERS[name].source)


@pytest.mark.parametrize("name", CASES)
async def test_after_too_many_requests_it_keeps_quiet(name: str) -> None:
    async with meeting(name) as met:
        met.faults.add(effects.too_many(), times=None)
        await met.finder.find(met.there(CASES[name].found))
        asked = len(met.faults.requests)
        again = await met.finder.find(met.there(CASES[name].found))

        assert again.outcome == "failed"
        assert (again.retry_after or 0) > 30
        assert len(met.faults.requests) == asked


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.secrets])
async def test_refused_credentials_are_a_failure_for_a_person(name: str) -> None:
    async with meeting(name) as met:
        met.faults.add(effects.answer(401, {}, b""), times=None)
        found = await met.finder.find(CASES[name].found)

        assert found.outcome == "failed"
        assert (found.retry_after or 0) > 3600
        assert len(met.faults.requests) == 1


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.secrets])
async def test_no_secret_stands_in_an_address_or_is_shown(name: str) -> None:
    case = CASES[name]
    async with meeting(name) as met:
        found = await met.finder.find(met.there(case.found))
        await met.finder.fetch(found.candidates[0])
        shown = repr(found) + repr(met.finder) + "".join(each.url for each in found.candidates)
        asked = "".join(each.target for each in met.faults.requests)

    assert not [secret for secret in case.secrets if secret in shown or secret in asked]


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.secrets])
async def test_a_secret_the_provider_repeats_is_not_in_the_reason(name: str) -> None:
    case = CASES[name]
    async with meeting(name) as met:
        said = {"message": f"bad: {' '.join(case.secrets)}"}
        met.faults.add(effects.answer(400, {}, said), times=None)
        found = await met.finder.find(met.there(case.found))

    assert found.outcome == "failed"
    assert not [secret for secret in case.secrets if secret in (found.reason or "")]


@pytest.mark.parametrize(
    ("name", "need"), [(name, need) for name, case in CASES.items() for need in case.needs]
)
async def test_without_a_setting_it_needs_nobody_is_asked(name: str, need: str) -> None:
    absent: dict[str, Any] = {need: {"discogs_images": False, "plex_base_url": ""}.get(need)}
    async with meeting(name, **absent) as met:
        found = await met.finder.find(met.there(CASES[name].found))

        assert found.outcome == "skipped"
        assert need.upper() in (found.reason or "")
        assert met.faults.requests == []


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"null", b"{}"])
@pytest.mark.parametrize("name", [name for name in CASES if name != "open-graph"])
async def test_a_document_of_another_form_finds_nothing(name: str, body: bytes) -> None:
    async with meeting(name) as met:
        met.faults.add(effects.answer(200, {"content-type": "application/json"}, body), times=None)
        found = await met.finder.find(met.there(CASES[name].found))

    assert found.outcome in ("none", "failed")
    assert found.candidates == ()
