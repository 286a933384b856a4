"""One look at a tenant's head for all requests that wait for it."""

from __future__ import annotations

import threading
from asyncio import Future, get_running_loop

from model_registry.domain.chain import Head
from model_registry.tenant import TenantRegistry


class Heads(threading.local):
    """
    Looks heads up on the event loop, when every request that is there has asked.

    The look is made after the last of those who share it has asked, so each sees what
    was written before it was sent, as if it had looked alone. Under load many
    requests come in one turn of the loop, and a look costs more than all else that
    is done for a list that is kept. A loop has its thread, and so its own requests.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, list[Future[Head]]] = {}

    def of(self, tenant: TenantRegistry) -> Future[Head]:
        """Return the head that the tenant's history has when this turn of the loop ends."""
        loop = get_running_loop()
        future: Future[Head] = loop.create_future()
        waiting = self._waiting.get(tenant.tenant_id)
        if waiting is None or waiting[0].get_loop() is not loop:
            waiting = self._waiting[tenant.tenant_id] = []
            loop.call_soon(self._look, tenant, waiting)
        waiting.append(future)
        return future

    def _look(self, tenant: TenantRegistry, waiting: list[Future[Head]]) -> None:
        if self._waiting.get(tenant.tenant_id) is waiting:
            del self._waiting[tenant.tenant_id]
        try:
            head = tenant.head()
        except Exception as error:
            for future in waiting:
                if not future.done():
                    future.set_exception(error)
        else:
            for future in waiting:
                if not future.done():
                    future.set_result(head)
