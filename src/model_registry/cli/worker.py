"""What each process of ``serve`` runs: a registry of its own, behind the HTTP API."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final

import attrs

from model_registry.cli.tokens import secret_given
from model_registry.errors import Fault, ValidationError
from model_registry.plugins import open_registry
from model_registry.registry import Registry

ENVIRONMENT: Final = {
    "store": "MODEL_REGISTRY_STORE",
    "request_log": "MODEL_REGISTRY_REQUEST_LOG",
    "prefix": "MODEL_REGISTRY_PREFIX",
    "jwks_url": "MODEL_REGISTRY_JWKS_URL",
    "issuer": "MODEL_REGISTRY_JWT_ISSUER",
    "audience": "MODEL_REGISTRY_JWT_AUDIENCE",
}
"""How a worker learns what the command was told: processes share only their environment."""


def tell_workers(settings: Mapping[str, str | None]) -> None:
    """Leave settings where this process's and other processes' ``application`` finds them."""
    for name, value in settings.items():
        if value is None:
            os.environ.pop(ENVIRONMENT[name], None)
        else:
            os.environ[ENVIRONMENT[name]] = value


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


def application() -> Application:
    """
    Make the application that the environment describes.

    Raises:
        ValidationError: the keys or the prefix cannot be used.
        RegistryError: the store or the log cannot be opened.
    """
    from model_registry.asgi import JwtAuth, create_app  # noqa: PLC0415  # for this command only

    given = {name: os.environ.get(variable) for name, variable in ENVIRONMENT.items()}
    try:
        authenticate = JwtAuth(
            jwks_url=given["jwks_url"],
            secret=None if given["jwks_url"] else secret_given(),
            issuer=given["issuer"],
            audience=given["audience"],
        )
    except ValueError as error:
        raise ValidationError([Fault("jwks_url", f"cannot be used: {error}")]) from error
    registry = open_registry(str(given["store"]), given["request_log"])
    try:
        api = create_app(registry, authenticate=authenticate, prefix=str(given["prefix"]))
    except ValueError as error:
        registry.close()
        raise ValidationError([Fault("prefix", f"cannot be used: {error}")]) from error
    return Application(api, registry)
