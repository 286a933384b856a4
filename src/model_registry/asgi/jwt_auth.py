"""Authentication by JSON Web Token (RFC 7519), with the care that RFC 8725 asks for."""

from __future__ import annotations

import logging
import re
from collections.abc import MutableMapping, Sequence
from time import time
from typing import Any, Final

from model_registry.asgi.auth import Principal, Unauthenticated, bearer_token
from model_registry.asgi.jwks import KeySet
from model_registry.asgi.jwt_keys import VerificationKey, not_installed
from model_registry.asgi.verified_tokens import Validity, VerifiedToken, VerifiedTokens
from model_registry.errors import ValidationError

_log: Final = logging.getLogger("model_registry.asgi")

# RFC 7515, 3.1: PyJWT takes padding too, and then one token has two spellings.
_COMPACT: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_REFUSED_HEADERS: Final = frozenset({"crit", "b64"})
_REASONS: Final = {
    "InvalidAudienceError": "The token was issued for another audience",
    "InvalidIssuerError": "The token was issued by somebody else",
}


class JwtAuth:
    """
    An authenticator for ``create_app``: takes exactly one of a secret, a key or a URL.

    Which algorithms a token may use follows from the key alone. A token must
    have ``exp``, a tenant and a subject. Headers that point to keys (``jwk``,
    ``jku``, ``x5u``) are not looked at, and ``kid`` only chooses among known ones.

    The signature of a token that was found good is not verified again while its
    key stays the same; its times, and whether its key is still published, are
    checked at each request.

    Args:
        secret: an HMAC secret of 32 bytes or more.
        public_key: PEM text: RSA of 2048 bits or more, P-256, P-384, P-521 or Ed25519.
        jwks_url: where the issuer publishes its keys; https.
        issuer: what ``iss`` must be, if given.
        audience: what ``aud`` must hold, if given: one of these. A token with an
            ``aud`` is refused where none is configured, since it was made for another.
        leeway: seconds by which clocks may differ.
        tenant_claim: the claim that names the tenant.
        subject_claim: the claim that names the caller.
        role_claim: the claim that holds the role, or a list of roles.

    Raises:
        BackendNotInstalled: PyJWT or cryptography is missing.
        ValueError: the key is none, or too short; or not exactly one was given.
    """

    def __init__(
        self,
        *,
        secret: str | bytes | None = None,
        public_key: str | bytes | None = None,
        jwks_url: str | None = None,
        issuer: str | None = None,
        audience: str | Sequence[str] | None = None,
        leeway: float = 0,
        tenant_claim: str = "tenant_id",
        subject_claim: str = "sub",
        role_claim: str = "role",
    ) -> None:
        try:
            import jwt  # noqa: PLC0415  # an optional package
        except ModuleNotFoundError as error:
            raise not_installed(error) from error
        if sum(given is not None for given in (secret, public_key, jwks_url)) != 1:
            raise ValueError("JwtAuth takes exactly one of secret, public_key and jwks_url")
        self._jwt = jwt
        self._key: VerificationKey | None = None
        self._keys: KeySet | None = None
        if secret is not None:
            self._key = VerificationKey.of_secret(secret)
        elif public_key is not None:
            self._key = VerificationKey.of_pem(public_key)
        elif jwks_url is not None:
            self._keys = KeySet(jwks_url)
        self._issuer = issuer
        self._audience = audience
        self._leeway = leeway
        self._tenant_claim = tenant_claim
        self._subject_claim = subject_claim
        self._role_claim = role_claim
        self._found = VerifiedTokens()

    async def __call__(self, scope: MutableMapping[str, Any]) -> Principal:
        """
        Return who the bearer token of a request speaks for.

        Raises:
            Unauthenticated: no token, or none that holds.
            AuthenticationUnavailable: the issuer's keys could never be fetched.
        """
        token = bearer_token(scope)
        known = self._found.get(token)
        kid = self._kid(token) if known is None else known.kid
        key = self._key or await self._published_key(kid)
        if known is not None and known.key is key:
            known.validity.check(time(), self._leeway)
            return known.principal
        found = self._verified(token, kid, key)
        self._found.remember(token, found)
        return found.principal

    def _kid(self, token: str) -> str | None:
        if not _COMPACT.fullmatch(token):
            raise Unauthenticated("The token is not valid")
        if self._key is not None:
            return None
        try:
            kid: str | None = self._jwt.get_unverified_header(token).get("kid")
        except Exception as error:
            raise self._refusal(error) from error
        return kid

    async def _published_key(self, kid: str | None) -> VerificationKey:
        key = await self._keys.key(kid) if self._keys is not None else None
        if key is None:
            raise Unauthenticated("The token is signed with an unknown key")
        return key

    def _verified(self, token: str, kid: str | None, key: VerificationKey) -> VerifiedToken:
        claims = self._claims(token, key)
        validity = Validity.claimed(claims)
        validity.check(time(), self._leeway)
        return VerifiedToken(self._principal(claims), kid, key, validity)

    def _claims(self, token: str, key: VerificationKey) -> dict[str, Any]:
        try:
            decoded = self._jwt.decode_complete(
                token,
                key.key,
                algorithms=key.algorithms,
                audience=self._audience,
                issuer=self._issuer,
                # Times are checked by ``Validity``, each time that the token is shown.
                options={
                    "require": ["exp"],
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        except Exception as error:  # whatever fails, a token that was not verified is none
            raise self._refusal(error) from error
        if _REFUSED_HEADERS & decoded["header"].keys():
            raise Unauthenticated("The token demands an extension that is not supported")
        claims: dict[str, Any] = decoded["payload"]
        if self._audience is None and "aud" in claims:  # PyJWT overlooks an empty one
            raise Unauthenticated(_REASONS["InvalidAudienceError"])
        return claims

    def _principal(self, claims: dict[str, Any]) -> Principal:
        role = claims.get(self._role_claim)
        listed = role if isinstance(role, list) else [role]
        roles = frozenset(name for name in listed if isinstance(name, str))
        try:
            return Principal(
                tenant_id=claims.get(self._tenant_claim),  # type: ignore[arg-type]  # the rule checks
                subject=claims.get(self._subject_claim),  # type: ignore[arg-type]  # likewise
                roles=roles,
            )
        except ValidationError:
            message = (
                f"The token must name a tenant ({self._tenant_claim}), text of 1 to 128 "
                f"characters, and a subject ({self._subject_claim}), of 1 to 512"
            )
            raise Unauthenticated(message) from None

    def _refusal(self, error: Exception) -> Unauthenticated:
        if isinstance(error, self._jwt.MissingRequiredClaimError):
            return Unauthenticated(f"The token lacks the claim {error.claim}")
        if not isinstance(error, self._jwt.PyJWTError):
            _log.warning("A token could not be read: %s", type(error).__name__)
        return Unauthenticated(_REASONS.get(type(error).__name__, "The token is not valid"))
