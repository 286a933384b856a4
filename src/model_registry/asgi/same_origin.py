"""Whether a browser sends a request for a page of another origin, with credentials of its own."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from starlette.types import Scope

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN: Final = frozenset({b"same-origin", b"none"})


def is_forged(scope: Scope, trusted: Collection[str]) -> bool:
    """
    Tell whether a page of another origin makes a request that could change something.

    Browsers add cookies to requests that any page makes, and a POST can be made without
    asking first. They also say where it comes from, in headers that no page can set:
    ``Sec-Fetch-Site`` over https and on localhost, ``Origin`` everywhere. Whatever
    sends neither is no browser. Who sends ``Authorization`` was not helped by a browser.

    Args:
        scope: the request's.
        trusted: origins whose pages may, such as ``https://risk.example.com``.
    """
    if scope["method"] in _SAFE:
        return False
    headers = dict(scope["headers"])
    if b"authorization" in headers:
        return False
    origin = headers.get(b"origin", b"").decode("latin-1")
    if origin in trusted:
        return False
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        return site not in _OWN
    return bool(origin) and urlsplit(origin).netloc != headers.get(b"host", b"").decode("latin-1")
