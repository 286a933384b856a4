"""The guide to embedding runs as it stands."""

import re
from pathlib import Path

import httpx
import pytest
from http_service import bearer, serving

GUIDE = Path(__file__).parents[2] / "docs" / "embedding.md"


def test_every_block_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    names = {}
    seen = []
    for block in blocks:
        exec(compile(block, str(GUIDE), "exec"), names)
        seen.append(names["app"])
    assert len(seen) == 6
    secret = "of 32 bytes or more, from your vault"
    for host in (names["starlette_host"], names["fastapi_host"]):
        with serving(host) as url:
            answer = httpx.get(f"{url}/risk/api/admin/models", headers=bearer(key=secret))
            assert answer.status_code == 200

    async def signed_in(scope, receive, send):
        user = {"org": "org_abc", "email": "alice@example.com", "groups": ["model-risk"]}
        session = {"user": user} if scope["path"].endswith("models") else {}
        await seen[2]({**scope, "session": session}, receive, send)

    with serving(signed_in) as url:
        assert httpx.get(f"{url}/api/admin/models").status_code == 200
        assert httpx.get(f"{url}/api/admin/openapi.json").status_code == 401
    names["registry"].close()
    with pytest.raises(TypeError):
        names["create_app"](names["registry"])
