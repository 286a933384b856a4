"""The registry inside FastAPI, Litestar and Django: each host's own accounts decide who may."""

import re

import httpx
import pytest
from running_example import serving_example

MODELS = "/risk/api/admin/models"
SENT = {"model_id": "gpt-4o", "provider": "openai", "risk_tier": "tier_2"}


def code_of(answer):
    return answer.json()["error"]["code"]


def a_model_goes_through_its_life(client):
    """Register, read, amend, list, export, delete; the history names whom the host let in."""
    made = client.post(MODELS, json=SENT)
    assert made.status_code == 201
    place = made.headers["location"]
    assert place.startswith(f"{MODELS}/")
    assert client.get(place).json() == made.json()
    assert client.put(place, json={"owner": "ml-risk"}).json()["owner"] == "ml-risk"
    assert client.get(MODELS, params={"search": "gpt"}).json()["total"] == 1
    exported = client.get("/risk/api/admin/model-inventory-export")
    assert exported.text.splitlines()[1].split(",")[1] == "gpt-4o"
    assert client.delete(place).status_code == 204
    events = client.get(f"{place}/history").json()["events"]
    assert [event["action"] for event in events] == ["registered", "updated", "deleted"]
    assert client.get(f"{MODELS}/nonsense/").status_code == 404
    document = client.get("/risk/api/admin/openapi.json").json()
    assert document["servers"] == [{"url": "/risk"}]
    return {event["actor"] for event in events}


@pytest.mark.parametrize(
    ("example", "ana", "bob", "nobody"),
    [
        (
            "fastapi_host.py",
            {"Authorization": "Bearer ana-s-token"},
            {"Authorization": "Bearer bob-s-token"},
            {"Authorization": "Bearer mallory-s-token"},
        ),
        (
            "litestar_host.py",
            {"X-API-Key": "ana-s-key"},
            {"X-API-Key": "bob-s-key"},
            {"X-API-Key": "mallory-s-key"},
        ),
    ],
)
def test_a_hosts_own_authentication_guards_what_is_mounted(example, ana, bob, nobody, tmp_path):
    store = f"sqlite:///{tmp_path}/registry.db"
    with (
        serving_example(example, tmp_path, MODEL_REGISTRY_STORE=store) as url,
        httpx.Client(base_url=url, headers=ana) as client,
    ):
        assert "ana@abc.example" in client.get("/whoami").text
        assert a_model_goes_through_its_life(client) == {"ana@abc.example"}
        assert code_of(httpx.get(url + MODELS, headers=bob)) == "forbidden"
        for path in ("/", "/nonsense", "/api/admin/openapi.json", "/api/admin/models"):
            for refused in (nobody, {}):
                for method in ("GET", "POST", "OPTIONS"):
                    answer = httpx.request(method, f"{url}/risk{path}", headers=refused)
                    assert answer.status_code == 401, (method, path)
        if example == "fastapi_host.py":
            assert "/risk/api/admin/openapi.json" in client.get("/openapi.json").text


def signed_in(url, name):
    client = httpx.Client(base_url=url, follow_redirects=True)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get("/login/").text)[1]
    answer = client.post(
        "/login/",
        data={
            "username": name,
            "password": f"{name}-s-password",
            "csrfmiddlewaretoken": token,
        },
    )
    assert answer.text == f"Signed in as {name}"
    return client


FROM_ELSEWHERE = [
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "same-site", "Origin": "https://blog.bank.example"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
]


def test_djangos_session_is_all_that_is_needed_and_its_end_is_the_end(tmp_path):
    store = {"MODEL_REGISTRY_STORE": f"sqlite:///{tmp_path}/registry.db"}
    with serving_example("django_host", tmp_path, DJANGO_SECRET_KEY="old", **store) as url:
        ana, bob = signed_in(url, "ana"), signed_in(url, "bob")
        assert a_model_goes_through_its_life(ana) == {"ana"}
        assert code_of(bob.get(MODELS)) == "forbidden"
        assert code_of(httpx.get(url + MODELS)) == "unauthorized"
        assert code_of(httpx.get(url + MODELS, cookies={"sessionid": "x" * 32})) == "unauthorized"
        assert httpx.get(f"{url}/risk/ui/").status_code == 200  # holds no data
        assert httpx.get(f"{url}/risky").status_code == 404  # Django's, and not behind the gate

        # What a form or a script of another site's page could send with the session.
        for given in FROM_ELSEWHERE:
            sent = ana.post(
                MODELS,
                content='{"model_id": "m", "provider": "p", "risk_tier": "tier_4"}',
                headers={"Content-Type": "text/plain", **given},
            )
            assert code_of(sent) == "forbidden", given
            assert ana.post(f"{MODELS}/discover", headers=given).status_code == 403
            assert ana.delete(f"{MODELS}/x", headers=given).status_code == 403
        assert ana.get(MODELS, headers=FROM_ELSEWHERE[0]).json()["total"] == 0
        for given in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": url}):
            made = ana.post(MODELS, json=SENT, headers=given)
            assert made.status_code == 201, given
            ana.delete(made.headers["location"], headers=given)

        token = ana.cookies["csrftoken"]
        again = signed_in(url, "ana")
        ana.post("/logout/", headers={"X-CSRFToken": token})
        assert code_of(ana.get(MODELS)) == "unauthorized"

    # A session outlives a change of the host's key, also where the registry meets it first.
    keys = {"DJANGO_SECRET_KEY": "new", "DJANGO_OLD_SECRET_KEYS": "old"}
    with serving_example("django_host", tmp_path, **keys, **store) as url:
        for _ in range(2):
            assert httpx.get(url + MODELS, cookies=again.cookies).status_code == 200
        assert httpx.get(url, cookies=again.cookies).text == "Signed in as ana"
