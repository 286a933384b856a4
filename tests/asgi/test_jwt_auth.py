"""Tokens: what holds, and every known way in which one does not."""

import hashlib
import json
import subprocess
import sys
import time

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from http_service import SECRET, token
from tokens import ALICE, KEYS, RSA, admitted, claims, forged, pem, refused

from model_registry.asgi import JwtAuth, Principal

LATER = 4_000_000_000


@pytest.fixture(scope="module")
def auth():
    return JwtAuth(secret=SECRET)


class TestKeys:
    @pytest.mark.parametrize("algorithm", KEYS)
    def test_a_public_key_takes_its_own_algorithms_only(self, algorithm):
        auth = JwtAuth(public_key=pem(KEYS[algorithm]))
        assert admitted(auth, token(KEYS[algorithm], algorithm)) == ALICE
        for other, key in KEYS.items():
            if key is not KEYS[algorithm]:
                refused(auth, token(key, other))

    @pytest.mark.parametrize("algorithm", KEYS)
    def test_the_public_key_is_no_hmac_secret(self, algorithm):
        public = pem(KEYS[algorithm])
        auth = JwtAuth(public_key=public)
        for key in (public, public.strip(), public.replace(b"\n", b"")):
            refused(auth, forged({"alg": "HS256", "typ": "JWT"}, key=key))

    def test_a_secret_serves_the_digests_that_it_is_long_enough_for(self):
        short, long = "s" * 32, "s" * 64
        assert admitted(JwtAuth(secret=short), token(short)) == ALICE
        assert admitted(JwtAuth(secret=long.encode()), token(long, "HS512")) == ALICE
        signed = forged({"alg": "HS512"}, key=short.encode(), digest=hashlib.sha512)
        refused(JwtAuth(secret=short), signed)

    @pytest.mark.parametrize(
        ("options", "match"),
        [
            ({}, "exactly one"),
            ({"secret": SECRET, "jwks_url": "https://example.com"}, "exactly one"),
            ({"secret": "s" * 31}, "at least 32 bytes"),
            ({"secret": ""}, "at least 32 bytes"),
            ({"secret": pem(RSA)}, "secret"),
            ({"secret": json.dumps({"kty": "oct", "k": "s" * 40})}, "secret"),
            ({"public_key": "nonsense"}, "PEM"),
            (
                {
                    "public_key": RSA.private_bytes(
                        serialization.Encoding.PEM,
                        serialization.PrivateFormat.PKCS8,
                        serialization.NoEncryption(),
                    )
                },
                "private",
            ),
            ({"public_key": pem(rsa.generate_private_key(65537, 1024))}, "2048"),
            ({"public_key": pem(ec.generate_private_key(ec.SECP256K1()))}, "P-256"),
            ({"public_key": pem(dsa.generate_private_key(2048))}, "P-256"),
            ({"jwks_url": "http://example.com/keys"}, "https"),
            ({"jwks_url": "file:///etc/passwd"}, "https"),
            ({"jwks_url": "http://localhost.example.com/keys"}, "https"),
        ],
        ids=lambda value: "+".join(value) if isinstance(value, dict) else value,
    )
    def test_what_is_no_key_is_refused_when_it_is_given(self, options, match):
        with pytest.raises(ValueError, match=match):
            JwtAuth(**options)

    def test_without_the_package_it_says_what_to_install(self):
        code = """
import sys
sys.modules["jwt"] = None
from model_registry.asgi import JwtAuth
try:
    JwtAuth(secret="s" * 32)
except Exception as error:
    print(type(error).__name__, error)
"""
        found = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert found.stdout.startswith("BackendNotInstalled")
        assert "pip install 'model-risk-registry[jwt]'" in found.stdout


class TestClaims:
    @pytest.mark.parametrize(
        ("changes", "match"),
        [
            ({"exp": None}, "lacks the claim exp"),
            ({"exp": 1}, "expired"),
            ({"exp": 1_700_000_000.5}, "expired"),
            ({"exp": True}, "."),
            ({"exp": str(LATER)}, "exp must be a number"),
            ({"exp": [1]}, "."),
            ({"exp": float("inf")}, "."),
            ({"exp": float("nan")}, "."),
            ({"nbf": LATER}, "not valid yet"),
            ({"nbf": "1"}, "nbf must be a number"),
            ({"iat": LATER}, "not valid yet"),
            ({"iat": {}}, "."),
            ({"tenant_id": None}, "must name a tenant"),
            ({"tenant_id": ""}, "must name a tenant"),
            ({"tenant_id": " "}, "must name a tenant"),
            ({"tenant_id": 7}, "must name a tenant"),
            ({"tenant_id": ["org_abc"]}, "must name a tenant"),
            ({"tenant_id": "x" * 129}, "must name a tenant"),
            ({"tenant_id": "a\x00b"}, "must name a tenant"),
            ({"tenant_id": "\ud800"}, "must name a tenant"),
            ({"sub": None}, "must name a tenant"),
            ({"sub": ""}, "must name a tenant"),
            ({"aud": "another service"}, "another audience"),
        ],
        ids=lambda value: repr(value)[:40],
    )
    def test_what_is_missing_or_wrong(self, auth, changes, match):
        refused(auth, token(**changes), match)
        given = {name: value for name, value in claims(**changes).items() if value is not None}
        refused(auth, forged({"alg": "HS256"}, given), match)

    @pytest.mark.parametrize("payload", [[], "text", 1, None, b"\xff", b"[" * 3_000, b"{"])
    def test_a_payload_that_is_no_object(self, auth, payload):
        raw = b"null" if payload is None else payload
        refused(auth, forged({"alg": "HS256"}, raw))

    def test_roles(self, auth):
        for role, found in (
            ("admin", {"admin"}),
            (["a", "admin"], {"a", "admin"}),
            (["a", 1, None, ["admin"]], {"a"}),
            (None, set()),
            (1, set()),
            ({"admin": 1}, set()),
        ):
            assert admitted(auth, token(role=role)).roles == found

    def test_issuer_audience_leeway_and_names(self):
        auth = JwtAuth(
            secret=SECRET,
            issuer="https://issuer",
            audience=["registry", "other"],
            leeway=30,
            tenant_claim="org",
            subject_claim="email",
            role_claim="groups",
        )
        good = {
            "iss": "https://issuer",
            "aud": ["x", "registry"],
            "org": "o",
            "email": "a@b",
            "groups": ["g"],
            "tenant_id": None,
            "sub": None,
        }
        assert admitted(auth, token(**good)) == Principal("o", "a@b", "g")
        assert admitted(auth, token(**{**good, "exp": time.time() - 20}))
        refused(auth, token(**{**good, "exp": time.time() - 40}), "expired")
        refused(auth, token(**{**good, "iss": "https://issuer/"}), "somebody else")
        refused(auth, token(**{**good, "iss": None}), "lacks the claim iss")
        refused(auth, token(**{**good, "aud": "reg"}), "another audience")
        refused(auth, token(**{**good, "aud": None}), "lacks the claim aud")
        refused(auth, token(**{**good, "aud": {"registry": 1}}), "another audience")
