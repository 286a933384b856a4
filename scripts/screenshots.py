"""
Takes the pictures of the inventory page that the documentation shows, from the demo's data.

    .venv/bin/python scripts/screenshots.py

They are always of the same size; dates in them are those of the day they were taken.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from playwright.sync_api import Page, sync_playwright

IMAGES: Final = Path(__file__).parents[1] / "docs" / "images"
PROGRAM: Final = Path(sys.executable).with_name("model-registry")
DESK: Final = {"width": 1280, "height": 900}
TALL: Final = {"width": 1280, "height": 1120}
PHONE: Final = {"width": 390, "height": 844}
QUIET: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--hide-scrollbars",
)

INVENTORY: Final = ""
ENTRY: Final = "Claude 3.5 Sonnet (Oct 2024)"

PICTURES: Final = {
    "inventory-light": (INVENTORY, DESK, "light"),
    "inventory-dark": (INVENTORY, DESK, "dark"),
    "entry": (ENTRY, TALL, "light"),
    "phone": (INVENTORY, PHONE, "light"),
}


@contextmanager
def demo() -> Iterator[str]:
    """Serve the demo and give the link that opens it."""
    with TemporaryDirectory() as folder:
        command = [PROGRAM, "demo", "--serve", "--port=0", "--folder", f"{folder}/demo"]
        with subprocess.Popen(  # noqa: S603  # our own program, with words of our own
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process:
            try:
                yield next(line.strip() for line in process.stdout or () if "/ui/#token=" in line)
            finally:
                process.terminate()


def show(page: Page, model: str) -> None:
    """Show the inventory, or one model of it, whole: with what is read and checked late."""
    page.locator("[data-entry]").first.wait_for()
    if model:
        page.get_by_role("searchbox", name="Search").fill(model)
        page.get_by_role("link", name=re.compile(re.escape(model))).click()
        page.get_by_text("The chain holds here.").wait_for()
    page.evaluate("document.activeElement.blur()")


def take() -> None:
    """Take every picture."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with demo() as link, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(QUIET)
        )
        for name, (model, size, scheme) in PICTURES.items():
            context = browser.new_context(
                viewport=size, color_scheme=scheme, reduced_motion="reduce", locale="en-US"
            )
            page = context.new_page()
            page.goto(link)
            show(page, model)
            page.screenshot(path=IMAGES / f"{name}.png")
            context.close()
        browser.close()


if __name__ == "__main__":
    take()
