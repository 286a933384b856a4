"""``serve --metrics``: one scrape for one process, or for all of them together."""

import sys

import httpx
import pytest
from http_service import SECRET
from prometheus_client.parser import text_string_to_metric_families
from served_process import API, served, wait_for

from model_registry.cli import main

COUNT = "model_registry_http_request_duration_seconds_count"


def counted(url):
    answer = httpx.get(f"{url}/metrics", timeout=30)
    assert answer.headers["content-type"].startswith("text/plain")
    families = text_string_to_metric_families(answer.text)
    samples = [s for f in families for s in f.samples if s.name == COUNT]
    assert all("org_abc" not in s.labels.values() for s in samples)
    return sum(s.value for s in samples if s.labels["route"] == f"{API}/models")


@pytest.mark.parametrize("workers", [1, 2])
def test_a_scrape_counts_the_requests_of_all_processes(tmp_path, workers):
    with served(tmp_path, "--metrics", f"--workers={workers}") as server:
        for _ in range(20):
            with server.client() as client:  # a connection each, so that both processes get some
                assert client.get(f"{API}/models").status_code == 200
        wait_for(lambda: counted(server.url) == 20)
        assert [counted(server.url) for _ in range(4)] == [20] * 4  # whichever process answers
        assert httpx.post(f"{server.url}/metrics", timeout=30).status_code == 405
        server.stop()
        assert server.process.wait(20) == 0


def test_metrics_are_shown_only_if_asked_for(tmp_path):
    with served(tmp_path) as server:
        assert server.asked("/metrics").status_code == 401


def test_without_the_package_it_says_what_to_install(tmp_path, monkeypatch, capfd):
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    monkeypatch.setenv("MODEL_REGISTRY_JWT_SECRET", SECRET)
    assert main(["serve", "--metrics", f"--store=sqlite:///{tmp_path}/registry.db"]) == 1
    assert capfd.readouterr().err == (
        "error: --metrics: needs a package; run: pip install 'model-risk-registry[prometheus]'\n"
    )
