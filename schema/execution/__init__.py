"""How operations run: documents planned once, results as they come, errors fit to be shown."""

from schema.execution.results import payload, written
from schema.execution.schema import EXTENSIONS, PerEvent, Schema

__all__ = ["EXTENSIONS", "PerEvent", "Schema", "payload", "written"]
