"""The commands that serve the page: ``serve --ui``, and ``demo --serve`` on the sample data."""

import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
from http_service import SECRET, token
from playwright.sync_api import expect

PROGRAM = Path(sys.executable).with_name("model-registry")


@contextmanager
def running(folder, *words, **environment):
    """Run a command until the end of the test, and give the address of the page that it tells."""
    told = folder / "told"
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("MODEL_REGISTRY_")}
    with told.open("wb") as out:
        process = subprocess.Popen(
            [PROGRAM, *words],
            cwd=folder,
            stdout=out,
            stderr=out,
            env={**inherited, **environment},
        )
    try:
        end = time.monotonic() + 60
        while not (found := re.search(r"http://\S+/ui/\S*", told.read_text(encoding="utf-8"))):
            assert process.poll() is None, told.read_text(encoding="utf-8")
            assert time.monotonic() < end, "it tells no address"
            time.sleep(0.02)
        yield found[0]
    finally:
        process.terminate()
        assert process.wait(20) == 0


def test_serve_shows_the_page_beside_the_api(tmp_path, visit):
    options = ("--ui", "--port=0", "--store=sqlite:///registry.db", "--prefix=/v1/risk")
    with running(tmp_path, "serve", *options, MODEL_REGISTRY_JWT_SECRET=SECRET) as address:
        page = visit(f"{address}#token={token(sub='ana')}&view=register")
        page.get_by_role("textbox", name="Model id").fill("scorer")
        page.get_by_role("textbox", name="Provider").fill("acme")
        page.get_by_role("combobox", name="Risk tier").select_option("tier_1")
        page.get_by_role("button", name="Register").click()
        expect(page.get_by_text("The chain holds here.")).to_be_visible()
        expect(page.get_by_text("Registered by ana")).to_be_visible()
        assert httpx.get(f"{address}../healthz").status_code == 200
        assert httpx.get(f"{address}../v1/risk/models").status_code == 401


def test_the_demo_opens_the_page_on_half_a_year_of_work(tmp_path, visit):
    with running(tmp_path, "demo", "--serve", "--port=0") as link:
        address, _, fragment = link.partition("#")
        assert address.startswith("http://127.0.0.1:")
        assert fragment.startswith("token=")
        page = visit(link)
        expect(page.get_by_text("All models: 31 models")).to_be_visible()
        cells = page.locator("table.heat tbody td:not(.sum) a")
        assert cells.count() >= 14
        lists = page.get_by_role("link", name=re.compile(r"^\d+ models?: "))
        for title in ("Tier 1 or 2", "No owner", "In use, still draft", "Validated, not seen"):
            found = lists.filter(has_text=title).get_attribute("aria-label")
            assert not found.startswith("0 "), title
        page.get_by_role("link", name="Card fraud 6").click()
        expect(page.get_by_text("The chain holds here.")).to_be_visible()
        expect(page.get_by_text("None: a model that comes back")).to_be_visible()
        page.get_by_role("link", name="Discover models").click()
        page.get_by_role("button", name="Dry run").click()
        expect(page.get_by_text("3 would be added")).to_be_visible()
    assert {file.name for file in (tmp_path / "model-registry-demo").iterdir()} == {
        "more-requests.jsonl",
        "registry.db",
        "requests.jsonl",
    }
