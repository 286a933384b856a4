"""A history that contradicts itself is told of as such, whatever its events hold."""

from __future__ import annotations

import attrs
import pytest

from model_registry.domain.chain import Head, seal
from model_registry.domain.changes import FieldChange
from model_registry.domain.replay import rebuild
from model_registry.testing import Draft


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("nonsense", "x"),
        ("updated_at", "2026-03-13T00:00:00Z"),
        ("created_at", {"a": "b"}),
        ("created_at", "yesterday"),
        ("risk_tier", "tier_9"),
        ("tags", "abc"),
    ],
)
def test_an_update_of_what_no_entry_has_is_a_contradiction(field, value):
    draft = Draft()
    insert = draft.insert()
    update = draft.replace(insert.entry, owner="risk").event
    edited = attrs.evolve(update, changes={field: FieldChange(None, value)})
    with pytest.raises(ValueError, match=r"."):
        rebuild(seal([insert.event, edited], "org_abc", Head()))
