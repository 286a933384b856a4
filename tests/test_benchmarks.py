"""The benchmarks compare like with like, and the page shows what they found."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from pathlib import Path

import httpx
import jwt
import pytest
from benchmarks.bars import BARS
from benchmarks.figures import Figure, Results, Row
from benchmarks.handwritten import create_app as create_handwritten
from benchmarks.inventory import ACTOR, SECRET, TENANT, entry_id, fill, fill_handwritten, rare_word
from benchmarks.report import shown_on, tables

from model_registry import open_registry, open_store
from model_registry.asgi import JwtAuth, create_app

_ROOT = Path(__file__).parent.parent
_ENTRIES = 60
_MODELS = "/api/admin/models"


@pytest.fixture
def contestants(tmp_path):
    """Our registry and the hand-written one, with the same inventory: each as what asks it."""
    url = f"sqlite:///{tmp_path}/ours.db"
    with open_store(url) as store:
        fill(store, _ENTRIES)
    fill_handwritten(tmp_path / "hand.db", _ENTRIES)
    claims = {"tenant_id": TENANT, "sub": ACTOR, "role": "admin", "exp": time.time() + 60}
    headers = {"Authorization": f"Bearer {jwt.encode(claims, SECRET, 'HS256')}"}
    with open_registry(url) as registry:
        apps = (
            create_app(registry, authenticate=JwtAuth(secret=SECRET)),
            create_handwritten(f"sqlite:///{tmp_path}/hand.db", SECRET),
        )
        yield [partial(_asked, app, headers) for app in apps]


def _asked(app, headers, method, path, body=None):
    async def asked():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://bench", headers=headers
        ) as client:
            return await client.request(method, path, json=body)

    return asyncio.run(asked())


@pytest.mark.parametrize(
    "path",
    [
        f"{_MODELS}/{entry_id(7)}",
        f"{_MODELS}/{entry_id(_ENTRIES)}",
        _MODELS,
        f"{_MODELS}?limit=7&offset=20",
        f"{_MODELS}?limit=201",
        f"{_MODELS}?risk_tier=tier_2&validation_status=draft",
        f"{_MODELS}?provider=Anthropic",
        f"{_MODELS}?search=SERVES+{rare_word(30)}",
        "/api/admin/model-inventory-export",
        "/api/admin/model-inventory-export?format=json",
    ],
)
def test_the_handwritten_registry_answers_as_ours_does(contestants, path):
    ours, theirs = (ask("GET", path) for ask in contestants)

    assert ours.status_code == theirs.status_code
    if ours.status_code != 200:
        assert ours.json()["error"]["code"] == theirs.json()["error"]["code"]
    elif ours.headers["content-type"] == "application/json":
        assert ours.json() == theirs.json()
    else:
        assert ours.text == theirs.text


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", f"{_MODELS}/{entry_id(3)}", {"owner": "somebody@example.com"}),
        ("PUT", f"{_MODELS}/{entry_id(0)}", {"validation_status": "validated"}),
        ("POST", _MODELS, {"model_id": "new", "provider": "acme", "risk_tier": "tier_4"}),
        ("POST", _MODELS, {"model_id": "model-1", "provider": "acme", "risk_tier": "tier_4"}),
        ("POST", _MODELS, {"model_id": "new", "provider": "acme", "risk_tier": "tier_9"}),
        ("DELETE", f"{_MODELS}/{entry_id(3)}", None),
    ],
)
def test_and_writes_as_ours_does(contestants, method, path, body):
    ours, theirs = (ask(method, path, body) for ask in contestants)

    assert ours.status_code == theirs.status_code
    if ours.is_success and ours.content:
        own = {"id", "created_at", "updated_at"}
        mine, other = ({k: v for k, v in r.json().items() if k not in own} for r in (ours, theirs))
        assert mine == other
    elif ours.content:
        assert ours.json()["error"]["code"] == theirs.json()["error"]["code"]


def _row(ours: float, hand: float) -> Row:
    figures = {"ours": Figure(seconds=ours, spread=0.5), "handwritten": Figure(seconds=hand)}
    figures["constant"] = Figure(seconds=ours / 2)
    return Row(part="http", name="get one", connections=16, figures=figures)


@pytest.mark.parametrize(("ours", "verdict"), [(1e-4, "met"), (1.1e-4, "**not met**")])
def test_a_bar_that_is_not_met_is_shown_as_not_met(ours, verdict):
    lines = tables(Results(made={"date": "today"}, rows=(_row(ours, 1e-3),))).splitlines()

    (line,) = [line for line in lines if line.startswith("| GET one") and "hand-written" in line]
    assert [cell.strip() for cell in line.split("|")][-3:-1] == ["50%", verdict]


def test_what_was_not_measured_is_not_called_met():
    lines = tables(Results(made={}, rows=(_row(1e-4, 1e-3),))).splitlines()

    (line,) = [line for line in lines if line.startswith("| register, 16 connections")]
    assert "not measured" in line


def test_results_come_back_from_their_file(tmp_path):
    results = Results(made={"date": "today"}, rows=(_row(1.234e-4, 1e-3),))
    results.write(tmp_path / "results.json")

    assert Results.read(tmp_path / "results.json") == results


def test_the_page_shows_the_results_that_are_kept():
    results = Results.read(_ROOT / "benchmarks" / "results.json")

    assert shown_on(_ROOT / "docs" / "performance.md") == tables(results)
    assert all(results.row(bar.key) is not None for bar in BARS)
