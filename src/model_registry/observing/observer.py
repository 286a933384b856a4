"""The observer port: five things that happen, and who is told of them."""

from __future__ import annotations

from typing import Final

import attrs

SUCCESS: Final = "success"
"""The outcome of what was done; any other outcome is the code of the error."""


@attrs.frozen(kw_only=True)
class RequestServed:
    """
    A request over HTTP that has been answered, or given up.

    Every field but ``tenant_id`` has a bounded number of values, whatever callers
    send, and none holds anything that they wrote.

    Attributes:
        method: one of HTTP's own methods, or ``_OTHER``.
        scheme: ``http`` or ``https``.
        route: the path's template with the app's prefix, such as
            ``/api/admin/models/{id}``; None if the request was turned away before
            it was routed, or leads nowhere.
        status: the HTTP status; None if the client left before there was one.
        broken_off: whether the answer ended before it was whole.
        seconds: from the request's head to the last byte given to the server.
        tenant_id: whose inventory it was about, None if nobody was let in. There
            may be many tenants, and they are customers: no metric has them.
    """

    method: str
    scheme: str
    route: str | None
    status: int | None
    broken_off: bool
    seconds: float
    tenant_id: str | None


@attrs.frozen(kw_only=True)
class WriteFinished:
    """
    An attempt to change an inventory, with every repetition that it took.

    Attributes:
        action: ``registered``, ``updated``, ``deleted`` or ``discovered``, as the
            history says; ``imported`` for a file, whose events say the first two.
        count: how many entries were changed; 0 if it did not succeed.
        seconds: from the use case's begin to its end.
        outcome: ``SUCCESS``, the code of what refused it (``model_already_exists``)
            or stopped it (``store_error``), or ``unexpected``.
        tenant_id: whose inventory; no metric has it.
    """

    action: str
    count: int
    seconds: float
    outcome: str
    tenant_id: str


@attrs.frozen(kw_only=True)
class ScanFinished:
    """
    A scan of the request log that has ended.

    Attributes:
        rows_read: how many rows were looked at; None if a database did it, or if
            the scan failed.
        rows_broken: how many of them could not be understood.
        models: how many distinct models were found.
        seconds: from the scan's begin to its end.
        outcome: ``SUCCESS``, the code of the error, or ``unexpected``.
        tenant_id: whose requests were looked for; no metric has it.
    """

    rows_read: int | None
    rows_broken: int
    models: int
    seconds: float
    outcome: str
    tenant_id: str


@attrs.frozen(kw_only=True)
class LookFinished:
    """
    A look at the store for risk tiers that has ended; see ``Registry.risk_tiers``.

    Attributes:
        tenants: of how many it was.
        failed: for how many of them it failed; their tiers stay what they were,
            for as long as the host has said.
        seconds: from the look's begin to its end.
        outcome: ``SUCCESS``, the code of the first error, or ``unexpected``.
    """

    tenants: int
    failed: int
    seconds: float
    outcome: str


@attrs.frozen(kw_only=True)
class FlushFinished:
    """
    A flush of live sightings that has ended; see ``Registry.live_sightings``.

    Attributes:
        tenants: how many were written, or tried.
        failed: how many of them could not be written now.
        requests: how many were written; those of the failed wait for the next flush.
        dropped: requests that are lost: there was no place in memory, or writing
            them failed in a way that no repetition mends.
        unusable: requests whose tenant, model or time makes no sense; lost as well.
        postponed: models that are new, but more than a tenant may get within an
            hour; they are registered when they are seen after it.
        seconds: from the flush's begin to its end.
        outcome: ``SUCCESS``, the code of the first error, or ``unexpected``.
    """

    tenants: int
    failed: int
    requests: int
    dropped: int
    unusable: int
    postponed: int
    seconds: float
    outcome: str

    @property
    def is_troubled(self) -> bool:
        """Whether anything waits, or is lost, or was left out."""
        return bool(self.failed or self.dropped or self.unusable or self.postponed)


class Observer:
    """
    Is told what happened, right after it did; a subclass overrides what it wants to know.

    It is called on the thread that did the work, from many at once, and on the
    event loop for requests: it must be quick and must not block. What it raises
    harms nothing; the first time it does, that is logged.
    """

    def on_request(self, event: RequestServed) -> None:
        """A request was answered, or given up."""

    def on_write(self, event: WriteFinished) -> None:
        """An inventory was changed, or a change was refused or failed."""

    def on_scan(self, event: ScanFinished) -> None:
        """A scan of the request log ended."""

    def on_look(self, event: LookFinished) -> None:
        """A look for risk tiers ended: some a second, as long as any are followed."""

    def on_flush(self, event: FlushFinished) -> None:
        """Live sightings were written, or could not be."""
