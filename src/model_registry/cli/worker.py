"""What each process of ``serve`` runs: a registry of its own, behind the HTTP API."""

from __future__ import annotations

import os
from typing import Any, Final

import attrs

from model_registry.cli.tokens import secret_given
from model_registry.errors import Fault, ValidationError
from model_registry.plugins import open_registry
from model_registry.registry import Registry

_VARIABLE: Final = {
    "store": "MODEL_REGISTRY_STORE",
    "prefix": "MODEL_REGISTRY_PREFIX",
    "request_log": "MODEL_REGISTRY_REQUEST_LOG",
    "jwks_url": "MODEL_REGISTRY_JWKS_URL",
    "issuer": "MODEL_REGISTRY_JWT_ISSUER",
    "audience": "MODEL_REGISTRY_JWT_AUDIENCE",
}


@attrs.frozen(kw_only=True)
class Settings:
    """What is served; the secret is not in here and stays in the environment."""

    store: str
    prefix: str
    request_log: str | None = None
    jwks_url: str | None = None
    issuer: str | None = None
    audience: str | None = None

    def tell_workers(self) -> None:
        """Leave these where the processes that are started from here find them."""
        for name, variable in _VARIABLE.items():
            os.environ[variable] = getattr(self, name) or ""

    @classmethod
    def told(cls) -> Settings:
        """Return what ``tell_workers`` left."""
        given: dict[str, Any] = {name: os.environ.get(v) or None for name, v in _VARIABLE.items()}
        return cls(**{**given, "prefix": given["prefix"] or ""})


@attrs.frozen
class Application:
    """The HTTP API, and the registry that is closed when the server has stopped."""

    api: Any
    registry: Registry

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection, or the server's own beginning and end."""
        if scope["type"] != "lifespan":
            await self.api(scope, receive, send)
            return
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self.registry.close()
        await send({"type": "lifespan.shutdown.complete"})


def worker() -> Application:
    """Make the application of one process among several."""
    return application(Settings.told())


def application(settings: Settings) -> Application:
    """
    Make the application that is served.

    Raises:
        ValidationError: the keys or the prefix cannot be used.
        RegistryError: the store or the log cannot be opened.
    """
    from model_registry.asgi import JwtAuth, create_app  # noqa: PLC0415  # for this command only

    try:
        authenticate = JwtAuth(
            jwks_url=settings.jwks_url,
            secret=None if settings.jwks_url else secret_given(),
            issuer=settings.issuer,
            audience=settings.audience,
        )
    except ValueError as error:
        raise ValidationError([Fault("jwks_url", f"cannot be used: {error}")]) from error
    registry = open_registry(settings.store, settings.request_log)
    try:
        api = create_app(registry, authenticate=authenticate, prefix=settings.prefix)
    except ValueError as error:
        registry.close()
        raise ValidationError([Fault("prefix", f"cannot be used: {error}")]) from error
    return Application(api, registry)
