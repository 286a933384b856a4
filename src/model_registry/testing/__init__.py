"""
What tests are made of: the conformance kit, and a clock, ids and requests to control.

Every backend must pass the kit, ours and a third party's alike. Subclass
``StoreContract`` or ``RequestLogContract`` in a test module of your own, and let
``store_state_machine`` compare your store with a plain model; that needs the
``testing`` extra (pytest and Hypothesis). ``docs/write-a-backend.md`` is the guide.

Each name is loaded from its home when it is first asked for: the pytest plugin lives
here too, and must cost a host's tests nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

import pytest

pytest.register_assert_rewrite(
    "model_registry.testing.store_profiles",
    "model_registry.testing.store_reads",
    "model_registry.testing.store_writes",
    "model_registry.testing.store_concurrency",
    "model_registry.testing.store_machine",
    "model_registry.testing.request_log_contract",
)

if TYPE_CHECKING:
    from model_registry.testing.fakes import CountedIds, Draft, TickingClock
    from model_registry.testing.recorded_requests import RecordedRequests
    from model_registry.testing.request_log_contract import RequestLogContract
    from model_registry.testing.store_contract import StoreContract
    from model_registry.testing.store_machine import store_state_machine

__all__ = [
    "CountedIds",
    "Draft",
    "RecordedRequests",
    "RequestLogContract",
    "StoreContract",
    "TickingClock",
    "store_state_machine",
]

_HOMES: Final = {
    "CountedIds": "fakes",
    "Draft": "fakes",
    "RecordedRequests": "recorded_requests",
    "RequestLogContract": "request_log_contract",
    "StoreContract": "store_contract",
    "TickingClock": "fakes",
    "store_state_machine": "store_machine",
}

# Type checkers read the imports above; with a __getattr__ no misspelt name would be wrong to them.
if not TYPE_CHECKING:

    def __getattr__(name):
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
