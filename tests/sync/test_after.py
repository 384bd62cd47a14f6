"""What follows a run, beside the parts of the run itself."""

from rewind_gql.sources import SOURCES
from rewind_gql.sync import after


def test_nothing_that_follows_is_named_like_a_part_whose_counts_it_would_write_over() -> None:
    parts = {stream.part for card in SOURCES.values() for stream in card.streams()}

    assert not parts & {task.name for task in after.TASKS}
