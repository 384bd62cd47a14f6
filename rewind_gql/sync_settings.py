"""How the ledger and its workers behave, as far as that can be set."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class SyncSettings(BaseModel):
    """How the ledger and its workers behave. Environment prefix `SYNC_`, table `[sync]`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lease_seconds: Annotated[float, Field(gt=0)] = 90
    """How long a worker owns a run without a sign of life."""
    heartbeat_seconds: Annotated[float, Field(gt=0)] = 30
    """How often a worker gives that sign."""
    reap_seconds: Annotated[float, Field(gt=0)] = 60
    """How often lost runs are looked for."""
    max_attempts: Annotated[int, Field(ge=1, le=20)] = 3
    """Attempts per run, the first included."""
    queue_stale_seconds: Annotated[float, Field(gt=0)] = 900
    """A queued run with no job behind it is queued again after this long."""
    event_hours: Annotated[int, Field(ge=1)] = 24
    """How long progress events are kept."""
    event_days: Annotated[int, Field(ge=1)] = 30
    """How long other events are kept."""
    run_days: Annotated[int, Field(ge=1)] = 400
    """How long runs are kept one by one."""
    progress_min_ms: Annotated[int, Field(ge=0)] = 500
    """Least time between two stored progress events of a run."""
    active_minutes: Annotated[int, Field(ge=1)] = 60
    """How long after its newest call a device counts as active."""
    overlap_tolerance_seconds: Annotated[int, Field(ge=0)] = 60
    """Sessions may overlap by this much without being a conflict."""
    skew_warn_seconds: Annotated[int, Field(ge=1)] = 120
    """How far off a device's clock must be to be worth a word."""
    auto_resolve: Literal["off", "duplicates", "all_safe"] = "duplicates"
    """Which conflicts are resolved without a person."""
    streams_per_key: Annotated[int, Field(ge=1)] = 8
    """Open live streams per key or token."""
    streams_total: Annotated[int, Field(ge=1)] = 200
    """Open live streams in all, per process."""
    ow_compat: Literal["contract", "upstream"] = "contract"
    """Whether /api/v1 keeps to what Open Wearables publishes, or to what its server does."""
    support_contact: str = ""
    """Whom /api/sync/status names for help; empty: the owner's e-mail."""

    @model_validator(mode="after")
    def _heartbeat_fits(self) -> "SyncSettings":
        if self.heartbeat_seconds >= self.lease_seconds:
            raise ValueError("SYNC_HEARTBEAT_SECONDS must be below SYNC_LEASE_SECONDS")
        return self
