"""The page for whoever uses a keyboard, a screen reader, a phone, dark colours or paper."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from http_service import token
from playwright.sync_api import expect

from model_registry import Amendment, Registration
from model_registry.domain.instants import write_instant

PHONE = {"width": 390, "height": 844}
RULES = {"resultTypes": ["violations"]}
COLOURS = {**RULES, "runOnly": ["color-contrast", "link-in-text-block"]}


@pytest.fixture
def filled(service, inventory, ago):
    """An inventory with something in every view; the id of one of its entries."""
    ago(30)
    statuses = ("draft", "pending_validation", "in_validation", "needs_remediation", "validated")
    for number, status in enumerate((*statuses, "deprecated", *statuses)):
        inventory.register(
            Registration(
                model_id=f"scorer-{number}",
                provider="acme",
                risk_tier=f"tier_{number % 4 + 1}",
                validation_status=status,
                owner="ml-risk@example.com" if number % 3 else None,
                description="Scores loan applications.",
                tags={"unit": "retail"},
            )
        )
    entry = inventory.find("scorer-0")
    inventory.update(entry.id, Amendment(validation_status="pending_validation", owner="ana"))
    ago(0)
    for model in ("scorer-0", "gpt-4o"):
        at = write_instant(service.clock.value)
        service.rows.append({"timestamp": at, "model": model, "tenant_id": "org_abc"})
    return entry.id


def views(page, url, entry_id):
    """Show every view of the page, one after another, and name each."""
    heading = page.locator("h1:visible")
    expect(heading).to_have_text("Sign in")
    yield "sign in"
    page.get_by_label("Access token").fill(token())
    page.get_by_role("button", name="Use this token").click()
    expect(page.get_by_role("table", name="Models, newest first")).to_be_visible()
    yield "inventory"
    page.goto(f"{url}/ui/#search=nothing+has+this+name")
    expect(page.get_by_text("No model matches.")).to_be_visible()
    yield "no match"
    page.goto(f"{url}/ui/#entry={entry_id}")
    expect(page.get_by_text("The chain holds here.")).to_be_visible()
    yield "entry"
    page.get_by_role("button", name="Edit", exact=True).click()
    page.get_by_role("combobox", name="Validation status").select_option("validated")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    yield "a refused edit"
    page.get_by_role("button", name="Delete", exact=True).click()
    yield "a question"
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Add a finding").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    yield "a refused finding"
    page.goto(f"{url}/ui/#view=register")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("alert")).to_be_visible()
    yield "registering"
    page.goto(f"{url}/ui/#view=discovery")
    page.get_by_role("button", name="Dry run").click()
    expect(page.get_by_text("1 would be added")).to_be_visible()
    yield "discovery"
    page.goto(f"{url}/ui/#as_of=2026-03-13&offset=50")
    expect(page.get_by_text("Read only")).to_be_visible()
    yield "the past"


def too_wide(page):
    return page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
        [...document.querySelectorAll("body *")]
            .filter((node) => node.getBoundingClientRect().right > innerWidth + 1)
            .map((node) => node.outerHTML.slice(0, 80))"""
    )


def faults_in(page):
    """Return what axe finds in light and in dark colours, and what is too wide for a phone."""
    light = Axe().run(page, options=RULES)
    assert light.response["passes"], "axe did not look"
    page.emulate_media(color_scheme="dark")
    dark = Axe().run(page, options=COLOURS)
    page.emulate_media(color_scheme="light")
    size = page.viewport_size
    page.set_viewport_size(PHONE)
    wide = too_wide(page)
    page.set_viewport_size(size)
    reports = [found.generate_report() for found in (light, dark) if found.violations_count]
    return [*reports, *wide]


def test_every_view_is_for_everybody(service, filled, visit):
    # Colours that are on their way from light to dark are neither.
    page = visit(f"{service.url}/ui/", signed_in=False, reduced_motion="reduce")
    found = {view: faults_in(page) for view in views(page, service.url, filled)}
    assert not any(found.values()), found
    assert len(found) == 10


class Keyboard:
    """What somebody does who has no mouse."""

    def __init__(self, page):
        self.page = page

    def go_to(self, name, role=None):
        """Press Tab until an element of that name has the focus, which must be seen to have it."""
        for _ in range(80):
            self.page.keyboard.press("Tab")
            focused = self.page.locator(":focus")
            if self._named(focused, name, role):
                outline = focused.evaluate(
                    "node => { const s = getComputedStyle(node);"
                    " return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0; }"
                )
                assert outline, f"nothing shows that {name} has the focus"
                return
        raise AssertionError(f"{name} is not reached")

    def _named(self, focused, name, role):
        found = self.page.get_by_role(role, name=name, exact=True).and_(focused)
        return found.count() > 0

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)


def test_all_of_it_works_without_a_mouse(service, filled, inventory, visit):
    page = visit(f"{service.url}/ui/", signed_in=False)
    keyboard = Keyboard(page)
    expect(page.get_by_role("heading", name="Sign in")).to_be_focused()
    keyboard.go_to("Access token", "textbox")
    page.keyboard.insert_text(token())
    keyboard.go_to("Use this token", "button")
    keyboard.press("Enter")
    expect(page.get_by_role("table", name="Models, newest first")).to_be_visible()
    keyboard.go_to("Search", "searchbox")
    page.keyboard.type("scorer-0")
    expect(page.locator("[data-entry]")).to_have_count(1)
    expect(page.get_by_role("searchbox", name="Search")).to_be_focused()
    keyboard.go_to("scorer-0", "link")
    keyboard.press("Enter")
    expect(page.get_by_role("heading", name="scorer-0", level=1)).to_be_focused()
    keyboard.go_to("Edit", "button")
    keyboard.press("Space")
    expect(page.get_by_role("textbox", name="Display name")).to_be_focused()
    keyboard.press("End")
    page.keyboard.type(" revised")
    keyboard.press("Enter")
    expect(page.get_by_role("heading", name="scorer-0 revised")).to_be_focused()
    keyboard.go_to("Move to In validation", "button")
    keyboard.press("Enter")
    expect(page.get_by_text("Moved to In validation.").first).to_be_visible()
    assert inventory.find("scorer-0").validation_status == "in_validation"
    keyboard.go_to("Delete", "button")
    keyboard.press("Enter")
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    for _ in range(4):
        keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
    keyboard.press("Escape")
    expect(page.get_by_role("button", name="Delete", exact=True)).to_be_focused()
    assert inventory.find("scorer-0") is not None
    page.go_back()
    expect(page.locator("[data-entry]")).to_be_focused()


def test_the_first_tab_leads_past_the_controls(service, filled, visit):
    page = visit(f"{service.url}/ui/")
    expect(page.locator("[data-entry]")).to_have_count(11)
    Keyboard(page).press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    Keyboard(page).press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


def test_paper_shows_what_is_told_and_no_controls(service, filled, visit):
    page = visit(f"{service.url}/ui/", color_scheme="dark")
    expect(page.locator("[data-entry]")).to_have_count(11)
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="Model inventory")).to_be_visible()
    expect(page.get_by_role("table", name="Models, newest first")).to_be_visible()
    expect(page.get_by_role("link", name="1 model: Tier 1, Validated")).to_be_visible()
    for control in page.locator("button, input, select, textarea").all():
        expect(control).to_be_hidden()
    ink = page.evaluate(
        "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
    )
    assert ink[0] == "rgb(0, 0, 0)"
    assert ink[1] in {"rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"}
    assert page.pdf().startswith(b"%PDF")


def test_nothing_moves_for_whoever_wants_that(service, filled, visit):
    page = visit(f"{service.url}/ui/#token={token()}&entry={filled}", reduced_motion="reduce")
    expect(page.get_by_text("The chain holds here.")).to_be_visible()
    assert page.evaluate("document.getAnimations().length") == 0
    moving = page.evaluate(
        """() => [...document.querySelectorAll("*")].filter((node) => {
            const style = getComputedStyle(node);
            const lasts = (times) => times.split(",").some((time) => parseFloat(time) > 0.01);
            return lasts(style.transitionDuration) || style.animationName !== "none";
        }).map((node) => node.outerHTML.slice(0, 80))"""
    )
    assert moving == []
