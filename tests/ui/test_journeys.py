"""What people do with the inventory page, from signing in to an examiner's file."""

import json
import re
from datetime import timedelta

import httpx
import pytest
from http_service import EXPORT, bearer, token
from parts_of_page import field, heading, registered, rows
from playwright.sync_api import expect

from model_registry import Amendment
from model_registry.domain.instants import write_instant


def seen_at(service, model_id, *times):
    service.rows.extend(
        {"timestamp": write_instant(at), "model": model_id, "tenant_id": "org_abc"} for at in times
    )


def test_from_a_token_to_a_refused_move(service, inventory, visit):
    for number in (1, 2):
        registered(inventory, f"scorer-{number}", "tier_1")
    registered(inventory, "router", "tier_4", "validated", owner="ops")
    page = visit(f"{service.url}/ui", signed_in=False)
    expect(page).to_have_url(f"{service.url}/ui/")

    expect(heading(page, "Sign in")).to_be_focused()
    field(page, "Access token").fill(token(key="another secret that is long enough"))
    page.get_by_role("button", name="Use this token").click()
    expect(page.get_by_role("alert")).to_contain_text("The registry says")
    field(page, "Access token").fill(f"Bearer {token()} ")
    page.get_by_role("button", name="Use this token").click()
    expect(rows(page)).to_have_count(3)

    page.get_by_role("link", name="2 models: Tier 1, Draft").click()
    expect(rows(page)).to_have_count(2)
    expect(page).to_have_url(re.compile(r"/ui/#risk_tier=tier_1&validation_status=draft$"))
    page.get_by_role("link", name="scorer-1").click()
    expect(heading(page, "scorer-1")).to_be_focused()

    page.get_by_role("button", name="Edit", exact=True).click()
    field(page, "Owner").fill("ml-risk@example.com")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.").first).to_be_visible()
    expect(page.locator("[data-field=owner]")).to_have_text("ml-risk@example.com")
    page.get_by_role("button", name="Move to Pending validation").click()
    expect(page.get_by_text("Moved to Pending validation.").first).to_be_visible()
    for allowed in ("Draft", "In validation", "Deprecated"):
        expect(page.get_by_role("button", name=f"Move to {allowed}")).to_be_visible()
    expect(page.get_by_role("button", name="Move to Validated")).to_have_count(0)

    page.get_by_role("button", name="Edit", exact=True).click()
    field(page, "Validation status").select_option("validated")
    page.get_by_role("button", name="Save", exact=True).click()
    refusal = "A model that is pending_validation cannot become validated; allowed: draft, in_validation, deprecated"
    expect(page.get_by_text(refusal)).to_be_visible()
    expect(field(page, "Validation status")).to_have_attribute("aria-invalid", "true")
    expect(field(page, "Validation status")).to_be_focused()
    page.get_by_role("button", name="Cancel").click()
    entry = inventory.find("scorer-1")
    assert (entry.owner, entry.validation_status) == ("ml-risk@example.com", "pending_validation")
    actors = [event.actor for event in inventory.history(entry.id).events]
    assert actors == ["ana@example.com", "alice@example.com", "alice@example.com"]

    page.get_by_role("link", name="Back to the inventory").click()
    expect(page.get_by_role("link", name="1 model: Tier 1, Draft")).to_be_visible()
    expect(rows(page)).to_have_count(1)
    page.go_back()
    expect(heading(page, "scorer-1")).to_be_visible()
    page.reload()
    expect(heading(page, "Sign in")).to_be_visible()


def test_a_search_that_is_still_being_typed_leads_nobody_away(service, inventory, visit):
    registered(inventory, "scorer")
    page = visit(f"{service.url}/ui/")
    page.get_by_role("searchbox", name="Search").fill("sc")
    page.get_by_role("link", name="scorer").click()
    expect(heading(page, "scorer")).to_be_visible()
    page.wait_for_timeout(400)  # longer than the page waits for another letter
    expect(heading(page, "scorer")).to_be_visible()


def test_discovery_is_tried_first_and_then_done(service, inventory, visit):
    registered(inventory, "gpt-4o", "tier_2", "validated")
    now = service.clock.value
    seen_at(service, "gpt-4o", now)
    seen_at(service, "claude-2.1", *(now - timedelta(days=n) for n in range(3)))
    page = visit(f"{service.url}/ui/")
    page.get_by_role("link", name="Discover models").click()
    field(page, "Days to look back").fill("7")
    field(page, "Risk tier of new models").select_option("tier_3")
    page.get_by_role("button", name="Dry run").click()
    expect(heading(page, "What a discovery would do", level=2)).to_be_focused()
    expect(page.get_by_text("2 models in the log: 1 would be added")).to_be_visible()
    new = page.get_by_role("table", name="New models, busiest first").locator("tbody tr")
    expect(new).to_contain_text("claude-2.1")
    expect(new).to_contain_text("anthropic")
    assert inventory.find("claude-2.1") is None
    page.get_by_role("button", name="Add 1 model as drafts").click()
    expect(page.get_by_text("2 models in the log: 1 was added")).to_be_visible()
    assert inventory.find("claude-2.1").risk_tier == "tier_3"
    field(page, "Days to look back").fill("366")
    page.get_by_role("button", name="Dry run").click()
    assert field(page, "Days to look back").evaluate("input => input.matches(':invalid')")


@pytest.fixture
def watched_models(service, inventory, ago):
    """One model for each attention list, and one that needs none."""
    seen_at(service, "forgotten", ago(100))
    registered(inventory, "forgotten", "tier_4", "validated", owner="ops")
    inventory.discover()
    ago(0)
    seen_at(service, "in-use", service.clock.value)
    seen_at(service, "fine", service.clock.value)
    registered(inventory, "risky", "tier_2", "in_validation", owner="ops")
    registered(inventory, "nobodys", "tier_3", "pending_validation")
    registered(inventory, "in-use", "tier_3", owner="ops")
    registered(inventory, "fine", "tier_1", "validated", owner="ops")
    inventory.discover()


@pytest.mark.usefixtures("watched_models")
def test_attention_lists_name_what_somebody_should_look_at(service, visit):
    page = visit(f"{service.url}/ui/")
    for title, model in (
        ("Tier 1 or 2, not validated", "risky"),
        ("No owner", "nobodys"),
        ("In use, still draft", "in-use"),
        ("Validated, not seen for 90 days", "forgotten"),
    ):
        page.get_by_role("link", name=f"1 model: {title}").click()
        expect(heading(page, title, level=2)).to_be_visible()
        expect(rows(page)).to_have_count(1)
        expect(rows(page)).to_contain_text(model)
    page.get_by_role("button", name="Clear filters").click()
    expect(rows(page)).to_have_count(5)


@pytest.mark.parametrize("form", ["CSV", "JSON"])
@pytest.mark.usefixtures("watched_models")
def test_an_export_is_the_apis_own_file_with_the_same_filters(service, visit, form):
    page = visit(f"{service.url}/ui/")
    field(page, "Search").fill("in-use")
    field(page, "Risk tier").select_option("tier_3")
    expect(rows(page)).to_have_count(1)
    with page.expect_download() as caught:
        page.get_by_role("button", name=f"Export {form}").click()
    query = f"format={form.lower()}&search=in-use&risk_tier=tier_3"
    of_api = httpx.get(f"{service.url}{EXPORT}?{query}", headers=bearer())
    assert caught.value.suggested_filename in of_api.headers["content-disposition"]
    assert caught.value.path().read_bytes() == of_api.content


def test_the_past_is_shown_and_not_changed(service, inventory, ago, visit):
    then = ago(20)
    entry = registered(inventory, "scorer", "tier_1", owner="old-owner")
    gone = registered(inventory, "gone", "tier_4")
    ago(5)
    inventory.update(entry.id, Amendment(owner="new-owner", validation_status="pending_validation"))
    inventory.delete(gone.id)
    ago(0)
    page = visit(f"{service.url}/ui/")
    expect(rows(page)).to_have_count(1)
    field(page, "As of").fill(f"{then + timedelta(days=3):%Y-%m-%d}")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("Read only")).to_be_visible()
    expect(rows(page)).to_have_count(2)
    expect(page.get_by_role("link", name="1 model: Tier 1, Draft")).to_be_visible()
    for writing in ("Register a model", "Discover models"):
        expect(page.get_by_role("link", name=writing)).to_be_hidden()
    page.get_by_role("link", name="scorer").click()
    expect(page.locator("[data-field=owner]")).to_have_text("old-owner")
    for writing in ("Edit", "Delete", "Move to"):
        expect(page.get_by_role("button", name=writing)).to_have_count(0)
    with page.expect_request(lambda request: "/history" not in request.url):
        page.get_by_role("button", name="Back to now").click()
    expect(page.locator("[data-field=owner]")).to_have_text("new-owner")
    expect(page.get_by_role("button", name="Edit", exact=True)).to_be_visible()


def test_a_history_shows_before_and_after_and_that_it_holds(service, inventory, visit):
    entry = registered(inventory, "scorer", "tier_2", tags={"unit": "retail", "ключ": "значение"})
    inventory.update(entry.id, Amendment(risk_tier="tier_1", description="naïve 🏦"))
    inventory.update(entry.id, Amendment(validation_status="pending_validation"))
    page = visit(f"{service.url}/ui/#token={token()}&entry={entry.id}")
    expect(page.get_by_text("The chain holds here.")).to_be_visible()
    expect(page.get_by_text("3 of 3 events")).to_be_visible()
    change = page.get_by_role("table", name="What event 2 changed").get_by_role("row")
    expect(change.filter(has_text="Risk tier")).to_contain_text("tier_2tier_1")
    expect(
        page.get_by_role("img", name=re.compile("Path taken: Draft, then Pending"))
    ).to_be_visible()


def test_an_event_that_was_altered_on_its_way_is_found(service, inventory, visit):
    entry = registered(inventory, "scorer", owner="ana")
    inventory.update(entry.id, Amendment(owner="ben"))

    def altered(route):
        answer = route.fetch()
        history = answer.json()
        history["events"][1]["changes"]["owner"]["to"] = "mallory"
        route.fulfill(response=answer, body=json.dumps(history))

    page = visit(f"{service.url}/ui/")
    page.route("**/history*", altered)
    page.get_by_role("link", name="scorer").click()
    expect(page.get_by_role("alert")).to_contain_text(
        "The chain is broken. These events are not what was written: 2."
    )


def test_of_two_who_edit_the_second_is_told_and_decides(service, inventory, visit):
    entry = registered(inventory, "scorer", owner="ana")
    page = visit(f"{service.url}/ui/#token={token()}&entry={entry.id}")
    page.get_by_role("button", name="Edit", exact=True).click()
    field(page, "Description").fill("mine")
    inventory.update(entry.id, Amendment(owner="ben"))
    page.get_by_role("button", name="Save", exact=True).click()
    expect(heading(page, "Somebody else changed this model", level=2)).to_be_focused()
    assert inventory.get(entry.id).description is None
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Owner"))
    expect(row).to_contain_text("anabenunchanged")
    page.get_by_role("button", name="Save mine all the same").click()
    expect(page.get_by_text("Saved.").first).to_be_visible()
    now = inventory.get(entry.id)
    assert (now.owner, now.description) == ("ben", "mine")


def test_a_model_is_registered_with_every_fault_told_and_deleted_after_a_question(
    service, inventory, visit
):
    page = visit(f"{service.url}/ui/")
    page.get_by_role("link", name="Register a model").click()
    page.get_by_role("button", name="Register").click()
    for label in ("Model id", "Provider", "Risk tier"):
        expect(field(page, label)).to_have_attribute("aria-invalid", "true")
    field(page, "Model id").fill("scorer")
    field(page, "Provider").fill("acme")
    field(page, "Risk tier").select_option("tier_2")
    page.get_by_role("button", name="Add a tag").click()
    field(page, "Tag name").fill("__proto__")
    field(page, "Tag value").fill("kept")
    page.get_by_role("button", name="Register").click()
    expect(heading(page, "scorer")).to_be_focused()
    entry = inventory.find("scorer")
    assert dict(entry.tags) == {"__proto__": "kept"}
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    assert inventory.find("scorer") is not None
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("No model matches.")).to_be_visible()
    assert inventory.find("scorer") is None
    page.goto(f"{service.url}/ui/#entry={entry.id}")
    expect(page.get_by_text("its history stays")).to_be_visible()
