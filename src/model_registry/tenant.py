"""One tenant's inventory: the use cases that change it, beside those that read it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import attrs

from model_registry.domain import changes
from model_registry.domain.changes import Action
from model_registry.domain.entry import Amendment, ModelEntry, Registration
from model_registry.errors import PreconditionFailed
from model_registry.persevering import persevering
from model_registry.tenant_reads import TenantReads

if TYPE_CHECKING:
    from model_registry.domain.discovery import DiscoveryReport, DiscoveryRequest
    from model_registry.domain.importing import ImportReport, ImportRequest, ImportRow
    from model_registry.domain.request_log import Progress
    from model_registry.domain.risk_profile import ProfileAmendment, RiskProfile


@attrs.frozen
class TenantRegistry(TenantReads):
    """One tenant's inventory, in the name of one actor. Cheap to make, keep or drop."""

    def register(self, registration: Registration) -> ModelEntry:
        """
        Put a model into the inventory (contract, POST /models).

        Raises:
            ModelAlreadyExists: its model_id is in the inventory already.
            StoreError: it could not be written; nothing was.
        """
        insert = changes.register(
            registration,
            tenant_id=self.tenant_id,
            entry_id=self.workings.new_id(),
            actor=self.actor,
            at=self.workings.clock(),
        )
        with self.workings.watch.writing(Action.REGISTERED, self.tenant_id):
            self.workings.commit(self.tenant_id, [insert])
        return insert.entry

    def update(
        self,
        entry_id: str,
        amendment: Amendment,
        *,
        unless: Callable[[ModelEntry], bool] | None = None,
    ) -> ModelEntry:
        """
        Amend an entry (contract, PUT /models/{id}): always one event.

        Where somebody else writes at the same moment, the amendment is decided
        anew upon what they left, so that the last writer wins field by field and
        no illegal transition is ever made.

        Args:
            entry_id: the entry's UUID.
            amendment: what changes.
            unless: tells of the entry as it stands that it must not be changed.

        Raises:
            ModelNotFound: this tenant has no such entry.
            ValidationError: a read-only field was given another value.
            InvalidStatusTransition: the lifecycle does not permit the move.
            PreconditionFailed: ``unless`` said so.
            ConcurrentUpdate: others kept writing for too long.
            StoreError: it could not be written; nothing was.
        """

        def decided() -> ModelEntry:
            replace = changes.amend(
                self._current(entry_id, unless),
                amendment,
                lifecycle=self.workings.lifecycle,
                actor=self.actor,
                at=self.workings.clock(),
            )
            self.workings.commit(self.tenant_id, [replace])
            return replace.after

        with self.workings.watch.writing(Action.UPDATED, self.tenant_id):
            return persevering(decided)

    def delete(self, entry_id: str, *, unless: Callable[[ModelEntry], bool] | None = None) -> None:
        """
        Take an entry out of the inventory; its history stays (contract, DELETE).

        Raises:
            ModelNotFound: this tenant has no such entry.
            PreconditionFailed: ``unless`` said so.
            ConcurrentUpdate: others kept writing for too long.
            StoreError: it could not be written; nothing was.
        """

        def decided() -> None:
            before = self._current(entry_id, unless)
            decision = changes.remove(before, actor=self.actor, at=self.workings.clock())
            self.workings.commit(self.tenant_id, [decision])

        with self.workings.watch.writing(Action.DELETED, self.tenant_id):
            persevering(decided)

    def update_risk_profile(
        self,
        entry_id: str,
        amendment: ProfileAmendment,
        *,
        unless: Callable[[RiskProfile], bool] | None = None,
    ) -> RiskProfile:
        """
        Amend an entry's risk profile: always one event, and ``updated_at`` moves.

        Args:
            entry_id: the entry's UUID.
            amendment: what changes.
            unless: tells of the profile as it stands that it must not be changed.

        Raises:
            ModelNotFound: this tenant has no such entry.
            ValidationError: the amendment does not fit the profile.
            PreconditionFailed: ``unless`` said so.
            ConcurrentUpdate: others kept writing for too long.
            StoreError: it could not be written; nothing was.
        """
        from model_registry import profiling  # noqa: PLC0415  # loaded by those who use it

        return profiling.update(
            self.workings, self.tenant_id, self.actor, entry_id, amendment, unless=unless
        )

    def discover(
        self, request: DiscoveryRequest | None = None, *, progress: Progress | None = None
    ) -> DiscoveryReport:
        """
        Find models in the request log and register the new ones as drafts.

        All new entries are one commit (contract, POST /models/discover).

        Args:
            request: how far to look back, which tier to give, whether to write.
            progress: told now and then how far the scan is.

        Raises:
            RequestLogError: there is no request log, or it cannot be read.
            TooManyModels: the log names more models than it may.
            StoreError: the entries could not be written; none was.
        """
        # Loaded by those who discover: to look a tier up takes none of it.
        from model_registry.discovering import discovered  # noqa: PLC0415  # as said

        return discovered(self.workings, self.tenant_id, self.actor, request, progress)

    def import_rows(
        self, rows: Iterable[ImportRow], request: ImportRequest | None = None
    ) -> ImportReport:
        """Bring the rows of a file into the inventory, in one commit; see ``imported``."""
        from model_registry.importing import imported  # noqa: PLC0415  # as for discovery

        return imported(self.workings, self.tenant_id, self.actor, rows, request)

    def _current(self, entry_id: str, unless: Callable[[ModelEntry], bool] | None) -> ModelEntry:
        entry = self.get(entry_id)
        if unless is not None and unless(entry):
            raise PreconditionFailed(entry.id)
        return entry
