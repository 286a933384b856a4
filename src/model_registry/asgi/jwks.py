"""An issuer's published keys: fetched on a thread, kept, and fetched again when they may be old."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPException
from threading import Lock
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import msgspec

from model_registry.asgi.auth import AuthenticationUnavailable
from model_registry.asgi.jwt_keys import VerificationKey

_log: Final = logging.getLogger("model_registry.asgi")

_LONGEST_SET: Final = 1024 * 1024
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class _NoRedirects(HTTPRedirectHandler):
    """Follows nothing: who may sign tokens is said by the configured URL alone."""

    def redirect_request(self, *_: Any) -> None:
        """Refuse; urllib raises the redirect as an error."""


class KeySet:
    """
    The keys behind a JWKS URL, by ``kid``.

    While the server cannot be reached the keys that are known stay good. Tokens
    with unknown ids cause at most one fetch in each cooldown.

    Args:
        url: https, or http on this very machine.
        lifetime: seconds after which keys are fetched again in the background.
        cooldown: least seconds between two fetches.
        timeout: seconds that a fetch may take; twice as long at most is it waited for.
        clock: seconds, monotonic; for tests.

    Raises:
        ValueError: the URL is neither.
    """

    def __init__(
        self,
        url: str,
        *,
        lifetime: float = 300,
        cooldown: float = 10,
        timeout: float = 5,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and (parts.scheme != "http" or parts.hostname not in _LOOPBACK):
            raise ValueError(f"A JWKS URL must be https (or http on localhost), not {url!r}")
        self._url = url
        self._lifetime = lifetime
        self._cooldown = cooldown
        self._timeout = timeout
        self._clock = clock
        self._keys: Mapping[str | None, VerificationKey] = {}
        self._fetched_at: float | None = None
        self._asked_at = 0.0
        self._fetch: Future[None] | None = None
        self._lock = Lock()

    async def key(self, kid: str | None) -> VerificationKey | None:
        """
        Return the key with this id, or None; without an id, the only key there is.

        Raises:
            AuthenticationUnavailable: no keys could be fetched so far.
        """
        found = self._known(kid)
        if found is None:
            await self._fetched()
            found = self._known(kid)
        elif self._fetched_at is None or self._clock() - self._fetched_at > self._lifetime:
            self._refresh()
        if self._fetched_at is None:
            raise AuthenticationUnavailable("The keys that verify tokens cannot be fetched now")
        return found

    async def _fetched(self) -> None:
        """Wait for a fetch, but not for a server that keeps us waiting byte by byte."""
        with suppress(TimeoutError):
            async with asyncio.timeout(2 * self._timeout):
                await asyncio.shield(asyncio.wrap_future(self._refresh()))

    def _known(self, kid: str | None) -> VerificationKey | None:
        keys = self._keys
        if kid is None and len(keys) == 1:
            return next(iter(keys.values()))
        return keys.get(kid)

    def _refresh(self) -> Future[None]:
        """Return the fetch that is under way, or was a moment ago, or begins now."""
        with self._lock:
            now = self._clock()
            patience = self._cooldown
            if self._fetch is not None and not self._fetch.done():
                patience = self._lifetime  # then it is given up, and another takes its place
            if self._fetch is None or now - self._asked_at >= patience:
                self._asked_at = now
                thread = ThreadPoolExecutor(1, "model-registry-jwks")
                self._fetch = thread.submit(self._read)
                thread.shutdown(wait=False)
            return self._fetch

    def _read(self) -> None:
        try:
            self._keys = _keys_in(self._download())
            self._fetched_at = self._clock()
        except (OSError, HTTPException, ValueError) as error:
            _log.warning("The keys at %s cannot be fetched: %s", self._url, error)

    def _download(self) -> bytes:
        request = Request(self._url, headers={"Accept": "application/json"})  # noqa: S310  # checked above
        due = time.monotonic() + self._timeout  # urllib's timeout is for each byte anew
        body = bytearray()
        with build_opener(_NoRedirects).open(request, timeout=self._timeout) as response:
            while part := response.read1(_LONGEST_SET):
                body += part
                if len(body) > _LONGEST_SET:
                    raise ValueError("longer than any key set")
                if time.monotonic() > due:
                    raise TimeoutError("it takes too long")
        return bytes(body)


def _keys_in(body: bytes) -> Mapping[str | None, VerificationKey]:
    try:
        given = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError("not JSON") from error
    listed = given.get("keys") if isinstance(given, dict) else None
    keys: dict[str | None, VerificationKey] = {}
    for jwk in listed if isinstance(listed, list) else ():
        kid = jwk.get("kid") if isinstance(jwk, dict) else None
        if not isinstance(jwk, dict) or not isinstance(kid, str | None):
            continue
        try:
            keys[kid] = VerificationKey.of_jwk(jwk)
        except ValueError as error:
            _log.info("The key %.100r of a key set is not used: %s", kid, error)
    if not keys:
        raise ValueError("no usable key in it")
    return keys
