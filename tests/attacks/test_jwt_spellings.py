"""Tokens that are spelled, wrapped or encoded in a way that some library would take."""

import base64
import json

import jwt
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from http_service import SECRET, token
from tokens import ALICE, KEYS, admitted, b64, claims, forged, pem, refused

from model_registry.asgi import JwtAuth, Principal

Encoding, Format = serialization.Encoding, serialization.PublicFormat
P_256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # its order


@pytest.fixture(scope="module")
def auth():
    return JwtAuth(secret=SECRET)


def encodings(private):
    """What somebody who takes a public key for an HMAC secret may have taken."""
    public = private.public_key()
    text = pem(private)
    der = public.public_bytes(Encoding.DER, Format.SubjectPublicKeyInfo)
    yield from (text, text.strip(), text.replace(b"\n", b"\r\n"), text.replace(b"\n", b""))
    yield from (der, base64.b64encode(der), der.hex().encode())
    yield b"".join(text.splitlines()[1:-1])
    if hasattr(public, "public_numbers"):
        numbers = public.public_numbers()
        if hasattr(numbers, "n"):
            modulus = numbers.n.to_bytes(public.key_size // 8, "big")
            yield from (modulus, modulus.hex().encode(), b64(modulus).encode())
            yield public.public_bytes(Encoding.PEM, Format.PKCS1)
            own = jwt.algorithms.RSAAlgorithm.to_jwk(public)
            yield from (own.encode(), json.dumps(json.loads(own), sort_keys=True).encode())
        else:
            yield public.public_bytes(Encoding.X962, Format.UncompressedPoint)
    if hasattr(public, "public_bytes_raw"):
        yield public.public_bytes_raw()
    yield public.public_bytes(Encoding.OpenSSH, Format.OpenSSH)
    yield from (b"", b"\x00", b"secret", SECRET.encode())


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_the_public_key_is_no_hmac_secret_in_any_encoding(algorithm):
    auth = JwtAuth(public_key=pem(KEYS[algorithm]))
    for key in encodings(KEYS[algorithm]):
        for alg in ("HS256", "HS384", "HS512", algorithm):
            # hmac takes an empty key, PyJWT's encoder would not
            refused(auth, forged({"alg": alg, "typ": "JWT"}, key=key or bytes(64)))


@pytest.mark.parametrize(
    "alg",
    ["hs256", "Hs256", "HS256 ", " HS256", "HS-256", "HS256\x00", "HS256,none", "HS384", "RS256", "HS", "SHA256"],
)  # fmt: skip
def test_an_algorithm_is_spelled_in_one_way(auth, alg):
    refused(auth, forged({"alg": alg}))


def test_a_token_is_spelled_in_one_way(auth):
    good = token(exp=4_000_000_000)
    assert admitted(auth, good) == ALICE
    signed, _, signature = good.rpartition(".")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    unused = alphabet[alphabet.index(signature[-1]) ^ 1]  # differs in bits that decode to nothing
    for other in (
        *(good + tail for tail in ("=", "==", ".", ",", "\t", "\r\n", "!", "%3D", "\x00")),
        *(
            signed + "." + signature[:9] + junk + signature[9:]
            for junk in ("=", "!", " ", "\n", "%")
        ),
        signed + "." + signature[:-1] + unused,
        good.replace(".", "=.", 1),
        f'"{good}"',
        f"{good}, Bearer {good}",
        good.replace(".", "..", 1),
        "." + good,
    ):
        refused(auth, other)
    for header in (b"Bearer\t", b" Bearer ", b"Bearer: ", b"Bearer=", b"Token ", b"JWT ", b""):
        refused(auth, header + good.encode())


def test_a_token_that_wraps_another_is_none(auth):
    sealed = {"alg": "dir", "enc": "A256GCM"}
    refused(auth, f"{b64(sealed)}..{b64(bytes(12))}.{b64(token())}.{b64(bytes(16))}")
    refused(auth, "e30.e30.e30.e30.e30")
    refused(auth, forged({"alg": "HS256", "cty": "JWT"}, token().encode()))
    refused(auth, forged({"alg": "HS256", "cty": "JWT"}, json.dumps(token()).encode()))
    as_json = {"payload": b64(claims()), "protected": b64({"alg": "none"}), "signature": ""}
    refused(auth, json.dumps(as_json))


def test_of_a_key_that_is_there_twice_the_last_counts(auth):
    """As RFC 7519, 4 has it, for header and claims: nothing is decided upon the first."""
    refused(auth, forged(b'{"alg":"HS256","alg":"none"}'))
    refused(auth, forged({"alg": "HS256"}, json.dumps(claims()).encode()[:-1] + b',"exp":1}'))
    twice = json.dumps(claims()).encode()[:-1] + b',"tenant_id":"org_last"}'
    assert admitted(auth, forged({"alg": "HS256"}, twice)).tenant_id == "org_last"


@pytest.mark.parametrize("audience", ["", [], None, 0, 7, True, {}, {"a": 1}, [7], [None], "x"])
def test_a_token_for_somebody_is_not_for_anybody(auth, audience):
    refused(auth, forged({"alg": "HS256"}, claims(aud=audience)), "another audience")
    ours = JwtAuth(secret=SECRET, audience="registry")
    refused(ours, forged({"alg": "HS256"}, claims(aud=audience)), "aud")


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
@pytest.mark.parametrize(
    "value", [None, "", "4000000000", [], [4_000_000_000], {}, True, False, float("inf"), float("-inf"), float("nan")], ids=str
)  # fmt: skip
def test_a_time_is_a_number(auth, name, value):
    refused(auth, forged({"alg": "HS256"}, claims(**{name: value})))


def test_signatures_of_elliptic_curves():
    auth = JwtAuth(public_key=pem(KEYS["ES256"]))
    signed, _, signature = token(KEYS["ES256"], "ES256").rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    r, s = raw[:32], int.from_bytes(raw[32:], "big")
    der = KEYS["ES256"].sign(signed.encode(), ec.ECDSA(hashes.SHA256()))
    order = P_256.to_bytes(32, "big")
    nothing, one = bytes(32), (1).to_bytes(32, "big")
    for other in (der, raw[:63], raw + b"\x00", b"\x00" + raw, nothing * 2, one + nothing,
                  nothing + one, order + order, r + (P_256 + s).to_bytes(33, "big"), b""):  # fmt: skip
        refused(auth, f"{signed}.{b64(other)}")
    # ECDSA itself lets s be replaced by n - s: the same claims of the same signer,
    # so it gains nobody anything, as tokens are not told apart by their text.
    mirrored = r + (P_256 - s).to_bytes(32, "big")
    assert admitted(auth, f"{signed}.{b64(mirrored)}") == ALICE


@pytest.mark.parametrize(
    "kid",
    ["../../../../dev/null", "/dev/null", "' OR 1=1 --", "x' UNION SELECT 'k", "k" * 5_000, "", "\x00", "a\nb",
     "http://127.0.0.1:9/k", "$(id)", "{{7*7}}", "é"],
    ids=lambda kid: ascii(kid)[:20],
)  # fmt: skip
def test_a_kid_is_no_path_query_or_command(auth, kid):
    for key in (b"\x00" * 32, b"k" * 32):  # what /dev/null or the query would give as a secret
        refused(auth, forged({"alg": "HS256", "kid": kid}, key=key))
    assert isinstance(admitted(auth, forged({"alg": "HS256", "kid": kid})), Principal)
