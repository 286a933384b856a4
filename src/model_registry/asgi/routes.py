"""Which resource a path leads to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.types import Scope

from model_registry.asgi.problems import PathNotFound
from model_registry.asgi.resource import Resource
from model_registry.errors import ModelNotFound

_ENTRIES: Final = "/models/"
_ENTRY: Final = _ENTRIES + "{id}"


class Routes:
    """
    The table of all resources: a path is known as a whole, or by what follows an entry's id.

    Attributes:
        resources: by the template of their path, without the prefix.
    """

    def __init__(self, resources: Mapping[str, Resource], prefix: str) -> None:
        self.resources = resources
        self._whole = {prefix + path: found for path, found in resources.items() if "{" not in path}
        self._of_entry = {
            path.removeprefix(_ENTRY): found for path, found in resources.items() if "{" in path
        }
        self._entries = prefix + _ENTRIES

    def find(self, scope: Scope) -> tuple[Resource, str]:
        """
        Return the resource that a request is for, and the id in its path, empty without one.

        Raises:
            ModelNotFound: what is sought is below ``/models/``, and can be no entry.
            PathNotFound: nothing has this path.
        """
        path = below_mount(scope)
        found = self._whole.get(path)
        if found is not None:
            return found, ""
        if not path.startswith(self._entries) or path == self._entries:
            raise PathNotFound("There is nothing at this path")
        sought = path[len(self._entries) :]
        entry_id, slash, rest = sought.partition("/")
        found = self._of_entry.get(slash + rest)
        if found is None or not entry_id:
            raise ModelNotFound(sought)
        return found, entry_id


def below_mount(scope: Scope) -> str:
    """Return the path below where a host mounted the app: ASGI gives it whole."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    below = path.removeprefix(root)
    return below if below.startswith("/") else path
