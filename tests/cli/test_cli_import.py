"""The command ``import``, and workbooks from ``export``, as a person meets them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest


@pytest.fixture
def inventory(run: Any) -> None:
    for model in ("gpt-4o", "llama3:8b"):
        assert run("register", model, "--tier", "tier_2", "--owner", "ml").code == 0


def save(path: str, *lines: str) -> str:
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


class TestImport:
    def test_a_dry_run_tells_the_difference_and_the_run_makes_it(
        self, run: Any, inventory: None
    ) -> None:
        file = save(
            "m.csv", "model_id,risk_tier", "gpt-4o,tier_1", "llama3:8b,tier_2", "new,tier_3"
        )
        tried = run("import", file, "--dry-run")
        assert tried.out.splitlines()[1:] == [
            "2    gpt-4o  changed  risk_tier: tier_2 → tier_1",
            "4    new     new      tier_3, draft, unknown",
        ]
        assert "1 new, 1 changed, 1 unchanged, 0 refused; a dry run" in tried.err
        assert run("history", "--json").json["total"] == 2
        done = run("import", file)
        assert (done.code, done.out) == (tried.code, tried.out) == (0, tried.out)
        assert "2 changes written" in done.err
        assert run("history", "--json").json["total"] == 4
        assert "nothing to write" in run("import", file).err

    def test_a_refused_row_keeps_all_out_unless_the_others_are_wanted(
        self, run: Any, inventory: None
    ) -> None:
        file = save("m.csv", "model_id,risk_tier", "gpt-4o,tier_1", "bad,high", ",tier_1")
        refused = run("import", file)
        assert refused.code == 1
        assert "--partial" in refused.err
        assert run("list", "--tier", "tier_1", "--json").json["total"] == 0
        report = run("import", file, "--partial", "--json")
        assert report.code == 0
        assert report.json["written"]
        assert [(one["row"], one["status"]) for one in report.json["models"]] == [
            (2, "changed"), (3, "refused"), (4, "refused")
        ]  # fmt: skip
        assert report.json["models"][1]["details"] == [
            {
                "field": "risk_tier",
                "message": "must be one of tier_1, tier_2, tier_3, tier_4",
                "given": "high",
                "allowed": ["tier_1", "tier_2", "tier_3", "tier_4"],
            }
        ]
        assert run("list", "--tier", "tier_1", "--json").json["total"] == 1

    def test_the_screen_shows_fifty_of_a_kind_and_json_all(self, run: Any) -> None:
        file = save("m.csv", "model_id,risk_tier", *(f"m{n},high" for n in range(120)))
        shown = run("import", file)
        assert len(shown.out.splitlines()) == 51
        assert "70 more rows not shown" in shown.err
        assert len(run("import", file, "--json").json["models"]) == 120

    def test_columns_are_mapped_by_options_and_a_file(self, run: Any) -> None:
        file = save("m.csv", "Name;A=B;Nr", "gpt-4o;T1;1")
        mapping = save(
            "m.toml", 'columns = {"Name" = "owner"}', "[values.risk_tier]", 'T1="tier_1"'
        )
        words = ("--mapping", mapping, "--map", "Name=model_id", "--map", "A=B=risk_tier")
        assert "'Nr'; map them, or ignore them" in run("import", file, *words).complaints[0]
        assert run("import", file, *words, "--ignore", "Nr").code == 0
        assert run("show", "gpt-4o", "--json").json["risk_tier"] == "tier_1"

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            (["nowhere.csv"], "nowhere.csv: No such file or directory"),
            (["m.txt"], "FILE: is called 'm.txt', which tells no format"),
            (["m.txt", "--format", "xls"], "--format: must be one of csv, json, xlsx"),
            (["m.txt", "--format", "xlsx"], "FILE: is no XLSX workbook"),
            (["m.txt", "--format", "csv", "--map", "x"], "--map: must be written COLUMN=FIELD"),
            (["m.txt", "--format", "csv", "--map", "a=b"], "--map: 'a' would be 'b'"),
            (["m.txt", "--format", "csv", "--mapping", "m.txt"], "--mapping: is not TOML"),
        ],
    )
    def test_mistakes_are_one_clear_line(self, run: Any, words: list[str], told: str) -> None:
        save("m.txt", "a", "1")
        answer = run("import", *words)
        assert answer.code == 1
        (complaint,) = answer.complaints
        assert complaint.startswith(f"error: {told}")


class TestWorkbooks:
    def test_a_workbook_of_then_or_now_goes_out_and_comes_back(
        self, run: Any, inventory: None
    ) -> None:
        then = run("show", "gpt-4o", "--json").json["created_at"]
        for words, rows in (((), 2), (("--as-of", then), 1), (("--search", "llama"), 1)):
            assert run("export", "--format", "xlsx", "--output", "i.xlsx", *words).code == 0
            assert openpyxl.load_workbook("i.xlsx")["Inventory"].max_row == rows + 1
            assert f"{rows} unchanged, 0 refused; nothing to write" in run("import", "i.xlsx").err

    def test_a_workbook_is_no_text_for_a_screen(self, run: Any, inventory: None) -> None:
        assert run("export", "--format", "xlsx").complaints == [
            "error: --output: is required for a workbook: give a FILE"
        ]

    def test_a_workbook_needs_an_extra_and_says_which(
        self, run: Any, inventory: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
        Path("i.xlsx").write_bytes(b"before")
        for words in (["export", "--format", "xlsx", "--output", "i.xlsx"], ["import", "i.xlsx"]):
            (complaint,) = run(*words).complaints
            assert "pip install 'model-risk-registry[xlsx]'" in complaint
        assert Path("i.xlsx").read_bytes() == b"before"
