"""Pages that stand at the top of the repository, where people look for them."""

import re
from functools import partial
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
_LINK: Final = re.compile(r"\]\((?!https?:|#)([^)]+)\)")


def written(name: str) -> str:
    """Return such a page without its title, its links as they lead from ``docs/reference``."""
    _, _, text = (ROOT / name).read_text(encoding="utf-8").partition("\n")
    return _LINK.sub(lambda link: f"]({_from_reference(link[1])})", text)


def _from_reference(target: str) -> str:
    if target.startswith("docs/"):
        return f"../{target.removeprefix('docs/')}"
    return target.lower()


changelog = partial(written, "CHANGELOG.md")
contributing = partial(written, "CONTRIBUTING.md")
security = partial(written, "SECURITY.md")
