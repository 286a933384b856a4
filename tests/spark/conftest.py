"""One Spark for all tests of its backend, in this process and behind Spark Connect."""

from __future__ import annotations

import os
import socket

import pytest
from pyspark.sql import SparkSession

from model_registry.plugins import open_request_log


@pytest.fixture(scope="session")
def connect_port():
    """The port of the session's Connect server."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture(scope="session")
def spark(tmp_path_factory, connect_port):
    """
    A session in a time zone that is not UTC, whose driver is a Connect server too.

    It is started by a log's URL as the environment says, so that the last thing that
    these tests see is whether closing that log stops it.
    """
    folder = tmp_path_factory.mktemp("spark")
    (folder / "calls").mkdir()
    (folder / "calls" / "0.json").write_text('{"timestamp": 1, "model": "m", "tenant_id": "t"}')
    options = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",  # quick to start, not to run
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.session.timeZone": "America/New_York",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.plugins": "org.apache.spark.sql.connect.SparkConnectPlugin",
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(connect_port),
    }
    said = " ".join(f"--conf {name}={value}" for name, value in options.items())
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "PYSPARK_SUBMIT_ARGS", f"--master local[1] {said} pyspark-shell")
        patch.chdir(folder)
        log = open_request_log("spark:///calls?format=json")
    session = SparkSession.getActiveSession()
    yield session
    log.close()
    assert SparkSession.getActiveSession() is None
