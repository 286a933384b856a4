"""What each process of ``serve`` runs: a registry of its own, behind the HTTP API."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs

from model_registry.cli.cadence import cadence_here
from model_registry.cli.evidence import signing_key
from model_registry.cli.logs import LogFormat, LogLevel, write_logs
from model_registry.cli.tokens import secret_given
from model_registry.errors import Fault, ValidationError
from model_registry.plugins import open_registry
from model_registry.registry import Registry

if TYPE_CHECKING:
    from model_registry.cli.draining import Draining
    from model_registry.cli.health import Health
    from model_registry.cli.metrics import Metrics

_log: Final = logging.getLogger("model_registry.server")

_VARIABLE: Final = "MODEL_REGISTRY_WORKER"

_PROBE: Final = "readyz"
"""The tenant whose head is looked at: whether there is such a tenant does not matter."""


@attrs.frozen(kw_only=True)
class Settings:
    """What is served, and how; the secret is not in here and stays in the environment."""

    store: str
    prefix: str
    replica: str | None = None
    request_log: str | None = None
    jwks_url: str | None = None
    issuer: str | None = None
    audience: str | None = None
    checkpoint_key: str | None = None
    log_format: LogFormat = attrs.field(default=LogFormat.TEXT, converter=LogFormat)
    log_level: LogLevel = attrs.field(default=LogLevel.WARNING, converter=LogLevel)
    access_log: bool = False
    metrics: bool = False
    notice: int = 0
    kept_mib: int = 64
    ui: bool = False

    def tell_workers(self) -> None:
        """Leave these where the processes that are started from here find them."""
        os.environ[_VARIABLE] = json.dumps(attrs.asdict(self))

    @classmethod
    def told(cls) -> Settings:
        """Return what ``tell_workers`` left."""
        return cls(**json.loads(os.environ[_VARIABLE]))

    def write_logs(self) -> None:
        """Let this process write its log."""
        write_logs(self.log_format, self.log_level, requests=self.access_log)


@attrs.frozen
class Application:
    """The HTTP API and what stands beside it; the registry is closed when the server stops."""

    api: Any
    registry: Registry
    health: Health
    draining: Draining
    metrics: Metrics | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection, or the server's own beginning and end."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if self.draining.begun:
            send = self.draining.closing(send)
        await self._app(scope)(scope, receive, send)

    def _app(self, scope: Any) -> Any:
        if self.health.serves(scope):
            return self.health
        if self.metrics is not None and self.metrics.serves(scope):
            return self.metrics
        return self.api

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        self.draining.watch()
        _log.info("The server has started", extra={"pid": os.getpid()})
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self.draining.end_soon()
        self.registry.close()
        _log.info("The server has stopped", extra={"pid": os.getpid()})
        await send({"type": "lifespan.shutdown.complete"})


def worker() -> Application:
    """Make the application of one process among several."""
    settings = Settings.told()
    settings.write_logs()
    return application(settings)


def application(settings: Settings) -> Application:
    """
    Make the application that is served.

    Raises:
        ValidationError: the keys or the prefix cannot be used.
        RegistryError: the store or the log cannot be opened.
    """
    from model_registry.asgi import JwtAuth, create_app  # noqa: PLC0415  # for this command only
    from model_registry.cli.draining import Draining  # noqa: PLC0415  # likewise
    from model_registry.cli.health import Health  # noqa: PLC0415  # likewise
    from model_registry.cli.metrics import Metrics  # noqa: PLC0415  # likewise

    try:
        authenticate = JwtAuth(
            jwks_url=settings.jwks_url,
            secret=None if settings.jwks_url else secret_given(),
            issuer=settings.issuer,
            audience=settings.audience,
        )
    except ValueError as error:
        raise ValidationError([Fault("jwks_url", f"cannot be used: {error}")]) from error
    sign = None
    if settings.checkpoint_key is not None:
        sign = signing_key(Path(settings.checkpoint_key)).sign
    metrics = Metrics() if settings.metrics else None
    observer = None if metrics is None else metrics.observer
    registry = open_registry(
        settings.store,
        settings.request_log,
        replica=settings.replica,
        observer=observer,
        cadence=cadence_here(),
    )
    try:
        api = create_app(
            registry,
            authenticate=authenticate,
            prefix=settings.prefix,
            kept_bytes=settings.kept_mib * 1024 * 1024,
            sign_checkpoint=sign,
            ui=settings.ui,
        )
    except ValueError as error:
        registry.close()
        raise ValidationError([Fault("prefix", f"cannot be used: {error}")]) from error
    draining = Draining(settings.notice)
    health = Health(registry.tenant(_PROBE).head, lambda: draining.begun)
    return Application(api, registry, health, draining, metrics)
