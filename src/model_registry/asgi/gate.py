"""The one way in: nobody passes without credentials and role, whatever is asked for."""

from __future__ import annotations

import inspect
from collections.abc import Collection
from functools import lru_cache
from time import perf_counter
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from model_registry.asgi.auth import Authenticator, Principal, Unauthenticated
from model_registry.asgi.problems import Forbidden, ForgedRequest, answer_to, broken_off
from model_registry.asgi.routes import Routes
from model_registry.asgi.same_origin import is_forged
from model_registry.asgi.served import Sending
from model_registry.asgi.work import Workshop
from model_registry.errors import ValidationError
from model_registry.registry import Registry
from model_registry.tenant import TenantRegistry

_MOST_TENANTS: Final = 4_096


class Gate:
    """
    Authenticates before anything is routed, and turns every error into an answer.

    Only the gate sees credentials; what is behind it sees a tenant's handle.
    """

    def __init__(
        self,
        routes: Routes,
        registry: Registry,
        authenticate: Authenticator,
        required_role: str,
        workshop: Workshop,
        *,
        trusted_origins: Collection[str],
    ) -> None:
        self.routes = routes
        self._watch = registry.watch
        # A handle is cheap, but to validate both names costs as much as to find its answer.
        self._tenant = lru_cache(_MOST_TENANTS)(registry.tenant)
        self._authenticate = authenticate
        self._required_role = required_role
        self._workshop = workshop
        self._trusted_origins = frozenset(trusted_origins)
        self._on_loop = inspect.iscoroutinefunction(authenticate) or inspect.iscoroutinefunction(
            getattr(authenticate, "__call__", None)  # noqa: B004  # an instance may be async to call
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http":
            await self._serve(scope, receive, Sending(send))
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 1008})

    async def _serve(self, scope: Scope, receive: Receive, sending: Sending) -> None:
        if not self._watch.wants_requests:
            await self._answer(scope, receive, sending)
            return
        began = perf_counter()
        try:
            await self._answer(scope, receive, sending)
        finally:
            self._watch.request(sending.request_served(scope, perf_counter() - began))

    async def _answer(self, scope: Scope, receive: Receive, sending: Sending) -> None:
        try:
            tenant = await self._admitted(scope)
            sending.tenant_id = tenant.tenant_id
            resource, entry_id = self.routes.find(scope)
            await resource.serve(tenant, entry_id, scope, receive, sending)
        except ClientDisconnect:
            return
        except Exception as error:
            if sending.status is not None:
                raise broken_off(error) from None
            await answer_to(error)(scope, receive, sending)

    async def _admitted(self, scope: Scope) -> TenantRegistry:
        try:
            principal = await self._principal(scope)
            tenant = self._tenant(principal.tenant_id, principal.subject)
        except ValidationError as error:
            raise Unauthenticated("The credentials name no usable tenant or subject") from error
        if self._required_role not in principal.roles:
            raise Forbidden(self._required_role)
        if is_forged(scope, self._trusted_origins):
            raise ForgedRequest
        return tenant

    async def _principal(self, scope: Scope) -> Principal:
        if self._on_loop:
            found = self._authenticate(scope)
        else:
            found = await self._workshop.pool.run(lambda: self._authenticate(scope))
        principal = await found if inspect.isawaitable(found) else found
        if not isinstance(principal, Principal):
            raise TypeError(f"authenticate must return a Principal, not {type(principal).__name__}")
        return principal

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._workshop.close()
        await send({"type": "lifespan.shutdown.complete"})
