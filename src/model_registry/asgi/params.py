"""What a request brings: query parameters, a JSON body, and conditions on entity tags."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl

import attrs
import msgspec
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from model_registry.asgi.problems import BodyTooLarge
from model_registry.codec import read_object, read_text
from model_registry.domain.rules import rules_of
from model_registry.errors import Fault, ValidationError

LONGEST_BODY: Final = 1024 * 1024
"""Bytes of the longest request body; the longest acceptable entry needs a fraction of it."""

_MOST_PARAMETERS: Final = 100
_LONGEST_KEPT: Final = 200
_QUERIES_KEPT: Final = 1_000
_ENTITY_TAG: Final = re.compile(r'(W/)?("[^"]*")')

_decode: Final = msgspec.json.Decoder().decode


@attrs.frozen
class Body:
    """
    How a request's JSON body is read.

    Attributes:
        declared: the class with ruled fields that it describes.
        null_is_absent: whether null in an optional field means absent.
        may_be_empty: whether no body at all means an empty object.
        read_only: fields that may be sent back as they were read, and not changed.
    """

    declared: type[attrs.AttrsInstance]
    null_is_absent: bool = False
    may_be_empty: bool = False
    read_only: frozenset[str] = frozenset()

    def read(self, raw: bytes) -> Any:
        """
        Build what the bytes describe.

        Raises:
            ValidationError: not JSON (RFC 8259, UTF-8), not an object, or with faults.
        """
        if not raw and self.may_be_empty:
            return self.declared()
        try:
            given = _decode(raw)
        except RecursionError:
            raise ValidationError([Fault("body", "is nested too deeply")]) from None
        except UnicodeDecodeError:
            raise ValidationError([Fault("body", "must be UTF-8")]) from None
        except msgspec.DecodeError as error:
            reason = str(error).removeprefix("JSON is malformed: ")
            raise ValidationError([Fault("body", f"must be JSON: {reason}")]) from None
        return read_object(self.declared, given, null_is_absent=self.null_is_absent)


async def read_body(receive: Receive) -> bytes:
    """
    Read a request's body, in bounded memory whatever its length says.

    Raises:
        BodyTooLarge: more than ``LONGEST_BODY``.
        ClientDisconnect: the client hung up.
    """
    parts: list[bytes] = []
    length = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        part = message.get("body", b"")
        length += len(part)
        if length > LONGEST_BODY:
            raise BodyTooLarge(LONGEST_BODY)
        parts.append(part)
        more = message.get("more_body", False)
    return b"".join(parts)


def read_query(raw: bytes, declared: tuple[type[attrs.AttrsInstance], ...]) -> tuple[Any, ...]:
    """
    Build what a query string describes: one instance of each class, its fields as parameters.

    Raises:
        ValidationError: unknown, repeated and unacceptable parameters, all of them.
    """
    return (_read if len(raw) > _LONGEST_KEPT else _read_once)(raw, declared)


def _read(raw: bytes, declared: tuple[type[attrs.AttrsInstance], ...]) -> tuple[Any, ...]:
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_PARAMETERS,
        )
    except UnicodeError:
        raise ValidationError([Fault("query", "must be percent-encoded UTF-8")]) from None
    except ValueError:
        message = f"must have at most {_MOST_PARAMETERS} parameters"
        raise ValidationError([Fault("query", message)]) from None
    given = dict(pairs)
    faults = _unexpected(pairs, [name for kind in declared for name in rules_of(kind)])
    built: list[Any] = []
    for kind in declared:
        try:
            built.append(
                read_text(kind, {name: given[name] for name in rules_of(kind) if name in given})
            )
        except ValidationError as error:
            faults.extend(error.faults)
    if faults:
        raise ValidationError(faults)
    return tuple(built)


# Clients ask the same again and again; what a query describes is frozen and may be shared.
_read_once: Final = lru_cache(_QUERIES_KEPT)(_read)


def _unexpected(pairs: list[tuple[str, str]], known: list[str]) -> list[Fault]:
    faults: list[Fault] = []
    for name, times in Counter(name for name, _ in pairs).items():
        if name not in known:
            message = f"is not a known parameter; known are {', '.join(known) or 'none'}"
            faults.append(Fault(name[:200], message))
        elif times > 1:
            faults.append(Fault(name, f"must be given once, not {times} times"))
    return faults


@attrs.frozen
class Condition:
    """
    The entity tags of an ``If-Match`` or ``If-None-Match`` header (RFC 9110, 13.1).

    Attributes:
        tags: the quoted tags and whether each is weak; none that could be read
            match nothing.
        any: whether the header was ``*``.
    """

    tags: tuple[tuple[str, bool], ...]
    any: bool

    @classmethod
    def read(cls, values: Sequence[str]) -> Condition:
        """Return the condition that a header's values state."""
        text = ", ".join(values)
        found = tuple((tag, bool(weak)) for weak, tag in _ENTITY_TAG.findall(text))
        return cls(found, text.strip() == "*")

    def holds_strongly(self, tag: str) -> bool:
        """Tell whether ``If-Match`` lets a change of what has this tag happen."""
        return self.any or (tag, False) in self.tags

    def holds_weakly(self, tag: str) -> bool:
        """Tell whether ``If-None-Match`` names what has this tag."""
        return self.any or any(tag == known for known, _ in self.tags)
