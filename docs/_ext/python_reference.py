"""The reference of the library: what it exports, grouped by what it is for."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from typing import Final

from sphinx.pycode import ModuleAnalyzer

import model_registry

_GROUPS: Final = (
    ("Opening a registry", "plugins registry tenant replicated"),
    ("Entries and their lifecycle", "domain.entry domain.lifecycle"),
    ("Lists and exports", "domain.inventory export"),
    ("Providers", "domain.providers"),
    ("Discovery and request logs", "domain.discovery domain.request_log"),
    (
        "History and evidence",
        "evidence domain.changes domain.chain domain.replay domain.checkpoint domain.verification",
    ),
    ("Risk tiers in memory", "risk_tiers"),
    ("Errors", "errors"),
)
_ELSEWHERE: Final = frozenset({"ports"})
"""Homes whose names have a page of their own."""


def written() -> str:
    """Return every public name of ``model_registry`` in Markdown, below the page's title."""
    homes: dict[str, list[str]] = {}
    for name in model_registry.__all__:
        homes.setdefault(_home(name), []).append(name)
    lines: list[str] = []
    for title, grouped in _GROUPS:
        lines += _section(title, [name for home in grouped.split() for name in homes.pop(home)])
    for home, names in homes.items():
        if home not in _ELSEWHERE:
            lines += _section(home.rpartition(".")[2].replace("_", " ").capitalize(), names)
    return "\n".join(lines)


def _section(title: str, names: Iterable[str]) -> Iterator[str]:
    yield from (f"## {title}", "", "```{eval-rst}", ".. currentmodule:: model_registry", "")
    for name in names:
        yield from _described(name)
    yield from ("```", "")


def _described(name: str) -> Iterator[str]:
    value = getattr(model_registry, name)
    if inspect.isclass(value):
        kind = "autoexception" if issubclass(value, BaseException) else "autoclass"
        yield from (f".. {kind}:: {name}", "   :members:")
    elif inspect.isroutine(value):
        yield f".. autofunction:: {name}"
    else:
        # Autodoc looks for a value's docstring beside the name; it stands in the value's home.
        home = ModuleAnalyzer.for_module(f"model_registry.{_home(name)}")
        text = home.find_attr_docs().get(("", name), [""])
        yield from (f".. data:: {name}", "", *(f"   {line}" for line in text))
    yield ""


def _home(name: str) -> str:
    """Return the module, below ``model_registry``, that a public name is loaded from."""
    home: str = model_registry._HOMES[name]
    return home
