"""One operation of the API: what it reads, what it runs, what it may answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote

import attrs
from starlette.types import Receive, Scope, Send

from model_registry.asgi.answers import Answer
from model_registry.asgi.downloads import Download
from model_registry.asgi.gate import TENANT
from model_registry.asgi.handlers import Asked
from model_registry.asgi.params import Body, Condition, read_body, read_query
from model_registry.asgi.problems import MethodNotAllowed
from model_registry.asgi.served import ROUTE
from model_registry.asgi.work import Workshop
from model_registry.domain.checkpoint import Checkpoint
from model_registry.errors import RegistryError


@attrs.frozen(kw_only=True)
class Operation:
    """
    One method of one path, declared once for serving and for the OpenAPI document.

    Attributes:
        method: ``GET``, ``POST``, ``PUT`` or ``DELETE``; GET serves HEAD too.
        path: below the prefix; ``{id}`` stands for an entry's id.
        handler: the use case; it runs on a thread and may block.
        status: of its success.
        content: the media types of its success, and the schema of each.
        query: the classes whose ruled fields are its parameters.
        body: how its body is read; None if it has none.
        errors: what it may raise, besides what every operation may.
        conditional: the header under whose condition it runs, if any.
        long: whether it may take minutes, and so must not keep others waiting.
    """

    method: str
    path: str
    handler: Callable[[Asked], Answer | Download]
    status: int = 200
    content: Mapping[str, str] = attrs.field(factory=dict)
    query: tuple[type[attrs.AttrsInstance], ...] = ()
    body: Body | None = None
    errors: tuple[type[RegistryError], ...] = ()
    conditional: str | None = None
    long: bool = False

    @property
    def name(self) -> str:
        """The operation's name, for the OpenAPI document."""
        return str(getattr(self.handler, "__name__", self.path))

    @property
    def summary(self) -> str:
        """What it does, in a line."""
        text = (self.handler.__doc__ or self.name).strip()
        return text.partition("\n")[0]


class Resource:
    """All operations of one path, as an ASGI app."""

    def __init__(
        self,
        operations: Sequence[Operation],
        prefix: str,
        workshop: Workshop,
        sign: Callable[[Checkpoint], str] | None,
    ) -> None:
        self._operations = {operation.method: operation for operation in operations}
        if "GET" in self._operations:
            self._operations["HEAD"] = self._operations["GET"]
        self._prefix = prefix
        self._template = prefix + operations[0].path
        self._workshop = workshop
        self._sign = sign

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request that the gate admitted."""
        scope[ROUTE] = self._template
        operation = self._operations.get(scope["method"])
        if operation is None:
            raise MethodNotAllowed(scope["method"], sorted(self._operations))
        raw = await read_body(receive) if operation.body is not None else b""
        pool = self._workshop.scans if operation.long else self._workshop.pool
        answer = await pool.run(lambda: operation.handler(self._asked(operation, scope, raw)))
        if isinstance(answer, Download):
            async with self._workshop.exports.of_this_loop():
                await answer(scope, receive, send)
        else:
            await answer(scope, receive, send)

    def _asked(self, operation: Operation, scope: Scope, raw: bytes) -> Asked:
        query = read_query(scope["query_string"], operation.query)
        return Asked(
            tenant=scope[TENANT],
            place=quote(scope.get("root_path", "")) + self._prefix,
            id=scope["path_params"].get("id", ""),
            query=query,
            body=None if operation.body is None else operation.body.read(raw),
            if_match=_condition(scope, b"if-match"),
            if_none_match=_condition(scope, b"if-none-match"),
            sign=self._sign,
        )


def _condition(scope: Scope, name: bytes) -> Condition | None:
    return Condition.read([v.decode("latin-1") for n, v in scope["headers"] if n == name])
