"""The inventory page: a few files that hold no data, and so need no credentials."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from importlib import resources
from typing import Final
from urllib.parse import quote

from starlette.types import ASGIApp, Receive, Scope, Send

from model_registry.asgi.answers import NO_SNIFF, Answer, Header, entity_tag, tagged, to_json
from model_registry.asgi.params import Condition
from model_registry.asgi.problems import MethodNotAllowed, answer_to
from model_registry.asgi.routes import below_mount
from model_registry.domain.lifecycle import Lifecycle

PLACE: Final = "/ui"
"""Where the page lies, below where the app is mounted."""

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_GUARDS: Final[tuple[Header, ...]] = (
    NO_SNIFF,
    (b"cache-control", b"no-cache"),
    (b"content-security-policy", _POLICY.encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
)

_MEDIA_TYPES: Final[Mapping[str, bytes]] = {
    ".css": b"text/css; charset=utf-8",
    ".html": b"text/html; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".json": b"application/json",
    ".svg": b"image/svg+xml",
}

_INDEX: Final = "index.html"
_METHODS: Final = ("GET", "HEAD")


class Page:
    """
    Answers for the page's own files, and leaves every other request to the API.

    Which paths there are is settled when it is made: what a caller sends is looked up
    among them, and never becomes part of a path.

    Args:
        api: the API, behind its gate.
        prefix: what the API's paths begin with.
        lifecycle: which status may follow which; the page reads it as ``lifecycle.json``.
    """

    def __init__(self, api: ASGIApp, prefix: str, lifecycle: Lifecycle) -> None:
        self._api = api
        self._answers: dict[str, Answer] = {PLACE: Answer(307, ((b"location", b"ui/"), *_GUARDS))}
        for name, body in _files(prefix, lifecycle).items():
            self._answers[f"{PLACE}/{'' if name == _INDEX else name}"] = _answer(name, body)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        known = self._answers.get(below_mount(scope)) if scope["type"] == "http" else None
        await (self._api if known is None else _asked(scope, known))(scope, receive, send)


def _asked(scope: Scope, known: Answer) -> Answer:
    if scope["method"] not in _METHODS:
        return answer_to(MethodNotAllowed(scope["method"], _METHODS))
    given = [value.decode("latin-1") for key, value in scope["headers"] if key == b"if-none-match"]
    if not given or known.status != 200:
        return known
    has = Condition.read(given).holds_weakly(entity_tag(known.body))
    return Answer(304, known.headers) if has else known


def _files(prefix: str, lifecycle: Lifecycle) -> dict[str, bytes]:
    """Return each file of the page, read whole; what is of another kind is left out."""
    folder = resources.files("model_registry.asgi") / "ui"
    files = {
        file.name: file.read_bytes()
        for file in folder.iterdir()
        if _suffix(file.name) in _MEDIA_TYPES
    }
    # Relative, because nobody tells us below which paths hosts and proxies put us.
    api = escape(f"..{quote(prefix)}")
    files[_INDEX] = files[_INDEX].replace(b"__API__", api.encode())
    files["lifecycle.json"] = to_json(dict(lifecycle.moves))
    return files


def _suffix(name: str) -> str:
    return name[name.rfind(".") :]


def _answer(name: str, body: bytes) -> Answer:
    media_type = (b"content-type", _MEDIA_TYPES[_suffix(name)])
    return Answer(200, (media_type, tagged(entity_tag(body)), *_GUARDS), body)
