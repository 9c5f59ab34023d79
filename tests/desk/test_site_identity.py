"""What a site has signed counts, and nothing that only looks like it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import jwt
import pytest

from server.desk.site_identity import MAX_LIFE_S, vouched
from server.wire.codes import ErrorCode, Refused

SECRET = "k" * 43
NOW = 1_767_225_600_000
SOON = NOW // 1000 + 900
PUBLIC = """\
-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA0mjfrRE4ue9Aw77NWQnV
MLLUGrpWCCOy27T5xKZJGFei49gbuQkpfUriHg9J2FdQcH1wlLqVpuiJ2GF+pmiB
9bEU0z/8lavayRRHUiFmOcbjTmmoXvJr0PkStMXhP1A5Yj84WsRwTUUc2Ji1LiQ/
1jdzvPz+Sm+VhrdAvxZ8s/JL6PqyfGWfN5EkcSgg8H5k2CiEVQmSlS7d2kz3ju+Z
pT0tJkDuyCtS4S2oGuTTcvH0Phb2fD6Vn9Pn1RewXGnHYnu2X30oy82bic+fhurX
gJC4PW8LpL2wEE0K0EQyHl7pC0eyIITXPSEmRHIBYQVCEctAQkRgOLKpJB8HB2Kk
iwIDAQAB
-----END PUBLIC KEY-----
"""
GOOD: dict[str, Any] = {"sub": "u-1", "aud": "demo", "exp": SOON}


def part(what: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(what).encode()).decode().rstrip("=")


def forged(header: dict[str, Any], claims: Any = None, *, key: bytes = SECRET.encode(), hashed: str = "sha256") -> str:
    """Signed by hand, with whatever header and payload."""
    body = f"{part(header)}.{part(GOOD if claims is None else claims)}"
    signature = base64.urlsafe_b64encode(hmac.new(key, body.encode(), hashed).digest()).decode().rstrip("=")
    return f"{body}.{signature}"


def signed(**changed: Any) -> str:
    claims = {name: value for name, value in {**GOOD, **changed}.items() if value is not ...}
    return forged({"alg": "HS256", "typ": "JWT"}, claims)


def refused(token: str, *, secrets: tuple[str, ...] = (SECRET,)) -> None:
    with pytest.raises(Refused) as caught:
        vouched(token, secrets, site="demo", now=NOW)
    assert (caught.value.code, caught.value.field) == (ErrorCode.UNAUTHORISED, "identity")
    assert caught.value.message == "The identity is not valid here, or no longer."


def test_what_a_library_signs_is_understood():
    token = jwt.encode(
        {**GOOD, "name": " Vera ", "email": "v@x", "attributes": {"plan": "pro", "n": 2}}, SECRET, "HS256"
    )
    found = vouched(token, [SECRET], site="demo", now=NOW)
    assert (found.subject, found.name, found.email, found.attributes) == ("u-1", "Vera", "v@x", {"plan": "pro", "n": 2})


def test_during_a_rotation_both_secrets_are_good():
    old = jwt.encode(GOOD, "o" * 43, "HS256")
    assert vouched(old, [SECRET, "o" * 43], site="demo", now=NOW).subject == "u-1"
    refused(old)


@pytest.mark.parametrize(
    "changed",
    [
        {"sub": ...},
        {"sub": ""},
        {"sub": 7},
        {"sub": None},
        {"sub": "x" * 256},
        {"exp": ...},
        {"exp": SOON - 900},
        {"exp": "9999999999"},
        {"exp": True},
        {"exp": NOW // 1000 + MAX_LIFE_S + 1},
        {"exp": 10**400},
        {"exp": -1},
        {"nbf": SOON},
        {"aud": ...},
        {"aud": "other"},
        {"aud": "Demo"},
        {"aud": "demo "},
        {"aud": ["demo"]},
        {"aud": ""},
        {"name": 1},
        {"name": "x" * 201},
        {"email": ["a@b"]},
        {"attributes": []},
        {"attributes": {"x": "y" * 5000}},
        {"attributes": {str(n): n for n in range(51)}},
        {"name": "\ud800"},
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused(changed):
    refused(signed(**changed))


def test_the_way_it_is_checked_is_ours():
    for algorithm in (
        "none",
        "None",
        "NONE",
        "nOnE",
        "",
        "HS384",
        "HS512",
        "RS256",
        "ES256",
        "PS256",
        "EdDSA",
        "hs256",
        None,
    ):
        refused(forged({"alg": algorithm, "typ": "JWT"}))
        refused(f"{part({'alg': algorithm})}.{part(GOOD)}.")
    refused(forged({"typ": "JWT"}))
    refused(forged({"alg": "HS256", "b64": False, "crit": ["b64"]}))
    refused(forged({"alg": "HS256", "crit": ["x"]}))
    refused(forged({"alg": "HS256"}, hashed="sha512"))


def test_a_public_key_is_no_secret():
    """The confusion of RS256 with HS256: signed with what everybody may read."""
    refused(forged({"alg": "HS256"}, key=PUBLIC.encode()))
    refused(forged({"alg": "HS256"}, key=PUBLIC.encode()), secrets=(PUBLIC,))
    refused(forged({"alg": "RS256"}, key=PUBLIC.encode()), secrets=(PUBLIC,))


UNSIGNED = f"{part({'alg': 'HS256'})}.{part(GOOD)}.AAAA"


@pytest.mark.parametrize(
    "token", ["", "x", "..", "a.b.c", "\ud800", "a.b.c.d", "x" * 4096, UNSIGNED, "\u00e9.\u00e9.\u00e9"]
)
def test_rubbish_is_refused(token):
    refused(token)


@pytest.mark.parametrize("payload", [[], "x", None, 1, [GOOD]])
def test_only_an_object_says_anything(payload):
    body = f"{part({'alg': 'HS256'})}.{part(payload)}"
    digest = hmac.new(SECRET.encode(), body.encode(), hashlib.sha256).digest()
    refused(f"{body}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}")


def test_nothing_is_signed_with_nothing():
    refused(forged({"alg": "HS256"}, key=b""), secrets=())
    refused(forged({"alg": "HS256"}, key=b"other"))
    deep = forged({"alg": "HS256"}, {**GOOD, "attributes": {"x": json.loads("[" * 900 + "]" * 900)}})
    assert vouched(deep, [SECRET], site="demo", now=NOW).subject == "u-1"
