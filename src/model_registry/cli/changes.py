"""Commands that change the inventory: ``register``, ``update``, ``delete``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Final

from cyclopts import Parameter

from model_registry.cli.history import shortly
from model_registry.cli.inventory import entry_named, say_entry
from model_registry.cli.options import HERE, JsonOption, Place, StatusOption, TierOption
from model_registry.cli.screen import note, say, say_json
from model_registry.codec import entry_to_json, read_object
from model_registry.domain.entry import Amendment, ModelEntry, Registration
from model_registry.domain.providers import infer_provider
from model_registry.errors import Fault, ValidationError

_CLEARED: Final[dict[str, Any]] = {
    "owner": None,
    "description": None,
    "display-name": None,
    "tags": {},
}

TagOption = Annotated[tuple[str, ...] | None, Parameter(metavar="KEY=VALUE")]
TextOption = Annotated[str | None, Parameter(metavar="TEXT")]


def _tags(pairs: Sequence[str]) -> dict[str, str]:
    """
    Read tags as they are typed.

    Raises:
        ValidationError: one has no ``=``, or a key is given twice.
    """
    tags: dict[str, str] = {}
    faults: list[Fault] = []
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            faults.append(Fault("tags", "must be written key=value", pair))
        elif key in tags:
            faults.append(Fault(f"tags.{key}", "is given twice", value))
        tags[key] = value
    if faults:
        raise ValidationError(faults)
    return tags


def _given(tag: Sequence[str] | None, **fields: str | None) -> dict[str, Any]:
    given: dict[str, Any] = {name: text for name, text in fields.items() if text is not None}
    if tag is not None:
        given["tags"] = _tags(tag)
    return given


def register(
    model: str,
    /,
    *,
    tier: TierOption = None,
    provider: TextOption = None,
    display_name: TextOption = None,
    status: StatusOption = None,
    owner: TextOption = None,
    description: TextOption = None,
    tag: TagOption = None,
    json: JsonOption = False,
    place: Place = HERE,
) -> None:
    """
    Put a model into the inventory.

    Args:
        model: The provider's id of the model.
        tier: risk tier.
        provider: Who made it. Default: told from the id, or unknown.
        display_name: Name for people. Default: the model id.
        status: validation status.
        owner: Accountable e-mail address or team.
        description: What it is for.
        tag: May be repeated.
        json: print JSON.
        place: where.
    """
    given = _given(
        tag,
        model_id=model,
        provider=infer_provider(model) if provider is None else provider,
        risk_tier=tier,
        display_name=display_name,
        validation_status=status,
        owner=owner,
        description=description,
    )
    registration = read_object(Registration, given)
    with place.opened() as inventory:
        entry = inventory.register(registration)
    if json:
        say_json(entry_to_json(entry))
    else:
        say_entry(entry)


def update(
    model: str,
    /,
    *,
    tier: TierOption = None,
    status: StatusOption = None,
    owner: TextOption = None,
    description: TextOption = None,
    display_name: TextOption = None,
    provider: TextOption = None,
    tag: TagOption = None,
    clear: Annotated[tuple[str, ...], Parameter(metavar="FIELD")] = (),
    json: JsonOption = False,
    place: Place = HERE,
) -> None:
    """
    Change a model's fields or its validation status.

    Args:
        model: UUID or model id.
        tier: risk tier.
        status: validation status.
        owner: Accountable e-mail address or team.
        description: What it is for.
        display_name: Name for people.
        provider: Who made it.
        tag: May be repeated. The tags given replace all that there were.
        clear: Empty a field; may be repeated: owner | description | display-name | tags.
        json: print JSON.
        place: where.
    """
    given = _given(
        tag,
        risk_tier=tier,
        validation_status=status,
        owner=owner,
        description=description,
        display_name=display_name,
        provider=provider,
    )
    given |= _clearances(clear, given)
    if not given:
        raise ValidationError(
            [Fault("MODEL", "is given nothing to change; see: model-registry update --help")]
        )
    amendment = read_object(Amendment, given)
    with place.opened() as inventory:
        before = entry_named(inventory, model)
        after = inventory.update(before.id, amendment)
    if json:
        say_json(entry_to_json(after))
    else:
        say(f"{after.model_id}: {_differences(before, after, given) or 'nothing changed'}")


def _differences(before: ModelEntry, after: ModelEntry, fields: Iterable[str]) -> str:
    old, new = entry_to_json(before), entry_to_json(after)
    return "; ".join(
        f"{name}: {shortly(old[name])} → {shortly(new[name])}"
        for name in fields
        if old[name] != new[name]
    )


def _clearances(fields: Sequence[str], given: dict[str, Any]) -> dict[str, Any]:
    faults: list[Fault] = []
    for field in fields:
        if field not in _CLEARED:
            message = f"must be one of {', '.join(_CLEARED)}"
            faults.append(Fault("clear", message, field, tuple(_CLEARED)))
        elif field.replace("-", "_") in given:
            faults.append(Fault("clear", f"{field} is also given a value"))
    if faults:
        raise ValidationError(faults)
    return {field.replace("-", "_"): _CLEARED[field] for field in fields}


def delete(model: str, /, *, place: Place = HERE) -> None:
    """
    Take a model out of the inventory; its history stays.

    Args:
        model: UUID or model id.
        place: where.
    """
    with place.opened() as inventory:
        entry = entry_named(inventory, model)
        inventory.delete(entry.id)
    note(f"deleted {entry.model_id} ({entry.id}); its history stays")
