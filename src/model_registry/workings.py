"""What the use cases of all tenants work with: the store, the rules, and who hears of a commit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

import attrs

from model_registry.domain.cadence import Cadence
from model_registry.domain.changes import Change, ChangeEvent
from model_registry.domain.lifecycle import Lifecycle
from model_registry.observing.watch import Watch
from model_registry.ports import RequestLog, Store


class Follower(Protocol):
    """Who hears of every commit that goes through this registry."""

    def committed(self, tenant_id: str, events: Sequence[ChangeEvent]) -> None:
        """Hear of sealed events, on the thread that wrote them; must be quick, and not raise."""

    def close(self) -> None:
        """The registry is closed. May be repeated."""


Subscriber = Callable[[str, tuple[ChangeEvent, ...]], None]
"""A host's own function that is told of a tenant's events after they were committed."""


class Subscription:
    """
    A host that wants to hear of events; what it raises is logged and harms nothing.

    Args:
        workings: whose commits it hears of.
        tell: what is called.
    """

    def __init__(self, workings: Workings, tell: Subscriber) -> None:
        self._workings = workings
        self._tell = tell
        workings.followers.append(self)

    def committed(self, tenant_id: str, events: Sequence[ChangeEvent]) -> None:
        """Tell the host of events, on the thread that wrote them."""
        if not events:
            return
        try:
            self._tell(tenant_id, tuple(events))
        except Exception as error:  # the commit stands, whatever becomes of the news of it
            self._workings.watch.subscriber_failed(tenant_id, events[-1].sequence, error)

    def close(self) -> None:
        """Tell nothing any more. May be repeated."""
        if self in self._workings.followers:
            self._workings.followers.remove(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


@attrs.frozen(kw_only=True, eq=False)
class Workings:
    """What every tenant's use cases work with; see ``Registry``."""

    store: Store
    request_log: RequestLog | None
    lifecycle: Lifecycle
    cadence: Cadence
    infer_provider: Callable[[str], str]
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    watch: Watch
    followers: list[Follower] = attrs.field(factory=list)

    def commit(self, tenant_id: str, changes: Sequence[Change]) -> None:
        """
        Commit to the store, and have told it to the followers when this returns.

        Raises:
            RegistryError: whatever ``Store.commit`` does.
        """
        sealed = self.store.commit(tenant_id, changes)
        for follower in tuple(self.followers):
            follower.committed(tenant_id, sealed)
