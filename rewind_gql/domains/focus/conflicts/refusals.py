"""Why a conflict cannot be resolved, or a resolution not be taken back."""

from typing import Any

from rewind_gql.errors import Conflicting, NotFound


class ConflictNotFound(NotFound):
    """There is no such conflict."""

    code = "CONFLICT_NOT_FOUND"


class ConflictChanged(Conflicting):
    """This conflict is not what it was; look at it again."""

    code = "CONFLICT_CHANGED"

    def __init__(self, conflict_id: int) -> None:
        super().__init__()
        self.conflict_id = conflict_id

    @property
    def extensions(self) -> dict[str, Any]:
        """The conflict to look at, too: the one that took over, or the same."""
        return {"code": self.code, "conflictId": self.conflict_id}


class TrimTooShort(Conflicting):
    """Fewer than 60 seconds of a session would be left."""

    code = "TRIM_TOO_SHORT"


class NothingToUndo(Conflicting):
    """This resolution can no longer be undone; that is possible for 30 days."""

    code = "UNDO_EXPIRED"
