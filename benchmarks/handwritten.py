"""
The registry that a good team writes by hand in two days, to compare with.

FastAPI, pydantic, SQLAlchemy's ORM and PyJWT as their guides use them: sessions
and the token as dependencies, ``def`` endpoints, response models, an audit row in
the transaction of each write, indexes for the usual order. SQLite in WAL mode with
``synchronous=NORMAL``.
"""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import jwt
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Engine, Select, create_engine, event, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from benchmarks.handwritten_models import (
    MOVES,
    Audit,
    Base,
    Caller,
    Model,
    ModelFilter,
    ModelIn,
    ModelOut,
    ModelPage,
    ModelPatch,
)

COLUMNS = [name for name in ModelOut.model_fields if name != "tenant_id"]

router = APIRouter(prefix="/api/admin")
bearer = HTTPBearer()


def create_engine_for(url: str) -> Engine:
    """Return an engine whose connections use WAL, with the tables made."""
    engine = create_engine(url, connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _: object) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")

    Base.metadata.create_all(engine)
    return engine


def create_app(url: str, secret: str) -> FastAPI:
    """Return the app on a database, for tokens that are signed with a secret."""
    app = FastAPI()
    app.state.sessions = sessionmaker(create_engine_for(url), expire_on_commit=False)
    app.state.secret = secret
    app.include_router(router)
    app.add_exception_handler(HTTPException, failed)
    app.add_exception_handler(RequestValidationError, invalid)
    return app


def failed(_: Request, error: Any) -> JSONResponse:
    body = {"error": {"code": error.detail, "message": error.detail}}
    return JSONResponse(body, error.status_code)


def invalid(_: Request, error: Any) -> JSONResponse:
    return JSONResponse({"error": {"code": "validation_error", "message": str(error)}}, 400)


def get_session(request: Request) -> Iterator[Session]:
    with request.app.state.sessions() as session:
        yield session


def get_caller(
    request: Request, given: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]
) -> Caller:
    try:
        claims = jwt.decode(
            given.credentials,
            request.app.state.secret,
            algorithms=["HS256"],
            options={"require": ["exp"]},
        )
        caller = Caller(**claims)
    except (jwt.PyJWTError, ValueError):
        raise HTTPException(401, "unauthorized") from None
    if caller.role != "admin":
        raise HTTPException(403, "forbidden")
    return caller


Db = Annotated[Session, Depends(get_session)]
Who = Annotated[Caller, Depends(get_caller)]


@router.get("/models", response_model=ModelPage)
def list_models(
    session: Db,
    caller: Who,
    where: Annotated[ModelFilter, Query()],
) -> Any:
    query = _filtered(caller, where)
    total = session.scalar(_counted(query))
    models = session.scalars(_ordered(query).limit(where.limit).offset(where.offset)).all()
    return {"total": total, "limit": where.limit, "offset": where.offset, "models": models}


@router.post("/models", response_model=ModelOut, status_code=201)
def register_model(session: Db, caller: Who, given: ModelIn) -> Any:
    values = given.model_dump()
    values["display_name"] = given.display_name or given.model_id
    model = Model(tenant_id=caller.tenant_id, **values)
    session.add(model)
    try:
        session.flush()
    except IntegrityError:
        raise HTTPException(409, "model_already_exists") from None
    session.add(_audit(model, caller, "registered", given.model_dump(mode="json")))
    session.commit()
    return model


@router.get("/models/{entry_id}", response_model=ModelOut)
def get_model(session: Db, caller: Who, entry_id: str) -> Any:
    return _found(session, caller, entry_id)


@router.put("/models/{entry_id}", response_model=ModelOut)
def update_model(session: Db, caller: Who, entry_id: str, given: ModelPatch) -> Any:
    model = _found(session, caller, entry_id)
    changes = {}
    for name, value in given.model_dump(exclude_unset=True).items():
        before = getattr(model, name)
        if value == before:
            continue
        if name == "validation_status" and value not in MOVES[before]:
            raise HTTPException(422, "invalid_status_transition")
        setattr(model, name, value)
        changes[name] = {"from": before, "to": value}
    if changes:
        model.updated_at = datetime.now(UTC)
    session.add(_audit(model, caller, "updated", changes))
    session.commit()
    return model


@router.delete("/models/{entry_id}", status_code=204)
def delete_model(session: Db, caller: Who, entry_id: str) -> None:
    model = _found(session, caller, entry_id)
    session.add(_audit(model, caller, "deleted", {}))
    session.delete(model)
    session.commit()


@router.get("/model-inventory-export")
def export(
    request: Request,
    caller: Who,
    where: Annotated[ModelFilter, Depends()],
    format: Literal["csv", "json"] = "csv",  # noqa: A002  # the contract's name
) -> StreamingResponse:
    query = _filtered(caller, where)
    write, media_type = (_json, "application/json") if format == "json" else (_csv, "text/csv")
    name = f"model-inventory-{datetime.now(UTC):%Y-%m-%d}.{format}"
    return StreamingResponse(
        write(request.app.state.sessions, query),
        headers={"content-disposition": f'attachment; filename="{name}"'},
        media_type=media_type,
    )


def _found(session: Session, caller: Caller, entry_id: str) -> Model:
    query = select(Model).where(Model.id == entry_id, Model.tenant_id == caller.tenant_id)
    model = session.scalars(query).one_or_none()
    if model is None:
        raise HTTPException(404, "model_not_found")
    return model


def _filtered(caller: Caller, where: ModelFilter) -> Select[Any]:
    query = select(Model).where(Model.tenant_id == caller.tenant_id)
    if where.risk_tier:
        query = query.where(Model.risk_tier == where.risk_tier)
    if where.validation_status:
        query = query.where(Model.validation_status == where.validation_status)
    if where.provider:
        query = query.where(func.lower(Model.provider).like(f"%{where.provider.lower()}%"))
    for term in (where.search or "").lower().split():
        texts = (Model.model_id, Model.display_name, Model.description)
        query = query.where(or_(*(func.lower(text).like(f"%{term}%") for text in texts)))
    return query


def _ordered(query: Select[Any]) -> Select[Any]:
    return query.order_by(Model.created_at.desc(), Model.id)


def _counted(query: Select[Any]) -> Select[Any]:
    """Count without a subquery, which takes SQLite twice as long."""
    return query.with_only_columns(func.count(), maintain_column_froms=True)


def _audit(model: Model, caller: Caller, action: str, changes: dict[str, Any]) -> Audit:
    return Audit(
        tenant_id=caller.tenant_id,
        entry_id=model.id,
        actor=caller.sub,
        action=action,
        changes=changes,
    )


def _csv(sessions: sessionmaker[Session], query: Select[Any]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    with sessions() as session:
        for models in session.scalars(_ordered(query)).yield_per(500).partitions():
            for model in models:
                row = ModelOut.model_validate(model).model_dump(mode="json")
                row["tags"] = json.dumps(row["tags"])
                writer.writerow([row[name] for name in COLUMNS])
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()


def _json(sessions: sessionmaker[Session], query: Select[Any]) -> Iterator[str]:
    with sessions() as session:
        total = session.scalar(_counted(query))
        start = f'{{"total": {total}, "limit": {total}, "offset": 0, "models": ['
        for models in session.scalars(_ordered(query)).yield_per(500).partitions():
            yield start + ",".join(
                ModelOut.model_validate(model).model_dump_json() for model in models
            )
            start = ","
        yield "]}" if total else start + "]}"
