"""The pretend Discogs: who gets in, how lists are paged, how it refuses, over a real socket."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from rewind_gql.demo.upstreams import discogs, effects
from rewind_gql.demo.upstreams.discogs import TOKEN, Shelf
from rewind_gql.demo.upstreams.faults import Faults
from rewind_gql.demo.upstreams.serving import serve
from tests.demo.upstreams.shelves import a_life, copy, want

USER = "/users/maren_ok"
COPIES = f"{USER}/collection/folders/0/releases"
NAMED = {"User-Agent": "RewindGQL/1.0 +https://example.org"}
SIGNED = NAMED | {"Authorization": f"Discogs token={TOKEN}"}
NOTES = ((1, "Mint (M)"), (3, "From my aunt"))
LEFT = "x-discogs-ratelimit-remaining"


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def shelf() -> Shelf:
    copies = tuple(
        copy(n, folder_id=4471234 if n % 40 == 0 else 1, rating=n % 6, notes=NOTES)
        for n in range(120)
    )
    return Shelf(a_life(copies, (want(500), want(501))))


@pytest.fixture
def client(shelf: Shelf, faults: Faults) -> Iterator[httpx.Client]:
    with (
        serve(discogs.app(shelf, faults)) as url,
        httpx.Client(base_url=url, headers=SIGNED) as client,
    ):
        yield client


def stranger(client: httpx.Client, path: str) -> httpx.Response:
    return httpx.get(client.base_url.join(path), headers=NAMED)


def instances(reply: httpx.Response) -> list[int]:
    return [row["instance_id"] - 800_000 for row in reply.json()["releases"]]


def test_the_token_tells_whose_it_is(client: httpx.Client) -> None:
    who = client.get("/oauth/identity").json()

    assert (who["id"], who["username"]) == (7712345, "maren_ok")


def test_the_token_may_stand_in_the_query(client: httpx.Client) -> None:
    assert stranger(client, f"/oauth/identity?token={TOKEN}").status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/oauth/identity", f"{USER}/collection/value", f"{USER}/collection/folders/1/releases"],
)
def test_private_parts_need_the_token(client: httpx.Client, path: str) -> None:
    reply = stranger(client, path)

    assert reply.status_code == 401
    assert reply.json() == {"message": "You must authenticate to access this resource."}


def test_a_wrong_token_is_none(client: httpx.Client) -> None:
    reply = client.get("/oauth/identity", headers={"Authorization": "Discogs token=wrong"})

    assert reply.status_code == 401


@pytest.mark.parametrize("agent", ["", "python-httpx/0.28.1", "curl/8.5.0", "Mozilla/5.0"])
def test_the_unnamed_are_turned_away(client: httpx.Client, agent: str) -> None:
    reply = client.get("/oauth/identity", headers={"User-Agent": agent})

    assert reply.status_code == 403
    assert "message" in reply.json()


def test_the_profile_counts_the_shelf(client: httpx.Client, shelf: Shelf) -> None:
    shelf.remove(800_000)

    profile = client.get("/users/MAREN_OK").json()

    assert profile["username"] == "maren_ok"
    assert (profile["num_collection"], profile["num_wantlist"]) == (119, 2)


def test_folders_count_their_copies(client: httpx.Client) -> None:
    folders = client.get(f"{USER}/collection/folders").json()["folders"]

    counts = {folder["id"]: (folder["name"], folder["count"]) for folder in folders}
    assert counts[0] == ("All", 120)
    assert counts[1] == ("Uncategorized", 117)
    assert counts[4471234] == ("Jazz", 3)


def test_strangers_see_one_folder(client: httpx.Client) -> None:
    folders = stranger(client, f"{USER}/collection/folders").json()["folders"]

    assert [folder["id"] for folder in folders] == [0]


def test_copies_come_fifty_a_page_newest_first(client: httpx.Client) -> None:
    reply = client.get(COPIES)

    assert instances(reply) == list(range(119, 69, -1))
    pagination = reply.json()["pagination"]
    assert [pagination[key] for key in ("page", "pages", "per_page", "items")] == [1, 3, 50, 120]


def test_a_page_holds_a_hundred_copies_at_most(client: httpx.Client) -> None:
    assert client.get(COPIES, params={"per_page": 500}).json()["pagination"]["per_page"] == 100


def test_a_folder_lists_its_own_copies(client: httpx.Client) -> None:
    reply = client.get(f"{USER}/collection/folders/4471234/releases")

    assert instances(reply) == [80, 40, 0]


def test_pages_link_to_each_other(client: httpx.Client) -> None:
    reply = client.get(COPIES, params={"page": 2, "sort": "year", "sort_order": "asc"})

    urls = reply.json()["pagination"]["urls"]
    assert {name: httpx.URL(url).params["page"] for name, url in urls.items()} == {
        "first": "1",
        "prev": "1",
        "next": "3",
        "last": "3",
    }
    assert dict(httpx.URL(urls["next"]).params) == {
        "page": "3",
        "per_page": "50",
        "sort": "year",
        "sort_order": "asc",
    }
    assert reply.links["next"]["url"] == urls["next"]


def test_following_the_links_sees_every_copy_once(client: httpx.Client) -> None:
    seen: list[int] = []
    target: str | None = f"{COPIES}?per_page=50"
    while target:
        reply = client.get(target)
        seen += instances(reply)
        target = reply.json()["pagination"]["urls"].get("next")

    assert sorted(seen) == list(range(120))


def test_a_single_page_links_nowhere(client: httpx.Client) -> None:
    reply = client.get(f"{USER}/wants")

    assert reply.json()["pagination"]["urls"] == {}
    assert "link" not in reply.headers


@pytest.mark.parametrize(
    ("params", "first"),
    [
        ({"sort": "added", "sort_order": "asc"}, 0),
        ({"sort": "title", "sort_order": "desc"}, 119),
        ({"sort": "rating", "sort_order": "desc"}, 119),
        ({"sort": "year", "sort_order": "asc"}, 0),
        ({"sort": "catno", "sort_order": "asc"}, 0),
    ],
)
def test_copies_come_in_the_order_asked_for(
    client: httpx.Client, params: dict[str, str], first: int
) -> None:
    assert instances(client.get(COPIES, params=params))[0] == first


def test_the_value_is_money_in_words(client: httpx.Client) -> None:
    value = client.get(f"{USER}/collection/value").json()

    assert value == {"minimum": "€1,104.00", "median": "€1,821.60", "maximum": "€3,201.60"}


def test_fields_say_what_may_be_noted(client: httpx.Client) -> None:
    fields = client.get(f"{USER}/collection/fields").json()["fields"]

    kinds = [(field["id"], field["name"], field["type"]) for field in fields]
    assert kinds == [
        (1, "Media Condition", "dropdown"),
        (2, "Sleeve Condition", "dropdown"),
        (3, "Notes", "textarea"),
    ]
    assert "Mint (M)" in fields[0]["options"]
    assert fields[2]["lines"] == 3


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/users/nobody", 404),
        ("/users/nobody/wants", 404),
        ("/nowhere", 404),
        ("/releases/999999", 404),
        (f"{USER}/collection/folders/77/releases", 404),
        (f"{COPIES}?page=4", 404),
        (f"{COPIES}?page=0", 404),
        (f"{COPIES}?page=two", 422),
        (f"{COPIES}?per_page=0", 422),
        (f"{COPIES}?sort=colour", 422),
        ("/releases/1?curr_abbr=NOK", 422),
    ],
)
def test_refuses_with_a_message(client: httpx.Client, path: str, status: int) -> None:
    reply = client.get(path)

    body: dict[str, Any] = reply.json()
    assert (reply.status_code, list(body)) == (status, ["message"])


def test_an_empty_shelf_has_one_empty_page() -> None:
    with serve(discogs.app(Shelf(a_life()))) as url:
        reply = httpx.get(f"{url}{COPIES}", headers=SIGNED).json()

    assert reply["releases"] == []
    assert (reply["pagination"]["pages"], reply["pagination"]["items"]) == (1, 0)


def test_a_private_shelf_is_for_its_owner(client: httpx.Client, shelf: Shelf) -> None:
    shelf.private(True)

    assert stranger(client, COPIES).status_code == 403
    assert client.get(COPIES).status_code == 200


def test_every_answer_tells_what_is_left(client: httpx.Client) -> None:
    replies = [client.get("/oauth/identity"), client.get("/nowhere"), stranger(client, USER)]

    assert [reply.headers["x-discogs-ratelimit"] for reply in replies] == ["60", "60", "25"]
    assert all(int(reply.headers[LEFT]) > 0 for reply in replies)


def test_refuses_requests_beyond_the_limit(shelf: Shelf) -> None:
    app = discogs.app(shelf, rate_limit=3)
    with serve(app) as url, httpx.Client(base_url=url, headers=SIGNED) as client:
        replies = [client.get("/oauth/identity") for _ in range(5)]

    assert [reply.status_code for reply in replies] == [200, 200, 200, 429, 429]
    assert [reply.headers[LEFT] for reply in replies] == ["2", "1", "0", "0", "0"]
    assert replies[3].json() == {"message": "You are making requests too quickly."}
    assert "retry-after" not in replies[3].headers


def test_strangers_get_five_twelfths_of_the_limit(shelf: Shelf) -> None:
    with serve(discogs.app(shelf, rate_limit=12)) as url:
        replies = [httpx.get(f"{url}{USER}", headers=NAMED) for _ in range(6)]

    assert [reply.status_code for reply in replies] == [200] * 5 + [429]


def test_faults_reach_the_app(client: httpx.Client, faults: Faults) -> None:
    faults.add(effects.too_many(30), match="/wants")

    assert client.get(f"{USER}/wants").headers["retry-after"] == "30"
    assert client.get(f"{USER}/wants").status_code == 200
