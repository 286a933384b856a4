"""What becomes of requests that a gateway tells of."""

import logging
from datetime import timedelta, timezone

import pytest
from sightings_setup import until

from model_registry import Action, Registration, ValidationError

LATER = 1_000.0
"""Seconds between flushes in tests that flush by themselves."""


def test_within_its_seconds_a_new_model_is_a_draft_and_a_known_one_was_seen(registry, now):
    tenant = registry.tenant("org_abc", actor="alice@example.com")
    known = tenant.register(
        Registration(model_id="gpt-4o", provider="openai", risk_tier="tier_1", owner="risk")
    )
    live = registry.live_sightings(within=0.2)
    live.observe("org_abc", "gpt-4o")
    live.observe("org_abc", "claude-3-5-sonnet-20241022", requests=3)
    assert until(lambda: tenant.find("claude-3-5-sonnet-20241022")) < 1
    entry = tenant.get(known.id)
    assert (entry.last_seen_at, entry.owner) == (now, "risk")
    draft = tenant.find("claude-3-5-sonnet-20241022")
    assert (draft.provider, draft.risk_tier, draft.validation_status, draft.last_seen_at) == (
        "anthropic", "tier_4", "draft", now,
    )  # fmt: skip
    registered, discovered = tenant.history().events
    assert (discovered.action, discovered.actor, discovered.model_id) == (
        Action.DISCOVERED, "live-observation", "claude-3-5-sonnet-20241022",
    )  # fmt: skip
    assert registered.model_id == "gpt-4o"


def test_the_registry_itself_can_be_told(registry, flushes):
    registry.observe("org_abc", "gpt-4o")
    registry.observe("org_xyz", "gpt-4o", requests=2)
    registry.close()
    assert registry.tenant("org_abc").find("gpt-4o").last_seen_at
    assert registry.tenant("org_xyz").find("gpt-4o").last_seen_at
    assert flushes.total == {"requests": 3}
    assert flushes.events[0].tenants == 2


def test_what_is_told_after_the_end_is_not_counted_and_that_is_told(registry, flushes, caplog):
    registry.observe("org_abc", "gpt-4o")
    registry.close()
    registry.close()
    for _ in range(2):
        registry.observe("org_abc", "gpt-4o")
        registry.observe("org_abc", "too-late")
    assert flushes.total == {"requests": 1}
    assert [r.message for r in caplog.records if "ended" in r.message] == [
        "Live sightings have ended: what is told now is not counted"
    ]


def test_a_model_is_seen_no_earlier_and_no_later_than_it_can_be(registry, troubled, now):
    live = registry.live_sightings(within=LATER, actor="gateway")
    tokyo = timezone(timedelta(hours=9))
    tenant = registry.tenant("org_abc")

    def seen_after(*times):
        for at in times:
            live.observe("org_abc", "gpt-4o", at)
        assert live.flush() == 0
        return tenant.find("gpt-4o").last_seen_at

    hour = timedelta(hours=1)
    assert seen_after(now - 3 * hour, now - 2 * hour, now - 5 * hour) == now - 2 * hour
    assert seen_after((now - hour).astimezone(tokyo)) == now - hour
    writes = len(troubled.asked)
    assert seen_after(now - 4 * hour) == now - hour
    assert len(troubled.asked) == writes
    assert seen_after(now.max.replace(tzinfo=timezone(-hour))) == now
    assert tenant.head().sequence == 1


def test_what_cannot_be_counted_is_told_and_never_raised(registry, flushes, now, caplog):
    caplog.set_level(logging.INFO, "model_registry.sightings")
    live = registry.live_sightings(within=LATER)
    for model_id in (None, "", " \t"):
        live.observe("org_abc", model_id)
    for tenant_id, model_id, *rest in (
        ("org_abc", "x" * 513), ("org_abc", "a\0b"), ("org_abc", "a\ud800"), ("org_abc", 5),
        ("org_abc", ["gpt-4o"]), ("", "gpt-4o"), (None, "gpt-4o"), ("o" * 129, "gpt-4o"),
        ({}, "gpt-4o"), ("org_abc", "gpt-4o", "today"), ("org_abc", "gpt-4o", None, "many"),
        ("org_abc", "gpt-4o", now.replace(tzinfo=None)),
    ):  # fmt: skip
        live.observe(tenant_id, model_id, *rest)
    live.flush()
    assert flushes.total == {"unusable": 12}
    assert registry.tenant("org_abc").list().total == 0
    (line,) = caplog.records
    assert (line.levelname, line.unusable) == ("WARNING", 12)
    live.observe("org_abc", "gpt-4o")
    live.flush()
    assert caplog.records[1].levelname == "INFO"


def test_others_who_register_at_the_same_moment_do_no_harm(registry, troubled, now):
    live = registry.live_sightings(within=LATER)
    tenant = registry.tenant("org_abc")

    def overtake():
        troubled.delay = lambda: None
        tenant.register(Registration(model_id="gpt-4o", provider="p", risk_tier="tier_1"))

    troubled.delay = overtake
    live.observe("org_abc", "gpt-4o")
    assert live.flush() == 0
    entry = tenant.find("gpt-4o")
    assert (entry.risk_tier, entry.last_seen_at) == ("tier_1", now)


def test_a_deleted_model_that_is_used_comes_back_as_a_draft(registry):
    live = registry.live_sightings(within=LATER)
    tenant = registry.tenant("org_abc")
    first = tenant.register(Registration(model_id="gpt-4o", provider="p", risk_tier="tier_1"))
    tenant.delete(first.id)
    live.observe("org_abc", "gpt-4o")
    live.flush()
    entry = tenant.find("gpt-4o")
    assert (entry.validation_status, entry.id == first.id) == ("draft", False)


def test_what_makes_no_sense_is_refused(registry):
    for options in ({"within": 0}, {"most_held": 0}, {"most_new": 0}):
        with pytest.raises(ValueError, match="must be"):
            registry.live_sightings(**options)
    with pytest.raises(ValidationError):
        registry.live_sightings(actor=" ")
