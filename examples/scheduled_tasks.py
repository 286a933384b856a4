"""
Discovery as tasks of a workflow scheduler: plain functions, with plain values in and out.

    python examples/make_requests.py --until now --output requests.jsonl
    python examples/scheduled_tasks.py org_abc inventory.csv

runs them as a scheduler does. In Airflow (which no test of ours runs) each is the callable of a
PythonOperator: python_callable=discover, op_kwargs={"tenant_id": "org_abc"}, retries=3.

A task may be run again, late, or after some nights without: what is registered stays as it is.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from model_registry import DiscoveryRequest, Registry, RegistryError, open_registry


def _opened() -> Registry:
    # In the task and not at import: a scheduler imports its files every few seconds.
    return open_registry(
        os.environ.get("MODEL_REGISTRY_STORE", "sqlite:///registry.db"),
        os.environ.get("MODEL_REGISTRY_REQUEST_LOG", "requests.jsonl"),
    )


def discover(tenant_id: str, lookback_days: int = 30) -> list[str]:
    """
    Register what a tenant used as drafts, and return the new model ids.

    The days overlap from run to run, so that one that was missed is made up for.

    Raises:
        RegistryError: the log or the store is out of reach; the scheduler tries again.
    """
    request = DiscoveryRequest(lookback_days=lookback_days)
    with _opened() as registry:
        report = registry.tenant(tenant_id, actor="scheduler").discover(request)
    return [model.model_id for model in report.models if model.is_new]


def export(tenant_id: str, file: str) -> str:
    """
    Write a tenant's inventory as CSV, whole or not at all, and return the file's name.

    Raises:
        RegistryError: the store is out of reach; the file that was there stays.
    """
    unfinished = Path(f"{file}.part")
    with _opened() as registry, unfinished.open("wb") as written:
        written.writelines(registry.tenant(tenant_id).export())
    unfinished.replace(file)
    return file


def with_retries(
    task: Callable[..., Any], *given: Any, retries: int = 3, pause: float = 0.1
) -> Any:
    """Run a task as a scheduler does: again after a while, up to so many times."""
    while True:
        try:
            return task(*given)
        except RegistryError as error:
            if not retries:
                raise
            print(f"{task.__name__} failed, {retries} tries left: {error}", file=sys.stderr)
            retries -= 1
            time.sleep(pause)


if __name__ == "__main__":
    tenant, target = sys.argv[1:]
    print("new:", with_retries(discover, tenant))
    print("exported:", with_retries(export, tenant, target))
