"""A list of objects, each of which is described by a class with ruled fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from model_registry.domain.rules import Refused, Rule, rules_of
from model_registry.errors import Fault


@attrs.frozen
class Objects(Rule):
    """
    At most ``most`` objects.

    Attributes:
        declared: the class, all of whose fields have a default.
        most: how many.
    """

    declared: type[attrs.AttrsInstance]
    most: int

    def parse(self, field: str, given: object) -> tuple[Any, ...]:
        """Return instances of the class; every fault of every object is told."""
        if not isinstance(given, list | tuple):
            raise Refused(Fault(field, "must be a list of objects", given))
        if len(given) > self.most:
            message = f"must have at most {self.most} items, not {len(given):,}"
            raise Refused(Fault(field, message, given))
        faults: list[Fault] = []
        built = [self._built(f"{field}.{place}", each, faults) for place, each in enumerate(given)]
        if faults:
            raise Refused(*faults)
        return tuple(built)

    def _built(self, path: str, given: object, faults: list[Fault]) -> Any:
        if isinstance(given, self.declared):
            return given
        if not isinstance(given, Mapping):
            faults.append(Fault(path, "must be an object", given))
            return None
        rules = rules_of(self.declared)
        values: dict[str, Any] = {}
        before = len(faults)
        for name, value in given.items():
            rule = rules.get(name)
            if rule is None:
                known = f"is not a known field; known are {', '.join(rules)}"
                faults.append(Fault(_path(path, name), known, value))
                continue
            try:
                values[name] = rule.parse(f"{path}.{name}", value)
            except Refused as refused:
                faults.extend(refused.faults)
        return None if len(faults) > before else self.declared(**values)


def _path(path: str, name: object) -> str:
    return f"{path}.{name}"[:200].encode("utf-8", "backslashreplace").decode()
