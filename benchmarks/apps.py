"""The three servers that are measured; each is a factory, and ``BENCH_STORE`` names the data."""

import os
from collections.abc import Awaitable, Callable
from typing import Any

_BODY = b'{"answer": "always the same"}'
_HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(_BODY))]


def ours() -> object:
    """Serve this project's registry."""
    from benchmarks.inventory import SECRET
    from model_registry import open_registry
    from model_registry.asgi import JwtAuth, create_app

    return create_app(open_registry(os.environ["BENCH_STORE"]), authenticate=JwtAuth(secret=SECRET))


def handwritten() -> object:
    """Serve the registry that was written for the comparison."""
    from benchmarks.handwritten import create_app
    from benchmarks.inventory import SECRET

    return create_app(os.environ["BENCH_STORE"], SECRET)


def constant() -> object:
    """Serve an app that answers as fast as an ASGI app can."""
    return _constant


async def _constant(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    if scope["type"] == "http":
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await send({"type": "http.response.body", "body": _BODY})
