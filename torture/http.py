"""Good clients among hostile ones, against ``serve``: what was acknowledged is there afterwards."""

from __future__ import annotations

import itertools
import random
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import attrs
import httpx
import jwt

from model_registry import Registry, open_registry
from torture.figures import Figures
from torture.http_hostile import MODELS, Attacker
from torture.serving import MIB, Served, serving

_SECRET = "a secret of the torture, long enough for HS256"
_TENANTS = ("org_a", "org_b")
_WRITERS = 4
_ATTACKERS = 8
_MEMORY = 256 * MIB  # what it takes by itself is a quarter of this


def torture(seconds: float, seed: int) -> Figures:
    """Let good and hostile clients at one server until the time is over."""
    with tempfile.TemporaryDirectory(prefix="torture-http-") as folder:
        return tried(f"sqlite:///{Path(folder)}/registry.db", seconds, seed)


def tried(store: str, seconds: float, seed: int) -> Figures:
    """
    Do so with this store, and judge what is in it afterwards.

    Raises:
        RuntimeError: the server held too much memory, or did not stop cleanly.
    """
    over = Event()
    with serving(store, _SECRET) as served, ThreadPoolExecutor(_WRITERS + _ATTACKERS) as threads:
        before = served.memory()
        writers = [Writer(_TENANTS[n % len(_TENANTS)], n, seed) for n in range(_WRITERS)]
        writing = [threads.submit(writer.write, served, over) for writer in writers]
        attacking = [threads.submit(_attack, served, over, seed + n) for n in range(_ATTACKERS)]
        over.wait(seconds)
        over.set()
        attacks = sum(attack.result() for attack in attacking)
        for done in writing:
            done.result()
        most = served.most_memory()
    if most > _MEMORY:
        raise RuntimeError(f"the server held {most // MIB} MiB")
    with open_registry(store) as registry:
        lost = [fault for writer in writers for fault in writer.missing(registry)]
        torn = [fault for tenant in _TENANTS for fault in _unsound(registry, tenant)]
    slowest = max(writer.slowest for writer in writers)
    refused = sum(writer.refused for writer in writers)
    notes = (
        f"the server's memory went from {before // MIB} to at most {most // MIB} MiB",
        f"good clients waited at most {slowest:.2f} s, and got 5xx {refused} times",
        *lost,
        *torn,
    )
    acknowledged = sum(writer.acknowledged for writer in writers)
    return Figures("http", attacks, acknowledged, len(lost), len(torn), notes)


def _attack(served: Served, over: Event, seed: int) -> int:
    attacker = Attacker(served.url, _credentials("org_mallory"), seed)
    for number in itertools.count():
        if over.is_set():
            return number
        attacker.attack()
    raise AssertionError("itertools.count ended")


def _credentials(tenant: str) -> str:
    claims = {"tenant_id": tenant, "sub": "torture", "role": "admin", "exp": time.time() + 86_400}
    return "Bearer " + jwt.encode(claims, _SECRET, "HS256")


def _unsound(registry: Registry, tenant: str) -> Iterator[str]:
    verification = registry.tenant(tenant).verify()
    yield from (f"{tenant}: {found.message}" for found in verification.discrepancies)


@attrs.define
class Writer:
    """
    A good client, who alone writes its models and so knows what must be there.

    Attributes:
        tenant: whose inventory it writes.
        number: its own.
        seed: decides what it does.
        acknowledged: how many writes were answered with success.
        refused: how many with 5xx.
        slowest: the most seconds that an answer took.
    """

    tenant: str
    number: int
    seed: int
    acknowledged: int = 0
    refused: int = 0
    slowest: float = 0.0
    _there: dict[str, tuple[str, str]] = attrs.Factory(dict)  # id: model_id, description
    _gone: list[str] = attrs.Factory(list)

    def write(self, served: Served, over: Event) -> None:
        """Register, amend and delete until it is over."""
        chance = random.Random(self.seed * 1_000 + self.number)
        headers = {"Authorization": _credentials(self.tenant)}
        with httpx.Client(base_url=served.url, headers=headers, timeout=30) as client:
            for step in itertools.count():
                if over.is_set():
                    return
                acts = [self._register, self._amend, self._amend, self._delete]
                act = chance.choice(acts) if len(self._there) > 5 else self._register
                started = time.monotonic()
                act(client, chance, f"step {step}")
                self.slowest = max(self.slowest, time.monotonic() - started)

    def missing(self, registry: Registry) -> Iterator[str]:
        """Yield what was acknowledged and is not so."""
        tenant = registry.tenant(self.tenant)
        for entry_id, (model_id, description) in self._there.items():
            found = tenant.find(model_id)
            if found is None or (found.id, found.description) != (entry_id, description):
                yield f"{self.tenant}: {model_id} is not as it was acknowledged"
        for model_id in self._gone:
            if tenant.find(model_id) is not None:
                yield f"{self.tenant}: {model_id} was deleted and is there"

    def _register(self, client: httpx.Client, _chance: random.Random, text: str) -> None:
        model_id = f"writer-{self.number}-{text}"
        sent = {"model_id": model_id, "provider": "acme", "risk_tier": "tier_3"}
        answer = client.post(MODELS, json={**sent, "description": text})
        if self._was_acknowledged(answer, 201):
            self._there[answer.json()["id"]] = (model_id, text)

    def _amend(self, client: httpx.Client, chance: random.Random, text: str) -> None:
        entry_id = chance.choice(list(self._there))
        answer = client.put(f"{MODELS}/{entry_id}", json={"description": text})
        if self._was_acknowledged(answer, 200):
            self._there[entry_id] = (self._there[entry_id][0], text)

    def _delete(self, client: httpx.Client, chance: random.Random, _text: str) -> None:
        entry_id = chance.choice(list(self._there))
        if self._was_acknowledged(client.delete(f"{MODELS}/{entry_id}"), 204):
            self._gone.append(self._there.pop(entry_id)[0])

    def _was_acknowledged(self, answer: httpx.Response, status: int) -> bool:
        if answer.status_code == status:
            self.acknowledged += 1
            return True
        if answer.status_code < 500:
            raise RuntimeError(f"{answer.request.method}: {answer.status_code} {answer.text}")
        self.refused += 1
        return False
