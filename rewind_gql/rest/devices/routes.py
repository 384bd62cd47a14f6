"""Every route of the API of devices."""

from rewind_gql.rest.devices import asking, sending, signing
from rewind_gql.rest.devices.dialect import DEVICES
from rewind_gql.rest.shim import Access

ROUTES = (
    DEVICES.page(
        "/health", asking.health, access=Access.PUBLIC, cache=None, name="health", tag="System"
    ),
    DEVICES.post("/login", signing.login, access=Access.PUBLIC, name="login", tag="Account"),
    DEVICES.page("/sync/status", asking.sync_status, cache=None, name="syncStatus", tag="Sync"),
    DEVICES.page("/user/data", asking.user_data, cache=None, name="userData", tag="Account"),
    DEVICES.put("/user/preferences", sending.preferences, name="preferences", tag="Account"),
    DEVICES.page(
        "/analytics/tracking", asking.tracking, cache=None, name="tracking", tag="Account"
    ),
    DEVICES.page("/devices", signing.devices, cache=None, name="devices", tag="Devices"),
    DEVICES.put("/devices/{device_id}", signing.register, name="register", tag="Devices"),
    DEVICES.delete("/devices/{device_id}", signing.revoke, name="revoke", tag="Devices"),
    DEVICES.post(
        "/devices/{device_id}/heartbeat", signing.heartbeat, name="heartbeat", tag="Devices"
    ),
    DEVICES.post("/pomodoro/submit", sending.submit, name="submit", tag="Sessions"),
    DEVICES.post("/session/start", sending.start, status=201, name="start", tag="Sessions"),
    DEVICES.post("/session/cancel", sending.cancel, status=201, name="cancel", tag="Sessions"),
)
