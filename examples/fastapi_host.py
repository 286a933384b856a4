"""
The registry mounted in FastAPI, behind the host's own authentication.

    python examples/fastapi_host.py
    curl -H "Authorization: Bearer ana-s-token" http://127.0.0.1:8000/risk/api/admin/models

Ana may; bob-s-token gets 403, because he lacks the role; no token gets 401. The API of
the host itself is described at /docs, and links to the registry's.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from os import environ
from typing import Annotated

import attrs
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from model_registry import open_registry
from model_registry.asgi import Principal, Unauthenticated, create_app


@attrs.frozen
class User:
    """Somebody with an account of the host."""

    email: str
    organization: str
    groups: frozenset[str]


USERS = {
    "ana-s-token": User("ana@abc.example", "org_abc", frozenset({"model-risk"})),
    "bob-s-token": User("bob@abc.example", "org_abc", frozenset({"crm"})),
}

bearer = HTTPBearer()


def current_user(credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> User:
    """Tell who is calling: the dependency that guards the host's own routes."""
    user = USERS.get(credentials.credentials)
    if user is None:
        raise HTTPException(401, "This token is not known")
    return user


async def authenticate(scope) -> Principal:
    """
    Ask the host's dependency on behalf of the registry.

    FastAPI resolves no dependencies for what is mounted. But a dependency is a function,
    and a security scheme is a callable that takes the request: call the one with the other.
    """
    try:
        user = current_user(await bearer(Request(scope)))
    except HTTPException as refused:
        raise Unauthenticated(refused.detail) from refused
    return Principal(tenant_id=user.organization, subject=user.email, roles=user.groups)


registry = open_registry(environ.get("MODEL_REGISTRY_STORE", "memory://"))


@asynccontextmanager
async def lifespan(_host: FastAPI) -> AsyncIterator[None]:
    """Close the registry with the host: what is mounted never does."""
    with registry:
        yield


host = FastAPI(
    title="A bank's own service",
    lifespan=lifespan,
    # FastAPI does not merge the description of what is mounted, so the host links to it.
    description="Models are registered at [/risk](/risk/api/admin/openapi.json).",
)


@host.get("/whoami")
def whoami(user: Annotated[User, Depends(current_user)]) -> str:
    """Tell a caller who they are: a route of the host's own."""
    return user.email


host.mount("/risk", create_app(registry, authenticate=authenticate, required_role="model-risk"))

if __name__ == "__main__":
    uvicorn.run(host, port=int(environ.get("PORT", "8000")))
