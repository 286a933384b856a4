"""Answers that are kept: never another tenant's, never of a state that is over, in bounded memory."""

import asyncio
from collections import Counter

import httpx
import pytest
from http_service import EXPORT, MODELS, SECRET, bearer, service_on
from hypothesis import given
from hypothesis import strategies as st
from starlette.middleware.cors import CORSMiddleware

from model_registry import Registration, Registry, StoreError, open_registry
from model_registry.asgi import JwtAuth, create_app
from model_registry.asgi.answers import Answer
from model_registry.asgi.kept_answers import KeptAnswers
from model_registry.domain.chain import Head
from model_registry_memory import MemoryStore

SENT = {"provider": "acme", "risk_tier": "tier_1"}


class Watched(MemoryStore):
    """A store that counts what it is asked, and lets a test act in between."""

    def __init__(self):
        super().__init__()
        self.asked = Counter()
        self.after = {}

    def head(self, tenant_id):
        return self._asked("head", super().head(tenant_id))

    def document(self, *what):
        return self._asked("document", super().document(*what))

    def documents(self, *what):
        return self._asked("documents", super().documents(*what))

    def _asked(self, name, answer):
        self.asked[name] += 1
        self.after.pop(name, lambda: None)()
        return answer


class Distant(Watched):
    embedded = False


@pytest.fixture(params=[Watched, Distant])
def watched(request):
    return request.param()


def ask(app, *paths, **headers):
    """Ask for one path after the other, in this process."""

    async def asked():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return [await client.get(path, headers={**bearer(), **headers}) for path in paths]

    return asyncio.run(asked())


def app_on(registry, **options):
    return create_app(registry, authenticate=JwtAuth(secret=SECRET), **options)


def register(registry, model_id, tenant_id="org_abc"):
    return registry.tenant(tenant_id).register(Registration(model_id=model_id, **SENT))


def ids(answer):
    return [model["model_id"] for model in answer.json()["models"]]


def test_a_list_is_made_once_for_each_state_and_query(watched):
    registry = Registry(watched)
    app = app_on(registry)
    register(registry, "one")
    paths = [MODELS, f"{MODELS}?limit=1", f"{MODELS}?search=on", f"{MODELS}?limit=1&offset=1"]
    first = ask(app, *paths)
    again = ask(app, *paths, *paths)
    assert watched.asked["documents"] == 4
    assert [a.content for a in again] == [a.content for a in first] * 2
    assert [a.headers for a in again] == [a.headers for a in first] * 2
    register(registry, "two")
    assert [ids(a) for a in ask(app, *paths)] == [["two", "one"], ["two"], ["one"], ["one"]]
    assert watched.asked["documents"] == 8
    (unchanged,) = ask(app, MODELS, **{"If-None-Match": ask(app, MODELS)[0].headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert watched.asked["documents"] == 8


def test_an_entry_is_read_once_for_each_state_and_keeps_its_own_tag(watched):
    registry = Registry(watched)
    app = app_on(registry)
    places = [f"{MODELS}/{register(registry, name).id}" for name in ("one", "two")]
    first = ask(app, *places)
    again = ask(app, *places, *places)
    assert watched.asked["document"] == (2 if watched.embedded else 6)
    assert [a.content for a in again] == [a.content for a in first] * 2
    tag = first[0].headers["etag"]
    asked_with = {"If-None-Match": tag}
    assert [a.status_code for a in ask(app, places[0], places[0], **asked_with)] == [304, 304]
    register(registry, "three")
    assert ask(app, places[0], **asked_with)[0].status_code == 304  # not its own state
    assert [a.content for a in ask(app, *places)] == [a.content for a in first]
    registry.tenant("org_abc").delete(places[1].rpartition("/")[2])
    assert [a.status_code for a in ask(app, *places)] == [200, 404]


@pytest.mark.parametrize("moment", ["head", "documents"])
def test_a_write_in_between_is_seen_by_the_next_request(watched, moment):
    registry = Registry(watched)
    app = app_on(registry)
    register(registry, "one")
    watched.after[moment] = lambda: register(registry, "two")
    meanwhile, after = ask(app, MODELS, MODELS)
    assert not watched.after
    assert ids(meanwhile) == (["two", "one"] if moment == "head" else ["one"])
    assert ids(after) == ["two", "one"]
    tag = meanwhile.headers["etag"]
    assert ask(app, MODELS, **{"If-None-Match": tag})[0].status_code == 200


@pytest.mark.parametrize("scheme", ["sqlite", "parquet"])
def test_what_another_process_wrote_is_seen_at_once(tmp_path, scheme):
    url = f"{scheme}:///{tmp_path}/registry"
    with open_registry(url) as registry, open_registry(url) as elsewhere:
        app = app_on(registry)
        for number in range(5):
            register(elsewhere, str(number))
            answer = ask(app, MODELS, MODELS)[1]
            assert len(ids(answer)) == number + 1


def test_an_observation_is_seen_at_once(store):
    with service_on(store) as service, service.client() as client:
        client.post(MODELS, json={"model_id": "m", **SENT})
        for day in (10, 11, 12):
            client.get(MODELS)
            at = f"2026-03-{day}T00:00:00Z"
            service.rows.append({"timestamp": at, "model": "m", "tenant_id": "org_abc"})
            client.post(f"{MODELS}/discover")
            assert client.get(MODELS).json()["models"][0]["last_seen_at"] == at


def test_tenants_do_not_share_answers(memory_service):
    with (
        memory_service.client(tenant_id="one") as one,
        memory_service.client(tenant_id="two") as two,
    ):
        assert one.get(MODELS).json() == two.get(MODELS).json()
        one.post(MODELS, json={"model_id": "of one", **SENT})
        two.post(MODELS, json={"model_id": "of two", **SENT})
        for _ in range(2):
            assert (ids(one.get(MODELS)), ids(two.get(MODELS))) == (["of one"], ["of two"])


def test_one_entry_has_one_spelling(client):
    made = client.post(MODELS, json={"model_id": "größe \\ \"'/\u2028", **SENT})
    place = made.headers["location"]
    changed = client.put(place, json={"tags": {"k": "\x7f\x01"}, "owner": "\U0001f600"})
    found = client.get(place)
    assert (changed.content, changed.headers["etag"]) == (found.content, found.headers["etag"])
    assert made.headers["etag"] != changed.headers["etag"]
    assert client.get(MODELS).content == (
        b'{"total":1,"limit":50,"offset":0,"models":[' + found.content + b"]}"
    )


def test_a_query_is_judged_before_the_callers_copy(memory_client):
    tag = memory_client.get(MODELS).headers["etag"]
    for query in ("limit=0", "x=1", "limit=1&limit=1", "risk_tier=high", "search=%ff"):
        for path in (MODELS, EXPORT):
            for _ in range(2):
                answer = memory_client.get(f"{path}?{query}", headers={"If-None-Match": tag})
                assert answer.status_code == 400


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_write_while_a_client_asks_again_is_no_old_copy(watched, moment):
    registry = Registry(watched)
    app = app_on(registry)
    tag = ask(app, MODELS)[0].headers["etag"]
    if moment == "after":
        watched.after["head"] = lambda: register(registry, "one")
    else:
        register(registry, "one")
    (answer,) = ask(app, MODELS, **{"If-None-Match": tag})
    assert answer.status_code == (304 if moment == "after" else 200)
    assert ask(app, MODELS, **{"If-None-Match": tag})[0].status_code == 200


def test_what_failed_is_not_kept_and_a_head_that_cannot_be_read_is_no_old_answer(watched):
    app = app_on(Registry(watched))

    def fail():
        raise StoreError("gone")

    watched.after["documents"] = fail
    assert [a.status_code for a in ask(app, MODELS, MODELS, MODELS)] == [503, 200, 200]
    watched.after["head"] = fail
    assert [a.status_code for a in ask(app, MODELS, MODELS)] == [503, 200]


def test_a_hosts_middleware_leaves_nothing_in_what_is_kept():
    app = CORSMiddleware(app_on(open_registry("memory://")), allow_origins=["https://a.example"])
    plain, foreign, *others = (
        *ask(app, MODELS),
        *ask(app, MODELS, MODELS, Origin="https://a.example"),
        *ask(app, MODELS, Origin="https://b.example"),
        *ask(app, MODELS),
    )
    assert foreign.headers["access-control-allow-origin"] == "https://a.example"
    assert "access-control-allow-origin" not in plain.headers
    assert others[-1].headers == plain.headers
    assert "access-control-allow-origin" not in others[1].headers


def test_none_is_kept_if_the_host_says_so():
    store = Watched()
    assert [a.status_code for a in ask(app_on(Registry(store), kept_bytes=0), MODELS, MODELS)]
    assert store.asked["documents"] == 2


class TestMemory:
    def test_the_one_that_was_asked_for_longest_ago_makes_room(self):
        kept, head = KeptAnswers(20_000), Head(1)
        answers = {key: Answer(200, (), key * 100) for key in (b"a", b"b", b"c", b"d", b"e", b"f")}
        for key, answer in answers.items():
            kept.keep(("t", "/", key), head, answer)
        for number in range(40):
            assert kept.find(("t", "/", b"a"), head) is answers[b"a"]
            kept.keep(("other", "/", b"%d" % number), head, Answer(200, (), b"x" * 100))
        assert kept.find(("t", "/", b"b"), head) is None
        assert kept.find(("t", "/", b"a"), Head(2)) is None
        assert kept.size <= 20_000

    @given(
        st.lists(
            st.tuples(st.integers(0, 9), st.integers(0, 3), st.integers(0, 9_000)), max_size=60
        )
    )
    def test_it_is_bounded_and_gives_what_was_kept_last(self, kept_ones):
        kept, last = KeptAnswers(40_000), {}
        for number, revision, length in kept_ones:
            key = ("t", "/", b"%d" % number)
            last[key] = Head(revision), Answer(200, (), bytes(length))
            kept.keep(key, *last[key])
            assert kept.size <= 40_000
            assert kept.size == sum(one.size for one in kept._answers.values())
        for key, (head, answer) in last.items():
            for revision in range(4):
                found = kept.find(key, Head(revision))
                assert found is None or (found is answer and head == Head(revision))


def test_an_as_of_is_kept_too(memory_client):
    memory_client.post(MODELS, json={"model_id": "then", **SENT})
    path = f"{MODELS}?as_of=2030-01-01T00:00:00Z"
    assert memory_client.get(path).content == memory_client.get(path).content
    memory_client.post(MODELS, json={"model_id": "later", **SENT})
    assert "later" in ids(memory_client.get(path))
