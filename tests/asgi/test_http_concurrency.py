"""Many clients at once: one registration wins, and no interleaving makes an illegal move."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import httpx
from http_service import MODELS, bearer

from model_registry import DEFAULT_LIFECYCLE, ValidationStatus, first_broken_link

AT_ONCE = 32


def all_at_once(service, calls):
    limits = httpx.Limits(max_connections=AT_ONCE)
    with (
        httpx.Client(base_url=service.url, headers=bearer(), timeout=60, limits=limits) as client,
        ThreadPoolExecutor(AT_ONCE) as threads,
    ):
        return [answer.result() for answer in [threads.submit(call, client) for call in calls]]


def test_of_many_registrations_of_one_model_one_is_made(service):
    sent = {"model_id": "m", "provider": "acme", "risk_tier": "tier_1"}
    answers = all_at_once(service, [lambda client: client.post(MODELS, json=sent)] * AT_ONCE)
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201] + [409] * (AT_ONCE - 1)
    assert {a.json()["error"]["code"] for a in answers if a.status_code == 409} == {
        "model_already_exists"
    }
    tenant = service.registry.tenant("org_abc")
    assert tenant.list().total == tenant.head().sequence == 1


def test_concurrent_updates_make_legal_moves_only(service):
    tenant = service.registry.tenant("org_abc")
    with service.client() as client:
        sent = {"model_id": "m", "provider": "acme", "risk_tier": "tier_1"}
        place = f"{MODELS}/{client.post(MODELS, json=sent).json()['id']}"
    moves = [s.value for s in ValidationStatus if s is not ValidationStatus.DEPRECATED] * 6

    def put(status):
        return lambda client: client.put(place, json={"validation_status": status})

    answers = all_at_once(service, [put(status) for status in moves])
    assert {answer.status_code for answer in answers} <= {200, 422}
    history = tenant.history(place.rpartition("/")[2], limit=200)
    statuses = [
        ValidationStatus(event.changes["validation_status"].after)
        for event in history.events
        if "validation_status" in event.changes
    ]
    assert len(statuses) > 2
    assert all(DEFAULT_LIFECYCLE.may_move(now, then) for now, then in pairwise(statuses))
    assert history.total == 1 + sum(answer.status_code == 200 for answer in answers)
    assert first_broken_link(history.events) is None
    assert tenant.list().entries[0].validation_status == statuses[-1]
