"""
The command ``demo``: the registry's main job, from a request log to an examiner's file.

It runs the real commands, one after another, and shows each as a person would
type it, so that everything it does can be done again by hand.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from shutil import which
from typing import Annotated, Final
from uuid import NAMESPACE_URL, uuid5

import attrs
from cyclopts import Parameter

from model_registry.cli.changes import update
from model_registry.cli.discovery import discover
from model_registry.cli.files import write_file
from model_registry.cli.history import history
from model_registry.cli.inventory import export, list_models
from model_registry.cli.options import NumberOption, Place
from model_registry.cli.screen import complain, heading, say
from model_registry.domain.chain import first_broken_link
from model_registry.domain.instants import read_instant, write_instant
from model_registry.errors import Fault, InvalidStatusTransition, ValidationError
from model_registry.plugins import open_registry, open_store
from model_registry.tenant import TenantRegistry

_LOG: Final = "requests.jsonl"
_EXPORT: Final = "inventory.csv"
_MORE: Final = "more-requests.jsonl"
_OWN: Final = re.compile(r"registry\.db(-wal|-shm)?|(more-)?requests\.jsonl|inventory\.csv")
_TENANT: Final = "org_abc"
_MODEL: Final = "gpt-4o"
_TIME: Final = re.compile(r'(?<="timestamp": ")[^"]+(?=")')
_WIDTH: Final = 78


@attrs.frozen(kw_only=True)
class _Stage(Place):
    """
    Where the demo plays.

    Entries that were made at one moment are listed in the order of their ids;
    ids from a fixed sequence show the same order every time.
    """

    store: str
    tenant: str = _TENANT
    actor: str = "scan"
    ids: Iterator[str] = attrs.field(
        factory=lambda: (str(uuid5(NAMESPACE_URL, f"demo/{number}")) for number in count(1))
    )

    @contextmanager
    def opened(self, request_log: str | None = None) -> Iterator[TenantRegistry]:
        with open_registry(self.store, request_log, new_id=self.ids.__next__) as registry:
            yield registry.tenant(self.tenant, self.actor)

    def run(self, command: Callable[..., None], *words: str, **options: str | Path) -> None:
        """Show a command as it is typed, and run it."""
        name = command.__name__.removesuffix("_models")
        typed = [*words, *(w for k, v in options.items() for w in (f"--{_dashed(k)}", str(v)))]
        who = "" if self.actor == "scan" else f" --actor {self.actor}"
        say(f"$ model-registry {shlex.join([name, *typed])}{who}")
        command(*words, **options, place=self)


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def demo(
    *,
    folder: Annotated[Path, Parameter(metavar="DIR")] = Path("model-registry-demo"),
    serve: bool = False,
    port: NumberOption = None,
) -> int:
    """
    Show the whole registry at work on a sample request log.

    Args:
        folder: Where its files go; those of an earlier demo are replaced.
        serve: Serve the inventory page instead, with half a year of a bank's work in it.
        port: Port to serve it on; 0 for any that is free. Default: 8000.
    """
    if port and not serve:
        raise ValidationError([Fault("port", "is for --serve")])
    _make_room(folder)
    stage = _Stage(store=f"sqlite:///{folder / 'registry.db'}")
    if serve:
        return _serve(folder, stage, port)
    with redirect_stderr(sys.stdout):
        _play(folder, stage)
    return 0


def _serve(folder: Path, stage: _Stage, port: str | None) -> int:
    # With it come the server and the web framework, for which the story told in
    # text need not wait.
    from model_registry.cli.demo_inventory import fill_inventory, write_requests  # noqa: PLC0415  # only with --serve
    from model_registry.cli.demo_page import serve_page  # noqa: PLC0415  # likewise

    today = datetime.now(UTC).replace(microsecond=0)
    _copy_log(folder / _LOG)
    write_requests(folder / _MORE, stage.tenant, today)
    log = str(folder / f"*{_LOG}")
    fill_inventory(stage.store, stage.tenant, log, stage.ids.__next__, today)
    return serve_page(stage.store, log, stage.tenant, port)


def _play(folder: Path, stage: _Stage) -> None:
    ana, ben = attrs.evolve(stage, actor="ana"), attrs.evolve(stage, actor="ben")

    heading("1. A request log")
    _copy_log(folder / _LOG)

    heading(f"2. Which models does {_TENANT} use?")
    _say_path()
    say(f"$ export MODEL_REGISTRY_STORE={shlex.quote(stage.store)}")
    say(f"$ export MODEL_REGISTRY_TENANT={stage.tenant}")
    say(f"$ export MODEL_REGISTRY_ACTOR={stage.actor}")
    stage.run(discover, request_log=str(folder / _LOG))

    heading(f"3. How much harm can {_MODEL} do? It gets a tier and an owner")
    ana.run(update, _MODEL, tier="tier_2", owner="ml-risk")
    stage.run(list_models)

    heading("4. It is validated, step by step")
    for actor, status in ((ana, "pending_validation"), (ben, "in_validation"), (ben, "validated")):
        actor.run(update, _MODEL, status=status)

    heading("5. Not every step is permitted")
    try:
        ana.run(update, _MODEL, status="draft")
    except InvalidStatusTransition as error:
        complain(str(error))

    heading("6. Every change is on record")
    stage.run(history, _MODEL)
    _check_chain(stage)

    heading("7. The inventory as a file, for a GRC platform or an examiner")
    stage.run(export, output=folder / _EXPORT)
    for line in (folder / _EXPORT).read_text(encoding="utf-8").splitlines()[:4]:
        say(_cut(line))

    heading("What next? The lines above that begin with export, and then")
    _say_next(folder)


def _say_path() -> None:
    """Say how the command is found, where it is not found already."""
    program = Path(sys.executable).with_name("model-registry")
    found = which("model-registry")
    if not (found and program.exists() and program.samefile(found)):
        say(f"$ export PATH={shlex.quote(str(program.parent))}:$PATH")


def _make_room(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise ValidationError([Fault("folder", "is not a folder", str(folder))])
    folder.mkdir(parents=True, exist_ok=True)
    files = list(folder.iterdir())
    foreign = [file.name for file in files if not _OWN.fullmatch(file.name)]
    if foreign:
        message = f"holds other files, such as {min(foreign)}; name an empty folder or a new one"
        raise ValidationError([Fault("folder", message, str(folder))])
    for file in files:
        file.unlink()


def sample() -> Path:
    """Return the sample request log: beside this module when installed, else in ``examples``."""
    installed = Path(__file__).with_name(_LOG)
    return installed if installed.exists() else Path(__file__).parents[3] / "examples" / _LOG


def _copy_log(path: Path) -> None:
    """Copy the sample, moved by whole days so that it ends today: a scan looks back from now."""
    lines = sample().read_text(encoding="utf-8").splitlines(keepends=True)
    last = max(read_instant(time) for line in lines for time in _TIME.findall(line))
    shift = timedelta(days=(datetime.now(UTC) - last) // timedelta(days=1))
    moved = [
        _TIME.sub(lambda time: write_instant(read_instant(time[0]) + shift), line) for line in lines
    ]
    write_file(path, (line.encode() for line in moved))
    say(f"{path} has {len(moved):,} lines: audit events of three banks.")
    say(f"It ends on {last + shift:%Y-%m-%d} with:")
    say(_cut(moved[-1].strip()))


def _cut(line: str) -> str:
    return line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…"


def _check_chain(stage: _Stage) -> None:
    with open_store(stage.store) as store:
        length = store.head(stage.tenant).sequence
        with store.history(stage.tenant) as events:
            broken = first_broken_link(events)
    verdict = "the chain is intact" if broken is None else f"the chain breaks at {broken}"
    say(f"Each event's hash covers the one before: {length} of {length} checked, {verdict}.")


def _say_next(folder: Path) -> None:
    for line in (
        f"$ export MODEL_REGISTRY_REQUEST_LOG={shlex.quote(str(folder / _LOG))}",
        "$ export MODEL_REGISTRY_JWT_SECRET=$(openssl rand -hex 32)",
        f"$ model-registry show {_MODEL} --json",
        "$ model-registry discover --days 90 --dry-run",
        "$ model-registry discover --tenant org_xyz",
        "$ model-registry serve &",
        '$ curl -H "Authorization: Bearer $(model-registry token)" \\',
        "    http://127.0.0.1:8000/api/admin/models",
    ):
        say(line)
