"""What became of a request: noted while its answer is sent, and told to the registry's observer."""

from __future__ import annotations

from typing import Final

from starlette.types import Message, Scope, Send

from model_registry.observing.observer import RequestServed

ROUTE: Final = "model_registry.route"
"""Where a request's scope holds the template of its path, once it is routed."""

_METHODS: Final = frozenset(
    ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"]
)


class Sending:
    """
    A request's ``send``, which notes how far the answer got.

    Attributes:
        status: the answer's HTTP status, None before it has begun.
        whole: whether its last byte was sent.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status: int | None = None
        self.whole = False

    async def __call__(self, message: Message) -> None:
        """Send one message of the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self.whole = True

    def request_served(self, scope: Scope, tenant_id: str | None, seconds: float) -> RequestServed:
        """Return what there is to tell: nothing that the caller could choose freely."""
        method = scope["method"]
        return RequestServed(
            method=method if method in _METHODS else "_OTHER",
            scheme="https" if scope.get("scheme") == "https" else "http",
            route=scope.get(ROUTE),
            status=self.status,
            broken_off=self.status is not None and not self.whole,
            seconds=seconds,
            tenant_id=tenant_id,
        )
