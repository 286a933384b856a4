"""``serve`` ends without dropping what is in flight, and in bounded time whatever hangs."""

import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from http_service import bearer
from served_process import API, served, wait_for

from model_registry import ExportFormat, Registration, open_registry
from model_registry.domain.changes import register


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A store whose export is far larger than what sockets hold, and that export."""
    url = f"sqlite:///{tmp_path_factory.mktemp('store')}/registry.db"
    with open_registry(url) as registry:
        tenant = registry.tenant("org_abc")
        working = tenant.workings
        inserts = [
            register(
                Registration(
                    model_id=f"model-{number}",
                    provider="openai",
                    risk_tier="tier_2",
                    description="x" * 9_000,
                ),
                tenant_id="org_abc",
                entry_id=working.new_id(),
                actor="ana",
                at=working.clock(),
            )
            for number in range(2_000)
        ]
        working.store.commit("org_abc", inserts)
        return url, b"".join(tenant.export(ExportFormat.CSV))


def refuses_connections(server):
    try:
        socket.create_connection(server.address, timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


@pytest.mark.parametrize("workers", [1, 2])
def test_an_export_in_flight_arrives_whole(tmp_path, filled, workers):
    url, whole = filled
    options = ("--drain-seconds=60", f"--workers={workers}")
    with (
        served(tmp_path, *options, store=url) as server,
        server.client() as client,
        client.stream("GET", f"{API}/model-inventory-export") as answer,
    ):
        chunks = answer.iter_raw()
        got = next(chunks)
        server.stop()
        wait_for(lambda: refuses_connections(server))
        assert server.process.poll() is None
        got += b"".join(chunks)
        assert got == whole
        assert server.process.wait(20) == 0
    assert not [line for line in server.lines() if line["level"] in {"warning", "error"}]


def begin_to_register(server, model_id):
    """Send a request to register a model, and return its connection once it is being served."""
    body = b'{"model_id": "%s", "provider": "p", "risk_tier": "tier_1"}' % model_id
    head = [
        f"POST {API}/models HTTP/1.1",
        "Host: x",
        f"Authorization: {bearer()['Authorization']}",
        f"Content-Length: {len(body)}",
        "Expect: 100-continue",
    ]
    connection = socket.create_connection(server.address, timeout=30)
    connection.sendall("\r\n".join([*head, "", ""]).encode())
    assert connection.recv(1_000).startswith(b"HTTP/1.1 100")
    connection.sendall(body)
    return connection


@pytest.fixture
def locked(tmp_path):
    """A store that some other program keeps anybody from writing to, until it is closed."""
    open_registry(f"sqlite:///{tmp_path}/registry.db").close()
    with closing(sqlite3.connect(tmp_path / "registry.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


def test_a_write_that_waits_is_acknowledged(tmp_path, locked):
    with (
        served(tmp_path, "--drain-seconds=60") as server,
        begin_to_register(server, b"gpt-4o") as connection,
    ):
        server.stop()
        wait_for(lambda: refuses_connections(server))
        locked.execute("ROLLBACK")
        answer = connection.makefile("rb").read()
        assert answer.startswith(b"HTTP/1.1 201")
        assert server.process.wait(20) == 0
    with open_registry(f"sqlite:///{tmp_path}/registry.db") as registry:
        assert registry.tenant("org_abc").find("gpt-4o") is not None


@pytest.mark.parametrize("workers", [1, 2])
def test_a_store_that_hangs_keeps_no_server(tmp_path, locked, workers):
    options = ("--drain-seconds=1", f"--workers={workers}")
    with (
        served(tmp_path, *options) as server,
        begin_to_register(server, b"gpt-4o") as connection,
    ):
        server.stop()
        assert server.process.wait(20) == 0
        assert not connection.makefile("rb").read().startswith(b"HTTP/1.1 2")


def test_notice_is_given_while_everything_is_still_served(tmp_path):
    with served(tmp_path, "--notice-seconds=3600") as server:
        server.await_ready()
        with server.client() as client:
            assert "connection" not in client.get(f"{API}/models").headers
            server.stop()
            wait_for(lambda: server.asked("/readyz").status_code == 503)
            assert server.asked("/readyz").json() == {"status": "draining"}
            assert server.asked("/healthz").status_code == 200
            answer = client.get(f"{API}/models")
            assert (answer.status_code, answer.headers["connection"]) == (200, "close")
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(20) == 130


def test_after_the_notice_it_ends(tmp_path):
    with served(tmp_path, "--notice-seconds=1") as server:
        server.await_ready()
        server.stop()
        assert server.process.wait(20) == 0
    told = [line["message"] for line in server.lines() if line["logger"] == "model_registry.server"]
    assert told == [
        "Serving",
        "The server has started",
        "The server is draining",
        "The server has stopped",
    ]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_signal_that_comes_before_it_serves_is_not_lost(workers):
    code = (
        "import signal, sys, uvicorn\n"
        "from model_registry.cli.listening import listen\n"
        "from model_registry.cli.serving import prepared\n"
        "if __name__ == '__main__':\n"
        "    with listen('127.0.0.1', 0) as listener:\n"
        "        app = 'starlette.applications:Starlette'\n"
        f"        config = uvicorn.Config(app, factory=True, workers={workers}, log_level='error')\n"
        "        run = prepared(config, listener)\n"
        "        signal.raise_signal(signal.SIGTERM)\n"
        "        sys.exit(run())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], timeout=60, check=False)
    assert done.returncode == 0
