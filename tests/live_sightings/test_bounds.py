"""What is held, and what an inventory gets, is bounded whatever callers send."""

import pytest

from model_registry import unwritten


@pytest.fixture
def live(registry):
    return registry.live_sightings(within=1_000.0, most_held=50, most_new=10)


def models(registry):
    return [entry.model_id for entry in registry.tenant("org_abc").list(limit=200).entries]


def test_endless_ids_fill_neither_memory_nor_the_inventory(registry, live, flushes):
    for number in range(5_000):
        live.observe("org_abc", f"made-up-{number}")
        live.observe("org_abc", f"{number}" * 600)
    assert len(live._tally._made) == 51
    live.flush()
    assert flushes.total == {"requests": 10, "dropped": 4_951, "unusable": 5_000, "postponed": 39}
    assert len(models(registry)) == 10


def test_a_tenant_gets_the_busiest_of_its_new_models_and_more_in_the_next_hour(
    registry, live, flushes, monkeypatch
):
    hour = [0.0]
    monkeypatch.setattr(unwritten, "monotonic", lambda: hour[0])

    def observed():
        for number in range(25):
            live.observe("org_abc", f"model-{number:02}", requests=number + 1)
        live.observe("org_xyz", "gpt-4o")
        live.flush()
        return sorted(models(registry))

    assert observed() == [f"model-{number}" for number in range(15, 25)]
    hour[0] = 3_599.0
    assert len(observed()) == 10
    hour[0] = 3_601.0
    assert observed() == [f"model-{number:02}" for number in range(5, 25)]
    assert [event.postponed for event in flushes.events] == [15, 15, 5]
    assert registry.tenant("org_xyz").list().total == 1
    hour[0] = 10_000.0
    live.observe("org_new", "gpt-4o")
    live.flush()
    assert list(live._unwritten._allowances) == ["org_new"]


def test_while_the_store_is_down_what_waits_takes_up_places(registry, live, troubled, flushes):
    troubled.down = True
    waiting = []
    for turn in range(6):
        for number in range(20):
            live.observe("org_abc", f"model-{turn}-{number}")
        waiting.append(live.flush())
        assert max(live._tally.kept, len(live._tally._held)) <= 51
    assert waiting == sorted(waiting)
    assert (waiting[0], flushes.total) == (20, {"dropped": 120 - waiting[-1]})
    assert waiting[-1] >= 49
    troubled.down = False
    live.flush()
    assert len(models(registry)) == 10
