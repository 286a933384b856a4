"""``/metrics`` in Prometheus's form, for ``serve --metrics``; one process or several."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Final

from starlette.types import Receive, Scope, Send

from model_registry.asgi.answers import NO_STORE, Answer
from model_registry.asgi.problems import MethodNotAllowed, answer_to
from model_registry.errors import Fault, ValidationError
from model_registry.observing.observer import Observer

PATH: Final = "/metrics"

_METHODS: Final = ("GET", "HEAD")
_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"


@contextmanager
def shared_by_processes(workers: int) -> Iterator[None]:
    """
    Let several processes add up their metrics, in a folder that goes when they have ended.

    Entered before prometheus-client is imported, which looks for the folder once.
    """
    if workers == 1 or _FOLDER in os.environ:
        yield
        return
    with TemporaryDirectory(prefix="model-registry-metrics-") as folder:
        os.environ[_FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[_FOLDER]


class Metrics:
    """
    What a scrape shows, and the observer that counts it.

    Raises:
        ValidationError: prometheus-client is not installed.
    """

    def __init__(self) -> None:
        try:
            from prometheus_client import CollectorRegistry  # noqa: PLC0415  # an extra
        except ModuleNotFoundError as error:
            message = "needs a package; run: pip install 'model-risk-registry[prometheus]'"
            raise ValidationError([Fault("metrics", message)]) from error
        from model_registry.observing.prometheus import (  # noqa: PLC0415  # likewise
            PrometheusObserver,
        )

        self._registry = CollectorRegistry()
        self.observer: Observer = PrometheusObserver(self._registry)

    def serves(self, scope: Scope) -> bool:
        """Tell whether a request is for the metrics."""
        return bool(scope["type"] == "http" and scope["path"] == PATH)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request for ``/metrics``."""
        if scope["method"] in _METHODS:
            answer = self._scrape()
        else:
            answer = answer_to(MethodNotAllowed(scope["method"], _METHODS))
        await answer(scope, receive, send)

    def _scrape(self) -> Answer:
        from prometheus_client import (  # noqa: PLC0415  # an extra
            CONTENT_TYPE_LATEST,
            CollectorRegistry,
            generate_latest,
        )
        from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415  # likewise

        registry = self._registry
        if _FOLDER in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # as it is shipped
        headers = ((b"content-type", CONTENT_TYPE_LATEST.encode()), NO_STORE)
        return Answer(200, headers, generate_latest(registry))
