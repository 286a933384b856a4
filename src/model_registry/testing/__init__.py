"""
The conformance kit: what every backend must pass, ours and a third party's alike.

Subclass ``StoreContract`` or ``RequestLogContract`` in a test module of your own,
and let ``store_state_machine`` compare your store with a plain model. Needs the
``testing`` extra (pytest and Hypothesis). ``docs/write-a-backend.md`` is the guide.
"""

import pytest

pytest.register_assert_rewrite(
    "model_registry.testing.store_reads",
    "model_registry.testing.store_writes",
    "model_registry.testing.store_concurrency",
    "model_registry.testing.store_machine",
    "model_registry.testing.request_log_contract",
)

from model_registry.testing.fakes import CountedIds, Draft, TickingClock  # noqa: E402  # see above
from model_registry.testing.request_log_contract import RequestLogContract  # noqa: E402  # see above
from model_registry.testing.store_contract import StoreContract  # noqa: E402  # see above
from model_registry.testing.store_machine import store_state_machine  # noqa: E402  # see above

__all__ = [
    "CountedIds",
    "Draft",
    "RequestLogContract",
    "StoreContract",
    "TickingClock",
    "store_state_machine",
]
