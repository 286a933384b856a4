"""
Who made a model, told from its id alone.

An id is read as every platform spells it. Its parts, from the most specific
one, are held against the names of model families, each anchored at its start,
so that a bank's own ``fraud-detector-gpt`` is not claimed because of three
letters in it. Where no family is known, a namespace that belongs to a vendor
(``openai/…``, ``anthropic.…``) decides. The answer is the vendor of the model,
not the host that serves it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Final

import attrs

UNKNOWN_PROVIDER: Final = "unknown"

_HOST: Final = (
    r"(?:ft:)?(?:(?:us-gov|us|eu|apac|ap|au|jp|ca|sa|me|global)\.(?=[a-z0-9]+\.))?"
    r"(?:(?:databricks|system\.ai)[-.])?"
)
"""What hosts put before a name: that it is fine-tuned, the region, their own name."""

_NOTHING: Final = "(?!)"
_ARN_FIELDS: Final = 5


@attrs.frozen(eq=False)
class ProviderTable:
    """
    A provider-inference table.

    Attributes:
        families: for each provider a regular expression that is matched, in lower
            case and from the start, against the parts of a model id; the first
            provider that matches wins. All are joined into one, so flags are written
            in the form ``(?x:…)``, and groups are not referred to by number.
        namespaces: for each provider the names, in lower case, under which
            platforms and hubs file its models.
        own: a host's patterns, matched from the start of the whole id, in lower
            case, before anything else.

    Example:
        >>> table = DEFAULT_PROVIDERS.preceded_by({"acme-bank": "(fraud|credit)-scorer"})
        >>> table.infer("fraud-scorer-v3"), table.infer("gpt-4o")
        ('acme-bank', 'openai')
    """

    families: Mapping[str, str]
    namespaces: Mapping[str, Iterable[str]]
    own: Mapping[str, str] = attrs.field(factory=dict)

    def preceded_by(self, own: Mapping[str, str]) -> ProviderTable:
        """Return a table that tries a host's own patterns before these."""
        return attrs.evolve(self, own={**own, **self.own})

    def infer(self, model_id: str) -> str:
        """Return the provider's name, or ``unknown``."""
        lowered = model_id.strip().lower()
        for provider, pattern in self._own:
            if pattern.match(lowered):
                return provider
        if lowered.startswith("arn:"):
            lowered = lowered.split(":", _ARN_FIELDS)[-1]
        path = [part for part in lowered.split("/") if part] if "/" in lowered else [lowered]
        for part in reversed(path):
            if found := self._pattern.match(part):
                return self._providers.get(found.lastgroup) or self._owners[found["owner"]]
        folders = reversed(path[:-1])
        return next((self._owners[f] for f in folders if f in self._owners), UNKNOWN_PROVIDER)

    @cached_property
    def _own(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        return tuple((provider, re.compile(p, re.ASCII)) for provider, p in self.own.items())

    @cached_property
    def _owners(self) -> dict[str, str]:
        return {name: provider for provider, names in self.namespaces.items() for name in names}

    @cached_property
    def _providers(self) -> dict[str | None, str]:
        """The provider of each family's group in the pattern."""
        return {f"family_{n}": provider for n, provider in enumerate(self.families)}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """All families and namespaces as one: one after another they take several times as long."""
        owners = "|".join(map(re.escape, self._owners)) or _NOTHING
        families = "|".join(
            f"(?P<{group}>{family})"
            for group, family in zip(self._providers, self.families.values(), strict=True)
        )
        return re.compile(
            rf"{_HOST}(?:(?:(?:{owners})\.)?(?:{families or _NOTHING})|(?P<owner>{owners})\.)",
            re.ASCII,
        )


# Each pattern is anchored at the start of a part. `\b` ends a name at a separator
# or at the end, so that `o1` is a model and `o1research` is not.
_FIVE_FAMILIES: Final = {
    "openai": r"""(?x:
        (?:openai[-_])?
        (?: gpt-?[1-9](?!all) | gpt-(?:oss|image|audio|realtime|live) | chatgpt
          | o[1-9](?:$|[:@]|-(?:mini|pro|preview|deep-research|high|low|20\d\d))
          | text-embedding-(?:3|ada) | text-(?:davinci|curie|babbage|ada)-
          | (?:text|code)-(?:search|similarity)- | code-(?:davinci|cushman)-
          | (?:davinci|curie|babbage|ada)(?:$|:|-00\d|-instruct|-search|-similarity|-code)
          | (?:text|omni)-moderation\b | codex-mini\b | computer-use-preview
          | whisper-(?:1|large|medium|small|base|tiny)\b | whisper$ | tts-1\b | dall-?e\b | sora-\d ))""",
    "anthropic": r"(?:anthropic[-_])?claude(?:$|[-_.:@ ]|v?\d)",
    "google": r"""(?x:
        (?:google[-_])?
        (?: gemini(?:$|[:@]|-(?:\d|pro|ultra|nano|flash|exp|embedding|live|robotics|deep|computer))
          | (?:code|pali|med|shield|data|rec|t5|vault|embedding|translate|function)?gemma\b
          | (?:code|pali|med|shield|embedding)?gemma-?\d
          | (?:text|chat|code|codechat)-(?:bison|unicorn|gecko)\b
          | text-?embedding-gecko\b | text-embedding-00\d | text-multilingual-embedding-
          | (?:multimodal)?embedding(?:-gecko)?(?:-?@?00\d)\b | palm-?2\b
          | image(?:n|generation|text)(?:$|[@:]|-?\d) | veo-\d | lyria-\d | learnlm\b
          | med(?:lm|palm)\b | flan-(?:t5|ul2)\b | aqa$ | nano-banana ))""",
    "cohere": r"""(?x:
        (?:cohere[-_])?
        (?: command(?:$|[:@]|-(?:r|a|light|nightly|text|xlarge|medium|small|beta)(?:$|[-:@_+0-9]))
          | embed-(?:english|multilingual|v\d) | rerank-(?:english|multilingual|v\d)
          | c4ai-(?:aya|command)\b | aya(?:$|:|-(?:expanse|vision|23|101)\b) ))""",
    "meta": r"""(?x:
        (?:meta[-_])?
        (?: llama-?v?\d | (?:meta[-_])llama | llama(?:$|[:@]) | llama-(?:guard|prompt-guard)
          | code-?llama\b | llama-(?:scout|maverick) | nllb-\d | opt-\d | muse-spark ))""",
}

_FIVE_NAMESPACES: Final = {
    "openai": ("openai", "azure-openai", "openai-community"),
    "anthropic": ("anthropic",),
    "google": ("google", "gemini", "google-deepmind", "deepmind"),
    "cohere": ("cohere", "cohereforai", "coherelabs", "cohere_chat"),
    "meta": ("meta", "meta-llama", "meta_llama", "facebook", "facebookresearch", "codellama"),
}

DEFAULT_PROVIDERS: Final = ProviderTable(_FIVE_FAMILIES, _FIVE_NAMESPACES)
"""The contract's five vendors; every other model is ``unknown``."""

EXTENDED_PROVIDERS: Final = ProviderTable(
    {
        "deepseek": r"deepseek\b",
        "nvidia": r"(?:llama-.*)?nemotron|nvidia[-_]",
        **_FIVE_FAMILIES,
        "ai21": r"(?:jamba|jurassic|j2-|ai21[-_])",
        "alibaba": r"(?:qwen|qwq|qvq)(?:$|[-_.:@\d])|tongyi-",
        "amazon": r"(?:amazon-)?(?:nova-(?:micro|lite|pro|premier|canvas|reel|sonic|act|\d)|titan-(?:text|embed|image|tg))",
        "ibm": r"granite\b",
        "microsoft": r"(?:phi-?\d|wizardlm-?\d|mai-)",
        "minimax": r"(?:minimax|abab\d)",
        "mistral": r"(?:(?:open-)?mi[sx]tral\b|mistral|codestral\b|ministral\b|magistral\b|pixtral\b|devstral\b|voxtral\b|mathstral\b)",
        "moonshot": r"(?:kimi|moonshot)\b",
        "perplexity": r"(?:sonar|pplx)(?:$|-)",
        "snowflake": r"(?:snowflake-)?arctic\b",
        "stability": r"(?:stable-(?:diffusion|image|lm)|sdxl|sd3)",
        "voyage": r"voyage-\w",
        "writer": r"palmyra\b",
        "xai": r"grok\b",
        "zhipu": r"(?:glm|chatglm|cogview)-?\d",
    },
    {
        **_FIVE_NAMESPACES,
        "ai21": ("ai21", "ai21labs"),
        "alibaba": ("qwen", "alibaba", "dashscope"),
        "amazon": ("amazon",),
        "deepseek": ("deepseek", "deepseek-ai"),
        "ibm": ("ibm", "ibm-granite"),
        "microsoft": ("microsoft",),
        "minimax": ("minimax", "minimaxai"),
        "mistral": ("mistral", "mistralai"),
        "moonshot": ("moonshot", "moonshotai"),
        "nvidia": ("nvidia", "nvidia_nim"),
        "perplexity": ("perplexity", "perplexity-ai"),
        "snowflake": ("snowflake",),
        "stability": ("stability", "stabilityai"),
        "voyage": ("voyage", "voyageai"),
        "writer": ("writer",),
        "xai": ("xai", "x-ai"),
        "zhipu": ("zhipu", "zai", "z-ai", "zhipuai", "thudm"),
    },
)
"""The five vendors and those that are met most often beside them; opt-in."""


def infer_provider(model_id: str, table: ProviderTable = DEFAULT_PROVIDERS) -> str:
    """
    Return the vendor of a model, told from its id (contract, discover, note).

    Args:
        model_id: as any platform spells it.
        table: the patterns to go by; ``EXTENDED_PROVIDERS`` knows more vendors.

    Returns:
        ``openai``, ``anthropic``, ``google``, ``cohere``, ``meta``, or ``unknown``.
    """
    return table.infer(model_id)
