"""
What a name in a signature leads to, and how a docstring of a value is read.

A public name is documented where it is imported from (``model_registry.ModelEntry``) and
lives elsewhere (``model_registry.domain.entry.ModelEntry``): the one leads to the other.
What is inside, or another package's, is shown without a link: the build asks no network.
"""

import builtins
import sys
from typing import Any, Final

from docutils.nodes import Element, TextElement
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

_PACKAGES: Final = frozenset(
    {
        *sys.stdlib_module_names,
        *("model_registry", "model_registry_parquet", "model_registry_spark", "model_registry_sql"),
        *(
            "attr",
            "attrs",
            "cryptography",
            "hypothesis",
            "opentelemetry",
            "prometheus_client",
            "sqlalchemy",
        ),
    }
)
_VALUES: Final = frozenset({"attribute", "data", "property"})
_DESCRIBED: Final = frozenset({"class", "data", "exception", "function"})


def resolve(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: TextElement
) -> Element | None:
    """Lead a Python name to the public one that it is, or show it as it is."""
    if node.get("refdomain") != "py":
        return None
    target: str = node["reftarget"]
    python: Any = env.domains["py"]
    last = target.rpartition(".")[2]
    places = [
        name
        for name, entry in python.objects.items()
        if name.rpartition(".")[2] == last and entry.objtype in _DESCRIBED
    ]
    if len(places) == 1:
        found: Element | None = python.resolve_xref(
            env, node["refdoc"], app.builder, "obj", places[0], node, content
        )
        return found
    package, _, inside = target.partition(".")
    if inside or node["reftype"] == "exc":
        return content if package in _PACKAGES or hasattr(builtins, target) else None
    # A name that is imported for annotations alone: the type checker has seen it, Sphinx cannot.
    return content


def part_with_a_dash(  # noqa: PLR0917  # what Sphinx calls it with
    app: Sphinx, what: str, name: str, value: object, options: object, lines: list[str]
) -> None:
    """Keep Napoleon from taking the words before a value's first colon for its type."""
    if what in _VALUES and lines:
        lines[0] = lines[0].replace(": ", " — ", 1)


def setup(app: Sphinx) -> dict[str, bool]:
    """Be asked for what Sphinx does not find, and for docstrings before Napoleon."""
    app.connect("missing-reference", resolve)
    app.connect("autodoc-process-docstring", part_with_a_dash, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
