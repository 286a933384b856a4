"""``/healthz`` and ``/readyz``: open to everybody, and they tell nobody anything."""

import asyncio
import threading

import httpx
import pytest
from served_process import API, served

from model_registry import StoreError
from model_registry.cli.health import Health


@pytest.fixture
def looks():
    return []


async def asking(health, *paths, method="GET"):
    transport = httpx.ASGITransport(health)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        return await asyncio.gather(*(client.request(method, path) for path in paths))


def test_a_store_that_fails_is_not_ready_until_it_answers_again(looks, caplog):
    def look():
        looks.append(1)
        if len(looks) in {2, 3}:
            raise StoreError("host=db password=hunter2 refused")

    async def story():
        health = Health(look, lambda: False)
        return [(await asking(health, path))[0] for path in ["/readyz"] * 4 + ["/healthz"]]

    answers = asyncio.run(story())
    assert [a.status_code for a in answers] == [200, 503, 503, 200, 200]
    assert answers[1].json() == {"status": "unavailable"}
    assert answers[1].headers["cache-control"] == "no-store"
    assert len(looks) == 4  # /healthz looks at no store
    assert [r.getMessage() for r in caplog.records] == ["The store does not answer"]
    assert "hunter2" not in caplog.text


def test_a_store_that_hangs_is_asked_once_however_many_ask(looks):
    hanging = threading.Event()

    def look():
        looks.append(1)
        hanging.wait(30)

    async def story():
        health = Health(look, lambda: False, seconds=0.05)
        first = await asking(health, *["/readyz"] * 50)
        alive = await asking(health, "/healthz")
        hanging.set()
        while (await asking(health, "/readyz"))[0].status_code != 200:
            await asyncio.sleep(0)
        return first, alive

    first, alive = asyncio.run(asyncio.wait_for(story(), 30))
    assert {a.status_code for a in first} == {503}
    assert alive[0].status_code == 200
    assert len(looks) <= 2


def test_whoever_is_about_to_end_is_not_ready(looks):
    async def story():
        health = Health(lambda: looks.append(1), lambda: True)
        return await asking(health, "/readyz", "/healthz")

    ready, alive = asyncio.run(story())
    assert (ready.status_code, ready.json()) == (503, {"status": "draining"})
    assert (alive.status_code, looks) == (200, [])


def test_two_paths_and_two_methods_are_open_and_nothing_else(tmp_path):
    with (
        served(tmp_path, "--prefix=") as server,
        httpx.Client(base_url=server.url, timeout=30) as client,
    ):
        server.await_ready()
        for path, word in (("/healthz", "alive"), ("/readyz", "ready")):
            got, head = client.get(path), client.head(path)
            assert (got.status_code, got.json()) == (200, {"status": word})
            assert (head.status_code, head.content) == (200, b"")
            assert head.headers["content-length"] == got.headers["content-length"]
            for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
                refused = client.request(method, path)
                assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
        for path in (
            "/",
            "/healthz/",
            "/readyz/x",
            "/x/healthz",
            "/HEALTHZ",
            "/models",
            "//healthz",
        ):
            assert client.get(path).status_code == 401, path
        for path in ("/healthz/../models", "/readyz/%2e%2e/models", "/models/..;/healthz"):
            target = httpx.URL(server.url).copy_with(raw_path=path.encode())
            assert client.get(target).status_code == 401, path
    assert f"{API}/models" not in server.text()
