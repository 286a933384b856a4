"""The URLs of Spark's request logs: what they say, what they refuse, whose the session is."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from model_registry.errors import RequestLogError, TooManyModels
from model_registry.plugins import open_request_log
from model_registry.testing.request_log_contract import MONTH, NOW
from model_registry_spark import sessions

pytestmark = pytest.mark.xdist_group("spark")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "calls a").mkdir()
    rows = {"at": [NOW.timestamp() * 1000], "called": ["gpt-4o"], "org": ["org_abc"]}
    pq.write_table(pa.table(rows), tmp_path / "calls a/0.parquet")
    return tmp_path / "calls a"


COLUMNS = "time=at&model=called&tenant=org&time_unit=ms"


def _models(log, tenant="org_abc"):
    return [sighting.model_id for sighting in log.scan(tenant, MONTH).sightings]


def test_a_url_of_this_process_uses_the_hosts_session_and_leaves_it_alone(spark, folder):
    spark.read.parquet(str(folder)).createOrReplaceTempView("host_calls")
    for named in (
        f"spark:///{folder}?format=parquet&{COLUMNS}",
        f"spark:///file://{folder}?{COLUMNS}",
        f"SPARK:///?table=host_calls&{COLUMNS}",
    ):
        log = open_request_log(named)
        assert _models(log) == ["gpt-4o"], named
        assert _models(log, "org_xyz") == []
        log.close()
    named = f"spark:///{str(folder).replace(' ', '%20')}?{COLUMNS}&tenant="
    assert _models(open_request_log(named), "any") == ["gpt-4o"]
    with ThreadPoolExecutor(1) as other:  # a thread of its own has no active session
        other.submit(lambda: open_request_log(named).close()).result()
    assert spark.range(1).count() == 1


def test_a_connect_url_asks_a_server(spark, connect_port, folder):
    spark.read.parquet(str(folder)).createOrReplaceGlobalTempView("shared_calls")
    server = f"spark+connect://127.0.0.1:{connect_port}"
    for named in (
        f"{server}/{folder}?{COLUMNS}&user_id=risk",
        f"{server}/?table=global_temp.shared_calls&{COLUMNS}",
    ):
        log = open_request_log(named)
        assert _models(log) == ["gpt-4o"], named
        with pytest.raises(TooManyModels):
            open_request_log(named, max_models=0).scan("org_abc", MONTH)
        log.close()
        log.close()
        with pytest.raises(RequestLogError, match="cannot be read"):
            log.scan("org_abc", MONTH)
    with pytest.raises(RequestLogError, match="no column 'timestamp', 'model', 'tenant_id'"):
        open_request_log(f"{server}/?table=global_temp.shared_calls")
    with pytest.raises(RequestLogError, match="NOT_FOUND"):
        open_request_log(f"{server}/?table=none")
    # The process's own session is what it was.
    assert SparkSession.getActiveSession() is spark or spark.range(1).count() == 1


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("spark:///", "is a path, with a format, or a table"),
        ("spark:///calls?table=calls", "is a path, with a format, or a table"),
        ("spark:///?table=calls&format=json", "is a path, with a format, or a table"),
        ("spark:///calls?tabel=calls", "no parameter 'tabel'"),
        ("spark:///calls?time_unit=h", "time_unit must be"),
        ("spark:///calls?model=", "'model' of a request log names nothing"),
        ("spark://master:7077/calls", "takes no host"),
        ("spark+connect:///calls", "is named: spark"),
        ("spark+connect://127.0.0.1:1/calls?token=hunter2", "127.0.0.1:1 cannot be reached"),
    ],
)
def test_what_is_wrong_is_said(url, said):
    with pytest.raises(RequestLogError, match=said) as caught:
        open_request_log(url)
    assert "hunter2" not in str(caught.value)


def test_what_answers_and_is_no_spark_is_not_waited_for_long(monkeypatch):
    monkeypatch.setattr(sessions, "_TRIES", 1)
    with socket.create_server(("127.0.0.1", 0)) as other:

        def hang_up():
            while True:
                other.accept()[0].close()

        threading.Thread(target=hang_up, daemon=True).start()
        began = time.monotonic()
        with pytest.raises(RequestLogError, match="calls cannot be opened"):
            open_request_log(f"spark+connect://127.0.0.1:{other.getsockname()[1]}/?table=calls")
        assert time.monotonic() - began < 20


def test_no_java_is_one_clear_line(folder):
    script = f"from model_registry import plugins; plugins.open_request_log('spark:///{folder}')"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PATH": "/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "apt install openjdk-17-jre-headless" in done.stderr.splitlines()[-1]
