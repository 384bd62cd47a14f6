"""Developer tokens of Apple Music, signed here with the key of an account."""

from functools import lru_cache

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from rewind_gql import clock
from rewind_gql.errors import BadSettings, SourceDenied

LASTS_DAYS = 60
"""Apple takes up to 180; a shorter one is less worth stealing, and a new one costs nothing."""


def developer_headers(
    *, given: str, team_id: str, key_id: str, private_key: str, origin: str
) -> dict[str, str]:
    """What every request to Apple Music says of who asks.

    With the token given, or else one made here; a token of the web player goes with its `origin`.
    Raises `SourceDenied` for a key that is none.
    """
    try:
        token = given or developer_token(team_id=team_id, key_id=key_id, private_key=private_key)
    except BadSettings as wrong:
        raise SourceDenied(wrong.message, code="private_key") from wrong
    headers = {"Authorization": f"Bearer {token}"}
    return headers | {"Origin": origin} if origin else headers


def developer_token(*, team_id: str, key_id: str, private_key: str) -> str:
    """A token good for weeks; the same for the length of a day.

    Raises `BadSettings` for a key that is none.
    """
    midnight = clock.seconds(clock.midnight(clock.now().date()))
    return _signed(team_id, key_id, private_key, midnight)


@lru_cache(maxsize=8)
def _signed(team_id: str, key_id: str, private_key: str, issued: int) -> str:
    claims = {"iss": team_id, "iat": issued, "exp": issued + LASTS_DAYS * 86_400}
    try:
        # A key in one line, as some panels store it, has its line ends written out.
        key = ECKey.import_key(private_key.replace("\\n", "\n").strip())
        return jwt.encode({"alg": "ES256", "kid": key_id}, claims, key, algorithms=["ES256"])
    except (JoseError, ValueError, TypeError) as wrong:
        raise BadSettings(
            "APPLE_MUSIC_PRIVATE_KEY is not a private key of curve P-256. Give it the whole text "
            "of the .p8 file, BEGIN and END lines included, or name the file in "
            "APPLE_MUSIC_PRIVATE_KEY_FILE."
        ) from wrong
