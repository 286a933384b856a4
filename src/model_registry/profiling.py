"""Risk profiles: read from the history of their entries, changed, and looked through for dates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import attrs

from model_registry.domain.changes import Action
from model_registry.domain.due import Due, due_of, in_order_of_dates
from model_registry.domain.entry import UNSET, ModelEntry, canonical_id
from model_registry.domain.inventory import EVERYTHING
from model_registry.domain.profile_changes import amend_profile
from model_registry.domain.replay import Told, take_profile
from model_registry.domain.risk_profile import FindingAmendment, ProfileAmendment, RiskProfile
from model_registry.errors import ModelNotFound, PreconditionFailed
from model_registry.evidence import replayed, told_profile
from model_registry.persevering import persevering
from model_registry.ports import Store
from model_registry.workings import Workings


def profile(
    workings: Workings, tenant_id: str, entry_id: str, as_of: datetime | None
) -> RiskProfile:
    """
    Return an entry's risk profile, of now or of an instant.

    Raises:
        ModelNotFound: this tenant has, or had, no such entry.
        DamagedData: the history tells no profile.
    """
    if as_of is None:
        entry = _entry(workings.store, tenant_id, entry_id)
        return told_profile(entry, _told(workings.store, tenant_id, entry.id), workings.cadence)
    sought = canonical_id(entry_id)
    if sought is not None:
        then = replayed(workings.store, tenant_id, as_of, sought)
        if sought in then.entries:
            told = then.profiles.get(sought, {})
            return told_profile(then.entries[sought], told, workings.cadence)
    raise ModelNotFound(entry_id)


def update(
    workings: Workings,
    tenant_id: str,
    actor: str,
    entry_id: str,
    amendment: ProfileAmendment,
    *,
    unless: Callable[[RiskProfile], bool] | None,
) -> RiskProfile:
    """
    Amend an entry's risk profile: always one event.

    Raises:
        ModelNotFound: this tenant has no such entry.
        ValidationError: the amendment does not fit the profile.
        PreconditionFailed: ``unless`` said so.
        ConcurrentUpdate: others kept writing for too long.
        StoreError: it could not be written; nothing was.
    """
    amendment = _identified(amendment, workings.new_id)

    def decided() -> RiskProfile:
        # The entry first: whoever changes the profile in between changes the entry too.
        before = _entry(workings.store, tenant_id, entry_id)
        told = _told(workings.store, tenant_id, before.id)
        known = told_profile(before, told, workings.cadence)
        if unless is not None and unless(known):
            raise PreconditionFailed(before.id)
        replace = amend_profile(before, known, amendment, actor=actor, at=workings.clock())
        workings.commit(tenant_id, [replace])
        profiles = {before.id: told}
        take_profile(profiles, replace.event)
        return told_profile(replace.after, profiles[before.id], workings.cadence)

    with workings.watch.writing(Action.UPDATED, tenant_id):
        return persevering(decided)


def profiles(workings: Workings, tenant_id: str) -> Callable[[ModelEntry], RiskProfile]:
    """Read all profiles as they stand, and return what gives that of an entry."""
    told = told_of_all(workings.store, tenant_id)
    return lambda entry: told_profile(entry, told.get(entry.id, {}), workings.cadence)


def due(workings: Workings, tenant_id: str, by: date) -> tuple[Due, ...]:
    """
    Return what is due up to a day, and what has no date; see ``TenantRegistry.due``.

    Raises:
        DamagedData: the history tells no profile.
    """
    profile_of_each = profiles(workings, tenant_id)
    with workings.store.scan(tenant_id, EVERYTHING) as entries:
        return in_order_of_dates(
            each for entry in entries for each in due_of(entry, profile_of_each(entry), by)
        )


def _entry(store: Store, tenant_id: str, entry_id: str) -> ModelEntry:
    canonical = canonical_id(entry_id)
    entry = store.get(tenant_id, canonical) if canonical else None
    if entry is None:
        raise ModelNotFound(entry_id)
    return entry


def _told(store: Store, tenant_id: str, entry_id: str) -> Told:
    return told_of_all(store, tenant_id, entry_id).get(entry_id, {})


def told_of_all(store: Store, tenant_id: str, entry_id: str | None = None) -> dict[str, Told]:
    """Return what the history tells of all profiles, or of one, by the entries' ids."""
    profiles: dict[str, Told] = {}
    with store.profile_events(tenant_id, entry_id) as events:
        for event in events:
            take_profile(profiles, event)
    return profiles


def _identified(amendment: ProfileAmendment, new_id: Callable[[], str]) -> ProfileAmendment:
    """Give each new finding its id before anything is decided, which may be decided again."""
    if amendment.findings is UNSET or amendment.findings is None:
        return amendment
    findings: list[FindingAmendment] = [
        attrs.evolve(finding, id=new_id()) if finding.id is UNSET else finding
        for finding in amendment.findings
    ]
    return attrs.evolve(amendment, findings=findings)
