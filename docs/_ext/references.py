"""The pages that are made, when the site is built, of what is written elsewhere."""

import re
from collections.abc import Callable
from typing import Final

import command_reference
import http_reference
import module_reference
import python_reference
import root_pages
from sphinx.application import Sphinx

_WRITERS: Final[dict[str, Callable[[], str]]] = {
    "reference/changelog": root_pages.changelog,
    "reference/commands": command_reference.written,
    "reference/contributing": root_pages.contributing,
    "reference/http-api": http_reference.written,
    "reference/modules": module_reference.written,
    "reference/python": python_reference.written,
    "reference/security": root_pages.security,
}


_PAGE_AT_THE_TOP: Final = re.compile(r"\]\(\.\./([A-Z]+)\.md")


def fetch(app: Sphinx, page: str, source: list[str]) -> None:
    """Put what is written elsewhere after a page's introduction, and lead links to it there."""
    source[0] = _PAGE_AT_THE_TOP.sub(lambda link: f"](/reference/{link[1].lower()}.md", source[0])
    if page in _WRITERS:
        source[0] += "\n" + _WRITERS[page]()
        # It may have changed, though the page's own file has not.
        app.env.note_reread()


def setup(app: Sphinx) -> dict[str, bool]:
    """Be asked for each page as it is read."""
    app.connect("source-read", fetch)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
