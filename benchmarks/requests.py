"""What is asked over HTTP, and in whose name."""

import time
from itertools import count
from typing import Final

import attrs
import jwt

from benchmarks.inventory import ACTOR, SECRET, TENANT

NUMBER: Final = "{n}"
"""Stands for a number in what is asked, another for each request."""

_fresh: Final = count(1)


def fresh_number() -> int:
    """Return a number that was never asked with before."""
    return next(_fresh)


def token() -> str:
    """Return a bearer token of the inventory's tenant, good for an hour."""
    claims = {"tenant_id": TENANT, "sub": ACTOR, "role": "admin", "exp": time.time() + 3600}
    return jwt.encode(claims, SECRET, "HS256")


@attrs.frozen
class Request:
    """What is asked; path and body may hold ``NUMBER``."""

    method: str
    path: str
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    def numbered(self, number: int) -> "Request":
        """Return it with a number in place of ``NUMBER``."""
        return attrs.evolve(
            self,
            path=self.path.replace(NUMBER, str(number)),
            body=self.body.replace(NUMBER, str(number)),
        )
