"""Keys of every kind, and tokens that no library would sign."""

import asyncio
import base64
import hashlib
import hmac
import json
import time

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from http_service import SECRET

from model_registry.asgi import Principal, Unauthenticated

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
