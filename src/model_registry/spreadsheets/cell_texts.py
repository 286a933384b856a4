r"""
Texts as a workbook holds them (ECMA-376 part 1, 22.9.2.19, ``ST_Xstring``).

XML can hold no control characters and turns every CR into LF, so such a character
is written ``_x000D_``; and a text that looks like that has its ``_`` written so.
"""

from __future__ import annotations

import re
from typing import Final

_UNWRITABLE: Final = "\x00-\x08\x0b-\x1f\ufffe\uffff"
_TO_ESCAPE: Final = re.compile(f"[{_UNWRITABLE}]|_(?=x[0-9A-Fa-f]{{4}}[_{_UNWRITABLE}])")
_ESCAPED: Final = re.compile("_x([0-9A-Fa-f]{4})_")


def escaped(text: str) -> str:
    """Return a text as a workbook's XML can hold it."""
    return _TO_ESCAPE.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def unescaped(text: str) -> str:
    """Return the text that a workbook's XML holds; ``escaped`` taken back."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text
