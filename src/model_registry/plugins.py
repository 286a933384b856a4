"""From a URL to the backend that answers to its scheme, through entry points alone."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from model_registry.errors import AmbiguousScheme, BackendNotInstalled, UnknownScheme
from model_registry.ports import RequestLog, Store
from model_registry.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.metadata import EntryPoint, EntryPoints


STORES: Final = "model_registry.stores"
REQUEST_LOGS: Final = "model_registry.request_logs"
MIGRATIONS: Final = "model_registry.migrations"

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_PATH: Final = "file"
_KINDS: Final = {
    STORES: "store",
    REQUEST_LOGS: "request log",
    MIGRATIONS: "store with a schema to look after",
}


class SchemaCheck(Protocol):
    """What a look at a store's schema found."""

    @property
    def state(self) -> str:
        """``current``, or in one word what it is instead."""

    def explained(self, shown_url: str) -> str:
        """Return one line for people: what is so, and what to do about it."""


class Migrations(Protocol):
    """What looks after the schema of one kind of store; each takes the store's URL."""

    def check(self, database: str, /) -> SchemaCheck:
        """Look, and change nothing."""

    def upgrade(self, database: str, /) -> SchemaCheck:
        """Bring the schema up to date, and return what it was before."""

    def sql(self, url: str, /) -> str:
        """Return what an upgrade would do, as SQL, without connecting."""


def open_registry(
    url: str,
    request_log: str | RequestLog | None = None,
    *,
    replica: str | None = None,
    **options: Any,
) -> Registry:
    """
    Open a registry on a store and, where given, a request log and a replica.

    Args:
        url: of the store: ``memory://``, ``sqlite:///registry.db``,
            ``postgresql+psycopg://host/database``, ``parquet:///folder``.
        request_log: URL or plain path of a log, or a log that is open already.
        replica: URL of a copy of the store that follows it by itself and answers the
            larger reads, see ``ReplicatedStore``. It need not be there at once.
        options: what ``Registry`` takes (``lifecycle``, ``clock`` …).

    Raises:
        BackendError: no backend, or several, for a scheme; or one that lacks a package.
        StoreError: the store cannot be opened.
        RequestLogError: the log cannot be opened.
    """
    open_replica = None if replica is None else partial(_opener(replica), replica)
    store = open_store(url)
    try:
        if open_replica is not None:
            store = _replicated(store, open_replica)
        log = open_request_log(request_log) if isinstance(request_log, str) else request_log
        return Registry(store, log, **options)
    except BaseException:
        store.close()
        raise


def open_store(url: str, **options: Any) -> Store:
    """
    Open the store that a URL names; options are the backend's own.

    Raises:
        BackendError: no backend, or several, for the scheme; or one that lacks a package.
        StoreError: the store cannot be opened.
    """
    return _opener(url)(url, **options)


def open_request_log(url: str, **options: Any) -> RequestLog:
    """
    Open the request log that a URL or a plain path names; options are the backend's own.

    Raises:
        BackendError: no backend, or several, for the scheme; or one that lacks a package.
        RequestLogError: the log cannot be opened.
    """
    scheme = _SCHEME.match(url)
    name = scheme[1].lower() if scheme else _PATH
    log: RequestLog = _named(REQUEST_LOGS, name)(url, **options)
    return log


def find_migrations(url: str) -> Migrations:
    """
    Return what looks after the schema of the store that a URL names.

    Raises:
        BackendError: no backend, or several, for the scheme; one whose stores have
            no schema; or one that lacks a package.
    """
    migrations: Migrations = _named(MIGRATIONS, _store_scheme(url))
    return migrations


def _opener(url: str) -> Callable[..., Store]:
    opener: Callable[..., Store] = _named(STORES, _store_scheme(url))
    return opener


def _replicated(primary: Store, open_replica: Callable[[], Store]) -> Store:
    # Imported by those who have a replica: most registries are one store.
    from model_registry.replicated import ReplicatedStore  # noqa: PLC0415  # see above

    return ReplicatedStore(primary, open_replica)


def _store_scheme(url: str) -> str:
    scheme = _SCHEME.match(url)
    if scheme is None:
        known = ", ".join(f"{name}://" for name in _schemes(STORES))
        raise UnknownScheme(f"A store is named by a URL, and {url!r} is none; known are {known}")
    return scheme[1].lower()


def _schemes(group: str) -> list[str]:
    return sorted({point.name for point in _entry_points(group=group)})


def _named(group: str, scheme: str) -> Any:
    points = {point.value: point for point in _entry_points(group=group, name=scheme)}
    if not points:
        known = ", ".join(_schemes(group)) or "none"
        raise UnknownScheme(
            f"No installed {_KINDS[group]} answers to {scheme}://; known are {known}"
        )
    if len(points) > 1:
        claims = " and ".join(sorted(_claim(point) for point in points.values()))
        raise AmbiguousScheme(f"Several packages answer to {scheme}://: {claims}; uninstall one")
    (point,) = points.values()
    try:
        return point.load()
    except (ImportError, AttributeError) as error:
        raise _explained(point, error) from error


def _claim(point: EntryPoint) -> str:
    distribution = point.dist.name if point.dist is not None else "an unknown distribution"
    return f"{distribution} ({point.value})"


def _explained(point: EntryPoint, error: ImportError | AttributeError) -> BackendNotInstalled:
    """Tell a package that is missing, for which there is a cure, from one that is broken."""
    absent = error.name if isinstance(error, ModuleNotFoundError) else None
    missing = (absent or "").partition(".")[0]
    own_package = point.module.partition(".")[0]
    if not missing or missing == own_package or missing.startswith("model_registry"):
        return BackendNotInstalled(
            f"The backend of {point.name}:// is registered as {point.value} "
            f"but cannot be imported ({error}); reinstall {_claim(point)}"
        )
    distribution = point.dist.name if point.dist is not None else own_package
    extras = f"[{','.join(point.extras)}]" if point.extras else ""
    return BackendNotInstalled(
        f"{point.name}:// needs the package {missing!r}, which is not installed; "
        f"run: pip install '{distribution}{extras}'"
    )


def _entry_points(group: str, name: str | None = None) -> EntryPoints:
    # Imported when a URL is looked up: it takes a quarter of what importing this library takes.
    from importlib.metadata import entry_points  # noqa: PLC0415  # see above

    points = entry_points(group=group)
    return points if name is None else points.select(name=name)
