"""The commands ``history verify``, ``history checkpoint`` and ``history key``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import attrs
from cyclopts import Parameter

from model_registry.cli.files import write_file
from model_registry.cli.options import HERE, JsonOption, Place
from model_registry.cli.screen import complain, note, say, say_json, write_bytes
from model_registry.domain.checkpoint import Checkpoint, read_note
from model_registry.domain.verification import Verification
from model_registry.errors import Fault, ValidationError

_LONGEST_FILE: Final = 64 * 1024


def verify(
    *,
    checkpoint: Annotated[Path | None, Parameter(metavar="FILE")] = None,
    public_key: Annotated[str | None, Parameter(metavar="KEY")] = None,
    json: JsonOption = False,
    place: Place = HERE,
) -> int:
    """
    Recompute the history's chain and hold the inventory against it.

    The exit code is 1 if anything is not as it was written.

    Args:
        checkpoint: A checkpoint that was kept elsewhere; only it shows a history
            that was cut off or written anew.
        public_key: The key that must have signed it, as "history key" printed it.
        json: print JSON.
        place: where.
    """
    held = None if checkpoint is None else _read_checkpoint(checkpoint, public_key)
    with place.opened() as inventory:
        verification = inventory.verify(held)
    if json:
        say_json(_plain(verification))
    else:
        _say(verification)
    return 0 if verification.intact and verification.complete is not False else 1


def checkpoint(
    *,
    key: Annotated[Path | None, Parameter(metavar="FILE")] = None,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"], metavar="FILE")] = None,
    place: Place = HERE,
) -> None:
    """
    State how far the history reaches, to be kept where nobody can edit it.

    Args:
        key: The signing key that "history key" wrote; without it the checkpoint
            is not signed.
        output: Write this file instead of standard output.
        place: where.
    """
    signing = None if key is None else signing_key(key)
    with place.opened() as inventory:
        stated = inventory.checkpoint()
    text = stated.body() if signing is None else signing.sign(stated)
    if output is None:
        write_bytes([text.encode()])
    else:
        write_file(output, [text.encode()])


def make_key(
    *,
    name: Annotated[str, Parameter(metavar="NAME")],
    output: Annotated[Path, Parameter(name=["--output", "-o"], metavar="FILE")],
) -> None:
    """
    Make a key that signs checkpoints, and print its public half.

    Args:
        name: Who signs, such as risk.example.com.
        output: The new file for the key; keep it away from whoever can edit the store.
    """
    from model_registry.signing import SigningKey  # noqa: PLC0415  # needs cryptography

    if output.exists():
        raise ValidationError([Fault("output", "exists already; a key is never replaced")])
    made = SigningKey.generate(name)
    output.touch(mode=0o600)
    output.write_text(made.write() + "\n", encoding="utf-8")
    say(made.id.written())


def signing_key(path: Path) -> Any:
    """
    Return the signing key in a file.

    Raises:
        ValidationError: it holds none.
        OSError: it cannot be read.
    """
    from model_registry.signing import SigningKey  # noqa: PLC0415  # needs cryptography

    return SigningKey.read(_read("signing_key", path))


def _read_checkpoint(path: Path, public_key: str | None) -> Checkpoint:
    text = _read("checkpoint", path)
    if public_key is None:
        note("warning: who signed the checkpoint is not looked at; see --public-key")
        # Unsigned, it lacks the empty line before the signatures.
        return read_note(text)[0]
    from model_registry.signing import (  # noqa: PLC0415  # needs cryptography
        open_checkpoint,
        read_public_key,
    )

    return open_checkpoint(text, read_public_key(public_key))


def _read(field: str, path: Path) -> str:
    with path.open("rb") as file:
        raw = file.read(_LONGEST_FILE)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise ValidationError([Fault(field, "is not a text file", str(path))]) from None


def _plain(verification: Verification) -> dict[str, Any]:
    return {
        "tenant_id": verification.tenant_id,
        "intact": verification.intact,
        "complete": verification.complete,
        "events": verification.events,
        "entries": verification.entries,
        "found": verification.found,
        "discrepancies": [attrs.asdict(one) for one in verification.discrepancies],
    }


def _say(verification: Verification) -> None:
    for discrepancy in verification.discrepancies:
        complain(discrepancy.message)
    if verification.found > len(verification.discrepancies):
        complain(f"and {verification.found - len(verification.discrepancies):,} more")
    counts = f"{verification.events:,} events, {verification.entries:,} entries"
    state = "intact" if verification.intact else "NOT intact"
    say(f"integrity: {state} ({counts})")
    match verification.complete:
        case None:
            say("completeness: unknown without a checkpoint that was kept elsewhere")
        case True:
            size = verification.checkpoint.size if verification.checkpoint else 0
            say(f"completeness: all {size:,} events of the checkpoint are there, unchanged")
        case False:
            say("completeness: NOT the history that the checkpoint states")
