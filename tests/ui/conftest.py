"""A real browser on a real server, and what must hold on every page that a test opens."""

import re
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from http_service import service_on, token
from playwright.sync_api import expect, sync_playwright

from model_registry_memory import MemoryStore

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP registry.example 127.0.0.1",
)
REFUSED = re.compile(
    r"Failed to load resource: .* status of (400|401|403|404|409|412|422|503) "
)  # the browser's own note of an answer that the page explains
OVER_HTTP = "The Cross-Origin-Opener-Policy header has been ignored"  # it says so, rightly
PATIENCE = 20_000  # milliseconds, on machines that are busy with other tests


def pytest_collection_modifyitems(items):
    """Keep everything with a browser in one process: there are two cores."""
    for item in items:
        if "tests/ui" in item.path.as_posix():
            item.add_marker(pytest.mark.xdist_group("ui"))


@pytest.fixture(scope="module")
def browser():
    """Debian's Chromium. Closed with its module, since it keeps an event loop running in this thread."""
    program = shutil.which("chromium")
    assert program, "chromium is missing: scripts/prepare package chromium chromium"
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE)
        opened = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield opened
        opened.close()


@pytest.fixture
def visit(browser):
    """Give a function that opens an address in a context of its own, and watch what happens there."""
    contexts, wrong = [], []

    def open_page(address, *, signed_in=True, **options):
        origin = "/".join(address.split("/")[:3])
        context = browser.new_context(locale="en-US", timezone_id="Asia/Tokyo", **options)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)

        def on_console(message):
            of_api = REFUSED.match(message.text) and message.location["url"].startswith(origin)
            expected = of_api or message.text.startswith(OVER_HTTP)
            if message.type in {"error", "warning"} and not expected:
                wrong.append(f"console: {message.text}")

        def on_request(request):
            if not request.url.startswith((f"{origin}/", f"blob:{origin}/")):
                wrong.append(f"left the origin: {request.url}")

        def on_dialog(dialog):
            wrong.append(f"a dialog: {dialog.message}")
            dialog.dismiss()

        context.on("console", on_console)
        context.on("request", on_request)
        context.on("dialog", on_dialog)
        context.on("weberror", lambda error: wrong.append(f"page: {error.error}"))
        page = context.new_page()
        beginning = f"#token={token()}" if signed_in and "#" not in address else ""
        page.goto(address + beginning)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def service():
    """A registry whose clock stands at now, with the page."""
    with service_on(MemoryStore(), ui=True) as served:
        served.clock.value = datetime.now(UTC)
        yield served


@pytest.fixture
def ago(service):
    """Give a function that sets the registry's clock to so many days before now, and returns that."""
    now = service.clock.value

    def set_back(days):
        service.clock.value = now - timedelta(days=days)
        return service.clock.value

    return set_back


@pytest.fixture
def inventory(service):
    """Org_abc's inventory, in ana's name."""
    return service.registry.tenant("org_abc", "ana@example.com")
