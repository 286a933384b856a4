from datetime import UTC, date, datetime, timedelta

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_registry import (
    DEFAULT_CADENCE,
    Cadence,
    FindingAmendment,
    ModelEntry,
    ProfileAmendment,
    RiskTier,
    ValidationError,
)
from model_registry.codec import profile_to_json, read_object
from model_registry.domain.due import DueKind, due_of, in_order_of_dates
from model_registry.domain.profile_changes import amend_profile, profile_of, told_of
from model_registry.domain.replay import take_profile
from model_registry.domain.rules import Date, Refused
from model_registry.testing.fakes import Draft
from model_registry.testing.strategies import names, texts

NOW = datetime(2026, 3, 13, 23, 30, tzinfo=UTC)
ENTRY = Draft(clock=lambda: NOW).insert("gpt-4o", risk_tier="tier_1", owner="risk").entry


def amended(*steps, entry=ENTRY, at=NOW):
    """Amend an empty profile step by step, through what the history keeps of each."""
    profiles: dict = {}
    for fields in steps:
        profile = profile_of(entry, profiles.get(entry.id, {}), DEFAULT_CADENCE)
        change = amend_profile(entry, profile, ProfileAmendment(**fields), actor="ana", at=at)
        entry = change.after
        take_profile(profiles, change.event)
    return profile_of(entry, profiles.get(entry.id, {}), DEFAULT_CADENCE)


def faults_of(*steps, **options) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        amended(*steps, **options)
    return {fault.field: fault.message for fault in caught.value.faults}


class TestDates:
    @pytest.mark.parametrize(
        ("last", "months", "due"),
        [
            ("2024-02-29", 12, "2025-02-28"),
            ("2024-02-29", 48, "2028-02-29"),
            ("2026-08-31", 1, "2026-09-30"),
            ("2026-12-31", 2, "2027-02-28"),
            ("2026-11-30", 1, "2026-12-30"),
            ("2026-01-15", 120, "2036-01-15"),
            ("9999-01-01", 12, "9999-12-31"),
        ],
    )
    def test_months_later_is_the_same_day_or_the_last_of_a_shorter_month(self, last, months, due):
        cadence = Cadence({"tier_1": months})
        assert cadence.after(date.fromisoformat(last), RiskTier.TIER_1) == date.fromisoformat(due)
        assert cadence.after(date.fromisoformat(last), RiskTier.TIER_2) is None

    @given(st.dates(max_value=date(9000, 1, 1)), st.integers(1, 600))
    def test_a_month_count_is_what_it_says(self, last, months):
        after = Cadence({"tier_4": months}).after(last, RiskTier.TIER_4)
        assert (after.year - last.year) * 12 + after.month - last.month == months
        assert after.day == last.day or (
            after.day < last.day and (after + timedelta(days=1)).day == 1
        )

    def test_a_cadence_is_of_known_tiers_and_of_a_month_or_more(self):
        for wrong in ({"tier_5": 12}, {"tier_1": 0}):
            with pytest.raises(ValueError, match="tier"):
                Cadence(wrong)

    @pytest.mark.parametrize("given", ["20260313", "2026-W11-5", "2026-3-13", "2026-02-30", "", 1])
    def test_a_day_is_written_in_one_way(self, given):
        with pytest.raises(Refused):
            Date().parse("on", given)
        with pytest.raises(Refused):
            Date().parse("on", NOW)


class TestAmending:
    def test_what_is_left_out_stays_and_null_clears(self):
        profile = amended(
            {"purpose": "x", "restrictions": "y", "evidence": {"b": "2", "a": "1"}},
            {"purpose": None, "evidence": {"c": "3"}},
        )
        assert (profile.purpose, profile.restrictions) == (None, "y")
        assert profile.evidence == {"c": "3"}
        assert amended({"evidence": {"a": "1"}}, {"evidence": None}).evidence == {}

    def test_the_entry_moves_with_its_profile_and_only_then(self):
        profile = profile_of(ENTRY, {}, DEFAULT_CADENCE)
        change = amend_profile(
            ENTRY, profile, ProfileAmendment(purpose="x"), actor="ana", at=ENTRY.updated_at
        )
        assert change.after.updated_at == change.event.at > ENTRY.updated_at
        assert attrs.evolve(change.after, updated_at=ENTRY.updated_at) == ENTRY
        same = amend_profile(
            ENTRY, profile, ProfileAmendment(purpose=None, findings=[]), actor="ana", at=NOW
        )
        assert (same.after, same.event.changes) == (ENTRY, {})

    def test_findings_are_amended_one_by_one(self):
        first = {"id": "F-1", "title": "drift", "severity": "high", "due_on": "2026-06-30"}
        second = {"id": "F-0", "title": "docs", "severity": "low", "opened_on": "2026-01-01"}
        profile = amended(
            {"findings": [first, second]},
            {"findings": [{"id": "F-1", "status": "closed", "due_on": None, "owner": "ops"}]},
        )
        docs, drift = profile.findings
        assert (docs.id, docs.status, docs.closed_on) == ("F-0", "open", None)
        assert (drift.title, drift.owner, drift.due_on) == ("drift", "ops", None)
        assert drift.opened_on == drift.closed_on == NOW.date()
        again = amended(
            {"findings": [first]},
            {"findings": [{"id": "F-1", "status": "closed"}]},
            {"findings": [{"id": "F-1", "status": "open"}]},
        )
        assert again.findings[0].closed_on is None
        assert amended({"findings": [first]}, {"findings": None}).findings == ()

    def test_a_new_validation_begins_a_new_cycle(self):
        given = {"last_validated_on": "2025-03-01", "next_validation_on": "2025-09-01"}
        assert amended(given).validation_due_on == date(2025, 9, 1)
        renewed = amended(given, {"last_validated_on": "2025-08-20"})
        assert renewed.next_validation_on is None
        assert renewed.validation_due_on == date(2026, 8, 20)
        both = {"last_validated_on": "2025-08-20", "next_validation_on": "2025-12-01"}
        assert amended(given, both).next_validation_on == date(2025, 12, 1)
        assert amended(given, {"last_validated_on": None}).validation_due_on == date(2025, 9, 1)

    def test_every_fault_is_told_with_its_place(self):
        finding = {"id": "F-1", "title": "x", "severity": "low"}
        assert set(
            faults_of(
                {"findings": [finding]},
                {
                    "last_validated_on": "2026-03-15",
                    "next_validation_on": "2026-03-15",
                    "id": ENTRY.id,
                    "model_id": "another",
                    "validation_due_on": "2030-01-01",
                    "findings": [
                        {"id": "F-2"},
                        {"id": "F-1", "closed_on": "2026-03-13"},
                        {"id": "F-1", "status": "closed", "closed_on": "2026-03-12"},
                    ],
                },
            )
        ) == {
            "last_validated_on", "next_validation_on", "model_id", "validation_due_on",
            "findings.0.title", "findings.0.severity", "findings.1.closed_on", "findings.2.id",
            "findings.2.closed_on",
        }  # fmt: skip
        with pytest.raises(ValidationError) as caught:
            ProfileAmendment(
                purpose=1, last_validated_on="soon", findings=[1, {"x": 1}, {"severity": "?"}]
            )
        assert {fault.field for fault in caught.value.faults} == {
            "purpose", "last_validated_on", "findings.0", "findings.1.x", "findings.2.severity",
        }  # fmt: skip
        many = [{"id": f"F-{n}", "title": "x", "severity": "low"} for n in range(150)]
        more = [{**each, "id": f"{each['id']}-b"} for each in many]
        assert set(faults_of({"findings": many}, {"findings": more})) == {"findings"}

    days = st.dates(min_value=date(2000, 1, 1), max_value=NOW.date())
    finding = st.builds(
        FindingAmendment,
        id=names(64),
        title=names(),
        severity=st.sampled_from(["high", "medium", "low"]),
        status=st.sampled_from(["open", "closed"]),
        opened_on=days,
        due_on=st.none() | days,
        owner=st.none() | names(),
    )

    @settings(deadline=None)
    @given(
        st.fixed_dictionaries(
            {},
            optional={
                "purpose": st.none() | texts(),
                "restrictions": st.none() | texts(),
                "validator": st.none() | names(),
                "last_validated_on": st.none() | days,
                "evidence": st.dictionaries(names(), names(), max_size=3),
                "findings": st.lists(finding, max_size=4, unique_by=lambda each: each.id),
            },
        )
    )
    def test_the_history_tells_a_profile_whole_and_it_can_be_put_back(self, fields):
        profile = amended(fields)
        assert profile_of(ENTRY, told_of(profile), DEFAULT_CADENCE) == profile
        put_back = read_object(ProfileAmendment, profile_to_json(profile))
        change = amend_profile(ENTRY, profile, put_back, actor="ana", at=NOW)
        assert change.event.changes == {}


class TestWhatIsDue:
    def due(self, entry=ENTRY, by="2026-03-13", **fields):
        profile = amended(fields, entry=entry) if fields else profile_of(entry, {}, DEFAULT_CADENCE)
        return list(due_of(entry, profile, date.fromisoformat(by)))

    def changed(self, **fields) -> ModelEntry:
        return attrs.evolve(Draft().insert("gpt-4o", **fields).entry, id=ENTRY.id)

    def test_a_validation_is_due_on_its_day_and_not_before(self):
        (due,) = self.due(last_validated_on="2025-03-13")
        assert (due.kind, due.due_on, due.owner) == (DueKind.VALIDATION, NOW.date(), "risk")
        assert self.due(last_validated_on="2025-03-14") == []
        assert len(self.due(last_validated_on="2025-03-14", by="2026-03-14")) == 1

    def test_a_date_is_missed_where_it_matters(self):
        for fields, missed in (
            ({"risk_tier": "tier_1"}, True),
            ({"risk_tier": "tier_2"}, True),
            ({"risk_tier": "tier_3"}, False),
            ({"risk_tier": "tier_4", "validation_status": "validated"}, True),
            ({"risk_tier": "tier_1", "validation_status": "deprecated"}, False),
        ):
            dues = self.due(self.changed(**fields))
            assert [due.kind for due in dues] == [DueKind.NEVER_VALIDATED] * missed, fields

    def test_findings_are_due_while_they_are_open(self):
        finding = {"id": "F", "title": "x", "severity": "high", "due_on": "2026-03-13"}
        entry = self.changed(risk_tier="tier_4", owner="owner")
        (due,) = self.due(entry, findings=[finding])
        assert (due.kind, due.owner) == (DueKind.FINDING, "owner")
        (due,) = self.due(entry, findings=[{**finding, "owner": "ops"}])
        assert due.owner == "ops"
        for other in ({"status": "closed"}, {"due_on": "2026-03-14"}, {"due_on": None}):
            assert self.due(entry, findings=[{**finding, **other}]) == []

    def test_the_earliest_comes_first_and_what_has_no_date_last(self):
        found = [
            *self.due(),
            *self.due(last_validated_on="2025-03-13"),
            *self.due(last_validated_on="2024-03-13"),
        ]
        days = [due.due_on for due in in_order_of_dates(found)]
        assert days == [date(2025, 3, 13), date(2026, 3, 13), None]


def test_what_makes_no_sense_is_no_profile():
    for told in (
        {"purpose": {"a": "b"}},
        {"last_validated_on": "soon"},
        {"last_validated_on": {}},
        {"findings.F-1": {"title": "x"}},
        {"findings.F-1": "x"},
        {
            "findings.F-1": {
                "title": "x",
                "severity": "?",
                "status": "open",
                "opened_on": "2026-01-01",
            }
        },
        {"evidence": "x"},
    ):
        with pytest.raises(ValueError):  # noqa: PT011  # whatever it says
            profile_of(ENTRY, told, DEFAULT_CADENCE)
