"""
What a field may hold: one declaration each, read by everything that validates.

The same rules check a constructor's arguments, a JSON body, a query string and
a command-line option, and they are what the OpenAPI document is written from.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, Final

import attrs

from model_registry.domain.instants import as_utc, read_instant
from model_registry.errors import NOT_GIVEN, Fault, ValidationError

_WHOLE_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)
_RULE: Final = "rule"


class Refused(Exception):
    """A value that a rule does not accept: the faults, with paths below the field."""

    def __init__(self, *faults: Fault) -> None:
        self.faults = faults
        super().__init__("; ".join(map(str, faults)))


class Rule(ABC):
    """One field's rule. Parsing is idempotent: what came out may go in again."""

    @abstractmethod
    def parse(self, field: str, given: object) -> Any:
        """
        Return the value in the domain's own type.

        Raises:
            Refused: it is not acceptable; the faults carry ``field`` as path.
        """

    def read(self, field: str, text: str) -> Any:
        """
        Parse what came as text, from a query string or a command line.

        Raises:
            Refused: it is not acceptable.
        """
        return self.parse(field, text)

    def accepts(self, given: object) -> bool:
        """Tell whether a value would be parsed."""
        try:
            self.parse("", given)
        except Refused:
            return False
        return True


@attrs.frozen
class Text(Rule):
    """
    A string of at most ``longest`` characters, without U+0000 and lone surrogates.

    Both are legal in JSON, but the one is refused by PostgreSQL and the other
    cannot be written as UTF-8.
    """

    longest: int
    may_be_blank: bool = False

    def parse(self, field: str, given: object) -> str:
        """Return the string itself."""
        if not isinstance(given, str):
            raise Refused(Fault(field, "must be a string", given))
        if not self.may_be_blank and (not given or given.isspace()):
            raise Refused(Fault(field, "must not be blank", given))
        if len(given) > self.longest:
            message = f"must be at most {self.longest:,} characters, not {len(given):,}"
            raise Refused(Fault(field, message, given))
        if "\x00" in given:
            raise Refused(Fault(field, "must not contain the character U+0000", given))
        try:
            given.encode()
        except UnicodeEncodeError:
            raise Refused(Fault(field, "must not contain lone surrogates", given)) from None
        return str(given)


@attrs.frozen
class Choice(Rule):
    """One of an enumeration's values, spelled exactly."""

    options: type[StrEnum]

    def parse(self, field: str, given: object) -> StrEnum:
        """Return the enumeration's member."""
        allowed = self.allowed
        if not isinstance(given, str) or given not in allowed:
            message = f"must be one of {', '.join(allowed)}"
            raise Refused(Fault(field, message, given, allowed))
        return self.options(given)

    @property
    def allowed(self) -> tuple[str, ...]:
        """The values, in the enumeration's order."""
        return tuple(option.value for option in self.options)


@attrs.frozen
class Whole(Rule):
    """A whole number from ``least`` to ``most``; outside is a fault, never a clamp."""

    least: int
    most: int

    def parse(self, field: str, given: object) -> int:
        """Return the number; JSON does not tell 30.0 from 30 (JSON Schema, 6.1.1)."""
        if isinstance(given, float) and given.is_integer():
            given = int(given)
        if isinstance(given, bool) or not isinstance(given, int):
            raise Refused(Fault(field, "must be a whole number", given))
        if not self.least <= given <= self.most:
            raise Refused(Fault(field, f"must be from {self.least:,} to {self.most:,}", given))
        return given

    def read(self, field: str, text: str) -> int:
        """Return the number that is written in ASCII digits."""
        if not _WHOLE_NUMBER.fullmatch(text):
            raise Refused(Fault(field, "must be a whole number", text))
        return self.parse(field, int(text))


@attrs.frozen
class Flag(Rule):
    """True or false."""

    def parse(self, field: str, given: object) -> bool:
        """Return the truth value."""
        if not isinstance(given, bool):
            raise Refused(Fault(field, "must be true or false", given))
        return given

    def read(self, field: str, text: str) -> bool:
        """Return the truth value that is written ``true`` or ``false``."""
        if text not in {"true", "false"}:
            raise Refused(Fault(field, "must be true or false", text, ("true", "false")))
        return text == "true"


@attrs.frozen
class Instant(Rule):
    """An aware time: a ``datetime``, or ISO 8601 text with a zone."""

    def parse(self, field: str, given: object) -> datetime:
        """Return the time in UTC."""
        try:
            if isinstance(given, datetime):
                return as_utc(given)
            if isinstance(given, str):
                return read_instant(given)
        except ValueError:
            pass
        message = "must be a time with a zone, such as 2026-03-13T00:00:00Z"
        raise Refused(Fault(field, message, given))


@attrs.frozen
class Date(Rule):
    """A day: a ``date``, or text such as ``2026-03-13`` (RFC 3339, full-date)."""

    def parse(self, field: str, given: object) -> date:
        """Return the day."""
        if isinstance(given, date) and not isinstance(given, datetime):
            return given
        if isinstance(given, str):
            try:
                day = date.fromisoformat(given)
            except ValueError:
                pass
            else:
                if day.isoformat() == given:  # Python reads other spellings of ISO 8601 too
                    return day
        raise Refused(Fault(field, "must be a date, such as 2026-03-13", given))


class Tags(dict[str, str]):
    """
    An entry's key/value tags: a dict that cannot be changed, in the keys' order.

    Sorted at construction, so that equal tags are written alike everywhere.
    """

    __slots__ = ()

    def __init__(self, tags: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(sorted(dict(tags).items()))

    def _refuse(self, *_args: object, **_kwargs: object) -> Any:
        raise TypeError("tags cannot be changed in place: amend the entry")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]  # dict says None; this one is frozen
        return hash(tuple(self.items()))

    def __reduce__(self) -> tuple[type[Tags], tuple[dict[str, str]]]:
        return Tags, (dict(self),)


@attrs.frozen
class TagMap(Rule):
    """
    At most ``most`` tags, strings to strings.

    Attributes:
        things: what they are called, for people.
    """

    most: int
    key: Text
    value: Text
    things: str = "tags"

    def parse(self, field: str, given: object) -> Tags:
        """Return the tags, frozen; every faulty one is named."""
        if isinstance(given, Tags):
            return given
        if not isinstance(given, Mapping):
            raise Refused(Fault(field, "must be an object of strings", given))
        if len(given) > self.most:
            message = f"must have at most {self.most} {self.things}, not {len(given):,}"
            raise Refused(Fault(field, message, given))
        faults: list[Fault] = []
        for key, value in given.items():
            path = f"{field}.{key}"[:200].encode("utf-8", "backslashreplace").decode()
            for rule, part in ((self.key, key), (self.value, value)):
                try:
                    rule.parse(path, part)
                except Refused as refused:
                    faults.extend(refused.faults)
        if faults:
            raise Refused(*faults)
        return Tags(given)


@attrs.frozen
class Nullable(Rule):
    """What another rule accepts, or nothing."""

    rule: Rule

    def parse(self, field: str, given: object) -> Any:
        """Return None for None, else what the other rule returns."""
        return None if given is None else self.rule.parse(field, given)

    def read(self, field: str, text: str) -> Any:
        """Read text as the other rule does: no text stands for null."""
        return self.rule.read(field, text)


def ruled(rule: Rule, **options: Any) -> Any:
    """Declare an attrs field that holds what ``rule`` accepts."""
    return attrs.field(metadata={_RULE: rule}, **options)


@cache
def rules_of(declared: type[attrs.AttrsInstance]) -> dict[str, Rule]:
    """Return the rule of each ruled field of a class, in order of declaration."""
    return {a.name: a.metadata[_RULE] for a in attrs.fields(declared) if _RULE in a.metadata}


@cache
def required_of(declared: type[attrs.AttrsInstance]) -> tuple[str, ...]:
    """Return the names of the ruled fields that have no default."""
    return tuple(
        a.name for a in attrs.fields(declared) if _RULE in a.metadata and a.default is attrs.NOTHING
    )


def enforce(instance: attrs.AttrsInstance, *, passing: object = NOT_GIVEN) -> None:
    """
    Parse every ruled field of a new instance in place; for ``__attrs_post_init__``.

    Args:
        instance: the instance that is being made.
        passing: a marker that is left as it is, whatever the rule says.

    Raises:
        ValidationError: with every fault of every field.
    """
    faults: list[Fault] = []
    for name, rule in rules_of(type(instance)).items():
        given = getattr(instance, name)
        if given is passing:
            continue
        try:
            object.__setattr__(instance, name, rule.parse(name, given))
        except Refused as refused:
            faults.extend(refused.faults)
    if faults:
        raise ValidationError(faults)
