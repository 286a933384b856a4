"""Who is calling: the port that an authenticator implements."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Final

import attrs

from model_registry.domain.entry import IDENTITY, TENANT
from model_registry.domain.rules import enforce, ruled
from model_registry.errors import RegistryError

_LONGEST_HEADER: Final = 8 * 1024
_SCHEME: Final = b"bearer"


def _as_roles(roles: str | Iterable[str]) -> frozenset[str]:
    return frozenset([roles] if isinstance(roles, str) else roles)


@attrs.frozen
class Principal:
    """
    Somebody whose credentials were found good.

    Attributes:
        tenant_id: the organization in whose inventory the request works.
        subject: who it is, for the history's ``actor``.
        roles: what the caller may be; a single string is one role.

    Raises:
        ValidationError: the tenant or the subject is blank, too long or not text.
    """

    tenant_id: str = ruled(TENANT)
    subject: str = ruled(IDENTITY)
    roles: frozenset[str] = attrs.field(factory=frozenset, converter=_as_roles)

    def __attrs_post_init__(self) -> None:
        enforce(self)


Authenticator = Callable[[MutableMapping[str, Any]], Principal | Awaitable[Principal]]
"""
Takes an ASGI scope and returns who is calling, or raises ``Unauthenticated``.

A coroutine function runs on the event loop and must not block it; any other
callable runs on a thread, where it may.
"""


class Unauthenticated(RegistryError):
    """The request carries no credentials, or none that hold (HTTP 401)."""

    code = "unauthorized"


class AuthenticationUnavailable(RegistryError):
    """Credentials cannot be checked at present, whether good or not (HTTP 503)."""

    code = "authentication_unavailable"


def bearer_token(scope: MutableMapping[str, Any]) -> str:
    """
    Return the token of the one ``Authorization: Bearer`` header (RFC 6750).

    Raises:
        Unauthenticated: no such header, several, another scheme, or one of more
            than 8 kB.
    """
    given = [value for name, value in scope["headers"] if name == b"authorization"]
    if not given:
        raise Unauthenticated("A bearer token is required")
    if len(given) > 1:
        raise Unauthenticated("There must be one Authorization header, not several")
    if len(given[0]) > _LONGEST_HEADER:
        raise Unauthenticated("The Authorization header is too long")
    scheme, _, token = given[0].partition(b" ")
    token = token.strip(b" ")
    if scheme.lower() != _SCHEME or not token:
        raise Unauthenticated("The Authorization header must be: Bearer <token>")
    if not token.isascii():
        raise Unauthenticated("The token is not valid")
    return str(token, "ascii")
