"""What paths lead to, what shapes say of rows, and what a shape may not be."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from model_registry.domain.request_log import Period, Reason, RowReader, Sighting, read_time
from model_registry.domain.row_fields import finder, top_names
from model_registry.domain.shape import Shape

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
MONTH = Period.before(datetime(2026, 3, 13, tzinfo=UTC), 30)

ROW = {
    "model": "",
    "a.b": "named so",
    "a": {"b": "nested", "c": {"d": 1}},
    "x[y]": "named so, too",
    "attributes": [
        "no pair",
        {"key": "model.id", "value": {"stringValue": "gpt-4o"}},
        {"key": "model.id", "value": {"stringValue": "a second one"}},
        {"key": "bare", "value": "text"},
        {"key": "count", "value": {"intValue": "5"}},
        {"key": "empty", "value": {}},
        {"key": "json", "value": {"stringValue": '{"deep": [1]}'}},
    ],
    "flat": {"model.id": "gpt-4o"},
    "text": '{"model": {"id": "gpt-4o"}}',
    "cut": '{"model": {"id',
    "nested": "[" * 100_000,
    "id": "/SUBSCRIPTIONS/4B5C/resourceGroups/Risk",
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("model", ""),
        ("a.b", "named so"),
        ("a.c.d", 1),
        ("a.c.d.e", None),
        ("x[y]", "named so, too"),
        ("attributes[model.id]", "gpt-4o"),
        ("attributes[bare]", "text"),
        ("attributes[count]", "5"),
        ("attributes[empty]", None),
        ("attributes[none]", None),
        ("attributes[json]{}.deep", [1]),
        ("flat[model.id]", "gpt-4o"),
        ("text{}.model.id", "gpt-4o"),
        ("a{}.c.d", 1),
        ("cut{}.model.id", None),
        ("nested{}.model", None),
        ("id[subscriptions]", "4b5c"),
        ("id[resourcegroups]", "risk"),
        ("id[accounts]", None),
        ("a[", None),
        ("nothing | model | attributes[model.id]", "gpt-4o"),
        ("nothing | model", None),
    ],
)
def test_a_path_leads_to(path: str, value: object) -> None:
    assert finder(path)(ROW) == value


def test_only_the_fields_that_paths_begin_at_need_be_read() -> None:
    assert top_names("a.b | c{}.d | e[f.g]") == ("a.b", "a", "c{}.d", "c", "e[f.g]", "e")


@pytest.mark.parametrize(
    ("given", "unit", "at"),
    [
        ("1772442000000000321", "ns", AT),
        ("1772442000000", "ms", AT),
        ("1772442000.25", "s", AT.replace(microsecond=250_000)),
        ("20260302", "s", AT.replace(hour=0)),
        ("2026-03-02 09:00:00", "ns", AT),
    ],
)
def test_text_of_many_digits_is_a_number(given: str, unit: str, at: datetime) -> None:
    assert read_time(given, unit) == at


def test_rows_lie_in_lists_with_what_is_around_them() -> None:
    shape = Shape(rows="outer.inner")
    document = {
        "who": "all",
        "outer": [
            {"who": "one", "inner": [{"n": 1}, {"n": 2, "who": "two"}, "stray"]},
            {"n": 3},
            {"inner": []},
            {"inner": {"n": 4}},
        ],
    }
    assert list(shape.rows_of(document)) == [
        {"who": "one", "n": 1},
        {"who": "two", "n": 2},
        "stray",
        {"who": "all", "n": 3},
        {"who": "all", "n": 4},
    ]
    assert list(shape.rows_of({"n": 5})) == [{"n": 5}]
    assert list(shape.rows_of([])) == [[]]


def test_conditions_say_which_rows_are_ai_requests() -> None:
    shape = Shape(
        tenant=None, where={"kind": ["chat", "embed"], "ok": "yes"}, unless={"tool | by": "agent"}
    )
    reader = RowReader(shape, "org_abc", MONTH)
    row = {"timestamp": "2026-03-02T09:00:00Z", "model": "gpt-4o", "kind": "chat", "ok": "yes"}

    assert reader.judge(row) == Sighting("gpt-4o", 1, AT, AT)
    for change in ({"kind": "login"}, {"kind": None}, {"ok": 1}, {"by": "agent"}):
        assert reader.judge({**row, **change}) is Reason.NO_REQUEST
    assert reader.judge({**row, "tool": "search", "by": "agent"}) == Sighting("gpt-4o", 1, AT, AT)
    # What is no AI request is not looked at any further: it may be broken in any way.
    assert reader.judge({"model": 5}) is Reason.NO_REQUEST


@pytest.mark.parametrize(
    "options",
    [
        {"model": "a | "},
        {"time": "|"},
        {"tenant": "a", "all_rows_are": "b"},
        {"where": {"": "x", "| a": "y"}},
        {"time_unit": "h"},
    ],
)
def test_what_is_no_shape(options: dict[str, object]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # of any text: the edges say it in theirs
        Shape(**options)
