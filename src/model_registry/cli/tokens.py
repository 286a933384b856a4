"""The command ``token``: a bearer token for trying the HTTP API."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import attrs
from cyclopts import Parameter

from model_registry.cli.options import (
    AudienceOption,
    IssuerOption,
    NumberOption,
    TenantOption,
    required,
)
from model_registry.cli.screen import say
from model_registry.codec import read_text
from model_registry.domain.rules import Whole, enforce, ruled
from model_registry.errors import Fault, ValidationError

SECRET: Final = "MODEL_REGISTRY_JWT_SECRET"  # noqa: S105  # a variable's name
_SHORTEST: Final = 32
_WORKING_DAY: Final = timedelta(hours=8)


@attrs.frozen(kw_only=True)
class _Lifetime:
    """How long a token is good for."""

    hours: int = ruled(Whole(0, 24 * 365), default=0)
    days: int = ruled(Whole(0, 365), default=0)

    def __attrs_post_init__(self) -> None:
        enforce(self)


def secret_given() -> str | None:
    """
    Return the shared secret from the environment, where no list of processes shows it.

    Raises:
        ValidationError: it is too short to sign with, or no text.
    """
    secret = os.environ.get(SECRET)
    if not secret:
        return None
    try:
        if len(secret.encode()) >= _SHORTEST:
            return secret
    except UnicodeEncodeError:
        raise ValidationError([Fault(SECRET, "must be UTF-8 text")]) from None
    raise ValidationError([Fault(SECRET, f"must have {_SHORTEST} bytes or more")])


def token(
    *,
    tenant: TenantOption = None,
    subject: Annotated[str, Parameter(metavar="NAME")] = "developer",
    role: Annotated[str, Parameter(metavar="ROLE")] = "admin",
    hours: NumberOption = None,
    days: NumberOption = None,
    issuer: IssuerOption = None,
    audience: AudienceOption = None,
) -> None:
    """
    Print a token for trying the HTTP API, signed with MODEL_REGISTRY_JWT_SECRET.

    Args:
        tenant: whose inventory it opens.
        subject: Who the history says did it. Default: developer.
        role: The role that it carries; the API asks for admin, the default.
        hours: Hours until it expires. Default: 8, or none if days are given.
        days: Days until it expires, besides the hours.
        issuer: who issued it.
        audience: whom it is for.
    """
    typed = {"hours": hours, "days": days}
    lifetime = read_text(_Lifetime, {name: text for name, text in typed.items() if text})
    (tenant_id,) = required(tenant_id=tenant)
    lasting = timedelta(hours=lifetime.hours, days=lifetime.days) or _WORKING_DAY
    claims = {"role": role, "iss": issuer, "aud": audience}
    say(signed(tenant_id, subject, lasting, **{k: v for k, v in claims.items() if v}))


def signed(tenant_id: str, subject: str, lasting: timedelta = _WORKING_DAY, **claims: str) -> str:
    """
    Return a token signed with the shared secret, for somebody who may do everything.

    Args:
        tenant_id: whose inventory it opens.
        subject: who the history says did it.
        lasting: how long from now it is good.
        claims: what else it states, or instead.

    Raises:
        ValidationError: there is no secret, or none that can be used.
    """
    secret = secret_given()
    if secret is None:
        raise ValidationError([Fault(SECRET, f"is not set: a secret of {_SHORTEST} bytes or more")])
    import jwt  # noqa: PLC0415  # only who wants a token needs it

    now = datetime.now(UTC)
    given = {"tenant_id": tenant_id, "sub": subject, "role": "admin", "iat": now}
    return jwt.encode({**given, "exp": now + lasting, **claims}, secret, algorithm="HS256")
