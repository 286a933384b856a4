"""The use cases, through the public names, on the in-memory backend."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

import model_registry
from model_registry import (
    Amendment,
    ConcurrentUpdate,
    DiscoveryRequest,
    Filter,
    Finding,
    InvalidStatusTransition,
    ModelAlreadyExists,
    ModelNotFound,
    PreconditionFailed,
    Registration,
    Registry,
    RequestLogError,
    RiskTier,
    ValidationError,
    ValidationStatus,
    first_broken_link,
    open_registry,
)
from model_registry.codec import report_to_json
from model_registry.testing import CountedIds, TickingClock
from model_registry_memory import IterableRequestLog, MemoryStore

NOW = datetime(2026, 3, 13, tzinfo=UTC)
GPT = Registration(model_id="gpt-4o", provider="openai", risk_tier="tier_2")


def registry(rows=(), **options):
    options = {"clock": TickingClock(NOW), "new_id": CountedIds(), **options}
    return Registry(MemoryStore(), IterableRequestLog(list(rows)), **options)


def seen(model, days_ago=1.0, tenant="org_abc"):
    return {
        "timestamp": (NOW - timedelta(days=days_ago)).isoformat(),
        "model": model,
        "tenant_id": tenant,
    }


@pytest.fixture
def tenant():
    return registry().tenant("org_abc", actor="alice@example.com")


def test_every_public_name_is_there_and_documented():
    for name in model_registry.__all__:
        assert getattr(model_registry, name) is not None
    assert {"Registry", "open_registry", "infer_provider"} <= set(model_registry.__all__)


def test_register_get_find_list_update_delete(tenant):
    entry = tenant.register(GPT)
    assert tenant.get(entry.id.upper()) == tenant.find("gpt-4o") == entry
    assert tenant.list(Filter(search="GPT")).entries == (entry,)

    amended = tenant.update(entry.id, Amendment(owner="risk", display_name="GPT"))
    assert (amended.owner, amended.display_name) == ("risk", "GPT")
    assert amended.updated_at > entry.updated_at == entry.created_at
    cleared = tenant.update(entry.id, Amendment(owner=None, display_name=None))
    assert (cleared.owner, cleared.display_name) == (None, "gpt-4o")

    tenant.delete(entry.id)
    assert tenant.find("gpt-4o") is None
    for sought in (entry.id, "no-uuid", "..%2f", ""):
        with pytest.raises(ModelNotFound):
            tenant.get(sought)
    assert tenant.history(entry.id).total == 4
    assert tenant.register(GPT).id != entry.id


def test_what_was_read_may_be_sent_back_and_nothing_else(tenant):
    entry = tenant.register(GPT)
    same = Amendment(
        **{
            name: getattr(entry, name)
            for name in ("id", "tenant_id", "model_id", "last_seen_at", "created_at", "updated_at")
        }
    )
    assert tenant.update(entry.id, same) == entry

    with pytest.raises(ValidationError) as caught:
        tenant.update(entry.id, Amendment(model_id="other", tenant_id="org_xyz", owner="x"))
    assert {fault.field for fault in caught.value.faults} == {"model_id", "tenant_id"}
    assert tenant.get(entry.id) == entry


def test_a_clock_that_goes_back_does_not_turn_an_entrys_history_around():
    times = iter([NOW, NOW - timedelta(hours=1), NOW - timedelta(hours=2)])
    tenant = registry(clock=lambda: next(times)).tenant("org_abc")
    entry = tenant.register(GPT)
    tenant.update(entry.id, Amendment(owner="a"))
    tenant.delete(entry.id)
    assert [event.at for event in tenant.history().events] == [NOW] * 3


def test_a_precondition_is_asked_of_the_entry_as_it_stands(tenant):
    entry = tenant.register(GPT)
    for action in (
        lambda: tenant.update(entry.id, Amendment(owner="x"), unless=lambda now: now == entry),
        lambda: tenant.delete(entry.id, unless=lambda now: now == entry),
    ):
        with pytest.raises(PreconditionFailed):
            action()
    assert tenant.head().sequence == 1


def test_the_risk_tier_of_an_unregistered_model_is_tier_4(tenant):
    assert tenant.risk_tier("gpt-4o") is RiskTier.TIER_4
    entry = tenant.register(GPT)
    assert tenant.risk_tier("gpt-4o") is RiskTier.TIER_2
    assert tenant.risk_tier("GPT-4o") is RiskTier.TIER_4
    tenant.delete(entry.id)
    assert tenant.risk_tier("gpt-4o") is RiskTier.TIER_4


def test_tenants_and_actors_have_names():
    for tenant_id, actor in [("", "a"), ("t", " "), ("x" * 513, "a"), ("t", None), ("a\0", "a")]:
        with pytest.raises(ValidationError):
            registry().tenant(tenant_id, actor)


def test_discovery_makes_drafts_of_what_is_new_and_sees_what_is_known():
    rows = [
        seen("gpt-4o-mini", 20), seen("gpt-4o-mini", 2), seen("gpt-4o-mini", 1),
        seen("gpt-4o", 3), seen("credit-scorer", 0), seen("claude-2", 31),
        seen("x" * 513), seen("other", tenant="org_xyz"), seen(None), {"timestamp": "?", "model": "m", "tenant_id": "org_abc"},
    ]  # fmt: skip
    tenant = registry(rows).tenant("org_abc", actor="nightly")
    known = tenant.register(GPT)

    dry = tenant.discover(DiscoveryRequest(dry_run=True, auto_assign_tier="tier_3"))
    assert (dry.discovered, dry.created, dry.existing, dry.dry_run) == (3, 2, 1, True)
    assert tenant.head().revision == 1

    report = tenant.discover(DiscoveryRequest(auto_assign_tier="tier_3"))
    assert [(m.model_id, m.provider, m.status, m.requests) for m in report.models] == [
        ("gpt-4o-mini", "openai", Finding.CREATED, 3),
        ("credit-scorer", "unknown", Finding.CREATED, 1),
        ("gpt-4o", "openai", Finding.EXISTING, 1),
    ]
    assert (report.unusable, report.rows_broken, report.rows_read) == (("x" * 513,), 1, 10)
    shown = report_to_json(report)["models"]
    assert shown[0]["first_seen_at"] == "2026-02-21T00:00:00Z"
    assert shown[2].keys() == {
        "model_id", "provider", "status", "validation_status", "risk_tier"
    }  # fmt: skip

    mini = tenant.find("gpt-4o-mini")
    assert (mini.validation_status, mini.risk_tier) == (ValidationStatus.DRAFT, "tier_3")
    assert (mini.display_name, mini.owner) == ("gpt-4o-mini", None)
    assert mini.last_seen_at == NOW - timedelta(days=1)
    assert tenant.get(known.id).last_seen_at == NOW - timedelta(days=3)
    assert tenant.get(known.id).updated_at == known.updated_at
    assert tenant.head().revision == 2
    assert [e.action for e in tenant.history().events] == ["registered", *["discovered"] * 2]

    again = tenant.discover()
    assert (again.created, again.existing) == (0, 3)
    assert tenant.head().revision == 2


def test_discovery_without_a_log_is_refused():
    with pytest.raises(RequestLogError, match="no request log"):
        Registry(MemoryStore()).tenant("org_abc").discover()


def test_history_pages_of_a_tenant_and_of_an_entry(tenant):
    one, two = (
        tenant.register(Registration(model_id=name, provider="p", risk_tier="tier_1"))
        for name in ("one", "two")
    )
    for number in range(5):
        tenant.update(one.id, Amendment(owner=f"o{number}"))
        tenant.update(two.id, Amendment(owner=f"o{number}"))

    def sequences(*args, **part):
        page = tenant.history(*args, **part)
        return page.total, [event.sequence for event in page.events]

    assert sequences(limit=3, offset=10) == (12, [11, 12])
    assert sequences(two.id, limit=2, offset=3) == (6, [8, 10])
    assert sequences(two.id, offset=6) == (6, [])
    with pytest.raises(ModelNotFound):
        tenant.history("00000000-0000-0000-0000-00000000ffff")
    with pytest.raises(ValidationError):
        tenant.history(limit=201)


def test_of_32_concurrent_registrations_one_wins(tenant):
    def attempt(_):
        try:
            tenant.register(GPT)
        except ModelAlreadyExists:
            return "refused"
        return "made"

    with ThreadPoolExecutor(32) as pool:
        outcomes = list(pool.map(attempt, range(32)))
    assert sorted(outcomes) == ["made"] + ["refused"] * 31


def test_concurrent_updates_never_make_an_illegal_move(tenant):
    entry = tenant.register(GPT)
    legal = tenant.workings.lifecycle

    def walk(wishes):
        for wish in wishes:
            try:
                tenant.update(entry.id, Amendment(validation_status=wish))
            except (InvalidStatusTransition, ConcurrentUpdate):
                continue

    statuses = ["pending_validation", "in_validation", "validated", "needs_remediation", "draft"]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(walk, [statuses * 8, statuses[::-1] * 8, statuses[2:] * 8, statuses[:2] * 8]))

    history = []
    while len(history) < tenant.head().sequence:
        history.extend(tenant.history(limit=200, offset=len(history)).events)
    status = ValidationStatus.DRAFT
    for event in history[1:]:
        if move := event.changes.get("validation_status"):
            assert move.before == status
            assert legal.may_move(status, ValidationStatus(move.after))
            status = ValidationStatus(move.after)
    assert first_broken_link(history) is None


def test_a_registry_closes_what_it_opened_and_takes_a_log_that_is_open():
    log = IterableRequestLog([seen("gpt-4o")])
    with open_registry("memory://", request_log=log, clock=lambda: NOW) as opened:
        assert opened.tenant("org_abc").discover().created == 1
