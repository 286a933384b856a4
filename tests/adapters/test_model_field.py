"""The field ``model`` is what a JSON parser would give, however a body is cut into pieces."""

import json
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from model_registry.adapters.model_field import ModelField

names = st.sampled_from(["model", "Model", "mo\\del", 'mo"del', "messages", "stream", ""])
texts = st.text(max_size=12) | st.sampled_from(
    ["model", '"', "\\", '\\"', '{"model":"no"}', "gpt-4o"]
)
values = st.recursive(
    texts | st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | texts, inner, max_size=3),
    max_leaves=8,
)
layouts = st.sampled_from([{}, {"separators": (",", ":")}, {"indent": 2}, {"ensure_ascii": False}])


def found_in(body, cuts=()):
    field = ModelField()
    edges = [0, *sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
    for begin, end in pairwise(edges):
        field.feed(body[begin:end])
    return field.value


@given(
    st.lists(st.tuples(names, values), max_size=5),
    layouts,
    st.lists(st.integers(0, 10_000), max_size=8),
)
@example([("model", "a"), ("model", 'é\\"\U0001f600')], {}, range(100))
def test_it_is_what_a_parser_would_give(fields, layout, cuts):
    members = ",".join(f"{json.dumps(n)}:{json.dumps(v, **layout)}" for n, v in fields)
    body = f"{{{members}}}".encode("utf-8", "surrogatepass")
    model = json.loads(body.decode("utf-8", "surrogatepass")).get("model")
    assert found_in(body, cuts) == (model if isinstance(model, str) else None)


@given(st.binary(max_size=60) | st.lists(st.sampled_from(list(b'{}[]":,\\model')), max_size=60))
def test_whatever_comes_does_no_harm(body):
    body = bytes(body)
    found_in(body), found_in(body, range(0, 60, 7))


def test_escapes_in_the_name_count_and_what_is_no_object_has_none():
    assert found_in(b'{"mod\\u0065l":"gpt-4o"}') == "gpt-4o"
    for body in (
        b'["model","x"]',
        b'"model"',
        b"",
        b'{"model":{"model":"x"}}',
        b'{"model":"a\nb"}',
    ):
        assert found_in(body) is None
    assert found_in(b'{"a":"' + b"x" * 100_000 + b'","model":"gpt-4o"}', [7, 70_000]) == "gpt-4o"


def test_it_gives_up_where_reading_would_take_long_and_keeps_no_long_text():
    assert found_in(b'{"model":"gpt-4o","a":' + b"[" * 60_000) is None
    field = ModelField()
    field.feed(b'{"model":"' + b"x" * 1_000_000)
    assert field._text is None or len(field._text) < 10_000
    field.feed(b'","stream":true}')
    assert field.value is None
