"""A model's risk profile beside its entry: read, changed, and told in its history."""

from http_service import token
from playwright.sync_api import expect

from model_registry import Registration
from model_registry.domain.risk_profile import ProfileAmendment

HOSTILE = "javascript:document.title='hurt'//"


def opened(service, inventory, visit):
    model = Registration(model_id="scorer", provider="acme", risk_tier="tier_1")
    entry = inventory.register(model)
    page = visit(f"{service.url}/ui/#token={token()}&entry={entry.id}")
    return page, entry, page.get_by_role("region", name="Risk profile")


def test_a_profile_is_filled_in_and_refused_where_it_does_not_fit(service, inventory, visit):
    page, entry, section = opened(service, inventory, visit)
    section.get_by_role("button", name="Edit the risk profile").click()
    page.get_by_role("textbox", name="Purpose").fill("Consumer loans only")
    page.get_by_role("button", name="Add a link").click()
    page.get_by_role("textbox", name="Label").fill("report")
    page.get_by_role("textbox", name="Link", exact=True).fill(HOSTILE)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(section.locator("[data-field=purpose]")).to_have_text("Consumer loans only")
    expect(section.locator("[data-field=evidence]")).to_contain_text(HOSTILE)
    expect(section.get_by_role("link")).to_have_count(0)

    section.get_by_role("button", name="Add a finding").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("textbox", name="Finding")).to_have_attribute("aria-invalid", "true")
    page.get_by_role("textbox", name="Finding").fill("No test of drift")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(section.get_by_text("No test of drift")).to_be_visible()
    expect(page.get_by_text("The chain holds here.")).to_be_visible()
    profile = inventory.risk_profile(entry.id)
    assert profile.purpose == "Consumer loans only"
    assert dict(profile.evidence) == {"report": HOSTILE}
    assert [finding.title for finding in profile.findings] == ["No test of drift"]


def test_of_two_who_change_a_profile_the_second_sees_the_first(service, inventory, visit):
    page, entry, section = opened(service, inventory, visit)
    section.get_by_role("button", name="Edit the risk profile").click()
    page.get_by_role("textbox", name="Validator").fill("ben")
    inventory.update_risk_profile(entry.id, ProfileAmendment(restrictions="Not for mortgages"))
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody else changed this profile")
    expect(page.locator("[data-field=restrictions]")).to_have_text("Not for mortgages")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(section.locator("[data-field=validator]")).to_have_text("ben")
    profile = inventory.risk_profile(entry.id)
    assert (profile.validator, profile.restrictions) == ("ben", "Not for mortgages")
