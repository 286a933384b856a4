"""The HTTP contract as an ASGI sub-app; needs the extra ``asgi``, and ``jwt`` for ``JwtAuth``."""

from model_registry.asgi.app import create_app
from model_registry.asgi.auth import (
    AuthenticationUnavailable,
    Authenticator,
    Principal,
    Unauthenticated,
    bearer_token,
)
from model_registry.asgi.jwt_auth import JwtAuth

__all__ = [
    "AuthenticationUnavailable",
    "Authenticator",
    "JwtAuth",
    "Principal",
    "Unauthenticated",
    "bearer_token",
    "create_app",
]
