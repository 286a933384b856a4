"""The command ``serve``: the HTTP API under uvicorn, in one process or several."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Annotated, Final

import attrs
from cyclopts import Parameter

from model_registry.cli.listening import listen
from model_registry.cli.logs import LogFormat, LogLevel
from model_registry.cli.metrics import shared_by_processes
from model_registry.cli.options import (
    AllRowsAreOption,
    AudienceOption,
    IssuerOption,
    NumberOption,
    ReplicaOption,
    RequestLogOption,
    ShapeOption,
    StoreOption,
    log_named,
    required,
)
from model_registry.cli.screen import note
from model_registry.cli.tokens import SECRET, secret_given
from model_registry.cli.worker import Settings, application
from model_registry.codec import read_text
from model_registry.domain.rules import Choice, Whole, enforce, ruled
from model_registry.errors import Fault, ValidationError

_log: Final = logging.getLogger("model_registry.server")


@attrs.frozen(kw_only=True)
class Running:
    """How the server runs; ``serve`` says what each setting means."""

    port: int = ruled(Whole(0, 65_535), default=8000)
    workers: int = ruled(Whole(1, 256), default=1)
    kept_mib: int = ruled(Whole(0, 65_536), default=64)
    drain_seconds: int = ruled(Whole(0, 3_600), default=10)
    notice_seconds: int = ruled(Whole(0, 3_600), default=0)
    log_format: LogFormat = ruled(Choice(LogFormat), default=LogFormat.TEXT)
    log_level: LogLevel = ruled(Choice(LogLevel), default=LogLevel.WARNING)

    def __attrs_post_init__(self) -> None:
        enforce(self)


def serve(
    *,
    store: StoreOption = None,
    replica: ReplicaOption = None,
    request_log: RequestLogOption = None,
    shape: ShapeOption = None,
    all_rows_are: AllRowsAreOption = None,
    host: Annotated[str, Parameter(metavar="ADDRESS")] = "127.0.0.1",
    port: NumberOption = None,
    workers: NumberOption = None,
    kept_mib: NumberOption = None,
    prefix: Annotated[
        str, Parameter(metavar="PATH", env_var="MODEL_REGISTRY_PREFIX")
    ] = "/api/admin",
    jwks_url: Annotated[
        str | None, Parameter(metavar="URL", env_var="MODEL_REGISTRY_JWKS_URL")
    ] = None,
    issuer: IssuerOption = None,
    audience: AudienceOption = None,
    checkpoint_key: Annotated[
        str | None, Parameter(metavar="FILE", env_var="MODEL_REGISTRY_CHECKPOINT_KEY")
    ] = None,
    ui: bool = False,
    access_log: bool = False,
    metrics: bool = False,
    log_format: Annotated[
        str | None, Parameter(metavar="FORM", env_var="MODEL_REGISTRY_LOG_FORMAT")
    ] = None,
    log_level: Annotated[
        str | None, Parameter(metavar="LEVEL", env_var="MODEL_REGISTRY_LOG_LEVEL")
    ] = None,
    drain_seconds: NumberOption = None,
    notice_seconds: NumberOption = None,
) -> int:
    """
    Serve the HTTP API.

    Callers show a JWT that is signed with the secret in MODEL_REGISTRY_JWT_SECRET
    or, if --jwks-url is given, with a key that is published there.

    Args:
        store: where.
        replica: what answers reads where it is up to date.
        request_log: what discovery scans.
        shape: how its fields are named.
        all_rows_are: whose its rows are.
        host: Address to listen on. Default: 127.0.0.1, which only this computer reaches.
        port: Port to listen on; 0 for any that is free. Default: 8000.
        workers: Processes that serve. Default: 1.
        kept_mib: MiB of memory, in each process, for lists that are kept while an
            inventory stays as it is. Default: 64.
        prefix: Path below which the API lies. Default: /api/admin.
        jwks_url: Where the keys are published that tokens are signed with.
        issuer: who must have issued a token.
        audience: whom a token must be for.
        checkpoint_key: The key that signs checkpoints, as "history key" wrote it.
        ui: Serve the inventory page too, at /ui/.
        access_log: Write a line for each request.
        metrics: Show Prometheus's metrics at /metrics, to whoever asks.
        log_format: How log lines are written: text or json. Default: text.
        log_level: From which level on: debug, info, warning or error. Default: warning,
            but info if --log-format is given.
        drain_seconds: Seconds to finish requests in, after SIGTERM. Default: 10.
        notice_seconds: Seconds for which, after SIGTERM, /readyz says 503 and everything
            is still served. Default: 0.
    """
    typed = {
        "port": port,
        "workers": workers,
        "kept_mib": kept_mib,
        "log_format": log_format,
        "log_level": log_level or ("info" if log_format else None),
        "drain_seconds": drain_seconds,
        "notice_seconds": notice_seconds,
    }
    running = read_text(Running, {name: text for name, text in typed.items() if text})
    (url,) = required(store=store)
    if running.workers > 1 and url.lower().startswith("memory:"):
        message = "must be 1 with memory://, because processes do not share their memory"
        raise ValidationError([Fault("workers", message, running.workers)])
    if secret_given() is None and not jwks_url:
        raise ValidationError(
            [Fault(SECRET, "is not set and no --jwks-url is given: nobody could be let in")]
        )
    settings = Settings(
        store=url,
        prefix=prefix,
        replica=replica or None,
        request_log=log_named(request_log, shape=shape, all_rows_are=all_rows_are)
        if request_log
        else None,
        jwks_url=jwks_url or None,
        issuer=issuer or None,
        audience=audience or None,
        checkpoint_key=checkpoint_key or None,
        log_format=running.log_format,
        log_level=running.log_level,
        access_log=access_log,
        metrics=metrics,
        notice=running.notice_seconds,
        kept_mib=running.kept_mib,
        ui=ui,
    )

    def greet(address: str) -> None:
        note(f"serving {address}{prefix} (Ctrl-C stops)")
        if ui:
            note(f"the inventory page is at {address}/ui/")

    with shared_by_processes(running.workers if metrics else 1):
        return run_server(settings, running, host, greet)


def run_server(
    settings: Settings, running: Running, host: str, greet: Callable[[str], None]
) -> int:
    """
    Serve until a signal says to stop, and return the exit code.

    Args:
        settings: what is served.
        running: how.
        host: the address to listen on.
        greet: told the server's URL, without a path, when it listens; not told
            where the log is for programs.

    Raises:
        ValidationError: the keys or the prefix cannot be used.
        RegistryError: the store or the log cannot be opened.
        OSError: the address cannot be listened on.
    """
    app = application(settings)  # in any case, so that a fault is told before anything starts
    if running.workers > 1:
        app.registry.close()
        settings.tell_workers()
    import uvicorn  # noqa: PLC0415  # for this command only

    from model_registry.cli.connection import Connection  # noqa: PLC0415  # needs uvicorn
    from model_registry.cli.serving import prepared  # noqa: PLC0415  # likewise

    config = uvicorn.Config(
        app if running.workers == 1 else "model_registry.cli.worker:worker",
        factory=running.workers > 1,
        workers=running.workers,
        access_log=False,  # its lines hold what people searched for; ours are another logger's
        log_config=None,
        log_level=settings.log_level,
        server_header=False,
        http=Connection,
        ws="none",
        timeout_graceful_shutdown=running.drain_seconds,
    )
    with listen(host, running.port) as listener:
        run = prepared(config, listener)
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{listener.getsockname()[1]}"
        if settings.log_format is not LogFormat.JSON:
            greet(address)
        settings.write_logs()
        url = address + settings.prefix
        _log.info("Serving", extra={"url": url, "workers": running.workers})
        return run()
