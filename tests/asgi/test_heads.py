"""One look at the head for all who wait, and what each of them sees."""

import asyncio
import threading

import pytest
from http_service import MODELS
from test_gate import call

from model_registry import Registration, Registry, StoreError
from model_registry.asgi import Principal, create_app
from model_registry.asgi.heads import Heads
from model_registry_memory import MemoryStore


class Looked(MemoryStore):
    """A store that counts how often it is looked at, and can fail."""

    embedded = True
    looks = 0
    failing = False

    def head(self, tenant_id):
        self.looks += 1
        if self.failing:
            raise StoreError("gone")
        return super().head(tenant_id)


@pytest.fixture
def store():
    return Looked()


@pytest.fixture
def registry(store):
    return Registry(store)


def register(registry, number, tenant_id="t"):
    given = Registration(model_id=f"m{number}", provider="acme", risk_tier="tier_1")
    registry.tenant(tenant_id).register(given)


def test_those_who_come_together_share_a_look_and_tenants_do_not(store, registry):
    heads = Heads()
    register(registry, 1, "a")

    async def asked():
        names = ["a", "b", "a", "a", "b"]
        return await asyncio.gather(*[heads.of(registry.tenant(name)) for name in names])

    found = asyncio.run(asked())
    assert [head.revision for head in found] == [1, 0, 1, 1, 0]
    assert store.looks == 2


def test_nobody_sees_less_than_was_written_before_it_asked(store, registry):
    heads = Heads()
    tenant = registry.tenant("t")

    async def asked():
        for written in range(1, 20):
            early = heads.of(tenant)
            register(registry, written)
            late = heads.of(tenant)
            assert (await late).revision == written
            assert (await early).revision >= written - 1
            assert (await heads.of(tenant)).revision == written

    asyncio.run(asked())


def test_a_client_that_writes_and_asks_in_one_turn_of_the_loop(registry):
    async def authenticate(_scope):
        return Principal("t", "alice", "admin")

    app = create_app(registry, authenticate=authenticate)
    for number in range(5):
        register(registry, number)
        assert call(app, MODELS)[2].startswith(b'{"total":%d,' % (number + 1))


def test_one_who_gives_up_takes_nobody_with_him(store, registry):
    heads = Heads()
    tenant = registry.tenant("t")

    async def asked():
        first, *others = [heads.of(tenant) for _ in range(3)]
        first.cancel()
        return await asyncio.gather(*others)

    assert [head.revision for head in asyncio.run(asked())] == [0, 0]


def test_a_look_that_fails_fails_for_all_who_wait_and_for_nobody_else(store, registry):
    heads = Heads()
    tenant = registry.tenant("t")

    async def asked():
        store.failing = True
        failed = await asyncio.gather(*[heads.of(tenant) for _ in range(3)], return_exceptions=True)
        store.failing = False
        return failed, await heads.of(tenant)

    failed, found = asyncio.run(asked())
    assert [type(error) for error in failed] == [StoreError] * 3
    assert found.revision == 0


def test_a_loop_that_ended_before_it_looked_keeps_no_other_waiting(store, registry):
    heads = Heads()
    tenant = registry.tenant("t")

    async def left():
        heads.of(tenant)

    ended = asyncio.new_event_loop()
    ended.run_until_complete(left())
    ended.close()

    async def asked():
        return await asyncio.wait_for(heads.of(tenant), 5)

    assert asyncio.run(asked()).revision == 0


def test_loops_in_several_threads_do_not_meet(registry):
    heads = Heads()
    tenant = registry.tenant("t")
    found = []

    async def asked():
        for _ in range(200):
            found.extend(await asyncio.gather(*[heads.of(tenant) for _ in range(3)]))

    threads = [threading.Thread(target=asyncio.run, args=(asked(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2_400
