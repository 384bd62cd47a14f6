"""Every error raised on purpose, drawn as a tree.

RewindError
├─ Refused            what the caller did; message and code are public
│  ├─ BadInput        400
│  ├─ Unauthenticated 401
│  ├─ Denied          403
│  ├─ NotFound        404
│  ├─ Conflicting     409
│  └─ TooMany         429
├─ SourceError        what a provider did; kept in the ledger
│  ├─ SourceBusy      come back after `retry_after` seconds
│  ├─ SourceDenied    a person must act
│  └─ SourceChanged   the answer is not what the provider documents
├─ LostRun            another worker owns this run now, or it has ended
├─ Cancelled          somebody asked this run to stop
└─ BadSettings        what, why and how to fix it, for the person at the keyboard
"""

from typing import Any, ClassVar


class RewindError(Exception):
    """Something went wrong."""

    def __init__(self, message: str | None = None) -> None:
        self.message = message or (type(self).__doc__ or "").splitlines()[0]
        super().__init__(self.message)


class Refused(RewindError):
    """The request cannot be answered."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "BAD_INPUT"
    retry_after: int | None = None
    """Seconds after which asking again may help; None where it does not."""

    @property
    def extensions(self) -> dict[str, Any]:
        """What GraphQL prints beside the message."""
        return {"code": self.code}


class BadInput(Refused):
    """The input is not valid."""

    def __init__(self, message: str | None = None, *, path: str | None = None) -> None:
        super().__init__(message)
        self.path = path


class Unauthenticated(Refused):
    """Unauthorized"""

    status = 401
    code = "UNAUTHENTICATED"


class Denied(Refused):
    """Forbidden"""

    status = 403
    code = "FORBIDDEN"


class NotFound(Refused):
    """Not found"""

    status = 404
    code = "NOT_FOUND"


class Conflicting(Refused):
    """This contradicts what is stored."""

    status = 409
    code = "CONFLICT"


class TooMany(Refused):
    """Too Many Requests"""

    status = 429
    code = "RATE_LIMITED"

    retry_after: int

    def __init__(self, message: str | None = None, *, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class SourceError(RewindError):
    """The provider did not answer as it should."""

    kind: ClassVar[str] = "upstream"

    def __init__(self, message: str | None = None, *, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


class SourceBusy(SourceError):
    """The provider is busy or out of reach; it is asked again later."""

    def __init__(
        self,
        message: str | None = None,
        *,
        retry_after: float | None = None,
        code: str | None = None,
        kind: str = "upstream",
    ) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after
        self.kind = kind  # type: ignore[misc]  # rate_limit, network or upstream, by what happened


class SourceDenied(SourceError):
    """The provider refuses these credentials; a person must act."""

    kind = "auth"


class SourceChanged(SourceError):
    """The provider's answer does not have the documented form."""

    kind = "data"


class LostRun(RewindError):
    """Another worker owns this run now, or it has ended."""


class Cancelled(RewindError):
    """The run was asked to stop."""


class BadSettings(RewindError):
    """The settings cannot be used."""
