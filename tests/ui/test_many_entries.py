"""Ten thousand models: the page asks for little, draws little, and answers at once."""

import itertools

import pytest
from http_service import service_on
from playwright.sync_api import expect

from model_registry import Registration
from model_registry.domain import changes
from model_registry.domain.lifecycle import RiskTier, ValidationStatus
from model_registry_memory import MemoryStore

MANY = 10_000
ROWS = 200
"""Most rows that the page may draw at once, whatever there is."""


@pytest.fixture(scope="module")
def crowded():
    store = MemoryStore()
    kinds = itertools.cycle(itertools.product(RiskTier, ValidationStatus))
    with service_on(store, ui=True) as served:
        inserts = [
            changes.register(
                Registration(
                    model_id=f"model-{number:05}",
                    provider=f"provider-{number % 7}",
                    risk_tier=tier,
                    validation_status=status,
                    description="Something that a model is for, as long as such texts are. " * 2,
                    tags={"business_unit": "retail_banking", "use_case": "customer_service"},
                ),
                tenant_id="org_abc",
                entry_id=served.ids(),
                actor="ana",
                at=served.clock(),
            )
            for number, (tier, status) in zip(range(MANY), kinds, strict=False)
        ]
        store.commit("org_abc", inserts)
        yield served


def test_the_page_stays_small_and_finds_one_among_them(crowded, visit):
    page = visit(f"{crowded.url}/ui/")
    sizes = []
    page.on("response", lambda answer: sizes.append((answer.url, answer.status)))
    rows = page.locator("[data-entry]")
    expect(page.get_by_text("All models: 10,000 models, 1 to 50 shown")).to_be_visible()
    expect(page.get_by_role("link", name="417 models: Tier 1, Draft")).to_be_visible()
    assert page.locator("tr").count() <= ROWS
    assert page.locator("*").count() < 2_000

    search = page.get_by_role("searchbox", name="Search")
    search.press_sequentially("MODEL-04321", delay=10)
    expect(rows).to_have_count(1)
    expect(rows).to_have_text("model-04321")
    listed = [url for url, _ in sizes if "/models?" in url]
    assert len(listed) <= 3, "not a request for each letter"
    exports = [status for url, status in sizes if "export" in url]
    assert set(exports[1:]) <= {304}, "the whole is read once"

    page.get_by_role("button", name="Clear filters").click()
    page.get_by_role("link", name="Last page").click()
    expect(page.get_by_text("Page 200 of 200")).to_be_visible()
    expect(rows).to_have_count(50)
    page.get_by_role("link", name="1,666 models: Validated, not seen").click()
    expect(rows).to_have_count(50)
    assert page.locator("tr").count() <= ROWS
