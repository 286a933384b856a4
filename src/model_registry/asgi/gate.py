"""The one way in: nobody passes without credentials and role, whatever is asked for."""

from __future__ import annotations

import inspect
from time import perf_counter
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from model_registry.asgi.auth import Authenticator, Principal, Unauthenticated
from model_registry.asgi.problems import Forbidden, answer_to, broken_off
from model_registry.asgi.served import Sending
from model_registry.asgi.work import Pool
from model_registry.errors import ValidationError
from model_registry.registry import Registry
from model_registry.tenant import TenantRegistry

TENANT: Final = "model_registry.tenant"
"""Where a request's scope holds the caller's own inventory, and only that one."""


class Gate:
    """
    Authenticates before anything is routed, and turns every error into an answer.

    Only the gate sees credentials; what is behind it sees a tenant's handle.
    """

    def __init__(
        self,
        app: ASGIApp,
        registry: Registry,
        authenticate: Authenticator,
        required_role: str,
        pool: Pool,
    ) -> None:
        self._app = app
        self._registry = registry
        self._authenticate = authenticate
        self._required_role = required_role
        self._pool = pool
        self._on_loop = inspect.iscoroutinefunction(authenticate) or inspect.iscoroutinefunction(
            getattr(authenticate, "__call__", None)  # noqa: B004  # an instance may be async to call
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = perf_counter()
        sending = Sending(send)
        admitted = dict(scope)
        try:
            await self._answer(admitted, receive, sending)
        finally:
            watch = self._registry.watch
            if watch.wants_requests:
                tenant = admitted.get(TENANT)
                tenant_id = None if tenant is None else tenant.tenant_id
                seconds = perf_counter() - began
                watch.request(sending.request_served(admitted, tenant_id, seconds))

    async def _answer(self, scope: Scope, receive: Receive, sending: Sending) -> None:
        try:
            scope[TENANT] = await self._admitted(scope)
            await self._app(scope, receive, sending)
        except ClientDisconnect:
            return
        except Exception as error:
            if sending.status is not None:
                raise broken_off(error) from None
            await answer_to(error)(scope, receive, sending)

    async def _admitted(self, scope: Scope) -> TenantRegistry:
        try:
            principal = await self._principal(scope)
            tenant = self._registry.tenant(principal.tenant_id, principal.subject)
        except ValidationError as error:
            raise Unauthenticated("The credentials name no usable tenant or subject") from error
        if self._required_role not in principal.roles:
            raise Forbidden(self._required_role)
        return tenant

    async def _principal(self, scope: Scope) -> Principal:
        if self._on_loop:
            found = self._authenticate(scope)
        else:
            found = await self._pool.run(lambda: self._authenticate(scope))
        principal = await found if inspect.isawaitable(found) else found
        if not isinstance(principal, Principal):
            raise TypeError(f"authenticate must return a Principal, not {type(principal).__name__}")
        return principal
