"""What is asked of the HTTP API."""

from collections.abc import Sequence
from typing import Final

import attrs

from benchmarks.inventory import ENTRIES, FREQUENT, entry_id, rare_word
from benchmarks.requests import NUMBER, Request

_MODELS: Final = "/api/admin/models"
_EXPORT: Final = "/api/admin/model-inventory-export"
_SOME: Final = range(0, ENTRIES, 10)
_FEW: Final = (1, 16)


@attrs.frozen(kw_only=True)
class Case:
    """
    One thing that is asked again and again.

    Attributes:
        name: what it is.
        requests: asked in turn.
        connections: at once, by wrk, one measurement each. None if it is asked on
            one connection, each request timed by itself.
        before: asked, untimed, before each request; not with wrk.
        turn: how many times longer than others a turn lasts.
        revalidating: whether the caller has the answer already, and shows its ETag.
        note: what a reader must know.
    """

    name: str
    requests: Sequence[Request]
    connections: tuple[int, ...] | None = (16,)
    before: Request | None = None
    turn: int = 1
    revalidating: bool = False
    note: str = ""


def _get(query: str) -> Request:
    return Request("GET", f"{_MODELS}{query}")


def _owned_anew(number: int) -> Request:
    return Request("PUT", f"{_MODELS}/{entry_id(number)}", f'{{"owner": "owner-{NUMBER}"}}')


_GETS = [_get(f"/{entry_id(number)}") for number in _SOME]
_FIRST = [_get("?limit=50")]
_PAGES = [_get(f"?offset={number * 50}") for number in range(20)]
_STATUS = [_get("?risk_tier=tier_2&validation_status=in_validation")]
_PROVIDER = [_get("?provider=Anthropic")]
_RARE = [_get(f"?search={FREQUENT}+{rare_word(number)}") for number in _SOME]
_FREQUENT = [_get(f"?search={FREQUENT}")]
_CSV = [Request("GET", _EXPORT)]
_JSON = [Request("GET", f"{_EXPORT}?format=json")]
_UPDATES = [_owned_anew(number) for number in _SOME]
_NEW = f'{{"model_id": "new-{NUMBER}", "provider": "acme", "risk_tier": "tier_4"}}'
_REGISTER = [Request("POST", _MODELS, _NEW)]
_WRITE = _owned_anew(ENTRIES // 2)


def _after_a_write(name: str, requests: Sequence[Request]) -> Case:
    return Case(name=f"{name}, after a write", requests=requests, connections=None, before=_WRITE)


CASES: Final = (
    Case(name="get one", requests=_GETS, connections=_FEW),
    Case(name="list of 50, same page", requests=_FIRST, connections=_FEW),
    Case(name="list of 50, 20 pages", requests=_PAGES),
    Case(
        name="list of 50, If-None-Match",
        requests=_FIRST,
        revalidating=True,
        note="The hand-written registry has no ETags and sends the list.",
    ),
    Case(name="filter by tier and status", requests=_STATUS),
    # Long enough for the hand-written one to answer more than wrk asks at once.
    Case(name="filter by provider", requests=_PROVIDER, turn=2),
    _after_a_write("list of 50", _FIRST),
    _after_a_write("filter by tier and status", _STATUS),
    _after_a_write("filter by provider", _PROVIDER),
    _after_a_write("search, two terms, one rare", _RARE),
    _after_a_write("search, a frequent term", _FREQUENT),
    Case(name="CSV export of 10,000", requests=_CSV, connections=None, turn=2),
    Case(name="JSON export of 10,000", requests=_JSON, connections=None, turn=2),
    # What makes the inventory larger comes last.
    Case(name="audited update", requests=_UPDATES, connections=_FEW),
    Case(name="register", requests=_REGISTER, connections=_FEW),
)
