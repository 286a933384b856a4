"""A tenant's risk tiers as its events tell them, in whatever order the events arrive."""

from __future__ import annotations

from collections.abc import Iterable

from model_registry.domain.chain import Head
from model_registry.domain.changes import Action, ChangeEvent
from model_registry.domain.lifecycle import RiskTier

_RISK_TIER = "risk_tier"


class TierTable:
    """
    One tenant's tiers, and how far they follow its history.

    Events come from two sides: in order as the store tells them, and out of order
    as this process's own commits end. The later event about a model wins, whichever
    comes first, so no older tier ever comes back. Readers look into ``known`` while
    it changes; whoever else calls, calls one at a time.

    Attributes:
        known: the tiers of the registered models, by model_id.
        head: every event up to here is in ``known``; None while nothing was read.
        ahead: of models whose tier is from an event beyond the head, that event's
            sequence.
    """

    __slots__ = ("ahead", "head", "known")

    def __init__(self, known: dict[str, RiskTier] | None = None, head: Head | None = None) -> None:
        self.known = {} if known is None else known
        self.head = head
        self.ahead: dict[str, int] = {}

    @property
    def reach(self) -> int:
        """The highest sequence that it knows of: the history has at least so many events."""
        return max(self.ahead.values(), default=0 if self.head is None else self.head.sequence)

    def agrees_with(self, head: Head) -> bool:
        """Tell whether it follows the history that has this head, at least so far."""
        own = self.head
        if own is None:
            return False
        return own.sequence > head.sequence or (own.sequence, own.hash) == (
            head.sequence,
            head.hash,
        )

    def take(self, events: Iterable[ChangeEvent]) -> None:
        """
        Take events, in sequence order among themselves; known ones may be among them.

        Raises:
            ValueError: an event tells of a tier that is none.
        """
        for event in events:
            follows = self._follows(event)
            if follows or self.head is None or event.sequence > self.head.sequence:
                self._apply(event, follows=follows)
            if follows:
                self.head = Head(0, event.sequence, event.hash)  # of revisions events do not tell
        if self.ahead and self.head is not None:
            reached = self.head.sequence
            self.ahead = {model: at for model, at in self.ahead.items() if at > reached}

    def _follows(self, event: ChangeEvent) -> bool:
        head = self.head
        return head is not None and (event.sequence, event.previous_hash) == (
            head.sequence + 1,
            head.hash,
        )

    def _apply(self, event: ChangeEvent, *, follows: bool) -> None:
        change = event.changes.get(_RISK_TIER)
        if change is None or self.ahead.get(event.model_id, 0) >= event.sequence:
            return
        if event.action is Action.DELETED:
            self.known.pop(event.model_id, None)
        else:
            self.known[event.model_id] = RiskTier(str(change.after))
        if not follows:
            self.ahead[event.model_id] = event.sequence

    def replace(self, fresh: TierTable) -> None:
        """Become a table that was read anew, but keep what is known from beyond its head."""
        reached = 0 if fresh.head is None else fresh.head.sequence
        for model_id, sequence in self.ahead.items():
            if sequence > max(reached, fresh.ahead.get(model_id, 0)):
                fresh.ahead[model_id] = sequence
                if model_id in self.known:
                    fresh.known[model_id] = self.known[model_id]
                else:
                    fresh.known.pop(model_id, None)
        self.known, self.head, self.ahead = fresh.known, fresh.head, fresh.ahead

    def distrust(self) -> None:
        """Take the sequences that it knows for those of another history; the tiers stay."""
        self.head = None
        self.ahead.clear()
