"""The endpoints of an entry's risk profile."""

from __future__ import annotations

from typing import Final

from model_registry.asgi.answers import (
    Answer,
    entity_answer,
    entity_tag,
    state_answer,
    to_json,
    unchanged_answer,
)
from model_registry.asgi.handlers import Asked, Then
from model_registry.asgi.operations import Operation
from model_registry.asgi.params import Body
from model_registry.codec import profile_to_json
from model_registry.domain.risk_profile import PROFILE_READ_ONLY, ProfileAmendment, RiskProfile
from model_registry.errors import ConcurrentUpdate, ModelNotFound, PreconditionFailed

_PATH: Final = "/models/{id}/risk-profile"
_CONTENT: Final = {"application/json": "RiskProfile"}


def get_risk_profile(asked: Asked) -> Answer:
    """Return an entry's risk profile, of now or as of an instant."""
    (then,) = asked.query
    body = _body(asked.tenant.risk_profile(asked.id, as_of=then.as_of))
    tag = entity_tag(body)
    return unchanged_answer(tag) if asked.has(tag) else state_answer(200, body, tag)


def update_risk_profile(asked: Asked) -> Answer:
    """Change the supplied fields of an entry's risk profile."""
    condition = asked.condition

    def changed(profile: RiskProfile) -> bool:
        return condition is not None and not condition.holds_strongly(entity_tag(_body(profile)))

    profile = asked.tenant.update_risk_profile(asked.id, asked.body, unless=changed)
    return entity_answer(200, _body(profile))


def _body(profile: RiskProfile) -> bytes:
    return to_json(profile_to_json(profile))


OPERATIONS: Final = (
    Operation(
        method="GET",
        path=_PATH,
        handler=get_risk_profile,
        query=(Then,),
        content=_CONTENT,
        errors=(ModelNotFound,),
        conditional="If-None-Match",
    ),
    Operation(
        method="PUT",
        path=_PATH,
        handler=update_risk_profile,
        body=Body(ProfileAmendment, read_only=PROFILE_READ_ONLY),
        content=_CONTENT,
        errors=(ModelNotFound, PreconditionFailed, ConcurrentUpdate),
        conditional="If-Match",
    ),
)
