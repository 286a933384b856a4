"""The route table, and the ASGI app that is made of it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from itertools import groupby
from typing import Final

from starlette.types import ASGIApp

from model_registry.asgi import handlers, profiles
from model_registry.asgi.auth import Authenticator
from model_registry.asgi.gate import Gate
from model_registry.asgi.handlers import ExportOptions, Then
from model_registry.asgi.kept_answers import KEPT_BYTES, KeptAnswers
from model_registry.asgi.openapi import with_document
from model_registry.asgi.operations import Operation
from model_registry.asgi.page import Page
from model_registry.asgi.params import Body
from model_registry.asgi.resource import Resource
from model_registry.asgi.routes import Routes
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
        of_state=True,
        quick=handlers.is_near,
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
        of_state=True,
        own_tag=True,
        quick=lambda _asked: True,
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
    *profiles.OPERATIONS,
    Operation(
        method="GET",
        path="/model-inventory-export",
        handler=handlers.export_inventory,
        query=(ExportOptions, Filter, Then),
        content={"text/csv": "File", _JSON: "WholeInventory"},
        conditional="If-None-Match",
        of_state=True,
        quick=handlers.is_present,
    ),
    Operation(
        method="GET",
        path="/model-history-checkpoint",
        handler=handlers.history_checkpoint,
        content={_JSON: "Checkpoint"},
        long=True,
    ),
)
"""Every operation of the contract, the risk profile and the history; a path's own stand together."""


def create_app(
    registry: Registry,
    *,
    authenticate: Authenticator,
    prefix: str = "/api/admin",
    required_role: str = "admin",
    threads: int = 16,
    scans: int = 4,
    kept_bytes: int = KEPT_BYTES,
    sign_checkpoint: Callable[[Checkpoint], str] | None = None,
    trusted_origins: Collection[str] = (),
    ui: bool = False,
) -> ASGIApp:
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
        kept_bytes: most memory for answers that are kept while an inventory stays as
            it is; 0 keeps none.
        sign_checkpoint: signs what the history's checkpoint states, such as the
            ``sign`` of a ``SigningKey``; without it the checkpoint is unsigned.
        trusted_origins: origins (``https://risk.example.com``) whose pages may change
            something in the name of whoever is signed in by a cookie, besides pages
            of the app's own origin. A request with ``Authorization`` may come from
            anywhere.
        ui: whether the inventory page is served too, at ``/ui/`` below where the app is
            mounted. Its files hold no data, and whoever asks gets them.

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
    kept = KeptAnswers(kept_bytes)
    operations = with_document(OPERATIONS, place)
    resources = {
        path: Resource(list(group), place, workshop, kept, sign_checkpoint)
        for path, group in groupby(operations, lambda operation: operation.path)
    }
    api = Gate(
        Routes(resources, place),
        registry,
        authenticate,
        required_role,
        workshop,
        trusted_origins=trusted_origins,
    )
    return Page(api, place, registry.lifecycle) if ui else api
