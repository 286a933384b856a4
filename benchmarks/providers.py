"""The vendor of a model from its id, beside LiteLLM's look-up where that can be had."""

import os
import sys
from collections.abc import Callable
from importlib.util import find_spec
from statistics import median
from timeit import repeat
from typing import Final

from benchmarks.alone import alone
from benchmarks.effort import Effort
from benchmarks.figures import Figure, Row, of_trials
from benchmarks.kept import FOLDER

# LiteLLM knows all of these; it raises for ids that it does not, such as retired ones.
_IDS: Final = (
    "gpt-4o", "gpt-4o-mini-2024-07-18", "o3-mini", "text-embedding-3-small", "azure/gpt-4o",
    "ft:gpt-4o-mini-2024-07-18:acme::abc123", "openrouter/openai/gpt-4o",
    "anthropic.claude-3-5-sonnet-20240620-v1:0", "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "meta.llama3-70b-instruct-v1:0", "gemini/gemini-2.5-pro", "gemini-2.5-pro",
)  # fmt: skip
_ROUNDS: Final = 500
_APART: Final = FOLDER / "litellm" / "bin" / "python"
_MISSING: Final = "LiteLLM is not installed here; `make bench-litellm` installs it apart."


def measured(effort: Effort) -> Row:
    """Measure both, each in a process of its own; ours alone where LiteLLM is missing."""
    trials: dict[str, list[Figure]] = {"ours": []}
    python = sys.executable if find_spec("litellm") else str(_APART)
    if os.access(python, os.X_OK):
        trials["LiteLLM"] = []
    for _ in range(effort.trials):
        trials["ours"].append(alone("benchmarks.providers:ours"))
        if "LiteLLM" in trials:
            trials["LiteLLM"].append(alone("benchmarks.providers:litellm", python))
    return Row(
        part="process",
        name="infer_provider",
        figures={name: of_trials(figures) for name, figures in trials.items()},
        note="" if "LiteLLM" in trials else _MISSING,
    )


def ours() -> Figure:
    """Time our look-up, in this process."""
    from model_registry import infer_provider

    return _timed(infer_provider)


def litellm() -> Figure:
    """Time LiteLLM's, in this process."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # or else it asks the network
    from litellm import get_llm_provider  # type: ignore[import-not-found]  # may be missing

    return _timed(get_llm_provider)


def _timed(infer: Callable[[str], object]) -> Figure:
    def all_of_them() -> None:
        for model_id in _IDS:
            infer(model_id)

    return Figure(seconds=median(repeat(all_of_them, number=_ROUNDS)) / _ROUNDS / len(_IDS))
