"""The two servers that are measured: ours, and one that answers a constant."""

import os
from collections.abc import Awaitable, Callable
from typing import Any

_BODY = b'{"answer": "always the same"}'
_HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(_BODY))]


async def constant(
    scope: dict[str, Any], receive: object, send: Callable[[dict[str, Any]], Awaitable[None]]
) -> None:
    """Answer as fast as an ASGI app can."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await send({"type": "http.response.body", "body": _BODY})


def registry() -> object:
    """Serve the registry that BENCH_STORE names."""
    from benchmarks.inventory import SECRET
    from model_registry import open_registry
    from model_registry.asgi import JwtAuth, create_app

    return create_app(open_registry(os.environ["BENCH_STORE"]), authenticate=JwtAuth(secret=SECRET))
