"""The installed command as a process of its own: the demo, the server, signals and pipes."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

REPOSITORY = Path(__file__).parents[2]
SECRET = "a secret of more than thirty-two bytes"


@contextmanager
def serving(program: str, *options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Serve on a free port, and give the URL; stopped by SIGTERM if it still runs."""
    command = [program, "serve", "--port", "0", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        address = re.search(r"http://\S+", line)
        assert address is not None, line
        try:
            yield address[0], process
        finally:
            if process.poll() is None:
                process.terminate()


@pytest.fixture
def authorized(
    settings: dict[str, str], start: Any, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    monkeypatch.setenv("MODEL_REGISTRY_JWT_SECRET", SECRET)
    return {"Authorization": f"Bearer {start('token').out.strip()}"}


class TestServe:
    @pytest.mark.parametrize("workers", [1, 2])
    def test_from_token_to_a_clean_stop(
        self, program: str, authorized: dict[str, str], workers: int, start: Any, tmp_path: Path
    ) -> None:
        log = tmp_path / "requests.jsonl"
        log.write_text("")
        options = ("--workers", str(workers), "--request-log", str(log))
        with serving(program, *options) as (url, process):
            assert httpx.get(f"{url}/models", timeout=20).status_code == 401
            body = {"model_id": "gpt-4o", "provider": "openai", "risk_tier": "tier_2"}
            made = httpx.post(f"{url}/models", json=body, headers=authorized)
            assert made.status_code == 201
            found = httpx.post(f"{url}/models/discover", headers=authorized)
            assert (found.status_code, found.json()["discovered"]) == (200, 0)
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
            assert process.stderr is not None
            assert process.stderr.read() == ""
        assert start("show", "gpt-4o", "--json").json == made.json()

    def test_a_token_without_the_role_is_refused(
        self, program: str, authorized: dict[str, str], start: Any
    ) -> None:
        reader = {"Authorization": f"Bearer {start('token', '--role', 'reader').out.strip()}"}
        with serving(program, "--prefix", "/mrm", "--store", "memory://") as (url, _):
            assert url.endswith("/mrm")
            assert httpx.get(f"{url}/models", headers=reader, timeout=20).status_code == 403
            assert httpx.get(f"{url}/models", headers=authorized).status_code == 200

    def test_control_c_is_130(self, program: str, authorized: dict[str, str]) -> None:
        with serving(program) as (url, process):
            assert httpx.get(f"{url}/models", headers=authorized, timeout=20).status_code == 200
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 130
            assert process.stderr is not None
            assert "Traceback" not in process.stderr.read()


@pytest.mark.xdist_group("demo")
class TestDemo:
    @pytest.fixture(scope="class")
    @staticmethod
    def played(
        tmp_path_factory: pytest.TempPathFactory,
    ) -> tuple[Path, subprocess.CompletedProcess[str], float]:
        folder = tmp_path_factory.mktemp("demo")
        program = Path(sys.executable).with_name("model-registry")
        began = time.monotonic()
        done = subprocess.run(
            [program, "demo"], cwd=folder, capture_output=True, text=True, check=False
        )
        return folder, done, time.monotonic() - began

    def test_it_tells_the_whole_story(self, played: Any) -> None:
        folder, done, seconds = played
        assert (done.returncode, done.stderr) == (0, "")
        assert seconds < 10
        for told in (
            "11 models in 30 days (3,921 rows read): 11 created, 0 existing",
            "1 row could not be understood",
            "validation_status: in_validation → validated",
            "error: A model that is validated cannot become draft; allowed: pending_validation",
            "15 of 15 checked, the chain is intact",
            "id,model_id,provider,display_name,risk_tier",
        ):
            assert told in done.stdout
        assert (
            len((folder / "model-registry-demo" / "inventory.csv").read_text().splitlines()) == 12
        )

    def test_twice_is_the_same_but_for_times_and_hashes(self, played: Any, program: str) -> None:
        folder, first, _ = played
        second = subprocess.run(
            [program, "demo"], cwd=folder, capture_output=True, text=True, check=True
        )
        changing = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d  [0-9a-f]{8}")
        assert changing.sub("", second.stdout) == changing.sub("", first.stdout)

    def test_every_command_that_it_shows_can_be_typed(self, played: Any, tmp_path: Path) -> None:
        folder, done, _ = played
        story, _, rest = done.stdout.partition("What next?")
        exports = re.findall(r"^\$ (export .*)$", story, re.MULTILINE)
        advice = re.findall(r"^\$ ((?:.*\\\n)*.*)$", rest, re.MULTILINE)
        assert len(advice) == 7
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = str(free.getsockname()[1])
        lines = [*exports, *advice]
        serve = next(place for place, line in enumerate(lines) if "serve" in line)
        lines[serve] = lines[serve].replace(" serve", f" serve --port {port}")
        lines[serve + 1 :] = [
            "trap 'kill $!' EXIT",
            "sleep 3",
            lines[serve + 1].replace("8000", port) + " --fail --silent",
        ]
        script = "\n".join(["set -e", *lines])
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MODEL_REGISTRY_")}
        ran = subprocess.run(
            ["bash", "-c", script],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        assert '"validation_status": "validated"' in ran.stdout
        assert "12 models in 90 days" in ran.stderr
        assert '{"total":11,' in ran.stdout

    def test_it_runs_from_a_wheel(self, tmp_path: Path, program: str) -> None:
        build = [sys.executable, "-m", "pip", "wheel", str(REPOSITORY), "--no-deps", "-q"]
        subprocess.run([*build, "--no-build-isolation", "-w", str(tmp_path)], check=True)
        (wheel,) = tmp_path.glob("*.whl")
        installed = tmp_path / "installed"
        install = [sys.executable, "-m", "pip", "install", "--no-deps", "-q", "--target"]
        subprocess.run([*install, str(installed), str(wheel)], check=True)
        code = "import sys; from model_registry.cli import main; sys.exit(main(['demo']))"
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(installed)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        package = installed / "model_registry"
        assert (package / "cli" / "requests.jsonl").exists()
        assert (package / "cli" / "demo_inventory.csv").exists()
        page = REPOSITORY / "src" / "model_registry" / "asgi" / "ui"
        assert {f.name for f in (package / "asgi" / "ui").iterdir()} == {
            f.name for f in page.iterdir()
        }
        assert "the chain is intact" in done.stdout


def test_help_and_version_start_fast_and_load_no_backend(start: Any, program: str) -> None:
    assert re.fullmatch(r"model-registry \d+\.\d+\.\d+\n", start("--version").out)
    code = "import sys; from model_registry.cli import main; main(['--help']); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    heavy = {"sqlalchemy", "pyarrow", "starlette", "uvicorn", "jwt", "msgspec", "rich.progress"}
    assert not heavy & set(loaded.stdout.split())
    assert "Find models in the request log" in loaded.stdout


def test_a_library_without_its_command_line_says_how_to_get_it() -> None:
    code = "import sys; sys.modules['cyclopts'] = None; from model_registry.cli import main; "
    done = subprocess.run(
        [sys.executable, "-c", code + "sys.exit(main([]))"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == (
        "error: the command line is not installed; run: pip install 'model-risk-registry[cli]'\n"
    )


@pytest.mark.parametrize("command", ["list", "export", "list --json"])
def test_a_reader_that_goes_away_is_no_error(program: str, run: Any, command: str) -> None:
    run("register", "gpt-4o", "--tier", "tier_1")
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [program, *command.split()], stdout=writer, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_terminal_without_unicode(start: Any) -> None:
    start("register", "Zürich", "--tier", "tier_1")
    shown = start("list", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert shown.code == 0
    assert r"Z\xfcrich" in shown.out
