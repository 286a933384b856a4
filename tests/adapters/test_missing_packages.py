"""An adapter is imported without what it adapts to, and says what is missing when it is used."""

import subprocess
import sys

import pytest

CASES = {
    "litellm": ("litellm", "live_logger", "litellm"),
    "opentelemetry": ("opentelemetry", "live_span_processor", "opentelemetry-sdk"),
}


@pytest.mark.parametrize("adapter", CASES)
def test_what_is_missing_is_named(adapter):
    package, maker, distribution = CASES[adapter]
    code = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "import model_registry.adapters.asgi, model_registry.adapters.telling\n"
        f"from model_registry.adapters.{adapter} import {maker}\n"
        f"{maker}(print, 'org_abc')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == (
        f"ModuleNotFoundError: The package {distribution!r} is not installed; "
        f"run: pip install {distribution}"
    )
