"""The route table, and the ASGI app that is made of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from itertools import groupby
from typing import Any, Final

from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from model_registry.asgi import handlers
from model_registry.asgi.auth import Authenticator
from model_registry.asgi.gate import Gate
from model_registry.asgi.handlers import ExportOptions, Then
from model_registry.asgi.openapi import with_document
from model_registry.asgi.operations import Operation, Resource
from model_registry.asgi.params import Body
from model_registry.asgi.problems import PathNotFound
from model_registry.asgi.work import Workshop
from model_registry.domain.checkpoint import Checkpoint
from model_registry.domain.discovery import DiscoveryRequest
from model_registry.domain.entry import READ_ONLY, Amendment, Registration
from model_registry.domain.inventory import Filter, Window
from model_registry.errors import (
    ConcurrentUpdate,
    InvalidStatusTransition,
    ModelAlreadyExists,
    ModelNotFound,
    PreconditionFailed,
    RequestLogError,
    TooManyModels,
)
from model_registry.registry import Registry

_JSON: Final = "application/json"

OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/models",
        handler=handlers.list_models,
        query=(Filter, Window, Then),
        content={_JSON: "ModelPage"},
        conditional="If-None-Match",
    ),
    Operation(
        method="POST",
        path="/models",
        handler=handlers.register_model,
        body=Body(Registration, null_is_absent=True),
        status=201,
        content={_JSON: "ModelEntry"},
        errors=(ModelAlreadyExists,),
    ),
    Operation(
        method="POST",
        path="/models/discover",
        handler=handlers.discover_models,
        body=Body(DiscoveryRequest, null_is_absent=True, may_be_empty=True),
        content={_JSON: "DiscoveryReport"},
        errors=(TooManyModels, ConcurrentUpdate, RequestLogError),
        long=True,
    ),
    Operation(
        method="GET",
        path="/models/{id}",
        handler=handlers.get_model,
        content={_JSON: "ModelEntry"},
        errors=(ModelNotFound,),
        conditional="If-None-Match",
    ),
    Operation(
        method="PUT",
        path="/models/{id}",
        handler=handlers.update_model,
        body=Body(Amendment, read_only=READ_ONLY),
        content={_JSON: "ModelEntry"},
        errors=(ModelNotFound, PreconditionFailed, InvalidStatusTransition, ConcurrentUpdate),
        conditional="If-Match",
    ),
    Operation(
        method="DELETE",
        path="/models/{id}",
        handler=handlers.delete_model,
        status=204,
        errors=(ModelNotFound, PreconditionFailed, ConcurrentUpdate),
        conditional="If-Match",
    ),
    Operation(
        method="GET",
        path="/models/{id}/history",
        handler=handlers.model_history,
        query=(Window,),
        content={_JSON: "History"},
        errors=(ModelNotFound,),
    ),
    Operation(
        method="GET",
        path="/model-inventory-export",
        handler=handlers.export_inventory,
        query=(ExportOptions, Filter, Then),
        content={"text/csv": "File", _JSON: "WholeInventory"},
        conditional="If-None-Match",
    ),
    Operation(
        method="GET",
        path="/model-history-checkpoint",
        handler=handlers.history_checkpoint,
        content={_JSON: "Checkpoint"},
        long=True,
    ),
)
"""Every operation of the contract, and the history; a path's own stand together."""


def create_app(
    registry: Registry,
    *,
    authenticate: Authenticator,
    prefix: str = "/api/admin",
    required_role: str = "admin",
    threads: int = 16,
    scans: int = 4,
    sign_checkpoint: Callable[[Checkpoint], str] | None = None,
) -> Gate:
    """
    Return the registry's HTTP API as an ASGI app, to be mounted or served.

    It needs no lifespan, starts its threads with its first request, and never
    closes the registry.

    Args:
        registry: what is served; its tenants are the callers'.
        authenticate: tells who is calling, such as ``JwtAuth``.
        prefix: what every path begins with, below where the app is mounted.
        required_role: the role that a caller must have.
        threads: most requests that work on the store at once.
        scans: most discoveries, and most exports, that run at once beside them.
        sign_checkpoint: signs what the history's checkpoint states, such as the
            ``sign`` of a ``SigningKey``; without it the checkpoint is unsigned.

    Raises:
        TypeError: there is no authenticator.
        ValueError: the prefix is no path, or there would be no thread.
    """
    if not callable(authenticate):
        raise TypeError(
            "create_app needs authenticate=…: a callable that takes an ASGI scope and returns "
            "a Principal, such as JwtAuth; there is no unauthenticated registry"
        )
    if prefix and (not prefix.startswith("/") or "{" in prefix):
        raise ValueError(f"prefix must be empty or a path such as /api/admin, not {prefix!r}")
    if threads < 1 or scans < 1:
        raise ValueError("threads and scans must be 1 or more")
    place = prefix.rstrip("/")
    workshop = Workshop.of(threads, scans)
    router = Router(
        list(_routes(with_document(OPERATIONS, place), place, workshop, sign_checkpoint)),
        redirect_slashes=False,
        default=_Nothing(),
        lifespan=partial(_lifespan, workshop),
    )
    return Gate(router, registry, authenticate, required_role, workshop.pool)


def _routes(
    operations: Sequence[Operation],
    prefix: str,
    workshop: Workshop,
    sign: Callable[[Checkpoint], str] | None,
) -> Iterator[Route]:
    for path, group in groupby(operations, lambda operation: operation.path):
        yield Route(prefix + path, Resource(list(group), prefix, workshop, sign))
    yield Route(prefix + "/models/{id:path}", _Nothing())


class _Nothing:
    """What is at a path where nothing is; below ``/models/`` that is a model that is not there."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sought = scope.get("path_params", {}).get("id")
        raise ModelNotFound(sought) if sought else PathNotFound("There is nothing at this path")


@asynccontextmanager
async def _lifespan(workshop: Workshop, _app: Any) -> AsyncIterator[None]:
    yield
    workshop.close()
