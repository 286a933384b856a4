"""What a run of faults counted."""

import attrs


@attrs.frozen
class Figures:
    """
    The outcome of one part.

    Attributes:
        part: what was tortured.
        rounds: how many faults were brought about.
        acknowledged: how many writes the store said were durable.
        lost: how many of those were not there afterwards; must be 0.
        torn: how many states were seen that no whole commit leaves; must be 0.
        notes: what else is worth knowing, for people.
    """

    part: str
    rounds: int = 0
    acknowledged: int = 0
    lost: int = 0
    torn: int = 0
    notes: tuple[str, ...] = ()
