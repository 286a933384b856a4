"""The command ``serve``: the HTTP API under uvicorn, in one process or several."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Annotated

import attrs
from cyclopts import Parameter

from model_registry.cli.listening import listen
from model_registry.cli.options import (
    AudienceOption,
    IssuerOption,
    NumberOption,
    RequestLogOption,
    StoreOption,
    required,
)
from model_registry.cli.screen import note
from model_registry.cli.tokens import SECRET, secret_given
from model_registry.cli.worker import Settings, application
from model_registry.codec import read_text
from model_registry.domain.rules import Whole, enforce, ruled
from model_registry.errors import Fault, ValidationError

if TYPE_CHECKING:
    import socket

    import uvicorn


@attrs.frozen(kw_only=True)
class _Listening:
    """Where to listen, and with how many processes."""

    port: int = ruled(Whole(0, 65_535), default=8000)
    workers: int = ruled(Whole(1, 256), default=1)

    def __attrs_post_init__(self) -> None:
        enforce(self)


def serve(
    *,
    store: StoreOption = None,
    request_log: RequestLogOption = None,
    host: Annotated[str, Parameter(metavar="ADDRESS")] = "127.0.0.1",
    port: NumberOption = None,
    workers: NumberOption = None,
    prefix: Annotated[
        str, Parameter(metavar="PATH", env_var="MODEL_REGISTRY_PREFIX")
    ] = "/api/admin",
    jwks_url: Annotated[
        str | None, Parameter(metavar="URL", env_var="MODEL_REGISTRY_JWKS_URL")
    ] = None,
    issuer: IssuerOption = None,
    audience: AudienceOption = None,
    access_log: bool = False,
) -> int:
    """
    Serve the HTTP API.

    Callers show a JWT that is signed with the secret in MODEL_REGISTRY_JWT_SECRET
    or, if --jwks-url is given, with a key that is published there.

    Args:
        store: where.
        request_log: what discovery scans.
        host: Address to listen on. Default: 127.0.0.1, which only this computer reaches.
        port: Port to listen on; 0 for any that is free. Default: 8000.
        workers: Processes that serve. Default: 1.
        prefix: Path below which the API lies. Default: /api/admin.
        jwks_url: Where the keys are published that tokens are signed with.
        issuer: who must have issued a token.
        audience: whom a token must be for.
        access_log: Write a line for each request.
    """
    typed = {"port": port, "workers": workers}
    listening = read_text(_Listening, {name: text for name, text in typed.items() if text})
    (url,) = required(store=store)
    if listening.workers > 1 and url.lower().startswith("memory:"):
        message = "must be 1 with memory://, because processes do not share their memory"
        raise ValidationError([Fault("workers", message, listening.workers)])
    if secret_given() is None and not jwks_url:
        raise ValidationError(
            [Fault(SECRET, "is not set and no --jwks-url is given: nobody could be let in")]
        )
    settings = Settings(
        store=url,
        prefix=prefix,
        request_log=request_log or None,
        jwks_url=jwks_url or None,
        issuer=issuer or None,
        audience=audience or None,
    )
    app = application(settings)  # in any case, so that a fault is told before anything starts
    if listening.workers > 1:
        app.registry.close()
        settings.tell_workers()
    import uvicorn  # noqa: PLC0415  # for this command only

    from model_registry.cli.connection import Connection  # noqa: PLC0415  # needs uvicorn

    config = uvicorn.Config(
        app if listening.workers == 1 else "model_registry.cli.worker:worker",
        factory=listening.workers > 1,
        workers=listening.workers,
        access_log=access_log,
        log_level="info" if access_log else "warning",
        server_header=False,
        http=Connection,
        ws="none",
    )
    with listen(host, listening.port) as listener:
        shown = f"[{host}]" if ":" in host else host
        note(f"serving http://{shown}:{listener.getsockname()[1]}{prefix} (Ctrl-C stops)")
        return _serve(config, listener)


def _serve(config: uvicorn.Config, listener: socket.socket) -> int:
    if config.workers > 1:
        from uvicorn.config import STARTUP_FAILURE  # noqa: PLC0415  # for this command only
        from uvicorn.supervisors import Multiprocess  # noqa: PLC0415  # for this command only

        supervisor = Multiprocess(config, sockets=[listener])
        supervisor.run()
        ends = [process.exitcode for process in supervisor.processes]
        return int(STARTUP_FAILURE in ends)
    import uvicorn  # noqa: PLC0415  # for this command only

    # uvicorn finishes what is in flight and then raises the signal once more,
    # which would end this process as if it had been killed.
    signal.signal(signal.SIGTERM, lambda _number, _frame: None)
    uvicorn.Server(config).run(sockets=[listener])
    return 0
