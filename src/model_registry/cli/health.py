"""``/healthz`` and ``/readyz``: what whoever starts, watches and stops the server asks it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from starlette.types import Receive, Scope, Send

from model_registry.asgi.answers import Answer, json_answer
from model_registry.asgi.problems import MethodNotAllowed, answer_to
from model_registry.asgi.work import Pool
from model_registry.errors import RegistryError
from model_registry.observing.causes import causes

_log: Final = logging.getLogger("model_registry.server")

ALIVE: Final = "/healthz"
READY: Final = "/readyz"

_METHODS: Final = ("GET", "HEAD")


class Health:
    """
    Answers without credentials, and tells a word and nothing else.

    Args:
        look: asks the store something cheap; runs on a thread and may block.
        draining: tells whether the process is about to end.
        seconds: how long the store may take.
    """

    def __init__(
        self, look: Callable[[], object], draining: Callable[[], bool], seconds: float = 2.0
    ) -> None:
        self._look = look
        self._draining = draining
        self._seconds = seconds
        self._pool = Pool("readiness", 1)
        self._looking: asyncio.Task[bool] | None = None
        self._answered = True

    def serves(self, scope: Scope) -> bool:
        """Tell whether a request is for one of the two paths."""
        return scope["type"] == "http" and scope["path"] in {ALIVE, READY}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        await (await self._answer(scope))(scope, receive, send)

    async def _answer(self, scope: Scope) -> Answer:
        if scope["method"] not in _METHODS:
            return answer_to(MethodNotAllowed(scope["method"], _METHODS))
        if scope["path"] == ALIVE:
            return json_answer(200, {"status": "alive"})
        if self._draining():
            return json_answer(503, {"status": "draining"})
        if await self._ready():
            return json_answer(200, {"status": "ready"})
        return json_answer(503, {"status": "unavailable"})

    async def _ready(self) -> bool:
        # However many ask, one look at a time: nobody can load or exhaust the store
        # through a path that needs no credentials.
        if self._looking is None or self._looking.done():
            self._looking = asyncio.ensure_future(self._pool.run(self._looked))
        looking = self._looking
        done, _ = await asyncio.wait([looking], timeout=self._seconds)
        ready = bool(done) and not looking.cancelled() and looking.result()
        if ready is not self._answered:
            self._answered = ready
            _log.log(
                logging.INFO if ready else logging.WARNING,
                "The store answers again" if ready else "The store does not answer",
            )
        return ready

    def _looked(self) -> bool:
        try:
            self._look()
        except Exception as error:  # whatever it is, the store is not ready
            code = error.code if isinstance(error, RegistryError) else "unexpected"
            _log.debug("A look at the store failed: %s", causes(error), extra={"outcome": code})
            return False
        return True
