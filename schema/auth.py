"""Keys in GraphQL: who asks, and the keys there are."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry
from annotated_doc import Doc

from rewind_gql.auth import keys, queries, views
from schema.context import Info
from schema.ids import number_of
from schema.mutations import Input, Mark, Payload, mutation
from schema.relay import Kind, Node
from schema.shape import Choice, choices, described, edge, shape, taking


@choices
class KeyScope(Choice):
    """What a key may do."""

    READ = "read", "Ask."
    ADMIN = "admin", "Ask and change: syncs, keys and pins."
    SCROBBLE = "scrobble", "Send what is heard, in the way of ListenBrainz, and nothing else."


@choices
class CallerScope(Choice):
    """What whoever asks may do."""

    READ = "read", "Ask, by a key."
    DEVICE = "device", "Ask, and send what a device sends, by the token it signed in for."
    ADMIN = "admin", "Ask and change, by a key."


@shape(views.Viewer, user_id=UUID, scope=CallerScope)
class Viewer(views.Viewer):
    """The person behind the key that asks."""


@shape(views.ApiKey, scope=KeyScope)
class ApiKey(views.ApiKey, Node):
    """An API key, without the key itself."""


@described
class AuthQuery:
    """Where questions about keys begin."""

    @edge(Viewer)
    async def viewer(self, info: Info) -> views.Viewer:
        """Who asks."""
        return await info.context.ask(queries.viewer, scope=info.context.caller.scope)

    @edge(list[ApiKey])
    async def api_keys(self, info: Info) -> list[views.ApiKey]:
        """Every key there is, revoked ones too, oldest first. Needs an admin key."""
        info.context.require("admin")
        return await info.context.ask(queries.keys)


NODES = {"ApiKey": Kind(queries.keys_by_id, scope="admin")}


@taking
class CreateApiKeyInput(Input):
    """What kind of key is wanted."""

    name: Annotated[str, Doc("What to call it: 1 to 100 characters.")]
    scope: Annotated[KeyScope, Doc("What it may do.")] = KeyScope.READ
    expires_at: Annotated[datetime | None, Doc("Not valid from then on; for ever unless told.")] = (
        None
    )
    rate_limit_rpm: Annotated[int | None, Doc("Requests it may make in a minute.")] = None
    trusted_only: Annotated[
        bool, Doc("Whether it is to run trusted documents and do nothing else.")
    ] = False


@described
class CreateApiKeyPayload(Payload):
    """A new key."""

    api_key: Annotated[ApiKey | None, Doc("What is kept of it.")] = None
    key: Annotated[str | None, Doc("The key itself. It is shown this once and kept nowhere.")] = (
        None
    )


@described
class ApiKeyPayload(Payload):
    """A key after a change."""

    api_key: Annotated[ApiKey | None, Doc("The key.")] = None


@described
class AuthMutation:
    """Where changes to keys begin."""

    @mutation(CreateApiKeyPayload)
    async def create_api_key(self, info: Info, given: CreateApiKeyInput) -> CreateApiKeyPayload:
        """Make a key. What comes back as `key` cannot be shown again."""
        deps = info.context.deps
        rpm = given.rate_limit_rpm
        async with deps.store.write() as conn:
            made, key = await keys.create(
                conn,
                info.context.caller.user_id,
                name=given.name,
                scope=given.scope.value,
                pepper=deps.gate.pepper,
                expires_at=given.expires_at,
                rate_limit_rpm=deps.settings.rate_limit_rpm if rpm is None else rpm,
                trusted_only=given.trusted_only,
            )
        return CreateApiKeyPayload(errors=[], api_key=made, key=key)  # type: ignore[arg-type]  # a view stands for its shape

    @mutation(ApiKeyPayload)
    async def revoke_api_key(
        self,
        info: Info,
        id: Annotated[strawberry.ID, Doc("The key.")],  # noqa: A002  # the argument's name
        client_mutation_id: Mark = None,
    ) -> ApiKeyPayload:
        """Take a key back; it is refused from the next request on. Twice is the same as once."""
        key_id = number_of("ApiKey", id)
        async with info.context.deps.store.write() as conn:
            key = await keys.revoke(conn, info.context.caller.user_id, key_id=key_id)
        return ApiKeyPayload(errors=[], api_key=key)  # type: ignore[arg-type]  # a view stands for its shape
