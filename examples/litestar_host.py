"""
The registry mounted in Litestar, behind the host's own authentication middleware.

    python examples/litestar_host.py
    curl -H "X-API-Key: ana-s-key" http://127.0.0.1:8000/risk/api/admin/models

Ana may; bob-s-key gets 403, because he lacks the role; no key gets 401, from the
host's middleware.
"""

from os import environ
from urllib.parse import unquote_to_bytes

import attrs
import uvicorn
from litestar import Litestar, Request, asgi, get
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.types import Receive, Scope, Send

from model_registry import open_registry
from model_registry.asgi import Principal, Unauthenticated, create_app


@attrs.frozen
class User:
    """Somebody with an account of the host."""

    email: str
    organization: str
    groups: frozenset[str]


USERS = {
    "ana-s-key": User("ana@abc.example", "org_abc", frozenset({"model-risk"})),
    "bob-s-key": User("bob@abc.example", "org_abc", frozenset({"crm"})),
}


class ByKey(AbstractAuthenticationMiddleware):
    """The host's own: it guards every route, and what is mounted too."""

    async def authenticate_request(self, connection: ASGIConnection) -> AuthenticationResult:
        """Tell who is calling."""
        user = USERS.get(connection.headers.get("x-api-key", ""))
        if user is None:
            raise NotAuthorizedException("An API key is required")
        return AuthenticationResult(user=user, auth=None)


async def authenticate(scope) -> Principal:
    """Take whom the host's middleware found: it has run by now, except for OPTIONS."""
    user = scope.get("user")
    if user is None:
        raise Unauthenticated("An API key is required")
    return Principal(tenant_id=user.organization, subject=user.email, roles=user.groups)


registry = open_registry(environ.get("MODEL_REGISTRY_STORE", "memory://"))
registry_api = create_app(registry, authenticate=authenticate, required_role="model-risk")


@asgi("/risk", is_mount=True, copy_scope=True)
async def risk(scope: Scope, receive: Receive, send: Send) -> None:
    """Hand a request over to the registry."""
    # Litestar cuts the mount off the path and puts a slash behind what is left. ASGI wants
    # the path whole, and the mount in root_path.
    path = unquote_to_bytes(scope["raw_path"]).decode(errors="replace")
    root_path = scope.get("root_path", "") + "/risk"
    await registry_api({**scope, "path": path, "root_path": root_path}, receive, send)


@get("/whoami")
async def whoami(request: Request) -> str:
    """Tell a caller who they are: a route of the host's own."""
    return request.user.email


host = Litestar([whoami, risk], middleware=[ByKey], on_shutdown=[registry.close])

if __name__ == "__main__":
    uvicorn.run(host, port=int(environ.get("PORT", "8000")))
