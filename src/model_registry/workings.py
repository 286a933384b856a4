"""What the use cases of all tenants work with: the store, the rules, and who hears of a commit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

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
