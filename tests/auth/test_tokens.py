"""Tokens: what is read is what was signed here, whole, and nothing else is."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from rewind_gql.auth.tokens import LIFETIME, MAX_TOKEN, Tokens
from rewind_gql.auth.views import Standing
from rewind_gql.errors import Unauthenticated
from tests.auth.gates import MINE, SECRET

TOKENS = Tokens(SECRET)
NOON = datetime(2026, 3, 18, 12, tzinfo=UTC)
ON_MAC = Standing(user_epoch=3, device_id="mac-1", device_epoch=7)


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The header and the claims in a token."""
    header, claims, _ = token.split(".")
    return json.loads(_unpadded(header)), json.loads(_unpadded(claims))


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _text(part: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def signed(header: Any, claims: Any) -> str:
    """A token with any header and claims, signed with the right key."""
    body = f"{_text(header)}.{_text(claims)}"
    key = TOKENS._key.raw_value
    signature = base64.urlsafe_b64encode(hmac.digest(key, body.encode(), hashlib.sha256))
    return f"{body}.{signature.decode().rstrip('=')}"


def refused(token: str) -> str:
    """The words in which a token is refused."""
    with pytest.raises(Unauthenticated) as refusal:
        TOKENS.read(token)
    return refusal.value.message


@time_machine.travel(NOON, tick=False)
def test_what_was_signed_is_read() -> None:
    claims = TOKENS.read(TOKENS.issue(MINE, ON_MAC))

    assert (claims.user, claims.standing) == (MINE, ON_MAC)
    assert (claims.issued_at, claims.expires_at) == (NOON, NOON + LIFETIME)


def test_a_token_may_be_of_no_device() -> None:
    alone = Standing(user_epoch=0)

    assert TOKENS.read(TOKENS.issue(MINE, alone)).standing == alone


def test_no_two_tokens_are_alike() -> None:
    first, second = (TOKENS.read(TOKENS.issue(MINE, ON_MAC)) for _ in range(2))

    assert first.token_id != second.token_id


def test_the_helper_of_these_tests_signs_as_we_do() -> None:
    header, claims = parts(TOKENS.issue(MINE, ON_MAC))

    assert TOKENS.read(signed(header, claims)).standing == ON_MAC
    assert header["alg"] == "HS256"


def test_it_ends_after_thirty_days_and_says_so() -> None:
    with time_machine.travel(NOON, tick=False):
        token = TOKENS.issue(MINE, ON_MAC)

    with time_machine.travel(NOON + LIFETIME - timedelta(seconds=1), tick=False):
        TOKENS.read(token)
    with time_machine.travel(NOON + LIFETIME, tick=False):
        assert refused(token) == "Token expired"


def test_another_secret_signs_nothing_of_ours() -> None:
    assert refused(Tokens(b"t" * 64).issue(MINE, ON_MAC)) == "Unauthorized"


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "", "HS384", "HS512"])
def test_no_other_algorithm_counts(alg: str) -> None:
    header, claims = parts(TOKENS.issue(MINE, ON_MAC))
    token = signed({**header, "alg": alg}, claims)

    assert refused(token) == "Unauthorized"
    assert refused(token.rpartition(".")[0] + ".") == "Unauthorized"


def test_a_public_key_is_no_secret() -> None:
    pair = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = pair.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    header, claims = parts(TOKENS.issue(MINE, ON_MAC))

    by_rsa = jwt.encode({**header, "alg": "RS256"}, claims, RSAKey.import_key(pair), ["RS256"])
    body = f"{_text(header)}.{_text(claims)}"
    digest = hmac.digest(public, body.encode(), hashlib.sha256)
    confused = f"{body}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"

    assert refused(by_rsa) == "Unauthorized"
    assert refused(confused) == "Unauthorized"


@pytest.mark.parametrize(
    "header",
    [
        {"kid": "other"},
        {"kid": None},
        {"typ": "at+jwt"},
        {"jwk": {"kty": "oct", "k": "AAAA"}},
        {"jku": "https://example.org/keys"},
        {"crit": ["b64"], "b64": False},
    ],
)
def test_a_header_that_is_not_ours_is_refused_though_signed(header: dict[str, Any]) -> None:
    known, claims = parts(TOKENS.issue(MINE, ON_MAC))

    assert refused(signed({**known, **header}, claims)) == "Unauthorized"


@pytest.mark.parametrize("name", ["sub", "did", "iat", "exp", "jti", "uep", "dep"])
def test_every_claim_has_to_be_there(name: str) -> None:
    header, claims = parts(TOKENS.issue(MINE, ON_MAC))
    del claims[name]

    assert refused(signed(header, claims)) == "Unauthorized"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sub", 1),
        ("sub", "me"),
        ("sub", None),
        ("did", 5),
        ("did", None),
        ("iat", "1773835200"),
        ("iat", True),
        ("exp", 1e400),
        ("exp", 10**30),
        ("exp", 4102444800.5),
        ("exp", None),
        ("jti", ""),
        ("uep", "0"),
        ("uep", False),
        ("dep", 7.0),
        ("dep", None),
    ],
)
def test_every_claim_has_to_be_of_its_type(name: str, value: Any) -> None:
    header, claims = parts(TOKENS.issue(MINE, ON_MAC))

    assert refused(signed(header, {**claims, name: value})) == "Unauthorized"


@pytest.mark.parametrize("claims", [[], "x", 1, None, {}])
def test_claims_are_an_object(claims: Any) -> None:
    header, _ = parts(TOKENS.issue(MINE, ON_MAC))

    assert refused(signed(header, claims)) == "Unauthorized"


def test_one_from_the_future_is_refused() -> None:
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        token = TOKENS.issue(MINE, ON_MAC)

    with time_machine.travel(NOON, tick=False):
        assert refused(token) == "Unauthorized"


def test_one_that_ends_before_it_begins_is_refused() -> None:
    header, claims = parts(TOKENS.issue(MINE, ON_MAC))

    assert refused(signed(header, {**claims, "exp": claims["iat"]})) == "Unauthorized"


@pytest.mark.parametrize(
    "token",
    ["", ".", "..", "a.b.c", "rw_live_x", "ä.ö.ü", "\x00", "a" * (MAX_TOKEN + 1), "e30.e30.e30"],
)
def test_what_is_no_token_is_refused(token: str) -> None:
    assert refused(token) == "Unauthorized"


@given(st.data())
def test_no_character_can_be_changed(data: st.DataObject) -> None:
    token = TOKENS.issue(uuid4(), ON_MAC)
    # The last sign of a part may carry bits that mean nothing.
    ends = {at - 1 for at, sign in enumerate(token) if sign == "."} | {len(token) - 1}
    at = data.draw(st.sampled_from([at for at in range(len(token)) if at not in ends]))
    typed = data.draw(st.characters(codec="ascii"))

    changed = token[:at] + typed + token[at + 1 :]

    if changed != token:
        assert refused(changed) == "Unauthorized"


@given(st.text())
def test_any_text_at_all_is_refused_in_words(text: str) -> None:
    assert refused(text) == "Unauthorized"


def test_a_key_is_drawn_from_the_secret_and_is_not_it() -> None:
    assert TOKENS._key.raw_value != SECRET
    assert Tokens(SECRET)._key.raw_value == TOKENS._key.raw_value
    assert OctKey.import_key(SECRET).raw_value not in TOKENS._key.raw_value
