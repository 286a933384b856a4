"""What may happen to a risk profile: the decision, and how a profile lies in the history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

import attrs

from model_registry.domain.cadence import Cadence
from model_registry.domain.changes import (
    RISK_PROFILE,
    Action,
    FieldChange,
    PendingEvent,
    Plain,
    Replace,
)
from model_registry.domain.entry import ModelEntry
from model_registry.domain.replay import Told
from model_registry.domain.risk_profile import (
    MOST_FINDINGS,
    PROFILE_READ_ONLY,
    FindingAmendment,
    FindingStatus,
    ProfileAmendment,
    RiskFinding,
    RiskProfile,
    Severity,
    supplied,
)
from model_registry.domain.rules import Tags
from model_registry.errors import Fault, ValidationError

_TEXTS: Final = ("purpose", "restrictions", "tier_rationale", "validator")
_DATES: Final = ("last_validated_on", "next_validation_on")
_FINDING: Final = "findings."
_TICK: Final = timedelta(microseconds=1)
_A_DAY_AHEAD: Final = timedelta(days=1)


def profile_of(entry: ModelEntry, told: Mapping[str, Any], cadence: Cadence) -> RiskProfile:
    """
    Return an entry's risk profile, from what its history tells.

    Raises:
        ValueError: what it tells is no profile.
    """
    try:
        last, following = (_day(told.get(name)) for name in _DATES)
        due = following if following or last is None else cadence.after(last, entry.risk_tier)
        findings = [
            _finding(name.removeprefix(_FINDING), value)
            for name, value in told.items()
            if name.startswith(_FINDING)
        ]
        return RiskProfile(
            id=entry.id,
            model_id=entry.model_id,
            purpose=_text(told.get("purpose")),
            restrictions=_text(told.get("restrictions")),
            tier_rationale=_text(told.get("tier_rationale")),
            validator=_text(told.get("validator")),
            last_validated_on=last,
            next_validation_on=following,
            validation_due_on=due,
            findings=_in_order(findings),
            evidence=Tags(told.get("evidence") or {}),
        )
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"its risk profile makes no sense: {error}") from error


def told_of(profile: RiskProfile) -> Told:
    """Return a profile as its history tells it: only what is there, every value plain."""
    plain: dict[str, Plain] = {
        **{name: getattr(profile, name) for name in _TEXTS},
        **{name: _written(getattr(profile, name)) for name in _DATES},
        **{_FINDING + finding.id: _plain(finding) for finding in profile.findings},
        "evidence": dict(profile.evidence) or None,
    }
    return {name: value for name, value in plain.items() if value is not None}


def amend_profile(
    before: ModelEntry,
    profile: RiskProfile,
    amendment: ProfileAmendment,
    *,
    actor: str,
    at: datetime,
) -> Replace:
    """
    Decide what an amendment makes of an entry's risk profile.

    The change is one of the entry, whose ``updated_at`` moves with it: so two that
    are decided upon the same state never both stand. A new ``last_validated_on``
    begins a new cycle: a next date that was set for the old one goes, unless
    another comes with it.

    Args:
        before: the entry as it stands.
        profile: its profile, read after the entry.
        amendment: what changes; every new finding has an id.
        actor: who does it.
        at: when.

    Raises:
        ValidationError: a read-only field was given another value, a new finding
            lacks something, or dates contradict each other.
    """
    values = supplied(amendment)
    today = at.date()
    faults = [
        Fault(name, "is read-only and has another value", _written(values[name]))
        for name in values
        if name in PROFILE_READ_ONLY and values[name] != getattr(profile, name)
    ]
    values = {name: value for name, value in values.items() if name not in PROFILE_READ_ONLY}
    given = values.pop("findings", ())
    findings = () if given is None else _amended(profile.findings, given, today, faults)
    if "evidence" in values:
        values["evidence"] = values["evidence"] or Tags()
    last = values.get("last_validated_on", profile.last_validated_on)
    if last is not None and last != profile.last_validated_on:
        values.setdefault("next_validation_on", None)
        if last > today + _A_DAY_AHEAD:  # somewhere it is tomorrow already
            faults.append(Fault("last_validated_on", "must not be in the future", _written(last)))
    after = attrs.evolve(profile, **values, findings=findings)
    following = after.next_validation_on
    if last is not None and following is not None and following <= last:
        message = f"must be after the last validation, {last}"
        faults.append(Fault("next_validation_on", message, _written(following)))
    if faults:
        raise ValidationError(faults)
    return _replace(before, _differences(told_of(profile), told_of(after)), actor, at)


def _replace(
    before: ModelEntry, changes: Mapping[str, FieldChange], actor: str, at: datetime
) -> Replace:
    at = max(at, before.updated_at + _TICK) if changes else max(at, before.updated_at)
    event = PendingEvent(
        at=at,
        actor=actor,
        action=Action.UPDATED,
        entry_id=before.id,
        model_id=before.model_id,
        changes=changes,
    )
    return Replace(before, attrs.evolve(before, updated_at=at) if changes else before, event)


def _differences(before: Told, after: Told) -> dict[str, FieldChange]:
    return {
        RISK_PROFILE + name: FieldChange(before.get(name), after.get(name))
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    }


def _amended(
    known: Sequence[RiskFinding],
    given: Sequence[FindingAmendment],
    today: date,
    faults: list[Fault],
) -> tuple[RiskFinding, ...]:
    findings = {finding.id: finding for finding in known}
    named: set[str] = set()
    for place, amendment in enumerate(given):
        path = f"findings.{place}"
        values = supplied(amendment)
        finding_id = values["id"]
        if finding_id in named:
            faults.append(Fault(f"{path}.id", "is given twice", finding_id))
        named.add(finding_id)
        finding = _amended_finding(findings.get(finding_id), values, today, path, faults)
        if finding is not None:
            findings[finding_id] = finding
    if len(findings) > MOST_FINDINGS:
        faults.append(Fault("findings", f"must be at most {MOST_FINDINGS} in all"))
    return _in_order(findings.values())


def _amended_finding(
    known: RiskFinding | None, values: dict[str, Any], today: date, path: str, faults: list[Fault]
) -> RiskFinding | None:
    if known is None:
        missing = [name for name in ("title", "severity") if name not in values]
        if missing:
            faults.extend(Fault(f"{path}.{name}", "is required") for name in missing)
            return None
        known = RiskFinding(
            id=values["id"],
            title="",
            severity=Severity.LOW,
            status=FindingStatus.OPEN,
            opened_on=today,
            due_on=None,
            closed_on=None,
            owner=None,
        )
    finding = attrs.evolve(known, **values)
    if finding.status is FindingStatus.CLOSED:
        finding = attrs.evolve(finding, closed_on=finding.closed_on or today)
    elif "closed_on" not in values:
        finding = attrs.evolve(finding, closed_on=None)
    elif finding.closed_on is not None:
        faults.append(
            Fault(f"{path}.closed_on", "is of a closed finding", _written(finding.closed_on))
        )
    if finding.closed_on is not None and finding.closed_on < finding.opened_on:
        message = f"must not be before it was opened, {finding.opened_on}"
        faults.append(Fault(f"{path}.closed_on", message, _written(finding.closed_on)))
    return finding


def _in_order(findings: Any) -> tuple[RiskFinding, ...]:
    return tuple(sorted(findings, key=lambda finding: (finding.opened_on, finding.id)))


def _plain(finding: RiskFinding) -> dict[str, str]:
    values = {a.name: _written(getattr(finding, a.name)) for a in attrs.fields(RiskFinding)}
    return {name: value for name, value in values.items() if name != "id" and value is not None}


def _finding(finding_id: str, told: Mapping[str, str]) -> RiskFinding:
    opened_on = _day(told["opened_on"])
    assert opened_on is not None  # noqa: S101  # for the type checker alone
    return RiskFinding(
        id=finding_id,
        title=told["title"],
        severity=Severity(told["severity"]),
        status=FindingStatus(told["status"]),
        opened_on=opened_on,
        due_on=_day(told.get("due_on")),
        closed_on=_day(told.get("closed_on")),
        owner=told.get("owner"),
    )


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise TypeError(f"a {type(value).__name__} is no text")


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _written(value: object) -> str | None:
    if isinstance(value, date):
        return value.isoformat()
    return None if value is None else str(value)
