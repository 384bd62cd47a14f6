"""The API devices speak: is everything uploaded, and what is there to upload."""

from rewind_gql.rest.devices.dialect import DEVICES
from rewind_gql.rest.devices.routes import ROUTES

__all__ = ["DEVICES", "ROUTES"]
