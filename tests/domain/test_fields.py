"""What entries, registrations and amendments may hold; every fault is told, all at once."""

import copy
import json
import pickle
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_registry import (
    UNSET,
    Amendment,
    Filter,
    Registration,
    RiskTier,
    ValidationError,
    ValidationStatus,
)
from model_registry.codec import read_object, read_text
from model_registry.domain.discovery import DiscoveryRequest
from model_registry.domain.entry import canonical_id
from model_registry.domain.inventory import Window
from model_registry.domain.rules import Tags

GOOD = {"model_id": "gpt-4o", "provider": "openai", "risk_tier": "tier_2"}


def faults(action, *args, **options):
    with pytest.raises(ValidationError) as caught:
        action(*args, **options)
    return {fault.field: fault for fault in caught.value.faults}


def test_defaults_of_a_registration():
    made = Registration(**GOOD)
    assert made.display_name == "gpt-4o"
    assert made.validation_status is ValidationStatus.DRAFT
    assert (made.owner, made.description, made.tags) == (None, None, {})
    assert made.risk_tier is RiskTier.TIER_2
    nulls = dict.fromkeys(("display_name", "validation_status", "owner", "description", "tags"))
    assert read_object(Registration, {**GOOD, **nulls}, null_is_absent=True) == made


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("model_id", "", "blank"),
        ("model_id", " \t\n", "blank"),
        ("model_id", 5, "string"),
        ("model_id", ["gpt"], "string"),
        ("model_id", "x" * 513, "at most 512"),
        ("model_id", "a\x00b", "U\\+0000"),
        ("model_id", "a\ud800b", "surrogates"),
        ("provider", "x" * 513, "at most 512"),
        ("display_name", "", "blank"),
        ("owner", "", "blank"),
        ("owner", {}, "string"),
        ("description", "x" * 10_001, "at most 10,000"),
        ("risk_tier", "TIER_1", "one of tier_1"),
        ("risk_tier", 1, "one of tier_1"),
        ("risk_tier", ["tier_1"], "one of tier_1"),
        ("risk_tier", float("nan"), "one of tier_1"),
        ("validation_status", "Draft", "one of draft"),
        ("tags", "a=b", "object"),
        ("tags", [["a", "b"]], "object"),
        ("tags", {f"k{n}": "v" for n in range(65)}, "at most 64"),
    ],
)
def test_what_a_field_refuses(field, value, message):
    for action in (lambda given: Registration(**given), lambda g: read_object(Registration, g)):
        (fault,) = faults(action, {**GOOD, field: value}).values()
        assert fault.field == field
        assert re.search(message, fault.message)


def test_every_fault_is_told_at_once():
    given_body = {"model_id": "", "risk_tier": "high", "tags": {"a": 1, "": "x"}, "x\ud800": 1}
    assert set(faults(read_object, Registration, given_body)) == {
        "model_id", "provider", "risk_tier", "tags.a", "tags.", "x\\ud800"
    }  # fmt: skip
    assert faults(read_object, Registration, {"risk_tier": None}).keys() == {
        "model_id", "provider", "risk_tier"
    }  # fmt: skip


@pytest.mark.parametrize("body", [None, [], "x", 5, True])
def test_a_body_is_an_object(body):
    assert faults(read_object, Registration, body).keys() == {"body"}


def test_in_an_amendment_absent_is_not_null():
    assert Amendment().supplied() == {}
    amendment = read_object(Amendment, {"owner": None, "description": None, "display_name": None})
    assert amendment.supplied() == {"owner": None, "description": None, "display_name": None}
    assert amendment.risk_tier is UNSET
    refused = {"risk_tier": None, "validation_status": None, "tags": None, "provider": None}
    assert faults(read_object, Amendment, refused).keys() == refused.keys()


def test_numbers_are_checked_and_never_clamped():
    for field, value in [("limit", 0), ("limit", 201), ("limit", True), ("offset", -1)]:
        assert faults(Window, **{field: value}).keys() == {field}
    for text in ["", "1.0", "1e3", "٣", "0x10", " 5", "9" * 40, "-1", "201"]:
        assert faults(read_text, Window, {"limit": text}).keys() == {"limit"}
    assert read_text(Window, {"limit": "200", "offset": str(2**31)}) == Window(
        limit=200, offset=2**31
    )
    asked = {"lookback_days": 366, "dry_run": "yes", "auto_assign_tier": "tier_5"}
    assert faults(DiscoveryRequest, **asked).keys() == asked.keys()
    assert faults(Filter, risk_tier="", search="x" * 1025).keys() == {"risk_tier", "search"}


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)


@given(anything)
def test_a_fault_can_always_be_shown(value):
    shown = faults(Registration, model_id=value, provider=value, risk_tier=value)
    assert "risk_tier" in shown
    for fault in shown.values():
        str(fault).encode()
        json.dumps([fault.field, fault.given, fault.message], allow_nan=False)


def test_ids_are_canonical_uuids_or_nothing():
    good = "550e8400-e29b-41d4-a716-446655440001"
    assert canonical_id(good.upper()) == good
    for bad in [
        "",
        good[:-1],
        good + "0",
        f"{{{good}}}",
        good.replace("-", ""),
        "..%2f" * 7 + "a",
        good.replace("5", "\uff15"),
        "K" + good[1:],
    ]:  # full-width on purpose
        assert canonical_id(bad) is None


def test_tags_are_frozen_sorted_and_like_any_value():
    tags = Tags({"b": "2", "a": "1"})
    assert (list(tags), tags) == (["a", "b"], {"a": "1", "b": "2"})
    assert hash(tags) == hash(Tags({"a": "1", "b": "2"}))
    assert pickle.loads(pickle.dumps(tags)) == copy.deepcopy(tags) == tags
    for change in (
        lambda: tags.update(a="2"),
        lambda: tags.__setitem__("a", "2"),
        lambda: tags.pop("a"),
        lambda: tags.__ior__({}),
    ):
        with pytest.raises(TypeError, match="cannot be changed"):
            change()
