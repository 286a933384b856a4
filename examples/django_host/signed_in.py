"""From Django's session cookie to who is calling the registry."""

from importlib import import_module
from io import BytesIO

from django.conf import settings
from django.contrib.auth import get_user
from django.core.handlers.asgi import ASGIRequest
from django.db import close_old_connections

from model_registry.asgi import Principal, Unauthenticated

SessionStore = import_module(settings.SESSION_ENGINE).SessionStore


def signed_in(scope) -> Principal:
    """
    Return the Django user whose session cookie a request carries.

    A plain function, since Django's database blocks: the registry calls it on a thread.
    """
    # Django does this around its own requests only.
    close_old_connections()
    try:
        request = ASGIRequest(scope, BytesIO())
        request.session = SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
        # After a change of SECRET_KEY Django renews a session's key. Only its own middleware
        # can hand the new one to the browser; here it would sign the user out.
        request.session.cycle_key = lambda: None
        user = get_user(request)
        if not user.is_authenticated:
            raise Unauthenticated("Sign in first")
        return Principal(
            tenant_id=settings.MODEL_REGISTRY_TENANT,
            subject=user.get_username(),
            roles=user.groups.values_list("name", flat=True),
        )
    finally:
        close_old_connections()
