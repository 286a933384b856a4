"""How Sphinx makes the documentation site of the Markdown pages and the docstrings."""

import logging
import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

# The theme's code styles would set logging up to write every line that anybody logs.
logging.basicConfig(level=logging.WARNING)

project = "model-risk-registry"
author = "the maintainers"
version = release = version_of("model-risk-registry")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "references",
    "python_names",
    "offline",
]
exclude_patterns = ["_build", "_ext"]
html_theme = "furo"
html_title = "Model registry"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False

myst_heading_anchors = 4
myst_url_schemes = ["http", "https", "mailto"]

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
napoleon_use_ivar = True
napoleon_use_rtype = False
nitpicky = True
