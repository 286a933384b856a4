"""Shapes by parameters and from files: all that is wrong is told at once, in one line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from model_registry.domain.log_shapes import LOG_SHAPES
from model_registry.domain.shape import NATIVE, Shape
from model_registry.errors import RequestLogError
from model_registry.shaping import shape_from, shape_of_toml

MAPPING = """
time = "call.started"
time_unit = "ms"
model = ["call.model", "call.alias"]
tenant = "labels[org]"
rows = "calls"
[where]
kind = "completion"
[unless]
"call.cached" = ["yes", "partly"]
"""


def test_a_file_says_what_a_shape_says(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text(MAPPING)
    shape = shape_from({"shape": str(tmp_path / "ours.toml")})
    assert shape == Shape(
        time="call.started",
        time_unit="ms",
        model="call.model | call.alias",
        tenant="labels[org]",
        rows="calls",
        where={"kind": "completion"},
        unless={"call.cached": ["yes", "partly"]},
    )
    (tmp_path / "like.toml").write_text('like = "bedrock"\nall_rows_are = "org_abc"')
    like = shape_from({"shape": str(tmp_path / "like.toml")})
    assert (like.model, like.tenant, like.all_rows_are) == ("modelId", None, "org_abc")
    assert like.where == LOG_SHAPES["bedrock"].where


def test_the_guides_file_is_a_shape() -> None:
    guide = Path(__file__).parents[2] / "docs" / "request-logs.md"
    (block,) = re.findall(r"```toml\n(.*?)```", guide.read_text(encoding="utf-8"), re.DOTALL)
    assert shape_of_toml(block).model == "request.model | request.alias"
    assert all(f"`{name}`" in guide.read_text(encoding="utf-8") for name in LOG_SHAPES)


def test_everything_that_is_wrong_with_a_file_is_told_at_once() -> None:
    with pytest.raises(ValueError, match="model is missing") as caught:
        shape_of_toml(
            'tiem = "at"\ntenant = ["a", ""]\ntime_unit = "h"\nall_rows_are = 5\n'
            "[where]\nkind = 5\n[unless]\nok = []\n"
        )
    for fault in (
        "time is missing",
        "tiem is unknown; there are like, time, model",
        "tenant names a field",
        "time_unit is one of s, ms, us, ns",
        "all_rows_are is a text",
        "where has in 'kind' no text",
        "unless has in 'ok' no text",
    ):
        assert fault in str(caught.value)
    with pytest.raises(ValueError, match=r"like is one of native, .* not 'litelm'"):
        shape_of_toml('like = "litelm"')
    with pytest.raises(ValueError, match="exclude each other"):
        shape_of_toml('like = "native"\ntenant = "a"\nall_rows_are = "b"')


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"shape": "litelm"}, "no shape 'litelm'; there are native, native-audit, litellm"),
        ({"shape": ""}, "'shape' of a request log names nothing"),
        ({"shape": "nowhere.toml"}, "shape file nowhere.toml cannot be read: No such file"),
        ({"shape": "here/broken.toml"}, "broken.toml cannot be understood: .*line 1"),
        ({"shape": "here/binary.toml"}, "binary.toml cannot be read: it is not UTF-8"),
        ({"shape": "portkey"}, "'portkey' has no field that tells whose .* --all-rows-are TENANT"),
        ({"shape": "here/nobodys.toml"}, "has no field that tells whose"),
        ({"all_rows_are": " "}, "'all_rows_are' of a request log names nothing"),
        ({"model": "a |"}, "cannot be named so: 'a |' has an alternative that names no field"),
        ({"time_unit": "h"}, "time_unit must be s, ms, us or ns, not 'h'"),
    ],
)
def test_what_is_no_shape_is_an_error_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    here = tmp_path / "here"
    here.mkdir()
    (here / "broken.toml").write_text("time = = 1")
    (here / "binary.toml").write_bytes(b"\xff\xfe")
    (here / "nobodys.toml").write_text('time = "t"\nmodel = "m"')
    with pytest.raises(RequestLogError, match=message) as caught:
        shape_from(given)
    assert "\n" not in str(caught.value)


def test_parameters_set_parts_of_a_shape() -> None:
    assert shape_from({}) is not None
    assert shape_from({}) == NATIVE
    assert shape_from({"tenant": ""}) == Shape(tenant=None)
    assert shape_from({"shape": "portkey", "tenant": "metadata.org"}).tenant == "metadata.org"
    owned = shape_from({"shape": "bedrock", "all_rows_are": "org_abc"})
    assert (owned.tenant, owned.all_rows_are) == (None, "org_abc")
    assert shape_from({"model": "a | b"}, Shape(time="at")) == Shape(time="at", model="a | b")
