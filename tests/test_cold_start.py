"""What a fresh process loads, and that no public name is lost by being loaded late."""

import ast
import copy
import pickle
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import model_registry

HEAVY = {
    "cattrs", "cryptography", "jwt", "model_registry_memory", "model_registry_parquet",
    "model_registry_sql", "msgspec", "opentelemetry", "prometheus_client", "pyarrow",
    "sqlalchemy", "starlette", "uvicorn",
}  # fmt: skip


def loaded_by(code: str, *arguments: str) -> set[str]:
    """Return the modules that a fresh process has loaded after some code."""
    probe = f"import sys; given = set(sys.modules)\n{code}\nprint(*set(sys.modules) - given)"
    done = subprocess.run(
        [sys.executable, "-c", probe, *arguments], capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


def packages(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules} - set(sys.stdlib_module_names)


def test_the_bare_import_loads_nothing_but_itself():
    loaded = loaded_by("import model_registry")
    assert packages(loaded) == {"model_registry"}
    assert {name for name in loaded if name.startswith("model_registry")} == {"model_registry"}


def test_a_registry_needs_attrs_and_nothing_that_only_evidence_or_discovery_needs():
    loaded = loaded_by("from model_registry import Registry, open_registry, Registration")
    assert packages(loaded) == {"model_registry", "attr", "attrs"}
    assert not loaded & {
        "importlib.metadata",
        "model_registry.domain.checkpoint",
        "model_registry.domain.discovery",
        "model_registry.domain.verification",
        "urllib.parse",
    }


def test_opening_a_store_loads_its_backend_and_no_other(tmp_path):
    memory = "from model_registry import open_registry; open_registry('memory://')"
    assert packages(loaded_by(memory)) == {
        "model_registry", "model_registry_memory", "attr", "attrs"
    }  # fmt: skip
    sqlite = f"from model_registry import open_registry; open_registry('sqlite:///{tmp_path}/r.db')"
    loaded = packages(loaded_by(sqlite))
    assert {"model_registry_sql", "sqlalchemy"} <= loaded
    assert not loaded & {"model_registry_parquet", "msgspec", "psycopg", "pyarrow", "starlette"}


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["list", "--help"]])
def test_to_ask_what_there_is_loads_no_store_and_no_server(words):
    loaded = loaded_by("from model_registry.cli import main; main(sys.argv[1:])", *words)
    assert not packages(loaded) & HEAVY
    assert not {name for name in loaded if name.startswith("model_registry.asgi")}
    if len(words) == 1:
        assert "model_registry.registry" not in loaded


def names_for_type_checkers() -> dict[str, str]:
    """Return the public names that the source imports for type checkers, with their homes."""
    (only_checked,) = (
        node
        for node in ast.parse(Path(model_registry.__file__).read_text()).body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    )
    imports = (node for node in only_checked.body if isinstance(node, ast.ImportFrom))
    return {name.name: str(node.module) for node in imports for name in node.names}


def test_every_public_name_is_the_one_that_its_home_has():
    homes = names_for_type_checkers()
    assert sorted(homes) == sorted(model_registry.__all__)
    for name, home in homes.items():
        assert getattr(model_registry, name) is getattr(import_module(home), name)
    assert set(model_registry.__all__) <= set(dir(model_registry))


def test_a_star_import_brings_every_public_name():
    code = (
        "from model_registry import *; import model_registry;"
        "missing = {n for n in model_registry.__all__ if globals()[n] is None}; assert not missing"
    )
    assert "model_registry.evidence" in loaded_by(code)


def test_modules_are_reached_from_the_package_as_before():
    loaded = loaded_by("import model_registry; model_registry.errors.ModelNotFound")
    assert "model_registry.errors" in loaded
    assert "model_registry.registry" not in loaded


def test_a_name_that_is_not_there_is_told_as_python_does():
    with pytest.raises(AttributeError, match="module 'model_registry' has no attribute 'Registri'"):
        _ = model_registry.Registri
    with pytest.raises(ImportError, match="cannot import name 'Registri'"):
        exec("from model_registry import Registri")


def test_what_is_pickled_here_is_read_by_a_process_that_has_loaded_nothing():
    tags = {"unit": "retail"}
    made = model_registry.Registration(
        model_id="gpt-4o", provider="openai", risk_tier="tier_2", tags=tags
    )
    assert copy.deepcopy(made) == pickle.loads(pickle.dumps(made)) == made
    code = "import pickle; print(pickle.loads(bytes.fromhex(sys.argv[1])).tags['unit'])"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {code}", pickle.dumps(made).hex()],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "retail"
