"""What every request log must keep: ``model_registry.ports.RequestLog``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_registry.domain.instants import write_instant
from model_registry.domain.request_log import (
    NATIVE,
    LogScan,
    Period,
    Reason,
    RowReader,
    Sighting,
    SightingTally,
)
from model_registry.errors import TooManyModels
from model_registry.ports import RequestLog

NOW = datetime(2026, 3, 13, tzinfo=UTC)
MONTH = Period.before(NOW, 30)

Row = dict[str, Any]


def row(model: object, at: datetime = NOW, tenant_id: str = "org_abc", **fields: object) -> Row:
    """Return a native log event."""
    return {
        "request_id": "r-1",
        "timestamp": write_instant(at),
        "action": "chat.completion",
        "user_id": "u-1",
        "tenant_id": tenant_id,
        "model": model,
        "provider": "acme",
        "outcome": "success",
        "prompt_tokens": 12,
        "latency_ms": 340,
        **fields,
    }


def meant(rows: Sequence[Row], tenant_id: str, period: Period) -> tuple[Sighting, ...]:
    """Return what the rows say: the definition."""
    reader, tally = RowReader(NATIVE, tenant_id, period), SightingTally()
    for given_row in rows:
        sighting = reader.read(given_row)
        if sighting is not None:
            tally.add(sighting)
    return tally.total()


def _by_id(scan: LogScan) -> tuple[Sighting, ...]:
    return tuple(sorted(scan.sightings, key=lambda sighting: sighting.model_id))


_models = st.sampled_from(["gpt-4o", "GPT-4o", "claude-2", "ünï", "a'b", "", None])
_times = st.integers(-40 * 86_400 * 10, 2 * 86_400 * 10).map(
    lambda tenths: NOW + timedelta(seconds=tenths / 10)
)
_rows = st.builds(row, _models, _times, st.sampled_from(["org_abc", "org_xyz", "ORG_ABC"]))


class RequestLogContract:
    """
    Subclass it, give it ``make_log``, and let pytest run it.

    Example:
        >>> class TestMyLog(RequestLogContract):
        ...     def make_log(self, rows, folder, **options):
        ...         return MyLog(rows, **options)
    """

    def make_log(self, rows: Sequence[Row], folder: Path, **options: Any) -> RequestLog:
        """Return a log that holds these native rows; options are ``shape`` and ``max_models``."""
        raise NotImplementedError("a conformance test makes its own log")

    def test_requests_are_counted_by_model_with_first_and_last(self, tmp_path: Path) -> None:
        first, last = NOW - timedelta(days=3, microseconds=1), NOW - timedelta(seconds=1)
        rows = [row("gpt-4o", last), row("claude-2", first), row("gpt-4o", first)]

        scan = self.make_log(rows, tmp_path).scan("org_abc", MONTH)
        assert _by_id(scan) == (
            Sighting("claude-2", 1, first, first),
            Sighting("gpt-4o", 2, first, last),
        )
        assert scan.rows_broken == 0

    def test_only_the_tenants_own_requests_count(self, tmp_path: Path) -> None:
        rows = [row("gpt-4o", tenant_id=tenant) for tenant in ("org_abc", "ORG_ABC", "org", "%")]

        log = self.make_log(rows, tmp_path)
        assert [sighting.requests for sighting in log.scan("org_abc", MONTH).sightings] == [1]
        assert log.scan("org_a", MONTH).sightings == ()

    def test_both_ends_of_the_period_are_in_it(self, tmp_path: Path) -> None:
        tick = timedelta(microseconds=1)
        rows = [
            row("before", MONTH.since - tick),
            row("at-start", MONTH.since),
            row("at-end", MONTH.until),
            row("after", MONTH.until + tick),
        ]

        scan = self.make_log(rows, tmp_path).scan("org_abc", MONTH)
        assert [sighting.model_id for sighting in _by_id(scan)] == ["at-end", "at-start"]

    @pytest.mark.parametrize("model", [None, "", "  "])
    def test_a_row_without_a_model_is_no_ai_request(self, tmp_path: Path, model: object) -> None:
        rows = [row(model, action="login"), row("gpt-4o")]

        scan = self.make_log(rows, tmp_path).scan("org_abc", MONTH)
        assert [sighting.model_id for sighting in scan.sightings] == ["gpt-4o"]
        assert scan.rows_broken == 0

    def test_ids_are_taken_as_they_are_spelled(self, tmp_path: Path) -> None:
        ids = ["gpt-4o", "GPT-4o", "ünï", "u\u0308", "a'b", "x/y:z", " padded "]

        scan = self.make_log([row(model_id) for model_id in ids], tmp_path).scan("org_abc", MONTH)
        assert {sighting.model_id for sighting in scan.sightings} == set(ids)

    def test_more_models_than_allowed_is_an_error(self, tmp_path: Path) -> None:
        rows = [row(f"model-{number}") for number in range(6)]

        assert (
            len(self.make_log(rows, tmp_path, max_models=6).scan("org_abc", MONTH).sightings) == 6
        )
        (tmp_path / "smaller").mkdir()
        with pytest.raises(TooManyModels):
            self.make_log(rows, tmp_path / "smaller", max_models=5).scan("org_abc", MONTH)

    def test_a_log_may_be_scanned_again(self, tmp_path: Path) -> None:
        log = self.make_log([row("gpt-4o")], tmp_path)
        heard: list[tuple[int, int | None]] = []

        first = log.scan("org_abc", MONTH)
        second = log.scan("org_abc", MONTH, progress=lambda done, of: heard.append((done, of)))
        assert first.sightings == second.sightings
        assert all(total is None or done <= total for done, total in heard)

    def test_an_explanation_counts_what_a_scan_counts(self, tmp_path: Path) -> None:
        rows = [row("gpt-4o"), row(None, action="login"), row("gpt-4o", tenant_id="org_xyz")]
        rows += [row("gpt-4o", NOW - timedelta(days=300)), row("claude-2")]

        told = self.make_log(rows, tmp_path).explain("org_abc", MONTH)
        assert (told.rows_counted, told.rows_broken) == (2, 0)
        if told.not_counted is not None:
            reasons = (Reason.NO_MODEL, Reason.OTHER_TENANT, Reason.OUTSIDE)
            assert told.not_counted == dict.fromkeys(reasons, 1)
            assert told.rows_read == len(rows)

    def test_a_log_says_what_its_rows_say(self) -> None:
        @given(rows=st.lists(_rows, max_size=30))
        @settings(max_examples=25, deadline=None)
        def agrees(rows: list[Row]) -> None:
            with TemporaryDirectory() as folder:
                log = self.make_log(rows, Path(folder))
                try:
                    assert _by_id(log.scan("org_abc", MONTH)) == meant(rows, "org_abc", MONTH)
                finally:
                    log.close()

        agrees()
