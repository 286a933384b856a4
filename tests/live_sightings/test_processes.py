"""What a process leaves behind: at an orderly end all of it, after a kill what its bound says."""

import subprocess
import sys
from datetime import datetime, timedelta
from time import sleep

import pytest
from sightings_setup import until

from model_registry import open_registry

GATEWAY = """
import os, sys, time
from model_registry import open_registry
registry = open_registry(sys.argv[1])
"""


@pytest.fixture
def url(request, tmp_path):
    if getattr(request, "param", "sqlite") == "postgresql":
        return request.getfixturevalue("new_postgresql_url")()
    return f"sqlite:///{tmp_path}/registry.db"


def run(code, url, **options):
    command = [sys.executable, "-W", "ignore", "-c", GATEWAY + code, url]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)


def last_seen(url):
    with open_registry(url) as registry:
        entries = registry.tenant("org_abc").list(limit=200).entries
        return {entry.model_id: entry.last_seen_at for entry in entries}


ENDINGS = {
    "falling off the end": "",
    "an exit as servers make one at SIGTERM": """
import signal
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
os.kill(os.getpid(), signal.SIGTERM)
time.sleep(10)
""",
    "closing": "registry.close(); os._exit(0)",
}


@pytest.mark.parametrize(
    ("ending", "url"),
    [(ending, "sqlite") for ending in ENDINGS] + [("falling off the end", "postgresql")],
    indirect=["url"],
)
def test_nothing_is_lost_at_an_orderly_end(ending, url):
    counting = """
from threading import Thread
for number in range(5):
    Thread(target=registry.observe, args=("org_abc", f"model-{number}")).start()
registry.observe("org_abc", "gpt-4o")
"""
    with run(counting + ENDINGS[ending], url, stderr=subprocess.DEVNULL) as gateway:
        gateway.wait(20)
    assert set(last_seen(url)) == {"gpt-4o", *(f"model-{number}" for number in range(5))}


def test_what_ends_after_us_may_still_tell_of_requests(url):
    early = f"import atexit; late = []; atexit.register(lambda: late[0]())\n{GATEWAY}"
    telling = "late.append(lambda: [registry.observe('org_abc', m) for m in ('a', 'b', 'a', '')])"
    done = subprocess.run(
        [sys.executable, "-c", early + telling, url],
        timeout=20,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert set(last_seen(url)) == {"a", "b"}


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_kill_loses_no_more_than_the_interval(url):
    killing = """
live = registry.live_sightings(within=0.3)
print("ready", flush=True)
while True:
    live.observe("org_abc", "gpt-4o")
    time.sleep(0.001)
"""
    with run(killing, url) as gateway:
        assert gateway.stdout.readline() == "ready\n"
        until(lambda: "gpt-4o" in last_seen(url))
        sleep(0.5)
        killed = datetime.now().astimezone()
        gateway.kill()
    seen = last_seen(url)["gpt-4o"]
    flushing = timedelta(seconds=0.4)  # what a flush itself may take on a busy machine
    assert timedelta() <= killed - seen <= timedelta(seconds=0.3) + flushing


def test_forked_workers_count_their_own_and_not_their_parents(tmp_path):
    url = f"parquet:///{tmp_path}/registry"  # a store that may be used after a fork
    forking = """
live = registry.live_sightings(within=0.1)
live.observe("org_abc", "the-parents")
children = []
for number in range(2):
    child = os.fork()
    if child == 0:
        assert len(live._tally._made) == 0
        live.observe("org_abc", f"a-childs-{number}")
        while registry.tenant("org_abc").find(f"a-childs-{number}") is None:
            time.sleep(0.01)
        live.observe("org_abc", f"at-the-end-{number}")
        sys.exit(0)
    children.append(child)
assert {os.waitpid(child, 0)[1] for child in children} == {0}
import multiprocessing
process = multiprocessing.get_context("fork").Process(
    target=live.observe, args=("org_abc", "in-a-process")
)
process.start()
process.join()
"""
    with run(forking, url) as gateway:
        assert gateway.wait(20) == 0
    assert set(last_seen(url)) == {
        "the-parents", "a-childs-0", "a-childs-1", "at-the-end-0", "at-the-end-1",
        "in-a-process",
    }  # fmt: skip
