"""The operations of one path: on which thread each runs, and what is kept of its answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import quote

from starlette.types import Receive, Scope

from model_registry.asgi.answers import Answer, state_tag, unchanged_answer
from model_registry.asgi.downloads import Download
from model_registry.asgi.handlers import Asked
from model_registry.asgi.heads import Heads
from model_registry.asgi.kept_answers import KeptAnswers, Key
from model_registry.asgi.operations import Operation
from model_registry.asgi.params import Condition, read_body, read_query
from model_registry.asgi.problems import MethodNotAllowed
from model_registry.asgi.served import Sending
from model_registry.asgi.work import Workshop
from model_registry.domain.chain import Head
from model_registry.domain.checkpoint import Checkpoint
from model_registry.tenant import TenantRegistry


class Resource:
    """All operations of one path."""

    def __init__(
        self,
        operations: Sequence[Operation],
        prefix: str,
        workshop: Workshop,
        kept: KeptAnswers,
        sign: Callable[[Checkpoint], str] | None,
    ) -> None:
        self._operations = {operation.method: operation for operation in operations}
        if "GET" in self._operations:
            self._operations["HEAD"] = self._operations["GET"]
        self.prefix = prefix
        self.template = prefix + operations[0].path
        self.kept = kept
        self.sign = sign
        self._workshop = workshop
        self._heads = Heads()

    async def serve(
        self, tenant: TenantRegistry, entry_id: str, scope: Scope, receive: Receive, send: Sending
    ) -> None:
        """Serve one request that the gate admitted."""
        send.route = self.template
        operation = self._operations.get(scope["method"])
        if operation is None:
            raise MethodNotAllowed(scope["method"], sorted(self._operations))
        raw = await read_body(receive) if operation.body is not None else b""
        call = Call(
            resource=self,
            operation=operation,
            tenant=tenant,
            entry_id=entry_id,
            scope=scope,
            raw=raw,
        )
        answer = await self._answer(call)
        if isinstance(answer, Download):
            async with self._workshop.exports.of_this_loop():
                await answer(scope, receive, send)
        else:
            await answer(scope, receive, send)

    async def _answer(self, call: Call) -> Answer | Download:
        """
        Have a call answered where that is cheapest.

        Only what a store that is embedded looks up in less time than a thread
        takes to wake is done on the event loop.
        """
        operation = call.operation
        if operation.quick is not None and call.tenant.workings.store.embedded:
            head = await self._heads.of(call.tenant) if operation.of_state else None
            known = call.known(head)
            if known is not None:
                return known
            if operation.quick(call.asked):
                return call.made()
            return await self._workshop.pool.run(call.made)
        pool = self._workshop.scans if operation.long else self._workshop.pool
        return await pool.run(call.answered)


class Call:
    """
    One call of an operation, answered in two steps: from what is known, or by its handler.

    Attributes:
        asked: what was asked, read and validated; there when nothing was known.
    """

    asked: Asked

    def __init__(
        self,
        *,
        resource: Resource,
        operation: Operation,
        tenant: TenantRegistry,
        entry_id: str,
        scope: Scope,
        raw: bytes,
    ) -> None:
        self.operation = operation
        self.tenant = tenant
        self._resource = resource
        self._entry_id = entry_id
        self._scope = scope
        self._raw = raw
        self._head: Head | None = None

    def answered(self) -> Answer | Download:
        """Return the answer, known or made; a far store is not asked twice for one entry."""
        looks = self.operation.of_state and not self.operation.own_tag
        known = self.known(self.tenant.head() if looks else None)
        return self.made() if known is None else known

    def known(self, head: Head | None) -> Answer | None:
        """
        Return the answer that need not be made, if there is one.

        The head was looked up before anything else is read: what is made after it
        is of this state or of a later one, and so is never kept for a state that
        it is too old for.

        Args:
            head: where the tenant's history stands; None if the answer does not
                follow from its state.
        """
        condition = self._condition()
        self._head = head
        if head is None:
            self.asked = self._read(condition)
            return None
        kept = self._resource.kept.find(self._key, head)
        if kept is not None and condition is None:
            return kept
        if self.operation.own_tag:
            self.asked = self._read(condition)
            return None
        tag = state_tag(self.tenant.tenant_id, head)
        if kept is None:
            self.asked = self._read(condition, tag)
        if condition is not None and condition.holds_weakly(tag):
            return unchanged_answer(tag)
        return kept

    def made(self) -> Answer | Download:
        """Return the answer that the handler makes."""
        answer = self.operation.handler(self.asked)
        if self._head is not None and isinstance(answer, Answer) and answer.status == 200:
            self._resource.kept.keep(self._key, self._head, answer)
        return answer

    @property
    def _key(self) -> Key:
        return self.tenant.tenant_id, self._scope["path"], self._scope["query_string"]

    def _condition(self) -> Condition | None:
        name = self.operation.condition
        if name is None:
            return None
        given = [value for key, value in self._scope["headers"] if key == name]
        return Condition.read([value.decode("latin-1") for value in given]) if given else None

    def _read(self, condition: Condition | None, tag: str = "") -> Asked:
        root = self._scope.get("root_path", "")
        body = self.operation.body
        return Asked(
            tenant=self.tenant,
            place=quote(root) + self._resource.prefix if root else self._resource.prefix,
            id=self._entry_id,
            query=read_query(self._scope["query_string"], self.operation.query),
            body=None if body is None else body.read(self._raw),
            condition=condition,
            tag=tag,
            sign=self._resource.sign,
        )
