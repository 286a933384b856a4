"""A middleware for AI gateways: which model a request is for, while its body goes through."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from datetime import datetime
from typing import Any, Final

from model_registry.adapters.model_field import ModelField
from model_registry.adapters.telling import Observe, Telling

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

PATHS: Final = (
    "/chat/completions",
    "/completions",
    "/embeddings",
    "/images/generations",
    "/messages",
    "/responses",
)
"""How the paths end whose bodies name the model as OpenAI's API has it, or Anthropic's."""


class LiveMiddleware:
    """
    Tells of each request that was answered with a status below 400, when its answer ends.

    The body is passed on as it comes, chunk by chunk, and none of it is kept but the
    field ``model``. Answers are passed on likewise.

    Args:
        app: what is wrapped.
        observe: ``Registry.observe``, or that of ``Registry.live_sightings``.
        tenant: whose requests all of them are, or what tells it from a request's scope,
            asked when the answer has ended; None for those that do not count.
        model: tells the model from the scope, likewise, for hosts that know it already
            or name it in the path. Without it the bodies of ``paths`` are read.
        paths: how the paths end that name their model in a JSON body.
    """

    def __init__(
        self,
        app: App,
        observe: Observe,
        *,
        tenant: str | Callable[[Scope], str | None],
        model: Callable[[Scope], str | None] | None = None,
        paths: tuple[str, ...] = PATHS,
    ) -> None:
        self._app = app
        self._telling = Telling(observe, tenant)
        self._model = model
        self._paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http" or not (self._model or self._is_named_in_body(scope)):
            await self._app(scope, receive, send)
            return
        field = ModelField()
        status = 500

        async def receiving() -> Message:
            message = await receive()
            if self._model is None and message["type"] == "http.request":
                field.feed(message.get("body", b""))
            return message

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        def read(scope: Scope) -> tuple[Any, datetime | None]:
            return (field.value if self._model is None else self._model(scope)), None

        try:
            await self._app(scope, receiving, sending)
        finally:  # who leaves in the middle of an answer has had it
            if status < 400:
                self._telling.tell(scope, read)

    def _is_named_in_body(self, scope: Scope) -> bool:
        if scope["method"] != "POST" or not scope["path"].rstrip("/").endswith(self._paths):
            return False
        headers = dict(scope["headers"])
        kind = headers.get(b"content-type", b"").lower()
        return b"json" in kind and b"content-encoding" not in headers
