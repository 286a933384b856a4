"""A replica that may lag, hang or be gone: where it stands is found out in bounded time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from functools import partial
from queue import SimpleQueue
from threading import Lock, Semaphore, Thread
from time import monotonic
from typing import Final

from model_registry.domain.chain import Head
from model_registry.errors import RegistryError, StoreError
from model_registry.observing.causes import causes
from model_registry.ports import Store

_log: Final = logging.getLogger("model_registry.replica")


class Replica:
    """
    A store that may be asked instead of another, as long as it answers.

    Nobody waits for one that is known to fail: it is left alone for some time, and
    then a thread of its own finds out whether it answers again. The log is told of the
    first failure, and of the first read that succeeds again.

    Args:
        replica: the store, or what opens it. That is called at once, on a thread,
            and again later as long as it fails.
        patience: seconds for which a look at where it stands is waited for.
        rest: seconds for which it is left alone after a failure.

    Raises:
        ValueError: a number makes no sense.
    """

    def __init__(
        self, replica: Store | Callable[[], Store], *, patience: float, rest: float
    ) -> None:
        if patience <= 0 or rest < 0:
            raise ValueError("patience must be more than nothing, and rest not less")
        self._store: Store | None = None
        self._open: Callable[[], Store] | None = None
        if isinstance(replica, Store):
            self._store = replica
        else:
            self._open = replica
        self._patience = patience
        self._rest = rest
        self._looks = _Looks()
        self._lock = Lock()
        self._answers = self._store is not None
        self._told = False
        self._finding_out = False
        self._rests_until = 0.0
        self._closed = False
        if self._store is None:
            self._find_out("")

    def at(self, tenant_id: str, head: Head) -> Store | None:
        """Return the store if it stands at a tenant's head now; None if not, or if it fails."""
        store = self._store
        if store is None or not self._answers:
            self._find_out(tenant_id)
            return None
        try:
            found = self._looks.within(self._patience, partial(store.head, tenant_id))
        except Exception as error:  # whatever it is, there is another store to ask
            self.failed(error)
            return None
        return store if found == head else None

    def failed(self, error: Exception) -> None:
        """Leave it alone for some time, because of an error."""
        with self._lock:
            news = not self._told and not self._closed
            self._answers, self._told = False, True
            self._rests_until = monotonic() + self._rest
        if news:
            ours = isinstance(error, RegistryError)
            _log.warning(
                "The replica fails, and the primary is read instead: %s",
                error if ours else causes(error),
                extra={"outcome": error.code if isinstance(error, RegistryError) else "unexpected"},
            )
            _log.debug("The cause: %s", causes(error))

    def succeeded(self) -> None:
        """Hear that it was read."""
        if self._told:
            with self._lock:
                news, self._told = self._told, False
            if news:
                _log.info("The replica is read again")

    def close(self) -> None:
        """Close the store, which closes what it opened itself. May be repeated."""
        self._closed = True
        self._answers = False
        self._looks.close()
        if self._store is not None:
            self._store.close()

    def _find_out(self, tenant_id: str) -> None:
        """Let a thread find out whether it answers, if it has rested and no thread does so."""
        with self._lock:
            if self._closed or self._finding_out or monotonic() < self._rests_until:
                return
            self._finding_out = True
        name = "model-registry-replica-recovery"
        Thread(target=self._try, args=(tenant_id,), name=name, daemon=True).start()

    def _try(self, tenant_id: str) -> None:
        try:
            if self._store is None and self._open is not None:
                self._store = self._open()
                if self._closed:  # meanwhile, by somebody who found nothing to close
                    self._store.close()
            if self._store is not None and not self._closed:
                self._store.head(tenant_id)
                self._answers = not self._closed
        except Exception as error:  # likewise
            self.failed(error)
        finally:
            self._finding_out = False


class _Looks:
    """Threads that look for those who cannot wait for ever; one that hangs is left behind."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[tuple[Future[Head], Callable[[], Head]] | None] = SimpleQueue()
        self._idle = Semaphore(0)

    def within(self, seconds: float, look: Callable[[], Head]) -> Head:
        """
        Return what a look finds; raises what it raises.

        Raises:
            StoreError: it takes longer than so many seconds.
        """
        answer: Future[Head] = Future()
        self._jobs.put((answer, partial(copy_context().run, look)))
        if not self._idle.acquire(blocking=False):
            name = "model-registry-replica-look"
            Thread(target=self._work, name=name, daemon=True).start()
        try:
            return answer.result(seconds)
        except TimeoutError:
            raise StoreError(f"It did not answer within {seconds:g} s") from None

    def close(self) -> None:
        """Let the threads end when their looks do."""
        self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            answer, look = job
            try:
                head = look()
            except BaseException as error:
                self._idle.release()
                answer.set_exception(error)
            else:
                self._idle.release()
                answer.set_result(head)
        self._jobs.put(None)  # for the next one
