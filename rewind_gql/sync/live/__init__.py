"""Live streams of what happens in runs: rows are read once per person, for all who follow."""

from rewind_gql.sync.live.admission import TooManyStreams
from rewind_gql.sync.live.hub import Hub
from rewind_gql.sync.live.items import Batch, Item, Live, Reset
from rewind_gql.sync.live.reach import signals, telling

__all__ = ["Batch", "Hub", "Item", "Live", "Reset", "TooManyStreams", "signals", "telling"]
