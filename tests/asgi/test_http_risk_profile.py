"""The risk profile's resource, and that the contract's own bodies stay as they are."""

import csv
import io

import pytest
from http_service import EXPORT, MODELS, service_on

from model_registry import open_store

FINDING = {"title": "No drift monitoring", "severity": "high", "due_on": "2026-06-30"}
EMPTY = {
    "purpose": None,
    "restrictions": None,
    "tier_rationale": None,
    "validator": None,
    "last_validated_on": None,
    "next_validation_on": None,
    "validation_due_on": None,
    "findings": [],
    "evidence": {},
}


@pytest.fixture
def service():
    with service_on(open_store("memory://")) as served:
        yield served


@pytest.fixture
def entry(client):
    body = {"model_id": "gpt-4o", "provider": "openai", "risk_tier": "tier_1"}
    return client.post(MODELS, json=body).json()


@pytest.fixture
def url(entry):
    return f"{MODELS}/{entry['id']}/risk-profile"


def test_a_profile_is_empty_until_it_is_put_and_partly_from_then_on(service, client, entry, url):
    answer = client.get(url)
    shown = {"id": entry["id"], "model_id": "gpt-4o", **EMPTY}
    assert (answer.status_code, answer.json()) == (200, shown)
    assert list(answer.json()) == list(shown)

    service.at("2026-03-14T00:00:00Z")
    first = client.put(
        url,
        json={
            "purpose": "chat",
            "last_validated_on": "2026-03-01",
            "findings": [FINDING],
            "evidence": {"report": "https://grc.example.com/1"},
        },
    )
    assert first.status_code == 200, first.text
    (finding,) = first.json()["findings"]
    assert finding == {
        "id": finding["id"], **FINDING, "status": "open", "opened_on": "2026-03-14",
        "closed_on": None, "owner": None,
    }  # fmt: skip
    assert first.json()["validation_due_on"] == "2027-03-01"
    assert client.get(url).content == first.content
    assert client.put(url, json=first.json()).content == first.content  # what it got, put back

    closed = client.put(
        url, json={"purpose": None, "findings": [{"id": finding["id"], "status": "closed"}]}
    ).json()
    assert (closed["purpose"], closed["findings"][0]["status"]) == (None, "closed")
    assert closed["evidence"] == {"report": "https://grc.example.com/1"}

    then = client.get(url, params={"as_of": "2026-03-13T12:00:00Z"})
    assert then.json() == shown
    events = client.get(f"{MODELS}/{entry['id']}/history").json()
    assert events["total"] == 4  # a PUT that changes nothing is on record too
    assert events["events"][1]["changes"]["risk_profile.purpose"] == {"from": None, "to": "chat"}


def test_the_contracts_bodies_stay_as_they_are(client, entry, url):
    listed = client.get(MODELS).json()
    exported = {form: client.get(EXPORT, params={"format": form}) for form in ("csv", "json")}
    put = client.put(url, json={"purpose": "chat"})
    assert put.status_code == 200
    after = client.get(f"{MODELS}/{entry['id']}").json()
    assert after.pop("updated_at") != entry.pop("updated_at")
    assert after == entry
    assert list(client.get(MODELS).json()["models"][0]) == list(listed["models"][0])
    moved = client.get(f"{MODELS}/{entry['id']}").json()["updated_at"]
    for form, before in exported.items():
        now = client.get(EXPORT, params={"format": form})
        assert now.headers["etag"] != before.headers["etag"]
        assert moved in now.text
        assert now.text.replace(moved, listed["models"][0]["updated_at"]) == before.text


def test_its_etag_moves_with_it_and_keeps_others_from_overwriting(service, client, url):
    tag = client.get(url).headers["etag"]
    assert client.get(url, headers={"If-None-Match": tag}).status_code == 304
    changed = client.put(url, json={"purpose": "chat"}, headers={"If-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] == client.get(url).headers["etag"] != tag
    stale = client.put(url, json={"purpose": "x"}, headers={"If-Match": tag})
    assert (stale.status_code, stale.json()["error"]["code"]) == (412, "precondition_failed")
    assert client.get(url).content == changed.content
    entry_url = url.removesuffix("/risk-profile")
    entry_tag = client.get(entry_url).headers["etag"]
    client.put(url, json={"purpose": "y"})
    stale = client.put(entry_url, json={"owner": "me"}, headers={"If-Match": entry_tag})
    assert stale.status_code == 412


def test_faults_name_their_places(client, entry, url):
    refused = client.put(
        url, json={"purpose": 1, "x": 1, "findings": [{"severity": "?"}], "evidence": []}
    )
    assert refused.status_code == 400
    details = refused.json()["error"]["details"]
    assert {each["field"] for each in details} == {
        "purpose", "x", "findings.0.severity", "evidence"
    }  # fmt: skip
    lacking = client.put(url, json={"findings": [{"id": "F"}], "model_id": "another"})
    assert {each["field"] for each in lacking.json()["error"]["details"]} == {
        "model_id", "findings.0.title", "findings.0.severity"
    }  # fmt: skip
    assert client.get(f"{MODELS}/{entry['id']}/history").json()["total"] == 1


def test_others_have_none(service, client, url):
    with service.client(tenant_id="org_xyz") as other:
        for answer in (other.get(url), other.put(url, json={"purpose": "x"})):
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")
    assert client.get(url + "/x").status_code == 404
    assert client.post(url, json={}).headers["allow"] == "GET, HEAD, PUT"
    assert client.get(url, params={"as_of": "2026-01-01T00:00:00Z"}).status_code == 404


def test_an_export_with_profiles_is_opt_in(client, url):
    client.put(url, json={"purpose": "=chat", "findings": [FINDING]})
    rows = client.get(EXPORT, params={"risk_profile": "true"})
    (row,) = csv.DictReader(io.StringIO(rows.text))
    assert row["risk_profile_purpose"] == "'=chat"
    asked = {"format": "json", "risk_profile": "true"}
    (model,) = client.get(EXPORT, params=asked).json()["models"]
    assert model["risk_profile"]["findings"][0]["title"] == FINDING["title"]
    (past,) = client.get(EXPORT, params={**asked, "as_of": "2026-03-13T00:00:01Z"}).json()["models"]
    assert past["risk_profile"] == model["risk_profile"]
    assert client.get(EXPORT, params={"risk_profile": "yes"}).status_code == 400
    # An unchanged export is found by its ETag; a profile that changes makes it another.
    tag = {"If-None-Match": rows.headers["etag"]}
    assert client.get(EXPORT, params={"risk_profile": "true"}, headers=tag).status_code == 304
    client.put(url, json={"purpose": "x"})
    assert client.get(EXPORT, params={"risk_profile": "true"}, headers=tag).status_code == 200
