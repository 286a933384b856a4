"""The parts of the inventory page as people find them: by role and name."""

from model_registry import Registration


def registered(inventory, model_id, tier="tier_3", status="draft", **fields):
    return inventory.register(
        Registration(
            model_id=model_id,
            provider="acme",
            risk_tier=tier,
            validation_status=status,
            **fields,
        )
    )


def rows(page):
    return page.get_by_role("table", name="Models, newest first").locator("tbody tr")


def field(page, name):
    found = page.get_by_role("textbox", name=name, exact=True)
    for role in ("combobox", "searchbox", "spinbutton"):
        found = found.or_(page.get_by_role(role, name=name, exact=True))
    return found


def heading(page, name, level=1):
    return page.get_by_role("heading", name=name, exact=True, level=level)
