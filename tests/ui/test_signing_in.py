"""Who gets in: by a token, by a link on this very machine, by a host's own session."""

from http_service import serving, token
from parts_of_page import field, heading, registered, rows
from playwright.sync_api import expect

from model_registry import Registry
from model_registry.asgi import Principal, Unauthenticated, create_app
from model_registry_memory import MemoryStore


def test_the_token_of_a_link_leaves_the_address_and_is_kept_nowhere(service, inventory, visit):
    registered(inventory, "m", "tier_1")
    page = visit(f"{service.url}/ui/#token={token()}&risk_tier=tier_1")
    expect(rows(page)).to_have_count(1)
    expect(page).to_have_url(f"{service.url}/ui/#risk_tier=tier_1")
    kept = page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]")
    assert kept == [0, 0, ""]
    assert "token" not in page.evaluate("JSON.stringify(history.state)").lower()
    page.get_by_role("button", name="Forget the token").click()
    expect(heading(page, "Sign in")).to_be_visible()
    expect(rows(page)).to_have_count(0)


def test_where_a_link_could_sign_somebody_in_unseen_it_does_not(service, inventory, visit):
    registered(inventory, "scorer")
    elsewhere = service.url.replace("127.0.0.1", "registry.example")
    page = visit(f"{elsewhere}/ui/#token={token()}")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert "token" not in page.url
    field(page, "Access token").fill(token())
    page.get_by_role("button", name="Use this token").click()
    page.get_by_role("link", name="scorer").click()
    expect(page.get_by_text("The hashes were not checked")).to_be_visible()


def test_a_hosts_own_session_needs_no_token(visit):
    def by_cookie(scope):
        if (b"cookie", b"session=of-ben") not in scope["headers"]:
            raise Unauthenticated("Sign in to the bank's portal first")
        return Principal("org_abc", "ben@example.com", "admin")

    registry = Registry(MemoryStore())
    registered(registry.tenant("org_abc"), "m")
    with serving(create_app(registry, authenticate=by_cookie, ui=True, prefix="/v1")) as url:
        page = visit(f"{url}/ui/", signed_in=False)
        expect(page.get_by_role("alert")).to_contain_text("Sign in to the bank's portal first")
        page.context.add_cookies([{"name": "session", "value": "of-ben", "url": url}])
        page.reload()
        expect(rows(page)).to_have_count(1)
        expect(page.get_by_role("button", name="Forget the token")).to_be_hidden()


def test_another_role_is_told_what_is_missing(service, visit):
    page = visit(f"{service.url}/ui/#token={token(role='viewer')}")
    expect(heading(page, "Another role is needed")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("The role 'admin' is required")
