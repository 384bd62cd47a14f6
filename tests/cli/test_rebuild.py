"""`rewind rebuild`: every count made again."""

import json
from pathlib import Path

from rewind_gql.domains import DOMAINS
from tests.cli.world import rewind


def test_json_tells_how_long_each_took(synced: Path) -> None:
    done = rewind("rebuild", "--json", folder=synced)

    took = json.loads(done.out)["seconds"]
    assert (done.code, done.err) == (0, "")
    assert list(took) == [*DOMAINS, "cross-reference"]
