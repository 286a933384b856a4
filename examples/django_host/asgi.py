"""What the server serves: the registry below /risk, Django everywhere else."""

import atexit
from os import environ

from django.core.asgi import get_asgi_application

environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
django = get_asgi_application()

# These read Django's settings, which the line before has set up.
from django.conf import settings  # noqa: E402  # see above
from signed_in import signed_in  # noqa: E402  # see above

from model_registry import open_registry  # noqa: E402  # see above
from model_registry.asgi import create_app  # noqa: E402  # see above

MOUNT = "/risk"

registry = open_registry(settings.MODEL_REGISTRY_STORE)
# Django's ASGI handler knows no lifespan, in which the registry could be closed.
atexit.register(registry.close)
registry_api = create_app(registry, authenticate=signed_in, required_role="model-risk", ui=True)


async def application(scope, receive, send):
    """Serve one connection."""
    root_path = scope.get("root_path", "") + MOUNT
    if scope["type"] == "http" and f"{scope['path']}/".startswith(f"{root_path}/"):
        await registry_api({**scope, "root_path": root_path}, receive, send)
    else:
        await django(scope, receive, send)
