"""What anybody may write into a field is shown as text, whole, and does nothing."""

from urllib.parse import urlencode

import attrs
import pytest
from http_service import token
from playwright.sync_api import expect

from model_registry import Amendment, Registration
from model_registry.domain.instants import write_instant

ALARM = "document.title = window.hurt = 'hurt'"
HOSTILE = {
    "script": f"<script>{ALARM}</script>",
    "image": f'"><img src=x onerror="{ALARM}">',
    "svg": f"</bdi></td><svg onload=\"{ALARM}\"><a href='javascript:{ALARM}'>x</a>",
    "address": f"javascript:{ALARM}//",
    "template": "${window.hurt = 1}{{constructor.constructor('window.hurt = 1')()}}",
    "entity": "&lt;b&gt;&amp;amp;&nbsp;&#x41;",
    "right to left": "\u202e\u2066gpt-4o\u2069 \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "emoji": "👩‍👩‍👧 naïve 🏦 \U0001d538 \u00e9 e\u0301 \ufffd",
    "spaces": "a  b\tc\nd \u00a0 e\u2028f",
    "proto": "__proto__",
    "formula": "=HYPERLINK(\"https://evil.example\",\"x\")",
}  # fmt: skip
TEXTS = [*HOSTILE.values(), "x" * 512]
ODD = [HOSTILE[name] for name in ("right to left", "emoji", "spaces", "proto")]


@pytest.fixture
def entries(inventory):
    """An entry for each text, which is in every field that takes any."""
    return [
        inventory.register(
            Registration(
                model_id=f"{text[:480]}-{number}",
                provider=text,
                display_name=text,
                owner=text,
                risk_tier="tier_1",
                description=(text + " ") * (10_000 // (len(text) + 1)),
                tags={text[:128]: text, "constructor": "x"},
            )
        )
        for number, text in enumerate(TEXTS)
    ]


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def unharmed(page):
    return page.evaluate("window.hurt === undefined && !document.title.startsWith('hurt')")


def test_every_text_is_shown_as_it_is_and_fits_a_phone(service, entries, inventory, visit):
    page = visit(f"{service.url}/ui/", viewport={"width": 390, "height": 800})
    expect(page.locator("[data-entry]")).to_have_count(len(TEXTS))
    shown = page.locator("[data-entry] bdi").evaluate_all("all => all.map(b => b.textContent)")
    assert shown == TEXTS
    assert fits(page)
    for entry in entries:
        page.goto(f"{service.url}/ui/#entry={entry.id}")
        expect(page.locator("h1:visible bdi")).to_have_js_property("textContent", entry.owner)
        for name in ("provider", "owner", "description"):
            value = page.locator(f"[data-field={name}] bdi")
            expect(value).to_have_js_property("textContent", getattr(entry, name))
        tags = page.locator("[data-field=tags] li").evaluate_all(
            "all => all.map(li => li.textContent)"
        )
        assert len(tags) == 2
        expect(page.get_by_text("The chain holds here.")).to_be_visible()
        assert fits(page), entry.model_id
    assert unharmed(page)


def test_what_a_form_cannot_hold_is_not_changed_by_it(service, entries, inventory, visit):
    page = visit(f"{service.url}/ui/")
    expect(page.locator("[data-entry]")).to_have_count(len(TEXTS))
    for entry in (e for e in entries if e.owner in ODD):
        page.goto(f"{service.url}/ui/#entry={entry.id}")
        expect(page.locator("h1:visible bdi")).to_have_js_property("textContent", entry.owner)
        page.get_by_role("button", name="Edit", exact=True).click()
        page.get_by_role("combobox", name="Risk tier").select_option("tier_2")
        with page.expect_response(lambda answer: answer.request.method == "PUT"):
            page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("Saved.").first).to_be_visible()
        now = inventory.get(entry.id)
        assert now == attrs.evolve(entry, risk_tier=now.risk_tier, updated_at=now.updated_at)
        assert now.risk_tier == "tier_2"
    assert unharmed(page)


def test_reports_histories_and_addresses_obey_nothing_either(service, inventory, visit):
    entry = inventory.register(Registration(model_id="m", provider="p", risk_tier="tier_1"))
    for text in TEXTS:
        service.rows.append(
            {"timestamp": write_instant(service.clock.value), "model": text, "tenant_id": "org_abc"}
        )
        inventory.update(entry.id, Amendment(owner=text, tags={text[:128]: text}))
    page = visit(f"{service.url}/ui/#token={token()}&entry={entry.id}")
    expect(page.get_by_text("The chain holds here.")).to_be_visible()
    expect(page.get_by_role("table", name="What event 2 changed")).to_contain_text("<script>")
    page.get_by_role("link", name="Discover models").click()
    page.get_by_role("button", name="Dry run").click()
    new = page.get_by_role("table", name="New models, busiest first").locator("tbody tr")
    expect(new).to_have_count(len(set(TEXTS)))
    found = page.locator("[data-name=Model] bdi").evaluate_all("all => all.map(b => b.textContent)")
    assert sorted(found) == sorted(TEXTS)
    for text in (HOSTILE["image"], HOSTILE["address"] + "\x00", "../../x"):
        for name in ("search", "entry", "as_of", "view", "risk_tier", "offset", "attention"):
            page.goto(f"{service.url}/ui/#{urlencode({name: text})}")
            expect(page.locator("h1:visible, [role=alert]").first).to_be_visible()
        page.goto(f"{service.url}/ui/#{urlencode({'search': text})}")
        expect(page.get_by_role("searchbox", name="Search")).to_have_value(text)
    assert unharmed(page)
