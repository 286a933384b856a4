"""The list of modules, each with the first line of its docstring."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parents[2]
_HEADS: Final = "| module | what it is for |\n|---|---|"


def written() -> str:
    """Return a table for each package in Markdown, below the page's own title."""
    return "\n".join(_tables())


def _tables() -> Iterator[str]:
    for above in ("src", "backends"):
        for package in sorted((_ROOT / above).rglob("__init__.py")):
            folder = package.parent
            yield f"## {'.'.join(folder.relative_to(_ROOT / above).parts)}\n\n{_told(package)}\n"
            modules = [file for file in sorted(folder.glob("*.py")) if file != package]
            if modules:
                rows = (f"| `{file.name}` | {_told(file)} |" for file in modules)
                yield "\n".join((_HEADS, *rows, ""))


def _told(module: Path) -> str:
    text = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
    return " ".join(text.partition("\n\n")[0].split()).replace("``", "`").replace("|", "\\|")
