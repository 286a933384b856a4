"""What goes back over the wire: a status, headers and bytes that are ready to be sent."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, Final

import attrs
import msgspec
from starlette.types import Receive, Scope, Send

from model_registry.domain.chain import Head

Header = tuple[bytes, bytes]

NO_STORE: Final[Header] = (b"cache-control", b"no-store")
REVALIDATE: Final[Header] = (b"cache-control", b"private, no-cache")
NO_SNIFF: Final[Header] = (b"x-content-type-options", b"nosniff")
_JSON: Final[Header] = (b"content-type", b"application/json")

to_json: Final = msgspec.json.Encoder().encode


@attrs.frozen
class Answer:
    """
    A whole answer, as an ASGI app that sends it.

    Attributes:
        status: the HTTP status.
        headers: in lower case; ``content-length`` is added.
        body: the bytes; HEAD leaves them out.
    """

    status: int
    headers: tuple[Header, ...]
    body: bytes = b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        headers = list(self.headers)
        if self.status not in {204, 304}:
            headers.append((b"content-length", b"%d" % len(self.body)))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        body = b"" if scope["method"] == "HEAD" else self.body
        await send({"type": "http.response.body", "body": body})


def json_answer(status: int, value: Any, *headers: Header) -> Answer:
    """Return an answer with a JSON value as body, which nobody is to keep."""
    return Answer(status, (_JSON, NO_STORE, NO_SNIFF, *headers), to_json(value))


def entity_answer(status: int, body: bytes, *headers: Header) -> Answer:
    """Return an answer with a JSON body that a client may keep, and ask about by its ETag."""
    return state_answer(status, body, entity_tag(body), *headers)


def state_answer(status: int, body: bytes, tag: str, *headers: Header) -> Answer:
    """Return an answer with a JSON body that is of the state that an ETag names."""
    return Answer(status, (_JSON, REVALIDATE, NO_SNIFF, tagged(tag), *headers), body)


def unchanged_answer(tag: str) -> Answer:
    """Return the answer that what a client has is still what there is (HTTP 304)."""
    return Answer(304, (REVALIDATE, NO_SNIFF, tagged(tag)))


def tagged(tag: str) -> Header:
    """Return the header that tells an ETag."""
    return (b"etag", tag.encode())


def entity_tag(body: bytes) -> str:
    """Return the strong ETag of a body: equal tags mean equal bytes (RFC 9110, 8.8.3)."""
    return f'"{blake2b(body, digest_size=16).hexdigest()}"'


def state_tag(tenant_id: str, head: Head) -> str:
    """
    Return the strong ETag of whatever one URL shows of a tenant's inventory.

    Equal heads mean an equal inventory, so a client's copy is checked with one
    cheap look at the store.
    """
    state = f"{head.revision} {head.hash} {tenant_id}".encode("utf-8", "surrogatepass")
    return f'"{blake2b(state, digest_size=16).hexdigest()}"'
