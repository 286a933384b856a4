"""From a URL to the backend that answers to its scheme, through entry points alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from model_registry.errors import AmbiguousScheme, BackendNotInstalled, UnknownScheme
from model_registry.ports import RequestLog, Store
from model_registry.registry import Registry

STORES: Final = "model_registry.stores"
REQUEST_LOGS: Final = "model_registry.request_logs"

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_PATH: Final = "file"


def open_registry(
    url: str,
    request_log: str | RequestLog | None = None,
    **options: Any,
) -> Registry:
    """
    Open a registry on a store and, where given, a request log.

    Args:
        url: of the store: ``memory://``, ``sqlite:///registry.db``,
            ``postgresql+psycopg://host/database``, ``parquet:///folder``.
        request_log: URL or plain path of a log, or a log that is open already.
        options: what ``Registry`` takes (``lifecycle``, ``clock`` …).

    Raises:
        BackendError: no backend, or several, for a scheme; or one that lacks a package.
        StoreError: the store cannot be opened.
        RequestLogError: the log cannot be opened.
    """
    store = open_store(url)
    try:
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
    scheme = _SCHEME.match(url)
    if scheme is None:
        known = ", ".join(f"{name}://" for name in _schemes(STORES))
        raise UnknownScheme(f"A store is named by a URL, and {url!r} is none; known are {known}")
    store: Store = _factory(STORES, scheme[1].lower())(url, **options)
    return store


def open_request_log(url: str, **options: Any) -> RequestLog:
    """
    Open the request log that a URL or a plain path names; options are the backend's own.

    Raises:
        BackendError: no backend, or several, for the scheme; or one that lacks a package.
        RequestLogError: the log cannot be opened.
    """
    scheme = _SCHEME.match(url)
    name = scheme[1].lower() if scheme else _PATH
    log: RequestLog = _factory(REQUEST_LOGS, name)(url, **options)
    return log


def _schemes(group: str) -> list[str]:
    return sorted({point.name for point in entry_points(group=group)})


def _factory(group: str, scheme: str) -> Callable[..., Any]:
    points = {point.value: point for point in entry_points(group=group, name=scheme)}
    if not points:
        kind = "store" if group == STORES else "request log"
        known = ", ".join(_schemes(group)) or "none"
        raise UnknownScheme(f"No installed {kind} answers to {scheme}://; known are {known}")
    if len(points) > 1:
        claims = " and ".join(sorted(_claim(point) for point in points.values()))
        raise AmbiguousScheme(f"Several packages answer to {scheme}://: {claims}; uninstall one")
    (point,) = points.values()
    try:
        factory: Callable[..., Any] = point.load()
    except ModuleNotFoundError as error:
        raise _explained(point, error) from error
    return factory


def _claim(point: EntryPoint) -> str:
    distribution = point.dist.name if point.dist is not None else "an unknown distribution"
    return f"{distribution} ({point.value})"


def _explained(point: EntryPoint, error: ModuleNotFoundError) -> Exception:
    """Tell a missing extra from a broken package: the second is not ours to explain."""
    missing = (error.name or "").partition(".")[0]
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
