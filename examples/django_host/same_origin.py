"""Whether a browser sends a request for a page of this very origin."""

from urllib.parse import urlsplit

SAFE = {"GET", "HEAD", "OPTIONS"}


def is_from_elsewhere(scope) -> bool:
    """
    Tell whether a page of another origin makes a request that could change something.

    Browsers send cookies along with requests that other sites' pages make, and a POST can be
    made without asking first. They say where it comes from, in headers that no page can
    set: Sec-Fetch-Site where the address is https or localhost, Origin everywhere. Whatever
    sends neither is no browser, and has no cookies that somebody else could ride on.
    """
    if scope["method"] in SAFE:
        return False
    headers = dict(scope["headers"])
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        return site not in (b"same-origin", b"none")
    origin = headers.get(b"origin")
    if origin is None:
        return False
    return urlsplit(origin.decode("latin-1")).netloc != headers.get(b"host", b"").decode("latin-1")
