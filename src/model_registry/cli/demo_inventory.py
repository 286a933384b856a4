"""The inventory that ``demo --serve`` shows: half a year of a bank's model-risk team."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any, Final

import attrs

from model_registry.cli.files import write_file
from model_registry.codec import read_object
from model_registry.domain.entry import Amendment, Registration
from model_registry.domain.instants import write_instant
from model_registry.domain.risk_profile import ProfileAmendment
from model_registry.plugins import open_registry
from model_registry.tenant import TenantRegistry

_SCANS: Final = (135, 75, 42, 7)
"""Days ago at which the log was scanned; what came later is left for the page to discover."""

_PACE: Final = 9
"""Days from one step of a validation to the next."""

_AN_HOUR: Final = 1 / 24

_STEPS: Final = {
    "draft": (),
    "pending_validation": ("pending_validation",),
    "in_validation": ("pending_validation", "in_validation"),
    "needs_remediation": ("pending_validation", "in_validation", "needs_remediation"),
    "validated": ("pending_validation", "in_validation", "validated"),
    "deprecated": ("pending_validation", "in_validation", "validated", "deprecated"),
}

Step = tuple[float, Callable[[], object]]


@attrs.define
class Calendar:
    """
    A clock that stands, so that a past can be told in its order.

    Attributes:
        today: when the telling ends.
        days: how many days before that it is.
    """

    today: datetime
    days: float = 0.0

    def __call__(self) -> datetime:
        """Return the time."""
        return self.today - timedelta(days=self.days)


def fill_inventory(
    store: str, tenant: str, log: str, new_id: Callable[[], str], today: datetime
) -> None:
    """
    Write the history of a sample inventory into an empty store, at the times it tells of.

    Args:
        store: URL of the store.
        tenant: whose inventory it becomes.
        log: the request log, with ``write_requests``' file in it.
        new_id: makes the ids of entries.
        today: when the last of it happened.
    """
    calendar = Calendar(today)
    with open_registry(store, log, clock=calendar, new_id=new_id) as registry:
        scan, ana, ben = (registry.tenant(tenant, name) for name in ("scan", "ana", "ben"))
        steps: list[Step] = [(float(days), scan.discover) for days in _SCANS]
        for model in _models():
            if model["registered"]:
                steps.extend(_life(model, ana, ben, today))
        for days, step in sorted(steps, key=lambda step: -step[0]):
            calendar.days = days
            step()


def write_requests(path: Path, tenant: str, today: datetime) -> None:
    """Write a request log of the models that the sample log of ``demo`` does not know."""
    lines = [
        {
            "timestamp": write_instant(today - timedelta(days=days)),
            "action": "score",
            "tenant_id": tenant,
            "model": model["model_id"],
            "outcome": "success",
        }
        for model in _models()
        for days in _days_in_use(model)
    ]
    write_file(path, (json.dumps(line).encode() + b"\n" for line in lines))


def _days_in_use(model: dict[str, str]) -> Iterable[int]:
    """Return the days ago at which a model was used: once a week, from its beginning to its last."""
    if not model["seen"]:
        return ()
    last = int(model["seen"])
    return range(last, int(model["registered"] or last + 1), 7)


def _models() -> Iterator[dict[str, str]]:
    text = (resources.files("model_registry.cli") / "demo_inventory.csv").read_text("utf-8")
    return csv.DictReader(text.splitlines())


def _life(
    model: dict[str, str], ana: TenantRegistry, ben: TenantRegistry, today: datetime
) -> Iterator[Step]:
    """Yield what happened to a model: ana owns it or takes it over, ben validates it."""
    begun = float(model["registered"])
    fields: dict[str, Any] = {
        "display_name": model["display_name"],
        "provider": model["provider"],
        "risk_tier": model["risk_tier"],
        "owner": model["owner"] or None,
        "description": model["description"] or None,
        "tags": {name: model[name] for name in ("business_unit", "use_case")},
    }
    yield begun, partial(_write, ana, model["model_id"], fields)
    if model["tier_rationale"]:
        reason = {"tier_rationale": model["tier_rationale"]}
        yield begun - 1, partial(_write_profile, ana, model["model_id"], reason)
    for number, status in enumerate(_STEPS[model["validation_status"]], start=1):
        days = begun - number * _PACE
        who = ana if status in {"pending_validation", "deprecated"} else ben
        yield days, partial(_write, who, model["model_id"], {"validation_status": status})
        if status == "in_validation" and model["finding"]:
            finding = {"title": model["finding"], "severity": "high", "owner": model["owner"]}
            found = {"validator": "ben", "findings": [finding]}
            yield days - 1, partial(_write_profile, ben, model["model_id"], found)
        if status == "validated":
            day = f"{today - timedelta(days=days):%Y-%m-%d}"
            validated = {"validator": "ben", "last_validated_on": day}
            yield days - _AN_HOUR, partial(_write_profile, ben, model["model_id"], validated)


def _write(who: TenantRegistry, model_id: str, fields: dict[str, Any]) -> None:
    entry = who.find(model_id)
    if entry is None:
        given = {"model_id": model_id, **fields}
        who.register(read_object(Registration, given, null_is_absent=True))
    else:
        who.update(entry.id, read_object(Amendment, fields))


def _write_profile(who: TenantRegistry, model_id: str, fields: dict[str, Any]) -> None:
    entry = who.find(model_id)
    if entry is not None:
        who.update_risk_profile(entry.id, read_object(ProfileAmendment, fields))
