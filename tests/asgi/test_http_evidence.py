"""As of, ETags of lists and exports, and the history's checkpoint, over HTTP on every store."""

import base64
import csv
import io
from datetime import timedelta

import pytest
from http_service import EXPORT, MODELS, service_on

from model_registry import Checkpoint, open_store
from model_registry.signing import SigningKey, open_checkpoint

CHECKPOINT = "/api/admin/model-history-checkpoint"
BODY = {"provider": "p", "risk_tier": "tier_1"}


def instants(client):
    """Make three states and return the instant of each: with one, with an amended one, with two."""
    one = client.post(MODELS, json={"model_id": "one", **BODY}).json()
    changed = client.put(f"{MODELS}/{one['id']}", json={"owner": "risk", "risk_tier": "tier_3"})
    two = client.post(MODELS, json={"model_id": "two", **BODY}).json()
    client.delete(f"{MODELS}/{one['id']}")
    return one, changed.json(), two


class TestAsOf:
    def test_lists_and_exports_of_an_instant(self, service, client):
        service.clock.following = lambda at: at + timedelta(seconds=1)
        one, changed, two = instants(client)

        def listed(at, **query):
            return client.get(MODELS, params={"as_of": at, **query}).json()

        assert listed(one["created_at"])["models"] == [one]
        assert listed(changed["updated_at"])["models"] == [changed]
        assert listed(two["created_at"])["models"] == [two, changed]
        assert listed(two["created_at"], limit=1, offset=1)["models"] == [changed]
        assert listed(two["created_at"], risk_tier="tier_3") == {
            "total": 1, "limit": 50, "offset": 0, "models": [changed]
        }  # fmt: skip
        assert listed("1999-12-31T23:59:59+05:30")["total"] == 0
        assert client.get(MODELS).json()["models"] == [two]

        text = client.get(EXPORT, params={"as_of": changed["updated_at"]}).text
        assert [row["owner"] for row in csv.DictReader(io.StringIO(text))] == ["risk"]
        params = {"as_of": one["created_at"], "format": "json"}
        assert client.get(EXPORT, params=params).json()["models"] == [one]

    @pytest.mark.parametrize("at", ["", "now", "2026-03-13", "2026-03-13T00:00:00", "9999-99-99Z"])
    def test_what_is_no_instant_is_refused(self, memory_client, at):
        for path in (MODELS, EXPORT):
            answer = memory_client.get(path, params={"as_of": at})
            assert answer.status_code == 400
            assert [f["field"] for f in answer.json()["error"]["details"]] == ["as_of"]


class TestETags:
    @pytest.mark.parametrize("path", [MODELS, EXPORT, f"{EXPORT}?format=json"])
    def test_a_copy_is_good_until_something_changes(self, service, client, path):
        empty = client.get(path)
        tag = empty.headers["etag"]
        assert tag.startswith('"')
        assert empty.headers["cache-control"] == "private, no-cache"
        same = client.get(path, headers={"If-None-Match": f'"x", {tag}'})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)

        made = client.post(MODELS, json={"model_id": "one", **BODY}).json()
        after = client.get(path, headers={"If-None-Match": tag})
        assert after.status_code == 200
        assert after.headers["etag"] != tag
        client.put(f"{MODELS}/{made['id']}", json={})
        assert client.get(path).headers["etag"] != after.headers["etag"]
        assert client.head(path).headers["etag"] == client.get(path).headers["etag"]

    def test_tenants_do_not_share_tags(self, service, client):
        with service.client(tenant_id="org_other") as other:
            assert other.get(MODELS).headers["etag"] != client.get(MODELS).headers["etag"]


class TestCheckpoint:
    def test_without_a_key_it_is_unsigned(self, client):
        instants(client)
        stated = client.get(CHECKPOINT).json()
        assert (stated["tenant_id"], stated["size"], stated["note"]) == ("org_abc", 4, None)
        assert len(base64.b64decode(stated["root"])) == 32

    def test_with_a_key_it_is_signed_and_proves_the_history(self):
        key = SigningKey.generate("risk.example.com")
        with service_on(open_store("memory://"), sign_checkpoint=key.sign) as service:
            with service.client() as client:
                instants(client)
                stated = client.get(CHECKPOINT).json()
                checkpoint = open_checkpoint(stated["note"], key.id)
                root = base64.b64decode(stated["root"])
                assert checkpoint == Checkpoint("org_abc", 4, root)
                client.post(MODELS, json={"model_id": "three", **BODY})
            assert service.registry.tenant("org_abc").verify(checkpoint).complete
