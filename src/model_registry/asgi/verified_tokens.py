"""Tokens that were found good, remembered so that their signatures are checked once."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, isfinite
from threading import Lock
from typing import Any, Final

import attrs

from model_registry.asgi.auth import Principal, Unauthenticated
from model_registry.asgi.jwt_keys import VerificationKey

MOST_REMEMBERED: Final = 4_096
"""Tokens that are remembered at once; of more than 8 kB each there is none."""


@attrs.frozen
class Validity:
    """
    The time in which a token is good (RFC 7519: ``exp``, ``nbf``, ``iat``), in seconds.

    Attributes:
        begins: from this second on.
        ends: before this second.
    """

    begins: float
    ends: float

    @classmethod
    def claimed(cls, claims: Mapping[str, Any]) -> Validity:
        """
        Return the validity that claims state.

        Raises:
            Unauthenticated: one of them is no number.
        """
        begins = max(_seconds(claims, "nbf"), _seconds(claims, "iat"))
        return cls(begins, _seconds(claims, "exp"))

    def check(self, now: float, leeway: float) -> None:
        """
        Make sure that a token is good at an instant.

        Raises:
            Unauthenticated: it has expired, or is not valid yet.
        """
        if self.ends <= now - leeway:
            raise Unauthenticated("The token has expired")
        if self.begins > now + leeway:
            raise Unauthenticated("The token is not valid yet")


def _seconds(claims: Mapping[str, Any], name: str) -> float:
    if name not in claims:
        return -inf
    given = claims[name]
    # A number may have any size; only one with a point can be none (NaN, Infinity).
    if type(given) is int or (type(given) is float and isfinite(given)):
        return given
    raise Unauthenticated(f"The token's {name} must be a number")


@attrs.frozen
class VerifiedToken:
    """
    What was found when a token was verified; whatever else may change is checked each time.

    Attributes:
        principal: whom it speaks for.
        kid: the id of its key, as its header names it.
        key: the very key that its signature was verified with.
        validity: when it is good.
    """

    principal: Principal
    kid: str | None
    key: VerificationKey
    validity: Validity


class VerifiedTokens:
    """The tokens that were found good last, by their exact text; the oldest makes room."""

    def __init__(self, most: int = MOST_REMEMBERED) -> None:
        self._most = most
        self._tokens: dict[str, VerifiedToken] = {}
        self._lock = Lock()

    def get(self, token: str) -> VerifiedToken | None:
        """Return what was found, or None."""
        return self._tokens.get(token)

    def remember(self, token: str, found: VerifiedToken) -> None:
        """Keep what was found."""
        with self._lock:
            self._tokens.pop(token, None)
            if len(self._tokens) >= self._most:
                del self._tokens[next(iter(self._tokens))]
            self._tokens[token] = found
