"""What the use cases of all tenants work with: the store, the rules, and who hears of a commit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import attrs

from model_registry.domain.changes import Change, ChangeEvent
from model_registry.domain.lifecycle import Lifecycle
from model_registry.observing.watch import Watch
from model_registry.ports import RequestLog, Store

Follower = Callable[[str, Sequence[ChangeEvent]], None]
"""Is told of a tenant's sealed events right after their commit; must be quick, and not raise."""


@attrs.frozen(kw_only=True, eq=False)
class Workings:
    """What every tenant's use cases work with; see ``Registry``."""

    store: Store
    request_log: RequestLog | None
    lifecycle: Lifecycle
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
            follower(tenant_id, sealed)
