"""Commands about risk profiles: ``profile`` shows and changes one, ``due`` tells what is late."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date
from typing import Annotated, Any, Final

import attrs
from cyclopts import Parameter

from model_registry.cli.changes import TagOption, TextOption
from model_registry.cli.history import shortly
from model_registry.cli.inventory import entry_named
from model_registry.cli.options import HERE, AsOfOption, JsonOption, NumberOption, Place
from model_registry.cli.screen import counted, note, say, say_json, say_table
from model_registry.codec import due_to_json, profile_to_json, read_object, read_text
from model_registry.domain.due import Days, Due, DueKind
from model_registry.domain.profile_changes import told_of
from model_registry.domain.risk_profile import ProfileAmendment, RiskProfile, Severity
from model_registry.domain.rules import Instant, Nullable, enforce, ruled
from model_registry.errors import Fault, ValidationError

DateOption = Annotated[str | None, Parameter(metavar="DATE")]
_SEVERITIES: Final = " | ".join(Severity)
_FIELDS: Final = (
    "purpose",
    "restrictions",
    "tier_rationale",
    "validator",
    "last_validated_on",
    "next_validation_on",
    "validation_due_on",
    "evidence",
)
_CLEARED: Final = (*(name for name in _FIELDS if name != "validation_due_on"), "findings")
_OPTION_OF: Final = {
    "title": "finding",
    "due_on": "finding_due",
    "owner": "finding_owner",
    "id": "finding_id",
    "closed_on": "close",
}
_SOON: Final = "30"


@attrs.frozen(kw_only=True)
class _Then:
    """The instant that is meant."""

    as_of: Any = ruled(Nullable(Instant()), default=None)

    def __attrs_post_init__(self) -> None:
        enforce(self)


def profile(
    model: str,
    /,
    *,
    purpose: TextOption = None,
    restrictions: TextOption = None,
    tier_rationale: TextOption = None,
    validator: TextOption = None,
    validated_on: Annotated[
        str | None, Parameter(name=["--last-validated-on", "--validated-on"], metavar="DATE")
    ] = None,
    next_validation_on: DateOption = None,
    evidence: Annotated[TagOption, Parameter(metavar="LABEL=LINK")] = None,
    finding: Annotated[str | None, Parameter(metavar="TITLE")] = None,
    severity: Annotated[
        str | None, Parameter(metavar="SEVERITY", help=f"Of the new finding: {_SEVERITIES}.")
    ] = None,
    finding_due: DateOption = None,
    finding_owner: TextOption = None,
    finding_id: TextOption = None,
    close: Annotated[tuple[str, ...], Parameter(metavar="ID")] = (),
    clear: Annotated[tuple[str, ...], Parameter(metavar="FIELD")] = (),
    as_of: AsOfOption = None,
    json: JsonOption = False,
    place: Place = HERE,
) -> None:
    """
    Show a model's risk profile, or change what is given.

    Args:
        model: UUID or model id.
        purpose: What the model may be used for.
        restrictions: What it may not be used for, and its limits.
        tier_rationale: Why it has its risk tier.
        validator: Who validates it.
        validated_on: When the last validation was completed.
        next_validation_on: When the next one is to be. Default: as the tier's cadence has it.
        evidence: May be repeated. The links given replace all that there were.
        finding: Add a finding.
        severity: of it.
        finding_due: Until when it is to be remedied.
        finding_owner: Who is to remedy it.
        finding_id: Its id. Default: a UUID.
        close: Close a finding, by its id or how that begins; may be repeated.
        clear: Empty a field; may be repeated.
        as_of: of which instant.
        json: print JSON.
        place: where.
    """
    given: dict[str, Any] = {
        "purpose": purpose,
        "restrictions": restrictions,
        "tier_rationale": tier_rationale,
        "validator": validator,
        "last_validated_on": validated_on,
        "next_validation_on": next_validation_on,
        "evidence": None if evidence is None else _links(evidence),
    }
    added = {
        "title": finding,
        "severity": severity,
        "due_on": finding_due,
        "owner": finding_owner,
        "id": finding_id,
    }
    given = {name: value for name, value in given.items() if value is not None}
    added = {name: value for name, value in added.items() if value is not None}
    given |= _clearances(clear, given)
    then = read_text(_Then, {} if as_of is None else {"as_of": as_of}).as_of
    changing = bool(given or added or close)
    if changing and then is not None:
        raise ValidationError([Fault("as_of", "is of the past, which cannot be changed")])
    with place.opened() as inventory, _in_words():
        entry_id = model if then is not None else entry_named(inventory, model).id
        before = after = inventory.risk_profile(entry_id, as_of=then)
        if changing:
            if added or close:
                closed = [{"id": _found(before, start), "status": "closed"} for start in close]
                given["findings"] = [*([added] if added else []), *closed]
            amendment = read_object(ProfileAmendment, given)
            after = inventory.update_risk_profile(entry_id, amendment)
    if json:
        say_json(profile_to_json(after))
    elif changing:
        say(f"{after.model_id}: {_differences(before, after) or 'nothing changed'}")
    else:
        _say_profile(after)


def due(
    *,
    within: NumberOption = _SOON,
    on: DateOption = None,
    json: JsonOption = False,
    place: Place = HERE,
) -> None:
    """
    List validations and findings that are overdue or due soon, and models without a date.

    Args:
        within: How many days count as soon. Default: 30.
        on: From which day it is looked at. Default: today, in UTC.
        json: print JSON.
        place: where.
    """
    with place.opened() as inventory:
        today = inventory.workings.clock().astimezone(UTC).date()
        typed = {"within": within, "on": on or today.isoformat()}
        days = read_text(Days, {name: text for name, text in typed.items() if text is not None})
        dues = inventory.due(days.on, within=days.within)
    if json:
        say_json({"on": str(days.on), "due": [due_to_json(each) for each in dues]})
        return
    say_table(
        ("Due", "When", "What", "Model", "Tier", "Status", "Owner", "Validator"),
        [_row(each, days.on) for each in dues],
    )
    late = sum(each.due_on is not None and each.due_on < days.on for each in dues)
    undated = sum(each.due_on is None for each in dues)
    soon = len(dues) - late - undated
    note(f"{late} overdue, {soon} due by {days.last}, {undated} never validated")


def _row(each: Due, on: date) -> tuple[str, ...]:
    entry = each.entry
    finding = each.finding
    what = each.kind if finding is None else f"{finding.severity} finding: {finding.title}"
    if each.kind is DueKind.NEVER_VALIDATED:
        what = "never validated"
    return (
        str(each.due_on or "-"),
        _when(each.due_on, on),
        what,
        entry.model_id,
        entry.risk_tier,
        entry.validation_status,
        each.owner or "-",
        each.validator or "-",
    )


def _when(due_on: date | None, on: date) -> str:
    if due_on is None:
        return "-"
    days = (due_on - on).days
    if not days:
        return "today"
    return f"in {counted(days, 'day')}" if days > 0 else f"{counted(-days, 'day')} late"


def _say_profile(shown: RiskProfile) -> None:
    plain = profile_to_json(shown)
    width = max(map(len, _FIELDS))
    say(f"{'model_id':{width}}  {shown.model_id}")
    for name in _FIELDS:
        value = plain[name]
        if isinstance(value, dict):
            value = ", ".join(f"{label}={link}" for label, link in value.items())
        say(f"{name:{width}}  {value or '-'}")
    if not shown.findings:
        say(f"{'findings':{width}}  -")
        return
    say()
    say_table(
        ("Finding", "Severity", "Status", "Opened", "Due", "Closed", "Owner", "Id"),
        [
            (
                finding.title,
                finding.severity,
                finding.status,
                str(finding.opened_on),
                str(finding.due_on or "-"),
                str(finding.closed_on or "-"),
                finding.owner or "-",
                finding.id,
            )
            for finding in shown.findings
        ],
    )


def _differences(before: RiskProfile, after: RiskProfile) -> str:
    old, new = told_of(before), told_of(after)
    return "; ".join(
        f"{name}: {shortly(old.get(name))} → {shortly(new.get(name))}"
        for name in {**old, **new}
        if old.get(name) != new.get(name)
    )


def _found(shown: RiskProfile, start: str) -> str:
    """
    Return the id of the finding that a person named by its beginning.

    Raises:
        ValidationError: there is none, or several.
    """
    ids = [finding.id for finding in shown.findings]
    found = [each for each in ids if each == start] or [e for e in ids if e.startswith(start)]
    if len(found) != 1:
        message = "is the beginning of several findings' ids" if found else "is no finding's id"
        raise ValidationError([Fault("close", message, start)])
    return found[0]


def _links(pairs: Sequence[str]) -> dict[str, str]:
    links: dict[str, str] = {}
    faults: list[Fault] = []
    for pair in pairs:
        label, equals, link = pair.partition("=")
        if not equals:
            faults.append(Fault("evidence", "must be written label=link", pair))
        elif label in links:
            faults.append(Fault("evidence", f"has {label!r} twice", link))
        links[label] = link
    if faults:
        raise ValidationError(faults)
    return links


def _clearances(fields: Iterable[str], given: dict[str, Any]) -> dict[str, None]:
    faults: list[Fault] = []
    cleared: dict[str, None] = {}
    for field in fields:
        name = field.replace("-", "_")
        if name not in _CLEARED:
            allowed = tuple(each.replace("_", "-") for each in _CLEARED)
            faults.append(Fault("clear", f"must be one of {', '.join(allowed)}", field, allowed))
        elif name in given:
            faults.append(Fault("clear", f"{field} is also given a value"))
        cleared[name] = None
    if faults:
        raise ValidationError(faults)
    return cleared


@contextmanager
def _in_words() -> Iterator[None]:
    """Name the options instead of the places of findings in a list that nobody typed."""
    try:
        yield
    except ValidationError as error:
        raise ValidationError(
            attrs.evolve(fault, field=_typed(fault.field)) for fault in error.faults
        ) from error


def _typed(field: str) -> str:
    top, _, rest = field.partition(".")
    if top != "findings":
        return field
    name = rest.partition(".")[2]
    return _OPTION_OF.get(name, name or "finding")
