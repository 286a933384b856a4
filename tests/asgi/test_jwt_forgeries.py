"""Tokens: every known way in which one does not hold."""

import asyncio
import base64
import contextlib

import jwt
import pytest
from http_service import SECRET, token
from hypothesis import given
from hypothesis import strategies as st
from tokens import ALICE, RSA, admitted, b64, claims, forged, pem, refused, scope

from model_registry.asgi import JwtAuth, Principal, Unauthenticated


@pytest.fixture(scope="module")
def auth():
    return JwtAuth(secret=SECRET)


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
