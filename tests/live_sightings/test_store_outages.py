"""A store that is down: what was counted is kept, and tried again."""

import logging
from itertools import pairwise

from sightings_setup import until

from model_registry import Registry
from model_registry_memory import MemoryStore


def test_what_a_store_that_is_down_does_not_take_is_written_when_it_is_back(
    registry, troubled, flushes, now, caplog
):
    caplog.set_level(logging.INFO, "model_registry.sightings")
    live = registry.live_sightings(within=0.02)
    troubled.down = True
    live.observe("org_abc", "gpt-4o", requests=5)
    until(lambda: len(troubled.asked) >= 5)
    live.observe("org_abc", "gpt-4o", requests=2)
    troubled.down = False
    until(lambda: flushes.total == {"requests": 7})
    times = [at for _, at in troubled.asked]
    pauses = [after - before for before, after in pairwise(times)]
    assert all(pause > 0.02 * 2**n * 0.9 for n, pause in enumerate(pauses, 1))
    assert registry.tenant("org_abc").find("gpt-4o").last_seen_at == now
    lines = [r for r in caplog.records if r.name == "model_registry.sightings"]
    assert [(r.levelname, r.outcome) for r in lines] == [
        ("WARNING", "store_error"), ("INFO", "success"),
    ]  # fmt: skip


def test_one_tenant_that_cannot_be_written_keeps_no_other_from_being_written(
    registry, troubled, flushes
):
    troubled.damaged = {f"org_{number}" for number in range(4)}
    live = registry.live_sightings(within=1_000.0)
    for number in range(8):
        live.observe(f"org_{number}", "gpt-4o")
    waiting = [live.flush() for _ in range(3)]
    assert waiting == [8, 4, 4]
    assert troubled.asked[3][0] == "org_3"
    assert flushes.total == {"requests": 4}
    first = flushes.events[0]
    assert (first.failed, first.outcome) == (3, "damaged_data")


def test_what_no_repetition_mends_is_dropped_and_told(flushes):
    def infer(model_id):
        raise LookupError(model_id)

    with Registry(MemoryStore(), infer_provider=infer, observer=flushes) as registry:
        live = registry.live_sightings(within=1_000.0)
        live.observe("org_abc", "gpt-4o", requests=3)
        assert live.flush() == 0
    assert flushes.total == {"dropped": 3}
    assert flushes.events[0].outcome == "unexpected"
