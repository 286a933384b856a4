"""Keys that verify tokens; which algorithms each serves is fixed by its type, never by a token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs

from model_registry.errors import BackendNotInstalled

_SHORTEST_SECRET: Final = 32
_SHORTEST_RSA: Final = 2048
_HMAC: Final = {"HS256": 32, "HS384": 48, "HS512": 64}  # bytes that each needs: RFC 7518, 3.2
_RSA: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
_CURVES: Final = {"secp256r1": ("ES256",), "secp384r1": ("ES384",), "secp521r1": ("ES512",)}
_PUBLIC_KTY: Final = ("RSA", "EC", "OKP")


@attrs.frozen
class VerificationKey:
    """
    A key, and the algorithms that a token may be signed with for it.

    Attributes:
        key: the secret's bytes, or a public key of ``cryptography``.
        algorithms: as tokens name them.
    """

    key: Any
    algorithms: tuple[str, ...]

    @classmethod
    def of_secret(cls, secret: str | bytes) -> VerificationKey:
        """
        Return the key of an HMAC secret.

        Raises:
            ValueError: shorter than 32 bytes, or a public key or JWK by mistake.
        """
        from jwt import InvalidKeyError  # noqa: PLC0415  # an optional package
        from jwt.algorithms import HMACAlgorithm  # noqa: PLC0415  # an optional package

        raw = secret.encode() if isinstance(secret, str) else secret
        if len(raw) < _SHORTEST_SECRET:
            raise ValueError(
                f"The JWT secret must be at least {_SHORTEST_SECRET} bytes, not {len(raw)}"
            )
        try:
            HMACAlgorithm(HMACAlgorithm.SHA256).prepare_key(raw)
        except InvalidKeyError as error:
            raise ValueError(f"The JWT secret is none: {error}") from error
        return cls(raw, tuple(name for name, least in _HMAC.items() if len(raw) >= least))

    @classmethod
    def of_pem(cls, pem: str | bytes) -> VerificationKey:
        """
        Return the key of a PEM text: RSA of 2048 bits or more, NIST curves, Ed25519.

        Raises:
            ValueError: no public key, or one of another kind.
        """
        try:
            from cryptography.exceptions import (  # noqa: PLC0415  # an optional package
                UnsupportedAlgorithm,
            )
            from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415  # likewise
                load_pem_public_key,
            )
        except ModuleNotFoundError as error:
            raise not_installed(error) from error
        raw = pem.encode() if isinstance(pem, str) else pem
        if b"PRIVATE KEY" in raw:
            raise ValueError("This is a private key: give the public one, and keep this away")
        try:
            key = load_pem_public_key(raw)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise ValueError("The JWT key must be a public key in PEM form") from error
        return cls(key, _algorithms_of(key))

    @classmethod
    def of_jwk(cls, jwk: Mapping[str, Any]) -> VerificationKey:
        """
        Return the key of a public JWK (RFC 7517), narrowed to its ``alg`` if it names one.

        Raises:
            ValueError: a symmetric, private or unusable key, or one not for signatures.
        """
        from jwt import PyJWK  # noqa: PLC0415  # an optional package

        if jwk.get("kty") not in _PUBLIC_KTY or "d" in jwk or jwk.get("use", "sig") != "sig":
            raise ValueError("not a public key for signatures")
        try:
            key = PyJWK({name: value for name, value in jwk.items() if name != "alg"}).key
        except Exception as error:  # numbers of any size and type are decoded here
            raise ValueError("its numbers make no key") from error
        algorithms = _algorithms_of(key)
        if "alg" in jwk:
            algorithms = tuple(name for name in algorithms if name == jwk["alg"])
        if not algorithms:
            raise ValueError(f"no {jwk.get('kty')} key serves {str(jwk.get('alg'))[:20]!r}")
        return cls(key, algorithms)


def _algorithms_of(key: object) -> tuple[str, ...]:
    from cryptography.hazmat.primitives.asymmetric import (  # noqa: PLC0415  # an optional package
        ec,
        ed25519,
        rsa,
    )

    match key:
        case rsa.RSAPublicKey() if key.key_size >= _SHORTEST_RSA:
            return _RSA
        case ec.EllipticCurvePublicKey() if key.curve.name in _CURVES:
            return _CURVES[key.curve.name]
        case ed25519.Ed25519PublicKey():
            return ("EdDSA",)
    raise ValueError(
        f"The JWT key must be RSA of at least {_SHORTEST_RSA} bits, P-256, P-384, P-521 or Ed25519"
    )


def not_installed(error: ModuleNotFoundError) -> BackendNotInstalled:
    """Return the error that says how to install what tokens need."""
    return BackendNotInstalled(
        f"JwtAuth needs the package {error.name!r}, which is not installed; "
        "run: pip install 'model-risk-registry[jwt]'"
    )
