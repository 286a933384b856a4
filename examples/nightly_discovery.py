"""
The nightly job: what every tenant used goes into its inventory. For cron, see ``crontab``.

    python examples/make_requests.py --until now --output requests.jsonl
    python examples/nightly_discovery.py org_abc org_xyz

reads requests.jsonl into registry.db, and says for each tenant what is new; the second
time nothing is. Exit code 0: all tenants are done. 1: some are not, and the job may be run
again at once. 75: another run is at work, and this one did nothing.
"""

import argparse
import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from model_registry import (
    DiscoveryReport,
    DiscoveryRequest,
    Registry,
    RegistryError,
    open_registry,
    open_request_log,
)


@contextmanager
def the_only_run(lock: Path) -> Iterator[bool]:
    """Tell whether no other run is at work; the lock goes with the process, however it ends."""
    with lock.open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def discover(registry: Registry, tenants: list[str], request: DiscoveryRequest) -> int:
    """Discover for each tenant, whatever becomes of the others; return how many failed."""
    failed = 0
    for tenant_id in tenants:
        try:
            report = registry.tenant(tenant_id, actor="nightly-discovery").discover(request)
        except RegistryError as error:
            failed += 1
            print(f"{tenant_id}: {error.code}: {error}", file=sys.stderr)
        else:
            tell(tenant_id, report)
    return failed


def tell(tenant_id: str, report: DiscoveryReport) -> None:
    """Write a line on what was found, one for each new model, and one on what is broken."""
    print(f"{tenant_id}: {report.discovered} models, {report.created} new")
    for model in report.models:
        if model.is_new:
            # Ids come from whoever sends requests: as repr they can neither break nor colour a line.
            print(
                f"{tenant_id}: new: {model.model_id!r} ({model.provider}), {model.requests} times"
            )
    if report.rows_broken:
        broken = "; ".join(report.examples)
        print(f"{tenant_id}: {report.rows_broken} broken rows: {broken}", file=sys.stderr)


def main() -> int:
    """Run the job, and return its exit code."""
    words = argparse.ArgumentParser()
    words.add_argument("tenants", nargs="+")
    words.add_argument("--days", type=int, default=30)
    words.add_argument("--lock", type=Path, default=Path("nightly-discovery.lock"))
    asked = words.parse_args()
    store = os.environ.get("MODEL_REGISTRY_STORE", "sqlite:///registry.db")
    log = os.environ.get("MODEL_REGISTRY_REQUEST_LOG", "requests.jsonl")
    # Each file of the log is read once and summed up for all tenants and all nights.
    summaries = os.environ.get("MODEL_REGISTRY_SUMMARIES", "summaries.db")
    with the_only_run(asked.lock) as alone:
        if not alone:
            print("another run is at work", file=sys.stderr)
            return os.EX_TEMPFAIL
        try:
            request = DiscoveryRequest(lookback_days=asked.days)
            with open_registry(store, open_request_log(log, summaries=summaries)) as registry:
                failed = discover(registry, asked.tenants, request)
        except RegistryError as error:
            print(f"{error.code}: {error}", file=sys.stderr)
            return 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
