"""The site loads nothing from elsewhere: a page that would is an error of the build."""

import re
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

_LOADS = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*\bsrc=["']?(?:https?:)?//[^>]*>"""
    r"""|<link\b[^>]*\brel=["']?(?:stylesheet|preload|icon|preconnect)[^>]*\bhref=["']?(?:https?:)?//[^>]*>"""
    r"""|(?:@import\s+|url\()["']?(?:https?:)?//[^)"']*""",
    re.IGNORECASE,
)


def refuse_what_is_loaded_from_elsewhere(app: Sphinx, error: Exception | None) -> None:
    """Look through all pages and style sheets that were written."""
    if error is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    for file in sorted([*out.rglob("*.html"), *out.rglob("*.css")]):
        if found := _LOADS.search(file.read_text(encoding="utf-8")):
            raise ExtensionError(f"{file.relative_to(out)} loads from elsewhere: {found[0]}")


def setup(app: Sphinx) -> dict[str, bool]:
    """Look when the build is done."""
    app.connect("build-finished", refuse_what_is_loaded_from_elsewhere)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
