"""How long is measured: thoroughly, or for a quick look."""

from typing import Final

import attrs


@attrs.frozen(kw_only=True)
class Effort:
    """
    How often and how long everything has its turn.

    Attributes:
        trials: how often each contestant has its turn; the median counts.
        load_seconds: how long wrk asks in one turn, whole seconds.
        turn_seconds: how long other turns last.
        starts: how often a process is started to time its start.
        one_connection: whether what many ask at once is asked by one alone, too.
    """

    trials: int
    load_seconds: int
    turn_seconds: float
    starts: int
    one_connection: bool


FULL: Final = Effort(trials=3, load_seconds=1, turn_seconds=1.0, starts=15, one_connection=True)
QUICK: Final = Effort(trials=1, load_seconds=1, turn_seconds=0.3, starts=5, one_connection=False)
