"""The document tried against every store: hostile and valid data, in sequences, with two tenants."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from http_service import bearer

SETTINGS = Path(__file__).with_name("schemathesis.toml")
PROGRAM = Path(sys.executable).with_name("schemathesis")


def callers():
    """Two people of two tenants, in the form of Web Fuzzing Commons."""
    tomorrow = int(time.time()) + 86_400
    return [
        {
            "name": name,
            "fixedHeaders": [
                {"name": key, "value": value}
                for key, value in bearer(tenant_id=tenant, sub=name, exp=tomorrow).items()
            ],
        }
        for name, tenant in (("alice", "org_abc"), ("mallory", "org_other"))
    ]


def test_nothing_is_answered_that_is_not_documented(service, client, tmp_path):
    document = tmp_path / "openapi.json"
    document.write_bytes(client.get("/api/admin/openapi.json").content)
    people = tmp_path / "callers.json"
    people.write_text(json.dumps({"auth": callers()}))
    command = [PROGRAM, "--config-file", SETTINGS, "run", document, "--url", service.url]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "CALLERS": str(people)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert service.registry.tenant("org_abc").head().sequence > 10, "much of it succeeded"
