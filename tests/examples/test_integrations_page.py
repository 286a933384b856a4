"""The page on integrations shows the examples as they are, and leaves none out."""

import re

from running_example import EXAMPLES

PAGE = (EXAMPLES.parent / "docs/integrations.md").read_text(encoding="utf-8")
EXCERPT = re.compile(
    r"^From `(examples/[^`]+)`:\n\n```(?:py|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL
)


def test_every_excerpt_is_what_the_example_says():
    excerpts = EXCERPT.findall(PAGE)
    assert len(excerpts) == len(re.findall(r"^```(?:py|sh|python)$", PAGE, re.MULTILINE)) > 5
    for path, text in excerpts:
        assert text in (EXAMPLES.parent / path).read_text(encoding="utf-8"), path


def test_every_example_is_on_the_page_or_the_quick_start():
    elsewhere = {"embed.py", "make_requests.py", "requests.jsonl"}
    for path in EXAMPLES.iterdir():
        if path.name not in elsewhere and not path.name.startswith("__"):
            assert f"`{path.name}{'/' if path.is_dir() else ''}`" in PAGE, path.name
