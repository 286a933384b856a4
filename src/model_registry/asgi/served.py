"""What became of a request: noted while its answer is sent, and told to the registry's observer."""

from __future__ import annotations

from typing import Final

from starlette.types import Message, Scope, Send

from model_registry.observing.observer import RequestServed

_METHODS: Final = frozenset(
    ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"]
)


class Sending:
    """
    A request's ``send``, which notes who asked for what, and how far the answer got.

    Attributes:
        tenant_id: whose inventory it is about, None before somebody was let in.
        route: the template of its path, None before it is routed.
        status: the answer's HTTP status, None before it has begun.
        whole: whether its last byte was sent.
    """

    __slots__ = ("_send", "route", "status", "tenant_id", "whole")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.tenant_id: str | None = None
        self.route: str | None = None
        self.status: int | None = None
        self.whole = False

    async def __call__(self, message: Message) -> None:
        """Send one message of the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            await self._send(message)
            return
        await self._send(message)
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self.whole = True

    def request_served(self, scope: Scope, seconds: float) -> RequestServed:
        """Return what there is to tell: nothing that the caller could choose freely."""
        method = scope["method"]
        return RequestServed(
            method=method if method in _METHODS else "_OTHER",
            scheme="https" if scope.get("scheme") == "https" else "http",
            route=self.route,
            status=self.status,
            broken_off=self.status is not None and not self.whole,
            seconds=seconds,
            tenant_id=self.tenant_id,
        )
