"""From an error to the status, code and body that a client gets: one table."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

from model_registry.asgi.answers import Answer, Header, json_answer
from model_registry.asgi.auth import AuthenticationUnavailable, Unauthenticated
from model_registry.errors import (
    NOT_GIVEN,
    ConcurrentUpdate,
    DamagedData,
    Fault,
    InvalidStatusTransition,
    ModelAlreadyExists,
    ModelNotFound,
    OutcomeUnknown,
    PreconditionFailed,
    RegistryError,
    RequestLogError,
    SchemaOutdated,
    StoreError,
    TooManyModels,
    ValidationError,
)
from model_registry.observing.causes import causes

_log: Final = logging.getLogger("model_registry.asgi")


class Forbidden(RegistryError):
    """The caller is known, and lacks the role (HTTP 403)."""

    code = "forbidden"

    def __init__(self, role: str) -> None:
        super().__init__(f"The role {role!r} is required")


class ForgedRequest(RegistryError):
    """A page of another origin makes the request in a signed-in person's name (HTTP 403)."""

    code = "forbidden"

    def __init__(self) -> None:
        super().__init__("A page of another origin may not change anything in your name")


class PathNotFound(RegistryError):
    """No resource has this path (HTTP 404)."""

    code = "not_found"


class MethodNotAllowed(RegistryError):
    """The resource has other methods (HTTP 405)."""

    code = "method_not_allowed"

    def __init__(self, method: str, allowed: Sequence[str]) -> None:
        self.allowed = ", ".join(allowed)
        super().__init__(f"{method[:20]} is not allowed here; allowed: {self.allowed}")


class BodyTooLarge(RegistryError):
    """The request's body is longer than any that could be acceptable (HTTP 413)."""

    code = "payload_too_large"

    def __init__(self, most: int) -> None:
        super().__init__(f"The request body must be at most {most:,} bytes")


STATUSES: Final[Mapping[type[RegistryError], int]] = {
    ValidationError: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    ForgedRequest: 403,
    ModelNotFound: 404,
    PathNotFound: 404,
    MethodNotAllowed: 405,
    ModelAlreadyExists: 409,
    PreconditionFailed: 412,
    BodyTooLarge: 413,
    InvalidStatusTransition: 422,
    TooManyModels: 422,
    ConcurrentUpdate: 503,
    StoreError: 503,
    RequestLogError: 503,
    AuthenticationUnavailable: 503,
}
"""The status of each error; a subclass has its parent's unless it is named itself."""

_CLEAN: Final[Mapping[type[RegistryError], str]] = {
    StoreError: "The store could not do this now; try again later",
    OutcomeUnknown: "It is not known whether this was written; look before you try again",
    DamagedData: "What is stored is damaged; tell the registry's operator",
    SchemaOutdated: "The registry's database does not fit this version; tell its operator",
    RequestLogError: "There is no request log that could be read; tell the registry's operator",
}
# What a store or a log says about itself may name hosts, paths and rows: it is
# for the operator's log, not for the client.

_INTERNAL: Final = "Something went wrong that should not have; it has been logged"


class AnswerBrokenOff(RegistryError):
    """An answer could not be finished; the server must break the connection off."""

    code = "answer_broken_off"


def answer_to(error: Exception) -> Answer:
    """Return what a client gets for an error; what the operator must see is logged."""
    status = _nearest(STATUSES, error) if isinstance(error, RegistryError) else None
    if not isinstance(error, RegistryError) or status is None:
        _log.error("A request failed unexpectedly: %s", causes(error), extra=_fields(error))
        return _answer(500, "internal_error", _INTERNAL)
    if status >= 500:
        _log.error("A request could not be served: %s: %s", error.code, error, extra=_fields(error))
        _log.debug("The cause: %s", causes(error))
    message = _nearest(_CLEAN, error) or _message(error)
    return _answer(status, error.code, message, _details(error), _headers(error))


def broken_off(error: Exception) -> AnswerBrokenOff:
    """Return what to raise where an answer that has begun cannot go on; the why is logged."""
    _log.error("An answer was broken off: %s", causes(error), extra=_fields(error))
    return AnswerBrokenOff("The answer could not be finished; the log tells why")


def _fields(error: Exception) -> dict[str, object]:
    code = error.code if isinstance(error, RegistryError) else "internal_error"
    return {"code": code, "error": type(error).__name__}


def _nearest(table: Mapping[type[RegistryError], Any], error: RegistryError) -> Any:
    return next((table[kind] for kind in type(error).__mro__ if kind in table), None)


def _answer(
    status: int,
    code: str,
    message: str,
    details: Sequence[Mapping[str, object]] = (),
    headers: Sequence[Header] = (),
) -> Answer:
    body = {"error": {"code": code, "message": message, "details": details}}
    return json_answer(status, body, *headers)


def _message(error: RegistryError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    if len(error.faults) == 1:
        return f"{error.faults[0].field}: {error.faults[0].message}"
    return f"{len(error.faults)} things are not acceptable; see details"


def _details(error: RegistryError) -> list[dict[str, object]]:
    match error:
        case ValidationError():
            return [_fault(fault) for fault in error.faults]
        case InvalidStatusTransition():
            message = f"is {error.current} and cannot become {error.requested}"
            fault = Fault("validation_status", message, error.requested, error.allowed)
            return [{**_fault(fault), "current": error.current}]
        case _:
            return []


def _fault(fault: Fault) -> dict[str, object]:
    shown: dict[str, object] = {"field": fault.field, "message": fault.message}
    if fault.given is not NOT_GIVEN:
        shown["given"] = fault.given
    if fault.allowed is not None:
        shown["allowed"] = fault.allowed
    return shown


def _headers(error: RegistryError) -> tuple[Header, ...]:
    match error:
        case Unauthenticated():
            return ((b"www-authenticate", b"Bearer"),)
        case MethodNotAllowed():
            return ((b"allow", error.allowed.encode()),)
        case _:
            return ()
