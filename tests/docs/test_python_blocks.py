"""What the pages show as Python is run, each page from its first block to its last."""

from __future__ import annotations

import ast
import asyncio
import gzip
import json
import re
import tomllib
from collections.abc import Iterator

import pytest
from doc_pages import PAGES, REPOSITORY, Block, blocks, text_of, to_run

RUN_BESIDE_WHAT_THEY_NEED = {
    "docs/beyond-one-machine.md": "tests/spark/test_beyond_one_machine.py",
    "docs/embedding.md": "tests/asgi/test_docs.py",
    "docs/live-observation.md": "tests/adapters/test_litellm.py",
    "docs/observability.md": "tests/observing/test_observability_guide.py",
    "docs/parquet.md": "tests/request_logs/test_guides.py",
    "docs/policy-engines.md": "tests/risk_tiers/test_threads_and_bounds.py",
    "docs/request-logs.md": "tests/request_logs/test_guides.py",
    "docs/sql.md": "tests/backends/test_sql_schema.py",
}
"""Pages whose blocks a test elsewhere runs, on servers or on data of their own."""

NOT_RUN = {
    "docs/sql.md: it needs a PostgreSQL server.": 1,
}
"""How many blocks of a page are not run by any test, and why; the page says so too."""

SHOWN = [page for page in PAGES if to_run(page, "python") and page not in RUN_BESIDE_WHAT_THEY_NEED]


def promised(block: Block) -> Iterator[str]:
    """Give the lines that comments right below a ``print`` say it writes."""
    lines = block.text.splitlines()
    statements = (node for node in ast.walk(ast.parse(block.text)) if isinstance(node, ast.stmt))
    for node in sorted(statements, key=lambda node: node.lineno):
        match node:
            case ast.Expr(value=ast.Call(func=ast.Name(id="print"))):
                margin = " " * node.col_offset + "# "
                for line in lines[node.end_lineno :]:
                    if not line.startswith(margin):
                        break
                    yield line.removeprefix(margin)


def occur_in_order(expected: list[str], written: list[str]) -> bool:
    """Tell whether these lines are among those, in their order; … stands for anything."""
    left = iter(written)
    patterns = [".*".join(re.escape(part) for part in line.split("…")) for line in expected]
    return all(any(re.fullmatch(pattern, line) for line in left) for pattern in patterns)


@pytest.mark.parametrize("page", SHOWN)
def test_every_block_runs(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(REPOSITORY / "tests/third_party"))
    (tmp_path / "examples").symlink_to(REPOSITORY / "examples")
    sample = (REPOSITORY / "examples/requests.jsonl").read_bytes()
    (tmp_path / "requests.jsonl").write_bytes(sample)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/requests.jsonl.gz").write_bytes(gzip.compress(sample))
    names: dict[str, object] = {"__name__": "page"}
    for block in to_run(page, "python"):
        code = compile(
            "\n" * (block.line - 1) + block.text, page, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        )
        outcome = eval(code, names)
        if outcome is not None:
            asyncio.run(outcome)
        written = capsys.readouterr().out.splitlines()
        assert occur_in_order(list(promised(block)), written), (block.place, written)
    for value in names.values():
        if hasattr(value, "close") and type(value).__name__ == "Registry":
            value.close()


def test_a_comment_below_a_print_is_a_promise():
    shown = Block("a.md", 1, "python", "print(1)\n# 1\n# 2…\nx = 1\n# no promise\n", None)
    assert list(promised(shown)) == ["1", "2…"]
    assert occur_in_order(["1", "2…"], ["0", "1", "2 or 3"])
    assert not occur_in_order(["1", "2…"], ["2 or 3", "1"])


@pytest.mark.parametrize("page", RUN_BESIDE_WHAT_THEY_NEED)
def test_a_page_that_is_run_elsewhere_is(page):
    test = (REPOSITORY / RUN_BESIDE_WHAT_THEY_NEED[page]).read_text(encoding="utf-8")
    assert page.removeprefix("docs/") in test
    assert "exec(compile(" in test


def test_what_is_not_run_is_known():
    left_out: dict[str, int] = {}
    for page in PAGES:
        marked = [block for block in blocks(page) if block.not_run is not None]
        assert len(marked) == text_of(page).count("Not run by the tests:"), page
        for block in marked:
            reason = f"{page}: {block.not_run}"
            left_out[reason] = left_out.get(reason, 0) + 1
    assert left_out == NOT_RUN


def test_what_is_shown_as_data_is_data():
    readers = {"json": json.loads, "toml": tomllib.loads}
    shown = [block for page in PAGES for block in blocks(page) if block.language in readers]
    assert len(shown) > 2
    for block in shown:
        readers[block.language](block.text)


def test_every_link_of_the_pages_at_the_top_leads_somewhere():
    """Those below docs are looked at when the site is built."""
    for page in PAGES:
        if "/" not in page:
            links = re.findall(r"\]\((?!https?:)([^)#]+)\)", text_of(page))
            assert [link for link in links if not (REPOSITORY / link).exists()] == [], page
    assert "docs/quickstart.md" in text_of("README.md")
