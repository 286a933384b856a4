"""JSON that is not a line for each object is read object by object, however it is laid out."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_registry_parquet import json_values
from model_registry_parquet.json_lines import Unreadable

text = st.text('{}[]",\\ \n\u00e9a', max_size=6)
document = st.dictionaries(
    text,
    st.recursive(
        text | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(text, inner),
        max_leaves=4,
    ),
    max_size=3,
)


def split(raw: bytes, size: int) -> list[bytes | Unreadable]:
    pieces = [raw[start : start + size] for start in range(0, len(raw), size)]
    return list(json_values._split(iter(pieces)))


@given(
    documents=st.lists(document, max_size=6),
    indent=st.none() | st.just(1),
    between=st.sampled_from(["", ",", "\n", ",\n", " "]),
    size=st.integers(1, 40),
)
@settings(max_examples=60, deadline=None)
def test_objects_are_found_wherever_they_and_the_pieces_end(
    documents: list[dict[str, Any]], indent: int | None, between: str, size: int
) -> None:
    raw = between.join(json.dumps(d, indent=indent, ensure_ascii=False) for d in documents)
    for whole in (raw, f"[{raw}]", f"[{raw},\n]"):
        found = split(whole.encode(), size)
        assert [json.loads(one) for one in found if isinstance(one, bytes)] == documents
        assert len(found) == len(documents)


@pytest.mark.parametrize(
    ("begin", "is_it"),
    [
        (b'[{"a": 1}]', True),
        (b'\xef\xbb\xbf [\n {"a": 1}\n]', True),
        (b'{\r\n  "a": 1\n}', True),
        (b'{"a": {"b": "}{"}}{"a": 2}', True),
        (b'{"a": 1}, {"a": 2}', True),
        (b'{"a": 1}\n{"a": 2}', False),
        (b'{"a": 1} \r\n', False),
        (b'{"a": 1\n{"a": 2}\n', False),
        (b'{"a" 1}{"a": 2}\n', False),
        (b"[1]\n", False),
        (b"", False),
        (b"timestamp,model\n", False),
    ],
)
def test_the_beginning_tells_whether_lines_are_objects(begin: bytes, is_it: bool) -> None:
    assert json_values.is_of_values(io.BytesIO(begin)) is is_it


def test_what_is_no_object_is_told_and_the_next_one_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(json_values, "LONGEST_LINE", 100)
    long_text = '"' + "x\\\\" * 99 + '{"'
    raw = f'[5, {{"a": 1}}, "}}", {{"b": {long_text}}}, {{"c": {"[1]," * 99}}}, {{"d": 2}}] {{"e": '

    for size in (1, 7, 64, 4096):
        found = split(raw.encode(), size)
        good = [json.loads(one) for one in found if isinstance(one, bytes) and len(one) < 50]
        assert good == [{"a": 1}, {"d": 2}]
        reasons = [one.reason for one in found if isinstance(one, Unreadable)]
        assert reasons[0] == "not an object"
        assert reasons[-1] == "the file ends within an object"
        if size < 100:
            assert sum("longer than" in reason for reason in reasons) == 2
