"""Tokens: what holds, and every known way in which one does not."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import subprocess
import sys
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from http_service import SECRET, token
from hypothesis import given
from hypothesis import strategies as st

from model_registry.asgi import JwtAuth, Principal, Unauthenticated

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
KEYS = {
    "RS256": RSA,
    "RS512": RSA,
    "PS256": RSA,
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "ES384": ec.generate_private_key(ec.SECP384R1()),
    "ES512": ec.generate_private_key(ec.SECP521R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}
ALICE = Principal("org_abc", "alice@example.com", "admin")


def pem(private):
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return private.public_key().public_bytes(serialization.Encoding.PEM, form)


def scope(*headers):
    return {"type": "http", "headers": [(b"authorization", header) for header in headers]}


def admitted(auth, credential):
    header = credential if isinstance(credential, bytes) else f"Bearer {credential}".encode()
    return asyncio.run(auth(scope(header)))


def refused(auth, credential, match="."):
    with pytest.raises(Unauthenticated, match=match) as caught:
        admitted(auth, credential)
    assert SECRET not in str(caught.value)
    assert "eyJ" not in str(caught.value)


def b64(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def claims(**changes):
    good = {"tenant_id": "org_abc", "sub": "alice@example.com", "role": "admin"}
    return {**good, "exp": int(time.time()) + 60, **changes}


def forged(header, payload=None, key=None, digest=hashlib.sha256):
    """Sign whatever is wanted by hand, as no library would."""
    signed = f"{b64(header)}.{b64(claims() if payload is None else payload)}"
    signature = hmac.new(key or SECRET.encode(), signed.encode(), digest).digest()
    return f"{signed}.{b64(signature)}"


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
            ({"exp": time.time() - 1}, "expired"),
            ({"exp": True}, "."),
            ({"exp": str(int(time.time()) + 60)}, "exp must be a number"),
            ({"exp": [1]}, "."),
            ({"exp": float("inf")}, "."),
            ({"exp": float("nan")}, "."),
            ({"nbf": time.time() + 60}, "not valid yet"),
            ({"nbf": "1"}, "nbf must be a number"),
            ({"iat": time.time() + 60}, "not valid yet"),
            ({"iat": {}}, "."),
            ({"tenant_id": None}, "must name a tenant"),
            ({"tenant_id": ""}, "must name a tenant"),
            ({"tenant_id": " "}, "must name a tenant"),
            ({"tenant_id": 7}, "must name a tenant"),
            ({"tenant_id": ["org_abc"]}, "must name a tenant"),
            ({"tenant_id": "x" * 513}, "must name a tenant"),
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


class TestForgeries:
    @pytest.mark.parametrize(
        "alg", ["none", "None", "NONE", "nOnE", "", None, 0, [], ["HS256"], {}]
    )
    def test_unsigned(self, auth, alg):
        for tail in ("", b64(b""), "AAAA"):
            refused(auth, f"{b64({'alg': alg, 'typ': 'JWT'})}.{b64(claims())}.{tail}")
            refused(JwtAuth(public_key=pem(RSA)), f"{b64({'alg': alg})}.{b64(claims())}.{tail}")
        refused(auth, f"{b64({'typ': 'JWT'})}.{b64(claims())}.")

    def test_another_key_and_a_changed_payload(self, auth):
        refused(auth, token(key="another secret that is long enough"))
        head, _, signature = token().split(".")
        refused(auth, f"{head}.{b64(claims(tenant_id='org_other'))}.{signature}")
        refused(auth, f"{head}.{b64(claims())}.")

    @pytest.mark.parametrize(
        "extra",
        [
            {"crit": ["exp"]},
            {"crit": []},
            {"crit": "b64"},
            {"crit": ["b64"], "b64": True},
            {"crit": ["b64"], "b64": False},
            {"b64": False},
            {"b64": True},
            {"kid": 7},
            {"kid": ["a"]},
        ],
    )
    def test_headers_that_demand_something(self, auth, extra):
        refused(auth, forged({"alg": "HS256", **extra}))

    @pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c", "kid"])
    def test_headers_that_point_to_a_key_are_not_followed(self, auth, name):
        own = jwt.algorithms.RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True)
        value = own if name == "jwk" else "http://127.0.0.1:9/../../dev/null"
        refused(auth, token(RSA, "RS256", {name: value}))
        assert admitted(auth, token(headers={name: value})) == ALICE

    @pytest.mark.parametrize(
        "credential",
        [
            b"",
            b"Bearer",
            b"Bearer  ",
            b"Basic abc",
            b"Bearer a b",
            b"Bearer x",
            b"Bearer x.y.z",
            b"Bearer ....",
            b"Bearer \xff\xfe.a.b",
            "Bearer é.a.b".encode(),
            b"Bearer " + b"[" * 6_000,
            b"Bearer " + base64.urlsafe_b64encode(b"[" * 5_000).rstrip(b"=") + b".e30.e30",
            b"Bearer " + base64.urlsafe_b64encode(b'{"a":' * 1_000).rstrip(b"=") + b".e30.e30",
            b"Bearer " + b"x" * 8_192,
        ],
        ids=lambda raw: raw[:24].decode("latin-1"),
    )
    def test_what_is_no_token(self, auth, credential):
        refused(auth, credential)

    def test_one_header_exactly(self, auth):
        good = f"Bearer {token()}".encode()
        for headers in ((), (good, good), (good, b"Bearer x")):
            with pytest.raises(Unauthenticated):
                asyncio.run(auth(scope(*headers)))
        assert asyncio.run(auth(scope(good.replace(b"Bearer", b"bEARER")))) == ALICE

    @given(raw=st.binary(max_size=300), position=st.integers(0, 300))
    def test_nothing_but_the_whole_token_is_good(self, auth, raw, position):
        good = token(exp=4_000_000_000).encode()
        for credential in (raw, good[:position] + raw + good[position:]):
            if credential.strip(b" ") != good:
                refused(auth, b"Bearer " + credential)

    @given(
        header=st.dictionaries(st.sampled_from(["alg", "typ", "kid", "crit", "b64", "cty"]), st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
            max_leaves=5,
        )),
        payload=st.dictionaries(st.sampled_from(["exp", "nbf", "iat", "aud", "iss", "jti", "sub", "tenant_id", "role"]), st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
            lambda inner: st.lists(inner, max_size=3),
            max_leaves=4,
        )),
    )  # fmt: skip
    def test_a_signed_token_is_a_principal_or_refused(self, auth, header, payload):
        given = forged({"alg": "HS256", **header}, payload)
        with contextlib.suppress(Unauthenticated):
            assert isinstance(admitted(auth, given), Principal)
